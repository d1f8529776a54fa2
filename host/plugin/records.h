/* records - a call that writes or removes records: handed to the plugin, each with its own
 * end.
 *
 * What does not fit the entity's schema never reaches the plugin: it was changed by a
 * person, or the plugin was.
 *
 * Thread: a lane's.
 */
#ifndef HOST_PLUGIN_RECORDS_H
#define HOST_PLUGIN_RECORDS_H

#include "plugin/call.h"

/* Runs upsert() or remove() of the plugin's instance `self`. */
imh_status records_run(struct call *call, const imh_plugin *plugin, void *self);

/* The service done(). */
imh_status records_done(imh_call *api, uint32_t index, imh_status status, imh_str id,
                        imh_str version, imh_str text);

#endif
