/* flight - a call of a plugin from its order to its end, as the supervisor sees it.
 *
 * Private to the supervisor. A flight waits until its worker is ready, then runs under a
 * ticket at imh-net; when it is over the ticket is taken back, which tells what it cost and
 * whether something that may not be repeated was still under way.
 */
#ifndef HOST_ENGINE_FLIGHT_H
#define HOST_ENGINE_FLIGHT_H

#include "engine/crew.h"

enum {
    ANSWER_MS = 1000,    /* beyond its deadline: imh-net ends its requests then, and what
                           became of them is still told */
    OVERSTAY_MS = 5000,  /* beyond its deadline: then the worker is killed */
    CREATE_MS = 1000,    /* the deadline of create(), which the first call waits for */
    SPENT_MS = 5000,     /* for imh-net to say what a call cost: then it is killed */
    PATIENCE_MS = 10000, /* so long a flight waits for a worker that rests */
    FLIGHT_FRAMES_MOST = 50000, /* what a worker may say of one call ... */
    FLIGHT_BYTES_MOST = 64 << 20,
    FLIGHT_LINES_MOST = 200 /* ... and what of that goes into the log */
};

enum flight_state {
    FLIGHT_WAITING, /* for its worker */
    FLIGHT_RUNNING,
    FLIGHT_ENDING, /* the ticket is being taken back */
    FLIGHT_OVER    /* its watcher is told at the next turn */
};

struct flight {
    struct flight *next;
    uint64_t id;
    enum call_kind kind;
    int64_t since_ms; /* monotonic: when it was ordered */
    enum flight_state state;
    struct worker_process *worker;
    const struct integration *integration;
    struct call_watcher watcher;
    struct text order; /* the call's frame; the ticket in it is filled when it starts */
    uint32_t lookup_count, record_count;
    int64_t time_ms;
    int64_t deadline_ms; /* of waiting, then of running, then of ending */
    bool canceled;       /* the worker was asked to end it */
    bool died;           /* it ended with its worker, not by the plugin's word */
    bool unsafe;         /* a request that may not be repeated was about to leave */
    uint32_t answers;    /* given, also again */
    uint32_t frames, lines;
    size_t bytes;
    struct error outcome;
    struct spent spent;
};

/* Why a worker is not to be trusted any more. */
#define FLIGHT_LIES "it said what a plugin must not say"

/* NULL when memory is out. */
struct flight *flight_make(struct supervisor *supervisor,
                           const struct integration *integration, struct call_order *order,
                           int64_t time_ms, const struct call_watcher *watcher);
void flight_free(struct flight *flight);

/* Starts it if its worker is ready; ends it if that cannot be had soon. */
void flight_start(struct supervisor *supervisor, struct flight *flight);

/* Does it wait for a create() that takes too long? Asked at every turn. */
bool flight_hangs(const struct flight *flight, int64_t now_ms);

/* When something must be done about it: monotonic; 0 is now. */
int64_t flight_due_ms(const struct supervisor *supervisor, const struct flight *flight);

/* It is over with this outcome. */
void flight_end(struct supervisor *supervisor, struct flight *flight, imh_status status,
                uint32_t after_s, struct str text);

/* What a worker says about a call. NULL, or why it must not say that. */
const char *flight_frame(struct supervisor *supervisor, const struct worker_process *worker,
                         const struct frame *frame);

/* What was asked by a watcher's `state`. */
void flight_state(struct supervisor *supervisor, uint64_t call,
                  const struct state_answer *answer);

/* imh-net's word on what a call cost. */
bool flight_spent(struct supervisor *supervisor, const struct frame *frame);

/* imh-net's word that a request of a call may be done over there, whatever becomes of it.
 */
bool flight_unsafe(struct supervisor *supervisor, const struct frame *frame);

/* All flights of a dead worker (NULL: all) end. */
void flight_end_all(struct supervisor *supervisor, const struct worker_process *worker,
                    imh_status status, struct str why);

#endif
