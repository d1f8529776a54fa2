#include "engine/alarm_book.h"

#include "base/text.h"

enum { COUNTS_BYTES = 16 * TROUBLES };

static struct query *by_names(struct db *db, const char *sql, struct str account,
                              struct str identifier, struct error *error)
{
    struct query *query = db_query(db, sql, error);
    query_put_text(query, account);
    query_put_text(query, identifier);
    return query;
}

/* "0 3 1": of each trouble, by its number. Others may come; none goes. */
static void write_counts(const struct alarm *alarm, struct text *counts)
{
    for (unsigned i = 0; i < TROUBLES; i++) {
        text_print(counts, "%s%u", i == 0 ? "" : " ", alarm->counts[i]);
    }
}

static void read_counts(struct str counts, struct alarm *alarm)
{
    struct str count;
    for (unsigned i = 0; i < TROUBLES && str_split(&counts, ' ', &count); i++) {
        int64_t number = 0;
        (void)str_to_int64(count, 0, UINT32_MAX, &number);
        alarm->counts[i] = (uint32_t)number;
    }
}

bool alarm_book_put(struct db *db, const struct alarm_row *row, const struct clock *clock,
                    struct error *error)
{
    static const char sql[] =
        "insert into alarm (account, integration, raised, since_ms, told_at_ms, counts,"
        " error) values ($1, $2, $3, $4, $5, $6, $7)"
        " on conflict (account, integration) do update set raised = $3, since_ms = $4,"
        " told_at_ms = $5, counts = $6, error = $7";
    struct query *query = by_names(db, sql, row->account, row->identifier, error);
    int64_t ahead_ms = clock_now_ms(clock) - clock_mono_ms(clock);
    struct text counts;
    if (!query) {
        return false;
    }
    text_init(&counts, COUNTS_BYTES);
    write_counts(&row->alarm, &counts);
    query_put_int(query, row->alarm.raised);
    query_put_int(query, row->since_ms);
    query_put_int(query, row->alarm.told_ms + ahead_ms);
    query_put_text(query, text_str(&counts));
    query_put_text(query, row->error);
    bool good = query_run(query, error);
    text_done(&counts);
    return good;
}

bool alarm_book_drop(struct db *db, struct str account, struct str identifier,
                     struct error *error)
{
    static const char sql[] = "delete from alarm where account = $1 and integration = $2";
    struct query *query = by_names(db, sql, account, identifier, error);
    return query_run(query, error);
}

/* A calendar that went back says that it was told later than now. */
static struct alarm_row read_row(const struct query *query, const struct clock *clock)
{
    int64_t mono_ms = clock_mono_ms(clock);
    int64_t ago_ms = clock_now_ms(clock) - query_int(query, 4);
    struct alarm_row row = {.account = query_text(query, 0),
                            .identifier = query_text(query, 1),
                            .since_ms = query_int(query, 3),
                            .error = query_text(query, 6)};
    row.alarm.raised = query_int(query, 2) != 0;
    row.alarm.told_ms = mono_ms - (ago_ms > 0 ? ago_ms : 0);
    row.alarm.told_ms -= row.alarm.told_ms == 0; /* 0 says: never */
    if (row.alarm.raised) {
        row.alarm.since_ms = row.alarm.last_ms = mono_ms;
        read_counts(query_text(query, 5), &row.alarm);
    }
    return row;
}

bool alarm_book_each(struct db *db, const struct clock *clock,
                     void (*each)(void *self, const struct alarm_row *row), void *self,
                     struct error *error)
{
    static const char sql[] = "select account, integration, raised, since_ms, told_at_ms,"
                              " counts, error from alarm";
    enum query_step step;
    OWN(query) query = db_query(db, sql, error);
    while ((step = query_next(query, error)) == QUERY_ROW) {
        const struct alarm_row row = read_row(query, clock);
        each(self, &row);
    }
    return step == QUERY_DONE;
}
