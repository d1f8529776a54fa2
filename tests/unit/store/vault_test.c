#include "store/vault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/clock.h"
#include "store/migrations.h"

#include "state.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct seal_place token = {STR("acme"), STR("shop"), STR("token")};
static const struct seal_place other = {STR("beta"), STR("shop"), STR("token")};

/* A database, and three keys by their number. */
struct bench {
    void *state;
    struct db *db;
    struct secret *keys[3];
};

static int setup(void **state)
{
    struct error error;
    char place[200];
    struct bench *bench = calloc(1, sizeof *bench);
    if (!bench || state_make(&bench->state) != 0) {
        free(bench);
        return -1;
    }
    struct state *at = bench->state;
    (void)mkdir(at->folder, 0700);
    (void)snprintf(place, sizeof place, "sqlite:%s", state_path(at, "imh.db"));
    bench->db = db_open(str_from(place), DB_MAKE, &error);
    for (size_t i = 0; i < COUNT(bench->keys); i++) {
        OWN(seal_key) key = seal_key_random(&error);
        bench->keys[i] = seal_key_text(key, &error);
    }
    *state = bench;
    return bench->db && migrations_run(bench->db, &migrations_all, &clock_real, &error)
               ? 0
               : -1;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    db_close(bench->db);
    for (size_t i = 0; i < COUNT(bench->keys); i++) {
        secret_free(bench->keys[i]);
    }
    int failed = state_remove(&bench->state);
    free(bench);
    return failed;
}

static struct seal_key *key(const struct bench *bench, unsigned number)
{
    struct error error;
    return seal_key_parse(bench->keys[number], &error);
}

/* A vault that was given these keys ("01"), opened; NULL with the reason. */
static struct vault *open_vault(const struct bench *bench, const char *numbers,
                                struct error *error)
{
    OWN(vault) vault = vault_make();
    for (; *numbers; numbers++) {
        vault_add_key(vault, key(bench, (unsigned)(*numbers - '0')));
    }
    return vault_open(vault, bench->db, error) ? GIVE(vault) : NULL;
}

static void put(const struct bench *bench, const char *numbers,
                const struct seal_place *place, const char *value)
{
    struct error error = {.text = ""};
    OWN(vault) vault = open_vault(bench, numbers, &error);
    OWN(secret) secret = secret_copy(str_from(value), &error);
    if (vault) {
        (void)vault_put(vault, bench->db, place, secret, 1700000000000, &error);
    }
    assert_string_equal(error.text, "");
}

static void expect(const struct bench *bench, const char *numbers,
                   const struct seal_place *place, const char *value)
{
    struct error error = {.text = ""};
    OWN(vault) vault = open_vault(bench, numbers, &error);
    OWN(secret) secret = vault ? vault_get(vault, bench->db, place, &error) : NULL;
    assert_string_equal(error.text, "");
    assert_true(str_is(secret_reveal(secret), value));
    assert_true(vault_verify(vault, bench->db, &error));
}

static void expect_failure(const struct bench *bench, const char *numbers,
                           const struct seal_place *place, imh_status status,
                           const char *text)
{
    struct error error;
    OWN(vault) vault = open_vault(bench, numbers, &error);
    if (vault) {
        assert_null(vault_get(vault, bench->db, place, &error));
    }
    assert_int_equal(error.status, status);
    assert_non_null(strstr(error.text, text));
}

static void run_sql(const struct bench *bench, const char *sql)
{
    struct error error = {.text = ""};
    (void)db_run(bench->db, sql, &error);
    assert_string_equal(error.text, "");
}

static void what_was_put_can_be_got(void **state)
{
    const struct bench *bench = *state;
    expect_failure(bench, "0", &token, IMH_MISSING, "it is not in the vault");
    put(bench, "0", &token, "s3cret");
    expect(bench, "0", &token, "s3cret");
    expect_failure(bench, "0", &other, IMH_MISSING, "it is not in the vault");
    put(bench, "0", &token, "another");
    expect(bench, "0", &token, "another");
    expect_failure(bench, "", &token, IMH_MISSING, "the vault has no key");
}

