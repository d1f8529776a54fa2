/* book_sql_row - jobs as rows: private to book_sql. */
#ifndef HOST_QUEUE_BOOK_SQL_ROW_H
#define HOST_QUEUE_BOOK_SQL_ROW_H

#include "queue/book.h"
#include "store/db.h"

/* In the order in which book_sql_read() takes them. */
#define JOB_COLUMNS                                                                       \
    " id, integration, kind, state, flags, starts, attempts, kills, version, batch_most," \
    " created_at_ms, not_before_ms, coalesce(ready_at_ms, -2), coalesce(ended_at_ms, 0)," \
    " part, stream, coalesce(once_key, ''), coalesce(merge_key, '')"

/* false when memory is out. */
bool book_sql_read(const struct query *query, struct arena *arena, struct job *job,
                   struct error *error);

bool book_sql_insert(void *self, struct job *job, const struct job_text *text,
                     struct error *error);
bool book_sql_load(void *self, int64_t id, struct arena *arena, struct job *job,
                   struct error *error);
bool book_sql_load_text(void *self, int64_t id, struct arena *arena, struct job_text *text,
                        struct error *error);
bool book_sql_update(void *self, struct job *job, struct error *error);
bool book_sql_put_args(void *self, int64_t id, struct str args, struct error *error);
bool book_sql_put_result(void *self, int64_t id, struct str result, struct error *error);
bool book_sql_add_history(void *self, const struct history *history, struct error *error);

#endif
