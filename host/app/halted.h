/* halted - which integrations of a configuration are disabled for a while, as the store or
 * the daemon that has it knows.
 *
 * Thread: that of the configuration.
 */
#ifndef HOST_APP_HALTED_H
#define HOST_APP_HALTED_H

#include "app/config.h"

/* Sets the pauses of all integrations; of a store that is not there yet there are none. */
bool halted_read(struct config *config, struct safe *safe, struct error *error);

/* "since 2026-11-28T10:00:00Z by uid 0". */
enum { HALTED_BYTES = 80 };
void halted_write(const struct pause *pause, char text[HALTED_BYTES]);

#endif
