#include "net/breaker.h"

#include "base/backoff.h"

enum { SECOND_MS = 1000 };

enum breaker_word breaker_asks(const struct breaker *breaker, uint64_t call, int64_t now_ms)
{
    if (now_ms < breaker->asked_ms || now_ms < breaker->until_ms) {
        return BREAKER_STOP;
    }
    if (breaker->until_ms == 0 || breaker->probe == 0) {
        return BREAKER_GO;
    }
    return breaker->probe == call ? BREAKER_WAIT : BREAKER_STOP;
}

bool breaker_start(struct breaker *breaker, uint64_t call)
{
    if (breaker->until_ms == 0) {
        return false;
    }
    breaker->probe = call;
    return true;
}

/* The time itself is the dice: hosts that saw it fail together do not come back together.
 */
static void open(struct breaker *breaker, int64_t now_ms)
{
    static const struct backoff backoff = {.first_s = BREAKER_REST_S,
                                           .most_s = BREAKER_REST_MOST_S};
    breaker->rests++;
    breaker->until_ms =
        now_ms +
        (int64_t)backoff_rest_s(&backoff, breaker->rests, (uint32_t)now_ms) * SECOND_MS;
}

static void fail(struct breaker *breaker, bool tried, int64_t now_ms)
{
    bool closed = breaker->until_ms == 0;
    breaker->failures += closed || tried;
    if (tried || (closed && breaker->failures >= BREAKER_FAILURES)) {
        open(breaker, now_ms);
    }
}

void breaker_end(struct breaker *breaker, bool tried, enum breaker_result result,
                 int64_t now_ms)
{
    tried = tried && breaker->probe != 0;
    if (tried) {
        breaker->probe = 0;
    }
    if (result == BREAKER_WELL) {
        breaker->failures = 0;
        breaker->rests = 0;
        breaker->until_ms = 0;
    } else if (result == BREAKER_FAILED) {
        fail(breaker, tried, now_ms);
    }
}

void breaker_rest(struct breaker *breaker, uint32_t after_s, int64_t now_ms)
{
    int64_t until_ms = now_ms + (int64_t)after_s * SECOND_MS;
    if (until_ms > breaker->asked_ms) {
        breaker->asked_ms = until_ms;
    }
}

bool breaker_is_open(const struct breaker *breaker)
{
    return breaker->until_ms != 0;
}

uint32_t breaker_left_s(const struct breaker *breaker, int64_t now_ms)
{
    int64_t until_ms =
        breaker->until_ms > breaker->asked_ms ? breaker->until_ms : breaker->asked_ms;
    int64_t left_s = (until_ms - now_ms + SECOND_MS - 1) / SECOND_MS;
    return left_s < 1 ? 1 : (uint32_t)left_s;
}
