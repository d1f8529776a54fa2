#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/call.h"
#include "plugin_rig.h"

static int setup(void **state)
{
    int status = desk_setup(state);
    struct desk *desk = *state;
    desk->call->order.kind = CALL_POLL;
    return status;
}

/* What the supervisor answers to question number `number`, there before it is asked. */
static void put_answer(const struct desk *desk, uint64_t number, imh_status status,
                       struct str value)
{
    struct parcel *parcel = parcel_make(PARCEL_REPLY, desk->call);
    const struct state_answer answer = {.number = number,
                                        .outcome = {.status = status, .text = STR("why")},
                                        .value = value};
    assert_non_null(parcel);
    parcel->id = number;
    state_answer_put(&parcel->payload, &answer);
    inbox_put(desk->inbox, &parcel->item);
}

/* The next frame to the supervisor, which is of that kind; yours. */
static struct parcel *frame_of(const struct desk *desk, enum message_kind kind)
{
    struct parcel *parcel = rig_parcel_of(desk->outbox, PARCEL_FRAME);
    assert_int_equal(parcel->message, kind);
    return parcel;
}

static void expect_question(const struct desk *desk, uint64_t number, const char *key)
{
    struct state_question question;
    struct parcel *parcel = frame_of(desk, MESSAGE_STATE);
    assert_true(state_question_get(text_str(&parcel->payload), &question));
    assert_int_equal(question.number, number);
    assert_true(str_is(question.key, key));
    parcel_free(parcel);
}

static void what_is_kept_is_asked_of_the_host(void **state)
{
    struct desk *desk = *state;
    imh_str value;
    put_answer(desk, 0, IMH_OK, STR_OF("v\0w"));
    assert_int_equal(desk->api->host->state(desk->api, imh_text("k"), &value), IMH_OK);
    assert_int_equal(value.len, 3);
    assert_memory_equal(value.ptr, "v\0w", 4); /* a zero behind it */
    expect_question(desk, 0, "k");
}

static void what_is_not_kept_is_missing_and_what_failed_says_why(void **state)
{
    struct desk *desk = *state;
    imh_str value;
    put_answer(desk, 0, IMH_MISSING, STR_OF(""));
    assert_int_equal(desk->api->host->state(desk->api, imh_text("k"), &value), IMH_MISSING);
    assert_int_equal(value.len, 0);
    put_answer(desk, 1, IMH_RETRY, STR_OF(""));
    assert_int_equal(desk->api->host->state(desk->api, imh_text("k"), &value), IMH_RETRY);
    assert_string_equal(desk->call->failure.text, "why");
}

static void what_was_put_is_read_back_without_asking(void **state)
{
    static const char *const values[] = {"1", "2", ""};
    struct desk *desk = *state;
    for (unsigned i = 0; i < 3; i++) {
        struct state_item item;
        imh_str value;
        imh_str put = imh_text(values[i]);
        assert_int_equal(desk->api->host->state_put(desk->api, imh_text("k"), put), IMH_OK);
        struct parcel *parcel = frame_of(desk, MESSAGE_STATE_PUT);
        assert_true(state_item_get(text_str(&parcel->payload), &item));
        assert_true(str_is(item.key, "k") && str_is(item.value, values[i]));
        parcel_free(parcel);
        assert_int_equal(desk->api->host->state(desk->api, imh_text("k"), &value),
                         i < 2 ? IMH_OK : IMH_MISSING);
        assert_string_equal(value.ptr, values[i]);
    }
    assert_null(inbox_take(desk->outbox));
}

static void keys_and_values_have_limits(void **state)
{
    struct desk *desk = *state;
    static char large[CALL_STATE_BYTES + 1];
    const imh_str keys[] = {{"", 0}, {large, CALL_STATE_KEY_BYTES + 1}, {"\xff", 1}};
    imh_str value;
    memset(large, 'x', sizeof large);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(desk->api->host->state(desk->api, keys[i], &value), IMH_BROKEN);
        assert_int_equal(desk->api->host->state_put(desk->api, keys[i], imh_text("v")),
                         IMH_BROKEN);
    }
    assert_int_equal(desk->api->host->state_put(desk->api, imh_text("k"),
                                                (imh_str){large, sizeof large}),
                     IMH_BROKEN);
    assert_null(inbox_take(desk->outbox));
}

/* A variable must not depend on who asked before. */
static void only_polls_have_state(void **state)
{
    struct desk *desk = *state;
    imh_str value;
    for (unsigned kind = 0; kind < CALL_KIND_COUNT; kind++) {
        desk->call->order.kind = kind;
        if (kind != CALL_POLL) {
            assert_int_equal(desk->api->host->state(desk->api, imh_text("k"), &value),
                             IMH_BROKEN);
        }
    }
    desk->call->order.kind = CALL_POLL;
    desk->call->creating = true;
    assert_int_equal(desk->api->host->state_put(desk->api, imh_text("k"), imh_text("v")),
                     IMH_BROKEN);
    desk->call->creating = false;
}

static void a_call_that_is_canceled_does_not_wait(void **state)
{
    struct desk *desk = *state;
    imh_str value;
    desk->call->canceled = true;
    assert_int_equal(desk->api->host->state(desk->api, imh_text("k"), &value),
                     IMH_CANCELED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_kept_is_asked_of_the_host),
        TEST(what_is_not_kept_is_missing_and_what_failed_says_why),
        TEST(what_was_put_is_read_back_without_asking),
        TEST(keys_and_values_have_limits),
        TEST(only_polls_have_state),
        TEST(a_call_that_is_canceled_does_not_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
