#include "plugin/call.h"

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

static void a_call_keeps_its_order(void **state)
{
    (void)state;
    struct call_lookup lookups[] = {{.token = 9,
                                     .variable = 2,
                                     .key = STR_OF("24-MB01"),
                                     .has_key = true,
                                     .subject = STR_OF("{\"email\":\"a@b\"}"),
                                     .query = STR_OF("{}")}};
    struct call_order order = {.kind = CALL_RESOLVE,
                               .instance = 5,
                               .attempt = 3,
                               .left_ms = RIG_PATIENCE_MS,
                               .ticket = STR_OF("sixteen letters!"),
                               .trace = STR_OF("trace-1"),
                               .lookups = lookups,
                               .lookup_count = 1};
    struct call *call = rig_call_of(77, &order);
    assert_int_equal(call->id, 77);
    assert_int_equal(call->order.kind, CALL_RESOLVE);
    assert_int_equal(call->order.instance, 5);
    assert_int_equal(call->order.attempt, 3);
    assert_true(str_is(call->order.ticket, "sixteen letters!"));
    assert_true(str_is(call->order.trace, "trace-1"));
    assert_int_equal(call->order.lookup_count, 1);
    assert_int_equal(call->order.lookups[0].token, 9);
    assert_true(str_is(call->order.lookups[0].key, "24-MB01"));
    assert_true(str_is(call->order.lookups[0].subject, "{\"email\":\"a@b\"}"));
    call_free(call);
    call_free(NULL);
}

static void what_is_no_order_makes_no_call(void **state)
{
    (void)state;
    static const struct str payloads[] = {STR(""), STR("nonsense"), STR("i")};
    for (size_t i = 0; i < COUNT(payloads); i++) {
        assert_null(call_make(1, payloads[i], NULL));
    }
}

static void the_deadline_counts_from_the_arrival(void **state)
{
    (void)state;
    int64_t before = clock_mono_ms(&clock_real);
    struct call *call = rig_call(1, 0, 5000);
    assert_in_range(call->deadline_ms, before + 5000, clock_mono_ms(&clock_real) + 5000);
    call_free(call);
}

static void put(const struct desk *desk, enum parcel_kind kind, struct call *call)
{
    struct parcel *parcel = parcel_make(kind, call);
    assert_non_null(parcel);
    inbox_put(desk->inbox, &parcel->item);
}

static void what_belongs_to_another_call_is_thrown_away(void **state)
{
    struct desk *desk = *state;
    struct call *other = rig_call(2, 0, 1000);
    put(desk, PARCEL_REPLY, other);
    put(desk, PARCEL_CANCEL, other);
    call_read_inbox(desk->call, 0);
    assert_null(desk->call->replies);
    assert_true(call_left_ms(desk->call) > 0);
    assert_false(desk->call->stopped);
    call_free(other);
}

static void replies_are_kept_until_they_are_asked_for(void **state)
{
    struct desk *desk = *state;
    put(desk, PARCEL_REPLY, desk->call);
    put(desk, PARCEL_REPLY, desk->call);
    call_read_inbox(desk->call, 0);
    assert_non_null(desk->call->replies);
    assert_non_null(desk->call->replies->item.next); /* the teardown frees both */
    assert_null(inbox_take(desk->inbox));
}

static void a_cancellation_ends_the_time_of_the_call(void **state)
{
    struct desk *desk = *state;
    assert_true(call_left_ms(desk->call) > 0);
    desk->call->canceled = true;
    assert_int_equal(call_left_ms(desk->call), 0);
}

/* Parcels to a lane only wake it: that the call is over stands in the call itself. */
static void a_cancellation_wakes_who_waits_and_a_stop_ends_the_lane(void **state)
{
    struct desk *desk = *state;
    put(desk, PARCEL_CANCEL, desk->call);
    call_read_inbox(desk->call, RIG_PATIENCE_MS);
    assert_false(desk->call->stopped);
    put(desk, PARCEL_STOP, NULL);
    call_read_inbox(desk->call, RIG_PATIENCE_MS);
    assert_true(desk->call->stopped);
    assert_null(inbox_take(desk->inbox));
}

static void so_many_parcels_are_admitted_and_no_more(void **state)
{
    struct desk *desk = *state;
    struct call *call = desk->call;
    assert_true(call_admit(call, CALL_PARCELS_MOST - 1));
    assert_false(call_admit(call, 2));
    assert_false(call_admit(call, UINT32_MAX)); /* nor by going round */
    assert_true(call_admit(call, 1));
    assert_false(call_admit(call, 1));
    struct text payload;
    text_init(&payload, 100);
    text_add_cstr(&payload, "words");
    assert_false(call_put(call, MESSAGE_LOG, &payload));
    assert_int_equal(call->failure.status, IMH_OK); /* dropped without a word */
    assert_null(inbox_take(desk->outbox));
}

static void what_is_sent_is_a_frame_of_the_call(void **state)
{
    struct desk *desk = *state;
    struct text payload;
    text_init(&payload, 100);
    text_add_cstr(&payload, "words");
    assert_int_equal(call_send(desk->call, MESSAGE_LOG, &payload), IMH_OK);
    struct parcel *parcel = rig_parcel_of(desk->outbox, PARCEL_FRAME);
    assert_int_equal(parcel->message, MESSAGE_LOG);
    assert_ptr_equal(parcel->call, desk->call);
    assert_string_equal(text_cstr(&parcel->payload), "words");
    parcel_free(parcel);
    parcel_free(NULL);
}

static void a_failure_is_told_in_its_own_words_or_plain_ones(void **state)
{
    struct desk *desk = *state;
    struct call *call = desk->call;
    static const struct str none = STR("");
    struct outcome outcome = call_outcome(call, IMH_RETRY, 0, none);
    assert_string_equal(outcome.text.ptr, "the plugin failed for now and does not say why");
    assert_int_equal(call_fail(call, IMH_RETRY, 7, "shop %d is away", 4), IMH_RETRY);
    outcome = call_outcome(call, IMH_RETRY, 0, none);
    assert_int_equal(outcome.status, IMH_RETRY);
    assert_int_equal(outcome.after_s, 7);
    assert_string_equal(outcome.text.ptr, "shop 4 is away");
    outcome = call_outcome(call, IMH_DENIED, 0, none); /* another failure than the last */
    assert_int_equal(outcome.after_s, 0);
    assert_string_equal(outcome.text.ptr, "the credentials are refused");
    (void)call_fail(call, 4711, 0, "%s", ""); /* made up, and without words */
    outcome = call_outcome(call, 4711, 0, none);
    assert_int_equal(outcome.status, IMH_BROKEN);
    assert_string_equal(outcome.text.ptr, "the plugin answers with status 4711, which does "
                                          "not exist: a bug of the plugin");
}

#define DESK(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_keeps_its_order),
        cmocka_unit_test(what_is_no_order_makes_no_call),
        cmocka_unit_test(the_deadline_counts_from_the_arrival),
        DESK(what_belongs_to_another_call_is_thrown_away),
        DESK(replies_are_kept_until_they_are_asked_for),
        DESK(a_cancellation_ends_the_time_of_the_call),
        DESK(a_cancellation_wakes_who_waits_and_a_stop_ends_the_lane),
        DESK(so_many_parcels_are_admitted_and_no_more),
        DESK(what_is_sent_is_a_frame_of_the_call),
        DESK(a_failure_is_told_in_its_own_words_or_plain_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
