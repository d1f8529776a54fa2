#include "app/config.h"

/* Which options are secrets only their plugins know, and these are children. */
static void take_variables(const struct ini_section *section,
                           struct environment *environment)
{
    struct error ignored; /* config_check() finds it again */
    struct str prefix = STR_OF("env:");
    for (const struct ini_entry *at = section->entries; at; at = at->next) {
        if (str_starts(at->value, prefix)) {
            (void)environment_take(environment, str_after(at->value, prefix.len), &ignored);
        }
    }
}

void config_take_environment(const struct config *config, struct environment *environment)
{
    struct error ignored;
    struct str key = str_from(config->key);
    if (str_starts(key, STR_OF("env:"))) {
        (void)environment_take(environment, str_after(key, 4), &ignored);
    }
    for (const struct account *account = config->accounts; account;
         account = account->next) {
        for (const struct configured *at = account->integrations; at; at = at->next) {
            take_variables(at->section, environment);
        }
    }
}