static void a_place_has_three_parts_of_sensible_length(void **state)
{
    static const char bytes[VAULT_NAME_BYTES + 1] = "x";
    static const struct seal_place places[] = {
        {STR(""), STR("shop"), STR("token")},
        {STR("acme"), STR(""), STR("token")},
        {STR("acme"), STR("shop"), STR("")},
        {STR("acme"), STR("shop"), {bytes, sizeof bytes}},
    };
    const struct bench *bench = *state;
    struct error error;
    bool was_there;
    OWN(vault) vault = open_vault(bench, "0", &error);
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
    put(bench, "0", &token, "s3cret");
    put(bench, "0", &other, "stays");
    assert_true(vault_unset(bench->db, &token, &was_there, &error));
    assert_true(was_there);
    expect_failure(bench, "0", &token, IMH_MISSING, "it is not in the vault");
    assert_true(vault_unset(bench->db, &token, &was_there, &error));
    assert_false(was_there);
    expect(bench, "0", &other, "stays");
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
    put(bench, "0", &other, "s3cret");
    put(bench, "0", &token, "s3cret");
    assert_true(vault_list(bench->db, add_line, &list, &error));
    assert_string_equal(text_cstr(&list), "acme/shop/token 1700000000000;"
                                          "beta/shop/token 1700000000000;");
    text_done(&list);
}

/* ---- what is not right ---- */

static void another_key_is_refused_by_one_clear_sentence(void **state)
{
    const struct bench *bench = *state;
    put(bench, "0", &token, "s3cret");
    expect_failure(bench, "1", &token, IMH_REJECTED,
                   "the vault was sealed with another key");
    expect_failure(bench, "21", &token, IMH_REJECTED, "put that one there");
    expect(bench, "10", &token, "s3cret");
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
        run_sql(bench, "delete from secret");
        put(bench, "0", &token, "s3cret");
        put(bench, "0", &other, "stays");
        run_sql(bench, changes[i]);
        const struct seal_place *place = i < COUNT(moved) ? &moved[i] : &token;
        expect_failure(bench, "0", place, IMH_REJECTED, "it was ");
        expect(bench, "0", &other, "stays");
        put(bench, "0", place, "set again");
        expect(bench, "0", place, "set again");
    }
}

static void a_key_nobody_knows_is_an_error_of_that_record(void **state)
{
    const struct bench *bench = *state;
    put(bench, "0", &token, "s3cret");
    put(bench, "0", &other, "stays");
    run_sql(bench, "update secret set key_id = 'unknown' where account = 'acme'");
    expect_failure(bench, "0", &token, IMH_REJECTED, "its key is not known");
    expect(bench, "0", &other, "stays");
}

static void a_changed_check_record_is_found(void **state)
{
    const struct bench *bench = *state;
    struct error error;
    put(bench, "0", &token, "s3cret");
    run_sql(bench, "update secret set box = zeroblob(21) where account = ''");
    OWN(vault) vault = open_vault(bench, "0", &error);
    assert_non_null(vault);
    assert_false(vault_verify(vault, bench->db, &error));
    assert_non_null(strstr(error.text, "the vault's check record does not open"));
}

static void more_keys_than_there_is_room_for_are_forgotten(void **state)
{
    const struct bench *bench = *state;
    struct error error;
    OWN(vault) vault = vault_make();
    vault_add_key(vault, key(bench, 0));
    vault_add_key(vault, key(bench, 0));
    for (unsigned i = 0; i < 2 * VAULT_KEYS_MOST; i++) {
        vault_add_key(vault, seal_key_random(&error));
    }
    assert_true(vault_open(vault, bench->db, &error));
    vault_free(NULL);
}

/* ---- changing the key ---- */

static struct vault *begin(const struct bench *bench, const char *numbers, unsigned next)
{
    struct error error = {.text = ""};
    OWN(vault) vault = open_vault(bench, numbers, &error);
    OWN(seal_key) key_next = key(bench, next);
    vault_add_key(vault, key(bench, next));
    (void)vault_rekey_begin(vault, bench->db, seal_key_id(key_next), 1800000000000, &error);
    assert_string_equal(error.text, "");
    return GIVE(vault);
}

