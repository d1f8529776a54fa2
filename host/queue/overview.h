/* overview - what people are shown of the queue: failed jobs, why, and what was tried.
 *
 * Read-only, page by page, newest first; a page costs what it holds, however many jobs
 * there are. Nothing of it is a secret: the queue is given none. Thread: store.
 */
#ifndef HOST_QUEUE_OVERVIEW_H
#define HOST_QUEUE_OVERVIEW_H

#include "queue/book.h"
#include "store/db.h"

struct overview_filter {
    struct str account;     /* empty: of all */
    struct str integration; /* empty: all of the account */
    int64_t before;         /* the last one of the page before; 0: from the newest on */
    int64_t
        after_ms;  /* of what is next: `ready_at_ms` of the last of the page before ... */
    int64_t after; /* ... and which it is; 0: from the first on */
    int64_t since_ms; /* made then or later; 0: whenever */
};

/* Failed and unknown jobs, at most `rows->most`, newest first. */
bool overview_page(struct db *db, const struct overview_filter *filter, struct arena *arena,
                   struct book_rows *rows, struct error *error);

/* How many jobs there are, as of the last commit. */
struct overview_counts {
    int64_t waiting; /* for their time or for others of their stream */
    int64_t held;    /* of these, until somebody releases them */
    int64_t running;
    int64_t shown; /* failed and unknown */
};

bool overview_count(struct db *db, const struct overview_filter *filter,
                    struct overview_counts *counts, struct error *error);

/* How many failed jobs ended with that answer. */
struct overview_cause {
    imh_status status;
    uint32_t code; /* 0: the remote gave none */
    int64_t count;
};

/* Most frequent first. */
bool overview_causes(struct db *db, const struct overview_filter *filter,
                     void (*each)(void *self, const struct overview_cause *cause),
                     void *self, struct error *error);

/* What happened to a job, oldest first; what is passed is lent for the call. */
bool overview_history(struct db *db, int64_t job,
                      void (*each)(void *self, const struct history *history), void *self,
                      struct error *error);

#endif
