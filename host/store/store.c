#include "store/store.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/text.h"
#include "store/folder.h"
#include "store/migrations.h"

enum {
    BATCH_MOST = 1024, /* works of one commit */
    LOG_PAGES = 4000,
    WAIT_MS = 3600 * 1000
};

struct store {
    struct folder folder;
    struct db *db;
    struct inbox *inbox;
    const struct log *log;
    uint32_t log_pages;
    pthread_t thread;
    bool has_thread;
    const struct clock *clock;
    struct store_figures figures;
    enum db_state told; /* what the log was told of the database */
    atomic_bool failed;
    struct store_work *batch[BATCH_MOST];
    size_t count;
};

/* ---- thread ---- */

/* Says once when the disk is full or suspect, and when it is well again. */
static void tell(struct store *store, const struct error *error)
{
    enum db_state state = db_state(store->db);
    if (!store->log || state == store->told) {
        return;
    }
    if (state == DB_SUSPECT) {
        log_error(store->log, "store suspect: it accepts nothing any more", "why",
                  error->text, NULL);
    } else if (state == DB_FULL) {
        log_error(store->log, "store full", "why", error->text, NULL);
    } else {
        log_notice(store->log, "store has room again", NULL);
    }
    store->told = state;
}

/* Everything that is there, at once; false: the end was among it. */
static bool take_batch(struct store *store)
{
    struct inbox_item *item = NULL;
    store->count = 0;
    while (!item) {
        item = inbox_wait(store->inbox, WAIT_MS);
    }
    while (item) {
        struct store_work *work = (struct store_work *)(void *)item;
        if (!work->run) {
            return false;
        }
        store->batch[store->count++] = work;
        item = store->count < BATCH_MOST ? inbox_take(store->inbox) : NULL;
    }
    return true;
}

/* Runs one work; false when its failure took the whole transaction along. */
static bool run_work(struct store *store, struct store_work *work, struct error *error)
{
    struct db *db = store->db;
    if (!db_savepoint(db, error)) {
        return false;
    }
    work->done = work->run(work, db, &work->error);
    if (!db_end_queries(db)) {
        work->done = error_set(&work->error, IMH_BROKEN, "a query was not ended");
    }
    if (work->done) {
        return db_release(db, error);
    }
    if (db_in_transaction(db) && db_state(db) != DB_SUSPECT) {
        return db_undo(db, error);
    }
    *error = work->error;
    return false;
}

static bool run_batch(struct store *store, struct error *error)
{
    if (!db_begin(store->db, error)) {
        return false;
    }
    for (size_t i = 0; i < store->count; i++) {
        if (!run_work(store, store->batch[i], error)) {
            db_rollback(store->db);
            return false;
        }
    }
    if (db_commit(store->db, error)) {
        return true;
    }
    db_rollback(store->db);
    if (db_state(store->db) == DB_SUSPECT) {
        error->status = IMH_UNKNOWN;
    }
    return false;
}

/* A work that failed by itself keeps its own error. */
static void fail_batch(struct store *store, const struct error *error)
{
    for (size_t i = 0; i < store->count; i++) {
        struct store_work *work = store->batch[i];
        if (work->done || work->error.status == IMH_OK) {
            work->done = false;
            work->error = *error;
        }
    }
}

/* Whoever has several answers finds them together. */
static void answer_batch(struct store *store)
{
    struct inbox_chain chain = {NULL, NULL};
    for (size_t i = 0; i < store->count; i++) {
        struct inbox *answer_to = store->batch[i]->answer_to;
        inbox_chain_add(&chain, &store->batch[i]->item);
        if (i + 1 == store->count || store->batch[i + 1]->answer_to != answer_to) {
            inbox_put_chain(answer_to, &chain);
        }
    }
}

/* Whoever was answered finds it noted. */
static void note_failure(struct store *store)
{
    if (db_state(store->db) == DB_SUSPECT) {
        atomic_store(&store->failed, true);
    }
}

static void serve_batch(struct store *store)
{
    struct error error = {.status = IMH_OK};
    int64_t began_ms = clock_mono_ms(store->clock);
    if (db_state(store->db) == DB_SUSPECT) {
        (void)error_set(&error, IMH_CANCELED,
                        "%s: not tried: the disk failed before, imh must be started again",
                        db_name(store->db));
        fail_batch(store, &error);
    } else if (!run_batch(store, &error)) {
        fail_batch(store, &error);
        store->figures.failed++;
    } else {
        histogram_note(&store->figures.commits, clock_mono_ms(store->clock) - began_ms);
    }
    store->figures.works += store->count;
    note_failure(store);
    answer_batch(store);
    if (db_state(store->db) == DB_GOOD) {
        (void)db_settle(store->db, store->log_pages, &error);
        note_failure(store);
    }
    tell(store, &error);
}

