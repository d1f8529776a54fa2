#include "bare_sqlite.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/clock.h"

enum { PRODUCERS_MOST = 64 };

struct bare {
    sqlite3 *db;
    sqlite3_stmt *insert;
    pthread_mutex_t mutex;
    pthread_cond_t wanted, done;
    int64_t asked, committed; /* rows */
    int64_t until_ms;
    unsigned running; /* producers */
};

static void must(const struct bare *bare, bool good)
{
    if (!good) {
        (void)fprintf(stderr, "bare sqlite: %s\n", sqlite3_errmsg(bare->db));
        exit(EXIT_FAILURE);
    }
}

static void run(const struct bare *bare, const char *sql)
{
    must(bare, sqlite3_exec(bare->db, sql, NULL, NULL, NULL) == SQLITE_OK);
}

static void remove_files(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char name[4200];
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        (void)snprintf(name, sizeof name, "%s%s", path, ends[i]);
        (void)unlink(name);
    }
}

static void open_bare(struct bare *bare, const char *path, bool ordered)
{
    static const char insert[] = "insert into job (stream, due, args) values (?, ?, ?)";
    remove_files(path);
    must(bare, sqlite3_open(path, &bare->db) == SQLITE_OK);
    run(bare, "pragma journal_mode = wal");
    run(bare, "pragma synchronous = full");
    run(bare, "create table job (id integer primary key, stream integer, "
              "state integer default 0, due integer, tries integer default 0, args text)");
    run(bare, "create index job_due on job (due) where state = 0");
    if (ordered) {
        run(bare, "create index job_stream on job (stream, id) where state = 0");
    }
    must(bare, sqlite3_prepare_v2(bare->db, insert, -1, &bare->insert, NULL) == SQLITE_OK);
}

static void commit(const struct bare *bare, int64_t first, int64_t count)
{
    static char args[BARE_ROW_BYTES];
    memset(args, 'x', sizeof args);
    run(bare, "begin immediate");
    for (int64_t i = first; i < first + count; i++) {
        (void)sqlite3_bind_int64(bare->insert, 1, i % 64);
        (void)sqlite3_bind_int64(bare->insert, 2, clock_now_ms(&clock_real));
        (void)sqlite3_bind_text(bare->insert, 3, args, sizeof args, SQLITE_STATIC);
        must(bare, sqlite3_step(bare->insert) == SQLITE_DONE);
        (void)sqlite3_reset(bare->insert);
    }
    run(bare, "commit");
}

static void *produce(void *data)
{
    struct bare *bare = data;
    (void)pthread_mutex_lock(&bare->mutex);
    while (clock_mono_ms(&clock_real) < bare->until_ms) {
        int64_t mine = ++bare->asked;
        (void)pthread_cond_signal(&bare->wanted);
        while (bare->committed < mine) {
            (void)pthread_cond_wait(&bare->done, &bare->mutex);
        }
    }
    bare->running--;
    (void)pthread_cond_signal(&bare->wanted);
    (void)pthread_mutex_unlock(&bare->mutex);
    return NULL;
}

/* Commits what has gathered while the commit before was under way. */
static void write_for(struct bare *bare, unsigned producers)
{
    pthread_t threads[PRODUCERS_MOST] = {0};
    producers = producers < PRODUCERS_MOST ? producers : PRODUCERS_MOST;
    bare->running = producers;
    for (unsigned i = 0; i < producers; i++) {
        if (pthread_create(&threads[i], NULL, produce, bare) != 0) {
            exit(EXIT_FAILURE);
        }
    }
    (void)pthread_mutex_lock(&bare->mutex);
    while (bare->running > 0 || bare->asked > bare->committed) {
        int64_t upto = bare->asked;
        if (upto == bare->committed) {
            (void)pthread_cond_wait(&bare->wanted, &bare->mutex);
            continue;
        }
        (void)pthread_mutex_unlock(&bare->mutex);
        commit(bare, bare->committed, upto - bare->committed);
        (void)pthread_mutex_lock(&bare->mutex);
        bare->committed = upto;
        (void)pthread_cond_broadcast(&bare->done);
    }
    (void)pthread_mutex_unlock(&bare->mutex);
    for (unsigned i = 0; i < producers; i++) {
        (void)pthread_join(threads[i], NULL);
    }
}

double bare_sqlite(const char *folder, unsigned producers, unsigned batch, bool ordered,
                   int64_t span_ms)
{
    char path[4096];
    struct bare bare = {.mutex = PTHREAD_MUTEX_INITIALIZER,
                        .wanted = PTHREAD_COND_INITIALIZER,
                        .done = PTHREAD_COND_INITIALIZER};
    (void)snprintf(path, sizeof path, "%s/bare.db", folder);
    open_bare(&bare, path, ordered);
    int64_t start = clock_mono_ms(&clock_real);
    bare.until_ms = start + span_ms;
    if (producers > 1) {
        write_for(&bare, producers);
    } else {
        while (clock_mono_ms(&clock_real) < bare.until_ms) {
            commit(&bare, bare.committed, batch);
            bare.committed += batch;
        }
    }
    double rate =
        (double)bare.committed * 1000 / (double)(clock_mono_ms(&clock_real) - start);
    (void)sqlite3_finalize(bare.insert);
    (void)sqlite3_close(bare.db);
    remove_files(path);
    return rate;
}
