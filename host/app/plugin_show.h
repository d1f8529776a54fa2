/* plugin_show - what a plugin declares, as people and programs want to see it.
 *
 * For people an INI section to copy into an account's file: what is required stands there
 * with an example, what is optional behind a semicolon, and all else in comments. It passes
 * `imh check` as it is, once the files of its secrets exist.
 */
#ifndef HOST_APP_PLUGIN_SHOW_H
#define HOST_APP_PLUGIN_SHOW_H

#include "plugin/descriptor.h"

void plugin_show_section(const struct descriptor *descriptor, struct text *out);

/* One object: types by name, flags as truths. */
void plugin_show_json(const struct descriptor *descriptor, struct text *out);

#endif
