/* question - what an integration is asked for, and for how long an answer is good.
 *
 * The rule of all who keep answers: what makes them differ, and how old they may get.
 * Plain data, pure.
 */
#ifndef HOST_ENGINE_QUESTION_H
#define HOST_ENGINE_QUESTION_H

#include "engine/integration.h"

enum { QUESTION_MISSING_TTL_S = 10 /* how long "there is no such thing" is believed */ };

struct question {
    uint64_t owner;    /* the integration: unique in this process */
    uint32_t variable; /* number in the descriptor */
    bool has_key;
    struct str key;
    struct str subject; /* JSON: whom it is about */
    struct str query;   /* JSON: of a list, which part; empty: all */
};

uint32_t question_hash(const struct question *question);
bool question_is_same(const struct question *a, const struct question *b);

/* How long an answer is good: as the INI says, else the plugin, with the answer or for the
 * variable. What is never to be used again, 0, is not, whatever the INI says. */
int64_t question_ttl_s(const struct integration *integration, uint32_t declared_s,
                       uint32_t answered_s);

/* The same of "there is no such thing". */
int64_t question_missing_ttl_s(const struct integration *integration, uint32_t declared_s);

/* Of what was not answered: is there no such thing? A plugin may just leave it out. */
static inline bool question_is_missed(imh_status status)
{
    return status == IMH_OK || status == IMH_MISSING;
}

/* Until when an answer of that time may stand in for one that fails. */
int64_t question_stale_ms(const struct integration *integration, int64_t answered_ms);

#endif
