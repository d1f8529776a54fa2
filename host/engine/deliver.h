/* deliver - runs the jobs of the queue: takes what is due, has it done, tells what became
 * of it.
 *
 * Between the store, whose thread decides what may run (queue/queue.h), and the supervisor,
 * which makes the calls. An attempt is on the disk before its call starts; what a call did
 * is on the disk before the next of its stream is taken. An answer that the store could not
 * take is kept and told again.
 *
 * Thread: the supervisor's.
 */
#ifndef HOST_ENGINE_DELIVER_H
#define HOST_ENGINE_DELIVER_H

#include "engine/supervisor.h"
#include "queue/queue.h"
#include "store/store.h"

enum {
    DELIVER_CALLS_MOST = 64, /* under way at once, of all integrations */
    DELIVER_TIME_MS = 60000, /* longest call for a job */
    DELIVER_KEY_BYTES = 255, /* of what a record is known by */
    DELIVER_NAP_MS = 1000    /* until the store is asked again that had no room */
};

struct deliver;
struct run; /* of a job whose turn has come */

struct event;
struct followup_page;

struct deliver_settings {
    struct store *store; /* lent for its life */
    const struct clock *clock;
    const struct log *log;
    void *self;
    /* What an event of the account's own may start; may be NULL. */
    struct followup_page *(*look)(void *self, const char *account, const char *identifier,
                                  const struct event *event);
    /* What mails of the account may name; NULL: there is no such integration. */
    const struct integration *(*find)(void *self, const struct supervisor *supervisor,
                                      const char *account, struct str identifier);
    /* What the end of a call meant for its jobs, and its last words; may be NULL. */
    void (*ended)(void *self, const struct integration *integration,
                  const struct queue_effect *effect, struct str words);
    /* The turn of a job of a follow-up has come: it is answered by deliver_end_inside() or
     * deliver_go_on(), now or later. NULL: they run as others do. */
    void (*follow)(void *self, struct run *run);
    /* The turn of a job has come that reads what a poll skipped: the same. NULL: there are
     * no polls. */
    void (*read)(void *self, struct run *run);
};

/* NULL when memory or descriptors are out. */
struct deliver *deliver_make(const struct deliver_settings *settings, struct error *error);

/* Calls under way are dropped: after the next start nobody knows what became of them. */
void deliver_free(struct deliver *deliver);
OWN_BY(deliver);

/* From now on this supervisor serves jobs of the integration, both lent until others do, or
 * deliver_release(). Its jobs are found in the store in a moment. */
bool deliver_serve(struct deliver *deliver, struct supervisor *supervisor,
                   const struct integration *integration,
                   const struct descriptor *descriptor, struct error *error);

/* From now on jobs of `name`, which is no integration of the account, are given to
 * `follow`. */
bool deliver_serve_inside(struct deliver *deliver, const char *account, const char *name,
                          const struct ladder *ladder, struct error *error);

/* The job, and of which account it is; lent until it is answered. */
const struct job *deliver_job(const struct run *run);
struct str deliver_account(const struct run *run);
struct str deliver_identifier(const struct run *run);
struct str deliver_args(const struct run *run);

/* What else happens in the transaction in which a job ends; freed after it. */
struct deliver_effect {
    bool (*run)(struct deliver_effect *effect, const struct queue *queue, struct db *db,
                struct error *error);
    void (*free)(struct deliver_effect *effect);
};

struct deliver_end {
    imh_status status;
    uint32_t after_s;
    struct str words;
    bool needless;                 /* it is discarded */
    const struct spent *spent;     /* of a call of its plugin; NULL: none was made */
    struct deliver_effect *effect; /* taken over; or NULL */
};

void deliver_end_inside(struct run *run, const struct deliver_end *end);

/* Its action is run now. */
void deliver_go_on(struct run *run);

/* Integrations of the supervisor, and what is served inside, take part no more; calls under
 * way end as they began. */
void deliver_release(struct deliver *deliver, const struct supervisor *supervisor);

/* A secret or setting of it was changed, or a person says so: what is held for want of
 * rights is tried again, and a remote that seemed to be down as well. */
bool deliver_resume(struct deliver *deliver, struct str account, struct str identifier,
                    struct error *error);

/* A command for an action of an integration; waits for the store. */
struct command_wanted {
    struct str account, identifier, action;
    struct str args;     /* a JSON object */
    struct str origin;   /* JSON: who wants it, and why; may be empty */
    struct str once_key; /* of it alone, or empty; the remote gets to know it */
};

