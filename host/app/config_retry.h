/* config_retry - what becomes of failed jobs: of the whole host, in [retry] of imh.ini, and
 * of single actions of an integration: ladder.ACTION, on_exhausted.ACTION,
 * on_unknown.ACTION.
 */
#ifndef HOST_APP_CONFIG_RETRY_H
#define HOST_APP_CONFIG_RETRY_H

#include "app/config.h"
#include "engine/integration.h"
#include "plugin/descriptor.h"

/* [retry]: of integrations that do not say it themselves; values are checked. */
void config_retry_set_ladder(struct config *config, struct str value);
void config_retry_set_on_exhausted(struct config *config, struct str value);
void config_retry_set_margin(struct config *config, struct str value);

/* After settings_take(): where an action is not mentioned, what is said of all counts.
 * Problems name the entry's line. */
void config_retry_take(const struct ini_section *section,
                       const struct descriptor *descriptor, struct arena *arena,
                       struct integration *integration, struct problems *problems);

#endif
