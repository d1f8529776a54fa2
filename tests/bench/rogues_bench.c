/* rogues_bench [BUILD [ROGUE]] - what a good account feels of rogues: the time of a mail
 * while nobody misbehaves, and while one rogue after the other does. A mail is 20 lookups,
 * one after the other, each a call of its own: more than a template needs, that asks for
 * all at once.
 *
 * Rogues fare as they do in life: called whenever they can be, they rest after each death
 * and are in quarantine after five. Beside that, what they would do without rests: started
 * anew at once, some hundred times a second.
 *
 * Prints microseconds a mail of the good one, and how many times slower the slowest
 * hundredth is than without a rogue, measured just before.
 */
#include <stdio.h>
#include <string.h>

#include "engine/crew.h"

#include "crew_rig.h"

enum {
    LOOKUPS = 20,
    ALONE_MS = 3000,
    LIFE_MS = 8000,
    RESTLESS_MS = 3000,
    MAILS_MOST = 100000,
    TIMEOUT_MS = 1000
};

static double times[MAILS_MOST];

struct measured {
    unsigned count;
    double median, p99;
};

static void forget_deaths(struct supervisor *supervisor)
{
    for (struct worker_process *at = supervisor->workers; at; at = at->next) {
        at->rest_until_ms = 0;
        at->deaths = 0;
        at->quarantine = (struct quarantine){.until_ms = 0};
    }
}

static void send_mail(struct crew_rig *rig, const struct integration *good)
{
    for (unsigned i = 0; i < LOOKUPS; i++) {
        struct crew_count done = {0};
        crew_rig_ask(rig, good, "well", &done);
        while (done.ended == 0) {
            supervisor_turn(rig->supervisor, 1000);
        }
    }
}

static struct measured figures_of(unsigned count)
{
    crew_rig_sort(times, count);
    return (struct measured){.count = count,
                             .median = crew_rig_part(times, count, 0.5),
                             .p99 = crew_rig_part(times, count, 0.99)};
}

/* One mail after the other; beside them always one call of the rogue, if there is one. */
static struct measured measure(struct crew_rig *rig, const char *act, bool rests, int ms)
{
    const struct integration good = crew_rig_integration(1, "wild", 60000);
    const struct integration rogue = crew_rig_integration(2, "rogue", TIMEOUT_MS);
    unsigned asked = 0;
    unsigned count = 0;
    struct crew_count rogues = {0};
    forget_deaths(rig->supervisor);
    double until = crew_rig_now_us() + ms * 1e3;
    while (crew_rig_now_us() < until && count < MAILS_MOST) {
        if (act && asked == rogues.ended) {
            crew_rig_ask(rig, &rogue, act, &rogues);
            asked++;
        }
        if (!rests) {
            forget_deaths(rig->supervisor);
        }
        double start = crew_rig_now_us();
        send_mail(rig, &good);
        times[count++] = crew_rig_now_us() - start;
    }
    while (asked > rogues.ended) {
        forget_deaths(rig->supervisor);
        supervisor_turn(rig->supervisor, 100);
    }
    return figures_of(count);
}

int main(int argc, char **argv)
{
    static const char *const acts[] = {"use-foreign-memory", "leave",
                                       "take-all-memory",    "bomb-forks",
                                       "bomb-threads",       "wait-for-ever",
                                       "loop-for-ever",      "loop-in-threads",
                                       "junk-to-host",       "end-foreign-call",
                                       "flood-host",         "flood-net",
                                       "flood-with-answers", "flood-with-words",
                                       "write-for-ever"};
    static struct crew_rig rig;
    crew_rig_start(&rig, argc > 1 ? argv[1] : "build/dev", false);
    (void)measure(&rig, NULL, true, ALONE_MS);
    (void)printf("%-20s%8s%10s%10s%10s%8s%16s\n", "rogue", "mails", "median", "99%",
                 "alone", "ratio", "without rests");
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        if (argc > 2 && strcmp(argv[2], acts[i]) != 0) {
            continue;
        }
        struct measured alone = measure(&rig, NULL, true, ALONE_MS);
        struct measured beside = measure(&rig, acts[i], true, LIFE_MS);
        struct measured restless = measure(&rig, acts[i], false, RESTLESS_MS);
        (void)printf("%-20s%8u%10.0f%10.0f%10.0f%8.2f%16.2f\n", acts[i], beside.count,
                     beside.median, beside.p99, alone.p99, beside.p99 / alone.p99,
                     restless.p99 / alone.p99);
        (void)fflush(stdout);
    }
    crew_rig_stop(&rig);
    return 0;
}
