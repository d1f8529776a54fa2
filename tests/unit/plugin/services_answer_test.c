/* What a plugin says to the supervisor: answers, events, cursor, log lines. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugin/call.h"
#include "plugin_rig.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { KEY_BYTES = 200, DATA_BYTES = 512 << 10, PARCELS_MOST = 20000 };

static const imh_lookup lookup = {.size = sizeof lookup, .token = 4};

static imh_str lent(struct str text)
{
    return (imh_str){text.ptr, text.len};
}

static void expect_failure(const struct desk *desk, const char *text)
{
    assert_string_equal(desk->call->failure.text, text);
    assert_null(inbox_take(desk->outbox));
}

/* ---- answers ---- */

/* What is told of the answer; "" when it is refused. */
static const char *told(struct desk *desk, struct str json, struct text *out)
{
    text_clear(out);
    if (imh_answer(desk->api, &lookup, lent(json)) != IMH_OK) {
        assert_int_equal(desk->call->failure.status, IMH_BROKEN);
        assert_null(inbox_take(desk->outbox));
        return text_cstr(out);
    }
    struct answer answer;
    struct parcel *parcel = rig_parcel_of(desk->outbox, PARCEL_FRAME);
    assert_int_equal(parcel->message, MESSAGE_ANSWER);
    assert_true(answer_get(text_str(&parcel->payload), &answer));
    assert_int_equal(answer.token, 4);
    text_add(out, answer.json);
    parcel_free(parcel);
    return text_cstr(out);
}

static void answers_go_on_as_dense_json(void **state)
{
    struct desk *desk = *state;
    static const struct {
        struct str json;
        const char *told;
    } cases[] = {
        {STR("{}"), "{}"},
        {STR(" { \"a\" : [ 1 , 19.990 ] ,\n\"b\":\" c \" } "),
         "{\"a\":[1,19.990],\"b\":\" c \"}"},
        {STR("null"), "null"},
        {STR("\"text\""), "\"text\""},
        {STR("{\"$value\":1,\"$ref\":[\"a\",\"b\"]}"),
         "{\"$value\":1,\"$ref\":[\"a\",\"b\"]}"},
        {STR(""), ""},
        {STR("{"), ""},
        {STR("{} {}"), ""},
        {STR("<html>"), ""},
        {STR("\"\xFF\""), ""},
        {STR("{}\0"), ""},
    };
    struct text out;
    text_init(&out, 10000);
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(told(desk, cases[i].json, &out), cases[i].told);
    }
    text_done(&out);
}

static void an_answer_that_is_no_json_says_where(void **state)
{
    struct desk *desk = *state;
    assert_int_equal(imh_answer(desk->api, &lookup, imh_text("{\"name\":")), IMH_BROKEN);
    expect_failure(desk, "an answer that is not JSON at byte 8: no end");
}

static void time_and_tag_go_with_the_answer(void **state)
{
    struct desk *desk = *state;
    static const struct {
        uint32_t given, told;
    } cases[] = {{0, 0}, {60, 60}, {86400, 86400}, {86401, 86400}, {UINT32_MAX, 86400}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct answer answer;
        imh_call *api = desk->api;
        assert_int_equal(api->host->answer(api, &lookup, imh_text("1"), cases[i].given,
                                           imh_text("customer:42")),
                         IMH_OK);
        struct parcel *parcel = rig_parcel_of(desk->outbox, PARCEL_FRAME);
        assert_true(answer_get(text_str(&parcel->payload), &answer));
        assert_int_equal(answer.ttl_s, cases[i].told);
        assert_true(str_is(answer.tag, "customer:42"));
        parcel_free(parcel);
    }
}

