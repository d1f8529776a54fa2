/* store_client MODE FOLDER [FIRST [PAUSE]] - uses a store and says what it was promised.
 *
 *     *     write FOLDER FIRST PAUSE  opens the store, puts 30 rows from number FIRST on,
 * one by one and then several at once, closes it. Before the phase PAUSE (open, write,
 * close) it says "paused" and waits for a line. *     rows FOLDER               the numbers
 * of the rows that are there: "row N", or "wrong N" when its text is not what was put sql
 * FOLDER STATEMENTS     changes what it likes, as somebody who knows the file could
 *
 * Lines on stdout: "opened", "ack N", "fail N STATUS", "refused STATUS: why", "closed".
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/store.h"

enum {
    SINGLES = 12,
    TOGETHER = 6,
    GROUPS = 3,
    PATIENCE_MS = 60000,
    LOG_PAGES = 20,
    FILLER_BYTES = 1500
};

struct put {
    struct store_work work; /* first */
    int64_t id;
};

/* What stands in row `id`. */
static struct str text_of(int64_t id, char filler[FILLER_BYTES])
{
    memset(filler, 'a' + (int)(id % 26), FILLER_BYTES);
    return (struct str){filler, FILLER_BYTES};
}

static bool run_put(struct store_work *work, struct db *db, struct error *error)
{
    static const char sql[] = "insert into audit values ($1, 1, 'test', $2, '', '')";
    const struct put *put = (struct put *)(void *)work;
    char filler[FILLER_BYTES];
    struct query *query = db_query(db, sql, error);
    if (!query) {
        return false;
    }
    query_put_int(query, put->id);
    query_put_text(query, text_of(put->id, filler));
    return query_run(query, error);
}

static bool run_rows(struct store_work *work, struct db *db, struct error *error)
{
    static const char sql[] = "select id, action from audit order by id";
    enum query_step step = QUERY_FAILED;
    char filler[FILLER_BYTES];
    (void)work;
    OWN(query) query = db_query(db, sql, error);
    while (query && (step = query_next(query, error)) == QUERY_ROW) {
        int64_t id = query_int(query, 0);
        bool good = str_eq(query_text(query, 1), text_of(id, filler));
        printf("%s %lld\n", good ? "row" : "wrong", (long long)id);
    }
    return step == QUERY_DONE;
}

struct sql {
    struct store_work work; /* first */
    const char *text;
};

static bool run_sql(struct store_work *work, struct db *db, struct error *error)
{
    return db_run(db, ((struct sql *)(void *)work)->text, error);
}

static void pause_before(const char *phase, const char *pause)
{
    char line[16];
    if (strcmp(phase, pause) == 0) {
        puts("paused");
        if (!fgets(line, sizeof line, stdin)) {
            exit(EXIT_FAILURE);
        }
    }
}

static int refuse(const struct error *error)
{
    printf("refused %s: %s\n", error_status_name(error->status), error->text);
    return EXIT_FAILURE;
}

static void report(const struct put *put)
{
    if (put->work.done) {
        printf("ack %lld\n", (long long)put->id);
    } else {
        printf("fail %lld %s\n", (long long)put->id,
               error_status_name(put->work.error.status));
    }
}

static void write_rows(struct store *store, int64_t id)
{
    struct error error;
    struct inbox *answers = inbox_make();
    if (!answers) {
        exit(EXIT_FAILURE);
    }
    for (int i = 0; i < SINGLES; i++, id++) {
        struct put put = {.work.run = run_put, .id = id};
        (void)store_do(store, &put.work, &error);
        report(&put);
    }
    for (int group = 0; group < GROUPS; group++) {
        struct put puts[TOGETHER] = {{.id = 0}};
        for (int i = 0; i < TOGETHER; i++, id++) {
            puts[i] =
                (struct put){.work = {.run = run_put, .answer_to = answers}, .id = id};
            store_put(store, &puts[i].work);
        }
        for (int i = 0; i < TOGETHER; i++) {
            report((struct put *)(void *)inbox_wait(answers, PATIENCE_MS));
        }
    }
    inbox_free(answers);
}

int main(int argc, char **argv)
{
    struct error error;
    struct store_work rows = {.run = run_rows};
    if (argc < 3) {
        (void)fprintf(stderr, "usage: store_client write|rows|sql FOLDER ...\n");
        return 2;
    }
    (void)signal(SIGXFSZ, SIG_IGN); /* as imh does */
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    int64_t first = 1;
    (void)(argc > 3 && str_to_int64(str_from(argv[3]), 1, 1000000, &first));
    const char *pause = argc > 4 ? argv[4] : "";
    const struct store_settings settings = {.folder = argv[2],
                                            .place = "sqlite:imh.db",
                                            .log_pages = LOG_PAGES,
                                            .clock = &clock_real};
    pause_before("open", pause);
    struct store *store = store_open(&settings, &error);
    if (!store) {
        return refuse(&error);
    }
    puts("opened");
    bool good = true;
    if (strcmp(argv[1], "rows") == 0) {
        good = store_do(store, &rows, &error) || (refuse(&error), false);
    } else if (strcmp(argv[1], "sql") == 0) {
        struct sql sql = {.work.run = run_sql, .text = argc > 3 ? argv[3] : ""};
        good = store_do(store, &sql.work, &error) || (refuse(&error), false);
    } else {
        pause_before("write", pause);
        write_rows(store, first);
    }
    pause_before("close", pause);
    store_close(store);
    puts("closed");
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
