#include "engine/supervisor_said.h"

#include <stdio.h>

static struct told *find_told(const struct supervisor *supervisor, uint64_t id)
{
    struct told *told = supervisor->net.remotes;
    while (told && told->id != id) {
        told = told->next;
    }
    return told;
}

bool supervisor_rests(const struct supervisor *supervisor,
                      const struct integration *integration)
{
    const struct told *told = find_told(supervisor, integration->id);
    return told && told->rests;
}

/* What imh-net says of one it was not told about is its mistake. */
bool supervisor_take_secret(struct supervisor *supervisor, const struct frame *frame)
{
    const struct supervisor_settings *settings = &supervisor->settings;
    const struct told *told = find_told(supervisor, frame->id);
    struct renewal secret;
    struct error error = {.text = "nobody keeps it"};
    char option[80];
    if (!told || !renewal_get(frame->payload, &secret)) {
        return false;
    }
    const struct integration *integration = told->integration;
    (void)snprintf(option, sizeof option, "%.*s", STR_ARGS(secret.option));
    if (settings->secret && settings->secret(settings->self, integration, secret.option,
                                             secret.value, &error)) {
        log_notice(settings->log, "secret renewed", "account", integration->account,
                   "integration", integration->identifier, "option", option, NULL);
    } else {
        log_warning(settings->log, "secret renewed, not kept", "account",
                    integration->account, "integration", integration->identifier, "option",
                    option, "why", error.text, NULL);
    }
    return true;
}

static void log_rest(const struct supervisor *supervisor,
                     const struct integration *integration, const struct outcome *outcome)
{
    const struct log *log = supervisor->settings.log;
    char rest[32];
    struct error why;
    (void)snprintf(rest, sizeof rest, "%u s", outcome->after_s);
    (void)error_set(&why, outcome->status, "%.*s", STR_ARGS(outcome->text));
    if (outcome->status == IMH_OK) {
        log_notice(log, "remote answers again", "account", integration->account,
                   "integration", integration->identifier, NULL);
    } else {
        log_warning(log, "remote left alone", "account", integration->account,
                    "integration", integration->identifier, "for", rest, "after", why.text,
                    NULL);
    }
    if (supervisor->settings.rested) {
        supervisor->settings.rested(supervisor->settings.self, integration, &why);
    }
}

bool supervisor_take_rest(struct supervisor *supervisor, const struct frame *frame)
{
    struct told *told = find_told(supervisor, frame->id);
    struct outcome outcome;
    bool good = outcome_get(frame->payload, &outcome);
    if (good && told) {
        told->rests = outcome.status != IMH_OK;
        log_rest(supervisor, told->integration, &outcome);
    }
    return good;
}
