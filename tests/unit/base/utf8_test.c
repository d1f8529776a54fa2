#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { LAST = 0x10FFFF, SURROGATE_FIRST = 0xD800, SURROGATE_LAST = 0xDFFF };

static bool is_surrogate(int32_t character)
{
    return character >= SURROGATE_FIRST && character <= SURROGATE_LAST;
}

/* Decodes a copy that ends where the bytes end: a sanitizer sees whoever reads on. */
static size_t decode(struct str bytes, int32_t *character)
{
    char *copy = malloc(bytes.len ? bytes.len : 1);
    assert_non_null(copy);
    memcpy(copy, bytes.ptr, bytes.len);
    size_t count = utf8_decode(copy, bytes.len, character);
    free(copy);
    return count;
}

static void the_first_character_is_decoded(void **state)
{
    (void)state;
    static const struct {
        struct str bytes;
        size_t count;
        int32_t character;
    } cases[] = {
        {STR("\0"), 1, 0},
        {STR("a"), 1, 'a'},
        {STR("ab"), 1, 'a'},
        {STR("a\xFF"), 1, 'a'},
        {STR("\x7F"), 1, 0x7F},
        {STR("\xC2\x80"), 2, 0x80},
        {STR("\xDF\xBF\xFF"), 2, 0x7FF},
        {STR("\xE0\xA0\x80"), 3, 0x800},
        {STR("\xED\x9F\xBF"), 3, 0xD7FF},
        {STR("\xEE\x80\x80"), 3, 0xE000},
        {STR("\xEF\xBB\xBF"), 3, 0xFEFF},
        {STR("\xEF\xBF\xBD"), 3, 0xFFFD},
        {STR("\xEF\xBF\xBF!"), 3, 0xFFFF},
        {STR("\xF0\x90\x80\x80"), 4, 0x10000},
        {STR("\xF0\x9F\x98\x80\x80\x80"), 4, 0x1F600},
        {STR("\xF4\x8F\xBF\xBF"), 4, LAST},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int32_t character = -1;
        assert_int_equal(decode(cases[i].bytes, &character), cases[i].count);
        assert_int_equal(character, cases[i].character);
    }
}

static void what_is_no_utf8_is_refused(void **state)
{
    (void)state;
    static const struct str cases[] = {
        STR(""),     /* nothing */
        STR("\x80"), /* a continuation alone */
        STR("\xBF"),
        STR("\xC0\x80"), /* overlong */
        STR("\xC0\xAF"),
        STR("\xC1\xBF"),
        STR("\xE0\x80\x80"),
        STR("\xE0\x9F\xBF"),
        STR("\xF0\x80\x80\x80"),
        STR("\xF0\x8F\xBF\xBF"),
        STR("\xED\xA0\x80"), /* surrogates */
        STR("\xED\xAF\xBF"),
        STR("\xED\xB0\x80"),
        STR("\xED\xBF\xBF"),
        STR("\xED\xA0\xBD\xED\xB8\x80"),
        STR("\xF4\x90\x80\x80"), /* behind the last character */
        STR("\xF5\x80\x80\x80"),
        STR("\xF8\x88\x80\x80\x80"),
        STR("\xFC\x84\x80\x80\x80\x80"),
        STR("\xFE"),
        STR("\xFF"),
        STR("\xC3"), /* cut short */
        STR("\xE2\x82"),
        STR("\xE2"),
        STR("\xF0\x9F\x98"),
        STR("\xF0\x9F"),
        STR("\xF0"),
        STR("\xC3("), /* no continuation */
        STR("\xE2(\xA1"),
        STR("\xE2\x82("),
        STR("\xF0(\x98\x80"),
        STR("\xF0\x9F(\x80"),
        STR("\xF0\x9F\x98("),
        STR("\xC3\xC3\xA9"),
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int32_t character = 77;
        assert_int_equal(decode(cases[i], &character), 0);
        assert_int_equal(character, 77);
        assert_int_equal(utf8_is_valid(cases[i]), cases[i].len == 0);
    }
    int32_t character = 77;
    assert_int_equal(utf8_decode(NULL, 0, &character), 0);
}

