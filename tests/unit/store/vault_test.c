#include "store/vault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "vault_rig.h"

static const struct seal_place token = {STR("acme"), STR("shop"), STR("token")};
static const struct seal_place other = {STR("beta"), STR("shop"), STR("token")};

static void what_was_put_can_be_got(void **state)
{
    const struct bench *bench = *state;
    rig_expect_failure(bench, "0", &token, IMH_MISSING, "it is not in the vault");
    rig_put(bench, "0", &token, "s3cret");
    rig_expect(bench, "0", &token, "s3cret");
    rig_expect_failure(bench, "0", &other, IMH_MISSING, "it is not in the vault");
    rig_put(bench, "0", &token, "another");
    rig_expect(bench, "0", &token, "another");
    rig_expect_failure(bench, "", &token, IMH_MISSING, "the vault has no key");
}

static void a_place_has_three_parts_of_sensible_length(void **state)
{
    static const char bytes[VAULT_NAME_BYTES + 1] = "x";
    static const struct seal_place places[] = {
        {STR(""), STR("shop"), STR("token")},
        {STR("acme"), STR(""), STR("token")},
        {STR("acme"), STR("shop"), STR("")},
        {STR("acme"), STR("shop"), {bytes, sizeof bytes}},
        {STR("acme"), STR("shop"), STR("to\0ken")},
    };
    const struct bench *bench = *state;
    struct error error;
    bool was_there;
    OWN(vault) vault = rig_vault(bench, "0", &error);
    OWN(secret) value = secret_copy(STR_OF("s3cret"), &error);
    for (size_t i = 0; i < COUNT(places); i++) {
        assert_false(vault_put(vault, bench->db, &places[i], value, 0, &error));
        assert_int_equal(error.status, IMH_REJECTED);
        assert_false(vault_unset(bench->db, &places[i], &was_there, &error));
    }
}

static void unset_forgets_and_says_whether_it_was_there(void **state)
{
    const struct bench *bench = *state;
    struct error error;
    bool was_there = false;
    rig_put(bench, "0", &token, "s3cret");
    rig_put(bench, "0", &other, "stays");
    assert_true(vault_unset(bench->db, &token, &was_there, &error));
    assert_true(was_there);
    rig_expect_failure(bench, "0", &token, IMH_MISSING, "it is not in the vault");
    assert_true(vault_unset(bench->db, &token, &was_there, &error));
    assert_false(was_there);
    rig_expect(bench, "0", &other, "stays");
}

static void add_line(void *self, const struct vault_record *record)
{
    text_print(self, "%.*s/%.*s/%.*s %lld;", STR_ARGS(record->place.account),
               STR_ARGS(record->place.integration), STR_ARGS(record->place.name),
               (long long)record->updated_at_ms);
}

static void the_list_is_sorted_and_has_secrets_of_accounts_only(void **state)
{
    const struct bench *bench = *state;
    struct error error;
    struct text list;
    text_init(&list, 4096);
    assert_true(vault_list(bench->db, add_line, &list, &error));
    assert_int_equal(list.len, 0);
    rig_put(bench, "0", &other, "s3cret");
    rig_put(bench, "0", &token, "s3cret");
    assert_true(vault_list(bench->db, add_line, &list, &error));
    assert_string_equal(text_cstr(&list), "acme/shop/token 1700000000000;"
                                          "beta/shop/token 1700000000000;");
    text_done(&list);
}

/* ---- what is not right ---- */

static void another_key_is_refused_by_one_clear_sentence(void **state)
{
    const struct bench *bench = *state;
    rig_put(bench, "0", &token, "s3cret");
    rig_expect_failure(bench, "1", &token, IMH_REJECTED,
                       "the vault was sealed with another key");
    rig_expect_failure(bench, "21", &token, IMH_REJECTED, "put that one there");
    rig_expect(bench, "10", &token, "s3cret");
}

static void a_record_that_was_moved_or_changed_is_refused_alone(void **state)
{
    static const char *const changes[] = {
        "update secret set account = 'gamma' where account = 'acme'",
        "update secret set integration = 'gamma' where account = 'acme'",
        "update secret set name = 'gamma' where account = 'acme'",
        "update secret set nonce = zeroblob(24) where account = 'acme'",
        "update secret set nonce = zeroblob(0) where account = 'acme'",
        "update secret set box = zeroblob(22) where account = 'acme'",
        "update secret set box = zeroblob(3) where account = 'acme'",
        "update secret set box = zeroblob(10000000) where account = 'acme'",
        ("update secret set box = (select box from secret where account = 'beta')"
         " where account = 'acme'"),
        ("update secret set box = (select box from secret where account = 'beta'),"
         " nonce = (select nonce from secret where account = 'beta') where account = "
         "'acme'"),
    };
    static const struct seal_place moved[] = {
        {STR("gamma"), STR("shop"), STR("token")},
        {STR("acme"), STR("gamma"), STR("token")},
        {STR("acme"), STR("shop"), STR("gamma")},
    };
    const struct bench *bench = *state;
    for (size_t i = 0; i < COUNT(changes); i++) {
        rig_sql(bench, "delete from secret");
        rig_put(bench, "0", &token, "s3cret");
        rig_put(bench, "0", &other, "stays");
        rig_sql(bench, changes[i]);
        const struct seal_place *place = i < COUNT(moved) ? &moved[i] : &token;
        rig_expect_failure(bench, "0", place, IMH_REJECTED, "it was ");
        rig_expect(bench, "0", &other, "stays");
        rig_put(bench, "0", place, "set again");
        rig_expect(bench, "0", place, "set again");
    }
}

