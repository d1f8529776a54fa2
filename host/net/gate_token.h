/* gate_token - the OAuth 2 tokens of a remote, kept fresh for all its queries.
 *
 * Private to the gate. However many queries want a token, one question is under way for
 * each credential. It is asked before the token's end, while the old one is still used;
 * after a failure there is a pause, in which the failure is the answer. A token that was
 * refused is renewed once; when the new one is refused as well, the refusal is believed
 * for a while. A new refresh token is told to the supervisor.
 */
#ifndef HOST_NET_GATE_TOKEN_H
#define HOST_NET_GATE_TOKEN_H

#include "base/message.h"

enum {
    TOKEN_MARGIN_MS = 60000,    /* asked anew so long before its end, at most a fifth */
    TOKEN_REST_MOST_MS = 60000, /* longest pause after failures */
    TOKEN_BELIEVE_MS = 60000    /* refusals of a renewed token are believed so long */
};

struct gate;
struct gate_remote;
struct gate_token;

/* A token as a query uses it; lent until the gate waits again. */
struct token {
    uint64_t number; /* another one for every token */
    struct str access;
    struct str base; /* where requests with it go; empty: to the remote's first address */
};

enum token_state { TOKEN_READY, TOKEN_COMING, TOKEN_NONE };

/* TOKEN_COMING: ask again after the next exchange has ended. TOKEN_NONE: and why. */
enum token_state token_get(struct gate *gate, struct gate_remote *remote,
                           const struct remote_auth *auth, int64_t now_ms,
                           struct token *token, struct error *error);

/* The remote answered 401 to token `number`. May the query go out again with another? */
bool token_refused(struct gate_remote *remote, struct str name, uint64_t number,
                   int64_t now_ms);

/* ... and refused the new one as well. */
void token_doubt(struct gate_remote *remote, struct str name, int64_t now_ms);

/* The remote has new settings: the tokens of credentials that changed are forgotten. */
void token_settle(struct gate_remote *remote, const struct remote *settings);

void token_free_all(struct gate_remote *remote);

#endif
