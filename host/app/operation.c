#include "app/operation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/consent_desk.h"
#include "app/edit_check.h"
#include "app/event_desk.h"
#include "app/followup_desk.h"
#include "app/metrics.h"
#include "app/operation_action.h"
#include "app/operation_event.h"
#include "app/operation_integration.h"
#include "app/operation_record.h"
#include "app/operation_replay.h"
#include "app/operation_vault.h"
#include "app/presence.h"
#include "app/queue_desk.h"
#include "app/relay.h"
#include "engine/builtin.h"
#include "engine/health.h"

json_t *operation_done(struct error *error)
{
    json_t *object = json_object();
    if (!object) {
        (void)error_set(error, IMH_RETRY, "no memory for the answer");
    }
    return object;
}

/* ---- status ---- */

/* What keeps an integration from working, of the halts that there are: a pause before a
 * hold, and a hold of all before those of its parts. Lent. */
static const json_t *halt_of(const json_t *halts, const struct integration *integration)
{
    const json_t *found = NULL;
    const json_t *item;
    size_t i;
    json_array_foreach(json_object_get(halts, "items"), i, item)
    {
        const char *account = json_string_value(json_object_get(item, "account"));
        const char *name = json_string_value(json_object_get(item, "integration"));
        if (!found && strcmp(account, integration->account) == 0 &&
            strcmp(name, integration->identifier) == 0) {
            found = item;
        }
    }
    return found;
}

/* "since 2026-11-28T10:00:00Z by uid 0"; "post held since ...: the remote's words". */
static json_t *halt_problem(const json_t *halt)
{
    char since[CLOCK_TEXT_BYTES];
    const char *part = json_string_value(json_object_get(halt, "part"));
    const char *why = json_string_value(json_object_get(halt, "why"));
    if (!halt) {
        return json_null();
    }
    clock_write(json_integer_value(json_object_get(halt, "since_ms")), since);
    if (json_is_true(json_object_get(halt, "paused"))) {
        return json_sprintf("since %s by %s", since, why);
    }
    return json_sprintf("%s%ssince %s: %s", part, *part ? " held " : "", since, why);
}

static const char *state_of(const struct configured *configured, const json_t *halt)
{
    const char *part = json_string_value(json_object_get(halt, "part"));
    return !integration_is_on(&configured->integration) ? "disabled"
           : configured->problem                        ? "refused"
           : part && !*part                             ? "held"
                                                        : "enabled";
}

static json_t *integration_of(const struct configured *configured, const json_t *halts)
{
    const struct integration *integration = &configured->integration;
    const json_t *halt = halt_of(halts, integration);
    json_t *problem = configured->problem && integration_is_on(integration)
                          ? json_string(configured->problem)
                          : halt_problem(halt);
    return json_pack("{s:s,s:s,s:s,s:s,s:o}", "account", integration->account,
                     "integration", integration->identifier, "plugin", integration->plugin,
                     "state", state_of(configured, halt), "problem", problem);
}

static json_t *health_json(const struct supervisor *supervisor, const char *plugin)
{
    struct health health = health_of(supervisor, plugin);
    return json_pack("{s:s,s:s,s:s?,s:i,s:i,s:s?}", "plugin", plugin, "state",
                     health_state_name(health.state), "of", health.owner, "left_s",
                     (int)health.left_s, "deaths", (int)health.deaths, "last_death",
                     *health.last_death ? health.last_death : NULL);
}

static bool is_listed(const json_t *plugins, const char *plugin)
{
    const json_t *item;
    size_t i;
    json_array_foreach(plugins, i, item)
    {
        if (strcmp(json_string_value(json_object_get(item, "plugin")), plugin) == 0) {
            return true;
        }
    }
    return false;
}

/* Each plugin that an integration has, once. */
static json_t *plugins_of(const struct site *site)
{
    json_t *plugins = json_array();
    for (const struct account *at = site->config.accounts; at; at = at->next) {
        for (const struct configured *one = at->integrations; one; one = one->next) {
            const char *plugin = one->integration.plugin;
            if (!builtin_descriptor(plugin) && !is_listed(plugins, plugin)) {
                (void)json_array_append_new(
                    plugins, health_json(site->supervisor, one->integration.plugin));
            }
        }
    }
    return plugins;
}

/* Of all accounts: "numbers" of jobs, or "owners". */
static json_t *ask_all(const struct daemon *daemon, const char *what, struct error *error)
{
    json_auto_t *all = json_object();
    const struct queue_asked asked = {.what = what, .arguments = all};
    return queue_desk_ask(safe_store(daemon->context->safe), &asked, error);
}

