#include "outcome.h"

#include <imh/json.h>

#include "words.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum {
    BODY_BYTES = 16 << 10,   /* of an answer that is kept */
    QUOTED_BYTES = 56 << 10, /* as a JSON string: a result has 64 KiB for all */
    WORDS_BYTES = 120,       /* of the remote's, in a sentence */
    KIND_BYTES = 60          /* of the word in front of it */
};

/* ---- words of the remote ---- */

/* Where APIs say what is wrong: RFC 9457 and what others made of it. */
static imh_str words_in(imh_call *call, imh_str body)
{
    static const char *const places[] = {
        "/detail", "/message", "/error/message",   "/error_description",
        "/error",  "/title",   "/errors/0/message"};
    for (size_t i = 0; i < COUNT(places); i++) {
        if (call->host->json_type(call, body, imh_text(places[i])) == IMH_JSON_STRING) {
            return imh_at(call, body, places[i]);
        }
    }
    return body;
}

/* What the remote calls it, for programs: as it is. */
static imh_str kind_in(imh_call *call, imh_str body)
{
    static const char *const places[] = {"/errorType", "/error/type", "/error/code",
                                         "/code",      "/error_code", "/errors/0/code"};
    for (size_t i = 0; i < COUNT(places); i++) {
        if (call->host->json_type(call, body, imh_text(places[i])) == IMH_JSON_STRING) {
            return words_cut(imh_at(call, body, places[i]), KIND_BYTES);
        }
    }
    return imh_text("");
}

/* Short and in one line; a page for browsers says nothing. */
static imh_str remote_words(imh_call *call, const imh_reply *reply)
{
    imh_str kind = kind_in(call, reply->body);
    imh_str words = words_cut(words_in(call, reply->body), WORDS_BYTES);
    words = kind.len > 0 ? imh_print(call, "%.*s: %.*s", (int)kind.len, kind.ptr,
                                     (int)words.len, words.ptr)
                         : words;
    char *line = call->host->alloc(call, words.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < words.len; i++) {
        unsigned char c = (unsigned char)words.ptr[i];
        int blank = c <= ' ' || c == 0x7F;
        if (!blank || (len > 0 && line[len - 1] != ' ')) {
            line[len++] = blank ? ' ' : (char)c;
        }
    }
    len -= len > 0 && line[len - 1] == ' ';
    line[len] = '\0';
    imh_str kept = {line, len};
    return len > 0 && line[0] == '<' ? imh_text("") : kept;
}

imh_status outcome_tell(imh_call *call, imh_status status, const imh_reply *reply)
{
    imh_str words = remote_words(call, reply);
    imh_str said =
        imh_print(call, "%s%s%s", reply->text.ptr, words.len > 0 ? ": " : "", words.ptr);
    return call->host->fail(call, status, reply->after_s, said);
}

/* ---- what was done ---- */

static int is_json(imh_call *call, imh_str content_type, imh_str body)
{
    return (content_type.len == 0 || words_contain(content_type, "json")) &&
           call->host->json_type(call, body, imh_text("")) != IMH_JSON_NONE;
}

/* A text that fits, whatever it costs to write it as JSON. */
static imh_str quote(imh_call *call, imh_str body, int *cut)
{
    imh_str kept = words_cut(body, BODY_BYTES);
    imh_str quoted = call->host->json_quote(call, kept);
    while (quoted.len > QUOTED_BYTES) {
        kept = words_cut(kept, kept.len / 2);
        quoted = call->host->json_quote(call, kept);
    }
    *cut = kept.len < body.len;
    return quoted;
}

static imh_str result_of(imh_call *call, const imh_reply *reply, int as_json)
{
    imh_json json = imh_json_begin(call);
    imh_str content_type = imh_at(call, reply->headers, "/content-type");
    int cut = 0;
    imh_str body = as_json ? reply->body : quote(call, reply->body, &cut);
    imh_json_open(&json, '{');
    imh_json_key(&json, "code");
    imh_json_raw(&json, imh_print(call, "%" PRIu32, reply->code));
    imh_json_key(&json, "content_type");
    imh_json_text(&json, words_cut(content_type, WORDS_BYTES));
    imh_json_key(&json, "body");
    imh_json_raw(&json, body);
    if (cut) {
        imh_json_key(&json, "cut");
        imh_json_raw(&json, imh_text("true"));
    }
    imh_json_close(&json, '}');
    return imh_json_str(&json);
}

/* The call was made: that its answer cannot be kept as JSON does not undo it. */
static imh_status give_result(imh_call *call, const imh_reply *reply)
{
    imh_str content_type = imh_at(call, reply->headers, "/content-type");
    if (reply->body.len > 0 && reply->body.len <= BODY_BYTES &&
        is_json(call, content_type, reply->body) &&
        imh_result(call, result_of(call, reply, 1)) == IMH_OK) {
        return IMH_OK;
    }
    return imh_result(call, result_of(call, reply, 0));
}

/* ---- what it means ---- */

imh_status outcome_of(imh_call *call, imh_status status, const imh_reply *reply)
{
    if (status == IMH_OK) {
        return give_result(call, reply);
    }
    if (reply->code == 0) {
        return status; /* nobody answered, and why was said */
    }
    imh_str place = imh_at(call, reply->headers, "/location");
    if (reply->code >= 300 && reply->code < 400 && place.len > 0) {
        return imh_fail(call, IMH_REJECTED,
                        "%" PRIu32 ": it points to %s, and is not followed; configure the "
                        "address it leads to",
                        reply->code, imh_print(call, "%.*s", WORDS_BYTES, place.ptr).ptr);
    }
    return outcome_tell(call, status == IMH_MISSING ? IMH_REJECTED : status, reply);
}
