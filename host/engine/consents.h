/* consents - what the events of a page say of being written to.
 *
 * Event types with IMH_OPT_IN or IMH_OPT_OUT speak for the `email` of their subject, of the
 * list that their integration is. Thread: store.
 */
#ifndef HOST_ENGINE_CONSENTS_H
#define HOST_ENGINE_CONSENTS_H

#include "contact/consent_store.h"
#include "event/event.h"

/* In the transaction that took the page: of its events that were new. */
bool consents_take(struct db *db, const struct event_page *page, struct arena *arena,
                   struct error *error);

#endif
