/* config_retry - what an account's file says of single actions of an integration:
 * ladder.ACTION, on_exhausted.ACTION, on_unknown.ACTION.
 */
#ifndef HOST_APP_CONFIG_RETRY_H
#define HOST_APP_CONFIG_RETRY_H

#include "app/ini.h"
#include "engine/integration.h"
#include "plugin/descriptor.h"

/* After settings_take(): where an action is not mentioned, what is said of all counts.
 * Problems name the entry's line. */
void config_retry_take(const struct ini_section *section,
                       const struct descriptor *descriptor, struct arena *arena,
                       struct integration *integration, struct problems *problems);

#endif
