#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "plugin/call.h"
#include "plugin_rig.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { PARCELS_MOST = 20000 };

/* What imh-net answers to request number `id`, there before it is asked. */
static void put_reply(const struct desk *desk, uint64_t id, const struct reply *reply)
{
    struct parcel *parcel = parcel_make(PARCEL_REPLY, desk->call);
    assert_non_null(parcel);
    parcel->id = id;
    reply_put(&parcel->payload, reply);
    inbox_put(desk->inbox, &parcel->item);
}

static struct reply reply_of(imh_status status, uint32_t code, const char *body)
{
    return (struct reply){
        .outcome = {.status = status, .text = str_from(status == IMH_OK ? "" : "because")},
        .code = code,
        .headers = STR_OF("{\"x-a\":\"1\"}"),
        .body = str_from(body)};
}

static void expect_request(const struct desk *desk, uint64_t id, const struct request *want)
{
    struct request got;
    struct parcel *parcel = rig_parcel_of(desk->outbox, PARCEL_REQUEST);
    assert_int_equal(parcel->id, id);
    assert_ptr_equal(parcel->call, desk->call);
    assert_true(request_get(text_str(&parcel->payload), &got));
    assert_true(str_is(got.ticket, "sixteen letters!"));
    assert_int_equal(got.flags, want->flags);
    assert_true(str_eq(got.method, want->method));
    assert_true(str_eq(got.url, want->url));
    assert_true(str_eq(got.headers, want->headers));
    assert_true(str_eq(got.body, want->body));
    assert_true(str_eq(got.auth, want->auth));
    assert_int_equal(got.timeout_ms, want->timeout_ms);
    parcel_free(parcel);
}

static void a_request_goes_on_as_it_is(void **state)
{
    struct desk *desk = *state;
    const imh_reply *shown = NULL;
    imh_request request = {.size = sizeof request,
                           .flags = IMH_REPEATABLE,
                           .method = "POST",
                           .url = imh_text("orders"),
                           .headers = imh_text("{\"X-A\":\"1\"}"),
                           .body = {"a\0b", 3},
                           .auth = "token",
                           .timeout_ms = 500};
    struct request want = {.flags = IMH_REPEATABLE,
                           .method = STR_OF("POST"),
                           .url = STR_OF("orders"),
                           .headers = STR_OF("{\"X-A\":\"1\"}"),
                           .body = {"a\0b", 3},
                           .auth = STR_OF("token"),
                           .timeout_ms = 500};
    struct reply reply = reply_of(IMH_OK, 200, "{}");
    put_reply(desk, 0, &reply);
    assert_int_equal(imh_http(desk->api, &request, &shown), IMH_OK);
    expect_request(desk, 0, &want);
}

static void the_least_request_is_a_get(void **state)
{
    struct desk *desk = *state;
    const imh_reply *shown = NULL;
    struct request want = {.method = STR_OF("GET"),
                           .url = STR_OF("orders"),
                           .headers = STR_OF(""),
                           .body = STR_OF(""),
                           .auth = STR_OF("")};
    struct reply reply = reply_of(IMH_OK, 200, "{}");
    put_reply(desk, 0, &reply);
    put_reply(desk, 1, &reply);
    assert_int_equal(imh_get(desk->api, imh_text("orders"), NULL, &shown), IMH_OK);
    expect_request(desk, 0, &want);
    assert_int_equal(imh_get(desk->api, imh_text("orders"), NULL, &shown), IMH_OK);
    expect_request(desk, 1, &want); /* each has a number of its own */
}

static void a_reply_is_shown_as_it_came(void **state)
{
    struct desk *desk = *state;
    const imh_reply *shown = NULL;
    struct reply reply = reply_of(IMH_OK, 201, "");
    reply.body = (struct str){"a\0b", 3};
    put_reply(desk, 0, &reply);
    assert_int_equal(imh_get(desk->api, imh_text("x"), NULL, &shown), IMH_OK);
    assert_int_equal(shown->size, sizeof *shown);
    assert_int_equal(shown->status, IMH_OK);
    assert_int_equal(shown->code, 201);
    assert_int_equal(shown->after_s, 0);
    assert_int_equal(shown->text.len, 0);
    assert_int_equal(shown->body.len, 3);
    assert_memory_equal(shown->body.ptr, "a\0b", 4);
    assert_string_equal(shown->headers.ptr, "{\"x-a\":\"1\"}");
    assert_int_equal(desk->call->failure.status, IMH_OK);
}

