/* model - the book in memory: plain arrays, and a journal that undoes what was not
 * committed. What it gives is found by looking at every job, so it owes nothing to indexes.
 */
#ifndef TESTS_SIMULATION_MODEL_H
#define TESTS_SIMULATION_MODEL_H

#include "queue/book.h"

enum {
    MODEL_JOBS_MOST = 512,
    MODEL_TEXT_BYTES = 24,
    MODEL_ARGS_BYTES = 64,
    MODEL_HOLDS_MOST = 32
};

struct model_job {
    struct job job;
    char part[MODEL_TEXT_BYTES], stream[MODEL_TEXT_BYTES];
    char once_key[MODEL_TEXT_BYTES], merge_key[MODEL_TEXT_BYTES];
    char args[MODEL_ARGS_BYTES];
};

struct model_hold {
    int64_t integration;
    char part[MODEL_TEXT_BYTES];
};

struct model_undo {
    unsigned index;
    struct model_job before;
};

struct model {
    struct model_job jobs[MODEL_JOBS_MOST]; /* id is the place, from 1 */
    unsigned count, kept_count;
    struct model_hold holds[MODEL_HOLDS_MOST], kept_holds[MODEL_HOLDS_MOST];
    unsigned hold_count, kept_hold_count;
    struct model_undo *undo; /* of this transaction */
    unsigned undo_count, undo_room;
};

void model_init(struct model *model);
void model_done(struct model *model);

struct book model_book(struct model *model);

/* The job at a place, from 0; its texts are the model's. */
struct job model_job_at(const struct model *model, unsigned index);

void model_commit(struct model *model);
void model_rollback(struct model *model);

#endif
