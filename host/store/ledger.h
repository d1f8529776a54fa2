/* ledger - which record of each secret of an account is the newest, as bytes.
 *
 * A sealed record that somebody puts back in its own place after the secret was changed
 * still opens. The ledger of its account, itself sealed, has the nonce of the newest one:
 * no two records share theirs. Pure: no clock, no globals.
 */
#ifndef HOST_STORE_LEDGER_H
#define HOST_STORE_LEDGER_H

#include "base/text.h"
#include "store/seal.h"

/* The nonce that is noted for the place; empty when there is none. Lent by the ledger. */
struct str ledger_nonce(struct str ledger, const struct seal_place *place);

/* Writes the ledger with this nonce for the place, instead of the one before. */
void ledger_note(struct text *out, struct str ledger, const struct seal_place *place,
                 struct str nonce);

#endif
