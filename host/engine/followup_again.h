/* followup_again - what became of an event between then and now, for a run that begins
 * late.
 *
 * A follow-up may judge an event long after it was seen. What would have ended its run, or
 * begun its wait anew, has happened meanwhile: nobody gets a mail about a cart that was
 * ordered last week. Thread: store.
 */
#ifndef HOST_ENGINE_FOLLOWUP_AGAIN_H
#define HOST_ENGINE_FOLLOWUP_AGAIN_H

#include "followup/followup_run.h"
#include "followup/trigger.h"

struct catching_up {
    struct str account; /* of the event */
    const struct trigger *trigger;
    const struct followup *followup;
    struct arena *arena; /* for texts of the run */
};

/* Ends the new run that was to wait, or moves its wait, as later events want it. */
bool followup_catch_up(const struct catching_up *late, struct db *db,
                       struct followup_run *run, struct error *error);

#endif