static void *serve(void *data)
{
    struct store *store = data;
    bool more = true;
    while (more) {
        more = take_batch(store);
        if (store->count > 0) {
            serve_batch(store);
        }
    }
    return NULL;
}

/* Signals are the main thread's. */
static bool start_thread(struct store *store, struct error *error)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    store->has_thread = pthread_create(&store->thread, NULL, serve, store) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return store->has_thread || error_set(error, IMH_RETRY, "no thread for the store");
}

/* ---- for others ---- */

/* A path in `place` is relative to the state directory. */
struct db *store_open_database(const struct store_settings *settings, enum db_how how,
                               struct error *error)
{
    struct str place = str_from(settings->place);
    size_t colon = str_find_char(place, ':');
    struct str path = str_after(place, colon + 1);
    struct text whole;
    struct db *db = NULL;
    if (!db_place_is_known(place, error)) {
        return NULL;
    }
    text_init(&whole, PATH_MAX);
    text_add(&whole, str_before(place, colon + 1));
    if (!str_starts(path, STR_OF("/"))) {
        text_print(&whole, "%s/", settings->folder);
    }
    text_add(&whole, path);
    if (text_ok(&whole, "the place of the store", error)) {
        db = db_open(text_str(&whole), how, error);
    }
    text_done(&whole);
    return db;
}

struct store *store_open(const struct store_settings *settings, struct error *error)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store) {
        (void)error_set(error, IMH_RETRY, "no memory for the store");
        return NULL;
    }
    store->folder.lock = -1;
    store->log = settings->log;
    store->clock = settings->clock;
    store->log_pages = settings->log_pages > 0 ? settings->log_pages : LOG_PAGES;
    store->inbox = inbox_make();
    bool good = store->inbox || error_set(error, IMH_RETRY, "no inbox for the store");
    good = good &&
           folder_claim(&store->folder, settings->folder, settings->wait_ms, error) &&
           (store->db = store_open_database(settings, DB_MAKE, error)) != NULL &&
           migrations_run(store->db, &migrations_all, settings->clock, error) &&
           start_thread(store, error);
    if (!good) {
        store_close(store);
        return NULL;
    }
    return store;
}

bool store_has_failed(const struct store *store)
{
    return atomic_load(&store->failed);
}

bool store_is_in_place(const struct store *store, const char *folder)
{
    return folder_is_in_place(&store->folder, folder);
}

bool store_disk(const struct store *store, struct store_disk *disk)
{
    struct statvfs status;
    if (statvfs(db_name(store->db), &status) != 0) {
        return false;
    }
    *disk = (struct store_disk){.size_bytes = (int64_t)(status.f_blocks * status.f_frsize),
                                .free_bytes = (int64_t)(status.f_bavail * status.f_frsize)};
    return true;
}

static int64_t file_bytes(const char *path, const char *suffix)
{
    char whole[PATH_MAX];
    struct stat status;
    (void)snprintf(whole, sizeof whole, "%s%s", path, suffix);
    return stat(whole, &status) == 0 ? (int64_t)status.st_size : 0;
}

struct store_figures store_figures(const struct store *store)
{
    struct store_figures figures = store->figures;
    figures.state = db_state(store->db);
    figures.file_bytes = file_bytes(db_name(store->db), "");
    figures.log_bytes = file_bytes(db_name(store->db), "-wal");
    return figures;
}

void store_close(struct store *store)
{
    struct store_work end = {.run = NULL};
    if (!store) {
        return;
    }
    if (store->has_thread) {
        inbox_put(store->inbox, &end.item);
        (void)pthread_join(store->thread, NULL);
    }
    db_close(store->db);
    inbox_free(store->inbox);
    folder_release(&store->folder);
    free(store);
}

void store_put(struct store *store, struct store_work *work)
{
    struct inbox_chain chain = {NULL, NULL};
    store_chain_add(&chain, work);
    store_put_chain(store, &chain);
}

void store_chain_add(struct inbox_chain *chain, struct store_work *work)
{
    work->done = false;
    work->error.status = IMH_OK;
    inbox_chain_add(chain, &work->item);
}

void store_put_chain(struct store *store, struct inbox_chain *chain)
{
    inbox_put_chain(store->inbox, chain);
}

bool store_do(struct store *store, struct store_work *work, struct error *error)
{
    struct inbox *answers = inbox_make();
    if (!answers) {
        return error_set(error, IMH_RETRY, "no inbox for an answer of the store");
    }
    work->answer_to = answers;
    store_put(store, work);
    while (!inbox_wait(answers, WAIT_MS)) {
    }
    inbox_free(answers);
    if (!work->done) {
        *error = work->error;
    }
    return work->done;
}
