/* operation_action - the daemon's operation that makes a job of a command.
 *
 * Thread: the daemon's.
 */
#ifndef HOST_APP_OPERATION_ACTION_H
#define HOST_APP_OPERATION_ACTION_H

#include "app/operation.h"

/* {"account","integration","action","args": text,"key": text or absent}; gives {"job":
 * id, "was_there": bool}: one with that key was made before. */
json_t *operation_action_run(const struct operation *operation, struct error *error);

#endif
