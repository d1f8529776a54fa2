/* scenarios - what a sweep runs again and again, with one allocation after the other
 * failing.
 *
 * A run either does its work or fails with a reason; that it claims to have done it and has
 * not, that it crashes, and that it leaves memory behind are what a sweep is after.
 */
#ifndef TESTS_SWEEP_SCENARIOS_H
#define TESTS_SWEEP_SCENARIOS_H

#include "base/error.h"

struct scenario {
    const char *name;
    bool (*run)(struct error *error);
    bool (*verify)(struct error *error); /* afterwards, with memory again; may be NULL */
};

struct scenarios {
    const struct scenario *items;
    unsigned count;
};

/* Ends the program: the run claims what is not so. */
#define must(condition) \
    ((condition) ? (void)0 : scenarios_stop(__FILE__, __LINE__, #condition))

__attribute__((noreturn)) void scenarios_stop(const char *file, int line,
                                              const char *condition);

/* The sweep: arguments are how many allocations to go on each time (1: every one fails
 * once), and the name of one scenario, or nothing. Gives the exit status. */
int scenarios_main(const struct scenarios *scenarios, int argc, char **argv);

#endif