static void a_refusal_is_the_calls_failure_too(void **state)
{
    struct desk *desk = *state;
    const imh_reply *shown = NULL;
    struct reply reply = reply_of(IMH_WAIT, 429, "slowly");
    reply.outcome.after_s = 30;
    put_reply(desk, 0, &reply);
    assert_int_equal(imh_get(desk->api, imh_text("x"), NULL, &shown), IMH_WAIT);
    assert_int_equal(shown->status, IMH_WAIT);
    assert_int_equal(shown->code, 429);
    assert_int_equal(shown->after_s, 30);
    assert_string_equal(shown->text.ptr, "because");
    assert_string_equal(shown->body.ptr, "slowly");
    assert_int_equal(desk->call->failure.status, IMH_WAIT);
    assert_int_equal(desk->call->failure.after_s, 30);
    assert_string_equal(desk->call->failure.text, "because");
}

static void replies_find_their_requests_in_any_order(void **state)
{
    struct desk *desk = *state;
    static const char *const bodies[] = {"zero", "one", "two", "three"};
    static const uint64_t order[] = {2, 0, 3, 1};
    imh_request request = {.size = sizeof request, .url = imh_text("x")};
    const imh_request *requests[] = {&request, &request, &request, &request};
    const imh_reply *shown[COUNT(requests)];
    for (size_t i = 0; i < COUNT(order); i++) {
        struct reply reply = reply_of(IMH_OK, 200, bodies[order[i]]);
        put_reply(desk, order[i], &reply);
    }
    assert_int_equal(
        desk->api->host->http_many(desk->api, requests, COUNT(requests), shown), IMH_OK);
    for (size_t i = 0; i < COUNT(bodies); i++) {
        assert_string_equal(shown[i]->body.ptr, bodies[i]);
    }
}

static void each_of_many_has_a_status_of_its_own(void **state)
{
    struct desk *desk = *state;
    static const imh_status statuses[] = {IMH_OK, IMH_MISSING, IMH_RETRY, IMH_OK};
    imh_request request = {.size = sizeof request, .url = imh_text("x")};
    const imh_request *requests[] = {&request, &request, &request, &request};
    const imh_reply *shown[COUNT(requests)];
    for (size_t i = 0; i < COUNT(statuses); i++) {
        struct reply reply = reply_of(statuses[i], 200, "");
        put_reply(desk, i, &reply);
    }
    assert_int_equal(
        desk->api->host->http_many(desk->api, requests, COUNT(requests), shown),
        IMH_MISSING); /* the first that is not OK */
    for (size_t i = 0; i < COUNT(statuses); i++) {
        assert_int_equal(shown[i]->status, statuses[i]);
    }
    assert_int_equal(desk->api->host->http_many(desk->api, requests, 0, shown), IMH_OK);
}

static void expect_no_reply(const imh_reply *shown, imh_status status, const char *text)
{
    assert_non_null(shown);
    assert_int_equal(shown->size, sizeof *shown);
    assert_int_equal(shown->status, status);
    assert_int_equal(shown->code, 0);
    assert_string_equal(shown->text.ptr, text);
    assert_int_equal(shown->body.len, 0);
    assert_string_equal(shown->body.ptr, "");
    assert_string_equal(shown->headers.ptr, "");
}

/* Sends nothing, and says so. */
static void expect_refused(const struct desk *desk, imh_status status, const char *text)
{
    const imh_reply *shown = NULL;
    assert_int_equal(imh_get(desk->api, imh_text("x"), NULL, &shown), status);
    expect_no_reply(shown, status, text);
    assert_null(inbox_take(desk->outbox));
}

