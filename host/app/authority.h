/* authority - the file of 'ca_file': certificates, as PEM, of those who may vouch for a
 * remote, instead of the authorities that this machine trusts.
 */
#ifndef HOST_APP_AUTHORITY_H
#define HOST_APP_AUTHORITY_H

#include "base/text.h"

enum { AUTHORITY_BYTES = 64 << 10 };

/* Reads and looks it over; a relative path is beside the INI file. Errors are a clause that
 * names the file and the reason. */
bool authority_read(struct str path, const char *ini_file, struct text *pem,
                    struct error *error);

#endif
