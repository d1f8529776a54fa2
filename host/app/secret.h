/* secret - where the value of a secret option is: never in the INI file itself.
 *
 *     env:NAME    in the environment of imh
 *     file:PATH   in a file, relative to the account's INI file; one newline at its end is
 *                 not part of it; everybody must not be able to read it
 */
#ifndef HOST_APP_SECRET_H
#define HOST_APP_SECRET_H

#include "base/text.h"

enum { SECRET_BYTES = 64 << 10 };

/* The value goes to `value`; the caller wipes that. Errors are a clause that fits behind
 * "option 'token': " and never hold the value; IMH_MISSING: it is not there (yet). */
bool secret_read(struct str source, const char *ini_file, struct text *value,
                 struct error *error);

#endif
