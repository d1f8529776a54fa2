#include "plugin/instance.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "plugin/lookups.h"
#include "plugin/records.h"
#include "plugin/schema.h"

enum {
    INSTANCE_MEMORY_BYTES = 16 << 20, /* settings */
    BLOCK_BYTES = 4096,
    LANES_MOST = 32,
    STACK_BYTES = 1 << 20
};

/* A thread that runs calls of one instance, one after the other. */
struct lane {
    struct lane *next;
    struct instance *instance;
    pthread_t thread;
    struct inbox *inbox;
    struct call *call; /* the main thread's view: what it runs; NULL: idle */
};

struct instance {
    uint64_t id;
    const struct entry *entry;
    struct arena arena;
    struct worker_instance settings;
    struct inbox *outbox;
    struct lane *lanes;
    uint32_t lane_count;
    struct call *first, **last; /* waiting for a lane */
    void *self;                 /* the plugin's; made by the first call */
    bool created;
    bool creating; /* the first call is under way: others wait */
};

/* Plugins are promised a zero behind every text. */
static bool end_values(struct instance *instance)
{
    struct name_values *options = &instance->settings.options;
    for (uint32_t i = 0; i < options->count; i++) {
        options->items[i].value = arena_copy(&instance->arena, options->items[i].value);
        if (!options->items[i].value.ptr) {
            return false;
        }
    }
    return true;
}

struct instance *instance_make(uint64_t id, const struct entry *entry, struct str payload,
                               struct inbox *outbox)
{
    struct instance *instance = calloc(1, sizeof *instance);
    if (!instance) {
        return NULL;
    }
    arena_init(&instance->arena, BLOCK_BYTES, INSTANCE_MEMORY_BYTES);
    struct str kept = arena_copy(&instance->arena, payload);
    if (!kept.ptr || !instance_get(kept, &instance->arena, &instance->settings) ||
        !end_values(instance)) {
        arena_done(&instance->arena);
        free(instance);
        return NULL;
    }
    instance->id = id;
    instance->entry = entry;
    instance->outbox = outbox;
    instance->last = &instance->first;
    return instance;
}

uint64_t instance_id(const struct instance *instance)
{
    return instance->id;
}

const imh_plugin *instance_plugin(const struct instance *instance)
{
    return &instance->entry->plugin;
}

const struct zones *instance_zones(const struct instance *instance)
{
    return instance->entry->zones;
}

struct str instance_option(const struct instance *instance, struct str name)
{
    const struct name_values *options = &instance->settings.options;
    for (uint32_t i = 0; i < options->count; i++) {
        if (str_eq(options->items[i].name, name)) {
            return options->items[i].value;
        }
    }
    return STR_OF("");
}

/* ---- in a lane: running a call ---- */

static imh_status run_check(struct call *call)
{
    const imh_plugin *plugin = instance_plugin(call->instance);
    return plugin->check ? plugin->check(call->instance->self, &call->api) : IMH_OK;
}

static imh_status run_resolve(struct call *call)
{
    return lookups_run(call, instance_plugin(call->instance), call->instance->self);
}

static imh_status run_poll(struct call *call)
{
    const imh_plugin *plugin = instance_plugin(call->instance);
    const struct call_span *from = &call->order.span;
    if (from->source >= plugin->sources.count) {
        return call_fail(call, IMH_BROKEN, 0, "a poll of a source there is not");
    }
    struct str cursor = arena_copy(&call->arena, from->cursor);
    if (!cursor.ptr) {
        abort();
    }
    imh_span span = {.size = sizeof span,
                     .flags = from->flags,
                     .from_ms = from->from_ms,
                     .to_ms = from->to_ms,
                     .cursor = imh_str_of(cursor),
                     .most = from->most};
    return plugin->sources.items[from->source].poll(call->instance->self, &call->api,
                                                    &span);
}

