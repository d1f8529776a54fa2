/* operation_event - events that people give, as a daemon takes them.
 *
 *   event emit    {"account","integration","type","key","data","subject"}
 *                 {"id","key","was_there","followups": [{"followup","state"}]}: it is kept,
 *                 and what it starts, before that is answered
 *
 * Thread: the daemon's.
 */
#ifndef HOST_APP_OPERATION_EVENT_H
#define HOST_APP_OPERATION_EVENT_H

#include "app/operation.h"

json_t *operation_event_emit(const struct operation *operation, struct error *error);

#endif