/* The remote's words as they are: what they hold must not become part of the answer. */
static void raw_answers_cannot_be_broken_out_of(void **state)
{
    struct desk *desk = *state;
    static const struct {
        struct str body;
        const char *told;
    } cases[] = {
        {STR("{\"a\":1}"), "{\"$raw\":{\"a\":1}}"},
        {STR(" [ 1 ] "), "{\"$raw\":[1]}"},
        {STR("\"text\""), "{\"$raw\":\"text\"}"},
        {STR("{\"$raw\":1,\"b\":{\"$ref\":[\"a\",\"b\"]}}"),
         "{\"$raw\":{\"$raw\":1,\"b\":{\"$ref\":[\"a\",\"b\"]}}}"},
        {STR("1,\"$ref\":[\"customer\",\"17\"]"), ""},
        {STR("1,\"$raw\":2"), ""},
        {STR("1,\"\\u0024raw\":2"), ""},
        {STR("1,\"name\":\"made up\""), ""},
        {STR("1}"), ""},
        {STR("1},{\"$raw\":2"), ""},
        {STR(""), ""},
        {STR("{\"a\":1"), ""},
        {STR("{\"a\":1}\0"), ""},
        {STR("{\"a\":1}\0garbage"), ""},
        {STR("\xEF\xBB\xBF{\"a\":1}"), "{\"$raw\":{\"a\":1}}"},
        {STR("{\"a\":1,\"b\":2,\"a\":3}"), ""},
    };
    struct text out;
    text_init(&out, 10000);
    for (size_t i = 0; i < COUNT(cases); i++) {
        imh_status status = imh_answer_raw(desk->api, &lookup, lent(cases[i].body));
        assert_int_equal(status, *cases[i].told ? IMH_OK : IMH_REJECTED);
        if (status == IMH_OK) {
            struct answer answer;
            struct parcel *parcel = rig_parcel_of(desk->outbox, PARCEL_FRAME);
            assert_true(answer_get(text_str(&parcel->payload), &answer));
            assert_true(str_is(answer.json, cases[i].told));
            parcel_free(parcel);
        }
    }
    text_done(&out);
}

/* The remote's fault, and where: the byte is that of its own text. */
static void a_raw_answer_that_is_no_json_is_the_remotes_fault(void **state)
{
    struct desk *desk = *state;
    static const struct {
        struct str body;
        const char *text;
    } cases[] = {
        {STR("<html>"), "the remote's answer is not JSON at byte 0: something that is no "
                        "JSON value"},
        {STR("{\"a\":1,\"\\u0061\":2}"),
         "the remote's answer is not JSON at byte 16: a second member of this name"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(imh_answer_raw(desk->api, &lookup, lent(cases[i].body)),
                         IMH_REJECTED);
        expect_failure(desk, cases[i].text);
    }
}

static void raw_stands_alone_wherever_it_stands(void **state)
{
    struct desk *desk = *state;
    static const struct {
        struct str json;
        bool good;
    } cases[] = {
        {STR("{\"a\":{\"$raw\":{\"b\":1}},\"c\":[{\"$raw\":[]}]}"), true},
        {STR("{\"a\":{\"$raw\":1,\"b\":2}}"), false},
        {STR("{\"a\":{\"b\":2,\"$raw\":1}}"), false},
        {STR("{\"attributes\":{\"$raw\":1,\"b\":2}}"), true}, /* nothing is read in there */
        {STR("{\"attributes\":{\"a\":{\"b\":2,\"$raw\":1}},\"$raw\":1}"), false},
        {STR("{\"a\":\"$raw\",\"b\":2}"), true},
        {STR("{\"raw\":1,\"b\":2}"), true},
    };
    struct text out;
    text_init(&out, 10000);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *text = told(desk, cases[i].json, &out);
        assert_string_equal(text, cases[i].good ? cases[i].json.ptr : "");
        if (!cases[i].good) {
            expect_failure(desk, "an answer with other members beside $raw");
        }
    }
    text_done(&out);
}

static void a_message_that_is_too_large_is_refused(void **state)
{
    struct desk *desk = *state;
    struct text json;
    text_init(&json, 20 << 20);
    text_add_char(&json, '"');
    for (int i = 0; i < WIRE_FRAME_BYTES; i++) {
        text_add_char(&json, 'a');
    }
    text_add_char(&json, '"');
    imh_str key = imh_text("SKU-1");
    imh_lookup keyed = {.size = sizeof keyed, .token = 4, .path = &key, .path_count = 1};
    assert_int_equal(imh_answer(desk->api, &lookup, lent(text_str(&json))), IMH_REJECTED);
    expect_failure(desk, "the value of 'thing' is larger than 8 MiB: make its texts "
                         "shorter over there");
    assert_int_equal(imh_answer(desk->api, &keyed, lent(text_str(&json))), IMH_REJECTED);
    expect_failure(desk, "the value of 'thing.SKU-1' is larger than 8 MiB: make its texts "
                         "shorter over there");
    imh_str huge = {json.ptr, WIRE_FRAME_BYTES};
    assert_int_equal(desk->api->host->cursor(desk->api, huge, 0), IMH_BROKEN);
    expect_failure(desk, "a message of more than 9 MiB");
    text_done(&json);
}

