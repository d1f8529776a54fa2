/* supervisor - starts imh-net and the workers, watches them, and runs calls through them.
 *
 * A worker that dies takes its calls with it and is started again, after growing pauses,
 * when somebody needs it. A call that overstays its deadline loses the worker. The pid of
 * this process never changes.
 *
 * Thread: one, the one that made it; callbacks come from supervisor_turn().
 */
#ifndef HOST_ENGINE_SUPERVISOR_H
#define HOST_ENGINE_SUPERVISOR_H

#include <poll.h>

#include "base/log.h"
#include "base/own.h"
#include "engine/integration.h"
#include "plugin/descriptor.h"

struct figures;

struct supervisor_settings {
    const char *programs; /* the folder of imh-net and imh-worker */
    const char *plugins;  /* folders, separated by ':' */
    const struct log *log;
    bool in_process; /* plugins run in threads of this process: for debuggers and tests */
    struct figures *figures; /* lent: what it does is counted there; NULL: nowhere */
    void *self;              /* of `secret` and `rested` */
    /* A remote gave a secret option a new value in place of the old, which is no longer
     * good: to be kept for good, and to be the integration's value from now on. Lent, never
     * to be logged. false: it could not be kept, and a warning says why; NULL: nor can any.
     * What is not kept is lost when imh-net ends. */
    bool (*secret)(void *self, const struct integration *integration, struct str option,
                   struct str value, struct error *error);
    /* A remote is left alone, and why, or answers again: IMH_OK. May be NULL. */
    void (*rested)(void *self, const struct integration *integration,
                   const struct error *why);
};

struct supervisor;

/* Starts imh-net. The settings are lent for its life. */
struct supervisor *supervisor_make(const struct supervisor_settings *settings,
                                   struct error *error);

/* Starts nothing: the daemon at the other end of the connection, which is taken over, makes
 * the calls, of the integrations that it has under the same names. */
struct supervisor *supervisor_join(const struct supervisor_settings *settings, int daemon,
                                   struct error *error);

/* Ends all processes. Calls under way are dropped without a word. */
void supervisor_free(struct supervisor *supervisor);
OWN_BY(supervisor);

/* What the plugin declares: NAME of NAME.so in the plugin folders, or the path of a file.
 * Loads it and waits for that. NULL, and a line per problem in `refusal`. Lent for the life
 * of the supervisor. */
const struct descriptor *supervisor_plugin(struct supervisor *supervisor,
                                           const char *plugin, struct text *refusal);

/* Who wants to know what comes of a call. Only `end` must be there; it is the last. What is
 * passed is lent for the time of the callback. */
struct call_watcher {
    void *self;
    void (*answer)(void *self, const struct answer *answer);
    void (*unanswered)(void *self, const struct unanswered *unanswered);
    void (*event)(void *self, const struct call_event *event);
    void (*cursor)(void *self, const struct cursor *cursor);
    void (*result)(void *self, struct str json); /* of an action; the last counts */
    void (*done)(void *self, const struct call_done *done); /* a record; the last counts */
    /* Answer with supervisor_state(), now or later. */
    void (*state)(void *self, uint64_t call, const struct state_question *question);
    void (*state_put)(void *self,
                      const struct state_item *item); /* counts with an OK end */
    void (*end)(void *self, const struct outcome *outcome, const struct spent *spent);
};

/* Calls may follow for it: its limits count from the first call of its account on, for
 * others with the same server. Lent until the supervisor is freed. */
void supervisor_expect(struct supervisor *supervisor,
                       const struct integration *integration);

/* Starts a call of `order->kind`, with its lookups, span or records, which may take
 * `time_ms`. The integration is lent until the supervisor is freed. */
void supervisor_call(struct supervisor *supervisor, const struct integration *integration,
                     struct call_order *order, int64_t time_ms,
                     const struct call_watcher *watcher);

/* Hands a mail to the server of the integration, whose `instance` is filled; `end` tells
 * what it said. It is copied. */
void supervisor_mail(struct supervisor *supervisor, const struct integration *integration,
                     struct mail *mail, const struct call_watcher *watcher);

/* The answer to a `state` of a call; for one that is over it is dropped. */
void supervisor_state(struct supervisor *supervisor, uint64_t call,
                      const struct state_answer *answer);

/* An integration that calls were made for has another secret or setting now: imh-net is
 * told at once, so that the next request uses it; requests under way end as they began. */
void supervisor_changed(struct supervisor *supervisor,
                        const struct integration *integration);

/* Waits up to `wait_ms` for something to happen and does what is due. */
void supervisor_turn(struct supervisor *supervisor, int64_t wait_ms);

enum { SUPERVISOR_FDS_MOST = 801 };

/* For who waits for other things as well: what to poll() for, at most SUPERVISOR_FDS_MOST,
 * and `wait_ms` cut to how long at most. Then supervisor_turn() with 0. */
unsigned supervisor_fds(const struct supervisor *supervisor, struct pollfd *fds,
                        int64_t *wait_ms);

/* Did the daemon that makes the calls end? */
bool supervisor_is_lost(const struct supervisor *supervisor);

/* Is its remote left alone, as it fails or wants to rest? */
bool supervisor_rests(const struct supervisor *supervisor,
                      const struct integration *integration);

/* Calls under way end in the next turns: IMH_UNKNOWN if the remote may have done something
 * that may not be repeated, else IMH_CANCELED. Others should not be ordered any more. */
void supervisor_cut(struct supervisor *supervisor);

/* Are calls under way? */
bool supervisor_is_busy(const struct supervisor *supervisor);

#endif
