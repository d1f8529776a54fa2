#include "base/utf8.h"

#include <utf8proc.h>

size_t utf8_decode(const char *ptr, size_t len, int32_t *character)
{
    unsigned char first = len > 0 ? (unsigned char)*ptr : 0xFF;
    if (first < 0x80) {
        *character = first;
        return 1;
    }
    utf8proc_int32_t point;
    utf8proc_ssize_t bytes = utf8proc_iterate(
        (const utf8proc_uint8_t *)ptr, (utf8proc_ssize_t)(len > 4 ? 4 : len), &point);
    if (bytes <= 0) {
        return 0;
    }
    *character = point;
    return (size_t)bytes;
}

void utf8_add(struct text *text, int32_t character)
{
    if (character < 0x80 && character >= 0) {
        text_add_char(text, (char)character);
        return;
    }
    utf8proc_uint8_t bytes[4];
    utf8proc_ssize_t count = utf8proc_encode_char(character, bytes);
    text_add_bytes(text, (const char *)bytes, count > 0 ? (size_t)count : 0);
}

/* Bytes from the start, eight at a time, that are characters each. */
static size_t plain_bytes(const char *ptr, size_t len)
{
    size_t at = 0;
    for (; at + sizeof(uint64_t) <= len; at += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, ptr + at, sizeof word);
        if (word & 0x8080808080808080U) {
            break;
        }
    }
    return at;
}

bool utf8_is_valid(struct str str)
{
    int32_t character;
    for (size_t at = plain_bytes(str.ptr, str.len); at < str.len;) {
        size_t bytes = utf8_decode(str.ptr + at, str.len - at, &character);
        if (bytes == 0) {
            return false;
        }
        at += bytes;
    }
    return true;
}

