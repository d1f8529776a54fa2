/* worker - the main loop of a worker: one plugin, its instances, two channels.
 *
 * Runs as a process of its own (imh-worker), or as a thread of a test or debugger
 * (--in-process); the code and the messages are the same.
 */
#ifndef HOST_PLUGIN_WORKER_H
#define HOST_PLUGIN_WORKER_H

#include "base/error.h"

/* Loads the plugin, says so (or why not) to the supervisor, and serves until that hangs up.
 * Takes over both descriptors. `seal`, when there is one, is called once the plugin is
 * loaded, before it is used: without its consent it is not. */
void worker_serve(const char *plugin_path, int supervisor_fd, int net_fd,
                  bool (*seal)(struct error *error));

/* Instead: says why the plugin is not even loaded. Takes the descriptor over. */
void worker_refuse(const char *why, int supervisor_fd);

#endif
