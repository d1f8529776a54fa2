#include "app/config_retry.h"

#include <stdlib.h>

#include "app/settings.h"

/* ---- of the host ---- */

void config_retry_set_ladder(struct config *config, struct str value)
{
    struct error checked;
    (void)settings_ladder(value, &config->retry.ladder, &checked);
}

void config_retry_set_on_exhausted(struct config *config, struct str value)
{
    struct error checked;
    (void)settings_on_exhausted(value, &config->retry.holds, &checked);
}

void config_retry_set_margin(struct config *config, struct str value)
{
    (void)str_to_seconds(value, &config->margin_s);
}

/* ---- of an action ---- */

/* There is no such action; perhaps one nearly called so. */
static void miss(const struct ini_entry *entry, const struct descriptor *descriptor,
                 struct str action, const struct integration *integration,
                 struct problems *problems)
{
    struct text names;
    struct text hint;
    text_init(&names, 64 << 10);
    text_init(&hint, 256);
    for (uint32_t i = 0; i < descriptor->action_count; i++) {
        text_print(&names, "%s ", descriptor->actions[i].name);
    }
    problems_suggest(&hint, action, text_str(&names));
    problems_add(problems, integration->file, entry->line,
                 "integration '%s': '%.*s': the plugin '%s' has no action '%.*s'%s",
                 integration->identifier, STR_ARGS(entry->name), integration->plugin,
                 STR_ARGS(action), text_cstr(&hint));
    text_done(&hint);
    text_done(&names);
}

/* Of that action; a new one is what is said of all. */
static struct policy *find_policy(struct policies *retry, struct str action)
{
    for (uint32_t i = 0; i < retry->action_count; i++) {
        if (str_eq(retry->actions[i].action, action)) {
            return &retry->actions[i].policy;
        }
    }
    struct action_policy *made = &retry->actions[retry->action_count++];
    *made = (struct action_policy){.action = action, .policy = retry->usual};
    return &made->policy;
}

void config_retry_take(const struct ini_section *section,
                       const struct descriptor *descriptor, struct arena *arena,
                       struct integration *integration, struct problems *problems)
{
    struct policies *retry = &integration->retry;
    for (const struct ini_entry *at = section->entries; at; at = at->next) {
        struct str action;
        if (!settings_of_action(at, &action)) {
            continue;
        }
        if (descriptor_action(descriptor, action) < 0) {
            miss(at, descriptor, action, integration, problems);
            continue;
        }
        if (!retry->actions) {
            retry->actions =
                arena_zero(arena, descriptor->action_count, sizeof *retry->actions);
        }
        if (!retry->actions) {
            abort(); /* half a configuration is worse than none */
        }
        (void)settings_take_action(at, find_policy(retry, action));
    }
}
