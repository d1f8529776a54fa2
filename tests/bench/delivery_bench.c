/* delivery_bench BUILD FOLDER [ROW ...] - how fast a real imh delivers, with all its
 * processes, to a remote that answers at once.
 *
 * Rows: drain, fresh, accept, streams, light, dead, million; all when none is named. Beside
 * each stands what it is compared with, measured in turns in the same minute: the least
 * that SQLite and libcurl need (delivery_probe.h), or imh itself without the burden.
 * FOLDER is on the disk to measure. Prints what it found; nothing fails for being slow.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <curl/curl.h>

#include "base/clock.h"
#include "crew_rig.h"
#include "delivery_host.h"
#include "delivery_load.h"
#include "delivery_probe.h"
#include "delivery_sink.h"

enum {
    ROUNDS = 3,
    JOBS = 40000, /* of a queue that was filled before */
    SPAN_MS = 3000,
    PATIENCE_MS = 60000,
    PARALLEL = 32,
    PRODUCERS = 16,
    FEW = 128,
    MANY = 1000,
    CROWD = 1000000,
    FAILED = 100000,
    DAY_MS = 86400000
};

static const char *build, *folder;
static struct sink *sink;

static const char idempotent[] = "idempotent = yes\n";
static const char *const both[] = {"a", "b"};

/* ---- figures ---- */

static double median(double *values)
{
    crew_rig_sort(values, ROUNDS);
    return values[ROUNDS / 2];
}

enum aim { AT_LEAST, AT_MOST };

/* A figure, what it is compared with, and whether the one that has an aim meets it. */
static void print(const char *name, double figure, double other, double judged,
                  enum aim aim, double wanted)
{
    bool met = aim == AT_LEAST ? judged >= wanted : judged <= wanted;
    printf("%-44s %9.1f %9.1f %8.2f  %s %-6g %s\n", name, figure, other, judged,
           aim == AT_LEAST ? ">=" : "<=", wanted, met ? "met" : "NOT MET");
    (void)fflush(stdout);
}

static void print_ratio(const char *name, double figure, double other, enum aim aim,
                        double wanted)
{
    print(name, figure, other, other > 0 ? figure / other : 0, aim, wanted);
}

static void look(const struct sink_figures *figures, const char *name)
{
    if (figures->doubled + figures->disordered > 0) {
        printf("%s: %u came twice, %u out of order\n", name, figures->doubled,
               figures->disordered);
    }
}

/* ---- a queue that was filled before ---- */

static void add_both(const struct host *host, const char *more)
{
    host_add(host, both[0], sink_port(sink), PARALLEL, more);
    host_add(host, both[1], sink_port(sink), PARALLEL, more);
}

static void fill_both(struct host *host, unsigned streams)
{
    for (unsigned i = 0; i < 2; i++) {
        const struct host_fill fill = {.identifier = both[i],
                                       .first = 1 + i * JOBS / 2,
                                       .count = JOBS / 2,
                                       .streams = streams / 2};
        host_fill(host, &fill);
    }
}

/* Jobs a second. */
static double drain(unsigned streams, const char *more)
{
    struct host host;
    host_make(&host, build, folder, "drain");
    add_both(&host, more);
    host_open(&host);
    fill_both(&host, streams);
    host_close(&host);
    sink_reset(sink);
    (void)host_start(&host);
    (void)sink_wait(sink, JOBS, SPAN_MS);
    struct sink_figures figures = sink_figures(sink);
    host_stop(&host);
    host_remove(&host);
    look(&figures, "drain");
    return figures.arrived * 1e6 / (figures.last_us - figures.first_us);
}

static double probe_drain(void)
{
    const struct probe_order order = {.folder = folder, .sink = sink, .waiting = JOBS};
    return probe_run(&order).delivered_s;
}

static void drain_beside(const char *name, const char *more, double wanted)
{
    double ours[ROUNDS];
    double others[ROUNDS];
    double ratios[ROUNDS];
    for (unsigned i = 0; i < ROUNDS; i++) {
        others[i] = probe_drain();
        ours[i] = drain(MANY, more);
        ratios[i] = ours[i] / others[i];
    }
    print(name, median(ours), median(others), median(ratios), AT_LEAST, wanted);
}

