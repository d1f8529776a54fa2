#include "net/http_status.h"

#include <stdio.h>
#include <time.h>

#include <curl/curl.h>

#include "base/json.h"

/* Takes one header off the front; false at the end. Folded lines do not exist any more:
 * what begins with a blank is no header. */
static bool next_header(struct str *headers, struct str *name, struct str *value)
{
    struct str line;
    while (headers->len > 0 && str_split(headers, '\n', &line)) {
        size_t colon = str_find_char(line, ':');
        if (colon > 0 && colon < line.len && line.ptr[0] != ' ' && line.ptr[0] != '\t') {
            *name = str_trim(str_before(line, colon));
            *value = str_trim(str_after(line, colon + 1));
            return true;
        }
    }
    return false;
}

static bool is_digits(struct str value)
{
    size_t digits = 0;
    while (digits < value.len && value.ptr[digits] >= '0' && value.ptr[digits] <= '9') {
        digits++;
    }
    return value.len > 0 && digits == value.len;
}

/* Seconds, however many, or a date; false for anything else. */
static bool read_retry_after(struct str value, int64_t *after_s)
{
    char date[64];
    if (str_to_int64(value, 0, INT64_MAX, after_s)) {
        return true;
    }
    if (is_digits(value)) {
        *after_s = INT64_MAX;
        return true;
    }
    if (value.len == 0 || value.len >= sizeof date) {
        return false;
    }
    memcpy(date, value.ptr, value.len);
    date[value.len] = '\0';
    time_t when = curl_getdate(date, NULL);
    *after_s = when - time(NULL);
    return when != -1;
}

static bool find_retry_after(struct str headers, uint32_t *after_s)
{
    struct str name;
    struct str value;
    while (next_header(&headers, &name, &value)) {
        int64_t seconds;
        if (str_eq_nocase(name, STR_OF("retry-after")) &&
            read_retry_after(value, &seconds)) {
            seconds = seconds < RETRY_AFTER_LEAST_S ? RETRY_AFTER_LEAST_S : seconds;
            seconds = seconds > RETRY_AFTER_MOST_S ? RETRY_AFTER_MOST_S : seconds;
            *after_s = (uint32_t)seconds;
            return true;
        }
    }
    return false;
}

static imh_status status_of(uint32_t code)
{
    static const struct {
        uint32_t code;
        imh_status status;
    } exact[] = {{404, IMH_MISSING}, {410, IMH_MISSING},  {429, IMH_WAIT},
                 {408, IMH_RETRY},   {425, IMH_RETRY},    {401, IMH_DENIED},
                 {403, IMH_DENIED},  {413, IMH_TOO_LARGE}};
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++) {
        if (exact[i].code == code) {
            return exact[i].status;
        }
    }
    return code >= 500 ? IMH_RETRY : IMH_REJECTED;
}

imh_status http_status(uint32_t code, struct str headers, uint32_t *after_s)
{
    *after_s = 0;
    if (code >= 200 && code < 300) {
        return IMH_OK;
    }
    imh_status status = status_of(code);
    /* A firewall that has had enough says 403, and for how long. */
    bool passes = status == IMH_RETRY || status == IMH_WAIT || code == 403;
    return passes && find_retry_after(headers, after_s) ? IMH_WAIT : status;
}

const char *http_status_text(uint32_t code, char *room, size_t bytes)
{
    static const struct {
        uint32_t code;
        const char *text;
    } known[] = {{301, "Moved Permanently"},  {302, "Found"},
                 {303, "See Other"},          {304, "Not Modified"},
                 {307, "Temporary Redirect"}, {308, "Permanent Redirect"},
                 {400, "Bad Request"},        {401, "Unauthorized"},
                 {403, "Forbidden"},          {404, "Not Found"},
                 {405, "Method Not Allowed"}, {410, "Gone"},
                 {413, "Content Too Large"},  {414, "URI Too Long"},
                 {429, "Too Many Requests"},  {500, "Internal Server Error"},
                 {502, "Bad Gateway"},        {503, "Service Unavailable"},
                 {504, "Gateway Timeout"}};
    const char *text = "";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        text = known[i].code == code ? known[i].text : text;
    }
    (void)snprintf(room, bytes, "%u%s%s%s", code, *text ? " " : "", text,
                   code >= 300 && code < 400 && code != 304
                       ? ": a redirect is not followed; configure the "
                         "address it leads to"
                       : "");
    return room;
}

static bool same_name(struct str a, struct str b)
{
    return str_eq_nocase(a, b);
}

/* Did an earlier line have this name? `until` is where this one begins. */
static bool came_before(struct str headers, const char *until, struct str wanted)
{
    struct str name;
    struct str value;
    while (next_header(&headers, &name, &value) && name.ptr < until) {
        if (same_name(name, wanted)) {
            return true;
        }
    }
    return false;
}

static void add_values(struct str headers, struct str wanted, struct text *joined)
{
    struct str name;
    struct str value;
    while (next_header(&headers, &name, &value)) {
        if (same_name(name, wanted)) {
            text_add(joined, joined->len > 0 ? STR_OF(", ") : STR_OF(""));
            text_add(joined, value);
        }
    }
}

static void add_lower(struct text *out, struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        text_add_char(out, (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c));
    }
}

void http_headers_to_json(struct str headers, struct text *json)
{
    enum { HEADERS_MOST = 200 };
    struct str rest = headers;
    struct str name;
    struct str value;
    struct text part;
    unsigned count = 0;
    text_init(&part, headers.len + 1);
    text_add_char(json, '{');
    while (count < HEADERS_MOST && next_header(&rest, &name, &value)) {
        if (came_before(headers, name.ptr, name)) {
            continue;
        }
        text_add_cstr(json, count++ ? "," : "");
        text_clear(&part);
        add_lower(&part, name);
        json_add_string(json, text_str(&part));
        text_add_char(json, ':');
        text_clear(&part);
        add_values(headers, name, &part);
        json_add_string(json, text_str(&part));
    }
    text_add_char(json, '}');
    text_done(&part);
}
