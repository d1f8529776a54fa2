#include "base/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A field as a liar writes it: any tag, any count, then so many bytes. */
static void put_raw(struct text *payload, char tag, uint32_t count, size_t bytes)
{
    char field[5] = {tag};
    memcpy(field + 1, &count, sizeof count);
    text_add_bytes(payload, field, sizeof field);
    assert_true(text_reserve(payload, bytes));
    memset(payload->ptr + payload->len, 'x', bytes);
    payload->len += bytes;
}

static void fields_come_back_as_they_were(void **state)
{
    (void)state;
    static const int64_t numbers[] = {
        0, 1, -1, 255, INT64_MAX, INT64_MIN, 0x0102030405060708};
    static const struct str texts[] = {
        STR(""),  {NULL, 0},       STR("x"), STR("a\0b"), STR("\xFF\xFE i s l"),
        STR("i"), STR("s\0\0\0\0")};
    struct text payload;
    text_init(&payload, 1000);
    wire_put_list(&payload, COUNT(numbers) + COUNT(texts));
    for (size_t i = 0; i < COUNT(numbers); i++) {
        wire_put_int(&payload, numbers[i]);
        wire_put_str(&payload, texts[i]);
    }
    wire_put_list(&payload, 0);
    assert_false(payload.failed);
    struct wire_reader reader;
    wire_open(&reader, text_str(&payload));
    assert_int_equal(wire_list(&reader), COUNT(numbers) + COUNT(texts));
    for (size_t i = 0; i < COUNT(numbers); i++) {
        assert_true(wire_int(&reader) == numbers[i]);
        assert_true(str_eq(wire_str(&reader), texts[i]));
        assert_false(wire_close(&reader));
    }
    assert_int_equal(wire_list(&reader), 0);
    assert_true(wire_close(&reader));
    text_done(&payload);
}

static void texts_are_lent_from_the_payload(void **state)
{
    (void)state;
    struct text payload;
    text_init(&payload, 1000);
    wire_put_str(&payload, STR_OF("lent"));
    struct wire_reader reader;
    wire_open(&reader, text_str(&payload));
    struct str text = wire_str(&reader);
    assert_ptr_equal(text.ptr + text.len, payload.ptr + payload.len);
    text_done(&payload);
}

static void an_empty_payload_holds_nothing(void **state)
{
    (void)state;
    static const struct str payloads[] = {STR(""), {NULL, 0}};
    for (size_t i = 0; i < COUNT(payloads); i++) {
        struct wire_reader reader;
        wire_open(&reader, payloads[i]);
        assert_true(wire_close(&reader));
        assert_int_equal(wire_int(&reader), 0);
        assert_false(wire_close(&reader));
    }
}

/* Reads one field of the kind; whether it is good. */
static bool read_field(struct wire_reader *reader, char kind)
{
    if (kind == 'i') {
        (void)wire_int(reader);
    } else if (kind == 's') {
        assert_non_null(wire_str(reader).ptr);
    } else {
        (void)wire_list(reader);
    }
    return !reader->bad;
}

static void a_field_of_another_kind_is_bad(void **state)
{
    (void)state;
    static const char kinds[] = {'i', 's', 'l'};
    static const char tags[] = {'i', 's', 'l', 'I', '\0', 'x', 'j', 'h', '\xFF'};
    for (size_t i = 0; i < COUNT(kinds) * COUNT(tags); i++) {
        char kind = kinds[i % COUNT(kinds)];
        char tag = tags[i / COUNT(kinds)];
        struct text payload;
        text_init(&payload, 1000);
        put_raw(&payload, tag, 0, kind == 'i' ? 4 : 0);
        struct wire_reader reader;
        wire_open(&reader, text_str(&payload));
        assert_int_equal(read_field(&reader, kind), kind == tag);
        assert_int_equal(wire_close(&reader), kind == tag);
        text_done(&payload);
    }
}

static void what_is_bad_stays_bad_and_reads_as_nothing(void **state)
{
    (void)state;
    struct text payload;
    text_init(&payload, 1000);
    wire_put_int(&payload, 5);
    wire_put_str(&payload, STR_OF("good"));
    wire_put_list(&payload, 0);
    wire_put_int(&payload, 6);
    struct wire_reader reader;
    wire_open(&reader, text_str(&payload));
    assert_int_equal(wire_str(&reader).len, 0);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(wire_int(&reader), 0);
        assert_int_equal(wire_list(&reader), 0);
        struct str text = wire_str(&reader);
        assert_non_null(text.ptr);
        assert_int_equal(text.len, 0);
        assert_true(reader.bad);
        assert_false(wire_close(&reader));
    }
    text_done(&payload);
}

