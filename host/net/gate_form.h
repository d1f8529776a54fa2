/* gate_form - which form of OAuth 1.0a a remote wants, learned from its refusals.
 *
 * Private to the gate. Magento computes signatures otherwise since 2.4.8 and does not tell
 * its version. The plugin says with which words its remote refuses a signature
 * (imh_auth.message): then the other form is tried, once, and kept if it was the right one.
 * When both are refused the secrets are wrong: that is believed for a while.
 */
#ifndef HOST_NET_GATE_FORM_H
#define HOST_NET_GATE_FORM_H

#include "base/message.h"

enum { FORM_BELIEVE_MS = 60000 };

struct gate_remote;
struct gate_form;

/* The form to sign in: what was learned, else the credential's own. */
uint32_t form_find(const struct gate_remote *remote, const struct remote_auth *auth);

/* Is this answer a refusal of the signature in the plugin's words? */
bool form_is_refusal(const struct remote_auth *auth, uint32_t code, struct str body);

/* `*variant` was refused. Is another one worth trying now? Which: the one that was learned
 * since, or the other of the two. */
bool form_other(const struct gate_remote *remote, const struct remote_auth *auth,
                int64_t now_ms, uint32_t *variant);

/* The other form was tried: it was the right one, or was refused as well. */
void form_learn(struct gate_remote *remote, const struct remote_auth *auth,
                uint32_t variant, bool refused, int64_t now_ms);

void form_free_all(struct gate_remote *remote);

#endif
