/* secret_source - where the value of a secret option is: never in the INI file itself.
 *
 *     vault:      in the vault, see `imh vault set`
 *     env:NAME    in the environment of imh
 *     file:PATH   in a file, relative to the account's INI file; one newline at its end is
 *                 not part of it; everybody must not be able to read it
 */
#ifndef HOST_APP_SECRET_SOURCE_H
#define HOST_APP_SECRET_SOURCE_H

#include "app/safe.h"
#include "base/environment.h"

/* What they are read from, all lent. */
struct secret_sources {
    struct environment *environment;
    struct safe *safe;
    bool here; /* calls are made here, although a daemon is at work */
};

/* Whose it is, and beside what. */
struct secret_wanted {
    const struct secret_sources *sources;
    struct seal_place place;
    const char *ini_file;
};

/* Errors are a clause that fits behind "option 'token': " and never hold the value;
 * IMH_MISSING: it is not there (yet). */
struct secret *secret_source_read(const struct secret_wanted *wanted, struct str source,
                                  struct error *error);

#endif
