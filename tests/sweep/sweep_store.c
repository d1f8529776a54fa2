/* sweep_store [STRIDE [SCENARIO]] - the store, with each allocation failing in turn.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scenarios.h"
#include "store/audit.h"
#include "store/check.h"

/* The state directory of the run, and what it was told is kept. */
static char outer[64];
static char folder[80];
static int64_t acknowledged; /* rows */

struct put {
    struct store_work work; /* first */
    int64_t id;
};

static bool run_put(struct store_work *work, struct db *db, struct error *error)
{
    static const char sql[] = "insert into audit values ($1, 1, $2, 'put', $3, $3)";
    const struct put *put = (struct put *)(void *)work;
    char long_text[6000];
    memset(long_text, 'x', sizeof long_text);
    struct query *query = db_query(db, sql, error);
    if (!query) {
        return false;
    }
    query_put_int(query, put->id);
    query_put_text(query, STR_OF("test"));
    query_put_text(query, (struct str){long_text, sizeof long_text});
    return query_run(query, error);
}

struct count {
    struct store_work work; /* first */
    int64_t rows;
};

static bool run_count(struct store_work *work, struct db *db, struct error *error)
{
    static const char sql[] = "select id, subject from audit order by account, id desc";
    struct count *count = (struct count *)(void *)work;
    enum query_step step;
    OWN(query) query = db_query(db, sql, error);
    if (!query) {
        return false;
    }
    count->rows = 0;
    while ((step = query_next(query, error)) == QUERY_ROW) {
        count->rows++;
        must(query_text(query, 1).len == 6000);
    }
    return step == QUERY_DONE;
}

static struct store *open_store(struct error *error)
{
    const struct store_settings settings = {
        .folder = folder, .place = "sqlite:imh.db", .clock = &clock_real};
    return store_open(&settings, error);
}

static bool put_row(struct store *store, int64_t id, struct error *error)
{
    struct put put = {.work.run = run_put, .id = id};
    bool done = store_do(store, &put.work, error);
    acknowledged += done;
    return done;
}

static void begin_folder(void)
{
    (void)snprintf(outer, sizeof outer, "%s/imh-sweep-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    must(mkdtemp(outer));
    (void)snprintf(folder, sizeof folder, "%s/state", outer);
    acknowledged = 0;
}

static bool count_rows(struct store *store, struct error *error)
{
    struct count count = {.work.run = run_count};
    bool done = store_do(store, &count.work, error);
    must(!done || count.rows == acknowledged);
    return done;
}

/* A whole life: made, written, closed, opened again, read. */
static bool run_life(struct error *error)
{
    struct error refusal;
    begin_folder();
    struct store *store = open_store(error);
    if (!store) {
        return false;
    }
    bool good = true;
    for (int64_t id = 1; id <= 4; id++) {
        good = put_row(store, id, error) && good;
    }
    must(!good || (!put_row(store, 1, &refusal) && refusal.text[0]));
    store_close(store);
    store = good ? open_store(error) : NULL;
    good = store && count_rows(store, error);
    store_close(store);
    return good;
}

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static void tell(struct check_report *report, struct str what)
{
    (void)report;
    (void)fprintf(stderr, "%.*s\n", STR_ARGS(what));
}

/* Whatever failed: the store is whole, and what was acknowledged is in it. */
static bool verify_life(struct error *error)
{
    struct check_report report = {.found = tell};
    const struct store_settings settings = {
        .folder = folder, .place = "sqlite:imh.db", .clock = &clock_real};
    bool checked = check_store(&settings, &report, error);
    must(checked || error->status == IMH_MISSING);
    must(report.count == 0);
    struct store *store = open_store(error);
    must(store);
    must(count_rows(store, error));
    store_close(store);
    must(nftw(outer, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0);
    return true;
}

static bool run_check(struct error *error)
{
    struct check_report report = {.found = tell};
    const struct store_settings settings = {
        .folder = folder, .place = "sqlite:imh.db", .clock = &clock_real};
    begin_folder();
    struct store *store = open_store(error);
    if (!store) {
        return false;
    }
    bool good = put_row(store, 1, error);
    store_close(store);
    return good && check_store(&settings, &report, error);
}

int main(int argc, char **argv)
{
    static const struct scenario items[] = {
        {"store: a whole life", run_life, verify_life},
        {"store: check", run_check, verify_life},
    };
    static const struct scenarios all = {items, sizeof items / sizeof *items};
    return scenarios_main(&all, argc, argv);
}
