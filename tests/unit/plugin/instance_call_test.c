#include "plugin/instance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "plugin_rig.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What a lane makes of a call's order, and of what the plugin returns. */

struct rig {
    struct entry entry;
    struct inbox *outbox;
    struct instance *instance;
};

static int setup(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    if (!rig) {
        return -1;
    }
    rig->entry = rig_entry(0);
    rig->outbox = inbox_make();
    rig->instance = rig_instance(&rig->entry, 1, rig->outbox);
    *state = rig;
    return 0;
}

static int teardown(void **state)
{
    struct rig *rig = *state;
    instance_free(rig->instance);
    assert_null(inbox_take(rig->outbox));
    inbox_free(rig->outbox);
    free(rig);
    return 0;
}

static void expect(struct rig *rig, struct call *call, imh_status status, const char *text)
{
    instance_run(rig->instance, call);
    struct error error = rig_end(rig->instance, rig->outbox, call);
    assert_int_equal(error.status, status);
    assert_string_equal(error.text, text);
}

/* ---- lookups ---- */

static struct call_lookup odd_lookups[] = {
    {.token = 70,
     .key = {"a\0b", 3},
     .has_key = true,
     .subject = STR("{}"),
     .query = STR("")},
    {.token = 71, .subject = STR("{\"email\":\"a@b\"}"), .query = STR("{\"limit\":5}")},
};

static imh_status look(void *self, imh_call *call, const imh_lookup *const *lookups,
                       uint32_t count)
{
    assert_null(self); /* no create() */
    assert_int_equal(call->size, sizeof *call);
    assert_int_equal(call->attempt, 3);
    assert_string_equal(call->account.ptr, "acme");
    assert_string_equal(call->identifier.ptr, "shop");
    assert_string_equal(call->trace.ptr, "trace-2");
    assert_int_equal(count, COUNT(odd_lookups));
    for (uint32_t i = 0; i < count; i++) {
        const struct call_lookup *from = &odd_lookups[i];
        assert_int_equal(lookups[i]->size, sizeof(imh_lookup));
        assert_int_equal(lookups[i]->token, from->token);
        assert_int_equal(lookups[i]->variable, 0);
        assert_int_equal(lookups[i]->path_count, from->has_key ? 1 : 0);
        assert_string_equal(lookups[i]->subject.ptr, from->subject.ptr);
        assert_string_equal(lookups[i]->query.ptr, from->query.ptr);
    }
    assert_int_equal(lookups[0]->path[0].len, 3);
    assert_memory_equal(lookups[0]->path[0].ptr, "a\0b", 4); /* with the zero behind it */
    return IMH_OK;
}

static void a_plugin_sees_the_call_and_its_lookups(void **state)
{
    struct rig *rig = *state;
    struct call_order order = {.kind = CALL_RESOLVE,
                               .instance = RIG_INSTANCE,
                               .attempt = 3,
                               .left_ms = RIG_PATIENCE_MS,
                               .ticket = STR_OF("sixteen letters!"),
                               .trace = STR_OF("trace-2"),
                               .lookups = odd_lookups,
                               .lookup_count = COUNT(odd_lookups)};
    rig->entry.plugin.resolve_many = look;
    expect(rig, rig_call_of(1, &order), IMH_OK, "");
}

static void a_lookup_of_no_variable_is_a_fault(void **state)
{
    struct rig *rig = *state;
    struct call_lookup lookup = {.variable = 1, .subject = STR(""), .query = STR("")};
    struct call_order order = {.kind = CALL_RESOLVE,
                               .left_ms = RIG_PATIENCE_MS,
                               .ticket = STR_OF("sixteen letters!"),
                               .trace = STR_OF(""),
                               .lookups = &lookup,
                               .lookup_count = 1};
    rig->entry.plugin.resolve_many = look;
    expect(rig, rig_call_of(1, &order), IMH_BROKEN, "a lookup of a variable there is not");
}

/* ---- one at a time ---- */

static unsigned asked;

/* Key "4" ends with status 4; "0" is answered. */
static imh_status end_as_key(void *self, imh_call *call, const imh_lookup *lookup)
{
    imh_status status = lookup->path[0].ptr[0] - '0';
    (void)self;
    asked++;
    return status == IMH_OK ? imh_answer(call, lookup, imh_text("1")) : status;
}

static void expect_unanswered(struct rig *rig, uint64_t token, imh_status status)
{
    struct unanswered unanswered;
    struct parcel *parcel = rig_parcel_of(rig->outbox, PARCEL_FRAME);
    assert_int_equal(parcel->message, MESSAGE_UNANSWERED);
    assert_true(unanswered_get(text_str(&parcel->payload), &unanswered));
    assert_int_equal(unanswered.token, token);
    assert_int_equal(unanswered.outcome.status, status);
    assert_true(unanswered.outcome.text.len > 0);
    parcel_free(parcel);
}

