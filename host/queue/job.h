/* job - a piece of work in the queue: what is kept of it, and the words people see.
 *
 * Kinds, states and happenings are stored by their numbers: those never change. Texts of a
 * job are lent by whoever made it, usually an arena.
 */
#ifndef HOST_QUEUE_JOB_H
#define HOST_QUEUE_JOB_H

#include "base/error.h"
#include "base/str.h"

enum job_kind {
    JOB_ACTION = 1, /* runs an action of an integration */
    JOB_RECORD = 2, /* upserts or removes a record of an entity */
    JOB_HOOK = 3,   /* hands a stored webhook to its plugin */
    JOB_OWN = 4,    /* a plugin's deferred work */
    JOB_MAIL = 5,   /* renders and hands over one message */
    JOB_STEP = 6,   /* of a follow-up: a wait, a check after it */
    JOB_READ = 7,   /* reads a record again that a poll had to skip */
    JOB_KINDS       /* behind the last */
};

enum job_state {
    JOB_BEHIND = 0,  /* waits for another of its stream; people read "waiting" */
    JOB_WAITING = 1, /* the first of its stream: runs when it is due */
    JOB_RUNNING = 2,
    JOB_FAILED = 3,  /* shown to people, who retry or discard it */
    JOB_UNKNOWN = 4, /* sent, no answer, and repeating may do harm: shown as well */
    JOB_DONE = 5,
    JOB_DISCARDED = 6,
    JOB_STATES
};

enum {
    JOB_REPEATABLE = 1 << 0, /* running it twice does no harm */
    JOB_REMOVES = 1 << 1,    /* a record that is to go: one that is gone already is fine */
    JOB_FOLLOWS = 1 << 2 /* of a follow-up's run: that is looked at before and after it */
};

enum {
    JOB_PART_BYTES = 64,
    JOB_STREAM_BYTES = 256,
    JOB_KEY_BYTES = 320,
    JOB_ARGS_BYTES = 1 << 20,
    JOB_ORIGIN_BYTES = 4 << 10,
    JOB_RESULT_BYTES = 64 << 10,
    JOB_WORDS_BYTES = 4 << 10, /* kept of an answer */
    JOB_KILLS_MOST = 2,        /* workers that die of it before it is parked */
    JOB_HISTORY_MOST = 100     /* entries; older ones make room */
};

/* `ready_at_ms` where it is no moment. */
#define JOB_NEVER INT64_MAX /* held: until somebody releases it */
#define JOB_NOT_READY (-2)  /* it is not its turn, or it has ended */
#define JOB_IS_RUNNING (-1)

struct job {
    int64_t id; /* ascending in the order of creation */
    int64_t integration;
    enum job_kind kind;
    enum job_state state;
    uint32_t flags;
    uint32_t starts;     /* all of them: tells a late answer from the one waited for */
    uint32_t attempts;   /* those that count, counted before they start */
    uint32_t kills;      /* workers that died of it */
    uint32_t version;    /* of its arguments: another one is another command */
    uint32_t batch_most; /* with others in one call; 0: as many as the plugin likes */
    int64_t created_at_ms;
    int64_t not_before_ms;
    int64_t ready_at_ms; /* when it is due, or one of the words above */
    int64_t ended_at_ms; /* when it left its stream; 0: it is in it */
    enum job_state
        stored;        /* its state in the book, and whether it is held there: which ... */
    bool stored_held;  /* ... only the book writes */
    struct str part;   /* the action, entity or route */
    struct str stream; /* what is kept in order, within the integration */
    struct str once_key;  /* a second job with it is not made; empty for none */
    struct str merge_key; /* a waiting job with it takes over newer arguments; or empty */
};

/* What is large, seldom read or never changed. */
struct job_text {
    struct str args;   /* JSON */
    struct str origin; /* JSON: its causes; empty for none */
    struct str result; /* JSON; empty for none */
};

/* What happened to a job. */
enum happening {
    HAPPENED_ATTEMPT = 1,
    HAPPENED_MERGED = 2, /* a newer write took its place */
    HAPPENED_EDITED = 3,
    HAPPENED_RETRIED = 4, /* somebody said so */
    HAPPENED_DISCARDED = 5,
    HAPPENED_REPLACED = 6, /* a later job did what it was to do */
    HAPPENED_FOLLOWED = 7, /* the one before it in its stream failed, and it goes on */
    HAPPENINGS
};

struct history {
    int64_t job;
    int64_t at_ms;
    enum happening what;
    uint32_t attempt; /* its number; 0: it did not count */
    imh_status status;
    uint32_t code;    /* of the remote's last answer; 0 for none */
    uint32_t times;   /* in a row */
    struct str words; /* the remote's, or who did it */
};

/* Words for people and programs; never NULL. */
const char *job_kind_name(enum job_kind kind);
const char *job_state_name(enum job_state state);
const char *happening_name(enum happening what);

/* Days for which one of the kind is kept after it was done or discarded; what people have
 * not decided about is kept until they do. */
uint32_t job_kept_days(enum job_kind kind);

enum { JOB_COMMAND_KEY_BYTES = 256 };

/* The key by which a remote knows a command again: the same at every attempt, another one
 * for other arguments. It is the one that its maker gave; else, or when a person corrected
 * the arguments, one that begins with the queue's name, so that no other queue has it. */
void job_command_key(const struct job *job, struct str queue_name,
                     char key[JOB_COMMAND_KEY_BYTES]);

/* Is it in its stream, with no end in sight but its own? */
static inline bool job_is_open(const struct job *job)
{
    return job->state <= JOB_RUNNING;
}

/* Is it shown to people until they decide? */
static inline bool job_is_shown(const struct job *job)
{
    return job->state == JOB_FAILED || job->state == JOB_UNKNOWN;
}

/* What a record is known by: it stands behind the entity and a slash in the merge_key.
 * Empty for other jobs. */
struct str job_record_key(const struct job *job);

/* Refuses a key that would become another on its way: what is no UTF-8, and a NUL. */
bool job_record_key_check(struct str key, struct error *error);

/* Can a remote be given it in a header? 1 to 255 visible characters of ASCII. */
bool job_key_is_fit(struct str key);

/* Is a new job one that can be kept? IMH_REJECTED, and what to change. */
bool job_check(const struct job *job, const struct job_text *text, struct error *error);

#endif
