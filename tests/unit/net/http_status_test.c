#include "net/http_status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void a_code_means_what_the_table_in_imh_h_says(void **state)
{
    (void)state;
    static const struct {
        uint32_t code;
        imh_status status;
    } cases[] = {
        {200, IMH_OK},       {201, IMH_OK},       {204, IMH_OK},        {206, IMH_OK},
        {299, IMH_OK},       {300, IMH_REJECTED}, {301, IMH_REJECTED},  {302, IMH_REJECTED},
        {304, IMH_REJECTED}, {307, IMH_REJECTED}, {308, IMH_REJECTED},  {400, IMH_REJECTED},
        {401, IMH_DENIED},   {402, IMH_REJECTED}, {403, IMH_DENIED},    {404, IMH_MISSING},
        {405, IMH_REJECTED}, {406, IMH_REJECTED}, {407, IMH_REJECTED},  {408, IMH_RETRY},
        {409, IMH_REJECTED}, {410, IMH_MISSING},  {413, IMH_TOO_LARGE}, {414, IMH_REJECTED},
        {418, IMH_REJECTED}, {422, IMH_REJECTED}, {425, IMH_RETRY},     {429, IMH_WAIT},
        {431, IMH_REJECTED}, {451, IMH_REJECTED}, {499, IMH_REJECTED},  {500, IMH_RETRY},
        {501, IMH_RETRY},    {502, IMH_RETRY},    {503, IMH_RETRY},     {504, IMH_RETRY},
        {520, IMH_RETRY},    {599, IMH_RETRY},    {999, IMH_RETRY},     {0, IMH_REJECTED},
        {101, IMH_REJECTED},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint32_t after_s = 77;
        if (http_status(cases[i].code, STR_OF(""), &after_s) != cases[i].status) {
            fail_msg("%u should be %s", cases[i].code, error_status_name(cases[i].status));
        }
        assert_int_equal(after_s, 0);
    }
}

/* Temporary, and the remote says for how long. */
static void who_asks_for_rest_gets_it(void **state)
{
    (void)state;
    static const struct {
        uint32_t code;
        imh_status status;
        uint32_t after_s;
    } cases[] = {
        {429, IMH_WAIT, 7},    {503, IMH_WAIT, 7},     {500, IMH_WAIT, 7},
        {502, IMH_WAIT, 7},    {408, IMH_WAIT, 7},     {425, IMH_WAIT, 7},
        {200, IMH_OK, 0},      {301, IMH_REJECTED, 0}, {400, IMH_REJECTED, 0},
        {401, IMH_DENIED, 0},  {403, IMH_WAIT, 7},     {404, IMH_MISSING, 0},
        {410, IMH_MISSING, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint32_t after_s = 77;
        struct str headers = STR_OF("Date: x\r\nRETRY-after: 7 \r\n\r\n");
        if (http_status(cases[i].code, headers, &after_s) != cases[i].status) {
            fail_msg("%u should be %s", cases[i].code, error_status_name(cases[i].status));
        }
        assert_int_equal(after_s, cases[i].after_s);
    }
}

static uint32_t rest_of(const char *value)
{
    uint32_t after_s = 0;
    char headers[200];
    int length = snprintf(headers, sizeof headers, "Retry-After:%s\r\n\r\n", value);
    assert_true(length > 0 && (size_t)length < sizeof headers);
    assert_int_equal(http_status(429, str_from(headers), &after_s), IMH_WAIT);
    return after_s;
}

static void a_rest_is_seconds_within_limits(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        uint32_t after_s;
    } cases[] = {
        {" 1", 1},
        {"120", 120},
        {" 86400", 86400},
        {" 0", RETRY_AFTER_LEAST_S},
        {" 86401", RETRY_AFTER_MOST_S},
        {" 9223372036854775807", RETRY_AFTER_MOST_S},
        {" 9223372036854775808", RETRY_AFTER_MOST_S},
        {" -5", 0},
        {" 1.5", 0},
        {" soon", 0},
        {" ", 0},
        {" Thu, 01 Jan 1970 00:00:10 GMT", RETRY_AFTER_LEAST_S},
        {" Fri, 31 Dec 2100 23:59:59 GMT", RETRY_AFTER_MOST_S},
        {" Fri, 31 Dec 2100 23:59:59 GMT and a great many more words after that", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (rest_of(cases[i].value) != cases[i].after_s) {
            fail_msg("'%s' should be %u s", cases[i].value, cases[i].after_s);
        }
    }
}

static void a_rest_may_be_a_date(void **state)
{
    (void)state;
    char date[64];
    time_t then = time(NULL) + 3600;
    struct tm utc;
    assert_non_null(gmtime_r(&then, &utc));
    assert_true(strftime(date, sizeof date, " %a, %d %b %Y %H:%M:%S GMT", &utc) > 0);
    assert_in_range(rest_of(date), 3540, 3600);
}

static void the_first_rest_that_can_be_read_counts(void **state)
{
    (void)state;
    uint32_t after_s;
    struct str headers =
        STR_OF("Retry-After: soon\r\nRetry-After: 5\r\nRetry-After: 9\r\n\r\n");
    assert_int_equal(http_status(503, headers, &after_s), IMH_WAIT);
    assert_int_equal(after_s, 5);
}

static void a_code_is_told_in_words(void **state)
{
    (void)state;
    static const struct {
        uint32_t code;
        const char *text;
    } cases[] = {
        {404, "404 Not Found"},
        {503, "503 Service Unavailable"},
        {418, "418"},
        {301, "301 Moved Permanently: a redirect is not followed; configure the address it "
              "leads to"},
        {399, "399: a redirect is not followed; configure the address it leads to"},
        {400, "400 Bad Request"},
        {999, "999"},
    };
    char room[96];
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(http_status_text(cases[i].code, room, sizeof room),
                            cases[i].text);
    }
}

