/* config_alert - whom a configuration wants to be told that calls fail: an action.
 *
 * Private to config.
 */
#ifndef HOST_APP_CONFIG_ALERT_H
#define HOST_APP_CONFIG_ALERT_H

#include "app/config.h"

/* [alert] of imh.ini: checks as those of settings.h. */
bool config_alert_check(struct str value, struct error *error);
void config_alert_set(struct config *config, struct str value);
void config_alert_set_command(struct config *config, struct str value);
bool config_alert_check_every(struct str value, struct error *error);
void config_alert_set_every(struct config *config, struct str value);
bool config_alert_check_waiting(struct str value, struct error *error);
void config_alert_set_waiting(struct config *config, struct str value);

/* 'alert' of [account]. */
void config_alert_read(struct config *config, struct account *account,
                       const struct ini_entry *entry, struct problems *problems);

#endif
