#include "base/spelling.h"

enum { UTF8_MOST = 4, UNICODE_BYTES = 6 /* of \u0041 */ };

/* What one character of the words stands for. */
struct letter {
    char bytes[UTF8_MOST];
    size_t count; /* of these */
    size_t taken; /* bytes of the words */
};

static int read_digit(char c)
{
    return c >= '0' && c <= '9'                     ? c - '0'
           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                    : -1;
}

/* The four hexadecimal digits behind `\u`, or -1. */
static int32_t read_unit(struct str words, size_t at)
{
    int32_t unit = 0;
    if (at + UNICODE_BYTES > words.len || words.ptr[at] != '\\' ||
        words.ptr[at + 1] != 'u') {
        return -1;
    }
    for (size_t i = at + 2; i < at + UNICODE_BYTES; i++) {
        int digit = read_digit(words.ptr[i]);
        if (digit < 0) {
            return -1;
        }
        unit = unit * 16 + digit;
    }
    return unit;
}

static void put_character(struct letter *letter, int32_t character)
{
    static const struct {
        int32_t most;
        unsigned char lead;
    } sizes[UTF8_MOST] = {{0x7F, 0}, {0x7FF, 0xC0}, {0xFFFF, 0xE0}, {0x10FFFF, 0xF0}};
    size_t count = 1;
    while (count < UTF8_MOST && character > sizes[count - 1].most) {
        count++;
    }
    letter->count = count;
    for (size_t i = count - 1; i > 0; i--) {
        letter->bytes[i] = (char)(0x80 | (character & 0x3F));
        character >>= 6;
    }
    letter->bytes[0] = (char)(sizes[count - 1].lead | character);
}

/* A pair of surrogates is one character. */
static bool read_unicode(struct str words, size_t at, struct letter *letter)
{
    int32_t unit = read_unit(words, at);
    if (unit < 0) {
        return false;
    }
    letter->taken = UNICODE_BYTES;
    if (unit >= 0xD800 && unit <= 0xDBFF) {
        int32_t low = read_unit(words, at + UNICODE_BYTES);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            letter->taken *= 2;
            unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        }
    }
    put_character(letter, unit);
    return true;
}

static bool read_short(struct str words, size_t at, struct letter *letter)
{
    static const char names[] = "\"\\/bfnrt";
    static const char means[] = "\"\\/\b\f\n\r\t";
    const char *found =
        at + 1 < words.len ? memchr(names, words.ptr[at + 1], sizeof names - 1) : NULL;
    if (found) {
        *letter = (struct letter){.bytes = {means[found - names]}, .count = 1, .taken = 2};
    }
    return found != NULL;
}

/* As URLs and forms write it. */
static bool read_percent(struct str words, size_t at, struct letter *letter)
{
    enum { TAKEN = 3 };
    if (words.ptr[at] == '+') {
        *letter = (struct letter){.bytes = {' '}, .count = 1, .taken = 1};
        return true;
    }
    if (words.ptr[at] != '%' || words.len - at < TAKEN) {
        return false;
    }
    int high = read_digit(words.ptr[at + 1]);
    int low = read_digit(words.ptr[at + 2]);
    *letter =
        (struct letter){.bytes = {(char)(high * 16 + low)}, .count = 1, .taken = TAKEN};
    return high >= 0 && low >= 0;
}

static struct letter read_letter(struct str words, size_t at)
{
    struct letter letter;
    if (read_percent(words, at, &letter)) {
        return letter;
    }
    if (words.ptr[at] == '\\' &&
        (read_unicode(words, at, &letter) || read_short(words, at, &letter))) {
        return letter;
    }
    return (struct letter){.bytes = {words.ptr[at]}, .count = 1, .taken = 1};
}

/* How many bytes of the words spell all of `what`; 0: they do not. An escape's sign
 * may also stand for itself. */
static size_t spelled(struct str words, struct str what, size_t from)
{
    size_t at = from;
    for (size_t done = 0; done < what.len;) {
        if (at == words.len) {
            return 0;
        }
        struct letter letter = read_letter(words, at);
        bool same = letter.count <= what.len - done &&
                    memcmp(letter.bytes, what.ptr + done, letter.count) == 0;
        if (!same && words.ptr[at] != what.ptr[done]) {
            return 0;
        }
        at += same ? letter.taken : 1;
        done += same ? letter.count : 1;
    }
    return at - from;
}

static bool is_sign(char c)
{
    return c == '\\' || c == '%' || c == '+';
}

static bool has_sign(struct str words, size_t from)
{
    return from < words.len && (memchr(words.ptr + from, '\\', words.len - from) ||
                                memchr(words.ptr + from, '%', words.len - from) ||
                                memchr(words.ptr + from, '+', words.len - from));
}

size_t spelling_find(struct str words, struct str what, size_t from, size_t *len)
{
    size_t plain = str_find(words, what, from);
    struct str before = str_before(words, plain);
    size_t at = from;
    if (has_sign(before, from)) {
        for (; at < before.len; at++) {
            char c = words.ptr[at];
            *len = is_sign(c) || c == what.ptr[0] ? spelled(words, what, at) : 0;
            if (*len > 0) {
                return at;
            }
        }
    }
    *len = what.len;
    return plain;
}
