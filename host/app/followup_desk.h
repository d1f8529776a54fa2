/* followup_desk - what people ask about follow-ups: JSON in, JSON out.
 *
 * The same for a daemon, which asks its own store, and for a command that works alone.
 *
 *   list     {"account"}     {"items": [{"account", "followup", and of each state the
 * number of runs, as "waiting": 3}], "next": null}
 *   eras, seen, known        see why_desk.h
 */
#ifndef HOST_APP_FOLLOWUP_DESK_H
#define HOST_APP_FOLLOWUP_DESK_H

#include <jansson.h>

#include "app/config.h"
#include "store/store.h"

/* `what` is "list". NULL and why not; waits for the store. */
json_t *followup_desk_ask(struct store *store, const char *what, const json_t *arguments,
                          struct error *error);

/* A configuration was loaded: what its follow-ups are from now on is kept, for those who
 * ask later why nothing was started. Waits for the store. */
bool followup_desk_loaded(struct store *store, struct config *config, struct error *error);

/* ["shop.order-create"]: what starts it. */
json_t *followup_desk_on(const struct followup *followup);

/* One of which nothing ran yet; "gone", as nothing is known of it. */
json_t *followup_desk_blank(const char *account, struct str name);

#endif