/* ---- no answer ---- */

static struct outcome unanswered_as(struct desk *desk, imh_status status, uint32_t after_s,
                                    const char *text, struct text *room)
{
    struct unanswered unanswered;
    imh_call *api = desk->api;
    text_clear(room);
    assert_int_equal(api->host->unanswered(api, &lookup, status, after_s, imh_text(text)),
                     IMH_OK);
    struct parcel *parcel = rig_parcel_of(desk->outbox, PARCEL_FRAME);
    assert_int_equal(parcel->message, MESSAGE_UNANSWERED);
    assert_true(unanswered_get(text_str(&parcel->payload), &unanswered));
    assert_int_equal(unanswered.token, 4);
    text_add(room, unanswered.outcome.text);
    parcel_free(parcel);
    unanswered.outcome.text = text_str(room);
    return unanswered.outcome;
}

static void one_lookup_may_have_no_answer_and_a_reason(void **state)
{
    struct desk *desk = *state;
    struct text room;
    text_init(&room, 1000);
    struct outcome outcome = unanswered_as(desk, IMH_WAIT, 30, "it rests", &room);
    assert_int_equal(outcome.status, IMH_WAIT);
    assert_int_equal(outcome.after_s, 30);
    assert_true(str_is(outcome.text, "it rests"));
    (void)call_fail(desk->call, IMH_WAIT, 9, "%s", "the last failure");
    outcome = unanswered_as(desk, IMH_WAIT, 0, NULL, &room);
    assert_int_equal(outcome.after_s, 9);
    assert_true(str_is(outcome.text, "the last failure"));
    outcome = unanswered_as(desk, IMH_WAIT, 5, "its own", &room);
    assert_int_equal(outcome.after_s, 5);
    assert_true(str_is(outcome.text, "its own"));
    outcome = unanswered_as(desk, IMH_MISSING, 0, NULL, &room);
    assert_int_equal(outcome.after_s, 0);
    assert_true(str_is(outcome.text, "there is no such thing"));
    text_done(&room);
}

static void a_reason_is_never_empty(void **state)
{
    struct desk *desk = *state;
    static const struct {
        imh_status given, told;
        const char *text;
    } cases[] = {
        {IMH_RETRY, IMH_RETRY, "the plugin failed for now and does not say why"},
        {IMH_WAIT, IMH_WAIT, "the remote asks for rest"},
        {IMH_MISSING, IMH_MISSING, "there is no such thing"},
        {IMH_REJECTED, IMH_REJECTED, "the plugin refuses this and does not say why"},
        {IMH_DENIED, IMH_DENIED, "the credentials are refused"},
        {IMH_CANCELED, IMH_CANCELED, "the call was canceled, or its time was over"},
        {IMH_BROKEN, IMH_BROKEN, "the plugin has a fault and does not say which"},
        {IMH_UNKNOWN, IMH_UNKNOWN, "a request was sent and no answer came"},
        {4711, IMH_BROKEN,
         "the plugin answers with status 4711, which does not exist: a bug of the plugin"},
        {-1, IMH_BROKEN,
         "the plugin answers with status -1, which does not exist: a bug of the plugin"},
        {10, IMH_BROKEN,
         "the plugin answers with status 10, which does not exist: a bug of the plugin"},
    };
    struct text room;
    text_init(&room, 1000);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct outcome outcome = unanswered_as(desk, cases[i].given, 0, NULL, &room);
        assert_int_equal(outcome.status, cases[i].told);
        assert_string_equal(outcome.text.ptr, cases[i].text);
    }
    struct outcome outcome = unanswered_as(desk, 4711, 0, "my own words", &room);
    assert_int_equal(outcome.status, IMH_BROKEN);
    assert_string_equal(outcome.text.ptr, "my own words");
    text_done(&room);
}

