/* What a call may take of its worker's memory, and what it gives back before its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/call.h"
#include "plugin_rig.h"

enum { MIB = 1 << 20 };

/* A desk whose call shares the purse. */
static void share(const struct desk *desk, struct purse *purse, size_t most)
{
    *purse = (struct purse){.most = most};
    arena_share(&desk->call->arena, purse);
}

/* What imh-net answers to request number `id`, there before it is asked: a list of `count`
 * elements, `bytes` in all. */
static void put_list(const struct desk *desk, struct purse *purse, uint64_t id,
                     size_t bytes, size_t count)
{
    struct text body;
    struct text payload;
    text_init(&body, WIRE_FRAME_BYTES);
    text_init(&payload, WIRE_FRAME_BYTES);
    for (size_t i = 0; i < count; i++) {
        text_add_cstr(&body, i == 0 ? "[\"" : "\",\"");
        while (body.len < bytes / count * (i + 1)) {
            text_add_char(&body, 'x');
        }
    }
    text_add_cstr(&body, "\"]");
    struct reply reply = {.code = 200, .headers = STR_OF("{}"), .body = text_str(&body)};
    reply_put(&payload, &reply);
    struct parcel *parcel = parcel_of_reply(desk->call, purse, text_str(&payload));
    parcel->id = id;
    inbox_put(desk->inbox, &parcel->item);
    text_done(&body);
    text_done(&payload);
}

static const imh_reply *get(const struct desk *desk)
{
    const imh_reply *reply = NULL;
    imh_status status = imh_get(desk->api, imh_text("x"), NULL, &reply);
    assert_int_equal(status, reply->status);
    parcel_free(rig_parcel_of(desk->outbox, PARCEL_REQUEST));
    return reply;
}

static void expect_no_room(const imh_reply *reply)
{
    assert_int_equal(reply->status, IMH_RETRY);
    assert_int_equal(reply->code, 0);
    assert_int_equal(reply->body.len, 0);
    assert_string_equal(reply->text.ptr,
                        "the answer is larger than the memory left for it: "
                        "ask for less at once, or later");
}

/* ---- replies ---- */

/* Refused before the plugin begins to work on it, and its bytes are not kept. */
static void a_reply_without_memory_to_work_on_it_is_refused(void **state)
{
    struct desk *desk = *state;
    static struct purse purse;
    share(desk, &purse, 14 * MIB);
    put_list(desk, &purse, 0, MIB, 1);
    assert_int_equal(get(desk)->status, IMH_OK);
    put_list(desk, &purse, 1, 2 * MIB, 1);
    size_t used = purse.used - 2 * MIB;
    expect_no_room(get(desk));
    assert_in_range(purse.used, used - MIB, used);
}

static void many_small_values_take_more_than_one_large(void **state)
{
    struct desk *desk = *state;
    static struct purse purse;
    share(desk, &purse, 20 * MIB);
    put_list(desk, &purse, 0, MIB, 100 << 10);
    expect_no_room(get(desk));
}

/* It does not even wait for the plugin to ask for it. */
static void a_reply_without_memory_for_itself_is_refused_as_it_comes(void **state)
{
    struct desk *desk = *state;
    static struct purse purse;
    share(desk, &purse, 4 * MIB);
    put_list(desk, &purse, 0, 5 * MIB, 1);
    assert_int_equal(purse.used, 0);
    expect_no_room(get(desk));
}

/* They are worked on one after the other. */
static void replies_that_come_together_share_what_work_takes(void **state)
{
    struct desk *desk = *state;
    static struct purse purse;
    const imh_reply *replies[2];
    imh_request request = {.size = sizeof request, .url = imh_text("x")};
    const imh_request *const requests[] = {&request, &request};
    share(desk, &purse, 15 * MIB);
    put_list(desk, &purse, 0, MIB, 1);
    put_list(desk, &purse, 1, MIB, 1);
    assert_int_equal(desk->api->host->http_many(desk->api, requests, 2, replies), IMH_OK);
}

/* ---- giving back ---- */

static void what_is_released_is_there_for_the_next(void **state)
{
    struct desk *desk = *state;
    static struct purse purse;
    const imh_host *host = desk->api->host;
    share(desk, &purse, 24 * MIB);
    imh_str kept = imh_print(desk->api, "%s", "kept");
    for (uint64_t i = 0; i < 20; i++) {
        const imh_item *items;
        void *outer = host->mark(desk->api);
        size_t used = purse.used;
        put_list(desk, &purse, i, 2 * MIB, 10);
        const imh_reply *reply = get(desk);
        assert_int_equal(reply->status, IMH_OK);
        for (int round = 0; round < 5; round++) {
            void *inner = host->mark(desk->api);
            assert_int_equal(host->json_items(desk->api, reply->body, &items), 10);
            assert_int_equal(items[9].type, IMH_JSON_STRING);
            host->release(desk->api, inner);
        }
        assert_int_equal(reply->body.ptr[0], '[');
        host->release(desk->api, outer);
        assert_int_equal(purse.used, used);
        assert_null(desk->call->used);
    }
    assert_string_equal(kept.ptr, "kept");
}

static void release_keeps_replies_from_before(void **state)
{
    struct desk *desk = *state;
    static struct purse purse;
    const imh_host *host = desk->api->host;
    share(desk, &purse, 64 * MIB);
    put_list(desk, &purse, 0, MIB, 1);
    put_list(desk, &purse, 1, MIB, 2);
    const imh_reply *first = get(desk);
    void *mark = host->mark(desk->api);
    (void)get(desk);
    host->release(desk->api, mark);
    assert_int_equal(host->json_type(desk->api, first->body, imh_text("/0")),
                     IMH_JSON_STRING);
    assert_non_null(desk->call->used);
    assert_null(desk->call->used->item.next);
}

/* ---- waiting until somebody listens ---- */

static void a_call_that_nobody_listens_to_waits_until_its_time_is_over(void **state)
{
    struct desk *desk = *state;
    imh_lookup lookup = {.size = sizeof lookup, .token = 0};
    struct text json;
    text_init(&json, WIRE_FRAME_BYTES);
    text_add_char(&json, '"');
    while (json.len < 5 * MIB) {
        text_add_char(&json, 'a');
    }
    text_add_char(&json, '"');
    imh_str large = {json.ptr, json.len};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(imh_answer(desk->api, &lookup, large), IMH_OK);
    }
    assert_false(desk->call->waits);
    desk->call->deadline_ms = 0; /* else it would wait here */
    assert_int_equal(imh_answer(desk->api, &lookup, large), IMH_OK);
    for (int i = 0; i < 3; i++) {
        parcel_free(rig_parcel(desk->outbox));
    }
    text_done(&json);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_reply_without_memory_to_work_on_it_is_refused),
        TEST(many_small_values_take_more_than_one_large),
        TEST(a_reply_without_memory_for_itself_is_refused_as_it_comes),
        TEST(replies_that_come_together_share_what_work_takes),
        TEST(what_is_released_is_there_for_the_next),
        TEST(release_keeps_replies_from_before),
        TEST(a_call_that_nobody_listens_to_waits_until_its_time_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
