#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { TEXT_FIRST_BYTES = 256 };

void text_init(struct text *text, size_t most)
{
    *text = (struct text){.most = most < PTRDIFF_MAX ? most : PTRDIFF_MAX};
}

void text_init_wiped(struct text *text, size_t most)
{
    text_init(text, most);
    text->wiped = true;
}

void text_done(struct text *text)
{
    if (text->wiped && text->ptr) {
        explicit_bzero(text->ptr, text->capacity);
    }
    free(text->ptr);
    *text = (struct text){.most = text->most, .wiped = text->wiped};
}

void text_wipe(struct text *text)
{
    bool wiped = text->wiped;
    text->wiped = true;
    text_done(text);
    text->wiped = wiped;
}

/* As realloc(), but what held the text before is overwritten. */
static char *move(const struct text *text, size_t bytes)
{
    char *ptr = malloc(bytes);
    if (ptr && text->ptr) {
        memcpy(ptr, text->ptr, text->len);
        explicit_bzero(text->ptr, text->capacity);
        free(text->ptr);
    }
    return ptr;
}

/* One byte more than the capacity is always there, for the zero behind the text. */
bool text_reserve(struct text *text, size_t count)
{
    if (text->failed || count > text->most || text->len > text->most - count) {
        text->failed = true;
        return false;
    }
    size_t needed = text->len + count;
    if (needed <= text->capacity && text->ptr) {
        return true;
    }
    size_t capacity = text->capacity ? text->capacity : TEXT_FIRST_BYTES;
    while (capacity < needed) {
        capacity = capacity > text->most / 2 ? text->most : capacity * 2;
    }
    capacity = capacity < text->most ? capacity : text->most;
    char *ptr = text->wiped ? move(text, capacity + 1) : realloc(text->ptr, capacity + 1);
    if (!ptr) {
        text->failed = text->no_memory = true;
        return false;
    }
    text->ptr = ptr;
    text->capacity = capacity;
    return true;
}

void text_print(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_list again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length > 0 && text_reserve(text, (size_t)length)) {
        (void)vsnprintf(text->ptr + text->len, (size_t)length + 1, format, again);
        text->len += (size_t)length;
    }
    va_end(again);
}

const char *text_cstr(struct text *text)
{
    if (!text->ptr) {
        return "";
    }
    text->ptr[text->len] = '\0';
    return text->ptr;
}

struct str text_str(struct text *text)
{
    return (struct str){text_cstr(text), text->len};
}

bool text_ok(const struct text *text, const char *what, struct error *error)
{
    if (!text->failed) {
        return true;
    }
    if (text->no_memory) {
        return error_set(error, IMH_RETRY, "out of memory for %s", what);
    }
    return error_set(error, IMH_REJECTED, "%s is larger than %zu bytes", what, text->most);
}
