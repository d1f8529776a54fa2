/* Changing the key of a vault. */
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

/* acme/shop/0 .. count-1, their values being their names. */
static void put_many(const struct bench *bench, unsigned count)
{
    rig_sql(bench, "begin");
    for (unsigned i = 0; i < count; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "%u", i);
        const struct seal_place place = {STR_OF("acme"), STR_OF("shop"), str_from(name)};
        rig_put(bench, "0", &place, name);
    }
    rig_sql(bench, "commit");
}

/* How many of them open with these keys. */
static unsigned readable(const struct bench *bench, const char *numbers, unsigned count)
{
    unsigned good = 0;
    struct error error;
    OWN(vault) vault = rig_vault(bench, numbers, &error);
    for (unsigned i = 0; vault && i < count; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "%u", i);
        const struct seal_place place = {STR_OF("acme"), STR_OF("shop"), str_from(name)};
        OWN(secret) secret = vault_get(vault, bench->db, &place, &error);
        good += secret && str_is(secret_reveal(secret), name);
    }
    return good;
}

static int64_t number(const struct bench *bench, const char *sql)
{
    struct error error;
    OWN(query) query = db_query(bench->db, sql, &error);
    assert_int_equal(query_next(query, &error), QUERY_ROW);
    return query_int(query, 0);
}

/* Of no account, but ledgers. */
static int64_t own_records(const struct bench *bench)
{
    return number(bench, "select count(*) from secret"
                         " where account = '' and integration <> 'ledger'");
}

static void at_each_moment_the_new_key_opens_everything(void **state)
{
    enum { MANY = 2 * VAULT_REKEY_ROWS + 7 };
    const struct bench *bench = *state;
    struct vault_rekey rekey = {.over = false};
    put_many(bench, MANY);
    OWN(vault) vault = rig_begin(bench, "0", 1);
    for (unsigned turn = 0; !rekey.over; turn++) {
        assert_int_equal(readable(bench, "1", MANY), MANY);
        assert_int_equal(readable(bench, "01", MANY), MANY);
        assert_int_equal(readable(bench, "10", MANY), MANY);
        assert_int_equal(readable(bench, "0", MANY), MANY - rekey.sealed);
        assert_int_equal(readable(bench, "2", MANY), 0);
        rig_some(bench, vault, &rekey);
        assert_true(turn < 5);
    }
    rig_finish(bench, vault, &rekey);
    assert_int_equal(rekey.sealed, MANY);
    assert_int_equal(rekey.refused, 0);
    assert_int_equal(readable(bench, "1", MANY), MANY);
    rig_expect_failure(bench, "0", &token, IMH_REJECTED, "sealed with another key");
    assert_int_equal(own_records(bench), 1);
    assert_int_equal(number(bench, "select count(distinct key_id) from secret"), 1);
}

static void when_a_secret_was_set_does_not_change(void **state)
{
    const struct bench *bench = *state;
    struct vault_rekey rekey = {.over = false};
    rig_put(bench, "0", &token, "s3cret");
    OWN(vault) vault = rig_begin(bench, "0", 1);
    rig_finish(bench, vault, &rekey);
    assert_int_equal(
        number(bench, "select updated_at_ms from secret where account = 'acme'"),
        1700000000000);
}

static void it_goes_on_where_it_was_stopped(void **state)
{
    enum { MANY = VAULT_REKEY_ROWS + 50 };
    static const char *const known[] = {"01", "0", "1", "10"};
    const struct bench *bench = *state;
    for (size_t i = 0; i < COUNT(known); i++) {
        struct vault_rekey first = {.over = false};
        struct vault_rekey second = {.over = false};
        rig_sql(bench, "delete from secret");
        put_many(bench, MANY);
        OWN(vault) stopped = rig_begin(bench, "0", 1);
        rig_some(bench, stopped, &first);
        OWN(vault) vault = rig_begin(bench, known[i], 1);
        rig_finish(bench, vault, &second);
        assert_int_equal(first.sealed + second.sealed, MANY);
        assert_int_equal(readable(bench, "1", MANY), MANY);
    }
}

static void half_way_the_old_key_cannot_begin_another_change(void **state)
{
    const struct bench *bench = *state;
    struct error error;
    rig_put(bench, "0", &token, "s3cret");
    OWN(vault) stopped = rig_begin(bench, "0", 1);
    assert_non_null(stopped);
    OWN(vault) vault = rig_vault(bench, "0", &error);
    OWN(seal_key) third = rig_key(bench, 2);
    vault_add_key(vault, rig_key(bench, 2));
    assert_false(vault_rekey_begin(vault, bench->db, seal_key_id(third), 0, &error));
    assert_string_equal(error.text,
                        "the vault's key is being changed to another one than this");
    rig_expect(bench, "1", &token, "s3cret");
}

static void a_secret_set_meanwhile_is_sealed_by_the_new_key(void **state)
{
    const struct bench *bench = *state;
    struct vault_rekey rekey = {.over = false};
    struct error error;
    rig_put(bench, "0", &token, "s3cret");
    OWN(vault) vault = rig_begin(bench, "0", 1);
    rig_put(bench, "1", &other, "fresh");
    rig_expect(bench, "1", &other, "fresh");
    rig_expect_failure(bench, "0", &other, IMH_REJECTED,
                       "the vault's key is being changed");
    OWN(vault) old = rig_vault(bench, "0", &error);
    OWN(secret) value = secret_copy(STR_OF("stale"), &error);
    assert_false(vault_put(old, bench->db, &token, value, 0, &error));
    assert_non_null(strstr(error.text, "imh vault rekey --new-key SOURCE"));
    rig_finish(bench, vault, &rekey);
    rig_expect(bench, "1", &token, "s3cret");
}

