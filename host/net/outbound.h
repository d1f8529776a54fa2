/* outbound - which addresses an integration may reach, and with which credential.
 *
 * A request leaves only to the origin (scheme, host, port) of an address in the
 * integration's own URL options; so a template, a webhook or a plugin cannot aim elsewhere,
 * and a credential never goes to another server.
 */
#ifndef HOST_NET_OUTBOUND_H
#define HOST_NET_OUTBOUND_H

#include "base/message.h"
#include "net/http_url.h"

/* The absolute address of a request of this remote. Errors: IMH_REJECTED with the reason.
 */
bool outbound_resolve(const struct remote *remote, struct str url, struct text *absolute,
                      struct error *error);

/* The credential called `name`; NULL when there is none. */
const struct remote_auth *outbound_auth(const struct remote *remote, struct str name);

/* JSON object of headers as lines "Name: value\n". Refuses what could begin another header
 * and headers that are not the plugin's to set. */
bool outbound_headers(struct str json, struct arena *arena, struct text *lines,
                      struct error *error);

#endif
