#include "plugin_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const imh_option options[] = {{.name = "url", .type = IMH_URL},
                                     {.name = "empty"},
                                     {.name = "pass_2", .flags = IMH_SECRET}};
static const imh_variable variables[] = {{.name = "thing", .flags = IMH_KEYED}};
static const imh_event_type events[] = {{.name = "order-create"}};

struct entry rig_entry(uint32_t flags)
{
    return (struct entry){.plugin = {.abi = IMH_ABI,
                                     .name = "rig",
                                     .version = "1",
                                     .flags = flags,
                                     .options = IMH_LIST(options),
                                     .variables = IMH_LIST(variables),
                                     .event_types = IMH_LIST(events)}};
}

struct instance *rig_instance(const struct entry *entry, uint32_t parallel,
                              struct inbox *outbox)
{
    static struct name_value values[] = {{STR("url"), STR("https://shop.example.com/")},
                                         {STR("empty"), STR("")}};
    struct text payload;
    struct worker_instance settings = {.account = STR_OF("acme"),
                                       .identifier = STR_OF("shop"),
                                       .parallel = parallel,
                                       .options = {values, 2}};
    text_init(&payload, WIRE_FRAME_BYTES);
    instance_put(&payload, &settings);
    struct instance *instance =
        instance_make(RIG_INSTANCE, entry, text_str(&payload), outbox);
    text_done(&payload);
    assert_non_null(instance);
    return instance;
}

struct call *rig_call_of(uint64_t id, const struct call_order *order)
{
    struct text payload;
    text_init(&payload, WIRE_FRAME_BYTES);
    order_put(&payload, order);
    struct call *call = call_make(id, text_str(&payload), NULL);
    text_done(&payload);
    assert_non_null(call);
    return call;
}

struct call *rig_call(uint64_t id, uint32_t lookups, int64_t left_ms)
{
    static const char digits[] = "0123456789";
    struct call_lookup list[10];
    struct call_order order = {.kind = CALL_RESOLVE,
                               .instance = RIG_INSTANCE,
                               .attempt = 2,
                               .left_ms = left_ms,
                               .ticket = STR_OF("sixteen letters!"),
                               .trace = STR_OF("trace-1"),
                               .lookups = list,
                               .lookup_count = lookups};
    assert_true(lookups <= sizeof list / sizeof *list);
    for (uint32_t i = 0; i < lookups; i++) {
        list[i] = (struct call_lookup){.token = i,
                                       .key = {digits + i, 1},
                                       .has_key = true,
                                       .subject = STR_OF("{}"),
                                       .query = STR_OF("")};
    }
    return rig_call_of(id, &order);
}

static struct parcel *any_parcel(struct inbox *outbox)
{
    struct parcel *parcel = (struct parcel *)inbox_wait(outbox, RIG_PATIENCE_MS);
    assert_non_null(parcel);
    return parcel;
}

struct parcel *rig_parcel(struct inbox *outbox)
{
    struct parcel *parcel = any_parcel(outbox);
    while (parcel->kind == PARCEL_FRAME && parcel->message == MESSAGE_CREATED) {
        parcel_free(parcel);
        parcel = any_parcel(outbox);
    }
    return parcel;
}

struct parcel *rig_parcel_of(struct inbox *outbox, enum parcel_kind kind)
{
    struct parcel *parcel = rig_parcel(outbox);
    assert_int_equal(parcel->kind, kind);
    return parcel;
}

struct error rig_end(struct instance *instance, struct inbox *outbox,
                     const struct call *call)
{
    struct error error = {.text = ""};
    struct outcome outcome;
    struct parcel *parcel = rig_parcel_of(outbox, PARCEL_OVER);
    struct call *over = parcel->call;
    assert_ptr_equal(over, call);
    assert_true(outcome_get(text_str(&parcel->payload), &outcome));
    (void)error_set(&error, outcome.status, "%.*s", STR_ARGS(outcome.text));
    error.after_s = outcome.after_s;
    parcel_free(parcel);
    instance_over(instance, over);
    call_free(over);
    return error;
}

/* ---- the desk ---- */

int desk_setup(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    if (!desk) {
        return -1;
    }
    *state = desk;
    desk->entry = rig_entry(0);
    desk->outbox = inbox_make();
    desk->inbox = inbox_make();
    desk->instance = rig_instance(&desk->entry, 1, desk->outbox);
    desk->call = rig_call(1, 1, RIG_PATIENCE_MS);
    desk->call->instance = desk->instance;
    desk->call->outbox = desk->outbox;
    desk->call->inbox = desk->inbox;
    desk->api = &desk->call->api;
    *desk->api = (imh_call){
        .size = sizeof *desk->api, .host = &call_services, .host_data = desk->call};
    return 0;
}

static void empty(struct inbox *inbox)
{
    for (struct inbox_item *item; (item = inbox_take(inbox)) != NULL;) {
        parcel_free((struct parcel *)item);
    }
    inbox_free(inbox);
}

int desk_teardown(void **state)
{
    struct desk *desk = *state;
    call_free(desk->call);
    instance_free(desk->instance);
    empty(desk->inbox);
    empty(desk->outbox);
    free(desk);
    return 0;
}
