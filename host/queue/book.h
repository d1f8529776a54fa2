/* book - where the queue keeps its jobs: what the rules need of a store, and no more.
 *
 * Functions run inside a transaction that the caller of the queue ends; each reads or
 * writes a few rows by their keys, whatever the number of jobs. They return false, with the
 * error, when the store cannot be read or written. Rows that are found are copied into the
 * arena.
 *
 * Thread: store.
 */
#ifndef HOST_QUEUE_BOOK_H
#define HOST_QUEUE_BOOK_H

#include "base/arena.h"
#include "queue/job.h"

enum { BOOK_ROWS_MOST = 256 }; /* that a function gives at once */

struct book_rows {
    uint32_t most;          /* wanted */
    int64_t from_ms, to_ms; /* wanted: `ready_at_ms` is in this range */
    uint32_t count;
    struct job items[]; /* most */
};

/* Room for `most` rows, at most BOOK_ROWS_MOST. */
struct book_rows *book_rows_make(uint32_t most, int64_t from_ms, int64_t to_ms,
                                 struct error *error);
void book_rows_free(struct book_rows *rows);
OWN_BY(book_rows);

/* A part of an integration is not served, or, by the empty name, none of it. */
struct hold {
    int64_t integration;
    struct str part;
    int64_t since_ms;
    struct str reason;
};

struct book {
    void *self;

    /* Gives the job its id, above all others that ever were. */
    bool (*insert)(void *self, struct job *job, const struct job_text *text,
                   struct error *error);
    /* IMH_MISSING when there is none. */
    bool (*load)(void *self, int64_t id, struct arena *arena, struct job *job,
                 struct error *error);
    bool (*load_text)(void *self, int64_t id, struct arena *arena, struct job_text *text,
                      struct error *error);
    /* All but what never changes: names, keys, when it was made. IMH_BROKEN when it was
     * changed since it was loaded. */
    bool (*update)(void *self, struct job *job, struct error *error);
    bool (*put_args)(void *self, int64_t id, struct str args, struct error *error);
    bool (*put_result)(void *self, int64_t id, struct str result, struct error *error);
    bool (*add_history)(void *self, const struct history *history, struct error *error);

    /* Of these, 0 is no job. */
    bool (*first_of_stream)(void *self, int64_t integration, struct str stream, int64_t *id,
                            struct error *error);
    /* The one of the stream that waits for its time or runs, if it is older than `before`.
     */
    bool (*active_before)(void *self, int64_t integration, struct str stream,
                          int64_t before, int64_t *id, struct error *error);
    bool (*with_once_key)(void *self, int64_t integration, struct str key, int64_t *id,
                          struct error *error);
    /* The next job of the key behind `after`. */
    bool (*next_of_key)(void *self, int64_t integration, struct str key, int64_t after,
                        int64_t *id, struct error *error);
    /* The newest that was not discarded. */
    bool (*newest_of_key)(void *self, int64_t integration, struct str key, int64_t *id,
                          struct error *error);
    /* The next failed or unknown job of the key before `before`. */
    bool (*shown_of_key)(void *self, int64_t integration, struct str key, int64_t before,
                         int64_t *id, struct error *error);

    /* Jobs whose `ready_at_ms` is in the range, by it and then by age. */
    bool (*ready)(void *self, int64_t integration, struct arena *arena,
                  struct book_rows *rows, struct error *error);

    /* Of those, the ones that rest, or are said to be due later than they were to be. */
    bool (*strayed)(void *self, int64_t integration, struct arena *arena,
                    struct book_rows *rows, struct error *error);
    /* All like these that are ready after `after_ms` are so by as much later. */
    bool (*shift)(void *self, int64_t integration, int64_t after_ms, int64_t by_ms,
                  struct error *error);

    bool (*put_hold)(void *self, const struct hold *hold, struct error *error);
    bool (*end_holds)(void *self, int64_t integration, struct error *error);
    /* Is anything of it held? Usually not. */
    bool (*has_holds)(void *self, int64_t integration, bool *has, struct error *error);
    bool (*is_held)(void *self, int64_t integration, struct str part, bool *held,
                    struct error *error);
};

#endif
