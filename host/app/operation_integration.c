#include "app/operation_integration.h"

#include "app/halt_desk.h"
#include "engine/health.h"

/* What is named, at work or left out; NULL when the daemon knows none. */
static struct configured *find(const struct operation *operation, struct halt_asked *asked,
                               struct error *error)
{
    json_error_t why;
    int skip = 0;
    if (json_unpack_ex(operation->arguments, &why, JSON_STRICT, "{s:s%,s:s%,s?b}",
                       "account", &asked->account.ptr, &asked->account.len, "integration",
                       &asked->identifier.ptr, &asked->identifier.len, "skip",
                       &skip) != 0) {
        (void)error_set(error, IMH_REJECTED, "which integration? %s", why.text);
        return NULL;
    }
    asked->skip = skip;
    struct configured *configured =
        site_find(operation->daemon->site, asked->account, asked->identifier);
    if (!configured) {
        (void)error_set(error, IMH_MISSING,
                        "the daemon knows no integration '%.*s' of '%.*s': is it in the "
                        "account's file? then: imh reload",
                        STR_ARGS(asked->identifier), STR_ARGS(asked->account));
    }
    return configured;
}

static json_t *answer_of(const struct configured *configured, const struct pause *pause,
                         bool changed, struct error *error)
{
    json_t *answer = json_pack("{s:b,s:I,s:s,s:b}", "changed", changed, "since_ms",
                               (json_int_t)pause->since_ms, "who", pause->who, "configured",
                               configured->integration.enabled);
    if (!answer) {
        (void)error_set(error, IMH_RETRY, "no memory for the answer");
    }
    return answer;
}

/* In every site that has it: older ones may still be asked. */
static void put_pause(const struct daemon *daemon, const struct halt_asked *asked,
                      const struct pause *pause)
{
    for (const struct site *site = daemon->site; site; site = site->next) {
        struct configured *configured = site_find(site, asked->account, asked->identifier);
        if (configured) {
            configured->integration.pause = *pause;
        }
    }
}

static void begin_again(struct daemon *daemon, struct configured *configured,
                        const struct halt_asked *asked)
{
    const struct integration *integration = &configured->integration;
    struct error error;
    (void)health_release(daemon->site->supervisor, integration);
    if (configured->problem) {
        daemon_read_anew(daemon, integration);
        return;
    }
    supervisor_changed(daemon->site->supervisor, integration);
    if (!deliver_resume(daemon->deliver, asked->account, asked->identifier, &error)) {
        log_warning(&daemon->context->log, "integration enabled, jobs wait for a reload",
                    "account", integration->account, "integration", integration->identifier,
                    "why", error.text, NULL);
    }
}

static json_t *set(const struct operation *operation, bool pauses, struct error *error)
{
    struct daemon *daemon = operation->daemon;
    struct halt_asked asked = {.pause = pauses, .asker = operation->asker};
    struct pause pause;
    bool changed;
    struct configured *configured = find(operation, &asked, error);
    if (!configured || !halt_desk_set(safe_store(daemon->context->safe), &asked, &pause,
                                      &changed, error)) {
        return NULL;
    }
    json_t *answer = answer_of(configured, &pause, changed, error);
    put_pause(daemon, &asked, &pause);
    log_notice(&daemon->context->log,
               pauses ? "integration disabled" : "integration enabled", "account",
               configured->integration.account, "integration",
               configured->integration.identifier, NULL);
    if (!pauses && configured->integration.enabled) {
        begin_again(daemon, configured, &asked);
    }
    return answer;
}

json_t *operation_integration_disable(const struct operation *operation,
                                      struct error *error)
{
    return set(operation, true, error);
}

json_t *operation_integration_enable(const struct operation *operation, struct error *error)
{
    return set(operation, false, error);
}

static void add_halt(void *self, const struct halt *halt)
{
    json_t *item = json_pack(
        "{s:s%,s:s%,s:b,s:s%,s:I,s:s%}", "account", halt->account.ptr, halt->account.len,
        "integration", halt->integration.ptr, halt->integration.len, "paused", halt->paused,
        "part", halt->part.ptr, halt->part.len, "since_ms", (json_int_t)halt->since_ms,
        "why", halt->why.ptr, halt->why.len);
    (void)json_array_append_new(self, item);
}

json_t *operation_integration_halts(const struct operation *operation, struct error *error)
{
    json_t *items = json_array();
    if (!halt_desk_each(safe_store(operation->daemon->context->safe), add_halt, items,
                        error)) {
        json_decref(items);
        return NULL;
    }
    json_t *answer = json_pack("{s:o}", "items", items);
    if (!answer) {
        (void)error_set(error, IMH_RETRY, "no memory for the answer");
    }
    return answer;
}
