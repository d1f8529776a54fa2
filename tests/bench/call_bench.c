/* call_bench [BUILD] - what the cage costs: a call through a worker's process, and the same
 * call through a thread of this one (--in-process), in turns.
 *
 * A call is a lookup of one key that the plugin answers at once, with its ticket opened at
 * imh-net and closed again. Prints microseconds: the median of the turns.
 */
#include <stdio.h>

#include "crew_rig.h"

enum { TURNS = 9, CALLS = 5000, WARM = 500, TIMEOUT_MS = 60000 };

struct figures {
    double median, p99;
};

static void call(struct crew_rig *rig, const struct integration *integration)
{
    struct crew_count count = {0};
    crew_rig_ask(rig, integration, "well", &count);
    while (count.ended == 0) {
        supervisor_turn(rig->supervisor, 1000);
    }
}

static struct figures measure(const char *build, bool in_process)
{
    static double times[CALLS];
    static struct crew_rig rig;
    const struct integration integration = crew_rig_integration(1, "wild", TIMEOUT_MS);
    crew_rig_start(&rig, build, in_process);
    for (unsigned i = 0; i < WARM; i++) {
        call(&rig, &integration);
    }
    for (unsigned i = 0; i < CALLS; i++) {
        double start = crew_rig_now_us();
        call(&rig, &integration);
        times[i] = crew_rig_now_us() - start;
    }
    crew_rig_stop(&rig);
    crew_rig_sort(times, CALLS);
    return (struct figures){crew_rig_part(times, CALLS, 0.5),
                            crew_rig_part(times, CALLS, 0.99)};
}

static double middle(double *values)
{
    crew_rig_sort(values, TURNS);
    return values[TURNS / 2];
}

int main(int argc, char **argv)
{
    static double median[2][TURNS];
    static double p99[2][TURNS];
    static double more[TURNS];
    const char *build = argc > 1 ? argv[1] : "build/dev";
    for (unsigned turn = 0; turn < TURNS; turn++) {
        for (unsigned in_process = 0; in_process < 2; in_process++) {
            struct figures figures = measure(build, in_process == 1);
            median[in_process][turn] = figures.median;
            p99[in_process][turn] = figures.p99;
        }
        more[turn] = median[0][turn] - median[1][turn];
    }
    (void)printf("microseconds a call    median     99%%\n");
    (void)printf("caged worker         %8.1f%8.1f\n", middle(median[0]), middle(p99[0]));
    (void)printf("in process           %8.1f%8.1f\n", middle(median[1]), middle(p99[1]));
    double difference = middle(more);
    (void)printf("the cage costs       %8.1f        (%.1f to %.1f in %d turns)\n",
                 difference, more[0], more[TURNS - 1], TURNS);
    return 0;
}
