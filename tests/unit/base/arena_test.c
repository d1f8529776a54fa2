#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { BLOCK = 1024, ALIGNMENT = alignof(max_align_t) };

/* What one block of BLOCK bytes costs, its head included. */
static size_t block_cost(void)
{
    struct arena arena;
    arena_init(&arena, BLOCK, 0);
    assert_non_null(arena_alloc(&arena, 1));
    size_t cost = arena.used;
    arena_done(&arena);
    return cost;
}

static void pieces_are_aligned_and_do_not_overlap(void **state)
{
    (void)state;
    static const size_t sizes[] = {1,   7,   8,   15,   16,   17,  100,
                                   511, 512, 513, 1024, 1025, 9000};
    enum { COUNT = sizeof sizes / sizeof *sizes, ROUNDS = 20 };
    unsigned char *pieces[ROUNDS][COUNT];
    struct arena arena;
    arena_init(&arena, BLOCK, 0);
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < COUNT; i++) {
            pieces[round][i] = arena_alloc(&arena, sizes[i]);
            assert_non_null(pieces[round][i]);
            assert_int_equal((uintptr_t)pieces[round][i] % ALIGNMENT, 0);
            memset(pieces[round][i], (int)(round * COUNT + i) & 0xFF, sizes[i]);
        }
    }
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < COUNT; i++) {
            for (size_t byte = 0; byte < sizes[i]; byte++) {
                assert_int_equal(pieces[round][i][byte], (round * COUNT + i) & 0xFF);
            }
        }
    }
    arena_done(&arena);
}

static void a_piece_takes_no_more_than_its_size_rounded_up(void **state)
{
    (void)state;
    static const size_t cases[][2] = {{1, 16}, {15, 16}, {16, 16}, {17, 32}, {32, 32}};
    struct arena arena;
    arena_init(&arena, BLOCK, 0);
    char *before = arena_alloc(&arena, 1);
    size_t taken = ALIGNMENT;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *piece = arena_alloc(&arena, cases[i][0]);
        assert_int_equal(piece - before, taken);
        before = piece;
        taken = cases[i][1] < ALIGNMENT ? ALIGNMENT : cases[i][1];
    }
    arena_done(&arena);
}

static void a_first_piece_of_a_whole_block_takes_one_block(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, BLOCK / 2, BLOCK - 1, BLOCK};
    size_t cost = block_cost();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct arena arena;
        arena_init(&arena, BLOCK, 0);
        assert_non_null(arena_alloc(&arena, sizes[i]));
        assert_int_equal(arena.used, cost);
        arena_done(&arena);
    }
}

static void a_piece_of_no_bytes_is_a_piece(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, BLOCK, 0);
    assert_non_null(arena_alloc(&arena, 0));
    assert_non_null(arena_zero(&arena, 0, 8));
    assert_non_null(arena_zero(&arena, 8, 0));
    arena_done(&arena);
    arena_init(&arena, BLOCK, 0);
    assert_non_null(arena_zero(&arena, 0, 0));
    arena_done(&arena);
}

static void never_takes_more_than_most(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 16, 100, 512, 513, 1024, 1025, 5000};
    enum { MOST = 20000, TRIES = 2000 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct arena arena;
        arena_init(&arena, BLOCK, MOST);
        unsigned count = 0;
        for (void *piece = &arena; piece && count < TRIES; count += piece != NULL) {
            piece = arena_alloc(&arena, sizes[i]);
            assert_true(arena.used <= MOST);
        }
        assert_in_range(count, MOST / 2 / (sizes[i] + ALIGNMENT), MOST / sizes[i]);
        assert_null(arena_alloc(&arena, sizes[i]));
        arena_done(&arena);
    }
}

static void gives_exactly_most_and_not_one_byte_less(void **state)
{
    (void)state;
    size_t cost = block_cost();
    struct arena arena;
    arena_init(&arena, BLOCK, cost);
    assert_non_null(arena_alloc(&arena, BLOCK));
    assert_int_equal(arena.used, cost);
    assert_null(arena_alloc(&arena, 1));
    arena_done(&arena);
    arena_init(&arena, BLOCK, cost - 1);
    assert_null(arena_alloc(&arena, 1));
    assert_int_equal(arena.used, 0);
    arena_done(&arena);
}