static struct call *call_for(const char *keys)
{
    struct call_lookup lookups[10];
    struct call_order order = {.kind = CALL_RESOLVE,
                               .left_ms = RIG_PATIENCE_MS,
                               .ticket = STR_OF("sixteen letters!"),
                               .trace = STR_OF(""),
                               .lookups = lookups};
    for (; keys[order.lookup_count]; order.lookup_count++) {
        lookups[order.lookup_count] =
            (struct call_lookup){.token = order.lookup_count,
                                 .key = {keys + order.lookup_count, 1},
                                 .has_key = true,
                                 .subject = STR(""),
                                 .query = STR("")};
    }
    return rig_call_of(1, &order);
}

static void a_key_that_fails_does_not_spoil_the_next(void **state)
{
    struct rig *rig = *state;
    static const char keys[] = "3478";
    rig->entry.plugin.resolve = end_as_key;
    struct call *call = call_for(keys);
    instance_run(rig->instance, call);
    for (uint64_t i = 0; keys[i]; i++) {
        expect_unanswered(rig, i, keys[i] - '0');
    }
    assert_int_equal(rig_end(rig->instance, rig->outbox, call).status, IMH_OK);
}

static void a_remote_that_fails_is_not_asked_for_the_next(void **state)
{
    struct rig *rig = *state;
    static const imh_status statuses[] = {IMH_RETRY, IMH_WAIT, IMH_DENIED, IMH_CANCELED};
    rig->entry.plugin.resolve = end_as_key;
    for (size_t i = 0; i < COUNT(statuses); i++) {
        char keys[] = "1344";
        keys[0] = (char)('0' + statuses[i]);
        asked = 0;
        struct call *call = call_for(keys);
        instance_run(rig->instance, call);
        assert_int_equal(rig_end(rig->instance, rig->outbox, call).status, statuses[i]);
        assert_int_equal(asked, 1);
    }
}

static imh_status pass_the_deadline(void *self, imh_call *api, const imh_lookup *lookup)
{
    (void)self;
    asked++;
    call_of(api)->deadline_ms = clock_mono_ms(&clock_real);
    (void)lookup;
    return IMH_MISSING;
}

/* 500 keys of a tenth of a second each would cost the worker its life. */
static void nothing_is_asked_when_the_time_is_over(void **state)
{
    struct rig *rig = *state;
    rig->entry.plugin.resolve = pass_the_deadline;
    asked = 0;
    struct call *call = call_for("000");
    instance_run(rig->instance, call);
    expect_unanswered(rig, 0, IMH_MISSING);
    assert_int_equal(rig_end(rig->instance, rig->outbox, call).status, IMH_CANCELED);
    assert_int_equal(asked, 1);
    expect(rig, rig_call(2, 1, 0), IMH_CANCELED,
           "the call was canceled, or its time was over");
    assert_int_equal(asked, 1);
}

static void a_plugin_that_resolves_nothing_misses_everything(void **state)
{
    struct rig *rig = *state;
    expect(rig, rig_call(1, 2, RIG_PATIENCE_MS), IMH_MISSING, "there is no such thing");
}

/* ---- check and poll ---- */

static imh_status refuse(void *self, imh_call *call)
{
    (void)self;
    return (call->host->fail)(call, IMH_DENIED, 0, imh_text("the shop says no"));
}

static imh_status invent(void *self, imh_call *call)
{
    (void)self;
    (void)call;
    return 4711;
}

static void a_check_ends_as_the_plugin_says(void **state)
{
    struct rig *rig = *state;
    struct call_order order = {.kind = CALL_CHECK,
                               .left_ms = RIG_PATIENCE_MS,
                               .ticket = STR_OF("sixteen letters!"),
                               .trace = STR_OF("")};
    expect(rig, rig_call_of(1, &order), IMH_OK, ""); /* without one, all is well */
    rig->entry.plugin.check = refuse;
    expect(rig, rig_call_of(2, &order), IMH_DENIED, "the shop says no");
    rig->entry.plugin.check = invent;
    expect(
        rig, rig_call_of(3, &order), IMH_BROKEN,
        "the plugin answers with status 4711, which does not exist: a bug of the plugin");
}

static imh_status poll_span(void *self, imh_call *call, const imh_span *span)
{
    (void)self;
    assert_int_equal(span->size, sizeof *span);
    assert_int_equal(span->flags, IMH_FIRST);
    assert_int_equal(span->from_ms, 5);
    assert_int_equal(span->to_ms, 6);
    assert_string_equal(span->cursor.ptr, "page 2");
    return (call->host->fail)(call, IMH_RETRY, 0, imh_text("polled"));
}

static void a_poll_sees_its_span(void **state)
{
    struct rig *rig = *state;
    static const imh_source sources[] = {{.name = "orders", .poll = poll_span}};
    rig->entry.plugin.sources.items = sources;
    rig->entry.plugin.sources.count = 1;
    struct call_order order = {
        .kind = CALL_POLL,
        .left_ms = RIG_PATIENCE_MS,
        .ticket = STR_OF("sixteen letters!"),
        .trace = STR_OF(""),
        .span = {.flags = IMH_FIRST, .from_ms = 5, .to_ms = 6, .cursor = STR("page 2")}};
    expect(rig, rig_call_of(1, &order), IMH_RETRY, "polled");
    order.span.source = 1;
    expect(rig, rig_call_of(2, &order), IMH_BROKEN, "a poll of a source there is not");
}