static void row_drain(void)
{
    drain_beside("delivered/s, filled before; probe", idempotent, 0.25);
}

/* To a remote that does not know a command again each call has a connection of its own. */
static void row_fresh(void)
{
    drain_beside("... to one that is not idempotent", "", 0);
}

static void row_streams(void)
{
    double many[ROUNDS];
    double few[ROUNDS];
    double ratios[ROUNDS];
    for (unsigned i = 0; i < ROUNDS; i++) {
        few[i] = drain(FEW, idempotent);
        many[i] = drain(MANY, idempotent);
        ratios[i] = many[i] / few[i];
    }
    print("delivered/s, 1000 streams; 128", median(many), median(few), median(ratios),
          AT_LEAST, 0.9);
}

/* ---- while it accepts ---- */

struct figures {
    double accepted_s, delivered_s;
    struct sink_figures sink;
};

static struct figures order_some(const struct load *load)
{
    sink_reset(sink);
    struct load_figures made = load_run(load);
    (void)sink_wait(sink, made.accepted, PATIENCE_MS);
    struct figures figures = {.accepted_s = made.accepted_s, .sink = sink_figures(sink)};
    figures.delivered_s =
        figures.sink.arrived * 1e6 / (figures.sink.last_us - figures.sink.first_us);
    look(&figures.sink, "orders");
    if (figures.sink.arrived < made.accepted) {
        printf("orders: %u of %u came\n", figures.sink.arrived, made.accepted);
    }
    return figures;
}

static struct load load_of(const struct host *host)
{
    return (struct load){.host = host,
                         .identifiers = both,
                         .identifier_count = 2,
                         .producers = PRODUCERS,
                         .streams = 64,
                         .span_ms = SPAN_MS};
}

static void row_accept(void)
{
    double accepted[2][ROUNDS];
    double delivered[2][ROUNDS];
    struct host host;
    host_make(&host, build, folder, "accept");
    add_both(&host, idempotent);
    (void)host_start(&host);
    const struct load load = load_of(&host);
    const struct probe_order order = {
        .folder = folder, .sink = sink, .producers = PRODUCERS, .span_ms = SPAN_MS};
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct probe_figures probe = probe_run(&order);
        struct figures ours = order_some(&load);
        accepted[0][i] = ours.accepted_s;
        accepted[1][i] = probe.accepted_s;
        delivered[0][i] = ours.delivered_s;
        delivered[1][i] = probe.delivered_s;
    }
    host_stop(&host);
    host_remove(&host);
    print_ratio("delivered/s, while accepting; probe", median(delivered[0]),
                median(delivered[1]), AT_LEAST, 0.25);
    print_ratio("accepted/s, meanwhile; probe", median(accepted[0]), median(accepted[1]),
                AT_LEAST, 0);
}

/* ---- light load ---- */

static void row_light(void)
{
    double half[2][ROUNDS];
    double most[2][ROUNDS];
    struct host host;
    host_make(&host, build, folder, "light");
    add_both(&host, idempotent);
    (void)host_start(&host);
    struct load load = load_of(&host);
    load.producers = 1;
    load.pause_us = 20000;
    const struct probe_order order = {.folder = folder,
                                      .sink = sink,
                                      .producers = 1,
                                      .span_ms = SPAN_MS,
                                      .pause_us = 20000};
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct probe_figures probe = probe_run(&order);
        struct figures ours = order_some(&load);
        half[0][i] = ours.sink.p50_us / 1000;
        half[1][i] = probe.sink.p50_us / 1000;
        most[0][i] = ours.sink.p99_us / 1000;
        most[1][i] = probe.sink.p99_us / 1000;
    }
    host_stop(&host);
    host_remove(&host);
    double p50 = median(half[0]);
    print("50/s, order to arrival, p50 ms; probe", p50, median(half[1]), p50, AT_MOST, 2);
    print_ratio("... p99 ms", median(most[0]), median(most[1]), AT_MOST, 2);
}