static void a_refused_piece_leaves_the_rest_usable(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, BLOCK, (size_t)4 * BLOCK);
    char *first = arena_alloc(&arena, 16);
    assert_null(arena_alloc(&arena, (size_t)4 * BLOCK));
    char *second = arena_alloc(&arena, 16);
    assert_ptr_equal(second, first + 16);
    arena_done(&arena);
}

static void refuses_sizes_that_overflow(void **state)
{
    (void)state;
    static const size_t sizes[] = {SIZE_MAX,      SIZE_MAX - 1,     SIZE_MAX - 15,
                                   SIZE_MAX - 16, SIZE_MAX / 2 + 1, SIZE_MAX / 2};
    static const size_t products[][2] = {{SIZE_MAX, 2},
                                         {2, SIZE_MAX},
                                         {SIZE_MAX / 2 + 1, 2},
                                         {(size_t)1 << 32, (size_t)1 << 32},
                                         {SIZE_MAX / 16 + 2, 16}};
    struct arena arena;
    arena_init(&arena, BLOCK, (size_t)1 << 20);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            assert_null(arena_alloc(&arena, sizes[i]));
            assert_null(arena_copy(&arena, (struct str){"x", sizes[i]}).ptr);
        }
        for (size_t i = 0; i < sizeof products / sizeof *products; i++) {
            assert_null(arena_zero(&arena, products[i][0], products[i][1]));
        }
        /* The second round meets an arena that has a block. */
        assert_non_null(arena_alloc(&arena, 1));
    }
    arena_done(&arena);
}

static void without_memory_there_is_no_piece(void **state)
{
    (void)state;
#ifdef IMH_SANITIZE
    skip(); /* a sanitizer would end the program */
#endif
    struct arena arena;
    arena_init(&arena, BLOCK, 0);
    for (int round = 0; round < 2; round++) {
        assert_null(arena_alloc(&arena, SIZE_MAX / 4));
        assert_null(arena_zero(&arena, SIZE_MAX / 4, 1));
        assert_non_null(arena_alloc(&arena, 1));
    }
    assert_int_equal(arena.used, block_cost());
    arena_done(&arena);
}

static void a_large_piece_leaves_the_newest_block_in_use(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, BLOCK, 0);
    char *first = arena_alloc(&arena, 16);
    assert_non_null(arena_alloc(&arena, (size_t)10 * BLOCK));
    assert_ptr_equal(arena_alloc(&arena, 16), first + 16);
    arena_done(&arena);
}

static void only_more_than_half_a_block_is_large(void **state)
{
    (void)state;
    static const size_t cases[][3] = {
        /* piece, what it costs, is the old block still in use */
        {BLOCK / 2, BLOCK, 0},
        {BLOCK / 2 + 1, BLOCK / 2 + 16, 1},
        {BLOCK, BLOCK, 1},
        {BLOCK + 1, BLOCK + 16, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena arena;
        arena_init(&arena, BLOCK, 0);
        char *first = arena_alloc(&arena, 640);
        size_t used = arena.used;
        assert_non_null(arena_alloc(&arena, cases[i][0]));
        assert_int_equal(arena.used - used, cases[i][1] + block_cost() - BLOCK);
        assert_int_equal((char *)arena_alloc(&arena, 16) == first + 640, cases[i][2]);
        arena_done(&arena);
    }
}

static void blocks_of_a_silly_size_work(void **state)
{
    (void)state;
    static const size_t blocks[] = {0, 1, 15, 17};
    static const size_t pieces[] = {0, 1, 15, 16, 17, 100};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        struct arena arena;
        arena_init(&arena, blocks[i], 10000);
        for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++) {
            char *piece = arena_alloc(&arena, pieces[k]);
            assert_non_null(piece);
            memset(piece, 0xAA, pieces[k]);
        }
        arena_done(&arena);
    }
}

static void zero_gives_zeros_where_others_wrote(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, BLOCK, 0);
    void *used = arena_alloc(&arena, 400);
    memset(used, 0xAA, 400);
    arena_clear(&arena);
    unsigned char *zeros = arena_zero(&arena, 100, 4);
    assert_ptr_equal(zeros, used);
    for (size_t i = 0; i < 400; i++) {
        assert_int_equal(zeros[i], 0);
    }
    arena_done(&arena);
}

