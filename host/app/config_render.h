/* config_render - what one message may take: [render] of imh.ini, and --limit of commands.
 */
#ifndef HOST_APP_CONFIG_RENDER_H
#define HOST_APP_CONFIG_RENDER_H

#include "app/config.h"

void config_render_read(struct config *config, const struct ini_section *section,
                        struct problems *problems);

/* "steps=1000000", each of them up to NULL; false: one is wrong, and how. */
bool config_render_limits(const char *const *given, struct smarty_limits *limits,
                          struct error *error);

#endif
