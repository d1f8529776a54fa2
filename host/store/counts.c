#include "store/counts.h"

#include <stdlib.h>

enum { ROOM_FIRST = 64 };

void counts_done(struct counts *counts)
{
    free(counts->items);
    *counts = (struct counts){.items = NULL};
}

static bool is_of(const struct count *count, const char *sql, int64_t key)
{
    return count->sql == sql && count->key == key;
}

static bool grow(struct counts *counts, struct error *error)
{
    size_t room = counts->room > 0 ? 2 * counts->room : ROOM_FIRST;
    struct count *items = reallocarray(counts->items, room, sizeof *items);
    if (!items) {
        return error_set(error, IMH_RETRY, "no memory to count what changes");
    }
    counts->items = items;
    counts->room = room;
    return true;
}

static void sum_up(struct count *count, const int64_t *by)
{
    for (unsigned i = 0; i < DB_NUMBERS; i++) {
        count->by[i] += by[i];
    }
}

/* Most often the last one was of the same row. */
bool counts_add(struct counts *counts, const char *sql, int64_t key, const int64_t *by,
                struct error *error)
{
    size_t mark = counts->depth > 0 ? counts->marks[counts->depth - 1] : 0;
    bool again = counts->count > mark && is_of(&counts->items[counts->count - 1], sql, key);
    if (!again && counts->count == counts->room && !grow(counts, error)) {
        return false;
    }
    if (!again) {
        counts->items[counts->count++] = (struct count){.sql = sql, .key = key};
    }
    sum_up(&counts->items[counts->count - 1], by);
    return true;
}

void counts_clear(struct counts *counts)
{
    counts->count = 0;
    counts->depth = 0;
}

bool counts_enter(struct counts *counts, struct error *error)
{
    if (counts->depth == COUNTS_LEVELS_MOST) {
        return error_set(error, IMH_BROKEN, "more than %d savepoints inside each other",
                         COUNTS_LEVELS_MOST);
    }
    counts->marks[counts->depth++] = counts->count;
    return true;
}

void counts_undo(struct counts *counts)
{
    if (counts->depth > 0) {
        counts->count = counts->marks[counts->depth - 1];
    }
}

void counts_leave(struct counts *counts)
{
    counts->depth -= counts->depth > 0;
}

/* ---- writing ---- */

static int by_row(const void *left, const void *right)
{
    const struct count *one = left;
    const struct count *other = right;
    int order = (one->key > other->key) - (one->key < other->key);
    return order != 0 ? order : (one->sql > other->sql) - (one->sql < other->sql);
}

static bool write_one(struct db *db, const struct count *count, struct error *error)
{
    struct query *query = db_query(db, count->sql, error);
    for (unsigned i = 0; i < DB_NUMBERS; i++) {
        query_put_int(query, count->by[i]);
    }
    query_put_int(query, count->key);
    return query_run(query, error);
}

static bool is_nothing(const struct count *count)
{
    int64_t any = 0;
    for (unsigned i = 0; i < DB_NUMBERS; i++) {
        any |= count->by[i];
    }
    return any == 0;
}

bool counts_write(struct counts *counts, struct db *db, struct error *error)
{
    struct count sum = {.sql = NULL};
    bool good = true;
    if (counts->count > 1) {
        qsort(counts->items, counts->count, sizeof *counts->items, by_row);
    }
    for (size_t i = 0; good && i < counts->count; i++) {
        const struct count *count = &counts->items[i];
        bool last = i + 1 == counts->count || !is_of(count + 1, count->sql, count->key);
        sum.sql = count->sql;
        sum.key = count->key;
        sum_up(&sum, count->by);
        if (last) {
            good = is_nothing(&sum) || write_one(db, &sum, error);
            sum = (struct count){.sql = NULL};
        }
    }
    counts_clear(counts);
    return good;
}
