/* followup_look - a job of a run whose turn has come: what is known of it, and what is
 * being found out.
 *
 * Private to followups. A look belongs to followups until it is answered; with an effect on
 * the run it then belongs to the answer.
 */
#ifndef HOST_ENGINE_FOLLOWUP_LOOK_H
#define HOST_ENGINE_FOLLOWUP_LOOK_H

#include "engine/followup_store.h"
#include "engine/followups.h"
#include "engine/variables.h"
#include "event/event_list.h"
#include "smarty/smarty.h"

/* An account that is served. */
struct following {
    struct following *next;
    char *account;
    struct followups_account served; /* supervisor NULL: nobody serves it now */
    struct look *waiting, **last;    /* for a round */
    uint32_t rounds;
};

/* A job of a run. */
struct look {
    struct deliver_effect effect; /* first */
    struct store_work work;
    struct look *next;
    struct followups *followups;
    struct deliver *deliver;
    struct following *following;
    struct run *turn;
    int64_t job;
    bool is_action;
    bool confirms; /* the answer of the store is the last thing waited for */
    struct arena arena;
    /* What the store says. */
    bool found;
    struct followup_run run;
    struct event_shown event;
    struct str text;
    /* What is made of it. */
    struct followup_set *set; /* held: `followup` is of it, unless `own` is it */
    struct followup *own;
    const struct followup *followup;
    bool has_trigger;
    struct value trigger, subject;
    bool answered; /* its condition, with yes */
    struct followup_end end;
};

struct followups {
    struct followups_settings settings;
    struct inbox *answers;
    struct following *following;
    struct round *rounds;
    struct judge *judge;
    struct smarty_renderer *renderer;
    struct text out;
    unsigned steps; /* in the store */
};

void look_free(struct look *look);

/* How it ends: each answers the job. */
void look_fail(struct look *look, const struct error *why); /* it is tried again, or not */
void look_stop(struct look *look, enum run_state state, struct str reason);
void look_wait(struct look *look, int64_t due_ms); /* the run does, in a new job */
void look_act(struct look *look);                  /* `end` has the action */
void look_confirm(struct look *look);              /* the action is wanted still */

/* ---- rounds: followup_round.c ---- */

/* Starts rounds for looks that wait, and goes on with those under way. */
void rounds_turn(struct followups *followups);
bool rounds_wait(const struct followups *followups);
void rounds_free(struct followups *followups);
bool rounds_use(const struct followups *followups, const struct supervisor *supervisor);

/* ---- arguments: followup_arguments.c ---- */

/* Adds `"name":value` as the action's schema wants it (NULL: it says nothing). `is_json`:
 * the value is JSON and keeps its type, else it is text. Nothing: `*absent`. */
struct argument_given {
    const char *schema;
    struct str name, value;
    bool is_json;
};

bool argument_add(const struct argument_given *given, struct text *out, bool *absent,
                  struct error *error);

#endif