static void every_character_is_added_and_decoded_alike(void **state)
{
    (void)state;
    struct text text;
    text_init(&text, 4);
    for (int32_t character = 0; character <= LAST; character++) {
        int32_t decoded = -1;
        text_clear(&text);
        if (!is_surrogate(character)) {
            utf8_add(&text, character);
            if (utf8_decode(text.ptr, text.len, &decoded) != text.len ||
                decoded != character) {
                fail_msg("U+%04X", (unsigned)character);
            }
        }
    }
    text_done(&text);
}

static void valid_means_every_character(void **state)
{
    (void)state;
    static const struct {
        struct str str;
        bool valid;
    } cases[] = {
        {STR(""), true},          {{NULL, 0}, true},
        {STR("a\0b"), true},      {STR("a\u00E9\u20AC\U0001F600z"), true},
        {STR("aaaa\xFF"), false}, {STR("\u20AC\xE2\x82"), false},
        {STR("\xFFzz"), false},   {STR("\u20AC\x80\u20AC"), false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(utf8_is_valid(cases[i].str), cases[i].valid);
    }
}

static void the_first_byte_tells_how_many_are_counted_as_one_character(void **state)
{
    (void)state;
    static const struct {
        struct str str;
        size_t count;
        size_t offsets[6]; /* of each character, then the end */
    } cases[] = {
        {STR(""), 0, {0}},
        {{NULL, 0}, 0, {0}},
        {STR("abc"), 3, {0, 1, 2, 3}},
        {STR("a\u00E9\u20AC\U0001F600z"), 5, {0, 1, 3, 6, 10, 11}},
        {STR("\xFF\x80\u00E9"), 3, {0, 1, 2, 4}},
        {STR("\xE2\x82"), 1, {0, 2}},
        {STR("\u20AC\xE2\x82z"), 2, {0, 3, 6}},
        {STR("\xED\xA0\x80"), 1, {0, 3}},
        {STR("\xC1\xF5\xF0zzz\xC2"), 4, {0, 1, 2, 6, 7}},
        {STR("e\u0301"), 2, {0, 1, 3}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(utf8_count(cases[i].str), cases[i].count);
        for (size_t k = 0; k <= cases[i].count; k++) {
            assert_int_equal(utf8_offset(cases[i].str, k), cases[i].offsets[k]);
        }
        assert_int_equal(utf8_offset(cases[i].str, cases[i].count + 1), cases[i].str.len);
        assert_int_equal(utf8_offset(cases[i].str, SIZE_MAX), cases[i].str.len);
    }
}

static void what_is_broken_off_reads_as_one_question_mark(void **state)
{
    (void)state;
    static const struct {
        struct str str;
        size_t bytes;
        int32_t character;
    } cases[] = {
        {STR("a"), 1, 'a'},
        {STR("\u20ACz"), 3, 0x20AC},
        {STR("\xE2\x82z"), 2, '?'},
        {STR("\xF0\x9F\x98"), 3, '?'},
        {STR("\xF0\x9F\x98\xF0"), 3, '?'},
        {STR("\xC2z"), 1, '?'},
        {STR("\x80\x80"), 1, '?'},
        {STR("\xC1\x80"), 1, '?'},
        {STR("\xE0\x9F\x80"), 1, '?'}, /* could be shorter */
        {STR("\xF0\x8F\x80\x80"), 1, '?'},
        {STR("\xED\xA0\x80"), 1, '?'},     /* a surrogate */
        {STR("\xF4\x90\x80\x80"), 1, '?'}, /* behind the last character */
        {STR("\xF5\x80\x80\x80"), 1, '?'},
        {STR(""), 0, 77},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int32_t character = 77;
        struct str str = cases[i].str;
        assert_int_equal(utf8_read(str.ptr, str.len, &character), cases[i].bytes);
        assert_int_equal(character, cases[i].character);
    }
}

static void a_character_that_ends_behind_the_text_is_none(void **state)
{
    (void)state;
    static const char two[] = "\u20AC\u20AC";
    struct str cut = {two, 4};
    assert_false(utf8_is_valid(cut));
    assert_int_equal(utf8_count((struct str){two, 5}), 2);
    assert_int_equal(utf8_offset((struct str){two, 5}, 2), 5);
    struct text text;
    text_init(&text, 300);
    utf8_add_upper(&text, cut);
    utf8_add_lower(&text, cut);
    assert_string_equal(text_cstr(&text), "\u20AC?\u20AC?");
    text_done(&text);
}

enum { LETTER = 1, LOWER = 2, MARK = 4, NUMBER = 8, SPACE = 16 };

static int kinds_of(int32_t character)
{
    return (utf8_is_letter(character) ? LETTER : 0) |
           (utf8_is_lower(character) ? LOWER : 0) | (utf8_is_mark(character) ? MARK : 0) |
           (utf8_is_number(character) ? NUMBER : 0) |
           (utf8_is_space(character) ? SPACE : 0);
}

static const struct {
    int32_t first, last;
    int wanted;
} kinds[] = {
    {0x00, 0x08, 0},
    {0x09, 0x0D, SPACE},
    {0x0E, 0x1F, 0},
    {' ', ' ', SPACE},
    {'!', '/', 0},
    {'0', '9', NUMBER},
    {':', '@', 0},
    {'A', 'Z', LETTER},
    {'[', '`', 0},
    {'a', 'z', LETTER | LOWER},
    {'{', 0x84, 0},
    {0x85, 0x85, SPACE},
    {0x86, 0x9F, 0},
    {0xA0, 0xA0, SPACE},
    {0xAA, 0xAA, LETTER},
    {0xAB, 0xB1, 0},
    {0xB2, 0xB3, NUMBER},
    {0xBD, 0xBD, NUMBER},
    {0xDF, 0xDF, LETTER | LOWER},
    {0xD7, 0xD7, 0},
    {0x1C5, 0x1C5, LETTER},
    {0x2B0, 0x2B0, LETTER},
    {0x300, 0x36F, MARK},
    {0x430, 0x44F, LETTER | LOWER},
    {0x488, 0x489, MARK},
    {0x661, 0x669, NUMBER},
    {0x903, 0x903, MARK},
    {0x1680, 0x1680, SPACE},
    {0x2000, 0x200A, SPACE},
    {0x200B, 0x200F, 0},
    {0x2028, 0x2029, SPACE},
    {0x202F, 0x202F, SPACE},
    {0x205F, 0x205F, SPACE},
    {0x2060, 0x2064, 0},
    {0x20AC, 0x20AC, 0},
    {0x20DD, 0x20DD, MARK},
    {0x2160, 0x217F, NUMBER},
    {0x24D0, 0x24D0, 0},
    {0x3000, 0x3000, SPACE},
    {0x4E2D, 0x4E2D, LETTER},
    {0xFEFF, 0xFEFF, 0},
    {0xFFFD, 0xFFFF, 0},
    {0x1D7CE, 0x1D7CE, NUMBER},
    {0x1F600, 0x1F600, 0},
    {LAST, LAST, 0},
    {LAST + 1, LAST + 1, 0},
    {INT32_MAX, INT32_MAX, 0},
    {-1, -1, 0},
    {INT32_MIN, INT32_MIN, 0},
};

static void characters_are_of_the_kind_unicode_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        for (int64_t c = kinds[i].first; c <= kinds[i].last; c++) {
            if (kinds_of((int32_t)c) != kinds[i].wanted) {
                fail_msg("U+%04X is %d", (unsigned)c, kinds_of((int32_t)c));
            }
        }
    }
}