/* ---- one dead remote ---- */

/* Takes connections and says nothing; `*fd` is closed to end it. */
static unsigned make_silent(int *fd)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    *fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(*fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(*fd, SOMAXCONN) != 0 ||
        getsockname(*fd, (struct sockaddr *)&address, &length) != 0) {
        exit(EXIT_FAILURE);
    }
    return ntohs(address.sin_port);
}

enum remote_kind { REMOTE_GOOD, REMOTE_SILENT, REMOTE_CLOSED, REMOTE_KINDS };

/* Nineteen good ones get orders, and a twentieth of the kind has many waiting. */
static double p99_beside(enum remote_kind kind)
{
    enum { GOOD = HOST_REMOTES_MOST - 1, WAITING = 1000 };
    char names[HOST_REMOTES_MOST][8];
    const char *pointers[GOOD];
    struct host host;
    int silent = -1;
    unsigned port = make_silent(&silent);
    if (kind == REMOTE_CLOSED) {
        (void)close(silent);
    }
    host_make(&host, build, folder, "dead");
    for (unsigned i = 0; i < GOOD; i++) {
        (void)snprintf(names[i], sizeof names[i], "good%u", i);
        pointers[i] = names[i];
        host_add(&host, names[i], sink_port(sink), 4, idempotent);
    }
    host_add(&host, "ill", kind == REMOTE_GOOD ? sink_port(sink) : port, 4, idempotent);
    host_open(&host);
    const struct host_fill fill = {
        .identifier = "ill", .first = CROWD, .count = kind == REMOTE_GOOD ? 1 : WAITING};
    host_fill(&host, &fill);
    host_close(&host);
    (void)host_start(&host);
    struct load load = {.host = &host,
                        .identifiers = pointers,
                        .identifier_count = GOOD,
                        .producers = 4,
                        .streams = 2 * GOOD,
                        .span_ms = SPAN_MS,
                        .pause_us = 20000};
    struct figures figures = order_some(&load);
    host_stop(&host);
    host_remove(&host);
    if (kind != REMOTE_CLOSED) {
        (void)close(silent);
    }
    return figures.sink.p99_us / 1000;
}

static void row_dead(void)
{
    double p99[REMOTE_KINDS][ROUNDS];
    for (unsigned i = 0; i < ROUNDS; i++) {
        for (enum remote_kind kind = REMOTE_GOOD; kind < REMOTE_KINDS; kind++) {
            p99[kind][i] = p99_beside(kind);
        }
    }
    double good = median(p99[REMOTE_GOOD]);
    print_ratio("19 remotes, p99 ms, one silent; none", median(p99[REMOTE_SILENT]), good,
                AT_MOST, 1.5);
    print_ratio("... one that refuses", median(p99[REMOTE_CLOSED]), good, AT_MOST, 1.5);
}

/* ---- a million that wait ---- */

static void make_crowd(struct host *host)
{
    const struct host_fill crowds[] = {
        {.identifier = "a",
         .first = JOBS + 1,
         .count = CROWD * 3 / 4,
         .not_before_ms = clock_now_ms(&clock_real) + DAY_MS},
        {.identifier = "a",
         .first = JOBS + 1 + CROWD * 3 / 4,
         .count = CROWD / 4,
         .streams = 1,
         .not_before_ms = clock_now_ms(&clock_real) + DAY_MS},
        {.identifier = "c",
         .first = JOBS + 1 + CROWD,
         .count = FAILED,
         .state = JOB_FAILED}};
    host_make(host, build, folder, "million");
    add_both(host, idempotent);
    host_add(host, "c", sink_port(sink), PARALLEL, idempotent);
    host_open(host);
    for (size_t i = 0; i < sizeof crowds / sizeof *crowds; i++) {
        host_fill(host, &crowds[i]);
    }
    host_close(host);
}

