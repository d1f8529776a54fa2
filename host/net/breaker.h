/* breaker - when a remote is left alone: because it fails, or because it asks for rest.
 *
 * After so many failures in a row it rests; then one call tries again while the others are
 * still kept away. When that fails too the rest is longer, when it does not all go on. A
 * rest that the remote asks for is given for as long as it says. Pure: the caller tells the
 * time, which is monotonic.
 */
#ifndef HOST_NET_BREAKER_H
#define HOST_NET_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

enum {
    BREAKER_FAILURES = 5, /* in a row: then the remote rests */
    BREAKER_REST_S = 5,   /* the first time, twice as long after each try that fails ... */
    BREAKER_REST_MOST_S = 300 /* ... but never longer */
};

/* All zero at first. */
struct breaker {
    uint32_t failures; /* in a row */
    uint32_t rests;    /* in a row */
    int64_t until_ms;  /* left alone until then, and until a call has tried; 0: not */
    int64_t asked_ms;  /* it asked for rest until then */
    uint64_t probe;    /* the call that tries; 0 for none */
};

enum breaker_word {
    BREAKER_GO,
    BREAKER_WAIT, /* a request of the same call is trying */
    BREAKER_STOP
};

/* What is to be done with a request of `call`, which is not 0. */
enum breaker_word breaker_asks(const struct breaker *breaker, uint64_t call,
                               int64_t now_ms);

/* It leaves. Is it the one that tries? breaker_end() wants to know. */
bool breaker_start(struct breaker *breaker, uint64_t call);

enum breaker_result {
    BREAKER_WELL,
    BREAKER_FAILED, /* down, slow or ill */
    BREAKER_NOTHING /* that says nothing of the remote */
};

/* It is over. */
void breaker_end(struct breaker *breaker, bool tried, enum breaker_result result,
                 int64_t now_ms);

/* The remote asked for so much rest. */
void breaker_rest(struct breaker *breaker, uint32_t after_s, int64_t now_ms);

/* Is it left alone because it fails? */
bool breaker_is_open(const struct breaker *breaker);

/* For how long it is left alone from now on, 1 or more: with BREAKER_STOP. */
uint32_t breaker_left_s(const struct breaker *breaker, int64_t now_ms);

#endif