/* Bytes of the character that begins with this one. */
static size_t length_of(unsigned char first)
{
    return first < 0xC2 || first > 0xF4 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

/* May `second` follow `first`? Rules out longer forms than needed, surrogates, and what
 * lies behind the last character. */
static bool may_follow(unsigned char first, unsigned char second)
{
    unsigned char least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    return second >= least && second <= most;
}

size_t utf8_read(const char *ptr, size_t len, int32_t *character)
{
    size_t bytes = utf8_decode(ptr, len, character);
    if (bytes > 0 || len == 0) {
        return bytes;
    }
    unsigned char first = (unsigned char)*ptr;
    size_t whole = length_of(first);
    bytes = 1;
    while (bytes < whole && bytes < len &&
           may_follow(bytes == 1 ? first : 0, (unsigned char)ptr[bytes])) {
        bytes++;
    }
    *character = '?';
    return bytes;
}

static size_t step(struct str str, size_t at)
{
    size_t bytes = length_of((unsigned char)str.ptr[at]);
    return bytes < str.len - at ? bytes : str.len - at;
}

size_t utf8_count(struct str str)
{
    size_t at = plain_bytes(str.ptr, str.len);
    size_t count = at;
    while (at < str.len) {
        bool plain = (unsigned char)str.ptr[at] < 0x80;
        at += step(str, at);
        count++;
        if (!plain) {
            size_t more = plain_bytes(str.ptr + at, str.len - at);
            at += more;
            count += more;
        }
    }
    return count;
}

size_t utf8_offset(struct str str, size_t index)
{
    size_t at = plain_bytes(str.ptr, index < str.len ? index : str.len);
    for (index -= at; index > 0 && at < str.len; index--) {
        at += step(str, at);
    }
    return at;
}

static bool is_between(int32_t character, utf8proc_category_t first,
                       utf8proc_category_t last)
{
    utf8proc_category_t category = utf8proc_category(character);
    return category >= first && category <= last;
}

bool utf8_is_letter(int32_t character)
{
    return is_between(character, UTF8PROC_CATEGORY_LU, UTF8PROC_CATEGORY_LO);
}

bool utf8_is_lower(int32_t character)
{
    return utf8proc_category(character) == UTF8PROC_CATEGORY_LL;
}

bool utf8_is_mark(int32_t character)
{
    return is_between(character, UTF8PROC_CATEGORY_MN, UTF8PROC_CATEGORY_ME);
}

bool utf8_is_nonspacing(int32_t character)
{
    return utf8proc_category(character) == UTF8PROC_CATEGORY_MN;
}

bool utf8_is_dash(int32_t character)
{
    return utf8proc_category(character) == UTF8PROC_CATEGORY_PD;
}

void utf8_add_valid(struct text *text, struct str str, int32_t instead)
{
    for (size_t at = 0; at < str.len;) {
        int32_t character;
        bool broken = utf8_decode(str.ptr + at, str.len - at, &character) == 0;
        at += utf8_read(str.ptr + at, str.len - at, &character);
        utf8_add(text, broken ? instead : character);
    }
}

bool utf8_is_number(int32_t character)
{
    return is_between(character, UTF8PROC_CATEGORY_ND, UTF8PROC_CATEGORY_NO);
}

bool utf8_is_space(int32_t character)
{
    if (character < 0x80) {
        return character == ' ' || (character >= '\t' && character <= '\r');
    }
    return character == 0x85 ||
           is_between(character, UTF8PROC_CATEGORY_ZS, UTF8PROC_CATEGORY_ZP);
}

enum { FOLD_MOST = 8 };

/* The case folding when it is longer than one character (`ß` to `ss`), else 0: these are
 * the letters without a single upper-case character of their own. */
static size_t long_folding(int32_t character, utf8proc_int32_t *folded)
{
    if (character < 0x80) {
        return 0;
    }
    utf8proc_category_t category = utf8proc_category(character);
    if (category != UTF8PROC_CATEGORY_LL && category != UTF8PROC_CATEGORY_LT) {
        return 0;
    }
    int boundary = 0;
    utf8proc_ssize_t count =
        utf8proc_decompose_char(character, folded, FOLD_MOST, UTF8PROC_CASEFOLD, &boundary);
    return count > 1 && count <= FOLD_MOST ? (size_t)count : 0;
}

static void add_upper(struct text *text, int32_t character)
{
    utf8proc_int32_t folded[FOLD_MOST];
    size_t count = long_folding(character, folded);
    for (size_t i = 0; i < count; i++) {
        utf8_add(text, utf8proc_toupper(folded[i]));
    }
    if (count == 0) {
        utf8_add(text, utf8proc_toupper(character));
    }
}

static void add_lower(struct text *text, int32_t character)
{
    enum { CAPITAL_I_WITH_DOT = 0x130, DOT_ABOVE = 0x307 };
    utf8_add(text, utf8proc_tolower(character));
    if (character == CAPITAL_I_WITH_DOT) {
        utf8_add(text, DOT_ABOVE);
    }
}

void utf8_add_title(struct text *text, int32_t character)
{
    utf8proc_int32_t folded[FOLD_MOST];
    /* utf8proc's title case of sharp s is the capital sharp s; PHP and Unicode say `Ss`. */
    enum { SHARP_S = 0xDF, SMALL_IOTA = 0x3B9, IOTA_BELOW = 0x345 };
    bool is_title = utf8proc_category(character) == UTF8PROC_CATEGORY_LT;
    bool has_title =
        is_title || (utf8proc_totitle(character) != character && character != SHARP_S);
    size_t count = has_title ? 0 : long_folding(character, folded);
    bool raised = false;
    for (size_t i = 0; i < count; i++) {
        bool raise = !raised && utf8proc_toupper(folded[i]) != folded[i];
        /* The iota that stands below a Greek letter stays there. */
        int32_t rest = i > 0 && folded[i] == SMALL_IOTA ? IOTA_BELOW : folded[i];
        utf8_add(text, raise ? utf8proc_toupper(folded[i]) : rest);
        raised = raised || raise;
    }
    if (count == 0) {
        utf8_add(text, utf8proc_totitle(character));
    }
}

static void add_each(struct text *text, struct str str,
                     void (*add)(struct text *text, int32_t character))
{
    for (size_t at = 0; at < str.len;) {
        int32_t character;
        at += utf8_read(str.ptr + at, str.len - at, &character);
        add(text, character);
    }
}

void utf8_add_upper(struct text *text, struct str str)
{
    add_each(text, str, add_upper);
}

void utf8_add_lower(struct text *text, struct str str)
{
    add_each(text, str, add_lower);
}

/* ---- for terminals ---- */

static bool is_unseen(int32_t character)
{
    static const struct {
        int32_t first, last;
    } unseen[] = {{0x00, 0x1F},     {0x7F, 0x9F},     {0x061C, 0x061C},
                  {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069}};
    for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++) {
        if (character >= unseen[i].first && character <= unseen[i].last) {
            return true;
        }
    }
    return false;
}

static void add_shown(struct text *text, struct str str, int32_t least)
{
    int32_t character;
    for (size_t at = 0; at < str.len;) {
        size_t bytes = utf8_decode(str.ptr + at, str.len - at, &character);
        if (bytes == 0) {
            text_print(text, "\\x%02X", (unsigned char)str.ptr[at]);
        } else if (character >= least && is_unseen(character)) {
            text_print(text, "\\u%04X", (unsigned)character);
        } else {
            text_add_bytes(text, str.ptr + at, bytes);
        }
        at += bytes > 0 ? bytes : 1;
    }
}

void utf8_add_shown(struct text *text, struct str str)
{
    add_shown(text, str, 0);
}

void utf8_add_shown_json(struct text *text, struct str json)
{
    add_shown(text, json, 0x20);
}
