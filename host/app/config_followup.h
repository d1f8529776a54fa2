/* config_followup - sections [followup NAME] of an account's file. */
#ifndef HOST_APP_CONFIG_FOLLOWUP_H
#define HOST_APP_CONFIG_FOLLOWUP_H

#include "app/config.h"

/* Takes a section, as far as that needs no plugin. */
void config_followup_read(struct account *account, const struct ini_section *section,
                          struct str name, struct problems *problems);

/* After all integrations were checked: are the events, actions and arguments there that
 * follow-ups name? Then they are `followup_set` of their accounts. */
void config_check_followups(struct config *config, struct supervisor *supervisor,
                            struct problems *problems);

void config_followup_free(struct account *account);

#endif
