#include "base/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <imh/imh.h>

#include "base/json.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int64_t now_ms;

static int64_t set_now_ms(const struct clock *clock)
{
    (void)clock;
    return now_ms;
}

static const struct clock set_clock = {.now_ms = set_now_ms};

/* A log whose lines are read back: each write is one datagram. */
struct heard {
    struct log log;
    int fd;
    char line[20000];
};

static int setup(void **state)
{
    int fds[2];
    struct heard *heard = calloc(1, sizeof *heard);
    if (!heard || socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds) != 0) {
        free(heard);
        return -1;
    }
    heard->log = (struct log){.least = IMH_INFO, .fd = fds[0], .clock = &set_clock};
    heard->fd = fds[1];
    now_ms = 0;
    *state = heard;
    return 0;
}

static int teardown(void **state)
{
    struct heard *heard = *state;
    (void)close(heard->log.fd);
    (void)close(heard->fd);
    free(heard);
    return 0;
}

/* What the next write() wrote, NULL when there was none. */
static const char *line(struct heard *heard)
{
    ssize_t got = recv(heard->fd, heard->line, sizeof heard->line - 1, 0);
    if (got < 0) {
        return NULL;
    }
    heard->line[got] = '\0';
    assert_int_equal(strlen(heard->line), got);
    return heard->line;
}

/* One line of valid JSON, and no second write. */
static struct str json_line(struct heard *heard)
{
    struct error error;
    struct str json = str_from(line(heard));
    assert_true(json.len > 0);
    assert_int_equal(str_find_char(json, '\n'), json.len - 1);
    assert_true(json_check(json, &json_limits_input, &error));
    assert_int_equal(json.ptr[0], '{');
    char more[1];
    assert_int_equal(recv(heard->fd, more, sizeof more, 0), -1);
    return json;
}

/* Whether the member's decoded text is what it should be. */
static bool says(struct str json, const char *pointer, struct str wanted)
{
    struct arena arena;
    struct str whole;
    arena_init(&arena, 16384, 0);
    bool same = false;
    if (json_find(json, str_from(pointer), &arena, &whole) == JSON_STRING) {
        struct str token = str_before(str_after(whole, 1), whole.len - 2);
        same = str_eq(json_decode(token, true, &arena), wanted);
    }
    arena_done(&arena);
    return same;
}

static void a_line_is_json_with_time_level_event_and_pairs(void **state)
{
    struct heard *heard = *state;
    now_ms = 1700000000123;
    log_info(&heard->log, "worker ready", "plugin", "crm", "ms", "12", NULL);
    assert_string_equal(line(heard),
                        "{\"time\":\"2023-11-14T22:13:20.123Z\",\"level\":\"info\","
                        "\"event\":\"worker ready\",\"plugin\":\"crm\",\"ms\":\"12\"}\n");
    log_error(&heard->log, "no pairs", NULL);
    assert_string_equal(line(heard), "{\"time\":\"2023-11-14T22:13:20.123Z\","
                                     "\"level\":\"error\",\"event\":\"no pairs\"}\n");
    assert_null(line(heard));
}

static void time_is_utc_with_milliseconds(void **state)
{
    struct heard *heard = *state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {5, "1970-01-01T00:00:00.005Z"},
        {86399999, "1970-01-01T23:59:59.999Z"},
        {1709164800000, "2024-02-29T00:00:00.000Z"},
        {1709251199999, "2024-02-29T23:59:59.999Z"},
        {1735689600010, "2025-01-01T00:00:00.010Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
    };
    assert_int_equal(setenv("TZ", "America/New_York", 1), 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        now_ms = cases[i].ms;
        log_info(&heard->log, "x", NULL);
        assert_true(says(json_line(heard), "/time", str_from(cases[i].text)));
    }
}

static void what_is_below_the_least_level_is_dropped(void **state)
{
    struct heard *heard = *state;
    static const char *const names[] = {"debug", "info", "notice", "warning", "error"};
    for (uint32_t least = IMH_DEBUG; least <= IMH_ERROR; least++) {
        heard->log.least = least;
        for (uint32_t level = IMH_DEBUG; level <= IMH_ERROR; level++) {
            log_write(&heard->log, level, "x", NULL);
            if (level < least) {
                assert_null(line(heard));
            } else {
                assert_true(says(json_line(heard), "/level", str_from(names[level])));
            }
        }
        log_write(&heard->log, IMH_ERROR + 1, "x", NULL);
        log_write(&heard->log, UINT32_MAX, "x", NULL);
        assert_null(line(heard));
    }
}

static void each_short_form_has_its_level(void **state)
{
    struct heard *heard = *state;
    static const char *const names[] = {"debug", "info", "notice", "warning", "error"};
    heard->log.least = IMH_DEBUG;
    log_debug(&heard->log, "x", NULL);
    log_info(&heard->log, "x", NULL);
    log_notice(&heard->log, "x", NULL);
    log_warning(&heard->log, "x", NULL);
    log_error(&heard->log, "x", NULL);
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_non_null(strstr(line(heard), names[i]));
    }
    assert_null(line(heard));
}

