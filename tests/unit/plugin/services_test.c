#include <pthread.h>
#include <setjmp.h>
#include <stdalign.h>
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

/* Texts of the host are followed by a zero. */
static void expect_text(imh_str text, const char *wanted)
{
    assert_non_null(text.ptr);
    assert_int_equal(text.len, strlen(wanted));
    assert_memory_equal(text.ptr, wanted, text.len + 1);
}

/* The service; in brackets, because cmocka has a macro of that name. */
static imh_status fail_with(imh_call *api, imh_status status, uint32_t after_s,
                            imh_str text)
{
    return (api->host->fail)(api, status, after_s, text);
}

static imh_str lent(struct str text)
{
    return (imh_str){text.ptr, text.len};
}

/* ---- the table ---- */

static void a_plugin_can_ask_what_is_offered(void **state)
{
    struct desk *desk = *state;
    imh_call *api = desk->api;
    assert_int_equal(api->host->size, sizeof(imh_host));
    assert_int_equal(api->host->major, IMH_MAJOR);
    assert_int_equal(api->host->minor, IMH_MINOR);
    assert_string_equal(api->host->name, "imh");
    assert_string_equal(api->host->version, IMH_VERSION);
    assert_true(IMH_HAS(api, answer));
    assert_true(IMH_HAS(api, http_many));
    assert_false(IMH_HAS(api, change)); /* not yet: NULL, never a function that fails */
    assert_false(IMH_HAS(api, enqueue));
    imh_host older = *api->host;
    older.size = offsetof(imh_host, answer);
    imh_call old_call = {.host = &older};
    assert_false(IMH_HAS(&old_call, answer));
    assert_true(IMH_HAS(&old_call, urlencode));
}

static void options_are_read_by_name(void **state)
{
    struct desk *desk = *state;
    imh_call *api = desk->api;
    expect_text(api->host->option(api, "url"), "https://shop.example.com/");
    expect_text(api->host->option(api, "empty"), "");
    expect_text(api->host->option(api, "ur"), "");
    expect_text(api->host->option(api, "token"), "");
    expect_text(api->host->option(api, ""), "");
    expect_text(api->host->option(api, NULL), "");
}

/* The plugin gets a text that means the secret in requests of this call. */
static void a_secret_is_lent_as_a_stand_in(void **state)
{
    struct desk *desk = *state;
    imh_call *api = desk->api;
    imh_str stand_in = imh_text(NULL);
    assert_int_equal(api->host->secret(api, "pass_2", &stand_in), IMH_OK);
    expect_text(stand_in, "imh-secret-pass_2-7369787465656e206c65747465727321");
    expect_text(api->host->urlencode(api, stand_in), stand_in.ptr);
    static const char *const others[] = {"url", "nothing", "", NULL};
    for (size_t i = 0; i < COUNT(others); i++) {
        imh_str untouched = imh_text("before");
        assert_int_equal(api->host->secret(api, others[i], &untouched), IMH_BROKEN);
        expect_text(untouched, "before");
    }
}

static void memory_is_aligned_and_lives_as_long_as_the_call(void **state)
{
    struct desk *desk = *state;
    imh_call *api = desk->api;
    static const size_t sizes[] = {0, 1, 7, 100, 16 << 10, 1 << 20};
    unsigned char *pieces[COUNT(sizes)];
    for (size_t i = 0; i < COUNT(sizes); i++) {
        pieces[i] = api->host->alloc(api, sizes[i]);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        memset(pieces[i], (int)i, sizes[i]);
    }
    for (size_t i = 0; i < COUNT(sizes); i++) {
        for (size_t j = 0; j < sizes[i]; j++) {
            assert_int_equal(pieces[i][j], i);
        }
    }
}