static void a_key_nobody_knows_is_an_error_of_that_record(void **state)
{
    const struct bench *bench = *state;
    rig_put(bench, "0", &token, "s3cret");
    rig_put(bench, "0", &other, "stays");
    rig_sql(bench, "update secret set key_id = 'unknown' where account = 'acme'");
    rig_expect_failure(bench, "0", &token, IMH_REJECTED, "its key is not known");
    rig_expect(bench, "0", &other, "stays");
}

static void take_copy(const struct bench *bench)
{
    rig_sql(bench, "drop table if exists kept;"
                   "create table kept as select * from secret");
}

/* Puts back what was copied, as somebody who can write the database could. */
static void put_back(const struct bench *bench, const char *which)
{
    char sql[200];
    (void)snprintf(sql, sizeof sql, "replace into secret select * from kept where %s",
                   which);
    rig_sql(bench, sql);
}

static void an_older_record_put_back_is_refused_alone(void **state)
{
    static const struct seal_place second = {STR("acme"), STR("shop"), STR("user")};
    const struct bench *bench = *state;
    struct vault_rekey rekey = {.over = false};
    rig_put(bench, "0", &token, "first");
    take_copy(bench);
    rig_put(bench, "0", &token, "newest");
    rig_put(bench, "0", &second, "stays");
    rig_put(bench, "0", &other, "stays");
    put_back(bench, "account = 'acme'");
    rig_expect_failure(bench, "0", &token, IMH_REJECTED, "it was replaced by an older one");
    rig_expect(bench, "0", &second, "stays");
    rig_expect(bench, "0", &other, "stays");
    OWN(vault) vault = rig_begin(bench, "0", 1); /* does not make it good */
    rig_finish(bench, vault, &rekey);
    assert_int_equal(rekey.refused, 1);
    rig_expect_failure(bench, "1", &token, IMH_REJECTED, "it was replaced by an older one");
    rig_put(bench, "1", &token, "set again");
    rig_expect(bench, "1", &token, "set again");
    rig_expect(bench, "1", &second, "stays");
}

/* Its ledger alone put back, taken away, changed, or that of another account. */
static void a_secret_without_its_ledger_is_refused_until_it_is_set_again(void **state)
{
    static const char *const changes[] = {
        "replace into secret select * from kept where integration = 'ledger'",
        "delete from secret where integration = 'ledger' and name = 'acme'",
        "update secret set box = zeroblob(60) where integration = 'ledger'",
        "update secret set key_id = 'x' where integration = 'ledger' and name = 'acme'",
        ("delete from secret where integration = 'ledger' and name = 'acme';"
         "update secret set name = 'acme' where integration = 'ledger'"),
    };
    const struct bench *bench = *state;
    for (size_t i = 0; i < COUNT(changes); i++) {
        rig_sql(bench, "delete from secret");
        rig_put(bench, "0", &token, "first");
        take_copy(bench);
        rig_put(bench, "0", &token, "newest");
        rig_put(bench, "0", &other, "another account's");
        rig_sql(bench, changes[i]);
        rig_expect_failure(bench, "0", &token, IMH_REJECTED, "or its ledger was");
        rig_put(bench, "0", &token, "set again");
        rig_expect(bench, "0", &token, "set again");
    }
}

static void a_changed_check_record_is_found(void **state)
{
    const struct bench *bench = *state;
    struct error error;
    rig_put(bench, "0", &token, "s3cret");
    rig_sql(bench, "update secret set box = zeroblob(21) where integration = 'check'");
    OWN(vault) vault = rig_vault(bench, "0", &error);
    assert_non_null(vault);
    assert_false(vault_verify(vault, bench->db, &error));
    assert_non_null(strstr(error.text, "the vault's check record does not open"));
}

static void more_keys_than_there_is_room_for_are_forgotten(void **state)
{
    const struct bench *bench = *state;
    struct error error;
    OWN(vault) vault = vault_make();
    vault_add_key(vault, rig_key(bench, 0));
    vault_add_key(vault, rig_key(bench, 0));
    for (unsigned i = 0; i < 2 * VAULT_KEYS_MOST; i++) {
        vault_add_key(vault, seal_key_random(&error));
    }
    assert_true(vault_open(vault, bench->db, &error));
    vault_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_put_can_be_got),
        TEST(a_place_has_three_parts_of_sensible_length),
        TEST(unset_forgets_and_says_whether_it_was_there),
        TEST(the_list_is_sorted_and_has_secrets_of_accounts_only),
        TEST(another_key_is_refused_by_one_clear_sentence),
        TEST(a_record_that_was_moved_or_changed_is_refused_alone),
        TEST(a_key_nobody_knows_is_an_error_of_that_record),
        TEST(an_older_record_put_back_is_refused_alone),
        TEST(a_secret_without_its_ledger_is_refused_until_it_is_set_again),
        TEST(a_changed_check_record_is_found),
        TEST(more_keys_than_there_is_room_for_are_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
