#include "store/audit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "state.h"
#include "store/migrations.h"

static void entries_are_kept_in_their_order(void **state)
{
    static const struct audit entries[] = {
        {1700000000000, STR("uid 0"), STR("vault set"), STR("acme"), STR("shop token")},
        {1700000000001, STR("key 'x'; --"), STR("vault rekey"), STR(""), STR("")},
    };
    struct error error;
    struct db *db = state_open(*state);
    assert_true(migrations_run(db, &migrations_all, &clock_real, &error));
    for (size_t i = 0; i < COUNT(entries); i++) {
        assert_true(audit_add(db, &entries[i], &error));
    }
    struct query *query = db_query(
        db, "select at_ms, actor, action, account, subject from audit order by id", &error);
    for (size_t i = 0; i < COUNT(entries); i++) {
        assert_int_equal(query_next(query, &error), QUERY_ROW);
        assert_int_equal(query_int(query, 0), entries[i].at_ms);
        assert_true(str_eq(query_text(query, 1), entries[i].actor));
        assert_true(str_eq(query_text(query, 2), entries[i].action));
        assert_true(str_eq(query_text(query, 3), entries[i].account));
        assert_true(str_eq(query_text(query, 4), entries[i].subject));
    }
    assert_int_equal(query_next(query, &error), QUERY_DONE);
    query_end(query);
    db_close(db);
}

static void without_its_table_it_fails(void **state)
{
    struct error error;
    struct audit entry = {1, STR("uid 0"), STR("vault set"), STR(""), STR("")};
    struct db *db = state_open(*state);
    assert_false(audit_add(db, &entry, &error));
    assert_int_equal(error.status, IMH_BROKEN);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        state_test(entries_are_kept_in_their_order),
        state_test(without_its_table_it_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
