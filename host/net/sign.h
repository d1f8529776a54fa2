/* sign - puts the credential into a request: the last step before it leaves.
 *
 * The only code that touches the value of a secret on its way out. What it adds is never
 * logged and never in an error. One row per kind of credential, one room per larger kind.
 * Pure: time, nonce and token are given.
 */
#ifndef HOST_NET_SIGN_H
#define HOST_NET_SIGN_H

#include "base/message.h"

/* A request as it leaves, for the kinds that sign it. Every attempt has its own. */
struct signing {
    struct str method;
    struct str url;          /* absolute, as it is sent */
    struct str content_type; /* empty for none */
    struct str body;
    struct str base;   /* the address that the path of HMAC begins behind */
    struct str access; /* OAUTH2: the token in use */
    struct str nonce;  /* OAUTH1: never the same twice */
    int64_t time_s;    /* since 1970 */
};

/* Adds the header lines that `auth` asks for. Errors: IMH_BROKEN for a kind this version
 * does not know, IMH_DENIED for a secret that is missing or cannot stand in a header,
 * IMH_REJECTED when the head of the request is full or it has too much to sign. */
bool sign_request(const struct remote_auth *auth, const struct signing *signing,
                  struct text *headers, struct error *error);

/* For the rooms of the kinds. "Authorization: Bearer abc" as a line: IMH_DENIED unless the
 * value can stand in a header. */
bool sign_add_header(const struct remote_auth *auth, struct str name, const char *scheme,
                     struct str value, struct text *headers, struct error *error);

/* The options of `auth` called so in messages must have values. */
bool sign_need(const struct remote_auth *auth, const char *what, struct str value,
               struct error *error);

#endif
