/* options - the value of a setting, checked against what the plugin declares.
 *
 * The value as plugins read it: a boolean is "1" or "0", seconds and bytes are plain
 * numbers, an option that may be given more than once is a JSON array. Pure.
 */
#ifndef HOST_PLUGIN_OPTIONS_H
#define HOST_PLUGIN_OPTIONS_H

#include "plugin/descriptor.h"

enum { OPTION_BYTES = 64 << 10 }; /* longest value */

/* Adds the value to `value`. Errors are a clause that fits behind "option 'url': ": "must
 * start with http:// or https://". */
bool options_check(const imh_option *option, struct str text, struct text *value,
                   struct error *error);

/* Takes the text before the next {name} off the front of `*rest`, and the place itself;
 * false when there is none any more. `before` may be NULL. */
bool options_place(struct str *rest, struct str *before, struct str *name);

#endif
