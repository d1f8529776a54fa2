/* config_warn - what a configuration may say, and most likely does not mean. */
#ifndef HOST_APP_CONFIG_WARN_H
#define HOST_APP_CONFIG_WARN_H

#include "app/config.h"

/* Of one that was checked, see config_check_followups(). */
void config_warn(const struct config *config, struct problems *warnings);

#endif
