#include "delivery_host.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crew_rig.h"
#include "delivery_sink.h"
#include "queue/book_sql.h"
#include "queue/queue.h"
#include "store/store.h"

enum { WORDS_MOST = 16, A_COMMIT = 10000 };

static void must(bool good, const char *what, const char *why)
{
    if (!good) {
        (void)fprintf(stderr, "the host: %s: %s\n", what, why);
        exit(EXIT_FAILURE);
    }
}

/* ---- its folder ---- */

/* Runs a program in a folder; what it says goes to `out`. Its words end with NULL. */
static pid_t start(const char *const *words, const char *place, int out)
{
    char *all[WORDS_MOST + 1] = {NULL};
    for (size_t i = 0; i < WORDS_MOST && words[i]; i++) {
        memcpy(&all[i], &words[i], sizeof *all); /* not written to, but not const */
    }
    pid_t pid = fork();
    if (pid == 0) {
        if (chdir(place) == 0 && dup2(out, STDOUT_FILENO) >= 0) {
            (void)execv(all[0], all);
        }
        _exit(127);
    }
    must(pid > 0, words[0], "cannot be started");
    return pid;
}

static void finish(pid_t pid, const char *what)
{
    int status = 0;
    (void)waitpid(pid, &status, 0);
    must(status == 0, what, "failed");
}

static void write_file(const struct host *host, const char *name, const char *mode,
                       const char *text)
{
    char path[4200];
    (void)snprintf(path, sizeof path, "%s/%s", host->folder, name);
    FILE *file = fopen(path, mode);
    must(file && fputs(text, file) >= 0 && fclose(file) == 0, path, "cannot be written");
}

void host_remove(struct host *host)
{
    const char *const words[] = {"/bin/rm", "-rf", host->folder, NULL};
    finish(start(words, "/", STDOUT_FILENO), words[0]);
}

void host_make(struct host *host, const char *build, const char *folder, const char *name)
{
    char text[9000];
    char accounts[4200];
    char whole[PATH_MAX];
    *host = (struct host){.pid = 0};
    must(realpath(build, whole) != NULL, build, "is no build folder");
    (void)snprintf(host->program, sizeof host->program, "%s/bin/imh", whole);
    (void)snprintf(host->folder, sizeof host->folder, "%s/%s", folder, name);
    host_remove(host);
    (void)snprintf(accounts, sizeof accounts, "%s/accounts.d", host->folder);
    must(mkdir(host->folder, 0700) == 0 && mkdir(accounts, 0700) == 0, host->folder,
         "cannot be made");
    (void)snprintf(text, sizeof text,
                   "[host]\nplugins = %s/lib/imh/plugins\nstate = state\n"
                   "log = error\n",
                   whole);
    write_file(host, "imh.ini", "w", text);
    write_file(host, "accounts.d/bench.ini", "w", "[account]\ntitle = Bench\n");
}

void host_add(const struct host *host, const char *identifier, unsigned port,
              unsigned parallel, const char *more)
{
    char text[1000];
    (void)snprintf(text, sizeof text,
                   "\n[integration %s]\nplugin = http\nallow_private = yes\n"
                   "url = http://127.0.0.1:%u/\nparallel = %u\n%s",
                   identifier, port, parallel, more);
    write_file(host, "accounts.d/bench.ini", "a", text);
}

/* ---- filling it ---- */

void host_open(struct host *host)
{
    char state[4200];
    struct error error;
    (void)snprintf(state, sizeof state, "%s/state", host->folder);
    const struct store_settings settings = {
        .folder = state, .place = "sqlite:imh.db", .clock = &clock_real};
    host->store = store_open(&settings, &error);
    must(host->store != NULL, state, error.text);
}

void host_close(struct host *host)
{
    store_close(host->store);
    host->store = NULL;
}

struct filling {
    struct store_work work; /* first */
    const struct host_fill *fill;
    unsigned first, count;
    int64_t integration;
};

/* As it is after a last attempt that failed. */
static bool add_ended(const struct queue *queue, struct job job,
                      const struct job_text *text, struct error *error)
{
    const struct book *book = queue->book;
    job.starts = job.attempts = 1;
    job.created_at_ms = job.ended_at_ms = queue->now_ms;
    job.ready_at_ms = JOB_NOT_READY;
    if (!book->insert(book->self, &job, text, error)) {
        return false;
    }
    const struct history history = {.job = job.id,
                                    .at_ms = queue->now_ms,
                                    .what = HAPPENED_ATTEMPT,
                                    .attempt = 1,
                                    .status = IMH_REJECTED,
                                    .code = 422,
                                    .times = 1,
                                    .words = STR("422 Unprocessable Content")};
    return book->add_history(book->self, &history, error);
}