/* "No answer, and all is well" is no reason. */
static void without_an_answer_it_is_not_ok(void **state)
{
    struct desk *desk = *state;
    struct text room;
    text_init(&room, 1000);
    struct outcome outcome = unanswered_as(desk, IMH_OK, 0, NULL, &room);
    assert_int_equal(outcome.status, IMH_MISSING);
    assert_true(str_is(outcome.text, "there is no such thing"));
    text_done(&room);
}

/* ---- refusals ---- */

/* A lookup of the call, which answers that are refused are remembered of. */
static const imh_lookup asked = {.size = sizeof asked, .token = 0};

/* What is told at the end of a call that went well; "" for nothing. */
static const char *told_at_end(struct desk *desk, struct text *room)
{
    struct unanswered unanswered;
    text_clear(room);
    call_tell_refusals(desk->call);
    struct parcel *parcel = (struct parcel *)inbox_take(desk->outbox);
    if (parcel) {
        assert_int_equal(parcel->message, MESSAGE_UNANSWERED);
        assert_true(unanswered_get(text_str(&parcel->payload), &unanswered));
        assert_int_equal(unanswered.token, 0);
        assert_int_equal(unanswered.outcome.status, IMH_BROKEN);
        text_add(room, unanswered.outcome.text);
        parcel_free(parcel);
    }
    assert_null(inbox_take(desk->outbox));
    return text_cstr(room);
}

/* Whose status a plugin does not look at must not be taken for "there is no such thing". */
static void an_answer_that_was_refused_is_a_failure_at_the_end(void **state)
{
    struct desk *desk = *state;
    struct text room;
    text_init(&room, 1000);
    assert_string_equal(told_at_end(desk, &room), "");
    assert_int_equal(imh_answer(desk->api, &asked, imh_text("{\"name\":")), IMH_BROKEN);
    assert_int_equal(imh_answer(desk->api, &asked, imh_text("{")), IMH_BROKEN);
    assert_int_equal(imh_answer(desk->api, &lookup, imh_text("{")), IMH_BROKEN);
    (void)call_fail(desk->call, IMH_RETRY, 0, "something else");
    assert_null(inbox_take(desk->outbox)); /* not at once: a smaller one may come */
    assert_string_equal(told_at_end(desk, &room),
                        "an answer that is not JSON at byte 1: no end");
    text_done(&room);
}

static void what_is_said_after_a_refusal_counts(void **state)
{
    struct desk *desk = *state;
    struct text room;
    text_init(&room, 1000);
    assert_int_equal(imh_answer(desk->api, &asked, imh_text("{")), IMH_BROKEN);
    assert_int_equal(imh_answer(desk->api, &asked, imh_text("{}")), IMH_OK);
    parcel_free(rig_parcel(desk->outbox));
    assert_string_equal(told_at_end(desk, &room), "");
    assert_int_equal(imh_answer(desk->api, &asked, imh_text("{")), IMH_BROKEN);
    assert_int_equal(imh_unanswered(desk->api, &asked, IMH_MISSING), IMH_OK);
    parcel_free(rig_parcel(desk->outbox));
    assert_string_equal(told_at_end(desk, &room), "");
    assert_int_equal(imh_answer(desk->api, &asked, imh_text("[")), IMH_BROKEN);
    assert_string_equal(told_at_end(desk, &room),
                        "an answer that is not JSON at byte 1: no end");
    text_done(&room);
}

/* ---- events, cursor, log ---- */

static imh_event event_of(struct str key, struct str subject, struct str data)
{
    return (imh_event){.size = sizeof(imh_event),
                       .type = 0,
                       .key = lent(key),
                       .subject = lent(subject),
                       .data = lent(data),
                       .at_ms = 77};
}

