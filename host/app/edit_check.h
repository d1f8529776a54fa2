/* edit_check - may the arguments of a failed job become these? */
#ifndef HOST_APP_EDIT_CHECK_H
#define HOST_APP_EDIT_CHECK_H

#include <jansson.h>

#include "app/command.h"

/* `job`: as the store shows it. What its plugin says of them is asked of the plugin, so its
 * integration must be configured. EXIT_DONE, or it was said what is wrong. */
int edit_check(struct context *context, const json_t *job, const char *args);

#endif
