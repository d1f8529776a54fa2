/* crew_rig - a supervisor with real workers, for programs that measure calls of plugins. */
#ifndef TESTS_BENCH_CREW_RIG_H
#define TESTS_BENCH_CREW_RIG_H

#include "base/log.h"
#include "engine/supervisor.h"

struct crew_rig {
    char programs[4096], plugins[9000];
    struct log log;
    struct supervisor_settings settings;
    struct supervisor *supervisor;
};

/* With the programs and plugins of a build folder; the program ends when that fails. */
void crew_rig_start(struct crew_rig *rig, const char *build, bool in_process);
void crew_rig_stop(struct crew_rig *rig);

/* An integration of a plugin, called like it. */
struct integration crew_rig_integration(uint64_t id, const char *plugin,
                                        uint32_t timeout_ms);

struct crew_count {
    unsigned ended;
};

/* A call that asks for one key; `count` counts its end. */
void crew_rig_ask(struct crew_rig *rig, const struct integration *integration,
                  const char *key, struct crew_count *count);

double crew_rig_now_us(void);

/* Of sorted values; `part` is 0.5 for the median. */
double crew_rig_part(const double *values, unsigned count, double part);
void crew_rig_sort(double *values, unsigned count);

#endif
