#include "app/config_warn.h"

#include "followup/rules.h"

/* A follow-up that is looked at. */
struct looking {
    const struct account *account;
    const struct followup *followup;
    struct problems *warnings;
};

/* One that a person disabled for a while is fine: its jobs wait. */
static void warn_of(const struct looking *looking, struct str identifier, unsigned line,
                    const char *so)
{
    const struct configured *found = config_actor(looking->account, identifier);
    if (found && !found->integration.enabled) {
        problems_add(looking->warnings, looking->account->file,
                     line ? line : looking->followup->line,
                     "follow-up '%.*s': '%.*s' is disabled, so %s: say enabled = yes "
                     "there, or enabled = no here",
                     STR_ARGS(looking->followup->name), STR_ARGS(identifier), so);
    }
}

static void warn_of_events(const struct looking *looking,
                           const struct followup_events *events)
{
    for (uint32_t i = 0; i < events->count; i++) {
        warn_of(looking, events->items[i].integration, events->items[i].line,
                "nothing happens there");
    }
}

static void warn_of_followup(const struct looking *looking)
{
    const struct followup *followup = looking->followup;
    warn_of_events(looking, &followup->on);
    warn_of_events(looking, &followup->until);
    warn_of_events(looking, &followup->restart);
    for (uint32_t i = 0; i < followup->step_count; i++) {
        warn_of(looking, followup->steps[i].integration, followup->steps[i].line,
                "this step fails");
    }
}

void config_warn(const struct config *config, struct problems *warnings)
{
    warnings->warn = true;
    for (const struct account *at = config->accounts; at; at = at->next) {
        struct looking looking = {.account = at, .warnings = warnings};
        looking.followup = at->followup_set ? followup_set_first(at->followup_set) : NULL;
        for (; looking.followup; looking.followup = looking.followup->next) {
            if (!looking.followup->disabled) {
                warn_of_followup(&looking);
            }
        }
    }
}