static void printing_takes_any_length(void **state)
{
    struct desk *desk = *state;
    imh_call *api = desk->api;
    char wide[5001];
    memset(wide, 'w', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    expect_text(imh_print(api, "%s-%d", "a", -7), "a--7");
    expect_text(imh_print(api, "%s", ""), "");
    expect_text(imh_print(api, "%s", wide), wide);
}

static void the_clock_and_the_time_left_are_told(void **state)
{
    struct desk *desk = *state;
    imh_call *api = desk->api;
    int64_t before = clock_now_ms(&clock_real);
    int64_t now = api->host->now_ms(api);
    assert_in_range(now, before, clock_now_ms(&clock_real));
    assert_in_range(api->host->left_ms(api), 1, RIG_PATIENCE_MS);
    desk->call->deadline_ms = clock_mono_ms(&clock_real) - 5;
    assert_true(api->host->left_ms(api) <= -5);
}

/* Midnight between two days of the shop is somewhere else than that of UTC. */
static void the_wall_clock_of_a_time_zone_is_told(void **state)
{
    static const struct {
        const char *zone;
        int64_t utc_ms, local_ms;
    } cases[] = {
        {"Europe/Amsterdam", INT64_C(1774745999999),
         INT64_C(1774749599999)}, /* 2026-03-29 */
        {"Europe/Amsterdam", INT64_C(1774746000000),
         INT64_C(1774753200000)}, /* 01:00 is 03:00 */
        {"America/New_York", INT64_C(1793509199000),
         INT64_C(1793494799000)}, /* 2026-11-01 */
        {"America/New_York", INT64_C(1793512799999),
         INT64_C(1793498399999)}, /* 01:59:59 EDT */
        {"America/New_York", INT64_C(1793512800000),
         INT64_C(1793494800000)}, /* 01:00:00 EST */
        {"Pacific/Apia", INT64_C(1325239199999),
         INT64_C(1325203199999)}, /* 29 December 2011 */
        {"Pacific/Apia", INT64_C(1325239200000), INT64_C(1325289600000)}, /* 31 December */
        {"Asia/Kolkata", INT64_C(-1), INT64_C(19799999)},
        {"UTC", INT64_C(-9223372036854775807), INT64_C(-9223372036854775807)},
    };
    struct desk *desk = *state;
    desk->entry.zones = zones_read();
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t local_ms = -1;
        assert_int_equal(desk->api->host->local_ms(desk->api, imh_text(cases[i].zone),
                                                   cases[i].utc_ms, &local_ms),
                         IMH_OK);
        assert_int_equal(local_ms, cases[i].local_ms);
    }
    zones_free(desk->entry.zones);
}

/* As PHP 8.2 reads these; the moments in comments are UTC. */
static void the_moment_of_a_wall_clock_is_told(void **state)
{
    static const struct {
        const char *zone;
        int64_t local_ms, utc_ms;
    } cases[] = {
        {"Europe/Amsterdam", INT64_C(1709164800000),
         INT64_C(1709161200000)}, /* midnight: 2024-02-28 23:00 */
        {"Europe/Amsterdam", INT64_C(1774751400001),
         INT64_C(1774747800001)}, /* 02:30 is skipped: 2026-03-29 01:30 */
        {"Europe/Amsterdam", INT64_C(1792895400000),
         INT64_C(1792891800000)}, /* 02:30 comes twice: 2026-10-25 01:30 */
        {"America/New_York", INT64_C(1793496600000),
         INT64_C(1793511000000)}, /* 01:30 comes twice: 2026-11-01 05:30 */
        {"Asia/Kolkata", INT64_C(1709164800000), INT64_C(1709145000000)},
        {"Asia/Kolkata", INT64_C(19799999), INT64_C(-1)},
        {"UTC", INT64_C(-9223372036854775807), INT64_C(-9223372036854775807)},
    };
    struct desk *desk = *state;
    desk->entry.zones = zones_read();
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t utc_ms = -1;
        assert_int_equal(desk->api->host->utc_ms(desk->api, imh_text(cases[i].zone),
                                                 cases[i].local_ms, &utc_ms),
                         IMH_OK);
        assert_int_equal(utc_ms, cases[i].utc_ms);
    }
    zones_free(desk->entry.zones);
}

static void a_time_zone_that_is_none_is_refused(void **state)
{
    struct desk *desk = *state;
    imh_call *api = desk->api;
    int64_t local_ms = -1;
    desk->entry.zones = zones_read();
    assert_int_equal(api->host->local_ms(api, imh_text("../UTC"), 0, &local_ms),
                     IMH_REJECTED);
    assert_int_equal(local_ms, 0);
    assert_string_equal(
        desk->call->failure.text,
        "time zone '../UTC' is unknown; they are called as in 'Europe/Amsterdam'");
    local_ms = -1;
    assert_int_equal(
        api->host->local_ms(api, imh_text("Asia/Kolkata"), INT64_MAX, &local_ms),
        IMH_BROKEN);
    assert_int_equal(local_ms, 0);
    local_ms = -1;
    assert_int_equal(api->host->utc_ms(api, imh_text("UTC/"), 0, &local_ms), IMH_REJECTED);
    assert_int_equal(local_ms, 0);
    local_ms = -1;
    assert_int_equal(api->host->utc_ms(api, imh_text("Asia/Kolkata"), INT64_MIN, &local_ms),
                     IMH_BROKEN);
    assert_int_equal(local_ms, 0);
    zones_free(desk->entry.zones);
}