/* What PHP 8.2 gives for mb_strtoupper and mb_strtolower. */
static void case_is_mapped_as_php_does(void **state)
{
    (void)state;
    static const struct {
        const char *text, *upper, *lower;
    } cases[] = {
        {"", "", ""},
        {"abc XYZ 1-9_", "ABC XYZ 1-9_", "abc xyz 1-9_"},
        {"stra\u00DFe", "STRASSE", "stra\u00DFe"},
        {"\u00E9 \u00C9 \u00FF", "\u00C9 \u00C9 \u0178", "\u00E9 \u00E9 \u00FF"},
        {"\u1E9E", "\u1E9E", "\u00DF"},
        {"\uFB01nte", "FINTE", "\uFB01nte"},
        {"\uFB03", "FFI", "\uFB03"},
        {"\u0149", "\u02BCN", "\u0149"},
        {"\u0130stanbul", "\u0130STANBUL", "i\u0307stanbul"},
        {"\u0131I", "II", "\u0131i"},
        {"\u017F", "S", "\u017F"},
        {"\u00B5", "\u039C", "\u00B5"},
        {"\u01C6 \u01C5 \u01C4", "\u01C4 \u01C4 \u01C4", "\u01C6 \u01C6 \u01C6"},
        {"\u01F0", "J\u030C", "\u01F0"},
        {"\u1E96", "H\u0331", "\u1E96"},
        {"\u1FB3 \u1FBC", "\u0391\u0399 \u0391\u0399", "\u1FB3 \u1FB3"},
        {"\u1F88", "\u1F08\u0399", "\u1F80"},
        {"\u1FB2", "\u1FBA\u0399", "\u1FB2"},
        {"\u1FF7", "\u03A9\u0342\u0399", "\u1FF7"},
        {"\u0390", "\u0399\u0308\u0301", "\u0390"},
        {"\u03B1\u03C3\u03C2", "\u0391\u03A3\u03A3", "\u03B1\u03C3\u03C2"},
        {"\u039F\u0394\u039F\u03A3", "\u039F\u0394\u039F\u03A3",
         "\u03BF\u03B4\u03BF\u03C3"},
        {"\u041F\u0440\u0438\u0432\u0435\u0442 \u0401\u0436",
         "\u041F\u0420\u0418\u0412\u0415\u0422 \u0401\u0416",
         "\u043F\u0440\u0438\u0432\u0435\u0442 \u0451\u0436"},
        {"\u0587", "\u0535\u0552", "\u0587"},
        {"\uFB17", "\u0544\u053D", "\uFB17"},
        {"\u2167\u24D0", "\u2167\u24B6", "\u2177\u24D0"},
        {"\u10D0 \u1C90", "\u1C90 \u1C90", "\u10D0 \u10D0"},
        {"\uAB70 \u13A0", "\u13A0 \u13A0", "\uAB70 \uAB70"},
        {"\u212A", "\u212A", "k"},
        {"\U00010428", "\U00010400", "\U00010428"},
        {"\u4E2D\u6587 \U0001F600", "\u4E2D\u6587 \U0001F600", "\u4E2D\u6587 \U0001F600"},
        {"e\u0301", "E\u0301", "e\u0301"},
        {"a\xFFz", "A?Z", "a?z"},
        {"A\xC3", "A?", "a?"},
    };
    struct text text;
    text_init(&text, 100);
    for (size_t i = 0; i < COUNT(cases); i++) {
        text_clear(&text);
        utf8_add_upper(&text, str_from(cases[i].text));
        assert_string_equal(text_cstr(&text), cases[i].upper);
        text_clear(&text);
        utf8_add_lower(&text, str_from(cases[i].text));
        assert_string_equal(text_cstr(&text), cases[i].lower);
    }
    text_done(&text);
}

