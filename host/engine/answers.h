/* answers - the cache behind variables: what was asked, and what came of it.
 *
 * An entry is one key of one variable of one integration, for one subject and one query. It
 * holds the answer's JSON and the value made from it, in memory of its own that goes when
 * the entry goes. The oldest unused entries go first.
 *
 * Thread: one.
 */
#ifndef HOST_ENGINE_ANSWERS_H
#define HOST_ENGINE_ANSWERS_H

#include "base/error.h"
#include "engine/question.h"
#include "smarty/data.h"

enum answer_state {
    ANSWER_WANTED, /* noted, to be asked at the next fetch */
    ANSWER_ASKED,  /* under way */
    ANSWER_VALUE,
    ANSWER_MISSING, /* there is no such thing */
    ANSWER_FAILED
};

struct answer_entry {
    struct answer_entry *next_in_bucket;
    struct answer_entry *newer, *older; /* by last use */
    struct answer_entry *next_wanted;
    uint32_t hash;
    enum answer_state state;
    struct question question; /* its texts are the entry's own */
    struct arena arena;
    struct value value;
    struct arena old_arena; /* of what was answered before it was asked again */
    struct value old_value; /* undefined: nothing */
    int64_t old_until_ms;   /* how long that may stand in for an answer that fails */
    struct error failure;
    int64_t answered_ms; /* monotonic, when the value came */
    int64_t expires_ms;
    uint64_t window;  /* the last one it was answered or asked in */
    const void *user; /* whose message asked first; only compared */
    bool shared;      /* others asked, too: it is dropped later than what one needs */
};

struct answers;

/* `most_bytes` is what trimming leaves, `limit_bytes` what is never passed by more than one
 * answer. */
struct answers *answers_make(size_t most_bytes, size_t limit_bytes);
void answers_free(struct answers *answers);

/* The entry for a question, or NULL. It counts as used. */
struct answer_entry *answers_find(struct answers *answers, const struct question *question);

/* A new entry, ANSWER_WANTED; NULL when memory is out. */
struct answer_entry *answers_add(struct answers *answers, const struct question *question);

/* Empties an entry that is to be asked again. A value is kept aside until the answer is
 * there, and may stand in for it until `old_until_ms`. */
void answers_reset(struct answers *answers, struct answer_entry *entry,
                   int64_t old_until_ms);

/* The answer has failed: takes back the value that was kept aside. false: there is none
 * that may be used at `now_ms`. */
bool answers_restore(struct answers *answers, struct answer_entry *entry, int64_t now_ms);

/* May an answer of so many bytes come in? */
bool answers_has_room(const struct answers *answers, size_t bytes);

/* The answer: its value is made from `json`, its references by the linker. false and
 * ANSWER_FAILED when it is no value.
 */
bool answers_set(struct answers *answers, struct answer_entry *entry, struct str json,
                 const struct data_linker *linker);

/* Drops the least recently used entries that are not of `window` while there are too many,
 * first those that only one message needed.
 * What is still to be asked, or under way, stays: others hold it. */
void answers_trim(struct answers *answers, uint64_t window);

#endif
