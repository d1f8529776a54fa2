/* consent_store - what people said of being written to, as the store keeps it.
 *
 * Of each person, channel and list two moments and what shows them: see contact/consent.h.
 * A list "" is the whole channel. Thread: store.
 */
#ifndef HOST_CONTACT_CONSENT_STORE_H
#define HOST_CONTACT_CONSENT_STORE_H

#include "contact/consent.h"
#include "store/db.h"

enum { CONSENT_CONTACT_BYTES = 320, CONSENT_SOURCE_BYTES = 200 };

/* Who it is about. A contact is what a channel reaches, an e-mail address: its case does
 * not count. */
struct consent_place {
    struct str account, contact, channel, list;
};

/* Notes what was said, in the transaction that is open. `source` says where it can be
 * looked up: "event 17". Errors: IMH_REJECTED when the contact is none. */
bool consent_note(struct db *db, const struct consent_place *place,
                  const struct consent_said *said, struct str source, int64_t now_ms,
                  struct error *error);

/* What is kept of a contact, of one list. Lent for the call. */
struct consent_kept {
    struct str contact, channel, list;
    struct consent consent;
    struct str yes_source, no_source;
};

/* Of the account and contact of the place, all: by channel, the whole of it before its
 * lists. */
bool consent_each(struct db *db, const struct consent_place *place,
                  void (*each)(void *self, const struct consent_kept *kept), void *self,
                  struct error *error);

bool consent_ask(struct db *db, const struct consent_place *place,
                 enum consent_answer *answer, struct error *error);

#endif
