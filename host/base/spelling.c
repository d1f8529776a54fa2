#include "base/spelling.h"

#include <limits.h>

#define BASE64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

enum { UTF8_MOST = 4, UNICODE_BYTES = 6 /* of \u0041 */, CHARACTER_MOST = 0x10FFFF };

/* What one character of the words stands for. */
struct letter {
    char bytes[UTF8_MOST];
    size_t count; /* of these */
    size_t taken; /* bytes of the words */
};

/* ---- one letter ---- */

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

/* As forms write a blank. */
static bool read_plus(struct str words, size_t at, struct letter *letter)
{
    (void)words;
    (void)at;
    *letter = (struct letter){.bytes = {' '}, .count = 1, .taken = 1};
    return true;
}

/* As URLs and forms write it. */
static bool read_percent(struct str words, size_t at, struct letter *letter)
{
    enum { TAKEN = 3 };
    if (words.len - at < TAKEN) {
        return false;
    }
    int high = read_digit(words.ptr[at + 1]);
    int low = read_digit(words.ptr[at + 2]);
    *letter =
        (struct letter){.bytes = {(char)(high * 16 + low)}, .count = 1, .taken = TAKEN};
    return high >= 0 && low >= 0;
}

/* "&#47;" or "&#x2F;", with any zeros in front: what is behind the '#', to the ';'. */
static bool read_number(struct str digits, struct letter *letter)
{
    bool is_hex = digits.len > 0 && (digits.ptr[0] | 0x20) == 'x';
    int32_t character = 0;
    for (size_t i = is_hex; i < digits.len; i++) {
        int digit = read_digit(digits.ptr[i]);
        if (digit < 0 || (!is_hex && digit > 9)) {
            return false;
        }
        character = character * (is_hex ? 16 : 10) + digit;
        if (character > CHARACTER_MOST) {
            return false;
        }
    }
    put_character(letter, character);
    return digits.len > is_hex;
}

