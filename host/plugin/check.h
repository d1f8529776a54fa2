/* check - is what a plugin declares sensible? Names, types, examples, cross references.
 *
 * Run by the worker on the plugin and again by the supervisor on what the worker sent,
 * which trusts nobody. Pure.
 */
#ifndef HOST_PLUGIN_CHECK_H
#define HOST_PLUGIN_CHECK_H

#include "plugin/descriptor.h"

/* Adds a line per problem, "variable 'customer': example is not JSON". True: none. */
bool check_descriptor(const struct descriptor *descriptor, struct text *problems);

/* [a-z][a-z0-9_]*: names of plugins and options. */
bool check_is_name(struct str name);

/* Option names that every integration has; a plugin cannot have its own of that name. */
bool check_is_host_option(struct str name);

#endif
