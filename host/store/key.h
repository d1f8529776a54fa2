/* key - where the vault's key is, as `key =` in imh.ini says; never in the database.
 *
 *     file:PATH        only its owner may read it
 *     env:NAME         in the environment of imh; taken out of it
 *     credential:NAME  given by systemd (LoadCredential=, LoadCredentialEncrypted=)
 *
 * 32 random bytes, as base64 or hexadecimal. Errors name the source and the remedy.
 */
#ifndef HOST_STORE_KEY_H
#define HOST_STORE_KEY_H

#include "base/environment.h"
#include "store/seal.h"

/* Is it one of these? Else a clause that fits behind "'key' ". */
bool key_is_source(struct str source, struct error *error);

/* The path of a file: source; empty for the others. */
struct str key_path(struct str source);

/* Errors: IMH_MISSING when nothing is there, IMH_DENIED when others may read the file,
 * IMH_REJECTED when it is no key. */
struct seal_key *key_load(struct str source, struct environment *environment,
                          struct error *error);

/* Makes a key in a file that must not be there yet: mode 0600, whole or not at all, on the
 * disk when this returns. */
struct seal_key *key_create(const char *path, struct error *error);

/* A name that was made or changed is on the disk only when its folder is. */
bool key_sync_folder(const char *path, struct error *error);

#endif
