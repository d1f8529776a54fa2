/* followup_met - which events came that follow-ups look for: the newest of each
 * fingerprint.
 *
 * A run may begin after an event that would have ended it, or begun its wait anew: sources
 * are read one after another, and an event may be judged long after it came. Fields that
 * were ever looked for stay known, with the event from which on what has them is kept.
 *
 * Functions run inside a transaction of the caller. Thread: store.
 */
#ifndef HOST_FOLLOWUP_FOLLOWUP_MET_H
#define HOST_FOLLOWUP_FOLLOWUP_MET_H

#include "followup/followup_run.h"

enum { MET_FIELDS_MOST = 2 * FOLLOWUP_EVENTS_MOST }; /* of a type of events */

/* A field of events that is looked at. */
struct met_field {
    struct str name;
    bool is_kept; /* those that have it are */
};

/* Those of the type, in the arena; there is room for MET_FIELDS_MOST. */
bool met_fields(struct db *db, const struct run_watch *place, struct arena *arena,
                struct met_field **fields, uint32_t *count, struct error *error);

/* From that event on those that have the field are kept, if not from an older one on. */
bool met_keep(struct db *db, const struct run_watch *field, int64_t from,
              struct error *error);

/* From which one on they are; 0: none is. */
bool met_kept_from(struct db *db, const struct run_watch *field, int64_t *from,
                   struct error *error);

/* An event that came; 0: none. */
struct met {
    int64_t event, at_ms;
};

/* The newest is kept; at the same moment, the one that was told of later. */
bool met_add(struct db *db, const struct run_watch *watch, const struct met *met,
             struct error *error);

/* The one that happened later than that, or was told of later; but not `than` itself. */
bool met_find(struct db *db, const struct run_watch *watch, const struct met *than,
              struct met *met, struct error *error);

bool met_forget(struct db *db, int64_t before_ms, uint32_t most, uint32_t *gone,
                struct error *error);

#endif
