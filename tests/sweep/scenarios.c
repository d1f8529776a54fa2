#include "scenarios.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "allocation.h"
#include "base/str.h"

enum { WARM_UPS = 3 };

/* Where the sweep is, for whoever ends it. */
static struct {
    const char *scenario;
    int64_t number;
    bool all_after;
    char text[200];
} now;

static void set_now(const char *scenario, int64_t number, bool all_after)
{
    now.scenario = scenario;
    now.number = number;
    now.all_after = all_after;
    (void)snprintf(now.text, sizeof now.text, "%s, allocation %lld%s", scenario,
                   (long long)number, all_after ? " and all after" : "");
}

void scenarios_stop(const char *file, int line, const char *condition)
{
    allocation_fail(0, false);
    (void)fprintf(stderr, "%s: %s:%d: not so: %s\n", now.text, file, line, condition);
    _exit(EXIT_FAILURE);
}

static void say_where(int number)
{
    (void)!write(STDERR_FILENO, "crashed: ", 9);
    (void)!write(STDERR_FILENO, now.text, strlen(now.text));
    (void)!write(STDERR_FILENO, "\n", 1);
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

static void complain(const char *what, const struct error *error)
{
    (void)fprintf(stderr, "%s: %s: %s\n", now.text, what, error->text);
}

/* One run with one failure; gives how many allocations it asked for, -1 when it is wrong.
 */
static int64_t run_once(const struct scenario *scenario, int64_t number, bool all_after)
{
    struct error error = {.text = ""};
    set_now(scenario->name, number, all_after);
    int64_t before = allocation_live();
    allocation_fail(number, all_after);
    bool done = scenario->run(&error);
    int64_t count = allocation_count();
    allocation_fail(0, false);
    int64_t left = allocation_live() - before;
    if (!done && (error.text[0] == '\0' || error.status == IMH_OK)) {
        complain("failed without a reason", &error);
        return -1;
    }
    if (!done && number == 0) {
        complain("failed", &error);
        return -1;
    }
    if (!done && error.status != IMH_RETRY) {
        complain("with memory it would have gone well, but it failed for good", &error);
        return -1;
    }
    if (left != 0) {
        (void)snprintf(error.text, sizeof error.text, "%lld blocks", (long long)left);
        complain("left behind", &error);
        return -1;
    }
    if (scenario->verify && !scenario->verify(&error)) {
        complain("afterwards", &error);
        return -1;
    }
    return count;
}

/* Libraries keep some memory after their first use, so not every run counts. */
static int64_t warm_up(const struct scenario *scenario)
{
    int64_t count = -1;
    for (int i = 0; i < WARM_UPS; i++) {
        struct error error = {.text = ""};
        set_now(scenario->name, 0, false);
        must(scenario->run(&error));
        must(!scenario->verify || scenario->verify(&error));
    }
    for (int i = 0; i < WARM_UPS && count != 0; i++) {
        count = run_once(scenario, 0, false);
    }
    return count;
}

static bool sweep(const struct scenario *scenario, int64_t stride)
{
    int64_t count = warm_up(scenario);
    int64_t runs = 0;
    if (count < 0) {
        return false;
    }
    for (int all_after = 0; all_after < 2; all_after++) {
        /* Somewhat beyond, as threads do not always ask for the same. */
        for (int64_t number = 1; number <= count + stride; number += stride) {
            runs++;
            if (run_once(scenario, number, all_after) < 0) {
                return false;
            }
        }
    }
    printf("%-28s %6lld allocations, %6lld runs\n", scenario->name, (long long)count,
           (long long)runs);
    return true;
}

int scenarios_main(const struct scenarios *scenarios, int argc, char **argv)
{
    int64_t stride = 1;
    bool good = true;
    if (argc > 1 && !str_to_int64(str_from(argv[1]), 1, 1000000, &stride)) {
        (void)fprintf(stderr, "usage: %s [STRIDE [SCENARIO]]\n", argv[0]);
        return EXIT_FAILURE;
    }
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
#ifndef IMH_SANITIZE /* the sanitizer says more */
    (void)signal(SIGSEGV, say_where);
    (void)signal(SIGABRT, say_where);
#else
    (void)say_where;
#endif
    for (unsigned i = 0; i < scenarios->count; i++) {
        const struct scenario *scenario = &scenarios->items[i];
        if (argc < 3 || strcmp(argv[2], scenario->name) == 0) {
            good = sweep(scenario, stride) && good;
        }
    }
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
