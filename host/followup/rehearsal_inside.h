/* rehearsal_inside - what a rehearsal holds, and a run of it at work.
 *
 * Private to rehearsal.
 */
#ifndef HOST_FOLLOWUP_REHEARSAL_INSIDE_H
#define HOST_FOLLOWUP_REHEARSAL_INSIDE_H

#include "base/text.h"
#include "followup/rehearsal.h"
#include "followup/seen.h"
#include "followup/uses.h"
#include "followup/waiting.h"

/* A field of events that some follow-up looks at. */
struct look_at {
    struct look_at *next;
    struct followup_event event;
};

struct rehearsal {
    struct rehearsal_settings settings;
    struct judge *judge;
    struct waiting *waiting;
    struct seen *seen; /* for those that begin later */
    struct uses *uses;
    struct arena fields_arena, arena;
    struct look_at *fields;
    int64_t now_ms;
    struct text args, unasked, value;
};

/* A run at work; its event is read when something asks for it. */
struct going {
    struct rehearsal *rehearsal;
    const struct rehearsed *event;
    struct value *value; /* of the event, shared by those that it starts */
    bool *read;
    struct waiting_run run;
    bool wanted; /* the step's `if` said yes */
    struct error why;
};

/* ---- rehearsal_run.c ---- */

/* Steps, until it waits (true; its `due_ms`) or is over. */
bool going_on(struct going *going);

/* Over before it began: in this state, for that reason. */
void going_tell(struct going *going, enum run_state state, struct str reason,
                struct str args);

/* Adds to what would be asked live. */
void going_note(struct going *going, const char *before, struct str name);

#endif
