#include "app/config_alert.h"

#include <stdlib.h>
#include <string.h>

#include "engine/backlog.h"

enum { EVERY_LEAST_S = 1 };

static const char *keep(struct config *config, struct str text)
{
    struct str copy = arena_copy(&config->arena, text);
    if (!copy.ptr) {
        abort(); /* half a configuration is worse than none */
    }
    return copy.ptr;
}

/* Takes the last part off: names of accounts have dots, those of actions have not. */
static bool split_last(struct str *rest, struct str *last)
{
    size_t at = rest->len;
    while (at > 0 && rest->ptr[at - 1] != '.') {
        at--;
    }
    *last = str_after(*rest, at);
    *rest = str_before(*rest, at > 0 ? at - 1 : 0);
    return rest->len > 0 && last->len > 0;
}

bool config_alert_check(struct str value, struct error *error)
{
    struct str action;
    struct str identifier;
    return (split_last(&value, &action) && split_last(&value, &identifier)) ||
           error_set(error, IMH_REJECTED, "must be ACCOUNT.IDENTIFIER.ACTION");
}

void config_alert_set(struct config *config, struct str value)
{
    struct str action;
    struct str identifier;
    (void)split_last(&value, &action);
    (void)split_last(&value, &identifier);
    config->alert = (struct alert_target){keep(config, value), keep(config, identifier),
                                          keep(config, action)};
}

void config_alert_set_command(struct config *config, struct str value)
{
    config->alert_command = keep(config, value);
}

bool config_alert_check_every(struct str value, struct error *error)
{
    int64_t seconds;
    return (str_to_seconds(value, &seconds) && seconds >= EVERY_LEAST_S) ||
           error_set(error, IMH_REJECTED, "must be a duration such as 90s, 5m, 2h or 30d");
}

void config_alert_set_every(struct config *config, struct str value)
{
    (void)str_to_seconds(value, &config->alert_every_s);
}

bool config_alert_check_waiting(struct str value, struct error *error)
{
    int64_t jobs;
    return str_to_int64(value, 1, BACKLOG_MOST, &jobs) ||
           error_set(error, IMH_REJECTED, "must be a number of jobs, at most %d",
                     BACKLOG_MOST);
}

void config_alert_set_waiting(struct config *config, struct str value)
{
    (void)str_to_int64(value, 1, BACKLOG_MOST, &config->alert_waiting);
}

void config_alert_read(struct config *config, struct account *account,
                       const struct ini_entry *entry, struct problems *problems)
{
    struct str identifier = entry->value;
    struct str action;
    if (!split_last(&identifier, &action)) {
        problems_add(problems, account->file, entry->line,
                     "'alert' in [account] must be IDENTIFIER.ACTION");
        return;
    }
    account->alert = (struct alert_target){account->name, keep(config, identifier),
                                           keep(config, action)};
}

/* ---- is it there? ---- */

static bool has_action(struct supervisor *supervisor, const struct integration *integration,
                       const char *action)
{
    struct text ignored;
    text_init(&ignored, 16 << 10);
    const struct descriptor *descriptor =
        supervisor_plugin(supervisor, integration->plugin, &ignored);
    bool found = !descriptor; /* that is told elsewhere */
    for (uint32_t i = 0; descriptor && !found && i < descriptor->action_count; i++) {
        found = strcmp(descriptor->actions[i].name, action) == 0;
    }
    text_done(&ignored);
    return found;
}

static void check(const struct config *config, const struct alert_target *target,
                  const char *file, struct supervisor *supervisor,
                  struct problems *problems)
{
    const struct account *account =
        target->account ? config_account(config, str_from(target->account)) : NULL;
    const struct configured *configured =
        account ? config_integration(account, str_from(target->identifier)) : NULL;
    if (target->account && !account) {
        problems_add(problems, file, 0, "alert: there is no account '%s'", target->account);
    } else if (account && !configured) {
        problems_add(problems, file, 0, "alert: there is no integration '%s' of %s",
                     target->identifier, account->name);
    } else if (configured && configured->usable &&
               !has_action(supervisor, &configured->integration, target->action)) {
        problems_add(problems, file, 0,
                     "alert: '%s' has no action '%s': see 'imh plugin inspect %s'",
                     target->identifier, target->action, configured->integration.plugin);
    }
}

void config_check_alerts(const struct config *config, struct supervisor *supervisor,
                         struct problems *problems)
{
    check(config, &config->alert, config->file, supervisor, problems);
    for (const struct account *at = config->accounts; at; at = at->next) {
        check(config, &at->alert, at->file, supervisor, problems);
    }
}
