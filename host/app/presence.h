/* presence - is what a job or a command names in the configuration, and at work? If not:
 * why, and what to do about it.
 *
 * Jobs of an integration that left the configuration are kept, wait, and run when it is
 * back; people are to see that.
 *
 * Thread: that of the configuration.
 */
#ifndef HOST_APP_PRESENCE_H
#define HOST_APP_PRESENCE_H

#include <jansson.h>

#include "app/config.h"

/* Why jobs of the integration do not run with this configuration, and what helps. */
struct absence {
    struct error why, remedy; /* texts */
};

/* false: they do. */
bool presence_lacks(const struct config *config, struct str account, struct str identifier,
                    struct absence *absence);

/* An answer of queue_desk.h with jobs: those that wait for good say so. */
void presence_mark(const struct config *config, json_t *answer);

/* Of the owners that queue_desk.h tells, those that are not in the configuration, as
 * `imh status` shows integrations; appended to `list`. */
void presence_add_gone(const struct config *config, const json_t *owners, json_t *list);

/* What a command names. */
struct target {
    struct str account, identifier;
    struct str action; /* or empty ... */
    struct str entity; /* ... or empty */
};

/* false, and the nearest names: it cannot be made a job of. */
bool presence_check(const struct config *config, const struct target *target,
                    struct error *error);

#endif
