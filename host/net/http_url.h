/* http_url - addresses: taken apart, put together, compared. By libcurl's own parser, so
 * that what is checked is what is connected to.
 *
 * Only http and https; no user name or password inside, no fragment is sent.
 */
#ifndef HOST_NET_HTTP_URL_H
#define HOST_NET_HTTP_URL_H

#include "base/text.h"

enum { URL_BYTES = 16 << 10 }; /* longest address */

/* Who is meant: two addresses with equal origins are the same server. */
struct origin {
    char scheme[8];
    char host[256]; /* lower case */
    uint16_t port;
};

bool origin_eq(const struct origin *a, const struct origin *b);

/* The absolute address of `url`, which may be relative to `base`, and its origin. Relative
 * ones are joined below the base's path, whether it ends in a slash or not. */
bool url_resolve(struct str base, struct str url, struct text *absolute,
                 struct origin *origin, struct error *error);

#endif
