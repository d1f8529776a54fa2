/* vault - the secrets of integrations, sealed in the database.
 *
 * Each record says by its key's id which key opens it, so two keys can be in use at once:
 * while keys are changed, the old one is itself in the vault, sealed by the new one. So at
 * each moment the new key opens everything, and the old one what it opened before and was
 * not sealed anew yet. A record of no account tells which key is the newest.
 *
 * A record that does not open is an error of that secret, not of the vault. So is one that
 * was replaced by an older one of the same name: each account has a record that says which
 * is the newest of each. What cannot be told is an account, or the vault, of which
 * everything is as it was at one time: that is how a backup looks, too. And a secret that
 * was unset can be put back.
 *
 * Thread: store, but for making and freeing a vault and giving it keys.
 */
#ifndef HOST_STORE_VAULT_H
#define HOST_STORE_VAULT_H

#include "store/db.h"
#include "store/seal.h"

enum {
    VAULT_KEYS_MOST = 8,    /* known at once */
    VAULT_REKEY_ROWS = 100, /* sealed anew in one transaction */
    VAULT_NAME_BYTES = 256  /* longest part of a place */
};

struct vault;

/* NULL when memory is out. */
struct vault *vault_make(void);
void vault_free(struct vault *vault);
OWN_BY(vault);

/* Takes the key over; more than VAULT_KEYS_MOST are forgotten. */
void vault_add_key(struct vault *vault, struct seal_key *key);

/* Which key the vault was sealed with last; empty when nothing was sealed yet. */
bool vault_sealed_by(struct db *db, char key_id[SEAL_KEY_ID_LENGTH + 1],
                     struct error *error);

/* Finds the newest key among those given, and older ones in the database. Errors:
 * IMH_REJECTED when the vault was sealed with none of them, IMH_MISSING when it has no key.
 */
bool vault_open(struct vault *vault, struct db *db, struct error *error);

/* Does the newest key open the record that names it? IMH_REJECTED when not: somebody, or
 * the disk, has changed the database. */
bool vault_verify(const struct vault *vault, struct db *db, struct error *error);

/* Errors of the place: a part of it that is too long or, in an account's secret, empty. */
bool vault_put(const struct vault *vault, struct db *db, const struct seal_place *place,
               const struct secret *value, int64_t now_ms, struct error *error);

/* Errors: IMH_MISSING when there is none, IMH_REJECTED when it does not open, or an older
 * one was put back. */
struct secret *vault_get(const struct vault *vault, struct db *db,
                         const struct seal_place *place, struct error *error);

/* `was_there`: it was removed just now. Needs no key. */
bool vault_unset(struct db *db, const struct seal_place *place, bool *was_there,
                 struct error *error);

struct vault_record {
    struct seal_place place;
    struct str key_id;
    int64_t updated_at_ms;
};

/* All secrets of accounts, sorted; what is passed is lent for the call. Needs no key. */
bool vault_list(struct db *db, void (*each)(void *self, const struct vault_record *record),
                void *self, struct error *error);

/* ---- changing the key ----
 *
 * Begin, then some until there is nothing left, then end; each in a transaction of its own,
 * from the start again after a kill. */

/* The key with that id, one of those given, becomes the newest. */
bool vault_rekey_begin(struct vault *vault, struct db *db, struct str key_id,
                       int64_t now_ms, struct error *error);

struct vault_rekey {
    /* A secret that does not open, and stays as it is; NULL: nobody wants to know. */
    void (*refuse)(void *self, const struct seal_place *place);
    void *self;
    unsigned sealed;  /* secrets of accounts, anew, so far */
    unsigned refused; /* records that do not open */
    bool over;        /* nothing is left */
};

bool vault_rekey_some(const struct vault *vault, struct db *db, struct vault_rekey *rekey,
                      struct error *error);

/* Older keys that no record needs any more are forgotten. */
bool vault_rekey_end(struct db *db, struct error *error);

#endif
