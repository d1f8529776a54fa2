#include "net/http_problem.h"

#include <stdio.h>

#include "base/str.h"

/* OpenSSL's numbers for an issuer that nobody knows: here an authority can be named. */
enum { SELF_SIGNED = 18, SELF_SIGNED_ABOVE = 19, NO_ISSUER = 20, NO_ISSUER_FIRST = 21 };

static bool is_unknown_issuer(CURL *easy)
{
    long verdict = 0;
    (void)curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verdict);
    return verdict >= SELF_SIGNED && verdict <= NO_ISSUER_FIRST;
}

/* A line of a head that is longer than libcurl takes is no memory, to libcurl. */
static bool is_head_too_long(CURL *easy, CURLcode result, bool has_head)
{
    curl_off_t first_byte = 0;
    (void)curl_easy_getinfo(easy, CURLINFO_STARTTRANSFER_TIME_T, &first_byte);
    return result == CURLE_OUT_OF_MEMORY && first_byte > 0 && !has_head;
}

/* What is put before libcurl's words. */
static const struct {
    CURLcode result;
    imh_status status;
    const char *what;
} known[] = {
    {CURLE_URL_MALFORMAT, IMH_REJECTED, "the address cannot be used"},
    {CURLE_UNSUPPORTED_PROTOCOL, IMH_RETRY, "the answer is no HTTP"},
    {CURLE_WEIRD_SERVER_REPLY, IMH_RETRY, "the answer is no HTTP"},
    {CURLE_BAD_CONTENT_ENCODING, IMH_RETRY, "the answer cannot be unpacked"},
    {CURLE_PEER_FAILED_VERIFICATION, IMH_RETRY, "the certificate is refused"},
    {CURLE_SSL_CONNECT_ERROR, IMH_RETRY, "no secure connection"},
    {CURLE_SSL_CACERT_BADFILE, IMH_REJECTED, "'ca_file' cannot be used"},
};

/* "OpenSSL/3.0.19: error:0A00010B:SSL routines::wrong version number": the end of it. */
static struct str without_numbers(struct str detail)
{
    static const struct str mark = STR("::");
    size_t at = str_find(detail, mark, 0);
    return str_trim(at < detail.len ? str_after(detail, at + mark.len) : detail);
}

imh_status http_problem(CURL *easy, CURLcode result, bool has_head, const char *detail,
                        char *room, size_t bytes)
{
    const char *what = "";
    imh_status status = IMH_RETRY;
    detail = *detail ? detail : curl_easy_strerror(result);
    if (result == CURLE_OK) {
        (void)snprintf(room, bytes, "the answer breaks off in its headers");
        return IMH_RETRY;
    }
    if (is_head_too_long(easy, result, has_head)) {
        (void)snprintf(room, bytes, "the answer has more than 64 KiB of headers");
        return IMH_REJECTED;
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].result == result) {
            what = known[i].what;
            status = known[i].status;
        }
    }
    bool own = result == CURLE_PEER_FAILED_VERIFICATION && is_unknown_issuer(easy);
    (void)snprintf(room, bytes, "%s%s%.*s%s", what, *what ? ": " : "",
                   STR_ARGS(without_numbers(str_from(detail))),
                   own ? ": 'ca_file' names an authority of your own to trust" : "");
    return status;
}
