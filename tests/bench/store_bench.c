/* store_bench FOLDER [SECONDS] | FOLDER open ROWS - rows a second through the store, or how
 * long it takes to open, next to what the disk gives.
 *
 * Producers put one row of 500 bytes each and wait for the answer, which comes after it is
 * synced. Beside each figure stands a probe of the same minute: how often the disk syncs an
 * appended page, which is what one producer alone could reach at most.
 *
 * A store of ROWS rows is opened after a good end and after a kill, each with the file in
 * memory and with none of it there. Beside that stands how long its bytes take to be read.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store.h"

enum {
    ROW_BYTES = 500,
    PRODUCERS_MOST = 64,
    ROUNDS = 3,
    PROBE_BYTES = 4120,
    FILL_ROWS = 10000
};

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

static bool put_row(struct db *db, int64_t id, struct error *error)
{
    static const char sql[] = "insert into audit values ($1, $2, 'bench', 'put', $3, $4)";
    static char filler[ROW_BYTES];
    struct query *query = db_query(db, sql, error);
    if (!query) {
        return false;
    }
    if (filler[0] == '\0') {
        memset(filler, 'x', sizeof filler);
    }
    query_put_int(query, id);
    query_put_int(query, clock_now_ms(&clock_real));
    query_put_text(query, STR_OF("acme"));
    query_put_text(query, (struct str){filler, sizeof filler});
    return query_run(query, error);
}

static bool run_put(struct store_work *work, struct db *db, struct error *error)
{
    return put_row(db, ((struct put *)(void *)work)->id, error);
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

/* ---- opening ---- */

static struct store *open_store(const struct store_settings *settings)
{
    struct error error;
    struct store *store = store_open(settings, &error);
    if (!store) {
        fail("the store", error.text);
    }
    return store;
}

/* The next rows of one commit. */
static bool run_fill(struct store_work *work, struct db *db, struct error *error)
{
    const struct put *put = (struct put *)(void *)work;
    bool good = true;
    for (int64_t id = put->id; good && id < put->id + FILL_ROWS; id++) {
        good = put_row(db, id, error);
    }
    return good;
}

static void fill(const struct store_settings *settings, int64_t rows)
{
    struct error error;
    struct store *store = open_store(settings);
    for (int64_t id = 1; id <= rows; id += FILL_ROWS) {
        struct put put = {.work.run = run_fill, .id = id};
        if (!store_do(store, &put.work, &error)) {
            fail("rows", error.text);
        }
    }
    store_close(store);
}

/* A process that has the store and goes away without a word. */
static void leave_killed(const struct store_settings *settings)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        (void)open_store(settings);
        _exit(EXIT_SUCCESS);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        fail("a process", "cannot be had");
    }
}

static int64_t read_all(int fd)
{
    static char bytes[1 << 20];
    int64_t start = now_ms();
    while (read(fd, bytes, sizeof bytes) > 0) {
    }
    return now_ms() - start;
}

/* Takes the file out of memory, when `cold`. */
static int open_file(const char *state, bool cold)
{
    char path[4200];
    (void)snprintf(path, sizeof path, "%s/bench.db", state);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 ||
        (cold && (fsync(fd) != 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0))) {
        fail(path, "cannot be taken out of memory");
    }
    return fd;
}

static void measure_open(const struct store_settings *settings)
{
    printf("it ended   file        open ms   reading it ms   MiB\n");
    for (unsigned i = 0; i < 4; i++) {
        bool killed = i & 2U;
        bool cold = i & 1U;
        struct stat status = {0};
        if (killed) {
            leave_killed(settings);
        }
        int fd = open_file(settings->folder, cold);
        int64_t read_ms = read_all(fd);
        (void)fstat(fd, &status);
        (void)close(fd);
        (void)close(open_file(settings->folder, cold));
        int64_t start = now_ms();
        struct store *store = open_store(settings);
        int64_t open_ms = now_ms() - start;
        store_close(store);
        printf("%-10s %-11s %7lld %15lld %5lld\n", killed ? "killed" : "well",
               cold ? "on disk" : "in memory", (long long)open_ms, (long long)read_ms,
               (long long)status.st_size >> 20);
    }
}

int main(int argc, char **argv)
{
    char state[4096];
    int64_t seconds = 3;
    int64_t rows = 0;
    bool opens = argc == 4 && strcmp(argv[2], "open") == 0;
    if (argc < 2 || (argc > 3 && !opens)) {
        (void)fprintf(stderr, "usage: store_bench FOLDER [SECONDS] | FOLDER open ROWS\n");
        return 2;
    }
    if (opens ? !str_to_int64(str_from(argv[3]), 1, 100000000, &rows)
              : argc > 2 && !str_to_int64(str_from(argv[2]), 1, 3600, &seconds)) {
        fail(argv[argc - 1], "no number");
    }
    (void)snprintf(state, sizeof state, "%s/store-bench", argv[1]);
    remove_store(state);
    const struct store_settings settings = {
        .folder = state, .place = "sqlite:bench.db", .clock = &clock_real};
    if (opens) {
        fill(&settings, rows);
        measure_open(&settings);
    } else {
        struct store *store = open_store(&settings);
        measure_all(store, argv[1], seconds * 1000);
        store_close(store);
    }
    remove_store(state);
    return EXIT_SUCCESS;
}
