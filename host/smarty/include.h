/* include - the names that templates can be included by. */
#ifndef HOST_SMARTY_INCLUDE_H
#define HOST_SMARTY_INCLUDE_H

#include "base/str.h"

/* Why the name can be no template's, as a clause; NULL: it can. */
const char *include_name_problem(struct str name);

#endif
