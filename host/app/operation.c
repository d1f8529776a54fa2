#include "app/operation.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "app/metrics.h"
#include "app/operation_action.h"
#include "app/operation_record.h"
#include "app/operation_vault.h"
#include "app/queue_desk.h"
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

static json_t *time_of(int64_t at_ms)
{
    char written[32];
    time_t seconds = (time_t)(at_ms / 1000);
    struct tm utc = {0};
    (void)gmtime_r(&seconds, &utc);
    (void)strftime(written, sizeof written, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return json_string(written);
}

static json_t *integration_of(const struct configured *configured)
{
    const struct integration *integration = &configured->integration;
    const char *state = configured->problem    ? "refused"
                        : integration->enabled ? "enabled"
                                               : "disabled";
    return json_pack("{s:s,s:s,s:s,s:s,s:s?}", "account", integration->account,
                     "integration", integration->identifier, "plugin", integration->plugin,
                     "state", state, "problem", configured->problem);
}

static json_t *health_json(const struct supervisor *supervisor, const char *plugin)
{
    struct health health = health_of(supervisor, plugin);
    return json_pack("{s:s,s:s,s:i,s:i,s:s?}", "plugin", plugin, "state",
                     health_state_name(health.state), "left_s", (int)health.left_s,
                     "deaths", (int)health.deaths, "last_death",
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
            if (!is_listed(plugins, one->integration.plugin)) {
                (void)json_array_append_new(
                    plugins, health_json(site->supervisor, one->integration.plugin));
            }
        }
    }
    return plugins;
}

/* Waiting, running and failed jobs of all accounts. */
static json_t *queue_counts(const struct daemon *daemon, struct error *error)
{
    json_auto_t *all = json_object();
    const struct queue_asked asked = {.what = "counts", .arguments = all};
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

static json_t *tell_status(const struct operation *operation, struct error *error)
{
    const struct daemon *daemon = operation->daemon;
    json_t *queue = queue_counts(daemon, error);
    if (!queue) {
        return NULL;
    }
    json_t *integrations = json_array();
    for (const struct account *at = daemon->site->config.accounts; at; at = at->next) {
        for (const struct configured *one = at->integrations; one; one = one->next) {
            (void)json_array_append_new(integrations, integration_of(one));
        }
    }
    json_t *status = json_pack(
        "{s:s,s:i,s:s,s:o,s:o,s:o,s:o,s:o}", "version", IMH_VERSION, "pid", (int)getpid(),
        "state", daemon->end_by_ms > 0 ? "ending" : "running", "started_at",
        time_of(daemon->started_at_ms), "integrations", integrations, "plugins",
        plugins_of(daemon->site), "queue", queue, "disk", disk_of(daemon));
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

static const struct {
    const char *name;
    json_t *(*run)(const struct operation *operation, struct error *error);
} operations[] = {
    {"status", tell_status},
    {"metrics", tell_metrics},
    {"reload", reload},
    {"action run", operation_action_run},
    {"record put", operation_record_put},
    {"vault has", operation_vault_has},
    {"vault set", operation_vault_set},
    {"vault unset", operation_vault_unset},
    {"vault list", operation_vault_list},
    {"vault rekey", operation_vault_rekey},
};

/* "queue failed" is asked of the store. */
static json_t *ask_queue(struct daemon *daemon, const struct control_question *question,
                         json_t *arguments, struct error *error)
{
    char what[16];
    struct str name = str_after(question->operation, queue_prefix.len);
    (void)snprintf(what, sizeof what, "%.*s", STR_ARGS(name));
    const struct queue_asked asked = {
        .what = what, .arguments = arguments, .asker = question->asker};
    json_t *answer = queue_desk_ask(safe_store(daemon->context->safe), &asked, error);
    if (answer && queue_desk_changes(what)) {
        deliver_wake(daemon->deliver);
    }
    return answer;
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
    if (arguments && str_starts(question->operation, queue_prefix)) {
        return ask_queue(daemon, question, arguments, error);
    }
    if (!arguments || !found) {
        (void)error_set(error, IMH_REJECTED,
                        "the daemon does not understand '%.*s': it is of "
                        "another version, restart it",
                        STR_ARGS(question->operation));
        return NULL;
    }
    const struct operation operation = {
        .daemon = daemon, .arguments = arguments, .secret = question->secret};
    /* cppcheck-suppress returnDanglingLifetime ; answers lend nothing from the question */
    return found(&operation, error);
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