/* Without a schema any JSON will do. */
static imh_status judge_args(struct call *call, const imh_action *action, struct str args)
{
    struct error error;
    if (schema_accepts(str_from(action->params ? action->params : "{}"), args, &error)) {
        return IMH_OK;
    }
    return call_fail(call, error.status, 0, "arguments: %s", error.text);
}

static imh_status run_action(struct call *call)
{
    const imh_plugin *plugin = instance_plugin(call->instance);
    const struct call_action *what = &call->order.action;
    if (what->action >= plugin->actions.count) {
        return call_fail(call, IMH_BROKEN, 0, "a run of an action there is not");
    }
    const imh_action *action = &plugin->actions.items[what->action];
    imh_status judged = judge_args(call, action, what->args);
    if (judged != IMH_OK) {
        return judged;
    }
    struct str args = arena_copy(&call->arena, what->args);
    struct str key = arena_copy(&call->arena, what->key);
    if (!args.ptr || !key.ptr) {
        abort();
    }
    return action->run(call->instance->self, &call->api, imh_str_of(args), imh_str_of(key));
}

static imh_status run_records(struct call *call)
{
    return records_run(call, instance_plugin(call->instance), call->instance->self);
}

static imh_status (*const runners[CALL_KIND_COUNT])(struct call *call) = {
    [CALL_CHECK] = run_check, [CALL_RESOLVE] = run_resolve, [CALL_POLL] = run_poll,
    [CALL_RUN] = run_action,  [CALL_UPSERT] = run_records,  [CALL_REMOVE] = run_records,
};

/* What fails in destroy() is not the reason. */
static void undo_create(struct call *call)
{
    struct instance *instance = call->instance;
    const imh_plugin *plugin = instance_plugin(instance);
    struct error why = call->failure;
    if (plugin->destroy) {
        plugin->destroy(instance->self, &call->api);
        instance->self = NULL;
        call->failure = why;
    }
}

/* With a time of its own, of which the host hears the end: without that it ends us. */
static imh_status create(struct call *call)
{
    struct instance *instance = call->instance;
    const imh_plugin *plugin = instance_plugin(instance);
    int64_t deadline_ms = call->deadline_ms;
    int64_t latest_ms = clock_mono_ms(&clock_real) + CALL_CREATE_MS;
    call->creating = true;
    call->deadline_ms = latest_ms < deadline_ms ? latest_ms : deadline_ms;
    imh_status status =
        plugin->create ? plugin->create(&call->api, &instance->self) : IMH_OK;
    instance->created = status == IMH_OK;
    if (!instance->created) {
        undo_create(call);
    }
    call->deadline_ms = deadline_ms;
    call->creating = false;
    if (status == IMH_CANCELED && call_left_ms(call) > 0) {
        return call_fail(call, IMH_BROKEN, 0,
                         "create() of the plugin did not end within 1 s");
    }
    return status;
}

static imh_status ensure_created(struct call *call)
{
    if (call->instance->created) {
        return IMH_OK;
    }
    imh_status status = create(call);
    if (status == IMH_OK) {
        struct text nothing;
        text_init(&nothing, 1);
        status = call_send(call, MESSAGE_CREATED, &nothing);
        text_done(&nothing);
    }
    return status;
}

static void set_api(struct call *call)
{
    const struct worker_instance *settings = &call->instance->settings;
    struct str trace = arena_copy(&call->arena, call->order.trace);
    struct str account = arena_copy(&call->arena, settings->account);
    struct str identifier = arena_copy(&call->arena, settings->identifier);
    if (!trace.ptr || !account.ptr || !identifier.ptr) {
        abort();
    }
    call->api = (imh_call){.size = sizeof call->api,
                           .attempt = call->order.attempt,
                           .host = &call_services,
                           .host_data = call,
                           .account = imh_str_of(account),
                           .identifier = imh_str_of(identifier),
                           .trace = imh_str_of(trace)};
}

