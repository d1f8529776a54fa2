/* queue_rig - a queue over a store in a state directory, and a clock in hand. */
#ifndef TESTS_UNIT_QUEUE_QUEUE_RIG_H
#define TESTS_UNIT_QUEUE_QUEUE_RIG_H

#include "queue/book_sql.h"
#include "queue/queue.h"
#include "state.h"

enum { RIG_MINUTE_MS = 60000 };

struct rig {
    struct state *state;
    struct db *db;
    struct book book;
    struct arena arena;
    int64_t now_ms;
    struct policy policy;
    int64_t shop, mail; /* two integrations */
    struct queue_take take;
    uint32_t batch_most; /* of records; 0: no batches */
};

/* Over the state of state_test(); ends with rig_close(). */
void rig_open(struct rig *rig, struct state *state);
void rig_close(struct rig *rig);

/* As after a kill: what was committed, and nothing else; recovered. */
void rig_restart(struct rig *rig);

struct queue rig_queue(struct rig *rig);

/* Without fail, each in a transaction of its own. */
struct queue_added rig_add(struct rig *rig, const struct job *job, const char *args);

/* An action in a stream of the shop. */
int64_t rig_action(struct rig *rig, const char *stream);

/* A write of a record of the shop. */
struct queue_added rig_record(struct rig *rig, const char *key, const char *args);

/* What is due of an integration now, in up to so many calls. */
const struct queue_take *rig_take(struct rig *rig, int64_t integration, uint32_t calls);

/* Takes one job that must be this one, and answers it. */
struct queue_effect rig_serve(struct rig *rig, int64_t id, struct job_answer answer);
struct queue_effect rig_answer(struct rig *rig, const struct queue_call *call,
                               struct job_answer answer);

/* Nothing of the integration is due. */
void rig_assert_idle(struct rig *rig, int64_t integration);

struct job rig_job(struct rig *rig, int64_t id);
void rig_assert_state(struct rig *rig, int64_t id, enum job_state state);
const char *rig_args(struct rig *rig, int64_t id);

/* `step` fills `error` when it fails. */
#define RIG_STEP(rig, step)                        \
    do {                                           \
        struct error error = {.text = ""};         \
        assert_true(db_begin((rig)->db, &error));  \
        bool done = step;                          \
        assert_string_equal(error.text, "");       \
        assert_true(done);                         \
        assert_true(db_commit((rig)->db, &error)); \
    } while (0)

#endif
