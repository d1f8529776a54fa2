/* text - a growing buffer with a maximum.
 *
 * Adding never fails on the spot: a text that would pass its maximum, or gets no memory,
 * stops growing and says so in `failed`, which is asked once, at the end. The bytes are
 * followed by a zero when text_str() or text_cstr() hand them out.
 */
#ifndef HOST_BASE_TEXT_H
#define HOST_BASE_TEXT_H

#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"

struct text {
    char *ptr;
    size_t len;
    size_t capacity;
    size_t most; /* never more bytes than this */
    bool failed;
    bool no_memory; /* that is why it failed; it was not too large */
    bool wiped;     /* memory it gives back is overwritten first */
};

void text_init(struct text *text, size_t most);
void text_done(struct text *text);

/* As text_init(), for a text that will hold a secret: it leaves no copy behind, neither
 * when it grows nor when it is done. */
void text_init_wiped(struct text *text, size_t most);

/* As text_done(), for a text that holds a secret by now: every byte is overwritten. */
void text_wipe(struct text *text);

/* Empty again and usable again; keeps its memory. */
static inline void text_clear(struct text *text)
{
    text->len = 0;
    text->failed = text->no_memory = false;
}

/* A part that failed fails the whole, for the same reason. */
static inline void text_fail_with(struct text *whole, const struct text *part)
{
    whole->no_memory = whole->failed ? whole->no_memory : part->no_memory;
    whole->failed = whole->failed || part->failed;
}

/* Makes room for `count` more bytes; slow path of everything below. */
bool text_reserve(struct text *text, size_t count);

static inline void text_add_bytes(struct text *text, const char *ptr, size_t len)
{
    if ((text->failed || len > text->capacity - text->len) && !text_reserve(text, len)) {
        return;
    }
    if (len > 0) {
        memcpy(text->ptr + text->len, ptr, len);
        text->len += len;
    }
}

/* As memcpy(), without a call for up to 16 bytes: two reads that may meet in the middle. */
static inline void copy_short(char *to, const char *from, size_t len)
{
    if (len > 16) {
        memcpy(to, from, len);
    } else if (len >= 8) {
        uint64_t first;
        uint64_t last;
        memcpy(&first, from, sizeof first);
        memcpy(&last, from + len - sizeof last, sizeof last);
        memcpy(to, &first, sizeof first);
        memcpy(to + len - sizeof last, &last, sizeof last);
    } else if (len >= 4) {
        uint32_t first;
        uint32_t last;
        memcpy(&first, from, sizeof first);
        memcpy(&last, from + len - sizeof last, sizeof last);
        memcpy(to, &first, sizeof first);
        memcpy(to + len - sizeof last, &last, sizeof last);
    } else if (len > 0) {
        char middle = from[len / 2];
        char last = from[len - 1];
        to[0] = from[0];
        to[len / 2] = middle;
        to[len - 1] = last;
    }
}

/* As text_add_bytes(), for what is short most of the time. */
static inline void text_add_short(struct text *text, const char *ptr, size_t len)
{
    if ((text->failed || len > text->capacity - text->len) && !text_reserve(text, len)) {
        return;
    }
    copy_short(text->ptr + text->len, ptr, len);
    text->len += len;
}

static inline void text_add(struct text *text, struct str str)
{
    text_add_bytes(text, str.ptr, str.len);
}

static inline void text_add_char(struct text *text, char c)
{
    text_add_bytes(text, &c, 1);
}

static inline void text_add_cstr(struct text *text, const char *cstr)
{
    text_add_bytes(text, cstr, strlen(cstr));
}

PRINTF_LIKE(2, 3) void text_print(struct text *text, const char *format, ...);

/* Lent until the text changes. */
struct str text_str(struct text *text);
const char *text_cstr(struct text *text);

/* Did everything fit? If not, `error` says what grew too large (IMH_REJECTED), or got no
 * memory (IMH_RETRY). */
bool text_ok(const struct text *text, const char *what, struct error *error);

#endif