/* By many orders to each in turn: rates beside an empty one. */
static void measure_rates(const struct host *crowd, const struct host *empty)
{
    double accepted[2][ROUNDS];
    double delivered[2][ROUNDS];
    for (unsigned i = 0; i < ROUNDS; i++) {
        for (unsigned j = 0; j < 2; j++) {
            const struct load load = load_of(j == 0 ? crowd : empty);
            struct figures figures = order_some(&load);
            accepted[j][i] = figures.accepted_s;
            delivered[j][i] = figures.delivered_s;
        }
    }
    print_ratio("a million wait: accepted/s; none", median(accepted[0]),
                median(accepted[1]), AT_LEAST, 0.8);
    print_ratio("... delivered/s; none", median(delivered[0]), median(delivered[1]),
                AT_LEAST, 0.8);
}

static double command_ms(const struct host *host, const char *const *words)
{
    double times_ms[ROUNDS];
    for (unsigned i = 0; i < ROUNDS; i++) {
        times_ms[i] = host_command(host, words);
    }
    return median(times_ms);
}

static void measure_pages(const struct host *crowd, const struct host *empty)
{
    static const struct {
        const char *name;
        const char *words[4];
        double most_ms;
    } pages[] = {{"... imh queue list, ms; none", {"queue", "list", NULL}, 20},
                 {"... imh queue failed, ms; none", {"queue", "failed", NULL}, 20},
                 {"... imh status, ms; none", {"status", NULL}, 20}};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        double ms = command_ms(crowd, pages[i].words);
        print(pages[i].name, ms, command_ms(empty, pages[i].words), ms, AT_MOST,
              pages[i].most_ms);
    }
}

static void measure_replay(const struct host *crowd)
{
    static const char *const words[] = {"queue",         "retry", "--all",
                                        "--integration", "c",     NULL};
    sink_reset(sink);
    double ms = host_command(crowd, words);
    print("... imh queue retry --all of 100,000, ms", ms, 0, ms, AT_MOST, 2000);
    double mib = host_mib(crowd);
    print("... and MiB (PSS) meanwhile", mib, 0, mib, AT_MOST, 64);
}

static void row_million(void)
{
    struct host crowd;
    struct host empty;
    make_crowd(&crowd);
    double ms = host_start(&crowd);
    host_stop(&crowd);
    double again_ms = host_start(&crowd);
    ms = again_ms < ms ? again_ms : ms;
    host_make(&empty, build, folder, "empty");
    add_both(&empty, idempotent);
    double empty_ms = host_start(&empty);
    print("a million wait: start, ms; none", ms, empty_ms, ms, AT_MOST, 500);
    measure_rates(&crowd, &empty);
    measure_pages(&crowd, &empty);
    double mib = host_mib(&crowd);
    print("... MiB (PSS); none", mib, host_mib(&empty), mib, AT_MOST, 64);
    measure_replay(&crowd);
    host_stop(&crowd);
    host_stop(&empty);
    host_remove(&crowd);
    host_remove(&empty);
}

/* ---- all of them ---- */

static const struct {
    const char *name;
    void (*run)(void);
} rows[] = {{"drain", row_drain},     {"fresh", row_fresh}, {"accept", row_accept},
            {"streams", row_streams}, {"light", row_light}, {"dead", row_dead},
            {"million", row_million}};

static bool is_wanted(const char *name, int count, char **words)
{
    bool wanted = count == 3;
    for (int i = 3; i < count; i++) {
        wanted = wanted || strcmp(words[i], name) == 0;
    }
    return wanted;
}

int main(int count, char **words)
{
    if (count < 3) {
        (void)fprintf(stderr, "usage: delivery_bench BUILD FOLDER [ROW ...]\n");
        return 2;
    }
    build = words[1];
    folder = words[2];
    (void)signal(SIGPIPE, SIG_IGN);
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    sink = sink_make();
    printf("%-44s %9s %9s %8s  %s\n", "what; beside", "figure", "beside", "judged", "aim");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (is_wanted(rows[i].name, count, words)) {
            rows[i].run();
        }
    }
    sink_free(sink);
    return EXIT_SUCCESS;
}
