/* followup_era - how the follow-ups of accounts were at which time: there, enabled, and
 * with which text. What an event could not start then is told by it, whatever the file says
 * now.
 *
 * Functions run inside a transaction of the caller. Thread: store.
 */
#ifndef HOST_FOLLOWUP_FOLLOWUP_ERA_H
#define HOST_FOLLOWUP_FOLLOWUP_ERA_H

#include "followup/followup.h"
#include "store/db.h"

enum era_state { ERA_GONE, ERA_DISABLED, ERA_ENABLED };

/* From `at_ms` on a follow-up was so. */
struct era {
    int64_t at_ms;
    enum era_state state;
    struct str name, text; /* empty text: it was gone */
};

const char *era_name(enum era_state state);

/* So it is now, in this account; nothing is kept when it was so before. `place` is the
 * queue's integration of its steps. */
bool era_add(struct db *db, int64_t place, const struct followup *followup, int64_t now_ms,
             struct error *error);

/* Those that were there until now, and are not any more: all but those that are kept. */
bool era_end_others(struct db *db,
                    bool (*is_there)(void *self, struct str account, struct str name),
                    void *self, int64_t now_ms, struct error *error);

/* Of one follow-up, newest first; what is passed is lent for the call. */
bool era_each(struct db *db, struct str account, struct str name,
              void (*each)(void *self, const struct era *era), void *self,
              struct error *error);

/* Forgets what ended before that moment; at most `most`. */
bool era_forget(struct db *db, int64_t before_ms, uint32_t most, uint32_t *gone,
                struct error *error);

#endif
