#include "vault_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/clock.h"
#include "state.h"
#include "store/migrations.h"

int rig_setup(void **state)
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

int rig_teardown(void **state)
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

struct seal_key *rig_key(const struct bench *bench, unsigned number)
{
    struct error error;
    return seal_key_parse(bench->keys[number], &error);
}

/* A vault that was given these keys ("01"), opened; NULL with the reason. */
struct vault *rig_vault(const struct bench *bench, const char *numbers, struct error *error)
{
    OWN(vault) vault = vault_make();
    for (; *numbers; numbers++) {
        vault_add_key(vault, rig_key(bench, (unsigned)(*numbers - '0')));
    }
    return vault_open(vault, bench->db, error) ? GIVE(vault) : NULL;
}

void rig_put(const struct bench *bench, const char *numbers, const struct seal_place *place,
             const char *value)
{
    struct error error = {.text = ""};
    OWN(vault) vault = rig_vault(bench, numbers, &error);
    OWN(secret) secret = secret_copy(str_from(value), &error);
    if (vault) {
        (void)vault_put(vault, bench->db, place, secret, 1700000000000, &error);
    }
    assert_string_equal(error.text, "");
}

void rig_expect(const struct bench *bench, const char *numbers,
                const struct seal_place *place, const char *value)
{
    struct error error = {.text = ""};
    OWN(vault) vault = rig_vault(bench, numbers, &error);
    OWN(secret) secret = vault ? vault_get(vault, bench->db, place, &error) : NULL;
    assert_string_equal(error.text, "");
    assert_true(str_is(secret_reveal(secret), value));
    assert_true(vault_verify(vault, bench->db, &error));
}

void rig_expect_failure(const struct bench *bench, const char *numbers,
                        const struct seal_place *place, imh_status status, const char *text)
{
    struct error error;
    OWN(vault) vault = rig_vault(bench, numbers, &error);
    if (vault) {
        assert_null(vault_get(vault, bench->db, place, &error));
    }
    assert_int_equal(error.status, status);
    assert_non_null(strstr(error.text, text));
}

void rig_sql(const struct bench *bench, const char *sql)
{
    struct error error = {.text = ""};
    (void)db_run(bench->db, sql, &error);
    assert_string_equal(error.text, "");
}

struct vault *rig_begin(const struct bench *bench, const char *numbers, unsigned next)
{
    struct error error = {.text = ""};
    OWN(vault) vault = rig_vault(bench, numbers, &error);
    OWN(seal_key) key_next = rig_key(bench, next);
    vault_add_key(vault, rig_key(bench, next));
    (void)vault_rekey_begin(vault, bench->db, seal_key_id(key_next), 1800000000000, &error);
    assert_string_equal(error.text, "");
    return GIVE(vault);
}

void rig_some(const struct bench *bench, const struct vault *vault,
              struct vault_rekey *rekey)
{
    struct error error = {.text = ""};
    (void)vault_rekey_some(vault, bench->db, rekey, &error);
    assert_string_equal(error.text, "");
}

void rig_finish(const struct bench *bench, const struct vault *vault,
                struct vault_rekey *rekey)
{
    struct error error = {.text = ""};
    while (!rekey->over) {
        rig_some(bench, vault, rekey);
    }
    (void)vault_rekey_end(bench->db, &error);
    assert_string_equal(error.text, "");
}
