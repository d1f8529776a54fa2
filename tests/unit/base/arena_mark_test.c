#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* What an arena gives back before its end, and what it shares with others. */

enum { BLOCK = 1024, MOST = 64 << 10 };

/* Small pieces, a whole block, large pieces. */
static const size_t sizes[] = {1, 100, 511, 513, 1024, 5000, 16, 900, 2000};
enum { COUNT = sizeof sizes / sizeof *sizes };

/* ---- marks ---- */

static void release_gives_back_what_came_since_and_nothing_else(void **state)
{
    (void)state;
    for (size_t before = 0; before <= COUNT; before++) {
        struct arena arena;
        unsigned char *pieces[COUNT];
        arena_init(&arena, BLOCK, 0);
        for (size_t i = 0; i < before; i++) {
            pieces[i] = arena_alloc(&arena, sizes[i]);
            memset(pieces[i], (int)i, sizes[i]);
        }
        struct arena_mark mark = arena_mark(&arena);
        size_t used = arena.used;
        for (int round = 0; round < 3; round++) {
            for (size_t i = 0; i < COUNT; i++) {
                memset(arena_alloc(&arena, sizes[i]), 0xFF, sizes[i]);
            }
            arena_release(&arena, &mark);
            assert_int_equal(arena.used, used);
            assert_ptr_equal(arena.at, mark.at);
        }
        for (size_t i = 0; i < before; i++) {
            for (size_t byte = 0; byte < sizes[i]; byte++) {
                assert_int_equal(pieces[i][byte], i);
            }
        }
        assert_non_null(arena_alloc(&arena, 1));
        arena_done(&arena);
        assert_int_equal(arena.used, 0);
    }
}

static void marks_stand_in_each_other(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, BLOCK, 0);
    struct arena_mark outer = arena_mark(&arena);
    char *kept = arena_alloc(&arena, 5000);
    memset(kept, 'k', 5000);
    size_t used = arena.used;
    for (int round = 0; round < 3; round++) {
        struct arena_mark inner = arena_mark(&arena);
        (void)arena_alloc(&arena, 3000);
        (void)arena_alloc(&arena, 30);
        arena_release(&arena, &inner);
        assert_int_equal(arena.used, used);
    }
    for (size_t i = 0; i < 5000; i++) {
        assert_int_equal(kept[i], 'k');
    }
    arena_release(&arena, &outer);
    assert_int_equal(arena.used, 0);
    arena_done(&arena);
}

/* ---- a purse ---- */

static void arenas_of_one_purse_have_no_more_together(void **state)
{
    (void)state;
    struct purse purse = {.most = MOST};
    struct arena arenas[2];
    size_t got = 0;
    for (int i = 0; i < 2; i++) {
        arena_init(&arenas[i], BLOCK, 0);
        arena_share(&arenas[i], &purse);
    }
    while (arena_alloc(&arenas[got % 2], BLOCK)) {
        got++;
    }
    assert_in_range(got, MOST / (BLOCK + 64), MOST / BLOCK);
    assert_int_equal(arenas[0].used + arenas[1].used, purse.used);
    arena_done(&arenas[0]);
    assert_int_equal(arenas[1].used, purse.used);
    assert_non_null(arena_alloc(&arenas[1], BLOCK));
    arena_done(&arenas[1]);
    assert_int_equal(purse.used, 0);
}

static void what_is_promised_is_there_whatever_others_take(void **state)
{
    (void)state;
    struct purse purse = {.most = MOST};
    struct arena first;
    struct arena second;
    arena_init(&first, BLOCK, 0);
    arena_init(&second, BLOCK, 0);
    arena_share(&first, &purse);
    arena_share(&second, &purse);
    assert_true(arena_promise(&first, MOST / 2));
    assert_false(arena_promise(&second, MOST / 2 + 1));
    assert_int_equal(purse.used, MOST / 2);
    while (arena_alloc(&second, BLOCK)) {
    }
    assert_non_null(arena_alloc(&first, MOST / 2 - BLOCK));
    arena_done(&first);
    arena_done(&second);
    assert_int_equal(purse.used, 0);
}

/* One piece of work follows another: the larger promise does for both. */
static void promises_are_not_added_up(void **state)
{
    (void)state;
    struct purse purse = {.most = MOST};
    struct arena arena;
    arena_init(&arena, BLOCK, 0);
    arena_share(&arena, &purse);
    assert_true(arena_promise(&arena, MOST / 2));
    assert_true(arena_promise(&arena, MOST / 4));
    assert_int_equal(purse.used, MOST / 2);
    assert_true(arena_promise(&arena, MOST));
    assert_false(arena_promise(&arena, MOST + 1));
    arena_done(&arena);
    assert_int_equal(purse.used, 0);
}

static void release_gives_a_promise_back_that_came_since(void **state)
{
    (void)state;
    struct purse purse = {.most = MOST};
    struct arena arena;
    arena_init(&arena, BLOCK, 0);
    arena_share(&arena, &purse);
    assert_true(arena_promise(&arena, MOST / 4));
    struct arena_mark mark = arena_mark(&arena);
    assert_true(arena_promise(&arena, MOST / 2));
    (void)arena_alloc(&arena, MOST / 3);
    arena_release(&arena, &mark);
    assert_int_equal(purse.used, MOST / 4);
    arena_done(&arena);
}

static void a_promise_is_no_more_than_the_arenas_most(void **state)
{
    (void)state;
    struct purse purse = {.most = MOST};
    struct arena arena;
    arena_init(&arena, BLOCK, MOST / 2);
    arena_share(&arena, &purse);
    assert_false(arena_promise(&arena, MOST / 2 + 1));
    assert_int_equal(purse.used, 0);
    assert_true(arena_promise(&arena, MOST / 2));
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(release_gives_back_what_came_since_and_nothing_else),
        cmocka_unit_test(marks_stand_in_each_other),
        cmocka_unit_test(arenas_of_one_purse_have_no_more_together),
        cmocka_unit_test(what_is_promised_is_there_whatever_others_take),
        cmocka_unit_test(promises_are_not_added_up),
        cmocka_unit_test(release_gives_a_promise_back_that_came_since),
        cmocka_unit_test(a_promise_is_no_more_than_the_arenas_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