static void a_cancellation_leaves_no_time(void **state)
{
    struct desk *desk = *state;
    imh_call *api = desk->api;
    assert_true(api->host->left_ms(api) > 0);
    desk->call->canceled = true;
    assert_int_equal(api->host->left_ms(api), 0);
}

/* And ends then by itself: threads that only wait for a cancellation take the processors
 * from the one that they wait for. */
static void *log_until_canceled(void *self)
{
    imh_call *api = self;
    enum { LINES = 1000 }; /* a call may say 20,000 things, requests among them */
    for (unsigned lines = 0; lines < LINES && api->host->left_ms(api) > 0; lines++) {
        imh_log(api, IMH_DEBUG, "at %" PRId64, api->host->now_ms(api));
    }
    return NULL;
}

/* While the call's own thread waits for a reply: what the others do must not touch it. */
static void what_is_marked_any_may_be_used_from_any_thread(void **state)
{
    struct desk *desk = *state;
    enum { THREADS = 4, REPLIES = 100 };
    const imh_reply *shown = NULL;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, log_until_canceled, desk->api),
                         0);
    }
    for (uint64_t i = 0; i < REPLIES; i++) {
        struct reply reply = {.outcome = {.text = STR("")}, .code = 200};
        struct parcel *parcel = parcel_make(PARCEL_REPLY, desk->call);
        parcel->id = i;
        reply_put(&parcel->payload, &reply);
        inbox_put(desk->inbox, &parcel->item);
        assert_int_equal(imh_get(desk->api, imh_text("x"), NULL, &shown), IMH_OK);
    }
    desk->call->canceled = true;
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
}

/* ---- JSON ---- */

static const char document[] =
    " {\"text\":\"a \\\"b\\\" \\u00e9\",\"plain\":\"p\",\"number\":19.990,\"big\":"
    "18446744073709551616,\"none\":null,\"yes\":true,\"no\":false,\"empty\":\"\","
    "\"list\":[1,[2, 3],{\"a\":\"b\"}],\"a/b~c\":{\"\":7},\"twice\":1,\"twice\":2} ";

static void values_are_found_by_pointer(void **state)
{
    struct desk *desk = *state;
    imh_call *api = desk->api;
    static const struct {
        const char *pointer, *value;
        uint32_t type;
    } cases[] = {
        {"/text", "a \"b\" \xC3\xA9", IMH_JSON_STRING},
        {"/plain", "p", IMH_JSON_STRING},
        {"/number", "19.990", IMH_JSON_NUMBER},
        {"/big", "18446744073709551616", IMH_JSON_NUMBER},
        {"/none", "null", IMH_JSON_NULL},
        {"/yes", "true", IMH_JSON_BOOLEAN},
        {"/no", "false", IMH_JSON_BOOLEAN},
        {"/empty", "", IMH_JSON_STRING},
        {"/list", "[1,[2, 3],{\"a\":\"b\"}]", IMH_JSON_ARRAY},
        {"/list/1", "[2, 3]", IMH_JSON_ARRAY},
        {"/list/1/1", "3", IMH_JSON_NUMBER},
        {"/list/2/a", "b", IMH_JSON_STRING},
        {"/a~1b~0c/", "7", IMH_JSON_NUMBER},
        {"/twice", "1", IMH_JSON_NUMBER},
        {"/nothing", "", IMH_JSON_NONE},
        {"/list/3", "", IMH_JSON_NONE},
        {"/list/-", "", IMH_JSON_NONE},
        {"/list/01", "", IMH_JSON_NONE},
        {"/text/a", "", IMH_JSON_NONE},
        {"text", "", IMH_JSON_NONE},
        {"/a~2b", "", IMH_JSON_NONE},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        imh_str pointer = imh_text(cases[i].pointer);
        expect_text(imh_at(api, imh_text(document), cases[i].pointer), cases[i].value);
        assert_int_equal(api->host->json_type(api, imh_text(document), pointer),
                         cases[i].type);
    }
    static const char *const whole[] = {"{\"a\":1,\"b\":1}", "{\"a\":1,\"a\":1}", "{"};
    static const uint32_t types[] = {IMH_JSON_OBJECT, IMH_JSON_NONE, IMH_JSON_NONE};
    for (size_t i = 0; i < COUNT(whole); i++) {
        assert_int_equal(api->host->json_type(api, imh_text(whole[i]), imh_text("")),
                         types[i]);
    }
}