static void events_go_on_as_they_are(void **state)
{
    struct desk *desk = *state;
    struct call_event told_event;
    imh_event event =
        event_of(STR_OF("order/1"), STR_OF("{\"email\":\"a@b\"}"), STR_OF(" {\"id\":1}"));
    assert_int_equal(imh_emit(desk->api, &event), IMH_OK);
    struct parcel *parcel = rig_parcel_of(desk->outbox, PARCEL_FRAME);
    assert_int_equal(parcel->message, MESSAGE_EVENT);
    assert_true(event_get(text_str(&parcel->payload), &told_event));
    assert_int_equal(told_event.type, 0);
    assert_int_equal(told_event.at_ms, 77);
    assert_true(str_is(told_event.key, "order/1"));
    assert_true(str_is(told_event.subject, "{\"email\":\"a@b\"}"));
    assert_true(str_is(told_event.data, " {\"id\":1}"));
    parcel_free(parcel);
}

static void events_that_make_no_sense_are_refused(void **state)
{
    struct desk *desk = *state;
    static char key[KEY_BYTES + 1];
    static char data[DATA_BYTES + 1];
    memset(key, 'k', sizeof key);
    memset(data, ' ', sizeof data);
    data[0] = '{';
    data[1] = '}';
    const struct {
        uint32_t type;
        struct str key, subject, data;
        bool good;
    } cases[] = {
        {0, {key, KEY_BYTES}, STR(""), {data, DATA_BYTES}, true},
        {0, STR("k"), STR("{}"), STR(""), true},
        {1, STR("k"), STR("{}"), STR("{}"), false},
        {UINT32_MAX, STR("k"), STR("{}"), STR("{}"), false},
        {0, STR(""), STR("{}"), STR("{}"), false},
        {0, {key, KEY_BYTES + 1}, STR("{}"), STR("{}"), false},
        {0, STR("k"), STR("{}"), {data, DATA_BYTES + 1}, false},
        {0, STR("k"), STR("{}"), STR("[]"), false},
        {0, STR("k"), STR("{}"), STR("{"), false},
        {0, STR("k"), STR("{}"), STR("{} {}"), false},
        {0, STR("k"), STR("\"ann\""), STR("{}"), false},
        {0, STR("k"), STR("null"), STR("{}"), false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        imh_event event = event_of(cases[i].key, cases[i].subject, cases[i].data);
        event.type = cases[i].type;
        assert_int_equal(imh_emit(desk->api, &event), cases[i].good ? IMH_OK : IMH_BROKEN);
        struct parcel *parcel = (struct parcel *)inbox_take(desk->outbox);
        assert_int_equal(parcel != NULL, cases[i].good);
        parcel_free(parcel);
    }
}

static void a_result_goes_on_without_blanks(void **state)
{
    struct desk *desk = *state;
    struct str json;
    assert_int_equal(desk->api->host->result(desk->api, imh_text("{\"id\": 19.90}")),
                     IMH_OK);
    struct parcel *parcel = rig_parcel_of(desk->outbox, PARCEL_FRAME);
    assert_int_equal(parcel->message, MESSAGE_RESULT);
    assert_true(result_get(text_str(&parcel->payload), &json));
    assert_true(str_is(json, "{\"id\":19.90}"));
    parcel_free(parcel);
}

static void a_result_that_is_no_json_is_a_fault(void **state)
{
    struct desk *desk = *state;
    assert_int_equal(desk->api->host->result(desk->api, imh_text("{\"id\":")), IMH_BROKEN);
    assert_int_equal(desk->api->host->result(desk->api, imh_text("")), IMH_BROKEN);
}

static void a_cursor_goes_on_as_it_is(void **state)
{
    struct desk *desk = *state;
    for (uint32_t more = 0; more < 3; more++) {
        struct cursor cursor;
        assert_int_equal(desk->api->host->cursor(desk->api, imh_text("page 2"), more),
                         IMH_OK);
        struct parcel *parcel = rig_parcel_of(desk->outbox, PARCEL_FRAME);
        assert_int_equal(parcel->message, MESSAGE_CURSOR);
        assert_true(cursor_get(text_str(&parcel->payload), &cursor));
        assert_true(str_is(cursor.text, "page 2"));
        assert_int_equal(cursor.more, more != 0);
        parcel_free(parcel);
    }
}

static void log_lines_go_on_with_a_level_that_is_one(void **state)
{
    struct desk *desk = *state;
    static const struct {
        uint32_t given, told;
    } cases[] = {{IMH_DEBUG, IMH_DEBUG},
                 {IMH_ERROR, IMH_ERROR},
                 {IMH_ERROR + 1, IMH_INFO},
                 {UINT32_MAX, IMH_INFO}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct log_line line;
        imh_log(desk->api, cases[i].given, "%d things", 7);
        struct parcel *parcel = rig_parcel_of(desk->outbox, PARCEL_FRAME);
        assert_int_equal(parcel->message, MESSAGE_LOG);
        assert_true(log_line_get(text_str(&parcel->payload), &line));
        assert_int_equal(line.level, cases[i].told);
        assert_true(str_is(line.text, "7 things"));
        parcel_free(parcel);
    }
}

/* ---- limits ---- */

static void a_call_says_so_many_things_and_no_more(void **state)
{
    struct desk *desk = *state;
    for (int i = 0; i < PARCELS_MOST; i++) {
        imh_log(desk->api, IMH_INFO, "%s", "again");
        parcel_free(rig_parcel(desk->outbox));
    }
    assert_int_equal(imh_answer(desk->api, &lookup, imh_text("1")), IMH_BROKEN);
    expect_failure(desk, "a call that says more than 20,000 things");
}

/* Beyond that the host ends the worker: what does not fit is asked for once more. */
static void a_call_that_answers_too_much_is_told_to_wait(void **state)
{
    struct desk *desk = *state;
    enum { PIECE = 5 << 20, PIECES = CALL_SAID_BYTES / PIECE };
    struct text json;
    text_init(&json, 2 * PIECE);
    text_add_char(&json, '"');
    while (json.len < PIECE - 1000) {
        text_add_char(&json, 'a');
    }
    text_add_char(&json, '"');
    for (int i = 0; i < PIECES; i++) {
        assert_int_equal(imh_answer(desk->api, &lookup, lent(text_str(&json))), IMH_OK);
        struct parcel *parcel = rig_parcel(desk->outbox);
        assert_false(call_was_sent(desk->call, parcel->payload.len));
        parcel_free(parcel);
    }
    assert_int_equal(imh_answer(desk->api, &lookup, lent(text_str(&json))), IMH_WAIT);
    assert_int_equal(desk->call->failure.after_s, 1);
    expect_failure(desk, "a call may say 60 MiB: the rest is for another");
    assert_int_equal(imh_unanswered(desk->api, &lookup, IMH_WAIT), IMH_OK);
    parcel_free(rig_parcel(desk->outbox));
    text_done(&json);
}

/* Ended, not slowed down: another worker with some memory takes over. */
static void a_call_that_takes_all_memory_ends_the_worker(void **state)
{
    struct desk *desk = *state;
    enum { PIECE = 16 << 20, PIECES = CALL_MEMORY_BYTES / PIECE };
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        for (int i = 0; i < PIECES; i++) {
            (void)desk->api->host->alloc(desk->api, PIECE);
        }
        _exit(0);
    }
    int how = 0;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGABRT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(answers_go_on_as_dense_json),
        TEST(an_answer_that_is_no_json_says_where),
        TEST(time_and_tag_go_with_the_answer),
        TEST(raw_answers_cannot_be_broken_out_of),
        TEST(a_raw_answer_that_is_no_json_is_the_remotes_fault),
        TEST(raw_stands_alone_wherever_it_stands),
        TEST(a_message_that_is_too_large_is_refused),
        TEST(one_lookup_may_have_no_answer_and_a_reason),
        TEST(a_reason_is_never_empty),
        TEST(without_an_answer_it_is_not_ok),
        TEST(an_answer_that_was_refused_is_a_failure_at_the_end),
        TEST(what_is_said_after_a_refusal_counts),
        TEST(events_go_on_as_they_are),
        TEST(events_that_make_no_sense_are_refused),
        TEST(a_result_goes_on_without_blanks),
        TEST(a_result_that_is_no_json_is_a_fault),
        TEST(a_cursor_goes_on_as_it_is),
        TEST(log_lines_go_on_with_a_level_that_is_one),
        TEST(a_call_says_so_many_things_and_no_more),
        TEST(a_call_that_answers_too_much_is_told_to_wait),
        TEST(a_call_that_takes_all_memory_ends_the_worker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
