/* consent - may this person be written to, by one channel, for one list?
 *
 * Two moments are kept: of the newest opt-out, and of the newest consent that has a proof.
 * The later one decides, an opt-out when both are one moment; who said neither is unknown.
 * So nothing but a newer consent with its proof ends an opt-out, and it does not matter in
 * which order, or how often, what people said becomes known. An opt-out from a whole
 * channel holds for each of its lists; a consent only for the list that it was given for.
 *
 * Pure: no clock, no store.
 */
#ifndef HOST_CONTACT_CONSENT_H
#define HOST_CONTACT_CONSENT_H

#include <stdbool.h>
#include <stdint.h>

enum consent_answer { CONSENT_UNKNOWN, CONSENT_YES, CONSENT_NO };

/* What shows that it was the person who said so. A copied flag, an import, or what somebody
 * else has typed shows nothing. */
enum consent_proof {
    CONSENT_PROOF_NONE,
    CONSENT_PROOF_EVENT,    /* an event of a remote: seen to change over there */
    CONSENT_PROOF_CONFIRMED /* by a link in a message to the address itself */
};

struct consent_said {
    bool wants;
    int64_t at_ms; /* of a consent the earliest moment at which it can have been */
    enum consent_proof proof;
};

/* What is kept; all zero: nothing was said. */
struct consent {
    int64_t yes_ms, no_ms;
};

/* true: it is another one now. What was said later than `now_ms` was said now: a clock that
 * is ahead must not outlive what is said next. */
bool consent_take(struct consent *consent, const struct consent_said *said, int64_t now_ms);

/* For a list, and what was said of its whole channel. */
enum consent_answer consent_answer(const struct consent *list,
                                   const struct consent *channel);

#endif
