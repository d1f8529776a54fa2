/* event_desk - what people ask about events: JSON in, JSON out.
 *
 * The same for a daemon, which asks its own store, and for a command that works alone.
 *
 *   list     {"account","integration","type","limit","before"}
 *                                                  {"items": [event], "next": id or null}
 *   show     {"id"}                                an event with all of it; "subject",
 *                                                  "data" and "origin" are texts
 *   sources  {"account","integration"}             {"items": [source], "next": null}
 *   read     {"account","after","since_ms","before_ms","limit"}
 *                                                  {"items": [[id, at_ms, seen_at_ms,
 *                                                  integration, type, key, data, subject,
 *                                                  origin]], "next": null}: oldest first,
 *                                                  so many or fewer; none: there are none
 */
#ifndef HOST_APP_EVENT_DESK_H
#define HOST_APP_EVENT_DESK_H

#include <jansson.h>

#include "store/store.h"

/* `what` is "list". NULL and why not; waits for the store. */
json_t *event_desk_ask(struct store *store, const char *what, const json_t *arguments,
                       struct error *error);

#endif
