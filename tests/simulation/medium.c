#include "medium.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "queue/book_sql.h"
#include "queue/book_sql_row.h"
#include "store/invariants.h"
#include "store/migrations.h"

static void must(bool good, const struct error *error)
{
    if (!good) {
        (void)fprintf(stderr, "simtest: the store: %s\n", error->text);
        abort();
    }
}

/* ---- made to fail ---- */

/* Does this call fail? */
static bool fails(struct medium *medium, struct error *error)
{
    if (medium->crashed) {
        return !error_set(error, IMH_RETRY, "crashed");
    }
    if (medium->fault == FAULT_NONE || medium->calls_left-- > 0) {
        return false;
    }
    medium->crashed = medium->fault == FAULT_CRASH;
    medium->fault = FAULT_NONE;
    return !error_set(error, IMH_RETRY, "told to fail");
}

#define FAULTY(call, ...)                                                  \
    do {                                                                   \
        struct medium *medium = self;                                      \
        return !fails(medium, error) &&                                    \
               medium->inner.call(medium->inner.self, __VA_ARGS__, error); \
    } while (0)

static bool insert(void *self, struct job *job, const struct job_text *text,
                   struct error *error)
{
    FAULTY(insert, job, text);
}

static bool load(void *self, int64_t id, struct arena *arena, struct job *job,
                 struct error *error)
{
    FAULTY(load, id, arena, job);
}

static bool load_text(void *self, int64_t id, struct arena *arena, struct job_text *text,
                      struct error *error)
{
    FAULTY(load_text, id, arena, text);
}

static bool update(void *self, struct job *job, struct error *error)
{
    FAULTY(update, job);
}

static bool put_args(void *self, int64_t id, struct str args, struct error *error)
{
    FAULTY(put_args, id, args);
}

static bool put_result(void *self, int64_t id, struct str result, struct error *error)
{
    FAULTY(put_result, id, result);
}

static bool add_history(void *self, const struct history *history, struct error *error)
{
    FAULTY(add_history, history);
}

static bool first_of_stream(void *self, int64_t integration, struct str stream, int64_t *id,
                            struct error *error)
{
    FAULTY(first_of_stream, integration, stream, id);
}

static bool active_before(void *self, int64_t integration, struct str stream,
                          int64_t before, int64_t *id, struct error *error)
{
    FAULTY(active_before, integration, stream, before, id);
}

static bool with_once_key(void *self, int64_t integration, struct str key, int64_t *id,
                          struct error *error)
{
    FAULTY(with_once_key, integration, key, id);
}

static bool next_of_key(void *self, int64_t integration, struct str key, int64_t after,
                        int64_t *id, struct error *error)
{
    FAULTY(next_of_key, integration, key, after, id);
}

static bool newest_of_key(void *self, int64_t integration, struct str key, int64_t *id,
                          struct error *error)
{
    FAULTY(newest_of_key, integration, key, id);
}

static bool shown_of_key(void *self, int64_t integration, struct str key, int64_t before,
                         int64_t *id, struct error *error)
{
    FAULTY(shown_of_key, integration, key, before, id);
}

static bool ready(void *self, int64_t integration, struct arena *arena,
                  struct book_rows *rows, struct error *error)
{
    FAULTY(ready, integration, arena, rows);
}

static bool strayed(void *self, int64_t integration, struct arena *arena,
                    struct book_rows *rows, struct error *error)
{
    FAULTY(strayed, integration, arena, rows);
}

static bool shift(void *self, int64_t integration, int64_t after_ms, int64_t by_ms,
                  struct error *error)
{
    FAULTY(shift, integration, after_ms, by_ms);
}

static bool put_hold(void *self, const struct hold *hold, struct error *error)
{
    FAULTY(put_hold, hold);
}

static bool end_holds(void *self, int64_t integration, struct error *error)
{
    FAULTY(end_holds, integration);
}

static bool has_holds(void *self, int64_t integration, bool *has, struct error *error)
{
    FAULTY(has_holds, integration, has);
}

static bool is_held(void *self, int64_t integration, struct str part, bool *held,
                    struct error *error)
{
    FAULTY(is_held, integration, part, held);
}

static struct book faulty_book(struct medium *medium)
{
    return (struct book){
        .self = medium,
        .insert = insert,
        .load = load,
        .load_text = load_text,
        .update = update,
        .put_args = put_args,
        .put_result = put_result,
        .add_history = add_history,
        .first_of_stream = first_of_stream,
        .active_before = active_before,
        .with_once_key = with_once_key,
        .next_of_key = next_of_key,
        .newest_of_key = newest_of_key,
        .shown_of_key = shown_of_key,
        .ready = ready,
        .strayed = strayed,
        .shift = shift,
        .put_hold = put_hold,
        .end_holds = end_holds,
        .has_holds = has_holds,
        .is_held = is_held,
    };
}

