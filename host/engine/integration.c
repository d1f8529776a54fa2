#include "engine/integration.h"

#include "base/clock.h"
#include "base/spelling.h"

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

size_t integration_tells(const struct integration *integration, struct str words,
                         size_t from, size_t *len)
{
    size_t first = words.len;
    *len = 0;
    for (uint32_t i = 0; i < integration->secrets.count; i++) {
        const struct secret *value = integration->secrets.items[i].value;
        struct str secret = value ? str_trim(secret_reveal(value)) : STR_OF("");
        size_t length = 0;
        size_t at = secret.len >= SPELLING_SECRET_BYTES
                        ? spelling_find(words, secret, from, &length)
                        : words.len;
        if (at < first) {
            first = at;
            *len = length;
        }
    }
    return first;
}

static bool options_alike(const struct name_values *a, const struct name_values *b)
{
    bool alike = a->count == b->count;
    for (uint32_t i = 0; alike && i < a->count; i++) {
        alike = str_eq(a->items[i].name, b->items[i].name) &&
                str_eq(a->items[i].value, b->items[i].value);
    }
    return alike;
}

static struct str reveal(const struct secret_value *secret)
{
    return secret->value ? secret_reveal(secret->value) : STR_OF("");
}

static bool secrets_alike(const struct secret_values *a, const struct secret_values *b)
{
    bool alike = a->count == b->count;
    for (uint32_t i = 0; alike && i < a->count; i++) {
        alike = str_eq(a->items[i].name, b->items[i].name) &&
                str_eq(reveal(&a->items[i]), reveal(&b->items[i]));
    }
    return alike;
}

bool integration_answers_alike(const struct integration *a, const struct integration *b)
{
    return strcmp(a->plugin, b->plugin) == 0 && a->allow_private == b->allow_private &&
           str_eq(a->ca, b->ca) && options_alike(&a->options, &b->options) &&
           secrets_alike(&a->secrets, &b->secrets);
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