static void nothing_is_sent_when_the_time_is_over(void **state)
{
    struct desk *desk = *state;
    desk->call->canceled = true;
    expect_refused(desk, IMH_CANCELED, "no time left for a request");
    desk->call->canceled = false;
    desk->call->deadline_ms = clock_mono_ms(&clock_real);
    expect_refused(desk, IMH_CANCELED, "no time left for a request");
}

static void nothing_is_sent_while_the_instance_is_created(void **state)
{
    struct desk *desk = *state;
    desk->call->creating = true;
    expect_refused(desk, IMH_BROKEN, "create() may not use the network");
}

/* Another thread that sees a request go out, and then does something to the call. */
struct other {
    const struct desk *desk;
    void (*act)(const struct desk *desk);
};

static void *act_later(void *self)
{
    const struct other *other = self;
    parcel_free(rig_parcel_of(other->desk->outbox, PARCEL_REQUEST));
    other->act(other->desk);
    return NULL;
}

static imh_status send_while(const struct desk *desk, const imh_request *request,
                             void (*act)(const struct desk *desk), const imh_reply **shown)
{
    struct other other = {desk, act};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, act_later, &other), 0);
    imh_status status = imh_http(desk->api, request, shown);
    assert_int_equal(pthread_join(thread, NULL), 0);
    return status;
}

static imh_status get_while(const struct desk *desk, void (*act)(const struct desk *desk),
                            const imh_reply **shown)
{
    imh_request request = {.size = sizeof request, .url = imh_text("x")};
    return send_while(desk, &request, act, shown);
}

static void cancel(const struct desk *desk)
{
    struct parcel *parcel = parcel_make(PARCEL_CANCEL, desk->call);
    desk->call->canceled = true;
    inbox_put(desk->inbox, &parcel->item);
}

static void a_canceled_call_waits_no_longer(void **state)
{
    struct desk *desk = *state;
    const imh_reply *shown = NULL;
    assert_int_equal(get_while(desk, cancel, &shown), IMH_CANCELED);
    expect_no_reply(shown, IMH_CANCELED, "no time left for an answer");
}

static void a_canceled_request_that_may_not_be_repeated_is_unknown(void **state)
{
    struct desk *desk = *state;
    static const struct {
        const char *method;
        uint32_t flags;
        imh_status status;
    } cases[] = {{"POST", 0, IMH_UNKNOWN},
                 {"PATCH", 0, IMH_UNKNOWN},
                 {"POST", IMH_REPEATABLE, IMH_CANCELED},
                 {"PUT", 0, IMH_CANCELED},
                 {NULL, 0, IMH_CANCELED}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        const imh_reply *shown = NULL;
        imh_request request = {.size = sizeof request,
                               .url = imh_text("x"),
                               .method = cases[i].method,
                               .flags = cases[i].flags};
        desk->call->canceled = false;
        assert_int_equal(send_while(desk, &request, cancel, &shown), cases[i].status);
        expect_no_reply(shown, cases[i].status,
                        cases[i].status == IMH_UNKNOWN
                            ? "sent, and no time left for an answer"
                            : "no time left for an answer");
    }
}

static void reply_late(const struct desk *desk)
{
    struct reply reply = reply_of(IMH_RETRY, 0, "");
    while (call_left_ms(desk->call) > 0) {
        (void)poll(NULL, 0, 1);
    }
    cancel(desk); /* as the supervisor does then */
    put_reply(desk, 0, &reply);
}

/* imh-net keeps the deadline too, and has something to say about it. */
static void a_reply_just_after_the_deadline_counts(void **state)
{
    struct desk *desk = *state;
    const imh_reply *shown = NULL;
    desk->call->deadline_ms = clock_mono_ms(&clock_real) + 100;
    assert_int_equal(get_while(desk, reply_late, &shown), IMH_RETRY);
    assert_string_equal(shown->text.ptr, "because");
}

static void say_nothing(const struct desk *desk)
{
    (void)desk;
}

