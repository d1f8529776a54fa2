/* followup_again - what happened between an event and now, for a follow-up that judges it
 * late.
 *
 * What would have ended its run, or begun its wait anew, has happened meanwhile: nobody
 * gets a mail about a cart that was ordered last week. A run that begins finds that among
 * the events met; what came before anybody looked for it is added to them first, some
 * events at a time, each only once. Thread: store.
 */
#ifndef HOST_ENGINE_FOLLOWUP_AGAIN_H
#define HOST_ENGINE_FOLLOWUP_AGAIN_H

#include "followup/followup.h"
#include "store/db.h"

/* All that the follow-up looks for, of the events behind that one. */
struct learning {
    struct str account;
    const struct followup *followup;
    int64_t after;
};

/* `*left`: how many numbers of events may be looked through still; none: it is to be called
 * again. */
bool followup_learn(const struct learning *learning, struct db *db, uint32_t *left,
                    struct error *error);

#endif
