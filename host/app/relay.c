#include "app/relay.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/relay_inside.h"
#include "engine/health.h"

/* A call of one command alone. */
struct relayed {
    struct relayed *next;
    struct relay_who who;
};

struct relay *relay_make(struct error *error)
{
    struct relay *relay = calloc(1, sizeof *relay);
    struct kept *kept = kept_make(&clock_real);
    if (!relay || !kept) {
        free(relay);
        kept_free(kept);
        (void)error_set(error, IMH_RETRY, "no memory for calls of commands");
        return NULL;
    }
    relay->kept = kept;
    return relay;
}

void relay_free(struct relay *relay)
{
    if (!relay) {
        return;
    }
    while (relay->errands) {
        struct relayed *watch = relay->errands;
        relay->errands = watch->next;
        free(watch);
    }
    relay_drop_lookups(relay);
    kept_free(relay->kept);
    free(relay);
}

struct kept_figures relay_figures(const struct relay *relay)
{
    return kept_figures(relay->kept);
}

/* ---- editions ---- */

/* What plugins answer depends on nothing else. */
static bool answers_alike(const struct site *a, const struct configured *one,
                          const struct site *b, const struct configured *other)
{
    const char *plugin = one->integration.plugin;
    struct path_mark file = health_file(a->supervisor, plugin);
    struct path_mark other_file = health_file(b->supervisor, plugin);
    return path_mark_is_same(&file, &other_file) &&
           integration_answers_alike(&one->integration, &other->integration);
}

static void give_edition(struct relay *relay, const struct site *site,
                         struct configured *configured)
{
    const struct integration *integration = &configured->integration;
    const struct site *before = site->next;
    const struct configured *old = before
                                       ? site_find(before, str_from(integration->account),
                                                   str_from(integration->identifier))
                                       : NULL;
    bool same = old && old->edition != 0 && answers_alike(site, configured, before, old);
    configured->edition = same ? old->edition : ++relay->last_edition;
    if (old && !same) {
        kept_forget(relay->kept, old->edition);
    }
}

void relay_compare(struct daemon *daemon)
{
    struct text ignored;
    struct site *site = daemon->site;
    text_init(&ignored, 4096);
    for (struct account *at = site->config.accounts; at; at = at->next) {
        for (struct configured *one = at->integrations; one; one = one->next) {
            if (one->usable && one->integration.enabled) {
                one->descriptor =
                    supervisor_plugin(site->supervisor, one->integration.plugin, &ignored);
                give_edition(daemon->relay, site, one);
            }
        }
    }
    text_done(&ignored);
}

void relay_forget(struct relay *relay, struct configured *configured)
{
    kept_forget(relay->kept, configured->edition);
    configured->edition = ++relay->last_edition;
}

/* ---- what comes of it ---- */

void relay_send(const struct relay_who *who, uint32_t kind, struct text *payload)
{
    control_server_send(who->daemon->control, who->peer, kind, who->id, payload);
    text_done(payload);
}

void relay_send_answer(const struct relay_who *who, const struct answer *answer)
{
    struct text payload;
    text_init(&payload, WIRE_FRAME_BYTES);
    answer_put(&payload, answer);
    relay_send(who, MESSAGE_ANSWER, &payload);
}

void relay_send_unanswered(const struct relay_who *who, const struct unanswered *unanswered)
{
    struct text payload;
    text_init(&payload, WIRE_FRAME_BYTES);
    unanswered_put(&payload, unanswered);
    relay_send(who, MESSAGE_UNANSWERED, &payload);
}

void relay_send_end(const struct relay_who *who, const struct errand_end *end)
{
    struct text payload;
    text_init(&payload, WIRE_FRAME_BYTES);
    errand_end_put(&payload, end);
    relay_send(who, MESSAGE_RETURN, &payload);
}

static void take_result(void *self, struct str json)
{
    const struct relayed *watch = self;
    struct text payload;
    text_init(&payload, WIRE_FRAME_BYTES);
    result_put(&payload, json);
    relay_send(&watch->who, MESSAGE_RESULT, &payload);
}

static void take_end(void *self, const struct outcome *outcome, const struct spent *spent)
{
    struct relayed *watch = self;
    struct relay *relay = watch->who.daemon->relay;
    struct relayed **at = &relay->errands;
    const struct errand_end end = {.outcome = *outcome, .spent = *spent};
    relay_send_end(&watch->who, &end);
    while (*at != watch) {
        at = &(*at)->next;
    }
    *at = watch->next;
    relay->count--;
    free(watch);
}

/* ---- starting it ---- */