static void a_call_past_its_deadline_waits_a_moment_and_no_longer(void **state)
{
    struct desk *desk = *state;
    const imh_reply *shown = NULL;
    desk->call->deadline_ms = clock_mono_ms(&clock_real) + 100;
    assert_int_equal(get_while(desk, say_nothing, &shown), IMH_CANCELED);
    expect_no_reply(shown, IMH_CANCELED, "no time left for an answer");
}

static void what_is_no_reply_is_a_fault(void **state)
{
    struct desk *desk = *state;
    const imh_reply *shown = NULL;
    struct parcel *parcel = parcel_make(PARCEL_REPLY, desk->call);
    text_add_cstr(&parcel->payload, "nonsense");
    inbox_put(desk->inbox, &parcel->item);
    assert_int_equal(imh_get(desk->api, imh_text("x"), NULL, &shown), IMH_BROKEN);
    expect_no_reply(shown, IMH_BROKEN, "imh-net sent no reply");
}

/* *reply is set in all cases: plugins look at it without asking first. */
static void too_many_requests_are_refused_with_replies(void **state)
{
    struct desk *desk = *state;
    imh_request request = {.size = sizeof request, .url = imh_text("x")};
    const imh_request *requests[] = {&request, &request};
    const imh_reply *shown[] = {NULL, NULL};
    desk->call->parcels = PARCELS_MOST - 1;
    assert_int_equal(desk->api->host->http_many(desk->api, requests, 2, shown), IMH_BROKEN);
    assert_null(inbox_take(desk->outbox));
    for (size_t i = 0; i < COUNT(shown); i++) {
        expect_no_reply(shown[i], IMH_BROKEN, "a call with too many requests");
    }
    struct reply reply = reply_of(IMH_OK, 200, "last");
    put_reply(desk, 0, &reply);
    assert_int_equal(desk->api->host->http_many(desk->api, requests, 1, shown), IMH_OK);
}

/* Its size must not be a fault of the worker's connection. */
static void a_request_that_is_too_large_is_refused_alone(void **state)
{
    struct desk *desk = *state;
    char *body = calloc(1, WIRE_FRAME_BYTES);
    assert_non_null(body);
    imh_request large = {
        .size = sizeof large, .url = imh_text("x"), .body = {body, WIRE_FRAME_BYTES}};
    imh_request small = {.size = sizeof small, .url = imh_text("small")};
    const imh_request *requests[] = {&large, &small};
    const imh_reply *shown[] = {NULL, NULL};
    struct request want = {.method = STR_OF("GET"),
                           .url = STR_OF("small"),
                           .headers = STR_OF(""),
                           .body = STR_OF(""),
                           .auth = STR_OF("")};
    struct reply reply = reply_of(IMH_OK, 200, "small");
    put_reply(desk, 1, &reply);
    assert_int_equal(desk->api->host->http_many(desk->api, requests, 2, shown),
                     IMH_REJECTED);
    expect_no_reply(shown[0], IMH_REJECTED, "a request of more than 9 MiB");
    assert_string_equal(shown[1]->body.ptr, "small");
    expect_request(desk, 1, &want);
    assert_null(inbox_take(desk->outbox));
    free(body);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_goes_on_as_it_is),
        TEST(the_least_request_is_a_get),
        TEST(a_reply_is_shown_as_it_came),
        TEST(a_refusal_is_the_calls_failure_too),
        TEST(replies_find_their_requests_in_any_order),
        TEST(each_of_many_has_a_status_of_its_own),
        TEST(nothing_is_sent_when_the_time_is_over),
        TEST(nothing_is_sent_while_the_instance_is_created),
        TEST(a_canceled_call_waits_no_longer),
        TEST(a_canceled_request_that_may_not_be_repeated_is_unknown),
        TEST(a_reply_just_after_the_deadline_counts),
        TEST(a_call_past_its_deadline_waits_a_moment_and_no_longer),
        TEST(what_is_no_reply_is_a_fault),
        TEST(too_many_requests_are_refused_with_replies),
        TEST(a_request_that_is_too_large_is_refused_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
