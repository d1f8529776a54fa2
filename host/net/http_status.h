/* http_status - what an answer means for the work at hand.
 *
 * 2xx OK; 404, 410 MISSING; 429 WAIT; 408, 425, 5xx RETRY; 401, 403 DENIED; everything
 * else REJECTED. What passes (403, 408, 425, 5xx) is WAIT when Retry-After says for how
 * long. Pure, but for the calendar when Retry-After is a date.
 */
#ifndef HOST_NET_HTTP_STATUS_H
#define HOST_NET_HTTP_STATUS_H

#include "base/text.h"

/* Shortest and longest rest a remote can ask for. */
enum { RETRY_AFTER_LEAST_S = 1, RETRY_AFTER_MOST_S = 86400 };

/* `headers` as they came: lines that end in CR LF. `after_s` is 0 but with IMH_WAIT. */
imh_status http_status(uint32_t code, struct str headers, uint32_t *after_s);

/* "404 Not Found"; in `room`. */
const char *http_status_text(uint32_t code, char *room, size_t bytes);

/* A JSON object, names in lower case, repeated ones joined by ", ". */
void http_headers_to_json(struct str headers, struct text *json);

#endif