/* The job that it would be, with its stream in `stream`; names and arguments are lent.
 * Errors as those of deliver_command(). */
bool deliver_draft(struct deliver *deliver, const struct command_wanted *wanted,
                   struct job *job, struct text *stream, struct error *error);

/* Can the arguments of a job of the integration be replaced by these? Its kind, part and
 * flags are read. IMH_MISSING: nobody serves such an integration, or it has no such action
 * or records any more; IMH_REJECTED what is wrong with them. */
bool deliver_fits(const struct deliver *deliver, struct str account, struct str identifier,
                  const struct job *job, struct str args, struct error *error);

/* What the action says of its arguments, a schema; NULL: nothing, or there is none. */
const char *deliver_params(const struct deliver *deliver, struct str account,
                           struct str identifier, struct str action);

struct command_made {
    int64_t job;
    bool was_there; /* one with that key was made before */
};

/* From now on commands are refused with this; NULL: they are taken again. */
void deliver_refuse(struct deliver *deliver, const struct error *why);

/* It is a job from now on. Errors: IMH_MISSING nobody serves such an integration, or it has
 * no such action; IMH_REJECTED the arguments are none, or the key is another command's or
 * no key; that of deliver_refuse(), and those of the store. */
bool deliver_command(struct deliver *deliver, const struct command_wanted *wanted,
                     struct command_made *made, struct error *error);

/* Who asked for one, and is told: without `error` it is a job. */
struct command_asker {
    void *self;
    uint64_t peer, id; /* the asker's own numbers */
    void (*told)(void *self, uint64_t peer, uint64_t id, const struct command_made *made,
                 const struct error *error);
};

/* The same, but it does not wait: commands that come together share a commit, which takes
 * them at once if there are places. What is wrong with it is said now, and then the asker
 * is not told. */
bool deliver_command_soon(struct deliver *deliver, const struct command_wanted *wanted,
                          const struct command_asker *asker, struct error *error);

/* Records to be written or removed; waits for the store. */
struct record_wanted {
    struct str key;    /* what it is known by: 1 to DELIVER_KEY_BYTES */
    struct str fields; /* a JSON object: what is to be written, the rest stays */
    bool removes;      /* instead */
};

struct records_wanted {
    struct str account, identifier, entity;
    struct str origin; /* JSON: who wants it, and why; may be empty */
    const struct record_wanted *items;
    uint32_t count;
};

struct records_made {
    int64_t job;     /* of the last */
    uint32_t merged; /* so many became part of a job that waits */
    uint32_t at;     /* of a failure: the record it is about */
};

/* They are jobs from now on, all or none. Errors as those of deliver_command(). */
bool deliver_records(struct deliver *deliver, const struct records_wanted *wanted,
                     struct records_made *made, struct error *error);

/* Of one integration, since this process started; texts are lent. */
struct deliver_figures {
    const char *account, *identifier;
    int64_t id;                          /* in the queue; 0: not known yet */
    uint32_t running;                    /* calls under way */
    uint64_t accepted;                   /* new jobs */
    uint64_t attempts;                   /* started */
    uint64_t results[IMH_TOO_LARGE + 1]; /* of attempts, by their category */
};

/* Of all that are or were served; what the host does itself only once somebody used it. */
void deliver_tell(const struct deliver *deliver,
                  void (*each)(void *self, const struct deliver_figures *figures),
                  void *self);

/* Something may have become ready by another hand: a person decided. */
void deliver_wake(struct deliver *deliver);

/* Jobs were made by another hand, and are in the store. */
void deliver_made(struct deliver *deliver, const struct queue_made *made);

/* Waits until the store knows all that are served. */
void deliver_settle(struct deliver *deliver);

/* What to poll() for, and when to come at the latest: milliseconds from now. */
int deliver_chores_fd(const struct deliver *deliver);
int deliver_fd(const struct deliver *deliver);
int64_t deliver_wait_ms(const struct deliver *deliver, int64_t wait_ms);

void deliver_turn(struct deliver *deliver);

/* Nothing new is started from now on. */
void deliver_stop(struct deliver *deliver);

/* Are calls under way, or answers not yet in the store? */
bool deliver_is_busy(const struct deliver *deliver);

/* Does a job run that makes calls of this supervisor later? */
bool deliver_uses(const struct deliver *deliver, const struct supervisor *supervisor);

/* The store cannot be relied on any more: this process has to end. */
bool deliver_has_failed(const struct deliver *deliver);

#endif
