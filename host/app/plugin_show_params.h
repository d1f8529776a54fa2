/* plugin_show_params - the arguments of an action, as follow-ups give them.
 *
 *     with.percent (integer, required): How much is taken off
 */
#ifndef HOST_APP_PLUGIN_SHOW_PARAMS_H
#define HOST_APP_PLUGIN_SHOW_PARAMS_H

#include "base/text.h"

/* `params` is a checked schema, or NULL; `write` gets a line for each argument. */
void plugin_show_params(const char *params, struct text *out,
                        void (*write)(struct text *out, const char *line));

#endif