/* The integration at work; NULL and why it is not. */
static const struct configured *find(const struct daemon *daemon,
                                     const struct errand *errand, struct error *error)
{
    const struct configured *configured =
        site_find(daemon->site, errand->account, errand->identifier);
    if (!configured) {
        (void)error_set(error, IMH_REJECTED,
                        "the daemon does not know '%.*s' of %.*s: imh reload",
                        STR_ARGS(errand->identifier), STR_ARGS(errand->account));
    } else if (configured->problem) {
        (void)error_set(error, IMH_DENIED, "%s", configured->problem);
    } else if (!configured->integration.enabled) {
        (void)error_set(error, IMH_RETRY, "it is disabled at the daemon: imh reload");
    } else if (!integration_is_on(&configured->integration)) {
        integration_refuse(&configured->integration, error);
    } else {
        return configured;
    }
    return NULL;
}

static bool call(const struct relay_who *who, const struct configured *configured,
                 int64_t time_ms, struct call_order *order, struct error *error)
{
    struct relay *relay = who->daemon->relay;
    struct relayed *watch = malloc(sizeof *watch);
    if (!watch) {
        return error_set(error, IMH_RETRY, "the daemon has no memory for it");
    }
    const struct call_watcher watcher = {
        .self = watch, .result = take_result, .end = take_end};
    *watch = (struct relayed){.next = relay->errands, .who = *who};
    relay->errands = watch;
    relay->count++;
    supervisor_call(who->daemon->site->supervisor, &configured->integration, order, time_ms,
                    &watcher);
    return true;
}

static bool start(const struct relay_who *who, const struct errand *errand,
                  struct error *error)
{
    struct arena arena;
    struct call_order order;
    const struct configured *configured = find(who->daemon, errand, error);
    if (!configured) {
        return false;
    }
    if (who->daemon->relay->count >= RELAY_ERRANDS_MOST) {
        return error_set(error, IMH_WAIT, "the daemon has too much to do");
    }
    arena_init(&arena, 64 << 10, 0);
    bool good = (order_get(errand->order, &arena, &order) && errand->time_ms > 0 &&
                 errand->time_ms <= RELAY_TIME_MS) ||
                error_set(error, IMH_BROKEN, "the daemon cannot read the call");
    if (good && order.kind == CALL_RESOLVE) {
        good = relay_lookups(who, configured, errand->time_ms, &order, error);
    } else if (good) {
        good = call(who, configured, errand->time_ms, &order, error);
    }
    arena_done(&arena);
    return good;
}

static bool take_errand(const struct relay_who *who, const struct frame *frame)
{
    struct errand errand;
    struct error error;
    if (!errand_get(frame->payload, &errand)) {
        return false;
    }
    if (!start(who, &errand, &error)) {
        const struct errand_end end = {.outcome = {.status = error.status,
                                                   .after_s = error.after_s,
                                                   .text = str_from(error.text)}};
        relay_send_end(who, &end);
    }
    return true;
}

/* ---- plugins ---- */

static bool send_descriptor(const struct relay_who *who, const char *plugin)
{
    struct text payload;
    struct text refusal;
    text_init(&payload, WIRE_FRAME_BYTES);
    text_init(&refusal, 64 << 10);
    const struct descriptor *descriptor =
        supervisor_plugin(who->daemon->site->supervisor, plugin, &refusal);
    if (descriptor) {
        (void)descriptor_to_json(descriptor, &payload);
    } else {
        const struct outcome outcome = {.status = IMH_REJECTED, .text = text_str(&refusal)};
        outcome_put(&payload, &outcome);
    }
    relay_send(who, descriptor ? MESSAGE_DESCRIPTOR : MESSAGE_REFUSED, &payload);
    text_done(&refusal);
    return true;
}

static bool take_plugin(const struct relay_who *who, const struct frame *frame)
{
    char plugin[PATH_MAX];
    struct wire_reader reader;
    wire_open(&reader, frame->payload);
    struct str name = wire_str(&reader);
    if (!wire_close(&reader) || name.len >= sizeof plugin) {
        return false;
    }
    (void)snprintf(plugin, sizeof plugin, "%.*s", STR_ARGS(name));
    return send_descriptor(who, plugin);
}

bool relay_message(void *daemon, uint64_t peer, const struct frame *frame)
{
    const struct relay_who who = {.daemon = daemon, .peer = peer, .id = frame->id};
    return (frame->kind == MESSAGE_ERRAND && take_errand(&who, frame)) ||
           (frame->kind == MESSAGE_PLUGIN && take_plugin(&who, frame));
}
