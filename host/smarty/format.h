/* format - PHP's sprintf(). */
#ifndef HOST_SMARTY_FORMAT_H
#define HOST_SMARTY_FORMAT_H

#include "base/text.h"
#include "smarty/value.h"

enum { FORMAT_WIDTH_MOST = 10000 }; /* of one field */

/* %s d u f F e E g G x X o b c %%, flags - + 0 space 'c, width, precision, %1$s. false with
 * a clause in `problem`: an unknown letter, too few arguments, too wide. */
bool format_print(struct text *out, struct str format, const struct value *arguments,
                  uint32_t count, const char **problem);

#endif
