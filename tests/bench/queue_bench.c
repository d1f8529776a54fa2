/* queue_bench FOLDER [JOBS ...] - what a job costs while so many others wait.
 *
 * Fills a store in the folder with jobs (1,000, 100,000 and 1,000,000 when none are given),
 * three quarters of them in streams of their own, a quarter in one, and then makes, takes
 * and finishes others, 100 a commit, on the thread of the store. Beside each figure stands
 * the one of the smallest store: it should be about the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "queue/book_sql.h"
#include "queue/queue.h"
#include "store/migrations.h"

enum { A_COMMIT = 100, ROUNDS = 20, FILL_A_COMMIT = 10000 };

struct bench {
    struct db *db;
    struct book book;
    struct arena arena;
    int64_t integration;
    int64_t made;
    bool long_stream; /* every fourth job is in it */
};

struct figures {
    double add_us, take_us, finish_us, next_us, recover_us;
};

static void must(bool good, const struct error *error)
{
    if (!good) {
        (void)fprintf(stderr, "queue_bench: %s\n", error->text);
        exit(EXIT_FAILURE);
    }
}

static double now_us(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static uint32_t no_dice(void *self)
{
    (void)self;
    return 0;
}

static struct policy usual(void *self, const struct job *job)
{
    (void)self;
    (void)job;
    return (struct policy){.ladder = ladder_usual};
}

static struct queue queue_of(struct bench *bench)
{
    arena_clear(&bench->arena);
    return (struct queue){.book = &bench->book,
                          .now_ms = clock_now_ms(&clock_real),
                          .arena = &bench->arena,
                          .dice = no_dice,
                          .policy = usual};
}

static void add(struct bench *bench, unsigned count)
{
    struct error error = {.text = ""};
    const struct job_text text = {
        .args = STR(
            "{\"email\":\"someone@example.com\",\"campaign\":1234,\"total\":\"49.95\"}")};
    must(db_begin(bench->db, &error), &error);
    for (unsigned i = 0; i < count; i++) {
        char stream[32];
        struct queue queue = queue_of(bench);
        struct queue_added added;
        int64_t number = ++bench->made;
        bool in_long = bench->long_stream && number % 4 == 0;
        (void)snprintf(stream, sizeof stream, "contact/%lld",
                       in_long ? 0 : (long long)number);
        const struct job job = {.integration = bench->integration,
                                .kind = JOB_ACTION,
                                .part = STR("campaign-trigger"),
                                .stream = str_from(stream)};
        must(queue_add(&queue, &job, &text, &added, &error), &error);
    }
    must(db_commit(bench->db, &error), &error);
}

/* Takes up to a commit's worth of calls, four at a time. */
static unsigned take(struct bench *bench, struct job_answer *answers)
{
    struct error error = {.text = ""};
    unsigned count = 0;
    must(db_begin(bench->db, &error), &error);
    while (count < A_COMMIT) {
        struct queue queue = queue_of(bench);
        struct queue_take taken = {.integration = bench->integration, .calls_most = 4};
        must(queue_take(&queue, &taken, &error), &error);
        for (uint32_t i = 0; i < taken.count; i++) {
            answers[count++] = (struct job_answer){.job = taken.calls[i].jobs[0].id,
                                                   .starts = taken.calls[i].jobs[0].starts};
        }
        if (taken.count == 0) {
            break;
        }
    }
    must(db_commit(bench->db, &error), &error);
    return count;
}

static void finish(struct bench *bench, const struct job_answer *answers, unsigned count)
{
    struct error error = {.text = ""};
    must(db_begin(bench->db, &error), &error);
    for (unsigned i = 0; i < count; i++) {
        struct queue queue = queue_of(bench);
        struct queue_effect effect;
        must(queue_finish(&queue, bench->integration, &answers[i], 1, &effect, &error),
             &error);
    }
    must(db_commit(bench->db, &error), &error);
}

static struct figures measure(struct bench *bench)
{
    struct error error = {.text = ""};
    struct figures figures = {.add_us = 0};
    struct job_answer answers[A_COMMIT + 4];
    int64_t next_ms;
    bool more;
    double all = (double)ROUNDS * A_COMMIT;
    for (unsigned i = 0; i < ROUNDS; i++) {
        double start = now_us();
        add(bench, A_COMMIT);
        double added = now_us();
        unsigned count = take(bench, answers);
        double taken = now_us();
        finish(bench, answers, count);
        figures.finish_us += (now_us() - taken) / all;
        figures.take_us += (taken - added) / all;
        figures.add_us += (added - start) / all;
    }
    double start = now_us();
    struct queue queue = queue_of(bench);
    must(queue_next(&queue, bench->integration, &next_ms, &error), &error);
    double next = now_us();
    must(queue_recover(&queue, bench->integration, &more, &error), &error);
    figures.recover_us = now_us() - next;
    figures.next_us = next - start;
    return figures;
}

static struct figures run(const char *folder, int64_t jobs)
{
    struct error error = {.text = ""};
    char place[512];
    struct bench bench = {.long_stream = true};
    (void)snprintf(place, sizeof place, "sqlite:%s/queue_%lld.db", folder, (long long)jobs);
    bench.db = db_open(str_from(place), DB_MAKE, &error);
    must(bench.db != NULL, &error);
    must(migrations_run(bench.db, &migrations_all, &clock_real, &error), &error);
    bench.book = book_sql(bench.db);
    arena_init(&bench.arena, 1 << 16, 0);
    must(book_sql_integration(bench.db, STR_OF("acme"), STR_OF("mail"), &bench.integration,
                              &error),
         &error);
    double start = now_us();
    while (bench.made < jobs) {
        int64_t left = jobs - bench.made;
        add(&bench, left < FILL_A_COMMIT ? (unsigned)left : FILL_A_COMMIT);
        must(db_settle(bench.db, 1000, &error), &error);
    }
    (void)printf("%9lld jobs: filled at %.0f/s", (long long)jobs,
                 (double)jobs * 1e6 / (now_us() - start));
    (void)fflush(stdout);
    bench.long_stream = false;
    struct figures figures = measure(&bench);
    db_close(bench.db);
    arena_done(&bench.arena);
    return figures;
}

int main(int count, char **words)
{
    static const char *const usual_sizes[] = {"1000", "100000", "1000000"};
    struct figures first = {.add_us = 0};
    int sizes = count > 2 ? count - 2 : 3;
    if (count < 2) {
        (void)fprintf(stderr, "queue_bench FOLDER [JOBS ...]\n");
        return EXIT_FAILURE;
    }
    for (int i = 0; i < sizes; i++) {
        int64_t jobs = 0;
        (void)str_to_int64(str_from(count > 2 ? words[i + 2] : usual_sizes[i]), 0,
                           100000000, &jobs);
        struct figures figures = run(words[1], jobs);
        first = i == 0 ? figures : first;
        (void)printf("; us a job: add %.1f (x %.2f), take %.1f (x %.2f), finish %.1f "
                     "(x %.2f); next %.0f us, recover %.0f us\n",
                     figures.add_us, figures.add_us / first.add_us, figures.take_us,
                     figures.take_us / first.take_us, figures.finish_us,
                     figures.finish_us / first.finish_us, figures.next_us,
                     figures.recover_us);
    }
    return EXIT_SUCCESS;
}
