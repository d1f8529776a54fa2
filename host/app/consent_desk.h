/* consent_desk - what people ask about consents: JSON in, JSON out.
 *
 * The same for a daemon, which asks its own store, and for a command that works alone.
 *
 *   {"account","contact"}    {"items": [list], "next": null}
 *
 * A list has "account", "contact", "channel", "list" (empty: the whole channel), "state",
 * "since", "because", and in "history" the newest consent and the newest opt-out, newest
 * first. Of whom nothing is known there are no lists.
 */
#ifndef HOST_APP_CONSENT_DESK_H
#define HOST_APP_CONSENT_DESK_H

#include <jansson.h>

#include "store/store.h"

/* NULL and why not; waits for the store. */
json_t *consent_desk_ask(struct store *store, const json_t *arguments, struct error *error);

#endif