static void what_is_no_json_has_no_values(void **state)
{
    struct desk *desk = *state;
    imh_call *api = desk->api;
    static const struct str texts[] = {STR(""),    STR("<html>"),     STR("{\"a\":1"),
                                       STR("[1,"), STR("{\"a\":1,}"), STR("{a:1}"),
                                       STR("\xFF")};
    for (size_t i = 0; i < COUNT(texts); i++) {
        const imh_item *items = NULL;
        assert_int_equal(api->host->json_type(api, lent(texts[i]), imh_text("")),
                         IMH_JSON_NONE);
        expect_text(imh_at(api, lent(texts[i]), ""), "");
        assert_int_equal(api->host->json_items(api, lent(texts[i]), &items), 0);
    }
    imh_str null = {NULL, 0};
    expect_text(imh_at(api, null, "/a"), "");
}

static void members_and_elements_are_listed(void **state)
{
    struct desk *desk = *state;
    imh_call *api = desk->api;
    static const struct {
        const char *key, *value, *json;
        uint32_t type;
    } wanted[] = {
        {"text", "a \"b\" \xC3\xA9", "\"a \\\"b\\\" \\u00e9\"", IMH_JSON_STRING},
        {"plain", "p", "\"p\"", IMH_JSON_STRING},
        {"number", "19.990", "19.990", IMH_JSON_NUMBER},
        {"big", "18446744073709551616", "18446744073709551616", IMH_JSON_NUMBER},
        {"none", "null", "null", IMH_JSON_NULL},
        {"yes", "true", "true", IMH_JSON_BOOLEAN},
        {"no", "false", "false", IMH_JSON_BOOLEAN},
        {"empty", "", "\"\"", IMH_JSON_STRING},
        {"list", "[1,[2, 3],{\"a\":\"b\"}]", "[1,[2, 3],{\"a\":\"b\"}]", IMH_JSON_ARRAY},
        {"a/b~c", "{\"\":7}", "{\"\":7}", IMH_JSON_OBJECT},
        {"twice", "1", "1", IMH_JSON_NUMBER},
        {"twice", "2", "2", IMH_JSON_NUMBER},
    };
    const imh_item *items = NULL;
    assert_int_equal(api->host->json_items(api, imh_text(document), &items), COUNT(wanted));
    for (size_t i = 0; i < COUNT(wanted); i++) {
        expect_text(items[i].key, wanted[i].key);
        expect_text(items[i].value, wanted[i].value);
        expect_text(items[i].json, wanted[i].json);
        assert_int_equal(items[i].type, wanted[i].type);
    }
    assert_int_equal(api->host->json_items(api, imh_text("[\"a\",{}]"), &items), 2);
    expect_text(items[0].key, "");
    expect_text(items[0].value, "a");
    expect_text(items[1].json, "{}");
    assert_int_equal(api->host->json_items(api, imh_text("[]"), &items), 0);
    assert_int_equal(api->host->json_items(api, imh_text("\"text\""), &items), 0);
    assert_int_equal(api->host->json_items(api, imh_text("7"), &items), 0);
}

static void a_long_list_is_listed_whole(void **state)
{
    struct desk *desk = *state;
    imh_call *api = desk->api;
    enum { MANY = 1000 };
    struct text json;
    text_init(&json, 100000);
    for (int i = 0; i < MANY; i++) {
        text_print(&json, "%c%d", i == 0 ? '[' : ',', i);
    }
    text_add_char(&json, ']');
    const imh_item *items = NULL;
    assert_int_equal(api->host->json_items(api, lent(text_str(&json)), &items), MANY);
    for (int i = 0; i < MANY; i++) {
        expect_text(items[i].value, imh_print(api, "%d", i).ptr);
    }
    text_done(&json);
}

/* Half a list would be taken for the whole: what is behind it would be missing. */
static void a_list_that_breaks_off_has_no_elements(void **state)
{
    struct desk *desk = *state;
    imh_call *api = desk->api;
    static const char *const lists[] = {
        "[1,2",      "[1,2,",      "[1,{\"a\":",         "[1,2}",    "[1,2 3]",
        "{\"a\":1,", "{\"a\":1",   "{\"a\":1,\"b\"}",    "[1,nul]",  "[1,\"\\x\"]",
        "[1] [2]",   "[1]garbage", "{\"a\":1}{\"b\":2}", "[[1],[2]", "[1,2]\0[3]",
    };
    for (size_t i = 0; i < COUNT(lists); i++) {
        const imh_item *items = NULL;
        size_t len = strlen(lists[i]) + (i == COUNT(lists) - 1 ? 4 : 0);
        if (api->host->json_items(api, (imh_str){lists[i], len}, &items) != 0) {
            fail_msg("%s", lists[i]);
        }
    }
}

