/* sign_oauth2 - what is said to a token server (RFC 6749, RFC 7523) and what it says.
 *
 * Pure. Its answers are hostile: judged by size, type and every byte that goes into a
 * header later.
 */
#ifndef HOST_NET_SIGN_OAUTH2_H
#define HOST_NET_SIGN_OAUTH2_H

#include "base/arena.h"
#include "base/message.h"

enum {
    OAUTH2_BODY_BYTES = 64 << 10,  /* of a question, and of an answer */
    OAUTH2_TOKEN_BYTES = 16 << 10, /* longest token */
    OAUTH2_LIFE_LEAST_S = 1,       /* a token that is said to live shorter */
    OAUTH2_LIFE_MOST_S = 366 * 86400
};

/* A question, always a POST. */
struct oauth2_question {
    struct text headers; /* lines */
    struct text body;    /* a form */
};

void oauth2_question_init(struct oauth2_question *question);
void oauth2_question_done(struct oauth2_question *question);

/* Asks by the credential's grant; by `refresh`, a refresh token, when there is one. `url`
 * is where the question goes, and the audience of an assertion that names none. Errors:
 * IMH_DENIED for what is not configured or no key. */
bool oauth2_ask(const struct remote_auth *auth, struct str refresh, struct str url,
                int64_t time_s, struct oauth2_question *question, struct error *error);

struct oauth2_answer {
    struct str access;
    struct str refresh; /* a new refresh token; empty when there is none */
    struct str base;    /* as it stands in the answer; empty unless `auth` asks for it */
    int64_t life_s;     /* -1: it does not say */
};

/* Reads an answer of status `code`; `arena` is for its texts. Errors: IMH_DENIED when the
 * server refuses the credential, IMH_REJECTED for what is no answer of a token server. */
bool oauth2_read(const struct remote_auth *auth, uint32_t code, struct str body,
                 struct arena *arena, struct oauth2_answer *answer, struct error *error);

#endif
