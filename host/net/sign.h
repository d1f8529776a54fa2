/* sign - puts the credential into a request: the last step before it leaves.
 *
 * The only code that touches the value of a secret on its way out. What it adds is never
 * logged and never in an error.
 */
#ifndef HOST_NET_SIGN_H
#define HOST_NET_SIGN_H

#include "base/message.h"

/* Adds the header lines that `auth` asks for. Errors: IMH_BROKEN for a kind this version
 * does not know, IMH_DENIED for a secret that cannot stand in a header, IMH_REJECTED when
 * the head of the request is full. */
bool sign_request(const struct remote_auth *auth, struct text *headers,
                  struct error *error);

#endif
