/* chores - jobs that the host does itself: mail.send, event.emit, log.write.
 *
 * A chore is a run of an action of a builtin; what it is made of is lent until its watcher
 * is told of its end, from chores_turn().
 *
 * Thread: the supervisor's.
 */
#ifndef HOST_ENGINE_CHORES_H
#define HOST_ENGINE_CHORES_H

#include "engine/supervisor.h"
#include "store/store.h"

enum { CHORES_LOG_BYTES = 2048 /* of a line, escaped */ };

struct deliver;
struct event;
struct followup_page;

struct chores_settings {
    struct store *store; /* lent for its life */
    const struct clock *clock;
    const struct log *log;
    void *self;
    struct deliver *deliver; /* lent: is told of jobs that an event made */
    /* What an event may start; NULL: no memory. May be NULL: nothing. */
    struct followup_page *(*look)(void *self, const char *account, const char *identifier,
                                  const struct event *event);
    /* What templates of the account may name; NULL: there is no such integration. */
    const struct integration *(*find)(void *self, const struct supervisor *supervisor,
                                      const char *account, struct str identifier);
};

struct chores;

/* NULL when memory or descriptors are out. */
struct chores *chores_make(const struct chores_settings *settings, struct error *error);
void chores_free(struct chores *chores); /* those under way end without a word */
OWN_BY(chores);

struct chore_wanted {
    struct supervisor *supervisor;
    const struct integration *integration; /* a builtin of the account */
    int64_t queue_number;                  /* of it */
    struct str args;                       /* JSON, as the action's schema wants it */
    struct str key;                        /* the same one is the same chore again */
    struct str origin;                     /* JSON: its causes; empty for none */
};

void chores_start(struct chores *chores, const struct chore_wanted *wanted,
                  const struct call_watcher *watcher);

void chores_turn(struct chores *chores);

/* What to poll() for, and when to come at the latest: milliseconds from now. */
int chores_fd(const struct chores *chores);
int64_t chores_wait_ms(const struct chores *chores, int64_t wait_ms);

/* Is one under way that calls the supervisor? Then it must stay. */
bool chores_use(const struct chores *chores, const struct supervisor *supervisor);

#endif
