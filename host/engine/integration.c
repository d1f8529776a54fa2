#include "engine/integration.h"

static bool find(const struct name_values *values, struct str name, struct str *value)
{
    for (uint32_t i = 0; i < values->count; i++) {
        if (str_eq(values->items[i].name, name)) {
            *value = values->items[i].value;
            return true;
        }
    }
    return false;
}

struct str integration_value(const struct integration *integration, struct str option)
{
    struct str value = {"", 0};
    (void)(find(&integration->options, option, &value) ||
           find(&integration->secrets, option, &value));
    return value;
}
