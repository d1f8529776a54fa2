#include "app/config.h"

/* Where the configuration looks for the secret. */
static struct str source_of(const struct configured *configured, struct str option)
{
    const struct ini_entry *entry = configured->section->entries;
    while (entry && !str_eq(entry->name, option)) {
        entry = entry->next;
    }
    return entry && entry->value.len > 0 ? entry->value : STR_OF("vault:");
}

static bool keep(struct safe *safe, const struct seal_place *place,
                 const struct secret *value, struct error *error)
{
    bool made_key;
    bool kept = safe_set(safe, place, value, &made_key, error);
    safe_rest(safe); /* a call is under way, who knows how long */
    return kept;
}

bool config_renew(struct config *config, const struct integration *integration,
                  struct str option, struct str value, struct error *error)
{
    const struct account *account = config_account(config, str_from(integration->account));
    struct configured *configured =
        account ? config_integration(account, str_from(integration->identifier)) : NULL;
    struct secret *secret = configured ? secret_copy(value, error) : NULL;
    if (!secret) {
        return configured ? false
                          : error_set(error, IMH_BROKEN, "an integration nobody knows");
    }
    const struct seal_place place = {str_from(integration->account),
                                     str_from(integration->identifier), option};
    struct str source = source_of(configured, option);
    bool kept = str_is(source, "vault:")
                    ? keep(config->sources.safe, &place, secret, error)
                    : error_set(error, IMH_REJECTED,
                                "it is taken from %.*s: only vault: can be written to",
                                STR_ARGS(source));
    (void)integration_renew(&configured->integration, option, secret);
    return kept;
}
