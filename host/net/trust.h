/* trust - which certificates count: those of the system, or an integration's own
 * authorities alone. Always checked, with the name; TLS 1.2 at least.
 */
#ifndef HOST_NET_TRUST_H
#define HOST_NET_TRUST_H

#include <curl/curl.h>

#include "base/str.h"

/* `ca`: PEM; empty: the system's. libcurl copies it, and compares it before it uses a
 * connection again. */
bool trust_set(CURL *easy, struct str ca);

#endif
