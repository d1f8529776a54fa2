/* sign_oauth1 - OAuth 1.0a (RFC 5849), HMAC-SHA1 and HMAC-SHA256, with a token or without.
 */
#ifndef HOST_NET_SIGN_OAUTH1_H
#define HOST_NET_SIGN_OAUTH1_H

#include "net/sign.h"

/* Adds the Authorization header. */
bool sign_oauth1(const struct remote_auth *auth, const struct signing *signing,
                 struct text *headers, struct error *error);

#endif
