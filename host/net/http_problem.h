/* http_problem - why no answer came: libcurl's reasons in words for people, with the remedy
 * where there is one.
 */
#ifndef HOST_NET_HTTP_PROBLEM_H
#define HOST_NET_HTTP_PROBLEM_H

#include <curl/curl.h>

#include "base/error.h"

/* How the exchange ended: `result`, libcurl's own words in `detail`, "" for none.
 * `has_head`: the whole head of an answer came. Writes a sentence and says what it means
 * for a request that may be repeated. */
imh_status http_problem(CURL *easy, CURLcode result, bool has_head, const char *detail,
                        char *room, size_t bytes);

#endif
