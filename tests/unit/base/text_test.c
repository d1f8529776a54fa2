#include "base/text.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void an_unused_text_is_empty_and_fine(void **state)
{
    (void)state;
    struct text text;
    struct error error;
    text_init(&text, 100);
    assert_string_equal(text_cstr(&text), "");
    assert_non_null(text_str(&text).ptr);
    assert_int_equal(text_str(&text).len, 0);
    assert_true(text_ok(&text, "it", &error));
    text_done(&text);
}

static void what_is_added_stands_in_order_with_a_zero_behind(void **state)
{
    (void)state;
    struct text text;
    text_init(&text, 100);
    text_add_cstr(&text, "one");
    text_add_char(&text, ' ');
    text_add_bytes(&text, "two\0", 4);
    text_add(&text, STR_OF(" three"));
    text_print(&text, " %d%s", 4, "!");
    assert_true(str_eq(text_str(&text), STR_OF("one two\0 three 4!")));
    assert_int_equal(text_cstr(&text)[text.len], '\0');
    text_done(&text);
}

static void adding_nothing_changes_nothing(void **state)
{
    (void)state;
    static const size_t limits[] = {0, 1, 100, SIZE_MAX};
    static const char *volatile nothing = "";
    for (size_t i = 0; i < COUNT(limits); i++) {
        struct text text;
        text_init(&text, limits[i]);
        text_add_bytes(&text, NULL, 0);
        text_add(&text, (struct str){NULL, 0});
        text_add_cstr(&text, "");
        text_print(&text, "%s", nothing);
        assert_true(text_reserve(&text, 0));
        assert_false(text.failed);
        assert_string_equal(text_cstr(&text), "");
        text_done(&text);
    }
}

/* Adds `count` bytes in pieces of `piece`; how many there are at the end. */
static size_t fill(struct text *text, size_t count, size_t piece)
{
    static const char bytes[4096];
    assert_true(piece <= sizeof bytes);
    while (count > 0) {
        size_t step = piece < count ? piece : count;
        text_add_bytes(text, bytes, step);
        count -= step;
    }
    return text->len;
}

static void takes_exactly_most_and_not_one_byte_more(void **state)
{
    (void)state;
    static const size_t limits[] = {0, 1, 10, 255, 256, 257, 300, 511, 512, 513, 5000};
    static const size_t pieces[] = {1, 7, 4096};
    for (size_t i = 0; i < COUNT(limits); i++) {
        for (size_t k = 0; k < COUNT(pieces); k++) {
            struct text text;
            text_init(&text, limits[i]);
            assert_int_equal(fill(&text, limits[i], pieces[k]), limits[i]);
            assert_false(text.failed);
            text_add_char(&text, 'x');
            assert_true(text.failed);
            assert_int_equal(text.len, limits[i]);
            text_done(&text);
        }
    }
}

static void printing_takes_exactly_most_and_not_one_byte_more(void **state)
{
    (void)state;
    static const size_t limits[] = {1, 10, 256, 300, 600};
    for (size_t i = 0; i < COUNT(limits); i++) {
        struct text text;
        text_init(&text, limits[i]);
        text_print(&text, "%*d", (int)limits[i], 7);
        assert_false(text.failed);
        assert_int_equal(text.len, limits[i]);
        assert_int_equal(text_cstr(&text)[limits[i] - 1], '7');
        text_print(&text, "%c", 'x');
        assert_true(text.failed);
        assert_int_equal(text.len, limits[i]);
        text_done(&text);
        text_print(&text, "%*d", (int)limits[i] + 1, 7);
        assert_true(text.failed);
        text_done(&text);
    }
}

static void what_does_not_fit_is_left_out_whole(void **state)
{
    (void)state;
    struct text text;
    text_init(&text, 300);
    text_add_cstr(&text, "start");
    text_print(&text, "%296s", "x");
    assert_true(text.failed);
    assert_string_equal(text_cstr(&text), "start");
    text_done(&text);
}

static void a_text_that_failed_stops_growing(void **state)
{
    (void)state;
    char large[400] = {0};
    struct text text;
    text_init(&text, 300);
    text_add_cstr(&text, "start");
    text_add_bytes(&text, large, sizeof large);
    assert_true(text.failed);
    text_add_char(&text, 'x');
    text_add_cstr(&text, "y");
    text_print(&text, "%d", 1);
    assert_false(text_reserve(&text, 1));
    assert_string_equal(text_cstr(&text), "start");
    text_clear(&text);
    assert_int_equal(fill(&text, 300, 30), 300);
    assert_false(text.failed);
    text_done(&text);
}

static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    static const size_t limits[] = {100, SIZE_MAX / 2, SIZE_MAX - 1, SIZE_MAX};
    static const size_t counts[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 3};
    for (size_t i = 0; i < COUNT(limits) * COUNT(counts); i++) {
        struct text text;
        text_init(&text, limits[i / COUNT(counts)]);
        text_add_cstr(&text, "abc");
        assert_false(text_reserve(&text, counts[i % COUNT(counts)]));
        assert_true(text.failed);
        assert_string_equal(text_cstr(&text), "abc");
        text_done(&text);
    }
}

