/* relay_inside - what the relay knows: which errands are under way, and what is kept.
 *
 * Private to relay.
 */
#ifndef HOST_APP_RELAY_INSIDE_H
#define HOST_APP_RELAY_INSIDE_H

#include "app/relay.h"

struct relayed;
struct asking;
struct seeking;

struct relay {
    struct relayed *errands;  /* calls of one command alone */
    struct asking *askings;   /* errands that ask for values */
    struct seeking *seekings; /* calls for values, for whoever waits for them */
    unsigned count;           /* of these */
    struct kept *kept;
    uint64_t last_edition;
};

/* Who is told what comes of an errand. */
struct relay_who {
    struct daemon *daemon;
    uint64_t peer, id;
};

/* Sends the message and frees the payload. */
void relay_send(const struct relay_who *who, uint32_t kind, struct text *payload);
void relay_send_answer(const struct relay_who *who, const struct answer *answer);
void relay_send_unanswered(const struct relay_who *who,
                           const struct unanswered *unanswered);
void relay_send_end(const struct relay_who *who, const struct errand_end *end);

/* An errand of CALL_RESOLVE: its lookups are answered from what is kept, wait for those of
 * others, or are asked in one call. false: it could not be started, and why. */
bool relay_lookups(const struct relay_who *who, const struct configured *configured,
                   int64_t time_ms, const struct call_order *order, struct error *error);

/* Nobody is told any more. */
void relay_drop_lookups(struct relay *relay);

#endif