static void some(const struct bench *bench, const struct vault *vault,
                 struct vault_rekey *rekey)
{
    struct error error = {.text = ""};
    (void)vault_rekey_some(vault, bench->db, rekey, &error);
    assert_string_equal(error.text, "");
}

static void finish(const struct bench *bench, const struct vault *vault,
                   struct vault_rekey *rekey)
{
    struct error error = {.text = ""};
    while (!rekey->over) {
        some(bench, vault, rekey);
    }
    (void)vault_rekey_end(bench->db, &error);
    assert_string_equal(error.text, "");
}

/* acme/shop/0 .. count-1, their values being their names. */
static void put_many(const struct bench *bench, unsigned count)
{
    run_sql(bench, "begin");
    for (unsigned i = 0; i < count; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "%u", i);
        const struct seal_place place = {STR_OF("acme"), STR_OF("shop"), str_from(name)};
        put(bench, "0", &place, name);
    }
    run_sql(bench, "commit");
}

/* How many of them open with these keys. */
static unsigned readable(const struct bench *bench, const char *numbers, unsigned count)
{
    unsigned good = 0;
    struct error error;
    OWN(vault) vault = open_vault(bench, numbers, &error);
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

static void at_each_moment_the_new_key_opens_everything(void **state)
{
    enum { MANY = 2 * VAULT_REKEY_ROWS + 7 };
    const struct bench *bench = *state;
    struct vault_rekey rekey = {.over = false};
    put_many(bench, MANY);
    OWN(vault) vault = begin(bench, "0", 1);
    for (unsigned turn = 0; !rekey.over; turn++) {
        assert_int_equal(readable(bench, "1", MANY), MANY);
        assert_int_equal(readable(bench, "01", MANY), MANY);
        assert_int_equal(readable(bench, "10", MANY), MANY);
        assert_int_equal(readable(bench, "0", MANY), MANY - rekey.sealed);
        assert_int_equal(readable(bench, "2", MANY), 0);
        some(bench, vault, &rekey);
        assert_true(turn < 5);
    }
    finish(bench, vault, &rekey);
    assert_int_equal(rekey.sealed, MANY);
    assert_int_equal(rekey.refused, 0);
    assert_int_equal(readable(bench, "1", MANY), MANY);
    expect_failure(bench, "0", &token, IMH_REJECTED, "sealed with another key");
    assert_int_equal(number(bench, "select count(*) from secret where account = ''"), 1);
    assert_int_equal(number(bench, "select count(distinct key_id) from secret"), 1);
}

static void when_a_secret_was_set_does_not_change(void **state)
{
    const struct bench *bench = *state;
    struct vault_rekey rekey = {.over = false};
    put(bench, "0", &token, "s3cret");
    OWN(vault) vault = begin(bench, "0", 1);
    finish(bench, vault, &rekey);
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
        run_sql(bench, "delete from secret");
        put_many(bench, MANY);
        OWN(vault) stopped = begin(bench, "0", 1);
        some(bench, stopped, &first);
        OWN(vault) vault = begin(bench, known[i], 1);
        finish(bench, vault, &second);
        assert_int_equal(first.sealed + second.sealed, MANY);
        assert_int_equal(readable(bench, "1", MANY), MANY);
    }
}

static void half_way_the_old_key_cannot_begin_another_change(void **state)
{
    const struct bench *bench = *state;
    struct error error;
    put(bench, "0", &token, "s3cret");
    OWN(vault) stopped = begin(bench, "0", 1);
    assert_non_null(stopped);
    OWN(vault) vault = open_vault(bench, "0", &error);
    OWN(seal_key) third = key(bench, 2);
    vault_add_key(vault, key(bench, 2));
    assert_false(vault_rekey_begin(vault, bench->db, seal_key_id(third), 0, &error));
    assert_string_equal(error.text,
                        "the vault's key is being changed to another one than this");
    expect(bench, "1", &token, "s3cret");
}

