#include "app/site.h"

#include <stdlib.h>

#include "app/config_followup.h"
#include "app/halted.h"

/* Moves what was found of one integration to all that was found. */
static void add_all(struct problems *to, const struct problems *from)
{
    unsigned kept = from->count < PROBLEMS_MOST ? from->count : PROBLEMS_MOST;
    for (unsigned i = 0; i < kept; i++) {
        const struct problem *problem = &from->items[i];
        char file[PATH_MAX];
        (void)snprintf(file, sizeof file, "%.*s", STR_ARGS(problem->file));
        problems_add(to, file, problem->line, "%.*s", STR_ARGS(problem->text));
    }
}

/* The others run: this one is left out, and says why. */
static void leave_out(struct site *site, struct configured *configured, const char *why)
{
    const struct integration *integration = &configured->integration;
    struct str copy = arena_copy(&site->config.arena, str_from(why));
    configured->problem = copy.ptr ? copy.ptr : "no memory";
    log_error(site->settings.log, "integration left out", "account", integration->account,
              "integration", integration->identifier, "why", why, NULL);
}

static void check_one(struct site *site, struct configured *configured,
                      struct problems *problems)
{
    struct problems found;
    problems_init(&found);
    config_check(&site->config, configured, site->supervisor, &found);
    if (found.count > found.outside || found.blocked != IMH_OK) {
        add_all(problems, &found);
        problems->blocked = problems->blocked != IMH_OK ? problems->blocked : found.blocked;
    } else if (found.count > 0) {
        char why[1024];
        (void)snprintf(why, sizeof why, "%.*s", STR_ARGS(found.items[0].text));
        leave_out(site, configured, why);
    } else if (configured->usable && configured->integration.enabled) {
        supervisor_expect(site->supervisor, &configured->integration);
    }
    problems_done(&found);
}

static void check_all(struct site *site, struct problems *problems)
{
    for (struct account *at = site->config.accounts; at; at = at->next) {
        for (struct configured *one = at->integrations; one; one = one->next) {
            check_one(site, one, problems);
        }
    }
}

static bool start(struct site *site, struct context *context, struct problems *problems)
{
    struct error error;
    site->config.sources =
        (struct secret_sources){.environment = context->environment, .safe = context->safe};
    if (!halted_read(&site->config, context->safe, &error)) {
        problems_add(problems, "", 0, "%s", error.text);
        return false;
    }
    if (!site->config.plugins) {
        site->config.plugins = context->plugins;
    }
    site->settings.plugins = site->config.plugins;
    config_take_environment(&site->config, context->environment);
    site->supervisor = supervisor_make(&site->settings, &error);
    if (!site->supervisor) {
        problems_add(problems, "", 0, "%s", error.text);
        return false;
    }
    check_all(site, problems);
    config_check_alerts(&site->config, site->supervisor, problems);
    config_check_followups(&site->config, site->supervisor, problems);
    return problems->count == 0;
}

struct site *site_open(struct context *context, const struct supervisor_settings *hooks,
                       struct problems *problems)
{
    struct site *site = calloc(1, sizeof *site);
    if (!site) {
        problems_add(problems, "", 0, "no memory for a configuration");
        return NULL;
    }
    site->settings = *hooks;
    site->settings.programs = context->programs;
    site->settings.log = &context->log;
    site->settings.in_process = context->in_process;
    config_read(&site->config, context->config_file, NULL, problems);
    if (problems->count > 0 || !start(site, context, problems)) {
        site_free(site);
        return NULL;
    }
    return site;
}

void site_free(struct site *site)
{
    if (site) {
        supervisor_free(site->supervisor);
        config_free(&site->config);
        free(site);
    }
}

struct configured *site_find(const struct site *site, struct str account,
                             struct str identifier)
{
    const struct account *found = config_account(&site->config, account);
    return found ? config_integration(found, identifier) : NULL;
}