static void without_memory_a_text_fails_and_keeps_what_it_has(void **state)
{
    (void)state;
#ifdef IMH_SANITIZE
    skip(); /* a sanitizer would end the program */
#endif
    struct text text;
    text_init(&text, SIZE_MAX);
    text_add_cstr(&text, "abc");
    assert_false(text_reserve(&text, (size_t)1 << 50));
    assert_true(text.failed);
    assert_string_equal(text_cstr(&text), "abc");
    struct error error;
    assert_false(text_ok(&text, "the reply", &error));
    assert_int_equal(error.status, IMH_RETRY);
    assert_string_equal(error.text, "out of memory for the reply");
    struct text whole;
    struct text large;
    text_init(&whole, 10);
    text_init(&large, 0);
    text_fail_with(&whole, &large);
    assert_false(whole.failed);
    text_fail_with(&whole, &text);
    assert_true(whole.failed && whole.no_memory);
    text_clear(&whole);
    assert_false(whole.failed || whole.no_memory);
    text_add_char(&large, 'x');
    text_fail_with(&whole, &large);
    text_fail_with(&whole, &text); /* the first reason stays */
    assert_true(whole.failed && !whole.no_memory);
    text_clear(&text);
    text_add_cstr(&text, "again");
    assert_string_equal(text_cstr(&text), "again");
    text_done(&text);
}

static void reserved_room_is_there_and_costs_no_length(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 256, 257, 1000, 100000};
    for (size_t i = 0; i < COUNT(counts); i++) {
        struct text text;
        text_init(&text, 100003);
        text_add_cstr(&text, "abc");
        assert_true(text_reserve(&text, counts[i]));
        assert_true(text.capacity - text.len >= counts[i]);
        assert_true(text.capacity <= text.most);
        assert_int_equal(text.len, 3);
        const char *memory = text.ptr;
        assert_true(text_reserve(&text, text.capacity - text.len));
        assert_ptr_equal(text.ptr, memory);
        memset(text.ptr + text.len, 'x', counts[i]);
        text.len += counts[i];
        assert_int_equal(text_cstr(&text)[text.len], '\0');
        text_done(&text);
    }
}

static void grows_by_doubling(void **state)
{
    (void)state;
    struct text text;
    text_init(&text, (size_t)1 << 20);
    unsigned steps = 0;
    size_t before = 0;
    for (size_t i = 0; i < (size_t)1 << 20; i++) {
        text_add_char(&text, 'x');
        steps += text.capacity != before;
        before = text.capacity;
    }
    assert_in_range(steps, 2, 20);
    assert_int_equal(text.capacity, (size_t)1 << 20);
    text_done(&text);
}

static void clear_makes_a_failed_text_usable_and_keeps_the_memory(void **state)
{
    (void)state;
    struct text text;
    text_init(&text, 20);
    text_add_cstr(&text, "twenty bytes are here");
    assert_true(text.failed);
    text_clear(&text);
    text_add_cstr(&text, "short");
    const char *memory = text.ptr;
    text_clear(&text);
    assert_string_equal(text_cstr(&text), "");
    text_add_cstr(&text, "again");
    assert_ptr_equal(text.ptr, memory);
    assert_string_equal(text_cstr(&text), "again");
    text_done(&text);
}

static void done_can_be_done_twice_and_keeps_most(void **state)
{
    (void)state;
    struct text text;
    text_init(&text, 7);
    text_done(&text);
    text_add_cstr(&text, "seven..");
    assert_string_equal(text_cstr(&text), "seven..");
    text_add_char(&text, 'x');
    text_done(&text);
    text_done(&text);
    assert_null(text.ptr);
    assert_false(text.failed);
    assert_int_equal(text.most, 7);
}

static void nothing_is_left_of_a_wiped_text(void **state)
{
    (void)state;
    struct text text;
    char left[1000] = {0};
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    assert_true(memory >= 0);
    for (int cleared = 0; cleared < 2; cleared++) {
        text_init(&text, sizeof left);
        assert_true(text_reserve(&text, sizeof left));
        for (size_t i = 0; i < sizeof left / 10; i++) {
            text_add_cstr(&text, "geheimnis!");
        }
        if (cleared) {
            text_clear(&text);
        }
        /* What was there is free, but still ours to look at. */
        off_t at = (off_t)(uintptr_t)text.ptr;
        text_wipe(&text);
        assert_null(text.ptr);
        assert_int_equal(text.len, 0);
        assert_int_equal(text.most, sizeof left);
        assert_int_equal(pread(memory, left, sizeof left, at), sizeof left);
        assert_null(memmem(left, sizeof left, "geheim", 6));
    }
    text_wipe(&text);
    assert_int_equal(close(memory), 0);
}

static void a_text_too_large_is_rejected_by_name(void **state)
{
    (void)state;
    struct text text;
    struct error error = {.status = IMH_OK, .text = "untouched"};
    text_init(&text, 300);
    fill(&text, 300, 100);
    assert_true(text_ok(&text, "the reply", &error));
    assert_string_equal(error.text, "untouched");
    text_add_char(&text, 'x');
    assert_false(text_ok(&text, "the reply", &error));
    assert_int_equal(error.status, IMH_REJECTED);
    assert_string_equal(error.text, "the reply is larger than 300 bytes");
    text_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unused_text_is_empty_and_fine),
        cmocka_unit_test(what_is_added_stands_in_order_with_a_zero_behind),
        cmocka_unit_test(adding_nothing_changes_nothing),
        cmocka_unit_test(takes_exactly_most_and_not_one_byte_more),
        cmocka_unit_test(printing_takes_exactly_most_and_not_one_byte_more),
        cmocka_unit_test(what_does_not_fit_is_left_out_whole),
        cmocka_unit_test(a_text_that_failed_stops_growing),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(without_memory_a_text_fails_and_keeps_what_it_has),
        cmocka_unit_test(reserved_room_is_there_and_costs_no_length),
        cmocka_unit_test(grows_by_doubling),
        cmocka_unit_test(clear_makes_a_failed_text_usable_and_keeps_the_memory),
        cmocka_unit_test(done_can_be_done_twice_and_keeps_most),
        cmocka_unit_test(nothing_is_left_of_a_wiped_text),
        cmocka_unit_test(a_text_too_large_is_rejected_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
