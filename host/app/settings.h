/* settings - the options every integration has, whatever its plugin: one row each. */
#ifndef HOST_APP_SETTINGS_H
#define HOST_APP_SETTINGS_H

#include "app/ini.h"
#include "engine/integration.h"

/* Takes them out of the section; problems name the entry's line. */
void settings_take(struct ini_section *section, const char *file,
                   struct integration *integration, struct problems *problems);

/* Is it said of one action ("ladder.request")? Whether there is such an action shows once
 * the plugin is known. */
bool settings_of_action(const struct ini_entry *entry, struct str *action);

/* Takes one of these; what is wrong with it settings_take() said. */
bool settings_take_action(const struct ini_entry *entry, struct policy *policy);

/* What a value of imh.ini must be: false, and a clause that fits behind its name. */
bool settings_ladder(struct str value, struct ladder *ladder, struct error *error);
bool settings_check_ladder(struct str value, struct error *error);
bool settings_on_exhausted(struct str value, bool *holds, struct error *error);
bool settings_check_on_exhausted(struct str value, struct error *error);
bool settings_check_duration(struct str value, struct error *error);

/* Is this one of them ("cache", "poll.orders")? */
bool settings_has(struct str name);

/* Their names, as a list of words. */
struct str settings_names(void);

#endif