static void send_over(struct call *call, imh_status status)
{
    struct parcel *parcel = parcel_make(PARCEL_OVER, call);
    if (!parcel) {
        abort();
    }
    struct outcome outcome = {.status = IMH_OK, .text = STR_OF("")};
    if (status != IMH_OK) {
        outcome = call_outcome(call, status, 0, STR_OF(""));
    }
    outcome_put(&parcel->payload, &outcome);
    inbox_put(call->outbox, &parcel->item);
}

/* After send_over() the call belongs to the main thread again. */
static bool run_call(struct lane *lane, struct call *call)
{
    call->inbox = lane->inbox;
    set_api(call);
    imh_status status = call_left_ms(call) > 0 ? ensure_created(call) : IMH_CANCELED;
    if (status == IMH_OK) {
        status = runners[call->order.kind](call);
    }
    if (status == IMH_OK) {
        call_tell_refusals(call);
    }
    bool stopped = call->stopped;
    send_over(call, status);
    return !stopped;
}

static void *lane_main(void *self)
{
    struct lane *lane = self;
    for (bool more = true; more;) {
        struct parcel *parcel = (struct parcel *)inbox_wait(lane->inbox, INT32_MAX);
        if (!parcel) {
            continue;
        }
        more = parcel->kind != PARCEL_STOP;
        if (parcel->kind == PARCEL_CALL) {
            more = run_call(lane, parcel->call);
        }
        parcel_free(parcel);
    }
    return NULL;
}

/* ---- in the main thread: giving calls to lanes ---- */

static bool start_thread(struct lane *lane)
{
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) {
        return false;
    }
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    bool good = pthread_create(&lane->thread, &attributes, lane_main, lane) == 0;
    (void)pthread_attr_destroy(&attributes);
    return good;
}

static struct lane *new_lane(struct instance *instance)
{
    struct lane *lane = calloc(1, sizeof *lane);
    struct inbox *inbox = lane ? inbox_make() : NULL;
    if (!inbox) {
        free(lane);
        return NULL;
    }
    lane->instance = instance;
    lane->inbox = inbox;
    if (!start_thread(lane)) {
        inbox_free(inbox);
        free(lane);
        return NULL;
    }
    lane->next = instance->lanes;
    instance->lanes = lane;
    instance->lane_count++;
    return lane;
}

static uint32_t lanes_allowed(const struct instance *instance)
{
    uint32_t parallel = instance->settings.parallel;
    if (!(instance->entry->plugin.flags & IMH_CONCURRENT) || parallel == 0) {
        return 1;
    }
    return parallel < LANES_MOST ? parallel : LANES_MOST;
}

static struct lane *free_lane(struct instance *instance)
{
    struct lane *lane = instance->lanes;
    while (lane && lane->call) {
        lane = lane->next;
    }
    bool more = instance->lane_count < lanes_allowed(instance);
    return lane || !more ? lane : new_lane(instance);
}

/* A worker that cannot even begin ends: the host starts one that has what it takes. */
static void give_calls(struct instance *instance)
{
    while (instance->first && !instance->creating) {
        struct lane *lane = free_lane(instance);
        if (!lane && instance->lane_count == 0) {
            abort();
        }
        struct parcel *parcel = lane ? parcel_make(PARCEL_CALL, instance->first) : NULL;
        if (!parcel) {
            return;
        }
        struct call *call = instance->first;
        instance->first = call->next;
        if (!instance->first) {
            instance->last = &instance->first;
        }
        call->next = NULL;
        lane->call = call;
        instance->creating = !instance->created;
        inbox_put(lane->inbox, &parcel->item);
    }
}

void instance_run(struct instance *instance, struct call *call)
{
    call->instance = instance;
    call->outbox = instance->outbox;
    call->next = NULL;
    *instance->last = call;
    instance->last = &call->next;
    give_calls(instance);
}

void instance_is_created(struct instance *instance)
{
    instance->creating = false;
    give_calls(instance);
}

void instance_over(struct instance *instance, struct call *call)
{
    for (struct lane *lane = instance->lanes; lane; lane = lane->next) {
        lane->call = lane->call == call ? NULL : lane->call;
    }
    instance->creating = false;
    give_calls(instance);
}

