/* imh/shorthand.h - what plugins write most, in fewer words. Part of imh.h, which includes
 * it.
 */
#ifndef IMH_SHORTHAND_H
#define IMH_SHORTHAND_H

#include <imh/imh.h>

#ifdef __cplusplus
extern "C" {
#endif

IMH_INLINE imh_str imh_text(const char *text)
{
    imh_str str = {text ? text : "", text ? strlen(text) : 0};
    return str;
}

IMH_INLINE int imh_is_empty(imh_str str)
{
    return str.len == 0;
}

/* printf into memory of the call. */
IMH_PRINTF(2, 3) IMH_INLINE imh_str imh_print(imh_call *call, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    size_t size = length > 0 ? (size_t)length + 1 : 1;
    char *text = (char *)call->host->alloc(call, size);
    text[0] = '\0';
    (void)vsnprintf(text, size, format, again);
    va_end(again);
    imh_str str = {text, size - 1};
    return str;
}

/* [any] `imh_log(call, IMH_NOTICE, "%u products", count);` Cut at 1023 bytes. */
IMH_PRINTF(3, 4)
IMH_INLINE void imh_log(imh_call *call, uint32_t level, const char *format, ...)
{
    char text[1024] = "";
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    call->host->log(call, level, imh_text(text));
}

/* `return imh_fail(call, IMH_REJECTED, "order %s has no lines", id);` */
#define imh_fail(call, status, ...) \
    ((call)->host->fail((call), (status), 0, imh_print((call), __VA_ARGS__)))

IMH_INLINE imh_str imh_at(imh_call *call, imh_str json, const char *pointer)
{
    return call->host->json_at(call, json, imh_text(pointer));
}

IMH_INLINE imh_status imh_answer(imh_call *call, const imh_lookup *lookup, imh_str json)
{
    return call->host->answer(call, lookup, json, 0, imh_text(NULL));
}

/* The remote's own JSON as the value; nothing inside is interpreted: its `$`-members mean
 * nothing. */
IMH_INLINE imh_status imh_answer_raw(imh_call *call, const imh_lookup *lookup, imh_str json)
{
    static const char before[] = "{\"$raw\":";
    size_t head = sizeof before - 1;
    char *text = (char *)call->host->alloc(call, head + json.len + 2);
    memcpy(text, before, head);
    memcpy(text + head, json.ptr, json.len);
    memcpy(text + head + json.len, "}", 2);
    imh_str raw = {text, head + json.len + 1};
    return imh_answer(call, lookup, raw);
}

/* `return imh_unanswered(call, lookup, status)`: with the text of the failure before it. */
IMH_INLINE imh_status imh_unanswered(imh_call *call, const imh_lookup *lookup,
                                     imh_status status)
{
    return call->host->unanswered(call, lookup, status, 0, imh_text(NULL));
}

IMH_INLINE imh_status imh_emit(imh_call *call, const imh_event *event)
{
    return call->host->emit(call, event);
}

/* `imh_done(call, i, IMH_OK)`; a failure, with the text of the last one before it. */
IMH_INLINE imh_status imh_done(imh_call *call, uint32_t index, imh_status status)
{
    imh_str none = imh_text(NULL);
    return call->host->done(call, index, status, none, none, none);
}

/* Done, and what the remote calls the record now. */
IMH_INLINE imh_status imh_done_as(imh_call *call, uint32_t index, imh_str id,
                                  imh_str version)
{
    return call->host->done(call, index, IMH_OK, id, version, imh_text(NULL));
}

/* What an action did, as JSON of at most 64 KiB: for those who run it. */
IMH_INLINE imh_status imh_result(imh_call *call, imh_str json)
{
    return call->host->result(call, json);
}

IMH_INLINE imh_status imh_http(imh_call *call, const imh_request *request,
                               const imh_reply **reply)
{
    return call->host->http(call, request, reply);
}

/* GET; `auth` as in imh_request, NULL for an open address. */
IMH_INLINE imh_status imh_get(imh_call *call, imh_str url, const char *auth,
                              const imh_reply **reply)
{
    imh_request request;
    memset(&request, 0, sizeof request);
    request.size = sizeof request;
    request.url = url;
    request.auth = auth;
    return imh_http(call, &request, reply);
}

#ifdef __cplusplus
}
#endif
#endif
