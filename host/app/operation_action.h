/* operation_action - the daemon's operation that makes a job of a command.
 *
 * Thread: the daemon's.
 */
#ifndef HOST_APP_OPERATION_ACTION_H
#define HOST_APP_OPERATION_ACTION_H

#include "app/operation.h"

/* {"account","integration","action","args": text,"key": text or absent}; the answer, which
 * is sent when the store has it: {"job": id, "was_there": bool}: one with that key was made
 * before. */
void operation_action_run(struct daemon *daemon, const struct control_question *question);

#endif
