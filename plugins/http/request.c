#include "request.h"

#include <imh/json.h>

#include "words.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What the arguments say; `ptr` is NULL for what they do not. */
struct wanted {
    imh_str method, path, headers, json, text, content_type;
};

static struct wanted read_args(imh_call *call, imh_str args)
{
    struct wanted wanted = {{NULL, 0}, {NULL, 0}, {NULL, 0},
                            {NULL, 0}, {NULL, 0}, {NULL, 0}};
    const struct {
        const char *name;
        imh_str *to;
    } texts[] = {{"method", &wanted.method},
                 {"path", &wanted.path},
                 {"headers", &wanted.headers},
                 {"text", &wanted.text},
                 {"content_type", &wanted.content_type}};
    const imh_item *items;
    uint32_t count = call->host->json_items(call, args, &items);
    for (uint32_t i = 0; i < count; i++) {
        if (words_same(items[i].key, "json")) {
            wanted.json = items[i].json;
        }
        for (size_t j = 0; j < COUNT(texts); j++) {
            if (words_same(items[i].key, texts[j].name)) {
                *texts[j].to = items[i].value;
            }
        }
    }
    return wanted;
}

/* ---- the address ---- */

/* "." and "..", also as "%2e%2E": they would lead out of the configured address. */
static int is_dots(imh_str segment)
{
    unsigned dots = 0;
    for (size_t i = 0; i < segment.len; dots++) {
        imh_str rest = {segment.ptr + i, 3};
        int coded = segment.len - i >= 3 && words_same(rest, "%2e");
        if (!coded && segment.ptr[i] != '.') {
            return 0;
        }
        i += coded ? 3 : 1;
    }
    return dots == 1 || dots == 2;
}

static int has_dots(imh_str path)
{
    imh_str segment = {path.ptr, 0};
    for (size_t i = 0; i < path.len; i++) {
        if (path.ptr[i] == '/' || path.ptr[i] == '?') {
            if (is_dots(segment) || path.ptr[i] == '?') {
                return is_dots(segment);
            }
            segment.ptr = path.ptr + i + 1;
            segment.len = 0;
        } else {
            segment.len++;
        }
    }
    return is_dots(segment);
}

static int has_bad_byte(imh_str path)
{
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.ptr[i];
        if (c <= ' ' || c == 0x7F || c == '\\' || c == '#') {
            return 1;
        }
    }
    return 0;
}

/* "https:..." and "//host/..." name a server. */
static int names_a_server(imh_str path)
{
    size_t i = 0;
    while (i < path.len && !strchr("/?:", path.ptr[i])) {
        i++;
    }
    return (i < path.len && path.ptr[i] == ':') ||
           (path.len > 1 && path.ptr[0] == '/' && path.ptr[1] == '/');
}

/* Without a path it is the configured address to the letter: nothing is put behind it. */
static imh_status make_url(imh_call *call, imh_str path, imh_str *url)
{
    imh_str base = call->host->option(call, "url");
    if (names_a_server(path)) {
        return imh_fail(call, IMH_REJECTED,
                        "path: it is below `url`, and names no server of its own");
    }
    if (has_bad_byte(path) || has_dots(path)) {
        return imh_fail(call, IMH_REJECTED,
                        "path: blanks, \\, # and the steps . and .. cannot stand in it; "
                        "escape what is meant as text");
    }
    if (path.len > 0 && strpbrk(base.ptr, "?#")) {
        return imh_fail(call, IMH_REJECTED,
                        "path: `url` has a query, so that nothing can be below it");
    }
    *url = path.len == 0        ? base
           : path.ptr[0] == '?' ? imh_print(call, "%s%s", base.ptr, path.ptr)
                                : path;
    return IMH_OK;
}

/* ---- the headers ---- */

/* Of the connection, of the host, and of what the configuration says. */
static int is_reserved(imh_call *call, imh_str name)
{
    static const char *const names[] = {
        "host",
        "authorization",
        "content-length",
        "content-type",
        "connection",
        "proxy-connection",
        "keep-alive",
        "transfer-encoding",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "x-request-id",
        "proxy-authorization",
        "proxy-authenticate",
        "idempotency-key",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    };
    for (size_t i = 0; i < COUNT(names); i++) {
        if (words_same(name, names[i])) {
            return 1;
        }
    }
    imh_str own = call->host->option(call, "header");
    return own.len > 0 && words_same(name, own.ptr);
}

static imh_status add_wanted(imh_call *call, imh_str headers, imh_json *json)
{
    const imh_item *items;
    uint32_t count =
        headers.ptr ? call->host->json_items(call, headers, &items) : (uint32_t)0;
    for (uint32_t i = 0; i < count; i++) {
        if (words_same(items[i].key, "content-type")) {
            return imh_fail(call, IMH_REJECTED,
                            "headers: use the argument content_type for '%s'",
                            items[i].key.ptr);
        }
        if (is_reserved(call, items[i].key)) {
            return imh_fail(call, IMH_REJECTED, "headers: '%.60s' is not yours to set",
                            items[i].key.ptr);
        }
        imh_json_name(json, items[i].key);
        imh_json_raw(json, items[i].json);
    }
    return IMH_OK;
}