/* Reads int, text, list, int out of a copy that ends where the bytes end. */
static bool read_four(const char *bytes, size_t len)
{
    char *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    struct wire_reader reader;
    wire_open(&reader, (struct str){copy, len});
    (void)wire_int(&reader);
    struct str text = wire_str(&reader);
    assert_true(text.len <= len);
    (void)memchr(text.ptr, 'x', text.len);
    (void)wire_list(&reader);
    (void)wire_int(&reader);
    bool good = wire_close(&reader);
    free(copy);
    return good;
}

static void only_the_whole_payload_is_good(void **state)
{
    (void)state;
    struct text payload;
    text_init(&payload, 1000);
    wire_put_int(&payload, -7);
    wire_put_str(&payload, STR_OF("some text"));
    wire_put_list(&payload, 1);
    wire_put_int(&payload, 8);
    for (size_t len = 0; len < payload.len; len++) {
        assert_false(read_four(payload.ptr, len));
    }
    assert_true(read_four(payload.ptr, payload.len));
    text_add_char(&payload, '\0');
    assert_false(read_four(payload.ptr, payload.len));
    text_done(&payload);
}

static void changed_bytes_never_read_beyond_the_end(void **state)
{
    (void)state;
    static const unsigned char values[] = {0x00, 0x01, 0x7F, 0x80, 0xFF, 'i', 's', 'l', 10};
    struct text payload;
    text_init(&payload, 1000);
    wire_put_int(&payload, -7);
    wire_put_str(&payload, STR_OF("some text"));
    wire_put_list(&payload, 1);
    wire_put_int(&payload, 8);
    for (size_t at = 0; at < payload.len; at++) {
        for (size_t i = 0; i < COUNT(values) * COUNT(values); i++) {
            char changed[64];
            memcpy(changed, payload.ptr, payload.len);
            changed[at] = (char)values[i % COUNT(values)];
            changed[(at + 1) % payload.len] = (char)values[i / COUNT(values)];
            (void)read_four(changed, payload.len);
        }
    }
    text_done(&payload);
}

