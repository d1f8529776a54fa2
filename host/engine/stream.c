#include "engine/stream.h"

#include <inttypes.h>

#include "base/json_digest.h"

enum { VALUE_BYTES = 200 };

/* At most so many bytes of it, and no half of a character. */
static struct str cut(struct str value)
{
    size_t count = value.len < VALUE_BYTES ? value.len : VALUE_BYTES;
    while (count > 0 && count < value.len &&
           ((unsigned char)value.ptr[count] & 0xC0) == 0x80) {
        count--;
    }
    return str_before(value, count);
}

void stream_add_text(struct text *stream, struct str value)
{
    struct text quoted;
    text_init(&quoted, 2 + 6 * VALUE_BYTES);
    json_add_string(&quoted, cut(value));
    text_print(stream, "=%.*s", STR_ARGS(cut(text_str(&quoted))));
    text_fail_with(stream, &quoted);
    text_done(&quoted);
}

/* The value, all of it, as it is written in JSON. */
static bool add_whole(struct text *stream, enum json_event event, struct str whole,
                      struct arena *arena)
{
    struct str inside = whole;
    uint64_t digest;
    if (event == JSON_STRING) {
        inside = (struct str){whole.ptr + 1, whole.len - 2};
        inside = json_decode(inside, str_find_char(inside, '\\') < inside.len, arena);
    } else if (event == JSON_OBJECT || event == JSON_ARRAY) {
        bool good = json_digest(whole, arena, &digest);
        text_print(stream, "=%c%" PRIx64, whole.ptr[0], good ? digest : 0);
        return good;
    } else if (event != JSON_INTEGER && event != JSON_DECIMAL) {
        text_print(stream, "=%.*s", STR_ARGS(whole));
        return true;
    }
    if (inside.ptr) {
        stream_add_text(stream, inside);
    }
    return inside.ptr != NULL;
}

bool stream_add_value(struct text *stream, struct str json, const char *pointer,
                      struct error *error)
{
    struct arena arena;
    struct str whole;
    bool good = true;
    if (!pointer) {
        return true;
    }
    arena_init(&arena, 4096, 0);
    enum json_event event = json_find(json, str_from(pointer), &arena, &whole);
    if (event != JSON_PROBLEM) {
        good = add_whole(stream, event, whole, &arena) ||
               error_set(error, IMH_RETRY, "no memory for the name of a stream");
    }
    arena_done(&arena);
    return good;
}
