#include "app/config_render.h"

void config_render_read(struct config *config, const struct ini_section *section,
                        struct problems *problems)
{
    struct error error;
    for (const struct ini_entry *at = section->entries; at; at = at->next) {
        struct text hint;
        text_init(&hint, 256);
        if (!smarty_limit_is(at->name)) {
            problems_suggest(&hint, at->name, STR_OF(SMARTY_LIMIT_NAMES));
            problems_add(problems, config->file, at->line,
                         "unknown setting '%.*s' in [render]%s", STR_ARGS(at->name),
                         text_cstr(&hint));
        } else if (!smarty_limit_set(&config->render, at->name, at->value, &error)) {
            problems_add(problems, config->file, at->line, "'%.*s' in [render] %s",
                         STR_ARGS(at->name), error.text);
        }
        text_done(&hint);
    }
}

bool config_render_limits(const char *const *given, struct smarty_limits *limits,
                          struct error *error)
{
    for (; *given; given++) {
        struct str value = str_from(*given);
        struct str name;
        if (!str_split(&value, '=', &name) ||
            !smarty_limit_set(limits, name, value, error)) {
            return error_wrap(error, "--limit %s", *given);
        }
    }
    return true;
}