static void clear_keeps_one_block_and_uses_it_again(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, BLOCK, 0);
    arena_clear(&arena);
    assert_int_equal(arena.used, 0);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 50; i++) {
            memset(arena_alloc(&arena, 200), round, 200);
        }
        assert_true(arena.used > (size_t)9 * BLOCK);
        arena_clear(&arena);
        assert_int_equal(arena.used, block_cost());
    }
    for (int i = 0; i < BLOCK / 16; i++) {
        memset(arena_alloc(&arena, 16), i, 16);
    }
    assert_int_equal(arena.used, block_cost());
    arena_done(&arena);
}

static void clear_gives_all_of_most_back(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, BLOCK, (size_t)8 * BLOCK);
    for (int round = 0; round < 3; round++) {
        int count = 0;
        while (arena_alloc(&arena, 200)) {
            count++;
        }
        assert_int_equal(count, 7 * (BLOCK / 208));
        arena_clear(&arena);
    }
    arena_done(&arena);
}

static void clear_does_not_keep_a_large_piece(void **state)
{
    (void)state;
    static const size_t sizes[] = {(size_t)100 * BLOCK, BLOCK / 2 + 1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct arena arena;
        arena_init(&arena, BLOCK, 0);
        assert_non_null(arena_alloc(&arena, 16));
        assert_non_null(arena_alloc(&arena, sizes[i]));
        arena_clear(&arena);
        assert_int_equal(arena.used, block_cost());
        arena_done(&arena);
    }
}

static void a_copy_has_a_zero_behind(void **state)
{
    (void)state;
    static const struct str cases[] = {
        STR(""),    {NULL, 0}, STR("x"), STR("fifteen bytes.."), STR("sixteen bytes..."),
        STR("a\0b")};
    struct arena arena;
    arena_init(&arena, BLOCK, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str copy = arena_copy(&arena, cases[i]);
        assert_non_null(copy.ptr);
        assert_ptr_not_equal(copy.ptr, cases[i].ptr);
        assert_true(str_eq(copy, cases[i]));
        memset(arena_alloc(&arena, 1), 0xAA, 1);
        assert_int_equal(copy.ptr[copy.len], '\0');
    }
    arena_done(&arena);
}

static void a_copy_that_does_not_fit_is_null_and_empty(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 16, 16);
    struct str copy = arena_copy(&arena, STR_OF("sixteen bytes..."));
    assert_null(copy.ptr);
    assert_int_equal(copy.len, 0);
    arena_done(&arena);
}

static void done_can_be_done_twice_and_used_again(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, BLOCK, (size_t)4 * BLOCK);
    arena_done(&arena);
    for (int round = 0; round < 3; round++) {
        memset(arena_alloc(&arena, 100), round, 100);
        memset(arena_alloc(&arena, (size_t)2 * BLOCK), round, (size_t)2 * BLOCK);
        arena_done(&arena);
        assert_int_equal(arena.used, 0);
        arena_done(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_and_do_not_overlap),
        cmocka_unit_test(a_piece_takes_no_more_than_its_size_rounded_up),
        cmocka_unit_test(a_first_piece_of_a_whole_block_takes_one_block),
        cmocka_unit_test(a_piece_of_no_bytes_is_a_piece),
        cmocka_unit_test(never_takes_more_than_most),
        cmocka_unit_test(gives_exactly_most_and_not_one_byte_less),
        cmocka_unit_test(a_refused_piece_leaves_the_rest_usable),
        cmocka_unit_test(refuses_sizes_that_overflow),
        cmocka_unit_test(without_memory_there_is_no_piece),
        cmocka_unit_test(a_large_piece_leaves_the_newest_block_in_use),
        cmocka_unit_test(only_more_than_half_a_block_is_large),
        cmocka_unit_test(blocks_of_a_silly_size_work),
        cmocka_unit_test(zero_gives_zeros_where_others_wrote),
        cmocka_unit_test(clear_keeps_one_block_and_uses_it_again),
        cmocka_unit_test(clear_gives_all_of_most_back),
        cmocka_unit_test(clear_does_not_keep_a_large_piece),
        cmocka_unit_test(a_copy_has_a_zero_behind),
        cmocka_unit_test(a_copy_that_does_not_fit_is_null_and_empty),
        cmocka_unit_test(done_can_be_done_twice_and_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
