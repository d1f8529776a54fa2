/* store_bench FOLDER [SECONDS] - rows a second through the store, next to what the disk
 * gives.
 *
 * Producers put one row of 500 bytes each and wait for the answer, which comes after it is
 * synced. Beside each figure stands a probe of the same minute: how often the disk syncs an
 * appended page, which is what one producer alone could reach at most.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/store.h"

enum { ROW_BYTES = 500, PRODUCERS_MOST = 64, ROUNDS = 3, PROBE_BYTES = 4120 };

static const unsigned producer_counts[] = {1, 16, 64};

struct put {
    struct store_work work; /* first */
    int64_t id;
};

struct producer {
    struct store *store;
    struct inbox *answers;
    pthread_t thread;
    int64_t until_ms;
    int64_t rows;
    int64_t longest_ms;
};

static atomic_llong next_id = 1;

static int64_t now_ms(void)
{
    return clock_mono_ms(&clock_real);
}

static void fail(const char *what, const char *why)
{
    (void)fprintf(stderr, "store_bench: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static bool run_put(struct store_work *work, struct db *db, struct error *error)
{
    static const char sql[] = "insert into audit values ($1, $2, 'bench', 'put', $3, $4)";
    static char filler[ROW_BYTES];
    const struct put *put = (struct put *)(void *)work;
    struct query *query = db_query(db, sql, error);
    if (!query) {
        return false;
    }
    if (filler[0] == '\0') {
        memset(filler, 'x', sizeof filler);
    }
    query_put_int(query, put->id);
    query_put_int(query, clock_now_ms(&clock_real));
    query_put_text(query, STR_OF("acme"));
    query_put_text(query, (struct str){filler, sizeof filler});
    return query_run(query, error);
}

static void *produce(void *data)
{
    struct producer *producer = data;
    for (int64_t start = now_ms(); start < producer->until_ms;) {
        struct put put = {.work = {.run = run_put, .answer_to = producer->answers},
                          .id = atomic_fetch_add(&next_id, 1)};
        store_put(producer->store, &put.work);
        while (!inbox_wait(producer->answers, 1000)) {
        }
        if (!put.work.done) {
            fail("a row", put.work.error.text);
        }
        int64_t end = now_ms();
        producer->rows++;
        producer->longest_ms =
            end - start > producer->longest_ms ? end - start : producer->longest_ms;
        start = end;
    }
    return NULL;
}

struct figure {
    double rows_a_second;
    int64_t longest_ms;
};

static struct figure measure(struct store *store, unsigned count, int64_t span_ms)
{
    struct producer producers[PRODUCERS_MOST] = {{.store = NULL}};
    struct figure figure = {0};
    int64_t start = now_ms();
    int64_t rows = 0;
    for (unsigned i = 0; i < count; i++) {
        producers[i] = (struct producer){
            .store = store, .answers = inbox_make(), .until_ms = start + span_ms};
        if (!producers[i].answers ||
            pthread_create(&producers[i].thread, NULL, produce, &producers[i]) != 0) {
            fail("a producer", "no memory");
        }
    }
    for (unsigned i = 0; i < count; i++) {
        (void)pthread_join(producers[i].thread, NULL);
        inbox_free(producers[i].answers);
        rows += producers[i].rows;
        figure.longest_ms = producers[i].longest_ms > figure.longest_ms
                                ? producers[i].longest_ms
                                : figure.longest_ms;
    }
    figure.rows_a_second = (double)rows * 1000 / (double)(now_ms() - start);
    return figure;
}

/* Syncs a second of a file that grows by a page each time, as the store's log does. */
static double probe(const char *folder, int64_t span_ms)
{
    static char page[PROBE_BYTES];
    char path[4096];
    int64_t count = 0;
    (void)snprintf(path, sizeof path, "%s/probe", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        fail(path, "cannot be made");
    }
    int64_t start = now_ms();
    while (now_ms() - start < span_ms) {
        if (pwrite(fd, page, sizeof page, count * PROBE_BYTES) != PROBE_BYTES ||
            fdatasync(fd) != 0) {
            fail(path, "cannot be written");
        }
        count++;
    }
    double rate = (double)count * 1000 / (double)(now_ms() - start);
    (void)close(fd);
    (void)unlink(path);
    return rate;
}

static int compare(const void *a, const void *b)
{
    double left = ((const struct figure *)a)->rows_a_second;
    double right = ((const struct figure *)b)->rows_a_second;
    return left < right ? -1 : left > right;
}

static void measure_all(struct store *store, const char *folder, int64_t span_ms)
{
    printf("producers   rows/s   longest ms   probe syncs/s   rows per probe sync\n");
    for (size_t i = 0; i < sizeof producer_counts / sizeof *producer_counts; i++) {
        struct figure figures[ROUNDS];
        double syncs = 0;
        for (int round = 0; round < ROUNDS; round++) {
            syncs += probe(folder, span_ms / 4) / ROUNDS;
            figures[round] = measure(store, producer_counts[i], span_ms);
        }
        qsort(figures, ROUNDS, sizeof *figures, compare);
        const struct figure *middle = &figures[ROUNDS / 2];
        printf("%9u %8.0f %12lld %15.0f %21.2f\n", producer_counts[i],
               middle->rows_a_second, (long long)middle->longest_ms, syncs,
               middle->rows_a_second / syncs);
    }
}

/* An empty store each time; what a killed run left is in the way of nobody else. */
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

int main(int argc, char **argv)
{
    struct error error;
    char state[4096];
    if (argc < 2) {
        (void)fprintf(stderr, "usage: store_bench FOLDER [SECONDS]\n");
        return 2;
    }
    int64_t seconds = 3;
    if (argc > 2 && !str_to_int64(str_from(argv[2]), 1, 3600, &seconds)) {
        fail(argv[2], "no number of seconds");
    }
    (void)snprintf(state, sizeof state, "%s/store-bench", argv[1]);
    remove_store(state);
    const struct store_settings settings = {
        .folder = state, .place = "sqlite:bench.db", .clock = &clock_real};
    struct store *store = store_open(&settings, &error);
    if (!store) {
        fail("the store", error.text);
    }
    measure_all(store, argv[1], seconds * 1000);
    store_close(store);
    remove_store(state);
    return EXIT_SUCCESS;
}