/* As HTML and XML write it. */
static bool read_entity(struct str words, size_t at, struct letter *letter)
{
    enum { LONGEST = 12 };
    static const struct {
        const char *name;
        char means;
    } names[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    struct str rest = str_before(str_after(words, at + 1), LONGEST);
    struct str name = str_before(rest, str_find_char(rest, ';'));
    letter->taken = name.len + 2;
    if (name.len == rest.len) {
        return false;
    }
    if (str_starts(name, STR_OF("#"))) {
        return read_number(str_after(name, 1), letter);
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (str_is(name, names[i].name)) {
            letter->bytes[0] = names[i].means;
            letter->count = 1;
            return true;
        }
    }
    return false;
}

/* What one letter may be written as, by the sign that it begins with. */
static const struct {
    char sign;
    bool (*read)(struct str words, size_t at, struct letter *letter);
} escapes[] = {{'\\', read_unicode},
               {'\\', read_short},
               {'%', read_percent},
               {'+', read_plus},
               {'&', read_entity}};

static bool is_sign(char c)
{
    return c == '\\' || c == '%' || c == '+' || c == '&';
}

static struct letter read_letter(struct str words, size_t at)
{
    struct letter letter;
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++) {
        if (escapes[i].sign == words.ptr[at] && escapes[i].read(words, at, &letter)) {
            return letter;
        }
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

/* ---- all of it in other symbols ---- */

/* So many bits a symbol. In the middle of a longer text, as "user:password", base64 begins
 * with what is left of the symbol before: its bits are skipped. */
static const struct code {
    unsigned bits, skipped;
    const char *alphabets[2];
} codes[] = {{6, 0, {BASE64 "+/", BASE64 "-_"}},
             {6, 4, {BASE64 "+/", BASE64 "-_"}},
             {6, 2, {BASE64 "+/", BASE64 "-_"}},
             {4, 0, {"0123456789abcdef", "0123456789ABCDEF"}}};
enum { CODE_COUNT = sizeof codes / sizeof *codes };

/* `count` bits, at most 8. */
static unsigned bits_at(struct str what, size_t bit, unsigned count)
{
    size_t at = bit / 8;
    unsigned both = (unsigned)(unsigned char)what.ptr[at] << 8;
    both |= at + 1 < what.len ? (unsigned char)what.ptr[at + 1] : 0;
    return both >> (16 - bit % 8 - count) & ((1U << count) - 1);
}

/* The bits begin with those. */
static bool is_symbol(const struct code *code, char c, unsigned bits, unsigned count)
{
    unsigned least = bits << (code->bits - count);
    for (unsigned i = least; i < least + (1U << (code->bits - count)); i++) {
        if (c == code->alphabets[0][i] || c == code->alphabets[1][i]) {
            return true;
        }
    }
    return false;
}

/* Bytes of the words that stand for these bits; 0: they do not. The symbol may be escaped
 * itself. */
static size_t symbol_at(const struct code *code, struct str words, size_t at, unsigned bits,
                        unsigned count)
{
    if (at == words.len) {
        return 0;
    }
    if (is_symbol(code, words.ptr[at], bits, count)) {
        return 1;
    }
    if (!is_sign(words.ptr[at])) {
        return 0;
    }
    struct letter letter = read_letter(words, at);
    return letter.count == 1 && is_symbol(code, letter.bytes[0], bits, count) ? letter.taken
                                                                              : 0;
}

/* As spelled(). The last symbol has bits of what follows, too. */
static size_t encoded(const struct code *code, struct str words, struct str what,
                      size_t from)
{
    size_t at = from;
    size_t end = 8 * what.len;
    for (size_t bit = code->skipped; bit < end; bit += code->bits) {
        unsigned count = end - bit < code->bits ? (unsigned)(end - bit) : code->bits;
        size_t taken = symbol_at(code, words, at, bits_at(what, bit, count), count);
        if (taken == 0) {
            return count < code->bits ? at - from : 0;
        }
        at += taken;
    }
    return at - from;
}

/* ---- looking for it ---- */

/* Which spellings may begin with a byte: by its letters, and by each code. */
struct starts {
    bool by_letters[UCHAR_MAX + 1];
    unsigned by_code[UCHAR_MAX + 1]; /* a bit for each */
};

static void find_starts(struct str what, struct starts *starts)
{
    enum { ALL = (1 << CODE_COUNT) - 1 };
    memset(starts, 0, sizeof *starts);
    starts->by_letters[(unsigned char)what.ptr[0]] = true;
    for (size_t i = 0; i < CODE_COUNT; i++) {
        unsigned first = bits_at(what, codes[i].skipped, codes[i].bits);
        starts->by_code[(unsigned char)codes[i].alphabets[0][first]] |= 1U << i;
        starts->by_code[(unsigned char)codes[i].alphabets[1][first]] |= 1U << i;
    }
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++) {
        starts->by_letters[(unsigned char)escapes[i].sign] = true;
        starts->by_code[(unsigned char)escapes[i].sign] = ALL;
    }
}

static size_t any_spelled(struct str words, struct str what, size_t from,
                          const struct starts *starts)
{
    unsigned char first = (unsigned char)words.ptr[from];
    size_t len = starts->by_letters[first] ? spelled(words, what, from) : 0;
    for (size_t i = 0; i < CODE_COUNT && len == 0; i++) {
        bool may = starts->by_code[first] >> i & 1;
        len = may ? encoded(&codes[i], words, what, from) : 0;
    }
    return len;
}

size_t spelling_find(struct str words, struct str what, size_t from, size_t *len)
{
    struct starts starts;
    *len = what.len;
    if (words.len - from < what.len) { /* no spelling is shorter */
        return words.len;
    }
    find_starts(what, &starts);
    for (size_t at = from; at < words.len; at++) {
        unsigned char first = (unsigned char)words.ptr[at];
        bool may = starts.by_letters[first] || starts.by_code[first];
        size_t taken = may ? any_spelled(words, what, at, &starts) : 0;
        if (taken > 0) {
            *len = taken;
            return at;
        }
    }
    return words.len;
}
