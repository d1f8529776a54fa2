#include "queue/queue.h"

#include <stdio.h>

#include "queue/fields.h"
#include "queue/queue_step.h"

enum { OF_KEY_MOST = 100 /* jobs of one key that a step looks at */ };

static bool is_write(const struct job *job)
{
    return job->kind == JOB_RECORD && !(job->flags & JOB_REMOVES);
}

static bool put_args(const struct queue *queue, struct job *job, struct str args,
                     struct error *error)
{
    job->version++;
    return step_update(queue, job, error) &&
           queue->book->put_args(queue->book->self, job->id, args, error);
}

static bool load_args(const struct queue *queue, const struct job *job, struct str *args,
                      struct error *error)
{
    struct job_text text;
    if (!queue->book->load_text(queue->book->self, job->id, queue->arena, &text, error)) {
        return false;
    }
    *args = text.args;
    return true;
}

/* ---- into one ---- */

/* A removal takes everything along. A write behind it is of a new record, and its own. */
bool step_take_in(const struct queue *queue, struct job *job, uint32_t flags,
                  struct str args, bool *taken, struct error *error)
{
    bool removes = flags & JOB_REMOVES;
    struct str own;
    struct str whole = args;
    *taken = removes || !(job->flags & JOB_REMOVES) || job->kind != JOB_RECORD;
    if (*taken && is_write(job) && !removes &&
        (!load_args(queue, job, &own, error) ||
         !fields_merge(own, args, queue->arena, &whole, taken, error))) {
        return false;
    }
    if (!*taken) {
        return true;
    }
    job->flags = flags;
    return put_args(queue, job, whole, error) &&
           step_note(queue, job, HAPPENED_MERGED,
                     removes ? STR_OF("by a removal") : STR_OF("by a newer write"), error);
}

static bool next_of_key(const struct queue *queue, const struct job *job, int64_t after,
                        struct job *next, struct error *error)
{
    const struct book *book = queue->book;
    int64_t id = 0;
    next->id = 0;
    return book->next_of_key(book->self, job->integration, job->merge_key, after, &id,
                             error) &&
           (id == 0 || step_load(queue, id, next, error));
}

bool step_take_newer_in(const struct queue *queue, struct job *job, struct error *error)
{
    bool taken = job->kind == JOB_RECORD && job->merge_key.len > 0;
    int64_t after = job->id;
    for (int i = 0; taken && i < OF_KEY_MOST; i++) {
        struct job next;
        struct str args;
        if (!next_of_key(queue, job, after, &next, error)) {
            return false;
        }
        if (next.id == 0 || next.kind != job->kind || !str_eq(next.part, job->part) ||
            job_is_shown(&next)) {
            return true; /* what is behind one that people look at is newer than that */
        }
        after = next.id;
        if (next.state != JOB_BEHIND) {
            continue;
        }
        if (!load_args(queue, &next, &args, error) ||
            !step_take_in(queue, job, next.flags, args, &taken, error) ||
            (taken && !step_replace(queue, &next, job->id, error))) {
            return false;
        }
    }
    return true;
}

/* ---- what is left ---- */

/* Of the older one, when the newer one does its part; empty: nothing. */
static bool find_left(const struct queue *queue, const struct job *older,
                      struct str older_args, const struct job *newer, struct str *left,
                      struct error *error)
{
    struct str args;
    *left = STR_OF("");
    if (!is_write(older) || !is_write(newer)) {
        return true;
    }
    return load_args(queue, newer, &args, error) &&
           fields_without(older_args, args, queue->arena, left, error);
}

static bool note_part(const struct queue *queue, const struct job *job, int64_t by,
                      struct error *error)
{
    char words[64];
    (void)snprintf(words, sizeof words, "in part by job %lld", (long long)by);
    return step_note(queue, job, HAPPENED_REPLACED, str_from(words), error);
}

/* A removal that failed is replaced by a write that did not start from nothing: what the
 * record had before may be there still. */
static bool note_removal(const struct queue *queue, const struct job *removal,
                         const struct job *job, struct error *error)
{
    char words[64];
    (void)snprintf(words, sizeof words, "job %lld, a removal", (long long)removal->id);
    return !(removal->flags & JOB_REMOVES) || !is_write(job) ||
           step_note(queue, job, HAPPENED_FOLLOWED, str_from(words), error);
}

/* What is older than a removal has nothing left to write. */
static bool settle_one(const struct queue *queue, struct job *older, const struct job *job,
                       bool removed, struct error *error)
{
    struct str args;
    struct str left = STR("");
    if (!load_args(queue, older, &args, error) ||
        (!removed && !find_left(queue, older, args, job, &left, error))) {
        return false;
    }
    if (left.len == 0) {
        return step_replace(queue, older, job->id, error) &&
               note_removal(queue, older, job, error);
    }
    return str_eq(left, args) ||
           (put_args(queue, older, left, error) && note_part(queue, older, job->id, error));
}

bool step_settle_older(const struct queue *queue, const struct job *job,
                       struct error *error)
{
    const struct book *book = queue->book;
    int64_t before = job->id;
    bool removed = false;
    for (int i = 0; job->merge_key.len > 0 && i < OF_KEY_MOST; i++) {
        struct job older;
        int64_t id = 0;
        if (!book->shown_of_key(book->self, job->integration, job->merge_key, before, &id,
                                error)) {
            return false;
        }
        if (id == 0) {
            return true;
        }
        if (!step_load(queue, id, &older, error) ||
            !settle_one(queue, &older, job, removed, error)) {
            return false;
        }
        removed = removed || older.flags & JOB_REMOVES;
        before = id;
    }
    return true;
}

bool step_leave_to_later(const struct queue *queue, struct job *job, bool *none,
                         struct error *error)
{
    struct str args;
    struct str left;
    int64_t after = job->id;
    if (!load_args(queue, job, &args, error)) {
        return false;
    }
    left = args;
    for (int i = 0; left.len > 0 && i < OF_KEY_MOST; i++) {
        struct job later;
        if (!next_of_key(queue, job, after, &later, error)) {
            return false;
        }
        if (later.id == 0) {
            break;
        }
        after = later.id;
        if ((job_is_open(&later) || job_is_shown(&later)) &&
            !find_left(queue, job, left, &later, &left, error)) {
            return false;
        }
    }
    *none = left.len == 0;
    return *none || str_eq(left, args) || put_args(queue, job, left, error);
}
