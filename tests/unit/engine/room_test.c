#include "engine/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MIB ((int64_t)1 << 20)
#define GIB ((int64_t)1 << 30)

static bool look(struct room *room, int64_t size, int64_t bytes)
{
    const struct store_disk disk = {.size_bytes = size, .free_bytes = bytes};
    return room_look(room, &disk);
}

static void it_is_short_below_the_mark_and_enough_well_above_it(void **state)
{
    struct room room = {.asked_bytes = 100 * MIB};
    (void)state;
    assert_false(look(&room, GIB, 100 * MIB));
    assert_true(look(&room, GIB, 100 * MIB - 1));
    assert_true(room.is_short);
    assert_false(look(&room, GIB, 100 * MIB));
    assert_false(look(&room, GIB, 125 * MIB - 1));
    assert_true(room.is_short);
    assert_true(look(&room, GIB, 125 * MIB));
    assert_false(room.is_short);
    assert_false(look(&room, GIB, 100 * MIB));
}

static void the_usual_mark_is_a_part_of_the_disk_but_not_much(void **state)
{
    struct room room = {.asked_bytes = -1};
    (void)state;
    (void)look(&room, 50 * MIB, 50 * MIB);
    assert_int_equal(room_mark_bytes(&room), 5 * MIB);
    (void)look(&room, 100 * GIB, 50 * GIB);
    assert_int_equal(room_mark_bytes(&room), 256 * MIB);
}

static void nobody_minds_a_full_disk_when_nothing_is_to_be_free(void **state)
{
    struct room room = {.asked_bytes = 0};
    (void)state;
    assert_false(look(&room, GIB, 0));
    assert_false(room.is_short);
}

static void what_is_said_names_figures_and_remedy(void **state)
{
    struct room room = {.asked_bytes = 100 * MIB};
    struct error error;
    (void)state;
    (void)look(&room, GIB, 7 * MIB);
    room_say(&room, &error);
    assert_int_equal(error.status, IMH_RETRY);
    assert_true(error.after_s > 0);
    assert_non_null(strstr(error.text, "7 MiB are free, and 100 are to be"));
    assert_non_null(strstr(error.text, "'min_free' in [host]"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_short_below_the_mark_and_enough_well_above_it),
        cmocka_unit_test(the_usual_mark_is_a_part_of_the_disk_but_not_much),
        cmocka_unit_test(nobody_minds_a_full_disk_when_nothing_is_to_be_free),
        cmocka_unit_test(what_is_said_names_figures_and_remedy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
