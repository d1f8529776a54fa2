#include "contact/consent.h"

bool consent_take(struct consent *consent, const struct consent_said *said, int64_t now_ms)
{
    int64_t at_ms = said->at_ms < now_ms ? said->at_ms : now_ms;
    int64_t *newest_ms = said->wants ? &consent->yes_ms : &consent->no_ms;
    if ((said->wants && said->proof == CONSENT_PROOF_NONE) || at_ms <= *newest_ms) {
        return false;
    }
    *newest_ms = at_ms;
    return true;
}

enum consent_answer consent_answer(const struct consent *list,
                                   const struct consent *channel)
{
    int64_t no_ms = list->no_ms > channel->no_ms ? list->no_ms : channel->no_ms;
    if (list->yes_ms > no_ms) {
        return CONSENT_YES;
    }
    return no_ms > 0 ? CONSENT_NO : CONSENT_UNKNOWN;
}
