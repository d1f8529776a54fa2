/* kept - answers that a daemon keeps for all who ask it, and where those meet who ask the
 * same at once.
 *
 * An entry is a question, see question.h, and the answer's JSON as it came: values are made
 * of it by who asked. One asks for all: while an answer is under way the others wait for
 * it. It is known by its owner's number, so an integration that has another configuration
 * or secret gets another number, and what was kept for the old one is never found again.
 *
 * It lies in memory only, at most KEPT_BYTES; what was used longest ago goes first, what is
 * under way stays.
 *
 * Thread: one.
 */
#ifndef HOST_ENGINE_KEPT_H
#define HOST_ENGINE_KEPT_H

#include "base/clock.h"
#include "base/message.h"
#include "base/own.h"
#include "engine/question.h"

enum {
    KEPT_BYTES = 16 << 20,       /* all of it, with what it takes to find it */
    KEPT_ANSWER_BYTES = 1 << 20, /* a larger answer is not kept */
    KEPT_BUCKETS = 8192
};

struct kept_entry;

/* Somebody who waits for an answer. Owned by who waits, and not moved until it is told. */
struct kept_wait {
    struct kept_wait *next;
    struct kept_entry *entry; /* NULL: it does not wait */
    void *self;               /* its owner's */
    uint64_t token;
};

/* Lent until the next call that takes the room. */
struct kept_entry {
    struct kept_entry *next_in_bucket;
    struct kept_entry *newer, *older; /* by last use */
    uint32_t hash;
    struct question question; /* its texts are the entry's own */
    bool is_private;          /* never found again */
    bool asked;               /* under way: its answer is that of the last time, if any */
    bool missing;             /* there is no such thing */
    char *json;               /* the answer; NULL: none */
    size_t json_bytes;
    uint32_t ttl_s; /* as the plugin said */
    int64_t answered_ms, expires_ms;
    struct kept_wait *first, **last;
};

struct kept_figures {
    uint64_t hits;   /* lookups that were answered from here, or waited for another's */
    uint64_t misses; /* that a plugin was asked for */
    uint64_t olds;   /* failures that an older answer could stand in for */
    uint64_t entries;
    size_t bytes;
};

struct kept;

struct kept *kept_make(const struct clock *clock);

/* Nobody is told any more. */
void kept_free(struct kept *kept);
OWN_BY(kept);

/* The entry of a question, a new one if need be; NULL: no memory. Whoever gets one that is
 * neither fresh nor asked has to ask: kept_ask(). `shared` false: what comes is for this
 * one alone, and only once; it is always a new one. */
struct kept_entry *kept_find(struct kept *kept, const struct question *question,
                             bool shared);

/* Is there an answer that may be used? Then it is in the entry, and counts as a hit. */
bool kept_is_fresh(struct kept *kept, const struct kept_entry *entry);

/* How old the answer is. */
int64_t kept_age_ms(const struct kept *kept, const struct kept_entry *entry);

/* It is under way from now on. */
void kept_ask(struct kept *kept, struct kept_entry *entry);

/* Waits for what is under way; of a hit when another asked for it. */
void kept_join(struct kept *kept, struct kept_entry *entry, struct kept_wait *wait,
               bool hit);

/* Does not wait any more. */
void kept_leave(struct kept_wait *wait);

/* What became of what was asked: each gives those who waited, to be told, in order. The
 * entry may be gone. */
struct kept_wait *kept_answer(struct kept *kept, struct kept_entry *entry,
                              const struct answer *answer, int64_t ttl_s);
struct kept_wait *kept_miss(struct kept *kept, struct kept_entry *entry, int64_t ttl_s);

/* It failed: `older` is the answer of the last time, when that may still stand in; else its
 * json.ptr is NULL. Lent. */
struct kept_wait *kept_fail(struct kept *kept, struct kept_entry *entry,
                            const struct integration *integration, struct answer *older);

/* Drops what is kept under the number, but what is under way. */
void kept_forget(struct kept *kept, uint64_t owner);

struct kept_figures kept_figures(const struct kept *kept);

#endif
