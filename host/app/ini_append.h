/* ini_append - a new section at the end of an INI file: all of it, or nothing.
 *
 * What stands in the file stays as it is, byte for byte. A new file takes its place, with
 * its mode and owner, when it is on disk as a whole.
 */
#ifndef HOST_APP_INI_APPEND_H
#define HOST_APP_INI_APPEND_H

#include "app/ini.h"
#include "base/path.h"

/* Would `name = value` be read as what it is? Errors are a clause: "is longer than ...". */
bool ini_value_fits(struct str name, struct str value, struct error *error);

/* `mark` is that of the file when it was read: when it is another one now, nobody knows
 * what the section would stand behind (IMH_RETRY). `line` is where the section begins. The
 * values must fit. */
bool ini_append(const char *file, const struct path_mark *mark,
                const struct ini_section *section, unsigned *line, struct error *error);

#endif
