/* halt_desk - an integration is disabled, or enabled again, in the store.
 *
 * Thread: any but the store's; it waits for that.
 */
#ifndef HOST_APP_HALT_DESK_H
#define HOST_APP_HALT_DESK_H

#include <sys/types.h>

#include "queue/halt.h"
#include "store/store.h"

struct halt_asked {
    struct str account, identifier;
    bool pause;  /* else it ends, and what was held is released */
    bool skip;   /* what happened over there meanwhile raises no events */
    uid_t asker; /* for the audit log */
};

/* `pause` is as it is from now on; `changed`: it was not so before. */
bool halt_desk_set(struct store *store, const struct halt_asked *asked, struct pause *pause,
                   bool *changed, struct error *error);

/* As halt_each(); calls come from the store's thread. */
bool halt_desk_each(struct store *store, void (*each)(void *self, const struct halt *halt),
                    void *self, struct error *error);

#endif