static json_t *disk_of(const struct daemon *daemon)
{
    const struct room *room = keeper_room(daemon->keeper);
    return json_pack("{s:s,s:I,s:I,s:I}", "state", room->is_short ? "short" : "enough",
                     "free_bytes", (json_int_t)room->disk.free_bytes, "size_bytes",
                     (json_int_t)room->disk.size_bytes, "min_free_bytes",
                     (json_int_t)room_mark_bytes(room));
}

static json_t *cache_of(const struct daemon *daemon)
{
    struct kept_figures kept = relay_figures(daemon->relay);
    return json_pack("{s:I,s:I,s:I,s:I,s:I}", "answers", (json_int_t)kept.entries, "bytes",
                     (json_int_t)kept.bytes, "hits", (json_int_t)kept.hits, "misses",
                     (json_int_t)kept.misses, "stale", (json_int_t)kept.olds);
}

static json_t *tell_status(const struct operation *operation, struct error *error)
{
    const struct daemon *daemon = operation->daemon;
    char started[CLOCK_TEXT_BYTES];
    json_auto_t *halts = operation_integration_halts(operation, error);
    json_auto_t *owners = halts ? ask_all(daemon, "owners", error) : NULL;
    json_t *queue = owners ? ask_all(daemon, "numbers", error) : NULL;
    if (!queue) {
        return NULL;
    }
    json_t *integrations = json_array();
    for (const struct account *at = daemon->site->config.accounts; at; at = at->next) {
        for (const struct configured *one = at->integrations; one; one = one->next) {
            (void)json_array_append_new(integrations, integration_of(one, halts));
        }
    }
    presence_add_gone(&daemon->site->config, owners, integrations);
    clock_write(daemon->started_at_ms, started);
    json_t *status =
        json_pack("{s:s,s:i,s:s,s:o,s:o,s:o,s:o,s:o,s:o}", "version", IMH_VERSION, "pid",
                  (int)getpid(), "state", daemon->end_by_ms > 0 ? "ending" : "running",
                  "started_at", json_string(started), "integrations", integrations,
                  "plugins", plugins_of(daemon->site), "queue", queue, "disk",
                  disk_of(daemon), "cache", cache_of(daemon));
    if (!status) {
        (void)error_set(error, IMH_RETRY, "no memory for the answer");
    }
    return status;
}

static json_t *tell_metrics(const struct operation *operation, struct error *error)
{
    struct text figures;
    json_t *answer = NULL;
    text_init(&figures, WIRE_FRAME_BYTES / 2);
    if (metrics_write(operation->daemon, &figures, error)) {
        answer = json_pack("{s:s}", "text", text_cstr(&figures));
    }
    text_done(&figures);
    return answer;
}

/* ---- consents ---- */

static json_t *show_consent(const struct operation *operation, struct error *error)
{
    return consent_desk_ask(safe_store(operation->daemon->context->safe),
                            operation->arguments, error);
}

/* ---- reload ---- */

/* The answer is what was found: that something is wrong is no failure of the asking. */
static json_t *reload(const struct operation *operation, struct error *error)
{
    struct problems problems;
    struct text found;
    problems_init(&problems);
    text_init(&found, PROBLEMS_BYTES);
    bool done = daemon_reload(operation->daemon, &problems);
    problems_write_json(&problems, &found);
    json_t *list = json_loads(text_cstr(&found), 0, NULL);
    json_t *answer = json_pack("{s:b,s:o}", "loaded", done, "problems", list);
    if (!answer) {
        (void)error_set(error, IMH_RETRY, "no memory for the answer");
    }
    text_done(&found);
    problems_done(&problems);
    return answer;
}

/* ---- all of them ---- */

static const struct str queue_prefix = STR("queue ");
static const struct str event_prefix = STR("event ");
static const struct str followup_prefix = STR("followup ");

static const struct {
    const char *name;
    json_t *(*run)(const struct operation *operation, struct error *error);
} operations[] = {
    {"status", tell_status},
    {"metrics", tell_metrics},
    {"reload", reload},
    {"consent show", show_consent},
    {"record put", operation_record_put},
    {"event emit", operation_event_emit},
    {"event replay", operation_event_replay},
    {"integration disable", operation_integration_disable},
    {"integration enable", operation_integration_enable},
    {"integration halts", operation_integration_halts},
    {"vault has", operation_vault_has},
    {"vault set", operation_vault_set},
    {"vault unset", operation_vault_unset},
    {"vault list", operation_vault_list},
    {"vault rekey", operation_vault_rekey},
};

