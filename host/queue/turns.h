/* turns - whose turn it is: which integration may start calls now.
 *
 * Accounts take turns, and within an account its integrations, so that one with a million
 * jobs delays nobody. It knows what may not be kept in a store: free places, rests, and
 * whether a remote seems to be down. A remote that failed several times in a row is asked
 * by one call at a time, after growing rests, until it answers. After a start all of it is
 * found again: turns_ready() with what the store says.
 *
 * It tells whom to ask the store for; what is due there, the store knows. `ready_ms` is the
 * calendar, `mono_ms` the clock that only moves forward. Pure; nothing is allocated but
 * for a new integration.
 *
 * Thread: main.
 */
#ifndef HOST_QUEUE_TURNS_H
#define HOST_QUEUE_TURNS_H

#include "base/clock.h"
#include "queue/queue.h"

enum {
    TURNS_TRIP = 5,         /* failures in a row: the remote seems to be down */
    TURNS_REST_FIRST_S = 1, /* before it is asked again ... */
    TURNS_REST_MOST_S = 60, /* ... and at most */
    TURNS_AT_ONCE = 4,      /* calls of one turn, when others have to wait */
    TURNS_NAP_MS = 1000     /* a step of the store failed: when it is tried again */
};

struct turns;

struct turns *turns_make(const struct clock *clock, uint32_t calls_most);
void turns_free(struct turns *turns); /* NULL is fine */
OWN_BY(turns);

/* An integration takes part, or changes its account or how many calls it may have at once;
 * 0 of them: it takes no part until further notice. */
bool turns_join(struct turns *turns, int64_t integration, int64_t account,
                uint32_t parallel, struct error *error);

/* A job of it will be ready then, JOB_NEVER tells nothing. */
void turns_ready(struct turns *turns, int64_t integration, int64_t ready_ms);

/* Held as a whole, or not any more. */
void turns_hold(struct turns *turns, int64_t integration, bool held);

/* Its remote is asked as if it had never failed, and need not rest. */
void turns_forgive(struct turns *turns, int64_t integration);

struct turn {
    int64_t integration;
    uint32_t calls; /* at most; the places count as taken until turns_taken() */
};

/* The next turn; false: nobody's, until turns_wake_ms(). */
bool turns_next(struct turns *turns, struct turn *turn);

/* When somebody's turn may come: monotonic; INT64_MAX: not before something changes. */
int64_t turns_wake_ms(const struct turns *turns);

/* What came of a turn: so many calls run, and the next job is ready then. `take` NULL: the
 * store did not do it. */
void turns_taken(struct turns *turns, const struct turn *turn,
                 const struct queue_take *take);

/* `calls` of an integration went well, which is about to be noted: whatever is taken from
 * now on is taken after that. What it meant comes with turns_finished(), of no calls. */
void turns_freed(struct turns *turns, int64_t integration, uint32_t calls);

/* `calls` of an integration are over; what the answers meant. `dice`: any number. */
void turns_finished(struct turns *turns, int64_t integration, uint32_t calls,
                    const struct queue_effect *effect, uint32_t dice);

/* Does its remote seem to be down? */
bool turns_is_down(const struct turns *turns, int64_t integration);

uint32_t turns_running(const struct turns *turns); /* calls of all */

#endif
