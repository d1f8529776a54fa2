#include "net/http_url.h"

#include <curl/curl.h>

bool origin_eq(const struct origin *a, const struct origin *b)
{
    return a->port == b->port && strcmp(a->scheme, b->scheme) == 0 &&
           strcmp(a->host, b->host) == 0;
}

static bool is_absolute(struct str url)
{
    static const struct str schemes[] = {STR("http://"), STR("https://")};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (str_eq_nocase(str_before(url, schemes[i].len), schemes[i])) {
            return true;
        }
    }
    return false;
}

/* One part of the address into room of `bytes`; false when it is absent or too long. */
static bool take_part(CURLU *handle, CURLUPart part, unsigned flags, char *room,
                      size_t bytes)
{
    char *value = NULL;
    if (curl_url_get(handle, part, &value, flags) != CURLUE_OK) {
        return false;
    }
    struct str text = str_from(value);
    bool fits = text.len < bytes;
    if (fits) {
        memcpy(room, text.ptr, text.len + 1);
    }
    curl_free(value);
    return fits;
}

static bool has_part(CURLU *handle, CURLUPart part)
{
    char *value = NULL;
    bool there = curl_url_get(handle, part, &value, 0) == CURLUE_OK;
    curl_free(value);
    return there;
}

static bool take_origin(CURLU *handle, struct origin *origin, struct error *error)
{
    char port[8];
    int64_t number;
    memset(origin, 0, sizeof *origin);
    if (has_part(handle, CURLUPART_USER) || has_part(handle, CURLUPART_PASSWORD)) {
        return error_set(
            error, IMH_REJECTED,
            "the address has a user name in it; secrets have options of their own");
    }
    if (!take_part(handle, CURLUPART_SCHEME, 0, origin->scheme, sizeof origin->scheme) ||
        !take_part(handle, CURLUPART_HOST, 0, origin->host, sizeof origin->host) ||
        !take_part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT, port, sizeof port) ||
        !str_to_int64(str_from(port), 1, UINT16_MAX, &number)) {
        return error_set(error, IMH_REJECTED,
                         "the address has no server that can be reached");
    }
    for (char *at = origin->host; *at; at++) {
        *at = (char)(*at >= 'A' && *at <= 'Z' ? *at + ('a' - 'A') : *at);
    }
    origin->port = (uint16_t)number;
    return true;
}

/* `base` as a folder, then `url` without leading slashes. */
static void join(struct str base, struct str url, struct text *joined)
{
    text_add(joined, base);
    if (!str_ends(base, STR_OF("/"))) {
        text_add_char(joined, '/');
    }
    while (str_starts(url, STR_OF("/"))) {
        url = str_after(url, 1);
    }
    text_add(joined, url);
}

static bool parse(CURLU *handle, struct text *joined, struct text *absolute,
                  struct origin *origin, struct error *error)
{
    struct str text = text_str(joined);
    char *whole = NULL;
    if (!text_ok(joined, "the address", error)) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] <= 0x20 || text.ptr[i] == 0x7F) {
            return error_set(error, IMH_REJECTED,
                             "the address has a blank or control character in it");
        }
    }
    CURLUcode result =
        is_absolute(text) ? curl_url_set(handle, CURLUPART_URL, text.ptr, 0) : CURLUE_OK;
    if (result == CURLUE_BAD_PORT_NUMBER) {
        return error_set(error, IMH_REJECTED,
                         "the port of the address is no number from 1 to 65535");
    }
    if (!is_absolute(text) || result != CURLUE_OK) {
        return error_set(error, IMH_REJECTED, "not an http:// or https:// address");
    }
    if (!take_origin(handle, origin, error)) {
        return false;
    }
    (void)curl_url_set(handle, CURLUPART_FRAGMENT, NULL, 0);
    if (curl_url_get(handle, CURLUPART_URL, &whole, 0) != CURLUE_OK) {
        return error_set(error, IMH_RETRY, "no memory for an address");
    }
    text_add_cstr(absolute, whole);
    curl_free(whole);
    return text_ok(absolute, "the address", error);
}

bool url_resolve(struct str base, struct str url, struct text *absolute,
                 struct origin *origin, struct error *error)
{
    struct text joined;
    CURLU *handle = curl_url();
    if (!handle) {
        return error_set(error, IMH_RETRY, "no memory for an address");
    }
    text_init(&joined, URL_BYTES);
    if (is_absolute(url) || base.len == 0) {
        text_add(&joined, url);
    } else {
        join(base, url, &joined);
    }
    bool good = parse(handle, &joined, absolute, origin, error);
    text_done(&joined);
    curl_url_cleanup(handle);
    return good;
}