static const struct {
    const char *value;
    struct str read; /* invalid bytes replaced */
} values[] = {
    {"", STR("")},
    {NULL, STR("")},
    {"two\nlines\r\n", STR("two\nlines\r\n")},
    {"\",\"level\":\"error", STR("\",\"level\":\"error")},
    {"\\", STR("\\")},
    {"\x01\x1F\x7F\t\x1B[31m", STR("\x01\x1F\x7F\t\x1B[31m")},
    {"\u20AC\U0001F600\u2028", STR("\u20AC\U0001F600\u2028")},
    {"\xFF\xC3", STR("\uFFFD\uFFFD")},
    {"%s%n%d", STR("%s%n%d")},
    {"}\n{\"time\":\"\"}", STR("}\n{\"time\":\"\"}")},
};

static void any_value_stays_one_line_of_json(void **state)
{
    struct heard *heard = *state;
    for (size_t i = 0; i < COUNT(values); i++) {
        log_info(&heard->log, "x", "value", values[i].value, "after", "1", NULL);
        struct str json = json_line(heard);
        assert_true(says(json, "/value", values[i].read));
        assert_true(says(json, "/after", STR_OF("1")));
        assert_true(says(json, "/level", STR_OF("info")));
    }
}

static void any_name_and_event_stay_one_line_of_json(void **state)
{
    struct heard *heard = *state;
    for (size_t i = 0; i < COUNT(values); i++) {
        if (values[i].value) {
            log_info(&heard->log, values[i].value, values[i].value, "x", NULL);
            assert_true(says(json_line(heard), "/event", values[i].read));
        }
    }
}

/* Who reads the lines in a terminal is not to be fooled by what a remote said. */
static void nothing_in_a_line_steers_a_terminal(void **state)
{
    static const char steers[] = "\302\2332J\u202Etxt.exe\u202C\u2028\x7F";
    struct heard *heard = *state;
    log_info(&heard->log, steers, steers, steers, NULL);
    const char *text = line(heard);
    assert_string_equal(strstr(text, "\"event\""),
                        "\"event\":\"\\u009B2J\\u202Etxt.exe\\u202C\\u2028\\u007F\","
                        "\"\\u009B2J\\u202Etxt.exe\\u202C\\u2028\\u007F\":"
                        "\"\\u009B2J\\u202Etxt.exe\\u202C\\u2028\\u007F\"}\n");
}

