/* operation_replay - events are judged again, by the follow-ups that they started nothing
 * of.
 *
 *   event replay  {"account","integration","type","since_ms","after"} or {"ids"}, and
 *                 {"followup","dry"}
 *                 {"events": how many were looked at, "items": [{"followup","starts",
 *                 "unwanted"}], "errors": [sentence], "next": id or null}: a page, oldest
 *                 first
 *
 * Thread: the daemon's.
 */
#ifndef HOST_APP_OPERATION_REPLAY_H
#define HOST_APP_OPERATION_REPLAY_H

#include "app/operation.h"

json_t *operation_event_replay(const struct operation *operation, struct error *error);

#endif