static bool add_job(const struct filling *filling, const struct queue *queue,
                    unsigned number, struct error *error)
{
    const struct host_fill *fill = filling->fill;
    unsigned stream =
        fill->streams ? fill->first + (number - fill->first) % fill->streams : number;
    char name[32];
    char body[SINK_BODY_BYTES + 1];
    char args[SINK_BODY_BYTES + 100];
    struct queue_added added;
    sink_body(body, number, stream, 0);
    (void)snprintf(name, sizeof name, "=\"%u\"", stream);
    (void)snprintf(args, sizeof args, "{\"stream\":\"%u\",\"json\":%s}", stream, body);
    const struct job job = {.integration = filling->integration,
                            .kind = JOB_ACTION,
                            .state = fill->state,
                            .part = STR("request"),
                            .stream = str_from(name),
                            .not_before_ms = fill->not_before_ms};
    const struct job_text text = {.args = str_from(args)};
    return fill->state == JOB_BEHIND ? queue_add(queue, &job, &text, &added, error)
                                     : add_ended(queue, job, &text, error);
}

static bool fill_some(struct store_work *work, struct db *db, struct error *error)
{
    struct filling *filling = (struct filling *)(void *)work;
    struct arena arena;
    const struct book book = book_sql(db);
    bool good =
        book_sql_integration(db, STR_OF("bench"), str_from(filling->fill->identifier),
                             &filling->integration, error);
    arena_init(&arena, 1 << 14, 0);
    for (unsigned i = 0; good && i < filling->count; i++) {
        arena_clear(&arena);
        const struct queue queue = {
            .book = &book, .now_ms = clock_now_ms(&clock_real), .arena = &arena};
        good = add_job(filling, &queue, filling->first + i, error);
    }
    arena_done(&arena);
    return good;
}

void host_fill(struct host *host, const struct host_fill *fill)
{
    struct error error;
    for (unsigned done = 0; done < fill->count; done += A_COMMIT) {
        unsigned left = fill->count - done;
        struct filling filling = {.work = {.run = fill_some},
                                  .fill = fill,
                                  .first = fill->first + done,
                                  .count = left < A_COMMIT ? left : A_COMMIT};
        must(store_do(host->store, &filling.work, &error), "filling it", error.text);
    }
}

/* ---- its processes ---- */

static pid_t start_imh(const struct host *host, const char *const *words, int out)
{
    const char *all[WORDS_MOST + 1] = {host->program, "-c", "imh.ini"};
    for (size_t i = 3; *words && i < WORDS_MOST; i++) {
        all[i] = *words++;
    }
    return start(all, host->folder, out);
}

double host_start(struct host *host)
{
    static const char *const words[] = {"run", NULL};
    int ends[2];
    char word[16] = "";
    double start_us = crew_rig_now_us();
    must(pipe2(ends, O_CLOEXEC) == 0, "a pipe", "cannot be had");
    host->pid = start_imh(host, words, ends[1]);
    (void)close(ends[1]);
    must(read(ends[0], word, sizeof word - 1) > 0 && strncmp(word, "ready", 5) == 0,
         host->program, "is not ready");
    (void)close(ends[0]);
    return (crew_rig_now_us() - start_us) / 1000;
}

void host_stop(struct host *host)
{
    int status = 0;
    (void)kill(host->pid, SIGTERM);
    (void)waitpid(host->pid, &status, 0);
    host->pid = 0;
}

double host_command(const struct host *host, const char *const *words)
{
    int out = open("/dev/null", O_WRONLY | O_CLOEXEC);
    double start_us = crew_rig_now_us();
    finish(start_imh(host, words, out), words[0]);
    (void)close(out);
    return (crew_rig_now_us() - start_us) / 1000;
}

/* ---- their memory ---- */

static double kib_of(const char *pid)
{
    char path[300];
    char line[256];
    double kib = 0;
    (void)snprintf(path, sizeof path, "/proc/%s/smaps_rollup", pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        kib = strncmp(line, "Pss:", 4) == 0 ? strtod(line + 4, NULL) : kib;
    }
    if (file) {
        (void)fclose(file);
    }
    return kib;
}

static pid_t parent_of(const char *pid)
{
    char path[300];
    char line[512] = "";
    (void)snprintf(path, sizeof path, "/proc/%s/stat", pid);
    FILE *file = fopen(path, "r");
    const char *behind = file && fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
    if (file) {
        (void)fclose(file);
    }
    return behind ? (pid_t)strtol(behind + 4, NULL, 10) : 0;
}

/* Workers and imh-net are its children. */
double host_mib(const struct host *host)
{
    DIR *folder = opendir("/proc");
    struct dirent *entry;
    double kib = 0;
    /* cppcheck-suppress readdirCalled ; the stream is ours alone */
    while (folder && (entry = readdir(folder)) != NULL) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 0 && (pid == host->pid || parent_of(entry->d_name) == host->pid)) {
            kib += kib_of(entry->d_name);
        }
    }
    if (folder) {
        (void)closedir(folder);
    }
    return kib / 1024;
}