static void add_text(imh_json *json, const char *name, imh_str value)
{
    if (value.len > 0) {
        imh_json_key(json, name);
        imh_json_text(json, value);
    }
}

/* ---- the credential ---- */

/* The secret stands for itself in a header that the configuration names. */
static imh_status add_key(imh_call *call, imh_str key, imh_json *json)
{
    imh_str stand_in;
    imh_str name = call->host->option(call, "header");
    imh_status status = call->host->secret(call, "key", &stand_in);
    (void)key;
    if (status == IMH_OK) {
        imh_json_name(json, name);
        imh_json_text(json, stand_in);
    }
    return status;
}

/* A receiver refuses what is old: each attempt has its own time, and the same id. */
static imh_status add_stamp(imh_call *call, imh_str key, imh_json *json)
{
    add_text(json, "webhook-id", key);
    add_text(json, "webhook-timestamp",
             imh_print(call, "%" PRId64, call->host->now_ms(call) / 1000));
    return IMH_OK;
}

static const struct way {
    const char *name;
    const char *auth; /* of the request */
    imh_status (*add)(imh_call *call, imh_str key, imh_json *json);
} ways[] = {
    {"none", NULL, NULL},
    {"bearer", "token", NULL},
    {"basic", "basic", NULL},
    {"header", NULL, add_key},
    {"signature", "signature", add_stamp},
};

static const struct way *way_of(imh_call *call)
{
    imh_str auth = call->host->option(call, "auth");
    size_t i = COUNT(ways) - 1;
    while (i > 0 && !words_same(auth, ways[i].name)) {
        i--;
    }
    return &ways[i];
}

/* Name and credential; what else there is comes between the two. */
static imh_status add_credential(imh_call *call, imh_str key, imh_json *json,
                                 imh_request *request)
{
    const struct way *way = way_of(call);
    request->auth = way->auth;
    return way->add ? way->add(call, key, json) : IMH_OK;
}

/* ---- all of it ---- */

static imh_status choose_body(imh_call *call, const struct wanted *wanted,
                              imh_request *request, imh_str *content_type)
{
    int has_json = wanted->json.ptr != NULL;
    int has_text = wanted->text.ptr != NULL;
    if (has_json && has_text) {
        return imh_fail(call, IMH_REJECTED, "json and text are both the body: give one");
    }
    if ((has_json || has_text) && strcmp(request->method, "GET") == 0) {
        return imh_fail(call, IMH_REJECTED, "method: GET has no body");
    }
    request->body = has_json ? wanted->json : has_text ? wanted->text : imh_text("");
    *content_type = wanted->content_type.ptr ? wanted->content_type
                    : has_json               ? imh_text("application/json")
                    : has_text               ? imh_text("text/plain; charset=utf-8")
                                             : imh_text("");
    return IMH_OK;
}

static imh_request blank(imh_call *call)
{
    imh_request request;
    memset(&request, 0, sizeof request);
    request.size = sizeof request;
    request.headers = request.body = imh_text("");
    request.url = call->host->option(call, "url");
    return request;
}

imh_status request_make(imh_call *call, imh_str args, imh_str key, imh_request *request)
{
    struct wanted wanted = read_args(call, args);
    imh_str content_type = {"", 0};
    imh_json headers = imh_json_begin(call);
    *request = blank(call);
    request->method = wanted.method.ptr ? wanted.method.ptr : "POST";
    if (words_same(call->host->option(call, "idempotent"), "1")) {
        request->flags = IMH_REPEATABLE;
    }
    imh_status status =
        make_url(call, wanted.path.ptr ? wanted.path : imh_text(""), &request->url);
    status = status ? status : choose_body(call, &wanted, request, &content_type);
    if (status != IMH_OK) {
        return status;
    }
    imh_json_open(&headers, '{');
    add_text(&headers, "Idempotency-Key", key);
    add_text(&headers, "Content-Type", content_type);
    status = add_wanted(call, wanted.headers, &headers);
    status = status ? status : add_credential(call, key, &headers, request);
    imh_json_close(&headers, '}');
    request->headers = imh_json_str(&headers);
    return status;
}

imh_status request_probe(imh_call *call, imh_request *request)
{
    imh_json headers = imh_json_begin(call);
    imh_str key = imh_print(call, "check-%" PRId64, call->host->now_ms(call));
    *request = blank(call);
    request->method = "HEAD";
    imh_json_open(&headers, '{');
    imh_status status = add_credential(call, key, &headers, request);
    imh_json_close(&headers, '}');
    request->headers = imh_json_str(&headers);
    return status;
}