static void a_zero_byte_is_a_character(void **state)
{
    (void)state;
    struct text text;
    text_init(&text, 100);
    utf8_add_upper(&text, STR_OF("a\0b"));
    utf8_add_lower(&text, STR_OF("A\0B"));
    assert_true(str_eq(text_str(&text), STR_OF("A\0Ba\0b")));
    text_done(&text);
}

static void title_case_starts_a_word(void **state)
{
    (void)state;
    static const struct {
        int32_t character;
        const char *title;
    } cases[] = {
        {'a', "A"},
        {'A', "A"},
        {'1', "1"},
        {0xE9, "\u00C9"},
        {0xDF, "Ss"},
        {0x1E9E, "\u1E9E"},
        {0xFB01, "Fi"},
        {0xFB03, "Ffi"},
        {0x149, "\u02BCN"},
        {0x130, "\u0130"},
        {0x131, "I"},
        {0x1C4, "\u01C5"},
        {0x1C5, "\u01C5"},
        {0x1C6, "\u01C5"},
        {0x1F0, "J\u030C"},
        {0x390, "\u0399\u0308\u0301"},
        {0x3C2, "\u03A3"},
        {0x44F, "\u042F"},
        {0x587, "\u0535\u0582"},
        {0xFB17, "\u0544\u056D"},
        {0x10D0, "\u10D0"},
        {0x1F80, "\u1F88"},
        {0x1FB3, "\u1FBC"},
        {0x24D0, "\u24B6"},
        {0x4E2D, "\u4E2D"},
        {0x10428, "\U00010400"},
    };
    struct text text;
    text_init(&text, 100);
    for (size_t i = 0; i < COUNT(cases); i++) {
        text_clear(&text);
        utf8_add_title(&text, cases[i].character);
        assert_string_equal(text_cstr(&text), cases[i].title);
    }
    text_done(&text);
}