static void headers_become_json(void **state)
{
    (void)state;
    static const struct {
        struct str headers;
        const char *json;
    } cases[] = {
        {STR(""), "{}"},
        {STR("\r\n"), "{}"},
        {STR("Content-Type: text/plain\r\n\r\n"), "{\"content-type\":\"text/plain\"}"},
        {STR("A:1\r\nB:  2 \r\nC:\r\n\r\n"), "{\"a\":\"1\",\"b\":\"2\",\"c\":\"\"}"},
        {STR("Set-Cookie: a\r\nX: 1\r\nset-cookie: b\r\nSET-COOKIE: c\r\n\r\n"),
         "{\"set-cookie\":\"a, b, c\",\"x\":\"1\"}"},
        {STR("no colon\r\n: no name\r\nX: 1\r\n"), "{\"x\":\"1\"}"},
        {STR("X: \"q\" \\ \x01 \xFF \xC3\xA9\r\n"),
         "{\"x\":\"\\\"q\\\" \\\\ \\u0001 \xEF\xBF\xBD \xC3\xA9\"}"},
        {STR("X: a:b:c\r\n"), "{\"x\":\"a:b:c\"}"},
    };
    struct text json;
    text_init(&json, 1000);
    for (size_t i = 0; i < COUNT(cases); i++) {
        text_clear(&json);
        http_headers_to_json(cases[i].headers, &json);
        assert_string_equal(text_cstr(&json), cases[i].json);
    }
    text_done(&json);
}

static void a_flood_of_headers_is_cut(void **state)
{
    (void)state;
    struct text headers;
    struct text json;
    text_init(&headers, 64 << 10);
    text_init(&json, 256 << 10);
    for (int i = 0; i < 5000; i++) {
        text_print(&headers, "X-%d: %d\r\n", i, i);
    }
    http_headers_to_json(text_str(&headers), &json);
    assert_true(str_ends(text_str(&json), STR_OF(",\"x-199\":\"199\"}")));
    text_clear(&headers);
    text_clear(&json);
    for (int i = 0; i < 9000; i++) {
        text_add_cstr(&headers, "X:a\r\n");
    }
    http_headers_to_json(text_str(&headers), &json);
    assert_int_equal(json.len, strlen("{\"x\":\"\"}") + 9000 + 8999 * strlen(", "));
    text_done(&json);
    text_done(&headers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_means_what_the_table_in_imh_h_says),
        cmocka_unit_test(who_asks_for_rest_gets_it),
        cmocka_unit_test(a_rest_is_seconds_within_limits),
        cmocka_unit_test(a_rest_may_be_a_date),
        cmocka_unit_test(the_first_rest_that_can_be_read_counts),
        cmocka_unit_test(a_code_is_told_in_words),
        cmocka_unit_test(headers_become_json),
        cmocka_unit_test(a_flood_of_headers_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