static void a_pair_that_does_not_fit_is_left_out(void **state)
{
    struct heard *heard = *state;
    char large[9000];
    memset(large, 'v', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    log_info(&heard->log, "x", "before", "1", "large", large, "after", "2", NULL);
    struct str json = json_line(heard);
    assert_true(says(json, "/before", STR_OF("1")));
    assert_true(says(json, "/after", STR_OF("2")));
    assert_int_equal(str_find(json, STR_OF("large"), 0), json.len);
    log_info(&heard->log, "x", large, "large", "after", "2", NULL);
    assert_true(says(json_line(heard), "/after", STR_OF("2")));
}

/* Bytes, and how many each takes in JSON. */
static const struct {
    char filler;
    size_t bytes;
} kinds[] = {{'v', 1}, {'"', 2}, {'\x01', 6}, {'\xFF', 3}};

static void lines_of_every_length_are_whole(void **state)
{
    struct heard *heard = *state;
    char value[8200];
    size_t longest = 0;
    for (size_t kind = 0; kind < COUNT(kinds); kind++) {
        size_t most = sizeof value / kinds[kind].bytes;
        for (size_t len = most - 150; len < most; len++) {
            memset(value, kinds[kind].filler, len);
            value[len] = '\0';
            log_info(&heard->log, "x", "value", value, "b", "2", NULL);
            struct str json = json_line(heard);
            longest = json.len > longest ? json.len : longest;
        }
    }
    assert_in_range(longest, 8180, 8192);
}

static void many_pairs_fill_the_line_and_no_more(void **state)
{
    struct heard *heard = *state;
    char value[1000];
    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    log_info(&heard->log, "x", "1", value, "2", value, "3", value, "4", value, "5", value,
             "6", value, "7", value, "8", value, "9", value, "10", "short", NULL);
    struct str json = json_line(heard);
    assert_true(says(json, "/8", str_from(value)));
    assert_int_equal(str_find(json, STR_OF("\"9\""), 0), json.len);
    assert_true(says(json, "/10", STR_OF("short")));
}

static void an_event_of_any_length_is_a_whole_line(void **state)
{
    struct heard *heard = *state;
    char event[8200];
    for (size_t kind = 0; kind < COUNT(kinds); kind++) {
        size_t most = sizeof event / kinds[kind].bytes;
        for (size_t len = most - 120; len < most; len++) {
            memset(event, kinds[kind].filler, len);
            event[len] = '\0';
            log_info(&heard->log, event, "pair", "2", NULL);
            assert_true(says(json_line(heard), "/pair", STR_OF("2")));
            log_info(&heard->log, event, NULL);
            (void)json_line(heard);
        }
    }
}

static void people_read_plain_lines(void **state)
{
    struct heard *heard = *state;
    heard->log.for_people = true;
    log_warning(&heard->log, "worker gone", "plugin", "crm", "why", "two\n\"lines\"", NULL);
    assert_string_equal(line(heard), "imh: warning: worker gone plugin=\"crm\" "
                                     "why=\"two\\n\\\"lines\\\"\"\n");
    log_error(&heard->log, "alone", NULL);
    assert_string_equal(line(heard), "imh: error: alone\n");
    assert_null(line(heard));
}

static void people_get_one_line_whatever_the_length(void **state)
{
    struct heard *heard = *state;
    char value[9000];
    heard->log.for_people = true;
    for (size_t len = 8000; len < 8250; len++) {
        memset(value, 'v', len);
        value[len] = '\0';
        log_info(&heard->log, "x", "value", value, "after", "2", NULL);
        struct str text = str_from(line(heard));
        assert_true(str_starts(text, STR_OF("imh: info: x")));
        assert_int_equal(str_find_char(text, '\n'), text.len - 1);
        assert_true(text.len <= 8192);
    }
}

static void people_get_one_line_whatever_the_event(void **state)
{
    struct heard *heard = *state;
    char event[9000];
    heard->log.for_people = true;
    memset(event, 'e', sizeof event - 1);
    event[sizeof event - 1] = '\0';
    log_info(&heard->log, event, "pair", "2", NULL);
    struct str text = str_from(line(heard));
    assert_true(str_starts(text, STR_OF("imh: info: eee")));
    assert_true(str_ends(text, STR_OF(" pair=\"2\"\n")));
    log_info(&heard->log, "two\nlines\x1B[2J", "na\nme", "2", NULL);
    text = str_from(line(heard));
    assert_int_equal(str_find_char(text, '\n'), text.len - 1);
    assert_int_equal(str_find_char(text, '\x1B'), text.len);
}

static void levels_have_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t level;
    } cases[] = {{"debug", IMH_DEBUG},
                 {"info", IMH_INFO},
                 {"notice", IMH_NOTICE},
                 {"warning", IMH_WARNING},
                 {"error", IMH_ERROR}};
    static const char *const others[] = {"",    "Debug",    "warn",  "errors",
                                         "inf", "critical", " info", "0"};
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint32_t level = 77;
        assert_true(log_level(str_from(cases[i].name), &level));
        assert_int_equal(level, cases[i].level);
    }
    for (size_t i = 0; i < COUNT(others); i++) {
        uint32_t level = 77;
        assert_false(log_level(str_from(others[i]), &level));
        assert_int_equal(level, 77);
    }
}

static void a_new_log_writes_to_stderr(void **state)
{
    (void)state;
    struct log log;
    log_init(&log, IMH_NOTICE);
    assert_int_equal(log.least, IMH_NOTICE);
    assert_int_equal(log.fd, STDERR_FILENO);
    assert_ptr_equal(log.clock, &clock_real);
    assert_int_equal(log.for_people, isatty(STDERR_FILENO) == 1);
}

static void a_terminal_is_for_people(void **state)
{
    (void)state;
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0) {
        skip();
    }
    struct log log;
    int kept = dup(STDERR_FILENO);
    assert_true(kept >= 0 && dup2(terminal, STDERR_FILENO) >= 0);
    log_init(&log, IMH_NOTICE);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    assert_true(log.for_people);
    (void)close(kept);
    (void)close(terminal);
}

static void a_closed_descriptor_does_no_harm(void **state)
{
    (void)state;
    const struct log log = {.fd = -1, .clock = &set_clock};
    log_error(&log, "nobody hears it", "a", "b", NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_is_json_with_time_level_event_and_pairs),
        TEST(time_is_utc_with_milliseconds),
        TEST(what_is_below_the_least_level_is_dropped),
        TEST(each_short_form_has_its_level),
        TEST(any_value_stays_one_line_of_json),
        TEST(any_name_and_event_stay_one_line_of_json),
        TEST(nothing_in_a_line_steers_a_terminal),
        TEST(a_pair_that_does_not_fit_is_left_out),
        TEST(lines_of_every_length_are_whole),
        TEST(many_pairs_fill_the_line_and_no_more),
        TEST(an_event_of_any_length_is_a_whole_line),
        TEST(people_read_plain_lines),
        TEST(people_get_one_line_whatever_the_length),
        TEST(people_get_one_line_whatever_the_event),
        TEST(levels_have_names),
        TEST(a_new_log_writes_to_stderr),
        TEST(a_terminal_is_for_people),
        TEST(a_closed_descriptor_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