static void a_change_upon_a_change_keeps_everything_readable(void **state)
{
    enum { MANY = VAULT_REKEY_ROWS + 50 };
    const struct bench *bench = *state;
    struct vault_rekey first = {.over = false};
    struct vault_rekey second = {.over = false};
    put_many(bench, MANY);
    OWN(vault) vault = rig_begin(bench, "0", 1);
    rig_some(bench, vault, &first);
    OWN(vault) next = rig_begin(bench, "1", 2);
    assert_int_equal(readable(bench, "2", MANY), MANY);
    rig_some(bench, next, &second);
    assert_int_equal(readable(bench, "2", MANY), MANY);
    rig_finish(bench, next, &second);
    assert_int_equal(readable(bench, "2", MANY), MANY);
    assert_int_equal(own_records(bench), 1);
}

static void note_refused(void *self, const struct seal_place *place)
{
    text_print(self, "%.*s ", STR_ARGS(place->name));
}

static void what_does_not_open_stays_and_is_named(void **state)
{
    enum { MANY = 2 * VAULT_REKEY_ROWS + 50, BAD = 120 };
    const struct bench *bench = *state;
    struct text names;
    text_init(&names, 1 << 20);
    struct vault_rekey rekey = {.refuse = note_refused, .self = &names};
    put_many(bench, MANY);
    rig_sql(bench, "update secret set nonce = zeroblob(24)"
                   " where cast(name as integer) < 120 and account <> ''");
    OWN(vault) vault = rig_begin(bench, "0", 1);
    rig_finish(bench, vault, &rekey);
    assert_int_equal(rekey.refused, BAD);
    assert_int_equal(rekey.sealed, MANY - BAD);
    assert_non_null(strstr(text_cstr(&names), "119 "));
    assert_null(strstr(text_cstr(&names), "120 "));
    assert_int_equal(readable(bench, "1", MANY), MANY - BAD);
    text_done(&names);
}

static void an_old_key_is_kept_as_long_as_a_record_needs_it(void **state)
{
    static const char old_keys[] =
        "select count(*) from secret where integration = 'old key'";
    const struct bench *bench = *state;
    struct vault_rekey first = {.over = false};
    struct vault_rekey second = {.over = false};
    rig_put(bench, "0", &token, "s3cret");
    rig_put(bench, "0", &other, "stays");
    rig_sql(bench, "update secret set nonce = zeroblob(24) where account = 'acme'");
    OWN(vault) vault = rig_begin(bench, "0", 1);
    rig_finish(bench, vault, &first);
    assert_int_equal(number(bench, old_keys), 1);
    rig_put(bench, "1", &token, "set again");
    OWN(vault) next = rig_begin(bench, "1", 2);
    rig_finish(bench, next, &second);
    assert_int_equal(number(bench, old_keys), 0);
    rig_expect(bench, "2", &token, "set again");
    rig_expect(bench, "2", &other, "stays");
}

static void a_changed_check_record_is_made_anew(void **state)
{
    const struct bench *bench = *state;
    struct vault_rekey rekey = {.over = false};
    rig_put(bench, "0", &token, "s3cret");
    rig_sql(bench, "update secret set box = zeroblob(21) where integration = 'check'");
    OWN(vault) vault = rig_begin(bench, "0", 1);
    rig_finish(bench, vault, &rekey);
    rig_expect(bench, "1", &token, "s3cret");
}

static void a_vault_without_secrets_forgets_its_old_key(void **state)
{
    const struct bench *bench = *state;
    struct vault_rekey rekey = {.over = false};
    OWN(vault) vault = rig_begin(bench, "0", 1);
    rig_finish(bench, vault, &rekey);
    rig_put(bench, "1", &token, "s3cret");
    rig_expect(bench, "1", &token, "s3cret");
    assert_int_equal(own_records(bench), 1);
}

static void a_key_that_was_not_given_is_our_mistake(void **state)
{
    const struct bench *bench = *state;
    struct error error;
    OWN(vault) vault = rig_vault(bench, "0", &error);
    assert_false(vault_rekey_begin(vault, bench->db, STR_OF("nobody's"), 0, &error));
    assert_int_equal(error.status, IMH_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(at_each_moment_the_new_key_opens_everything),
        TEST(when_a_secret_was_set_does_not_change),
        TEST(it_goes_on_where_it_was_stopped),
        TEST(half_way_the_old_key_cannot_begin_another_change),
        TEST(a_secret_set_meanwhile_is_sealed_by_the_new_key),
        TEST(a_change_upon_a_change_keeps_everything_readable),
        TEST(what_does_not_open_stays_and_is_named),
        TEST(an_old_key_is_kept_as_long_as_a_record_needs_it),
        TEST(a_changed_check_record_is_made_anew),
        TEST(a_vault_without_secrets_forgets_its_old_key),
        TEST(a_key_that_was_not_given_is_our_mistake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
