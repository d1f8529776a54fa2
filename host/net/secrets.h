/* secrets - puts the secrets of an integration where its plugin put stand-ins for them
 * (base/stand_in.h), escaped for the place so that no secret can break out of it.
 */
#ifndef HOST_NET_SECRETS_H
#define HOST_NET_SECRETS_H

#include "base/message.h"
#include "net/redact.h"

/* Where a request may take secrets from, and what to remember of them. */
struct secrets {
    const struct remote *remote;
    struct str ticket; /* of the call: stand-ins of another one are plain text */
    bool allowed;      /* the request goes to an address of the integration itself */
    struct redact *redact;
    struct arena *arena; /* of `redact` */
};

/* Each adds the text to `out` with the secrets in it. Errors: IMH_BROKEN for a name that
 * is no secret option or a place that has no escapes, IMH_DENIED for a secret that has no
 * value or cannot stand there, IMH_REJECTED when the request goes elsewhere or grows too
 * large. */
bool secrets_fill_url(const struct secrets *secrets, struct str url, struct text *out,
                      struct error *error);

/* Lines "Name: value\n"; only values are looked at. */
bool secrets_fill_headers(const struct secrets *secrets, struct str lines, struct text *out,
                          struct error *error);

/* By the content type: JSON, XML, a form (also when it is empty). */
bool secrets_fill_body(const struct secrets *secrets, struct str content_type,
                       struct str body, struct text *out, struct error *error);

/* Is there something to fill in? */
bool secrets_has(const struct secrets *secrets, struct str text);

#endif
