#include "engine/integration.h"

#include "base/clock.h"

void integration_refuse(const struct integration *integration, struct error *error)
{
    char since[CLOCK_TEXT_BYTES];
    if (!integration->enabled) {
        (void)error_set(error, IMH_RETRY, "it is disabled: say enabled = yes to use it");
        return;
    }
    clock_write(integration->pause.since_ms, since);
    (void)error_set(error, IMH_RETRY,
                    "it is disabled since %s by %s: imh integration enable %s %s", since,
                    integration->pause.who, integration->account, integration->identifier);
}

static struct secret_value *find_secret(const struct integration *integration,
                                        struct str name)
{
    for (uint32_t i = 0; i < integration->secrets.count; i++) {
        if (str_eq(integration->secrets.items[i].name, name)) {
            return &integration->secrets.items[i];
        }
    }
    return NULL;
}

struct str integration_value(const struct integration *integration, struct str option)
{
    const struct name_values *options = &integration->options;
    for (uint32_t i = 0; i < options->count; i++) {
        if (str_eq(options->items[i].name, option)) {
            return options->items[i].value;
        }
    }
    const struct secret_value *secret = find_secret(integration, option);
    return secret ? secret_reveal(secret->value) : STR_OF("");
}

bool integration_renew(struct integration *integration, struct str name,
                       struct secret *value)
{
    struct secret_value *secret = find_secret(integration, name);
    secret_free(secret ? secret->value : value);
    if (secret) {
        secret->value = value;
    }
    return secret != NULL;
}