static void greek_with_a_small_iota_keeps_it_in_title_case(void **state)
{
    (void)state;
    static const struct {
        int32_t character;
        const char *title;
    } cases[] = {
        {0x1F88, "\u1F88"},       {0x1FAF, "\u1FAF"},
        {0x1FBC, "\u1FBC"},       {0x1FFC, "\u1FFC"},
        {0x1FB2, "\u1FBA\u0345"}, {0x1FB7, "\u0391\u0342\u0345"},
        {0x1FC4, "\u0389\u0345"}, {0x1FF7, "\u03A9\u0342\u0345"},
    };
    struct text text;
    text_init(&text, 100);
    for (size_t i = 0; i < COUNT(cases); i++) {
        text_clear(&text);
        utf8_add_title(&text, cases[i].character);
        assert_string_equal(text_cstr(&text), cases[i].title);
    }
    text_done(&text);
}

typedef void mapping(struct text *text, struct str str);

/* FNV-1a over the mapping of each character and a newline. */
static uint32_t hash_of(int32_t first, int32_t last, mapping *map)
{
    uint32_t hash = 2166136261u;
    struct text one;
    struct text mapped;
    text_init(&one, 4);
    text_init(&mapped, 20);
    for (int32_t character = first; character <= last; character++) {
        text_clear(&one);
        text_clear(&mapped);
        utf8_add(&one, character);
        map(&mapped, text_str(&one));
        text_add_char(&mapped, '\n');
        for (size_t i = 0; i < mapped.len; i++) {
            hash = (hash ^ (unsigned char)mapped.ptr[i]) * 16777619u;
        }
    }
    text_done(&one);
    text_done(&mapped);
    return hash;
}

/* The hashes were made of mb_strtoupper(mb_chr($c)) and so on, PHP 8.2.36: they hold for
 * every character of blocks that get no new letters any more. */
static void whole_blocks_are_mapped_as_php_does(void **state)
{
    (void)state;
    static const struct {
        int32_t first, last;
        uint32_t upper, lower;
    } blocks[] = {
        {0x1, 0x2FF, 0x144D10E3, 0xD8C3F3D0},
        {0x300, 0x52F, 0x236AE84A, 0x3FC2993B},
        {0x530, 0x10FF, 0xD403A860, 0xCB6087E9},
        {0x13A0, 0x13FF, 0xE42A9D85, 0xB2631CF5},
        {0x1E00, 0x1EFF, 0x210771B5, 0x84424F65},
        {0x1F00, 0x1FFF, 0x641A22A6, 0x23C40953},
        {0x2000, 0x2BFF, 0x966F4401, 0xDF9B8161},
        {0xFB00, 0xFFFD, 0xBED63A6A, 0xCA3CD380},
        {0x10400, 0x104FF, 0x5B9589D5, 0xECFDB915},
    };
    for (size_t i = 0; i < COUNT(blocks); i++) {
        assert_int_equal(hash_of(blocks[i].first, blocks[i].last, utf8_add_upper),
                         blocks[i].upper);
        assert_int_equal(hash_of(blocks[i].first, blocks[i].last, utf8_add_lower),
                         blocks[i].lower);
    }
}

