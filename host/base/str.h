/* str - text that somebody else owns: a pointer and a length.
 *
 * Pure functions, no allocation. Bytes are UTF-8 where characters matter; case-blind
 * comparison is for ASCII words (header names, units), not for people's names.
 */
#ifndef HOST_BASE_STR_H
#define HOST_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *ptr;
    size_t len;
};

/* Of a literal, also in static tables. */
#define STR(literal)                   \
    {                                  \
        (literal), sizeof(literal) - 1 \
    }
#define STR_OF(literal) ((struct str)STR(literal))

/* For printf: `"%.*s", STR_ARGS(name)`. */
#define STR_ARGS(str) (int)((str).len > 0x7fffffff ? 0x7fffffff : (str).len), (str).ptr

static inline struct str str_from(const char *text)
{
    return (struct str){text ? text : "", text ? strlen(text) : 0};
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Up to eight bytes as a number; bytes of the same length have the same number only when
 * they are the same. */
static inline uint64_t bytes_short(const char *ptr, size_t len)
{
    if (len >= 4) {
        uint32_t first;
        uint32_t last;
        memcpy(&first, ptr, sizeof first);
        memcpy(&last, ptr + len - sizeof last, sizeof last);
        return first | (uint64_t)last << 32;
    }
    return len == 0 ? 0
                    : (unsigned char)ptr[0] | (uint64_t)(unsigned char)ptr[len / 2] << 8 |
                          (uint64_t)(unsigned char)ptr[len - 1] << 16;
}

static inline bool str_is(struct str str, const char *text)
{
    return str_eq(str, str_from(text));
}

static inline struct str str_after(struct str str, size_t count)
{
    count = count < str.len ? count : str.len;
    return (struct str){str.ptr + count, str.len - count};
}

static inline struct str str_before(struct str str, size_t count)
{
    return (struct str){str.ptr, count < str.len ? count : str.len};
}

/* Byte order; a prefix comes first. */
int str_compare(struct str a, struct str b);
bool str_eq_nocase(struct str a, struct str b);
bool str_starts(struct str str, struct str prefix);
bool str_ends(struct str str, struct str suffix);

/* Offset of the first occurrence at or after `from`, or str.len when there is none. */
size_t str_find(struct str str, struct str what, size_t from);
size_t str_find_char(struct str str, char what);

/* Without blanks, tabs and newlines at both ends. */
struct str str_trim(struct str str);

/* Takes the next piece up to `separator` off the front of `*rest`; false when none is left.
 */
bool str_split(struct str *rest, char separator, struct str *piece);

/* The next word between blanks, as lists in the INI are written. */
bool str_word(struct str *rest, struct str *word);

/* The whole text as a decimal number in the range; `*number` only changes on success. */
bool str_to_int64(struct str str, int64_t least, int64_t most, int64_t *number);

/* The value of a hexadecimal digit; -1 when it is none. */
static inline int str_hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* "90s 5m 2h 30d" and plain seconds; "512k 8m 1g" and plain bytes. */
bool str_to_seconds(struct str str, int64_t *seconds);
bool str_to_bytes(struct str str, int64_t *bytes);

/* yes/no, on/off, true/false, 1/0. */
bool str_to_bool(struct str str, bool *value);

/* How many single-character edits lead from one word to the other; words longer than 64
 * bytes are never near. For "did you mean". */
unsigned str_distance(struct str a, struct str b);

#endif
