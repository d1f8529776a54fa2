/* safe - the vault as a command uses it: opened when it is needed, not before.
 *
 * Where a daemon has it, the daemon is asked; values stay there: a secret that it has is
 * here an empty one, since calls that need it are made there, too.
 *
 * Opening takes the state directory, waiting up to 5 s for who has it, and reads the key.
 * What keeps it from opening is found once and said again to who asks later. Nothing is
 * made by reading: without a state directory the vault is empty.
 *
 * Errors: IMH_WAIT another process has the store, IMH_RETRY the disk or memory cannot take
 * it, IMH_DENIED permissions, IMH_REJECTED database or key are not right, IMH_MISSING what
 * was asked for is not there.
 *
 * Thread: one.
 */
#ifndef HOST_APP_SAFE_H
#define HOST_APP_SAFE_H

#include <limits.h>
#include <sys/types.h>

#include "base/log.h"
#include "queue/halt.h"
#include "store/key.h"
#include "store/store.h"
#include "store/vault.h"

struct safe;

struct safe_settings {
    const char *state; /* the state directory */
    const char *place; /* of the database in it: "sqlite:imh.db" */
    const char *key;   /* source of the key, a path as it can be opened */
    struct environment *environment;
    const struct log *log;
    bool alone; /* asks no daemon */
};

/* The settings are lent for its life. NULL when memory is out. */
struct safe *safe_make(const struct safe_settings *settings);
void safe_free(struct safe *safe);
OWN_BY(safe);

/* Opens it now and keeps it until the end, made if it was not there: for a daemon, which
 * has the only store there is. */
bool safe_hold(struct safe *safe, struct error *error);

/* The store that is held; lent. */
struct store *safe_store(struct safe *safe);

/* Lets others have the store, unless it is held; what comes later opens it again. */
void safe_rest(struct safe *safe);

/* For the audit log: who asks from now on; at first the user we are. */
void safe_asked_by(struct safe *safe, uid_t user);

/* Does a daemon have the store? */
bool safe_is_distant(struct safe *safe);

/* Why it cannot be opened; NULL when it could be, or was not tried. */
const struct error *safe_failure(const struct safe *safe);

struct secret *safe_get(struct safe *safe, const struct seal_place *place,
                        struct error *error);

/* `made_key`: the first secret, and the key's file was not there: it is now. */
bool safe_set(struct safe *safe, const struct seal_place *place, const struct secret *value,
              bool *made_key, struct error *error);

bool safe_unset(struct safe *safe, const struct seal_place *place, struct error *error);

/* See vault_list(); calls come while this waits, from another thread. */
bool safe_list(struct safe *safe,
               void (*each)(void *self, const struct vault_record *record), void *self,
               struct error *error);

/* Which integrations are disabled or held; as safe_list(). */
bool safe_halts(struct safe *safe, void (*each)(void *self, const struct halt *halt),
                void *self, struct error *error);

struct safe_change {
    struct vault_rekey rekey; /* `refuse` by the caller; calls come from another thread */
    char old_path[PATH_MAX];  /* where the old key is now; empty: where it was */
};

/* Seals everything by the key of that source. NULL: by a new key, which takes the place of
 * the old one in its file. After a kill it is done by doing it again. */
bool safe_rekey(struct safe *safe, const char *source, struct safe_change *change,
                struct error *error);

#endif
