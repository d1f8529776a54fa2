#include "followup/seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { VALUES = 5000 };

static const struct followup_event order = {
    .integration = STR("shop"), .type = STR("order"), .field = STR("cart")};

static uint64_t hash_of(unsigned number)
{
    char value[16];
    (void)snprintf(value, sizeof value, "%u", number);
    return seen_hash(&order, str_from(value));
}

static int64_t find(const struct seen *seen, uint64_t hash, int64_t itself,
                    int64_t after_ms)
{
    const struct seen_event than = {itself, after_ms};
    return seen_find(seen, hash, &than).event;
}

static void add(struct seen *seen, uint64_t hash, int64_t event, int64_t at_ms)
{
    const struct seen_event came = {event, at_ms};
    assert_true(seen_add(seen, hash, &came));
}

static void the_newest_that_is_later_is_found(void **state)
{
    (void)state;
    OWN(seen) seen = seen_make();
    uint64_t hash = hash_of(7);
    assert_int_equal(find(seen, hash, 9, 0), 0);
    add(seen, hash, 1, 500);
    add(seen, hash, 2, 400); /* told of later, but older */
    assert_int_equal(find(seen, hash, 9, 450), 1);
    assert_int_equal(find(seen, hash, 9, 500), 0);
    assert_int_equal(find(seen, hash, 1, 450), 0); /* itself */
    add(seen, hash, 3, 500);
    assert_int_equal(find(seen, hash, 1, 450), 3);
    assert_int_equal(find(seen, hash_of(8), 9, 0), 0);
}

static void each_value_has_its_own(void **state)
{
    (void)state;
    OWN(seen) seen = seen_make();
    for (unsigned i = 0; i < VALUES; i++) {
        add(seen, hash_of(i), i + 1, 1000 + i);
    }
    for (unsigned i = 0; i < VALUES; i++) {
        assert_int_equal(find(seen, hash_of(i), 0, 999), i + 1);
    }
    struct followup_event other = order;
    other.field = STR_OF("id");
    assert_int_equal(find(seen, seen_hash(&other, STR_OF("7")), 0, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_that_is_later_is_found),
        cmocka_unit_test(each_value_has_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
