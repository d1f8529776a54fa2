#include "base/backoff.h"

uint32_t backoff_rest_s(const struct backoff *backoff, uint32_t failures, uint32_t dice)
{
    uint64_t rest_s = backoff->first_s;
    for (uint32_t i = 1; i < failures && rest_s < backoff->most_s; i++) {
        rest_s *= 2;
    }
    rest_s += dice % (rest_s / 4 + 1);
    return rest_s < backoff->most_s ? (uint32_t)rest_s : backoff->most_s;
}