/* Corrected arguments, whoever gives them: does the job's plugin take such ones? */
static bool check_edit(const struct daemon *daemon, const json_t *arguments,
                       struct error *error)
{
    const json_t *ids = json_object_get(arguments, "ids");
    const char *args = json_string_value(json_object_get(arguments, "args"));
    struct absence absence;
    if (json_array_size(ids) != 1 || !args ||
        json_is_true(json_object_get(arguments, "all"))) {
        return error_set(error, IMH_REJECTED,
                         "which job? corrected arguments are a text, for one");
    }
    json_auto_t *which = json_pack("{s:O}", "id", json_array_get(ids, 0));
    const struct queue_asked show = {.what = "show", .arguments = which};
    json_auto_t *job = queue_desk_ask(safe_store(daemon->context->safe), &show, error);
    if (!job) {
        return false;
    }
    const struct edited edited = edit_read(job);
    if (presence_lacks(&daemon->site->config, edited.account, edited.integration,
                       &absence)) {
        return error_set(error, IMH_MISSING, "%s: %s, then: imh reload", absence.why.text,
                         absence.remedy.text);
    }
    return deliver_fits(daemon->deliver, edited.account, edited.integration, &edited.job,
                        str_from(args), error);
}

/* "queue failed" is asked of the store. */
static json_t *ask_queue(struct daemon *daemon, const struct control_question *question,
                         json_t *arguments, struct error *error)
{
    char what[16];
    struct str name = str_after(question->operation, queue_prefix.len);
    (void)snprintf(what, sizeof what, "%.*s", STR_ARGS(name));
    const struct queue_asked asked = {
        .what = what, .arguments = arguments, .asker = question->asker};
    if (strcmp(what, "edit") == 0 && !check_edit(daemon, arguments, error)) {
        return NULL;
    }
    json_t *answer = queue_desk_ask(safe_store(daemon->context->safe), &asked, error);
    if (answer && queue_desk_changes(what)) {
        deliver_wake(daemon->deliver);
    } else if (answer) {
        presence_mark(&daemon->site->config, answer);
    }
    return answer;
}

/* "event list" is asked of the store. */
static json_t *ask_event(struct daemon *daemon, const struct control_question *question,
                         const json_t *arguments, struct error *error)
{
    char what[16];
    struct str name = str_after(question->operation, event_prefix.len);
    (void)snprintf(what, sizeof what, "%.*s", STR_ARGS(name));
    return event_desk_ask(safe_store(daemon->context->safe), what, arguments, error);
}

/* "followup list" likewise. */
static json_t *ask_followup(struct daemon *daemon, const struct control_question *question,
                            const json_t *arguments, struct error *error)
{
    char what[16];
    struct str name = str_after(question->operation, followup_prefix.len);
    (void)snprintf(what, sizeof what, "%.*s", STR_ARGS(name));
    return followup_desk_ask(safe_store(daemon->context->safe), what, arguments, error);
}

typedef json_t *runner(const struct operation *operation, struct error *error);

static runner *find(struct str name)
{
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        if (str_is(name, operations[i].name)) {
            return operations[i].run;
        }
    }
    return NULL;
}

static json_t *run(struct daemon *daemon, const struct control_question *question,
                   struct error *error)
{
    struct str text = question->arguments.len > 0 ? question->arguments : STR_OF("{}");
    json_auto_t *arguments = json_loadb(text.ptr, text.len, 0, NULL);
    runner *found = find(question->operation);
    if (arguments && !found && str_starts(question->operation, queue_prefix)) {
        return ask_queue(daemon, question, arguments, error);
    }
    if (arguments && !found && str_starts(question->operation, event_prefix)) {
        return ask_event(daemon, question, arguments, error);
    }
    if (arguments && !found && str_starts(question->operation, followup_prefix)) {
        return ask_followup(daemon, question, arguments, error);
    }
    if (!arguments || !found) {
        (void)error_set(error, IMH_REJECTED,
                        "the daemon does not understand '%.*s': it is of "
                        "another version, restart it",
                        STR_ARGS(question->operation));
        return NULL;
    }
    const struct operation operation = {.daemon = daemon,
                                        .arguments = arguments,
                                        .secret = question->secret,
                                        .asker = question->asker};
    /* cppcheck-suppress returnDanglingLifetime ; answers lend nothing from the question */
    return found(&operation, error);
}

bool operation_later(void *self, const struct control_question *question)
{
    bool is_action = str_is(question->operation, "action run");
    if (is_action) {
        operation_action_run(self, question);
    }
    return is_action;
}

bool operation_answer(void *self, const struct control_question *question,
                      struct text *json, struct error *error)
{
    struct daemon *daemon = self;
    safe_asked_by(daemon->context->safe, question->asker);
    json_auto_t *answer = run(daemon, question, error);
    char *written = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
    if (written) {
        text_add_cstr(json, written);
        free(written);
    }
    return written != NULL ||
           (answer && error_set(error, IMH_RETRY, "no memory for the answer"));
}
