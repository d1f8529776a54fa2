/* gate_send - a query as it leaves: address, head, body, secrets and signature.
 *
 * Private to the gate. Everything is made anew for each attempt.
 */
#ifndef HOST_NET_GATE_SEND_H
#define HOST_NET_GATE_SEND_H

#include "net/gate_query.h"

/* Starts the query's exchange; `token` is that of its credential, or NULL. What must not
 * come back is in query->redact afterwards. */
bool query_send(struct query *query, const struct token *token,
                void (*done)(void *self, const struct http_reply *reply),
                struct error *error);

#endif
