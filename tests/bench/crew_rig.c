#include "crew_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void crew_rig_start(struct crew_rig *rig, const char *build, bool in_process)
{
    struct error error;
    (void)snprintf(rig->programs, sizeof rig->programs, "%s/lib/imh", build);
    (void)snprintf(rig->plugins, sizeof rig->plugins, "%s/tests/plugins:%s/tests/rogues",
                   build, build);
    rig->log = (struct log){.least = IMH_ERROR + 1, .fd = 2, .clock = &clock_real};
    rig->settings = (struct supervisor_settings){.programs = rig->programs,
                                                 .plugins = rig->plugins,
                                                 .log = &rig->log,
                                                 .in_process = in_process};
    rig->supervisor = supervisor_make(&rig->settings, &error);
    if (!rig->supervisor) {
        (void)fprintf(stderr, "%s\n", error.text);
        exit(EXIT_FAILURE);
    }
}

void crew_rig_stop(struct crew_rig *rig)
{
    supervisor_free(rig->supervisor);
}

struct integration crew_rig_integration(uint64_t id, const char *plugin,
                                        uint32_t timeout_ms)
{
    return (struct integration){.id = id,
                                .account = "bench",
                                .identifier = plugin,
                                .plugin = plugin,
                                .file = "bench.ini",
                                .enabled = true,
                                .cache_s = -1,
                                .rate_a_minute = -1,
                                .timeout_ms = timeout_ms};
}

static void count_end(void *self, const struct outcome *outcome, const struct spent *spent)
{
    (void)outcome;
    (void)spent;
    ((struct crew_count *)self)->ended++;
}

void crew_rig_ask(struct crew_rig *rig, const struct integration *integration,
                  const char *key, struct crew_count *count)
{
    struct call_lookup lookup = {
        .has_key = true, .key = str_from(key), .subject = STR_OF(""), .query = STR_OF("")};
    struct call_order order = {.kind = CALL_RESOLVE, .lookups = &lookup, .lookup_count = 1};
    const struct call_watcher watcher = {.self = count, .end = count_end};
    supervisor_call(rig->supervisor, integration, &order, integration->timeout_ms,
                    &watcher);
}

double crew_rig_now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return left < right ? -1 : left > right;
}

void crew_rig_sort(double *values, unsigned count)
{
    qsort(values, count, sizeof *values, compare);
}

double crew_rig_part(const double *values, unsigned count, double part)
{
    return count > 0 ? values[(unsigned)((double)(count - 1) * part)] : 0;
}
