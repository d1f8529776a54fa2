#include "net/share.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 1200 };

/* `count` take one at a time until none gets more; the smallest and the largest share, and
 * what all have together. */
static uint64_t take_all(unsigned count, uint64_t *least, uint64_t *most)
{
    uint64_t own[1000] = {0};
    uint64_t used = 0;
    for (bool more = true; more;) {
        more = false;
        for (unsigned i = 0; i < count; i++) {
            if (share_allows(MOST, used, own[i], 1)) {
                own[i]++;
                used++;
                more = true;
            }
        }
    }
    *least = UINT64_MAX;
    *most = 0;
    for (unsigned i = 0; i < count; i++) {
        *least = own[i] < *least ? own[i] : *least;
        *most = own[i] > *most ? own[i] : *most;
    }
    assert_true(used <= MOST);
    return used;
}

static void one_alone_gets_a_third(void **state)
{
    (void)state;
    uint64_t least;
    uint64_t most;
    (void)take_all(1, &least, &most);
    assert_int_equal(most, MOST / 3);
}

static void many_get_as_much_as_each_other(void **state)
{
    (void)state;
    static const unsigned counts[] = {2, 3, 10, 100, 500};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        uint64_t least;
        uint64_t most;
        (void)take_all(counts[i], &least, &most);
        assert_true(most - least <= 1);
        assert_true(least >= MOST / (counts[i] + 2) - 1);
    }
}

static void a_newcomer_finds_room(void **state)
{
    (void)state;
    uint64_t least;
    uint64_t most;
    for (unsigned count = 1; count < 500; count++) {
        assert_true(share_allows(MOST, take_all(count, &least, &most), 0, 1));
    }
}

static void a_large_piece_is_measured_whole(void **state)
{
    (void)state;
    assert_true(share_allows(MOST, 0, 0, 600));
    assert_false(share_allows(MOST, 0, 0, 601));
    assert_true(share_allows(MOST, 300, 300, 150));
    assert_false(share_allows(MOST, 300, 300, 151));
    assert_false(share_allows(MOST, 0, 0, UINT64_MAX));
}

static void more_than_everything_leaves_nothing(void **state)
{
    (void)state;
    assert_false(share_allows(MOST, MOST, 0, 1));
    assert_false(share_allows(MOST, MOST + 1, 0, 1));
    assert_false(share_allows(MOST, UINT64_MAX, UINT64_MAX, UINT64_MAX));
    assert_false(share_allows(0, 0, 0, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_alone_gets_a_third),
        cmocka_unit_test(many_get_as_much_as_each_other),
        cmocka_unit_test(a_newcomer_finds_room),
        cmocka_unit_test(a_large_piece_is_measured_whole),
        cmocka_unit_test(more_than_everything_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
