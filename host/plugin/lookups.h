/* lookups - a call that asks a plugin for variables.
 *
 * Thread: the lane's that runs the call.
 */
#ifndef HOST_PLUGIN_LOOKUPS_H
#define HOST_PLUGIN_LOOKUPS_H

#include "plugin/call.h"

imh_status lookups_run(struct call *call, const imh_plugin *plugin, void *self);

#endif
