/* rogues_bench [BUILD] - what a good account feels of rogues: its calls while nobody
 * misbehaves, and while one rogue after the other does, which is started again and again.
 *
 * Prints microseconds a call of the good one, and how many times slower the slowest
 * hundredth is than without a rogue, measured just before.
 */
#include <stdio.h>
#include <string.h>

#include "engine/crew.h"

#include "crew_rig.h"

enum { PHASE_MS = 4000, CALLS_MOST = 400000, TIMEOUT_MS = 1000 };

static double times[CALLS_MOST];

struct figures {
    unsigned count;
    double median, p99;
};

/* A quarantine would end the bench: rogues start anew at once. */
static void rest_none(struct supervisor *supervisor)
{
    for (struct worker_process *at = supervisor->workers; at; at = at->next) {
        at->rest_until_ms = 0;
        at->deaths = 0;
        at->quarantine = (struct quarantine){.until_ms = 0};
    }
}

/* One good call after the other; beside them always one of the rogue, if there is one. */
static struct figures measure(struct crew_rig *rig, const char *act)
{
    const struct integration good = crew_rig_integration(1, "wild", 60000);
    const struct integration rogue = crew_rig_integration(2, "rogue", TIMEOUT_MS);
    unsigned asked = 0;
    struct crew_count rogues = {0};
    struct figures figures = {.count = 0};
    double until = crew_rig_now_us() + PHASE_MS * 1e3;
    while (crew_rig_now_us() < until && figures.count < CALLS_MOST) {
        struct crew_count done = {0};
        if (act && asked == rogues.ended) {
            rest_none(rig->supervisor);
            crew_rig_ask(rig, &rogue, act, &rogues);
            asked++;
        }
        double start = crew_rig_now_us();
        crew_rig_ask(rig, &good, "well", &done);
        while (done.ended == 0) {
            supervisor_turn(rig->supervisor, 1000);
        }
        times[figures.count++] = crew_rig_now_us() - start;
    }
    while (asked > rogues.ended) {
        supervisor_turn(rig->supervisor, 1000);
    }
    crew_rig_sort(times, figures.count);
    figures.median = crew_rig_part(times, figures.count, 0.5);
    figures.p99 = crew_rig_part(times, figures.count, 0.99);
    return figures;
}

int main(int argc, char **argv)
{
    static const char *const acts[] = {
        "use-foreign-memory", "leave",           "take-all-memory",
        "bomb-forks",         "bomb-threads",    "wait-for-ever",
        "loop-for-ever",      "loop-in-threads", "junk-to-host",
        "end-foreign-call",   "flood-host",      "flood-net",
        "flood-with-answers", "flood-with-words"};
    static struct crew_rig rig;
    crew_rig_start(&rig, argc > 1 ? argv[1] : "build/dev", false);
    (void)measure(&rig, NULL);
    (void)printf("%-20s%8s%10s%10s%10s%8s\n", "rogue", "calls", "median", "99%", "alone",
                 "ratio");
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        struct figures alone = measure(&rig, NULL);
        struct figures beside = measure(&rig, acts[i]);
        (void)printf("%-20s%8u%10.1f%10.1f%10.1f%8.2f\n", acts[i], beside.count,
                     beside.median, beside.p99, alone.p99, beside.p99 / alone.p99);
        (void)fflush(stdout);
    }
    crew_rig_stop(&rig);
    return 0;
}
