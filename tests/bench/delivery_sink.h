/* delivery_sink - a remote that takes calls as fast as it can and counts them.
 *
 * One thread, kept connections; each call is answered at once: 200 and two bytes. The body
 * says which job it is, `{"n":17,"s":3,"at":0,...}`: its number from 1 on, its stream, and
 * when it was ordered (crew_rig_now_us(); 0: nobody asks how long it took).
 */
#ifndef TESTS_BENCH_DELIVERY_SINK_H
#define TESTS_BENCH_DELIVERY_SINK_H

#include <stdint.h>

enum {
    SINK_JOBS_MOST = 2000000,
    SINK_STREAMS_MOST = SINK_JOBS_MOST,
    SINK_BODY_BYTES = 500
};

struct sink;

/* The program ends when that cannot be had. */
struct sink *sink_make(void);
void sink_free(struct sink *sink);

unsigned sink_port(const struct sink *sink);

/* Nothing has come yet: no call may be under way. */
void sink_reset(struct sink *sink);

struct sink_figures {
    unsigned arrived;    /* jobs that came */
    unsigned doubled;    /* that came again */
    unsigned disordered; /* behind a later one of their stream */
    double first_us, last_us;
    double p50_us, p99_us; /* from order to arrival */
};

struct sink_figures sink_figures(struct sink *sink);

/* Waits for so many jobs; false: they did not come within that time. */
int sink_wait(struct sink *sink, unsigned jobs, int64_t most_ms);

/* The body of a job. */
void sink_body(char body[SINK_BODY_BYTES + 1], unsigned number, unsigned stream,
               double at_us);

#endif
