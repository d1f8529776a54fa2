#include "app/relay.h"

#include <stdio.h>
#include <stdlib.h>

/* Who is told what comes of a call. */
struct relayed {
    struct relayed *next;
    struct daemon *daemon;
    uint64_t peer, id;
};

static void send_to(const struct relayed *watch, uint32_t kind, struct text *payload)
{
    control_server_send(watch->daemon->control, watch->peer, kind, watch->id, payload);
    text_done(payload);
}

/* ---- what comes of it ---- */

static void take_answer(void *self, const struct answer *answer)
{
    struct text payload;
    text_init(&payload, WIRE_FRAME_BYTES);
    answer_put(&payload, answer);
    send_to(self, MESSAGE_ANSWER, &payload);
}

static void take_unanswered(void *self, const struct unanswered *unanswered)
{
    struct text payload;
    text_init(&payload, WIRE_FRAME_BYTES);
    unanswered_put(&payload, unanswered);
    send_to(self, MESSAGE_UNANSWERED, &payload);
}

static void take_result(void *self, struct str json)
{
    struct text payload;
    text_init(&payload, WIRE_FRAME_BYTES);
    result_put(&payload, json);
    send_to(self, MESSAGE_RESULT, &payload);
}

static void send_end(const struct relayed *watch, const struct errand_end *end)
{
    struct text payload;
    text_init(&payload, WIRE_FRAME_BYTES);
    errand_end_put(&payload, end);
    send_to(watch, MESSAGE_RETURN, &payload);
}

static void take_end(void *self, const struct outcome *outcome, const struct spent *spent)
{
    struct relayed *watch = self;
    struct relayed **at = &watch->daemon->errands;
    const struct errand_end end = {.outcome = *outcome, .spent = *spent};
    send_end(watch, &end);
    while (*at != watch) {
        at = &(*at)->next;
    }
    *at = watch->next;
    free(watch);
}

/* ---- starting it ---- */

/* The integration at work; NULL and why it is not. */
static const struct integration *find(const struct daemon *daemon,
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
        return &configured->integration;
    }
    return NULL;
}

static unsigned errand_count(const struct daemon *daemon)
{
    unsigned count = 0;
    for (const struct relayed *at = daemon->errands; at; at = at->next) {
        count++;
    }
    return count;
}

static bool call(struct daemon *daemon, const struct integration *integration,
                 const struct relayed *who, const struct errand *errand,
                 struct call_order *order, struct error *error)
{
    struct relayed *watch =
        errand_count(daemon) < RELAY_ERRANDS_MOST ? malloc(sizeof *watch) : NULL;
    if (!watch) {
        return error_set(error, IMH_WAIT, "the daemon has too much to do");
    }
    const struct call_watcher watcher = {.self = watch,
                                         .answer = take_answer,
                                         .unanswered = take_unanswered,
                                         .result = take_result,
                                         .end = take_end};
    *watch = *who;
    watch->next = daemon->errands;
    daemon->errands = watch;
    supervisor_call(daemon->site->supervisor, integration, order, errand->time_ms,
                    &watcher);
    return true;
}

static bool start(struct daemon *daemon, const struct relayed *who,
                  const struct errand *errand, struct error *error)
{
    struct arena arena;
    struct call_order order;
    const struct integration *integration = find(daemon, errand, error);
    if (!integration) {
        return false;
    }
    arena_init(&arena, 64 << 10, 0);
    bool good = (order_get(errand->order, &arena, &order) && errand->time_ms > 0 &&
                 errand->time_ms <= RELAY_TIME_MS) ||
                error_set(error, IMH_BROKEN, "the daemon cannot read the call");
    good = good && call(daemon, integration, who, errand, &order, error);
    arena_done(&arena);
    return good;
}

static bool take_errand(const struct relayed *who, const struct frame *frame)
{
    struct errand errand;
    struct error error;
    if (!errand_get(frame->payload, &errand)) {
        return false;
    }
    if (!start(who->daemon, who, &errand, &error)) {
        const struct errand_end end = {.outcome = {.status = error.status,
                                                   .after_s = error.after_s,
                                                   .text = str_from(error.text)}};
        send_end(who, &end);
    }
    return true;
}

/* ---- plugins ---- */

static bool send_descriptor(const struct relayed *who, const char *plugin)
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
    send_to(who, descriptor ? MESSAGE_DESCRIPTOR : MESSAGE_REFUSED, &payload);
    text_done(&refusal);
    return true;
}

static bool take_plugin(const struct relayed *who, const struct frame *frame)
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
    const struct relayed who = {.daemon = daemon, .peer = peer, .id = frame->id};
    return (frame->kind == MESSAGE_ERRAND && take_errand(&who, frame)) ||
           (frame->kind == MESSAGE_PLUGIN && take_plugin(&who, frame));
}

void relay_free(struct daemon *daemon)
{
    while (daemon->errands) {
        struct relayed *watch = daemon->errands;
        daemon->errands = watch->next;
        free(watch);
    }
}
