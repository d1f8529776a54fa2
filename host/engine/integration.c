#include "engine/integration.h"

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
