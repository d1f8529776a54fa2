#include "delivery_probe.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>
#include <sqlite3.h>

#include "crew_rig.h"

enum { CALLS = 64, PRODUCERS_MOST = 64, DONE_MOST = 256, NAP_MS = 5, PATIENCE_MS = 30000 };

struct call {
    struct call *next;
    unsigned number;
    char body[SINK_BODY_BYTES + 1];
};

struct list {
    struct call *first, **last;
    unsigned count;
};

struct probe {
    const struct probe_order *order;
    sqlite3 *db;
    sqlite3_stmt *insert, *drop;
    pthread_mutex_t mutex;
    pthread_cond_t wanted, kept;
    struct list added, ready, done;
    int64_t asked, committed; /* rows of producers */
    CURLM *multi;
    CURL *idle[CALLS];
    unsigned idle_count;
    atomic_uint numbers, accepted;
    atomic_bool over; /* for writer and caller */
    double until_us;
};

static void must(const struct probe *probe, bool good)
{
    if (!good) {
        (void)fprintf(stderr, "the probe: %s\n",
                      probe->db ? sqlite3_errmsg(probe->db) : "no memory");
        exit(EXIT_FAILURE);
    }
}

static void push(struct list *list, struct call *call)
{
    call->next = NULL;
    *(list->first ? list->last : &list->first) = call;
    list->last = &call->next;
    list->count++;
}

static struct list take_all(struct list *list)
{
    struct list all = *list;
    *list = (struct list){.first = NULL};
    return all;
}

static struct call *pop(struct list *list)
{
    struct call *call = list->first;
    if (call) {
        list->first = call->next;
        list->count--;
    }
    return call;
}

/* ---- the disk ---- */

static void run(const struct probe *probe, const char *sql)
{
    must(probe, sqlite3_exec(probe->db, sql, NULL, NULL, NULL) == SQLITE_OK);
}

static void remove_files(const char *folder)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char name[4200];
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        (void)snprintf(name, sizeof name, "%s/probe.db%s", folder, ends[i]);
        (void)unlink(name);
    }
}

static void open_database(struct probe *probe)
{
    static const char insert[] =
        "insert into job (id, stream, due, args) values (?, ?, ?, ?)";
    char path[4200];
    remove_files(probe->order->folder);
    (void)snprintf(path, sizeof path, "%s/probe.db", probe->order->folder);
    must(probe, sqlite3_open(path, &probe->db) == SQLITE_OK);
    run(probe, "pragma journal_mode = wal");
    run(probe, "pragma synchronous = full");
    run(probe, "create table job (id integer primary key, stream integer, "
               "state integer default 0, due integer, tries integer default 0, args text)");
    run(probe, "create index job_due on job (due) where state = 0");
    must(probe,
         sqlite3_prepare_v2(probe->db, insert, -1, &probe->insert, NULL) == SQLITE_OK);
    must(probe, sqlite3_prepare_v2(probe->db, "delete from job where id = ?", -1,
                                   &probe->drop, NULL) == SQLITE_OK);
}

static void insert(const struct probe *probe, const struct call *call)
{
    (void)sqlite3_bind_int64(probe->insert, 1, call->number);
    (void)sqlite3_bind_int64(probe->insert, 2, call->number % 64);
    (void)sqlite3_bind_int64(probe->insert, 3, (int64_t)crew_rig_now_us());
    (void)sqlite3_bind_text(probe->insert, 4, call->body, SINK_BODY_BYTES, SQLITE_STATIC);
    must(probe, sqlite3_step(probe->insert) == SQLITE_DONE);
    (void)sqlite3_reset(probe->insert);
}

static void commit(struct probe *probe, struct list *added, struct list *done)
{
    struct call *call;
    run(probe, "begin immediate");
    for (call = added->first; call; call = call->next) {
        insert(probe, call);
    }
    while ((call = pop(done)) != NULL) {
        (void)sqlite3_bind_int64(probe->drop, 1, call->number);
        must(probe, sqlite3_step(probe->drop) == SQLITE_DONE);
        (void)sqlite3_reset(probe->drop);
        free(call);
    }
    run(probe, "commit");
}

/* Done marks ride along; alone they wait a moment for company. */
static void wait_for_work(struct probe *probe)
{
    while (!probe->added.first && probe->done.count < DONE_MOST && !probe->over) {
        struct timespec until;
        (void)clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += NAP_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        if (pthread_cond_timedwait(&probe->wanted, &probe->mutex, &until) != 0 &&
            probe->done.first) {
            break;
        }
    }
}

static void *write_jobs(void *data)
{
    struct probe *probe = data;
    (void)pthread_mutex_lock(&probe->mutex);
    while (!probe->over || probe->done.first || probe->added.first) {
        wait_for_work(probe);
        struct list added = take_all(&probe->added);
        struct list done = take_all(&probe->done);
        (void)pthread_mutex_unlock(&probe->mutex);
        if (added.first || done.first) {
            commit(probe, &added, &done);
        }
        (void)pthread_mutex_lock(&probe->mutex);
        for (struct call *call; (call = pop(&added)) != NULL;) {
            probe->committed++;
            push(&probe->ready, call);
        }
        (void)pthread_cond_broadcast(&probe->kept);
        (void)curl_multi_wakeup(probe->multi);
    }
    (void)pthread_mutex_unlock(&probe->mutex);
    return NULL;
}

/* ---- the calls ---- */

/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl's type */
static size_t ignore(char *bytes, size_t size, size_t count, void *self)
{
    (void)bytes;
    (void)self;
    return size * count;
}

