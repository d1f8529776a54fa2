/* sweep_vault [STRIDE [SCENARIO]] - the vault, with each allocation failing in turn. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "scenarios.h"
#include "store/key.h"
#include "store/migrations.h"
#include "store/vault.h"

enum { SECRETS = 4, KEYS = 2 };

/* The run's folder, and what it was told is kept. */
static char outer[64];
static char place[100];
static char keys[KEYS][100];
static unsigned acknowledged; /* secrets */

static void begin_folder(void)
{
    (void)snprintf(outer, sizeof outer, "%s/imh-sweep-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    must(mkdtemp(outer));
    (void)snprintf(place, sizeof place, "sqlite:%s/imh.db", outer);
    for (unsigned i = 0; i < KEYS; i++) {
        (void)snprintf(keys[i], sizeof keys[i], "%s/key-%u", outer, i);
    }
    acknowledged = 0;
}

/* The name of secret number i is its value too. */
static struct seal_place place_of(unsigned number, char name[16])
{
    (void)snprintf(name, 16, "secret-%u", number);
    return (struct seal_place){STR_OF("acme"), STR_OF("shop"), str_from(name)};
}

static bool put(const struct vault *vault, struct db *db, unsigned number,
                struct error *error)
{
    char name[16];
    const struct seal_place where = place_of(number, name);
    OWN(secret) value = secret_copy(str_from(name), error);
    bool done = value && db_begin(db, error) &&
                vault_put(vault, db, &where, value, 1, error) && db_commit(db, error);
    if (!done) {
        db_rollback(db);
    }
    acknowledged += done;
    return done;
}

static bool get(const struct vault *vault, struct db *db, unsigned number,
                struct error *error)
{
    char name[16];
    const struct seal_place where = place_of(number, name);
    OWN(secret) value = vault_get(vault, db, &where, error);
    must(!value || str_is(secret_reveal(value), name));
    must(value || error->status != IMH_MISSING);
    return value != NULL;
}

static bool rekey(struct vault *vault, struct db *db, struct error *error)
{
    struct vault_rekey change = {.over = false};
    struct seal_key *key = key_create(keys[1], error);
    if (!key) {
        return false;
    }
    char id[SEAL_KEY_ID_LENGTH];
    memcpy(id, seal_key_id(key).ptr, sizeof id);
    vault_add_key(vault, key);
    bool done = db_begin(db, error) &&
                vault_rekey_begin(vault, db, (struct str){id, sizeof id}, 1, error) &&
                db_commit(db, error) && db_begin(db, error) &&
                vault_rekey_some(vault, db, &change, error) && db_commit(db, error) &&
                db_begin(db, error) && vault_rekey_end(db, error) && db_commit(db, error);
    if (!done) {
        db_rollback(db);
    }
    must(!done || (change.over && change.sealed == SECRETS && change.refused == 0));
    return done;
}

static bool work(struct vault *vault, struct db *db, struct error *error)
{
    bool good = vault_open(vault, db, error);
    for (unsigned i = 0; good && i < SECRETS; i++) {
        good = put(vault, db, i, error);
    }
    good = good && rekey(vault, db, error);
    for (unsigned i = 0; good && i < SECRETS; i++) {
        good = get(vault, db, i, error);
    }
    return good;
}

/* A whole life: a key made, secrets kept, the key changed, secrets read. */
static bool run_life(struct error *error)
{
    begin_folder();
    struct seal_key *key = key_create(keys[0], error);
    OWN(vault) vault = vault_make();
    if (!key || !vault) {
        seal_key_free(key);
        return key ? error_set(error, IMH_RETRY, "out of memory") : false;
    }
    vault_add_key(vault, key);
    struct db *db = db_open(str_from(place), DB_MAKE, error);
    bool good = db && migrations_run(db, &migrations_all, &clock_real, error) &&
                work(vault, db, error);
    db_close(db);
    return good;
}

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

/* Whatever failed: with both keys, every secret that was acknowledged opens. */
static bool verify_life(struct error *error)
{
    OWN(environment) environment = environment_make();
    OWN(vault) vault = vault_make();
    for (unsigned i = 0; i < KEYS; i++) {
        char source[300];
        struct error missing;
        (void)snprintf(source, sizeof source, "file:%s", keys[i]);
        struct seal_key *key = key_load(str_from(source), environment, &missing);
        if (key) {
            vault_add_key(vault, key);
        }
    }
    struct db *db = acknowledged > 0 ? db_open(str_from(place), DB_EXISTING, error) : NULL;
    must(db || acknowledged == 0);
    must(!db || vault_open(vault, db, error));
    for (unsigned i = 0; i < acknowledged; i++) {
        must(get(vault, db, i, error));
    }
    db_close(db);
    must(nftw(outer, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0);
    return true;
}

/* A secret taken from the environment, and a key read from it. */
static bool run_environment(struct error *error)
{
    static char variable[] = "IMH_SWEEP_KEY=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    char again[sizeof variable];
    memcpy(again, variable, sizeof variable);
    must(putenv(variable) == 0);
    OWN(environment) environment = environment_make();
    struct seal_key *key =
        environment ? key_load(STR_OF("env:IMH_SWEEP_KEY"), environment, error) : NULL;
    bool good = key || environment || error_set(error, IMH_RETRY, "out of memory");
    must(!key || seal_key_id(key).len == SEAL_KEY_ID_LENGTH);
    good = good && key;
    seal_key_free(key);
    memcpy(variable, again, sizeof variable); /* it was overwritten */
    return good;
}

int main(int argc, char **argv)
{
    static const struct scenario items[] = {
        {"vault: a whole life", run_life, verify_life},
        {"vault: a key of the environment", run_environment, NULL},
    };
    static const struct scenarios all = {items, sizeof items / sizeof *items};
    return scenarios_main(&all, argc, argv);
}
