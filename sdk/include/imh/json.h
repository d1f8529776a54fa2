/* imh/json.h - writes JSON in memory of the call. Optional: any JSON library will do.
 *
 *     imh_json json = imh_json_begin(call);
 *     imh_json_open(&json, '{');
 *     imh_json_key(&json, "price");
 *     imh_json_raw(&json, price);
 *     imh_json_close(&json, '}');
 *     return imh_answer(call, lookup, imh_json_str(&json));
 *
 * Commas come by themselves. Nothing to free, nothing fails: memory of the call never ends
 * but with the worker.
 */
#ifndef IMH_JSON_H
#define IMH_JSON_H

#include <imh/imh.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct imh_json {
    imh_call *call;
    char *ptr;
    size_t len, capacity;
    int comma; /* the next element needs one */
} imh_json;

IMH_INLINE imh_json imh_json_begin(imh_call *call)
{
    imh_json json;
    memset(&json, 0, sizeof json);
    json.call = call;
    json.capacity = 1024;
    json.ptr = (char *)call->host->alloc(call, json.capacity);
    return json;
}

IMH_INLINE void imh_json_add(imh_json *json, const char *ptr, size_t len)
{
    if (len >= json->capacity - json->len) {
        size_t capacity = json->capacity * 2 + len;
        char *grown = (char *)json->call->host->alloc(json->call, capacity);
        memcpy(grown, json->ptr, json->len);
        json->ptr = grown;
        json->capacity = capacity;
    }
    memcpy(json->ptr + json->len, ptr, len);
    json->len += len;
}

/* Room for so many bytes more: what is known to be large is not copied as it grows. */
IMH_INLINE void imh_json_reserve(imh_json *json, size_t bytes)
{
    if (bytes >= json->capacity - json->len) {
        size_t capacity = json->len + bytes + 1;
        char *grown = (char *)json->call->host->alloc(json->call, capacity);
        memcpy(grown, json->ptr, json->len);
        json->ptr = grown;
        json->capacity = capacity;
    }
}

IMH_INLINE void imh_json_separate(imh_json *json)
{
    if (json->comma) {
        imh_json_add(json, ",", 1);
    }
    json->comma = 1;
}

/* `{` or `[`, and later `}` or `]`. */
IMH_INLINE void imh_json_open(imh_json *json, char bracket)
{
    imh_json_separate(json);
    imh_json_add(json, &bracket, 1);
    json->comma = 0;
}

IMH_INLINE void imh_json_close(imh_json *json, char bracket)
{
    imh_json_add(json, &bracket, 1);
    json->comma = 1;
}

/* Text as a JSON string. */
IMH_INLINE void imh_json_text(imh_json *json, imh_str text)
{
    imh_str quoted = json->call->host->json_quote(json->call, text);
    imh_json_separate(json);
    imh_json_add(json, quoted.ptr, quoted.len);
}

/* JSON as it is: a number, a piece of a reply. */
IMH_INLINE void imh_json_raw(imh_json *json, imh_str raw)
{
    imh_json_separate(json);
    imh_json_add(json, raw.ptr, raw.len);
}

/* The name of the member that comes next. */
IMH_INLINE void imh_json_name(imh_json *json, imh_str name)
{
    imh_json_text(json, name);
    imh_json_add(json, ":", 1);
    json->comma = 0;
}

IMH_INLINE void imh_json_key(imh_json *json, const char *name)
{
    imh_json_name(json, imh_text(name));
}

/* JSON of the remote, in which nothing is interpreted: its `$`-members mean nothing. */
IMH_INLINE void imh_json_remote(imh_json *json, imh_str raw)
{
    imh_json_open(json, '{');
    imh_json_key(json, "$raw");
    imh_json_raw(json, raw);
    imh_json_close(json, '}');
}

/* What was written, followed by a zero. */
IMH_INLINE imh_str imh_json_str(imh_json *json)
{
    imh_str str;
    json->ptr[json->len] = '\0'; /* there is always room for one more */
    str.ptr = json->ptr;
    str.len = json->len;
    return str;
}

#ifdef __cplusplus
}
#endif
#endif /* IMH_JSON_H */
