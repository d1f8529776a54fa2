/* vault_rig - a vault in a database of its own, and three keys by their numbers. */
#ifndef TESTS_UNIT_STORE_VAULT_RIG_H
#define TESTS_UNIT_STORE_VAULT_RIG_H

#include "store/vault.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct bench {
    void *state;
    struct db *db;
    struct secret *keys[3];
};

int rig_setup(void **state);
int rig_teardown(void **state);

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

struct seal_key *rig_key(const struct bench *bench, unsigned number);

/* A vault that was given these keys ("01"), opened; NULL with the reason. */
struct vault *rig_vault(const struct bench *bench, const char *numbers,
                        struct error *error);

void rig_put(const struct bench *bench, const char *numbers, const struct seal_place *place,
             const char *value);
void rig_expect(const struct bench *bench, const char *numbers,
                const struct seal_place *place, const char *value);
void rig_expect_failure(const struct bench *bench, const char *numbers,
                        const struct seal_place *place, imh_status status,
                        const char *text);
void rig_sql(const struct bench *bench, const char *sql);

/* A change to key number `next`: begun, one step, all steps and the end. */
struct vault *rig_begin(const struct bench *bench, const char *numbers, unsigned next);
void rig_some(const struct bench *bench, const struct vault *vault,
              struct vault_rekey *rekey);
void rig_finish(const struct bench *bench, const struct vault *vault,
                struct vault_rekey *rekey);

#endif