static void make_handles(struct probe *probe, struct curl_slist *headers)
{
    char url[64];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/", sink_port(probe->order->sink));
    for (unsigned i = 0; i < CALLS; i++) {
        CURL *easy = probe->idle[probe->idle_count++] = curl_easy_init();
        must(probe, easy != NULL);
        (void)curl_easy_setopt(easy, CURLOPT_URL, url);
        (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
        (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore);
        (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    }
}

static void start_calls(struct probe *probe)
{
    (void)pthread_mutex_lock(&probe->mutex);
    while (probe->idle_count > 0 && probe->ready.first) {
        struct call *call = pop(&probe->ready);
        CURL *easy = probe->idle[--probe->idle_count];
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body);
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)SINK_BODY_BYTES);
        (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
        (void)curl_multi_add_handle(probe->multi, easy);
    }
    (void)pthread_mutex_unlock(&probe->mutex);
}

static bool end_calls(struct probe *probe)
{
    CURLMsg *message;
    int left;
    bool some = false;
    (void)pthread_mutex_lock(&probe->mutex);
    while ((message = curl_multi_info_read(probe->multi, &left)) != NULL) {
        CURL *easy = message->easy_handle;
        struct call *call = NULL;
        (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &call);
        must(probe, message->data.result == CURLE_OK);
        (void)curl_multi_remove_handle(probe->multi, easy);
        probe->idle[probe->idle_count++] = easy;
        push(&probe->done, call);
        some = true;
    }
    if (probe->done.count >= DONE_MOST) {
        (void)pthread_cond_signal(&probe->wanted);
    }
    (void)pthread_mutex_unlock(&probe->mutex);
    return some;
}

static void *make_calls(void *data)
{
    struct probe *probe = data;
    int running;
    struct curl_slist *headers = curl_slist_append(
        curl_slist_append(NULL, "Content-Type: application/json"), "Expect:");
    make_handles(probe, headers);
    while (!probe->over) {
        start_calls(probe);
        (void)curl_multi_perform(probe->multi, &running);
        if (!end_calls(probe)) {
            (void)curl_multi_poll(probe->multi, NULL, 0, NAP_MS, &running);
        }
    }
    for (unsigned i = 0; i < probe->idle_count; i++) {
        curl_easy_cleanup(probe->idle[i]);
    }
    curl_slist_free_all(headers);
    return NULL;
}

/* ---- the producers ---- */

static struct call *make_call(struct probe *probe)
{
    struct call *call = calloc(1, sizeof *call);
    must(probe, call != NULL);
    call->number = atomic_fetch_add(&probe->numbers, 1) + 1;
    sink_body(call->body, call->number, call->number,
              probe->order->waiting ? 0 : crew_rig_now_us());
    return call;
}

static void *produce(void *data)
{
    struct probe *probe = data;
    while (crew_rig_now_us() < probe->until_us) {
        struct call *call = make_call(probe);
        (void)pthread_mutex_lock(&probe->mutex);
        push(&probe->added, call);
        int64_t mine = ++probe->asked;
        (void)pthread_cond_signal(&probe->wanted);
        while (probe->committed < mine) {
            (void)pthread_cond_wait(&probe->kept, &probe->mutex);
        }
        (void)pthread_mutex_unlock(&probe->mutex);
        atomic_fetch_add(&probe->accepted, 1);
        if (probe->order->pause_us > 0) {
            (void)usleep((useconds_t)probe->order->pause_us);
        }
    }
    return NULL;
}

static void fill(struct probe *probe)
{
    struct list added = {.first = NULL};
    struct list none = {.first = NULL};
    for (unsigned i = 0; i < probe->order->waiting; i++) {
        push(&added, make_call(probe));
    }
    commit(probe, &added, &none);
    probe->ready = added;
}

/* ---- all of it ---- */

static unsigned run_producers(struct probe *probe)
{
    pthread_t threads[PRODUCERS_MOST];
    probe->until_us = crew_rig_now_us() + (double)probe->order->span_ms * 1000;
    for (unsigned i = 0; i < probe->order->producers; i++) {
        must(probe, pthread_create(&threads[i], NULL, produce, probe) == 0);
    }
    for (unsigned i = 0; i < probe->order->producers; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    return atomic_load(&probe->accepted);
}

struct probe_figures probe_run(const struct probe_order *order)
{
    struct probe probe = {.order = order,
                          .mutex = PTHREAD_MUTEX_INITIALIZER,
                          .wanted = PTHREAD_COND_INITIALIZER,
                          .kept = PTHREAD_COND_INITIALIZER};
    pthread_t writer;
    pthread_t caller;
    open_database(&probe);
    sink_reset(order->sink);
    probe.multi = curl_multi_init();
    fill(&probe);
    double start_us = crew_rig_now_us();
    must(&probe, pthread_create(&writer, NULL, write_jobs, &probe) == 0);
    must(&probe, pthread_create(&caller, NULL, make_calls, &probe) == 0);
    unsigned accepted = run_producers(&probe);
    double accepted_us = crew_rig_now_us();
    (void)sink_wait(order->sink, accepted + order->waiting, PATIENCE_MS);
    probe.over = true;
    (void)pthread_join(caller, NULL);
    (void)pthread_join(writer, NULL);
    struct probe_figures figures = {.sink = sink_figures(order->sink)};
    figures.accepted_s = accepted * 1e6 / (accepted_us - start_us);
    figures.delivered_s = figures.sink.arrived * 1e6 / (figures.sink.last_us - start_us);
    (void)curl_multi_cleanup(probe.multi);
    (void)sqlite3_finalize(probe.insert);
    (void)sqlite3_finalize(probe.drop);
    (void)sqlite3_close(probe.db);
    remove_files(order->folder);
    return figures;
}