/* ---- a database ---- */

static void open_database(struct medium *medium)
{
    struct error error = {.text = ""};
    char place[96];
    (void)snprintf(place, sizeof place, "sqlite:%s/imh.db", medium->folder);
    medium->db = db_open(str_from(place), DB_MAKE, &error);
    must(medium->db != NULL, &error);
    must(migrations_run(medium->db, &migrations_all, &clock_real, &error), &error);
    medium->inner = book_sql(medium->db);
}

static int64_t integration_of(struct db *db, unsigned number)
{
    struct error error = {.text = ""};
    char name[16];
    int64_t id = 0;
    (void)snprintf(name, sizeof name, "i%u", number);
    must(book_sql_integration(db, STR_OF("acme"), str_from(name), &id, &error), &error);
    return id;
}

void medium_open(struct medium *medium, enum medium_kind kind)
{
    *medium = (struct medium){.kind = kind};
    model_init(&medium->model);
    medium->inner = model_book(&medium->model);
    if (kind == MEDIUM_SQLITE) {
        /* In memory where that is possible: there a sync costs nothing. */
        (void)snprintf(medium->folder, sizeof medium->folder, "%s/imh-simtest-XXXXXX",
                       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        if (!mkdtemp(medium->folder)) {
            abort();
        }
        open_database(medium);
        for (unsigned i = 1; i <= MEDIUM_INTEGRATIONS; i++) {
            if (integration_of(medium->db, i) != i) {
                abort();
            }
        }
    }
    medium->book = faulty_book(medium);
}

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

void medium_close(struct medium *medium)
{
    model_done(&medium->model);
    if (medium->db) {
        db_close(medium->db);
        (void)nftw(medium->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    }
}

/* ---- transactions ---- */

void medium_break(struct medium *medium, enum medium_fault fault, unsigned calls,
                  bool phantom)
{
    medium->fault = fault;
    medium->calls_left = calls;
    medium->phantom = phantom;
}

void medium_heal(struct medium *medium)
{
    medium->fault = FAULT_NONE;
}

bool medium_begin(struct medium *medium)
{
    struct error error = {.text = ""};
    if (medium->crashed) {
        return false;
    }
    if (medium->db) {
        must(db_begin(medium->db, &error), &error);
    }
    return true;
}

static void keep(struct medium *medium)
{
    struct error error = {.text = ""};
    if (medium->db) {
        must(db_commit(medium->db, &error), &error);
    } else {
        model_commit(&medium->model);
    }
}

void medium_rollback(struct medium *medium)
{
    if (medium->db) {
        (void)db_end_queries(medium->db);
        db_rollback(medium->db);
    } else {
        model_rollback(&medium->model);
    }
}

bool medium_commit(struct medium *medium)
{
    struct error error;
    if (!fails(medium, &error)) {
        keep(medium);
        return true;
    }
    /* Only a host that crashes does not find out what the failed commit did. */
    if (medium->phantom && medium->crashed) {
        keep(medium);
    } else {
        medium_rollback(medium);
    }
    return false;
}

void medium_restart(struct medium *medium)
{
    medium_rollback(medium);
    medium->crashed = false;
    medium->fault = FAULT_NONE;
    if (medium->db) {
        db_close(medium->db);
        open_database(medium);
    }
}

/* ---- looking ---- */

static unsigned dump_model(const struct model *model, struct job *jobs)
{
    for (unsigned i = 0; i < model->count; i++) {
        jobs[i] = model_job_at(model, i);
    }
    return model->count;
}

unsigned medium_dump(struct medium *medium, struct arena *arena, struct job *jobs)
{
    static const char sql[] = "select" JOB_COLUMNS " from job order by id";
    struct error error = {.text = ""};
    unsigned count = 0;
    if (!medium->db) {
        return dump_model(&medium->model, jobs);
    }
    OWN(query) query = db_query(medium->db, sql, &error);
    must(query != NULL, &error);
    while (count < MODEL_JOBS_MOST && query_next(query, &error) == QUERY_ROW) {
        must(book_sql_read(query, arena, &jobs[count], &error), &error);
        count++;
    }
    return count;
}

bool medium_is_held(struct medium *medium, int64_t integration, struct str part)
{
    struct error error = {.text = ""};
    bool held = false;
    must(medium->inner.is_held(medium->inner.self, integration, part, &held, &error),
         &error);
    return held;
}

static void broken(void *context, struct str what)
{
    (void)context;
    (void)fprintf(stderr, "simtest: %.*s\n", STR_ARGS(what));
    abort();
}

void medium_check(struct medium *medium)
{
    struct error error = {.text = ""};
    if (medium->db) {
        must(invariants_check(medium->db, &invariants_all, broken, NULL, &error), &error);
    }
}