static struct call *take_waiting(struct instance *instance, uint64_t id)
{
    struct call **at = &instance->first;
    while (*at && (*at)->id != id) {
        at = &(*at)->next;
    }
    struct call *call = *at;
    if (call) {
        *at = call->next;
        if (!*at) {
            instance->last = at;
        }
    }
    return call;
}

static struct lane *lane_of(struct instance *instance, const struct call *call, uint64_t id)
{
    struct lane *lane = instance->lanes;
    while (lane && !(lane->call && (lane->call == call || lane->call->id == id))) {
        lane = lane->next;
    }
    return lane;
}

static void wake(struct lane *lane, enum parcel_kind kind)
{
    struct parcel *parcel = parcel_make(kind, lane->call);
    if (!parcel) {
        abort();
    }
    inbox_put(lane->inbox, &parcel->item);
}

/* The call is the main thread's until its end was told, also when its lane is done with it.
 */
static void cancel(struct lane *lane, enum parcel_kind kind)
{
    if (lane->call) {
        lane->call->canceled = true;
    }
    wake(lane, kind);
}

struct call *instance_cancel(struct instance *instance, uint64_t id)
{
    struct lane *lane = lane_of(instance, NULL, id);
    if (!lane) {
        return take_waiting(instance, id);
    }
    cancel(lane, PARCEL_CANCEL);
    return NULL;
}

void instance_wake(struct instance *instance, const struct call *call)
{
    struct lane *lane = lane_of(instance, call, call->id);
    if (lane) {
        wake(lane, PARCEL_WAKE);
    }
}

struct call *instance_call(const struct instance *instance, uint64_t id)
{
    const struct lane *lane = instance->lanes;
    while (lane && !(lane->call && lane->call->id == id)) {
        lane = lane->next;
    }
    return lane ? lane->call : NULL;
}

void instance_reply(struct instance *instance, struct parcel *parcel)
{
    struct lane *lane = lane_of(instance, parcel->call, parcel->call->id);
    if (lane) {
        inbox_put(lane->inbox, &parcel->item);
    } else {
        parcel_free(parcel);
    }
}

/* ---- the end ---- */

uint32_t instance_lanes(const struct instance *instance)
{
    return instance->lane_count;
}

bool instance_idles(const struct instance *instance)
{
    const struct lane *lane = instance->lanes;
    while (lane && lane->call) {
        lane = lane->next;
    }
    return lane != NULL;
}

static void stop_lane(struct lane *lane)
{
    cancel(lane, PARCEL_STOP);
    (void)pthread_join(lane->thread, NULL);
    for (struct inbox_item *item; (item = inbox_take(lane->inbox)) != NULL;) {
        parcel_free((struct parcel *)item);
    }
    inbox_free(lane->inbox);
    free(lane);
}

void instance_rest(struct instance *instance)
{
    struct lane **at = &instance->lanes;
    while (*at) {
        struct lane *lane = *at;
        if (lane->call) {
            at = &lane->next;
        } else {
            *at = lane->next;
            instance->lane_count--;
            stop_lane(lane);
        }
    }
}

static void destroy(struct instance *instance)
{
    struct call call = {.instance = instance, .outbox = instance->outbox};
    const imh_plugin *plugin = instance_plugin(instance);
    if (!instance->created || !plugin->destroy) {
        return;
    }
    arena_init(&call.arena, BLOCK_BYTES, CALL_MEMORY_BYTES);
    call.canceled = true;
    set_api(&call);
    plugin->destroy(instance->self, &call.api);
    arena_done(&call.arena);
}

void instance_free(struct instance *instance)
{
    while (instance->lanes) {
        struct lane *lane = instance->lanes;
        instance->lanes = lane->next;
        stop_lane(lane);
    }
    while (instance->first) {
        struct call *call = instance->first;
        instance->first = call->next;
        call_free(call);
    }
    destroy(instance);
    arena_done(&instance->arena);
    free(instance);
}
