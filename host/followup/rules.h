/* rules - which follow-ups an event starts: matched by its type, judged by their `if`.
 *
 * Only what the event itself says is used: no store, no network, no clock of its own. What
 * needs more than that is LIVE, and judged later.
 *
 * A set is made once and then only read; who uses it holds it.
 *
 * Thread: one at a time for a judge; sets are held and let go by one.
 */
#ifndef HOST_FOLLOWUP_RULES_H
#define HOST_FOLLOWUP_RULES_H

#include "followup/followup.h"
#include "followup/trigger.h"
#include "smarty/smarty.h"

/* The follow-ups of an account. */
struct followup_set;

/* The follow-ups of the list are the set's from now on. `zone`: the name of the account's
 * time zone, or NULL. NULL: no memory. */
struct followup_set *followup_set_make(struct followup *followups, const char *zone);
/* What its conditions and arguments may take; without this: as usual. */
void followup_set_limit(struct followup_set *set, const struct smarty_limits *limits);
const struct smarty_limits *followup_set_limits(const struct followup_set *set);

struct followup_set *followup_set_hold(struct followup_set *set);
void followup_set_release(struct followup_set *set); /* NULL is fine */

const struct zone *followup_set_zone(const struct followup_set *set);
const struct followup *followup_set_first(const struct followup_set *set);

enum answer_to_if {
    ANSWERS_NO,
    ANSWERS_YES,
    ANSWERS_LIVE /* more has to be known, or it failed: who asks live says why */
};

/* A follow-up that an event may start. */
struct candidate {
    const struct followup *followup;
    enum answer_to_if answer;
    /* What its variables are, each as JSON, for values_join(); NULL: nothing was asked.
     * Those of one event share what they have alike. */
    const struct str *values;
};

struct candidates {
    struct candidate *items;
    uint32_t count;
};

/* What looking at events takes; kept from one to the next. */
struct judge;

struct judge *judge_make(void);
void judge_free(struct judge *judge);
OWN_BY(judge);

/* From now on candidates are without `values`. */
void judge_forget_values(struct judge *judge);

/* All that the event may start, those that are disabled left out; in the arena. false: no
 * memory. */
bool judge_event(struct judge *judge, const struct followup_set *set,
                 const struct trigger *trigger, int64_t now_ms, struct arena *arena,
                 struct candidates *candidates);

/* The event as expressions see it, in the arena; what it refers to is pending. */
bool judge_read(const struct followup_set *set, const struct trigger *trigger,
                struct arena *arena, struct value *value, struct error *error);

/* All that is known: an event, as judge_read() gave it, and the time. */
struct judged {
    const struct followup_set *set;
    const struct value *trigger;
    int64_t now_ms;
};

/* What the template prints; `out` is lent until the next one. SMARTY_PENDING: more has to
 * be known. */
enum smarty_result judge_render(struct judge *judge, const struct judged *known,
                                const struct smarty_template *template, struct str *out,
                                struct error *error);

#endif