static void add_titles(struct text *text, struct str str)
{
    int32_t character;
    size_t bytes = utf8_decode(str.ptr, str.len, &character);
    assert_int_equal(bytes, str.len);
    utf8_add_title(text, character);
}

/* Of mb_convert_case(mb_chr($c), MB_CASE_TITLE). */
static void whole_blocks_are_titled_as_php_does(void **state)
{
    (void)state;
    static const struct {
        int32_t first, last;
        uint32_t title;
    } blocks[] = {
        {0x1, 0x2FF, 0x3BE75AC9},       {0x300, 0x52F, 0x236AE84A},
        {0x530, 0x10FF, 0xA35E27C1},    {0x13A0, 0x13FF, 0xE42A9D85},
        {0x1E00, 0x1EFF, 0x210771B5},   {0x1F00, 0x1FFF, 0xADB72EAB},
        {0x2000, 0x2BFF, 0x966F4401},   {0xFB00, 0xFFFD, 0xBA1417DB},
        {0x10400, 0x104FF, 0x5B9589D5},
    };
    for (size_t i = 0; i < COUNT(blocks); i++) {
        assert_int_equal(hash_of(blocks[i].first, blocks[i].last, add_titles),
                         blocks[i].title);
    }
}

static void every_mapping_is_valid_utf8_and_short(void **state)
{
    (void)state;
    struct text one;
    struct text mapped;
    text_init(&one, 4);
    text_init(&mapped, 30);
    for (int32_t character = 0; character <= LAST; character++) {
        if (is_surrogate(character)) {
            continue;
        }
        text_clear(&one);
        text_clear(&mapped);
        utf8_add(&one, character);
        utf8_add_upper(&mapped, text_str(&one));
        utf8_add_lower(&mapped, text_str(&one));
        utf8_add_title(&mapped, character);
        if (mapped.failed || !utf8_is_valid(text_str(&mapped))) {
            fail_msg("U+%04X", (unsigned)character);
        }
    }
    text_done(&one);
    text_done(&mapped);
}

static void a_mapping_that_does_not_fit_makes_the_text_fail(void **state)
{
    (void)state;
    struct text text;
    text_init(&text, 301);
    for (int i = 0; i < 150; i++) {
        utf8_add_upper(&text, STR_OF("\u00DF"));
    }
    assert_false(text.failed);
    utf8_add_upper(&text, STR_OF("\u00DF"));
    assert_true(text.failed);
    assert_true(text.len <= 301);
    text_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_character_is_decoded),
        cmocka_unit_test(what_is_no_utf8_is_refused),
        cmocka_unit_test(every_character_is_added_and_decoded_alike),
        cmocka_unit_test(valid_means_every_character),
        cmocka_unit_test(what_is_broken_off_reads_as_one_question_mark),
        cmocka_unit_test(the_first_byte_tells_how_many_are_counted_as_one_character),
        cmocka_unit_test(a_character_that_ends_behind_the_text_is_none),
        cmocka_unit_test(characters_are_of_the_kind_unicode_says),
        cmocka_unit_test(case_is_mapped_as_php_does),
        cmocka_unit_test(a_zero_byte_is_a_character),
        cmocka_unit_test(title_case_starts_a_word),
        cmocka_unit_test(greek_with_a_small_iota_keeps_it_in_title_case),
        cmocka_unit_test(whole_blocks_are_mapped_as_php_does),
        cmocka_unit_test(whole_blocks_are_titled_as_php_does),
        cmocka_unit_test(every_mapping_is_valid_utf8_and_short),
        cmocka_unit_test(a_mapping_that_does_not_fit_makes_the_text_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
