/* enqueue_bench FOLDER [MS] - jobs a second into the queue, synced before yes, beside what
 * SQLite alone gives in the same minute (bare_sqlite.h).
 *
 * Producers put one job of 500 bytes each through the store's inbox and wait for the
 * answer; or one puts 100 jobs into one transaction. Bare SQLite is measured twice: as a
 * table of jobs that are due, and with the index that keeps streams in order. Medians of
 * rounds in which the rows take turns, each of so many milliseconds. FOLDER is on the disk
 * to measure.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bare_sqlite.h"
#include "queue/book_sql.h"
#include "queue/queue.h"
#include "store/store.h"

enum { ROUNDS = 5, PRODUCERS_MOST = 16, A_BATCH = 100, USUAL_MS = 400 };

static const struct row {
    const char *name;
    unsigned producers, batch, streams;
    double aim;
} rows[] = {{"1 producer", 1, 1, 64, 0.6},
            {"16 producers", 16, 1, 64, 0.8},
            {"100 jobs a commit", 1, A_BATCH, 64, 0.5},
            {"the same, one stream", 1, A_BATCH, 1, 0.5}};

enum { ROWS = sizeof rows / sizeof *rows };

struct put {
    struct store_work work; /* first */
    struct producer *producer;
};

struct producer {
    struct store *store;
    struct inbox *answers;
    struct arena arena; /* the store's while it has the work */
    pthread_t thread;
    unsigned batch, streams;
    int64_t until_ms;
    int64_t jobs;
};

static atomic_llong made;
static int64_t integration;
static char args[BARE_ROW_BYTES + 1]; /* of all jobs, as the bare rows have theirs */

static int64_t now_ms(void)
{
    return clock_mono_ms(&clock_real);
}

static void fail(const char *what, const char *why)
{
    (void)fprintf(stderr, "enqueue_bench: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static void make_args(void)
{
    (void)snprintf(args, sizeof args,
                   "{\"email\":\"someone@example.com\",\"text\":\"%0*d\"}",
                   BARE_ROW_BYTES - 41, 0);
}

static bool run_number(struct store_work *work, struct db *db, struct error *error)
{
    (void)work;
    return book_sql_integration(db, STR_OF("acme"), STR_OF("mail"), &integration, error);
}

static bool add(struct book *book, unsigned streams, struct arena *arena,
                struct error *error)
{
    char stream[32];
    struct queue_added added;
    const struct queue queue = {
        .book = book, .now_ms = clock_now_ms(&clock_real), .arena = arena};
    (void)snprintf(stream, sizeof stream, "contact/%lld",
                   (long long)atomic_fetch_add(&made, 1) % streams);
    const struct job job = {.integration = integration,
                            .kind = JOB_ACTION,
                            .part = STR("campaign-trigger"),
                            .stream = str_from(stream)};
    const struct job_text text = {.args = str_from(args)};
    return queue_add(&queue, &job, &text, &added, error);
}

static bool run_put(struct store_work *work, struct db *db, struct error *error)
{
    struct producer *producer = ((struct put *)(void *)work)->producer;
    struct book book = book_sql(db);
    bool good = true;
    for (unsigned i = 0; good && i < producer->batch; i++) {
        arena_clear(&producer->arena);
        good = add(&book, producer->streams, &producer->arena, error);
    }
    return good;
}

static void *produce(void *data)
{
    struct producer *producer = data;
    while (now_ms() < producer->until_ms) {
        struct put put = {.work = {.run = run_put, .answer_to = producer->answers},
                          .producer = producer};
        store_put(producer->store, &put.work);
        while (!inbox_wait(producer->answers, 1000)) {
        }
        if (!put.work.done) {
            fail("a job", put.work.error.text);
        }
        producer->jobs += producer->batch;
    }
    return NULL;
}

static double enqueue(struct store *store, const struct row *row, int64_t span_ms)
{
    struct producer producers[PRODUCERS_MOST];
    int64_t start = now_ms();
    int64_t jobs = 0;
    for (unsigned i = 0; i < row->producers; i++) {
        producers[i] = (struct producer){.store = store,
                                         .answers = inbox_make(),
                                         .batch = row->batch,
                                         .streams = row->streams,
                                         .until_ms = start + span_ms};
        arena_init(&producers[i].arena, 1 << 12, 0);
        if (!producers[i].answers ||
            pthread_create(&producers[i].thread, NULL, produce, &producers[i]) != 0) {
            fail("a producer", "no memory");
        }
    }
    for (unsigned i = 0; i < row->producers; i++) {
        (void)pthread_join(producers[i].thread, NULL);
        inbox_free(producers[i].answers);
        arena_done(&producers[i].arena);
        jobs += producers[i].jobs;
    }
    return (double)jobs * 1000 / (double)(now_ms() - start);
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof *values, compare);
    return values[ROUNDS / 2];
}

static double bare(const char *folder, const struct row *row, bool ordered, int64_t span_ms)
{
    return bare_sqlite(folder, row->producers, row->batch, ordered, span_ms);
}

static void measure(struct store *store, const char *folder, int64_t span_ms)
{
    enum { OURS, PLAIN, PLAIN_RATIO, ORDERED, ORDERED_RATIO, FIGURES };
    double found[ROWS][FIGURES][ROUNDS];
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < ROWS; i++) {
            double plain = bare(folder, &rows[i], false, span_ms);
            double ordered = bare(folder, &rows[i], true, span_ms);
            double ours = enqueue(store, &rows[i], span_ms);
            found[i][OURS][round] = ours;
            found[i][PLAIN][round] = plain;
            found[i][PLAIN_RATIO][round] = ours / plain;
            found[i][ORDERED][round] = ordered;
            found[i][ORDERED_RATIO][round] = ours / ordered;
        }
    }
    printf("enqueue, synced        jobs/s   bare SQLite   ratio   aim   ordered   ratio\n");
    for (unsigned i = 0; i < ROWS; i++) {
        printf("%-20s %8.0f %13.0f %7.2f %5.1f %9.0f %7.2f\n", rows[i].name,
               median(found[i][OURS]), median(found[i][PLAIN]),
               median(found[i][PLAIN_RATIO]), rows[i].aim, median(found[i][ORDERED]),
               median(found[i][ORDERED_RATIO]));
    }
}

static void remove_store(const char *state)
{
    static const char *const names[] = {"bench.db", "bench.db-wal", "bench.db-made",
                                        "lock"};
    char path[4200];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", state, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(state);
}

int main(int count, char **words)
{
    char state[4096];
    struct error error;
    int64_t span_ms = USUAL_MS;
    if (count < 2 || count > 3 ||
        (count > 2 && !str_to_int64(str_from(words[2]), 1, 60000, &span_ms))) {
        (void)fprintf(stderr, "usage: enqueue_bench FOLDER [MS]\n");
        return 2;
    }
    (void)snprintf(state, sizeof state, "%s/enqueue-bench", words[1]);
    remove_store(state);
    make_args();
    const struct store_settings settings = {
        .folder = state, .place = "sqlite:bench.db", .clock = &clock_real};
    struct store *store = store_open(&settings, &error);
    struct store_work number = {.run = run_number};
    if (!store || !store_do(store, &number, &error)) {
        fail("the store", error.text);
    }
    measure(store, words[1], span_ms);
    store_close(store);
    remove_store(state);
    return EXIT_SUCCESS;
}
