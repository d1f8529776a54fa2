/* operation_integration - the daemon's operations that disable and enable integrations.
 *
 * Thread: the daemon's.
 */
#ifndef HOST_APP_OPERATION_INTEGRATION_H
#define HOST_APP_OPERATION_INTEGRATION_H

#include "app/operation.h"

/* {"account", "integration"}; gives {"changed": it was not so before, "since_ms", "who": of
 * the pause, "configured": does its file say it is enabled}. */
json_t *operation_integration_disable(const struct operation *operation,
                                      struct error *error);

/* The same, and it begins at once: nothing of it is held any more, its plugin is tried
 * again if it was in quarantine, and its remote if it was left alone. */
json_t *operation_integration_enable(const struct operation *operation,
                                     struct error *error);

/* {"items": [{"account", "integration", "paused", "part", "since_ms", "why"}]} */
json_t *operation_integration_halts(const struct operation *operation, struct error *error);

#endif