static void texts_are_quoted_for_json(void **state)
{
    struct desk *desk = *state;
    imh_call *api = desk->api;
    static const struct {
        struct str text;
        const char *quoted;
    } cases[] = {
        {STR(""), "\"\""},
        {STR("plain"), "\"plain\""},
        {STR("a\"b\\c/d"), "\"a\\\"b\\\\c/d\""},
        {STR("\n\r\t\x01"), "\"\\n\\r\\t\\u0001\""},
        {STR("a\0b"), "\"a\\u0000b\""},
        {STR("\xC3\xA9\xF0\x9F\x98\x80"), "\"\xC3\xA9\xF0\x9F\x98\x80\""},
        {STR("\xFF"), "\"\xEF\xBF\xBD\""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        expect_text(api->host->json_quote(api, lent(cases[i].text)), cases[i].quoted);
    }
}

static void texts_are_encoded_for_addresses(void **state)
{
    struct desk *desk = *state;
    imh_call *api = desk->api;
    static const struct {
        struct str text;
        const char *encoded;
    } cases[] = {
        {STR(""), ""},
        {STR("azAZ09-_.~"), "azAZ09-_.~"},
        {STR("a b+c"), "a%20b%2Bc"},
        {STR("/?#&=%"), "%2F%3F%23%26%3D%25"},
        {STR("\"<>[]{}|\\^`'()*!,;:@$"),
         "%22%3C%3E%5B%5D%7B%7D%7C%5C%5E%60%27%28%29%2A%21%2C%3B%3A%40%24"},
        {STR("\xC3\xA9\0\x7F"), "%C3%A9%00%7F"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        expect_text(api->host->urlencode(api, lent(cases[i].text)), cases[i].encoded);
    }
}

/* ---- failing ---- */

static void a_failure_is_kept_with_its_sentence(void **state)
{
    struct desk *desk = *state;
    imh_call *api = desk->api;
    assert_int_equal(
        fail_with(api, IMH_REJECTED, 0, imh_print(api, "order %d has no lines", 7)),
        IMH_REJECTED);
    assert_int_equal(desk->call->failure.status, IMH_REJECTED);
    assert_int_equal(desk->call->failure.after_s, 0);
    assert_string_equal(desk->call->failure.text, "order 7 has no lines");
    assert_int_equal(fail_with(api, IMH_WAIT, 30, imh_text("slowly")), IMH_WAIT);
    assert_int_equal(desk->call->failure.after_s, 30);
    assert_string_equal(desk->call->failure.text, "slowly");
}

static void a_long_sentence_ends_with_a_whole_character(void **state)
{
    struct desk *desk = *state;
    imh_call *api = desk->api;
    for (size_t lead = 0; lead < 3; lead++) {
        struct text sentence;
        text_init(&sentence, 10000);
        text_add(&sentence, str_before(STR_OF("xx"), lead));
        for (int i = 0; i < 500; i++) {
            text_add_cstr(&sentence, "\xE2\x82\xAC");
        }
        (void)fail_with(api, IMH_REJECTED, 0, lent(text_str(&sentence)));
        size_t length = strlen(desk->call->failure.text);
        assert_int_equal((length - lead) % 3, 0);
        assert_in_range(length, ERROR_TEXT_BYTES - 4, ERROR_TEXT_BYTES - 1);
        text_done(&sentence);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_plugin_can_ask_what_is_offered),
        TEST(options_are_read_by_name),
        TEST(a_secret_is_lent_as_a_stand_in),
        TEST(memory_is_aligned_and_lives_as_long_as_the_call),
        TEST(printing_takes_any_length),
        TEST(the_clock_and_the_time_left_are_told),
        TEST(the_wall_clock_of_a_time_zone_is_told),
        TEST(the_moment_of_a_wall_clock_is_told),
        TEST(a_time_zone_that_is_none_is_refused),
        TEST(a_cancellation_leaves_no_time),
        TEST(what_is_marked_any_may_be_used_from_any_thread),
        TEST(values_are_found_by_pointer),
        TEST(what_is_no_json_has_no_values),
        TEST(members_and_elements_are_listed),
        TEST(a_long_list_is_listed_whole),
        TEST(a_list_that_breaks_off_has_no_elements),
        TEST(texts_are_quoted_for_json),
        TEST(texts_are_encoded_for_addresses),
        TEST(a_failure_is_kept_with_its_sentence),
        TEST(a_long_sentence_ends_with_a_whole_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
