/* sign_header - a header with a digest over parts of the request, as imh_auth.message and
 * imh_auth.value describe it. For EspoCRM:
 *
 *     header   X-Hmac-Authorization
 *     message  {method} /{path}
 *     value    base64({user}:{raw})
 *
 * For Standard Webhooks, with a key in base64:
 *
 *     header   webhook-signature
 *     message  {header.webhook-id}.{header.webhook-timestamp}.{body}
 *     value    v1,{base64}
 */
#ifndef HOST_NET_SIGN_HEADER_H
#define HOST_NET_SIGN_HEADER_H

#include "net/sign.h"

/* Adds the header; {header.NAME} are those in `headers` before. Errors: IMH_BROKEN for a
 * place holder that is not known, IMH_DENIED for a key that is no base64. */
bool sign_hmac_header(const struct remote_auth *auth, const struct signing *signing,
                      struct text *headers, struct error *error);

#endif