static void a_secret_set_meanwhile_is_sealed_by_the_new_key(void **state)
{
    const struct bench *bench = *state;
    struct vault_rekey rekey = {.over = false};
    struct error error;
    put(bench, "0", &token, "s3cret");
    OWN(vault) vault = begin(bench, "0", 1);
    put(bench, "1", &other, "fresh");
    expect(bench, "1", &other, "fresh");
    expect_failure(bench, "0", &other, IMH_REJECTED, "the vault's key is being changed");
    OWN(vault) old = open_vault(bench, "0", &error);
    OWN(secret) value = secret_copy(STR_OF("stale"), &error);
    assert_false(vault_put(old, bench->db, &token, value, 0, &error));
    assert_non_null(strstr(error.text, "imh vault rekey --new-key SOURCE"));
    finish(bench, vault, &rekey);
    expect(bench, "1", &token, "s3cret");
}

static void a_change_upon_a_change_keeps_everything_readable(void **state)
{
    enum { MANY = VAULT_REKEY_ROWS + 50 };
    const struct bench *bench = *state;
    struct vault_rekey first = {.over = false};
    struct vault_rekey second = {.over = false};
    put_many(bench, MANY);
    OWN(vault) vault = begin(bench, "0", 1);
    some(bench, vault, &first);
    OWN(vault) next = begin(bench, "1", 2);
    assert_int_equal(readable(bench, "2", MANY), MANY);
    some(bench, next, &second);
    assert_int_equal(readable(bench, "2", MANY), MANY);
    finish(bench, next, &second);
    assert_int_equal(readable(bench, "2", MANY), MANY);
    assert_int_equal(number(bench, "select count(*) from secret where account = ''"), 1);
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
    run_sql(bench, "update secret set nonce = zeroblob(24)"
                   " where cast(name as integer) < 120 and account <> ''");
    OWN(vault) vault = begin(bench, "0", 1);
    finish(bench, vault, &rekey);
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
    put(bench, "0", &token, "s3cret");
    put(bench, "0", &other, "stays");
    run_sql(bench, "update secret set nonce = zeroblob(24) where account = 'acme'");
    OWN(vault) vault = begin(bench, "0", 1);
    finish(bench, vault, &first);
    assert_int_equal(number(bench, old_keys), 1);
    put(bench, "1", &token, "set again");
    OWN(vault) next = begin(bench, "1", 2);
    finish(bench, next, &second);
    assert_int_equal(number(bench, old_keys), 0);
    expect(bench, "2", &token, "set again");
    expect(bench, "2", &other, "stays");
}

static void a_changed_check_record_is_made_anew(void **state)
{
    const struct bench *bench = *state;
    struct vault_rekey rekey = {.over = false};
    put(bench, "0", &token, "s3cret");
    run_sql(bench, "update secret set box = zeroblob(21) where account = ''");
    OWN(vault) vault = begin(bench, "0", 1);
    finish(bench, vault, &rekey);
    expect(bench, "1", &token, "s3cret");
}

static void a_vault_without_secrets_forgets_its_old_key(void **state)
{
    const struct bench *bench = *state;
    struct vault_rekey rekey = {.over = false};
    OWN(vault) vault = begin(bench, "0", 1);
    finish(bench, vault, &rekey);
    put(bench, "1", &token, "s3cret");
    expect(bench, "1", &token, "s3cret");
    assert_int_equal(number(bench, "select count(*) from secret where account = ''"), 1);
}

static void a_key_that_was_not_given_is_our_mistake(void **state)
{
    const struct bench *bench = *state;
    struct error error;
    OWN(vault) vault = open_vault(bench, "0", &error);
    assert_false(vault_rekey_begin(vault, bench->db, STR_OF("nobody's"), 0, &error));
    assert_int_equal(error.status, IMH_BROKEN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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
        TEST(a_changed_check_record_is_found),
        TEST(more_keys_than_there_is_room_for_are_forgotten),
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