static void a_count_must_be_there(void **state)
{
    (void)state;
    static const struct {
        char kind;
        uint32_t count;
        size_t bytes; /* behind the field */
        bool good;
    } cases[] = {
        {'s', 0, 0, true},
        {'s', 3, 3, true},
        {'s', 3, 4, true},
        {'s', 4, 3, false},
        {'s', 1, 0, false},
        {'s', UINT32_MAX, 100, false},
        {'s', 0x80000000u, 100, false},
        {'s', 0x7FFFFFFFu, 100, false},
        {'s', WIRE_FRAME_BYTES, WIRE_FRAME_BYTES, true},
        {'s', WIRE_FRAME_BYTES, WIRE_FRAME_BYTES - 1, false},
        {'s', WIRE_FRAME_BYTES + 1, WIRE_FRAME_BYTES + 1, false},
        {'l', 0, 0, true},
        {'l', 1, 5, true},
        {'l', 1, 4, false},
        {'l', 2, 9, false},
        {'l', 2, 10, true},
        {'l', UINT32_MAX, 100, false},
        {'l', 0x33333334u, 100, false}, /* times five is four in 32 bits */
        {'l', WIRE_LIST_MOST, 5 * WIRE_LIST_MOST, true},
        {'l', WIRE_LIST_MOST, 5 * WIRE_LIST_MOST - 1, false},
        {'l', WIRE_LIST_MOST + 1, 5 * WIRE_LIST_MOST + 5, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text payload;
        text_init(&payload, (size_t)16 << 20);
        put_raw(&payload, cases[i].kind, cases[i].count, cases[i].bytes);
        struct wire_reader reader;
        wire_open(&reader, text_str(&payload));
        bool text = cases[i].kind == 's';
        size_t count = text ? wire_str(&reader).len : wire_list(&reader);
        assert_int_equal(count, cases[i].good ? cases[i].count : 0);
        assert_int_equal(reader.bad, !cases[i].good);
        text_done(&payload);
    }
}

static void what_is_left_over_is_bad(void **state)
{
    (void)state;
    struct text payload;
    text_init(&payload, 1000);
    put_raw(&payload, 's', 3, 4);
    struct wire_reader reader;
    wire_open(&reader, text_str(&payload));
    assert_true(str_is(wire_str(&reader), "xxx"));
    assert_false(reader.bad);
    assert_false(wire_close(&reader));
    text_done(&payload);
}

static void a_text_over_a_frame_makes_the_payload_fail(void **state)
{
    (void)state;
    char *bytes = calloc(1, (size_t)WIRE_FRAME_BYTES + 1);
    assert_non_null(bytes);
    struct text payload;
    text_init(&payload, (size_t)32 << 20);
    wire_put_str(&payload, (struct str){bytes, WIRE_FRAME_BYTES});
    assert_false(payload.failed);
    assert_int_equal(payload.len, WIRE_FRAME_BYTES + 5);
    wire_put_str(&payload, (struct str){bytes, (size_t)WIRE_FRAME_BYTES + 1});
    assert_true(payload.failed);
    text_clear(&payload);
    wire_put_str(&payload, (struct str){bytes, (size_t)1 << 32});
    assert_true(payload.failed);
    text_done(&payload);
    free(bytes);
}

static void a_list_that_no_reader_takes_makes_the_payload_fail(void **state)
{
    (void)state;
    struct text payload;
    text_init(&payload, 1000);
    wire_put_list(&payload, WIRE_LIST_MOST);
    assert_false(payload.failed);
    wire_put_list(&payload, WIRE_LIST_MOST + 1);
    assert_true(payload.failed);
    text_done(&payload);
}

static void a_header_comes_back_as_it_was(void **state)
{
    (void)state;
    static const struct frame frames[] = {
        {.kind = 0, .id = 0, .payload = {NULL, 0}},
        {.kind = 1, .id = 2, .payload = {NULL, 3}},
        {.kind = UINT32_MAX, .id = UINT64_MAX, .payload = {NULL, WIRE_FRAME_BYTES}},
        {.kind = 0x01020304, .id = 0x0506070809101112, .payload = {NULL, 0x010203}},
    };
    for (size_t i = 0; i < COUNT(frames); i++) {
        struct {
            char bytes[WIRE_HEADER_BYTES];
            char behind[16];
        } header;
        struct frame frame = {.payload = STR("old")};
        memset(&header, 0x55, sizeof header);
        wire_put_header(header.bytes, &frames[i]);
        assert_true(wire_header(header.bytes, &frame));
        assert_int_equal(frame.kind, frames[i].kind);
        assert_true(frame.id == frames[i].id);
        assert_int_equal(frame.payload.len, frames[i].payload.len);
        for (size_t k = 0; k < sizeof header.behind; k++) {
            assert_int_equal(header.behind[k], 0x55);
        }
    }
}

static void a_header_that_promises_too_much_is_refused(void **state)
{
    (void)state;
    static const struct {
        uint32_t bytes;
        bool good;
    } cases[] = {
        {WIRE_FRAME_BYTES, true}, {WIRE_FRAME_BYTES + 1, false}, {10u << 20, false},
        {0x7FFFFFFF, false},      {0x80000000, false},           {UINT32_MAX, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct frame frame = {.payload = {NULL, cases[i].bytes}};
        char header[WIRE_HEADER_BYTES];
        wire_put_header(header, &frame);
        assert_int_equal(wire_header(header, &frame), cases[i].good);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_come_back_as_they_were),
        cmocka_unit_test(texts_are_lent_from_the_payload),
        cmocka_unit_test(an_empty_payload_holds_nothing),
        cmocka_unit_test(a_field_of_another_kind_is_bad),
        cmocka_unit_test(what_is_bad_stays_bad_and_reads_as_nothing),
        cmocka_unit_test(only_the_whole_payload_is_good),
        cmocka_unit_test(changed_bytes_never_read_beyond_the_end),
        cmocka_unit_test(a_count_must_be_there),
        cmocka_unit_test(what_is_left_over_is_bad),
        cmocka_unit_test(a_text_over_a_frame_makes_the_payload_fail),
        cmocka_unit_test(a_list_that_no_reader_takes_makes_the_payload_fail),
        cmocka_unit_test(a_header_comes_back_as_it_was),
        cmocka_unit_test(a_header_that_promises_too_much_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