static imh_status run_coupon(void *self, imh_call *call, imh_str args, imh_str key)
{
    (void)self;
    assert_string_equal(args.ptr, "{\"code\":\"X\"}");
    assert_string_equal(key.ptr, "job 7");
    return (call->host->fail)(call, IMH_REJECTED, 0, imh_text("ran"));
}

static void an_action_sees_its_arguments_and_its_key(void **state)
{
    struct rig *rig = *state;
    static const imh_action actions[] = {
        {.name = "create-coupon",
         .params = "{\"properties\":{\"code\":{\"type\":\"string\"}}}",
         .run = run_coupon},
        {.name = "anything", .run = run_coupon}};
    rig->entry.plugin.actions.items = actions;
    rig->entry.plugin.actions.count = 2;
    struct call_order order = {
        .kind = CALL_RUN,
        .left_ms = RIG_PATIENCE_MS,
        .ticket = STR_OF("sixteen letters!"),
        .trace = STR_OF(""),
        .action = {.args = STR("{\"code\":\"X\"}"), .key = STR("job 7")}};
    expect(rig, rig_call_of(1, &order), IMH_REJECTED, "ran");
    order.action.action = 1; /* which does not say what it wants */
    expect(rig, rig_call_of(2, &order), IMH_REJECTED, "ran");
    order.action.action = 2;
    expect(rig, rig_call_of(3, &order), IMH_BROKEN, "a run of an action there is not");
}

static void an_action_never_sees_arguments_it_does_not_want(void **state)
{
    struct rig *rig = *state;
    static const imh_action actions[] = {
        {.name = "create-coupon",
         .params = "{\"properties\":{\"code\":{\"type\":\"string\"}}}",
         .run = run_coupon}};
    rig->entry.plugin.actions.items = actions;
    rig->entry.plugin.actions.count = 1;
    struct call_order order = {
        .kind = CALL_RUN,
        .left_ms = RIG_PATIENCE_MS,
        .ticket = STR_OF("sixteen letters!"),
        .trace = STR_OF(""),
        .action = {.args = STR("{\"code\":1}"), .key = STR("job 7")}};
    expect(rig, rig_call_of(1, &order), IMH_REJECTED, "arguments: /code must be text");
    order.action.args = STR_OF("{\"code\":");
    expect(rig, rig_call_of(2, &order), IMH_REJECTED,
           "arguments: not JSON at byte 8: no end");
}

/* ---- answers that were refused ---- */

static imh_status answer_badly(void *self, imh_call *call, const imh_lookup *const *lookups,
                               uint32_t count)
{
    (void)self;
    for (uint32_t i = 0; i < count; i++) {
        (void)imh_answer(call, lookups[i], imh_text("{"));
    }
    return IMH_OK;
}

static imh_status answer_badly_and_fail(void *self, imh_call *call,
                                        const imh_lookup *const *lookups, uint32_t count)
{
    (void)answer_badly(self, call, lookups, count);
    return call_fail(call_of(call), IMH_DENIED, 0, "refused");
}

static void refused_answers_are_failures_of_a_call_that_went_well(void **state)
{
    struct rig *rig = *state;
    struct unanswered unanswered;
    struct call *call = rig_call(1, 1, RIG_PATIENCE_MS);
    rig->entry.plugin.resolve_many = answer_badly;
    instance_run(rig->instance, call);
    struct parcel *parcel = rig_parcel_of(rig->outbox, PARCEL_FRAME);
    assert_int_equal(parcel->message, MESSAGE_UNANSWERED);
    assert_true(unanswered_get(text_str(&parcel->payload), &unanswered));
    assert_int_equal(unanswered.outcome.status, IMH_BROKEN);
    parcel_free(parcel);
    assert_int_equal(rig_end(rig->instance, rig->outbox, call).status, IMH_OK);
    rig->entry.plugin.resolve_many = answer_badly_and_fail;
    expect(rig, rig_call(2, 1, RIG_PATIENCE_MS), IMH_DENIED, "refused");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_plugin_sees_the_call_and_its_lookups),
        TEST(a_lookup_of_no_variable_is_a_fault),
        TEST(a_key_that_fails_does_not_spoil_the_next),
        TEST(a_remote_that_fails_is_not_asked_for_the_next),
        TEST(nothing_is_asked_when_the_time_is_over),
        TEST(a_plugin_that_resolves_nothing_misses_everything),
        TEST(a_check_ends_as_the_plugin_says),
        TEST(a_poll_sees_its_span),
        TEST(an_action_sees_its_arguments_and_its_key),
        TEST(an_action_never_sees_arguments_it_does_not_want),
        TEST(refused_answers_are_failures_of_a_call_that_went_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
