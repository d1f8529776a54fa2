#include "net/trust.h"

#include <string.h>

bool trust_set(CURL *easy, struct str ca)
{
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    (void)curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (ca.len == 0) {
        return true;
    }
    struct curl_blob blob = {.len = ca.len, .flags = CURL_BLOB_COPY};
    memcpy(&blob.data, &ca.ptr, sizeof blob.data); /* not written to, but not const */
    return curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK;
}
