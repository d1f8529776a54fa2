/* site - a configuration at work: its accounts, and the processes that serve them.
 *
 * A new configuration is a new site with processes of its own: it takes the place of the
 * old one when everything in it is right, and the old one ends when its last call has.
 *
 * Thread: the daemon's.
 */
#ifndef HOST_APP_SITE_H
#define HOST_APP_SITE_H

#include "app/command.h"

struct site {
    struct site *next; /* older ones, which end */
    struct config config;
    struct supervisor_settings settings;
    struct supervisor *supervisor;
};

/* Reads the files of the context, starts the processes, loads the plugins. An integration
 * that cannot be used, for want of its plugin or a secret, is left out, says so in the log
 * and in `configured->problem`. NULL: something is wrong with the files; it is in
 * `problems`. Of `hooks`, what supervisor.h says of its caller's own: the rest is filled.
 */
struct site *site_open(struct context *context, const struct supervisor_settings *hooks,
                       struct problems *problems);
void site_free(struct site *site);
OWN_BY(site);

/* The integration, or NULL. */
struct configured *site_find(const struct site *site, struct str account,
                             struct str identifier);

#endif
