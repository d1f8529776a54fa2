/* worker - the main loop of a worker: one plugin, its instances, two channels.
 *
 * Runs as a process of its own (imh-worker), or as a thread of a test or debugger
 * (--in-process); the code and the messages are the same.
 */
#ifndef HOST_PLUGIN_WORKER_H
#define HOST_PLUGIN_WORKER_H

/* Loads the plugin, says so (or why not) to the supervisor, and serves until that hangs up.
 * Takes over both descriptors. */
void worker_serve(const char *plugin_path, int supervisor_fd, int net_fd);

#endif
