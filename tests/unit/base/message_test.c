#include "base/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define TICKET STR("sixteen bytes...")

/* Reads the payload and, when it is good, writes what was read anew. */
typedef bool again(struct str payload, struct arena *arena, struct text *out);

#define AGAIN(noun, type)                                                               \
    static bool noun##_again(struct str payload, struct arena *arena, struct text *out) \
    {                                                                                   \
        type message;                                                                   \
        (void)arena;                                                                    \
        bool good = noun##_get(payload, &message);                                      \
        if (good) {                                                                     \
            noun##_put(out, &message);                                                  \
        }                                                                               \
        return good;                                                                    \
    }
#define AGAIN_WITH_LISTS(noun, type)                                                    \
    static bool noun##_again(struct str payload, struct arena *arena, struct text *out) \
    {                                                                                   \
        type message;                                                                   \
        bool good = noun##_get(payload, arena, &message);                               \
        if (good) {                                                                     \
            noun##_put(out, &message);                                                  \
        }                                                                               \
        return good;                                                                    \
    }

AGAIN(outcome, struct outcome)
AGAIN(ticket, struct ticket)
AGAIN(spent, struct spent)
AGAIN(request, struct request)
AGAIN(reply, struct reply)
AGAIN(answer, struct answer)
AGAIN(unanswered, struct unanswered)
AGAIN(event, struct call_event)
AGAIN(cursor, struct cursor)
AGAIN(done, struct call_done)
AGAIN(state_question, struct state_question)
AGAIN(state_answer, struct state_answer)
AGAIN(state_item, struct state_item)
AGAIN(log_line, struct log_line)
AGAIN(errand_end, struct errand_end)
AGAIN(renewal, struct renewal)
AGAIN_WITH_LISTS(remote, struct remote)
AGAIN_WITH_LISTS(instance, struct worker_instance)
AGAIN_WITH_LISTS(order, struct call_order)

/* Every field of every sample is different from the others of its type. */
static const struct outcome an_outcome = {IMH_WAIT, 30, STR("a\0b")};
static const struct ticket a_ticket = {TICKET, STR("trace"), UINT64_MAX, 2, INT64_MIN};
static const struct spent a_spent = {UINT32_MAX, {3, 4, 5, 6, 7}, 1, 2, 503, false, 0};
static const struct request a_request = {TICKET,         7,           STR("POST"),
                                         STR("/orders"), STR("a: b"), STR("body"),
                                         STR("basic"),   UINT32_MAX};
static const struct reply a_reply = {{IMH_OK, 0, STR("")}, 200, STR("c: d"), STR("answer")};
static const struct answer an_answer = {3, STR("{}"), STR("tag"), 60, 70, true};
static const struct unanswered an_unanswered = {4, {IMH_UNKNOWN, 5, STR("why")}, 80};
static const struct call_event an_event = {6, STR("key"), STR("who"), STR("[]"), -8};
static const struct cursor a_cursor = {STR("here"), true};
static const struct log_line a_line = {9, STR("said")};
static const struct renewal a_renewal = {STR("refresh_token"), STR("new")};

static struct remote_auth auths[] = {{.name = STR("one"), .type = 1},
                                     {.name = STR("two"),
                                      .type = 2,
                                      .variant = 3,
                                      .grant = 4,
                                      .client = 5,
                                      .is_option = true,
                                      .user = STR("u2"),
                                      .secret = STR("s2"),
                                      .token = STR("t2"),
                                      .token_secret = STR("x2"),
                                      .header = STR("h2"),
                                      .token_url = STR("l2"),
                                      .username = STR("n2"),
                                      .password = STR("p2"),
                                      .scope = STR("c2"),
                                      .audience = STR("a2"),
                                      .base = STR("b2"),
                                      .message = STR("m2"),
                                      .value = STR("v2"),
                                      .token_option = STR("o2")}};
static struct str addresses[] = {STR("https://a"), STR("https://b"), STR("")};
static const struct remote a_remote = {
    STR("account"), STR("shop"), addresses, 3, auths, 2, 10, 11, 12, true, STR("PEM")};

static struct name_value options[] = {{STR("url"), STR("https://c")}, {STR("x"), STR("")}};
static const struct worker_instance an_instance = {
    STR("account"), STR("shop"), 13, {options, 2}};

static struct call_lookup lookups[] = {{14, 15, STR("k1"), true, STR("who1"), STR("q1")},
                                       {16, 17, STR(""), false, STR("who2"), STR("q2")}};
static struct call_record records[] = {{STR("k1"), STR("i1"), STR("v1"), STR("{}")},
                                       {STR("k2"), STR("i2"), STR("v2"), STR("")}};
static const struct call_order an_order = {CALL_POLL,
                                           18,
                                           19,
                                           20,
                                           TICKET,
                                           STR("trace"),
                                           lookups,
                                           2,
                                           {21, 22, 50, 23, 24, STR("cursor")},
                                           {25, STR("{\"a\":1}"), STR("key")},
                                           records,
                                           2,
                                           26};
static const struct call_done a_done = {
    27, {IMH_TOO_LARGE, 6, STR("much")}, STR("id"), STR("v1")};

static const struct errand_end an_end = {{IMH_RETRY, 8, STR("down")},
                                         {9, {10, 11, 12, 13, 14}, 15, 16, 500, false, 17}};

static const struct state_question a_question = {28, STR("order/17")};
static const struct state_answer an_answer_of_state = {
    29, {IMH_MISSING, 7, STR("none")}, STR("v\0w")};
static const struct state_item an_item = {STR("order/17"), STR("1|2")};

static struct {
    again *again;
    struct text payload;
} samples[19];

static int setup(void **state)
{
    (void)state;
    static again *const readers[] = {
        outcome_again,      ticket_again,     spent_again,      request_again,
        reply_again,        answer_again,     unanswered_again, event_again,
        cursor_again,       log_line_again,   remote_again,     instance_again,
        order_again,        renewal_again,    done_again,       state_question_again,
        state_answer_again, state_item_again, errand_end_again};
    for (size_t i = 0; i < COUNT(samples); i++) {
        samples[i].again = readers[i];
        text_init(&samples[i].payload, 10000);
    }
    outcome_put(&samples[0].payload, &an_outcome);
    ticket_put(&samples[1].payload, &a_ticket);
    spent_put(&samples[2].payload, &a_spent);
    request_put(&samples[3].payload, &a_request);
    reply_put(&samples[4].payload, &a_reply);
    answer_put(&samples[5].payload, &an_answer);
    unanswered_put(&samples[6].payload, &an_unanswered);
    event_put(&samples[7].payload, &an_event);
    cursor_put(&samples[8].payload, &a_cursor);
    log_line_put(&samples[9].payload, &a_line);
    remote_put(&samples[10].payload, &a_remote);
    instance_put(&samples[11].payload, &an_instance);
    order_put(&samples[12].payload, &an_order);
    renewal_put(&samples[13].payload, &a_renewal);
    done_put(&samples[14].payload, &a_done);
    state_question_put(&samples[15].payload, &a_question);
    state_answer_put(&samples[16].payload, &an_answer_of_state);
    state_item_put(&samples[17].payload, &an_item);
    errand_end_put(&samples[18].payload, &an_end);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        text_done(&samples[i].payload);
    }
    return 0;
}

/* Reads a copy that ends where the bytes end: a sanitizer sees whoever reads on. */
static bool read_copy(again *read, struct str payload, struct text *out)
{
    struct arena arena;
    char *copy = malloc(payload.len ? payload.len : 1);
    assert_non_null(copy);
    memcpy(copy, payload.ptr, payload.len);
    arena_init(&arena, 1000, 100000);
    text_clear(out);
    bool good = read((struct str){copy, payload.len}, &arena, out);
    arena_done(&arena);
    free(copy);
    return good;
}

static void every_message_comes_back_as_it_was(void **state)
{
    (void)state;
    struct text out;
    text_init(&out, 10000);
    for (size_t i = 0; i < COUNT(samples); i++) {
        assert_false(samples[i].payload.failed);
        assert_true(read_copy(samples[i].again, text_str(&samples[i].payload), &out));
        assert_true(str_eq(text_str(&out), text_str(&samples[i].payload)));
    }
    text_done(&out);
}

static void only_the_whole_message_is_good(void **state)
{
    (void)state;
    struct text out;
    text_init(&out, 10000);
    for (size_t i = 0; i < COUNT(samples); i++) {
        struct text *payload = &samples[i].payload;
        for (size_t len = 0; len < payload->len; len++) {
            assert_false(
                read_copy(samples[i].again, (struct str){payload->ptr, len}, &out));
        }
        wire_put_int(payload, 0);
        assert_false(read_copy(samples[i].again, text_str(payload), &out));
    }
    text_done(&out);
}

/* Of the same parts: the frame's kind tells them apart. */
static bool are_alike(size_t one, size_t other)
{
    enum { LOG_LINE = 9, RENEWAL = 13, STATE_QUESTION = 15, STATE_ITEM = 17 };
    static const size_t pairs[][2] = {{LOG_LINE, STATE_QUESTION}, {RENEWAL, STATE_ITEM}};
    bool alike = one == other;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        alike = alike || (one == pairs[i][0] && other == pairs[i][1]) ||
                (one == pairs[i][1] && other == pairs[i][0]);
    }
    return alike;
}

static void one_message_is_not_another(void **state)
{
    (void)state;
    struct text out;
    text_init(&out, 10000);
    for (size_t i = 0; i < COUNT(samples) * COUNT(samples); i++) {
        size_t put = i / COUNT(samples);
        size_t get = i % COUNT(samples);
        assert_int_equal(
            read_copy(samples[get].again, text_str(&samples[put].payload), &out),
            are_alike(put, get));
    }
    text_done(&out);
}

static void changed_bytes_never_read_beyond_the_end(void **state)
{
    (void)state;
    static const unsigned char values[] = {0x00, 0x01, 0x7F, 0x80, 0xFF, 'i', 's', 'l'};
    struct text out;
    text_init(&out, 10000);
    for (size_t i = 0; i < COUNT(samples); i++) {
        struct text *payload = &samples[i].payload;
        for (size_t at = 0; at < payload->len; at++) {
            char kept = payload->ptr[at];
            for (size_t k = 0; k < COUNT(values); k++) {
                payload->ptr[at] = (char)values[k];
                (void)read_copy(samples[i].again, text_str(payload), &out);
            }
            payload->ptr[at] = kept;
        }
    }
    text_done(&out);
}

static void expect_auth(const struct remote_auth *got, const struct remote_auth *wanted)
{
    const struct str texts[][2] = {{got->name, wanted->name},
                                   {got->user, wanted->user},
                                   {got->secret, wanted->secret},
                                   {got->token, wanted->token},
                                   {got->header, wanted->header},
                                   {got->token_secret, wanted->token_secret},
                                   {got->username, wanted->username},
                                   {got->token_url, wanted->token_url},
                                   {got->password, wanted->password},
                                   {got->scope, wanted->scope},
                                   {got->audience, wanted->audience},
                                   {got->base, wanted->base},
                                   {got->message, wanted->message},
                                   {got->value, wanted->value},
                                   {got->token_option, wanted->token_option}};
    for (size_t i = 0; i < COUNT(texts); i++) {
        assert_true(str_eq(texts[i][0], texts[i][1]));
    }
    assert_int_equal(got->type, wanted->type);
    assert_int_equal(got->variant, wanted->variant);
    assert_int_equal(got->grant, wanted->grant);
    assert_int_equal(got->client, wanted->client);
    assert_int_equal(got->is_option, wanted->is_option);
}

static void fields_land_where_they_belong(void **state)
{
    (void)state;
    struct arena arena;
    struct call_order order;
    struct remote remote;
    struct worker_instance instance;
    arena_init(&arena, 1000, 0);
    assert_true(order_get(text_str(&samples[12].payload), &arena, &order));
    assert_int_equal(order.kind, CALL_POLL);
    assert_int_equal(order.lookup_count, 2);
    assert_true(order.lookups[0].has_key && !order.lookups[1].has_key);
    assert_true(str_is(order.lookups[1].query, "q2"));
    assert_true(str_is(order.span.cursor, "cursor"));
    assert_int_equal(order.span.to_ms, 24);
    assert_int_equal(order.action.action, 25);
    assert_true(str_is(order.action.args, "{\"a\":1}"));
    assert_true(str_is(order.action.key, "key"));
    assert_int_equal(order.record_count, 2);
    assert_true(str_is(order.records[1].key, "k2") && str_is(order.records[0].data, "{}"));
    assert_true(str_is(order.records[0].id, "i1") &&
                str_is(order.records[1].version, "v2"));
    assert_int_equal(order.entity, 26);
    assert_true(remote_get(text_str(&samples[10].payload), &arena, &remote));
    assert_true(remote.allow_private);
    assert_true(str_is(remote.ca, "PEM"));
    assert_true(str_is(remote.addresses[1], "https://b"));
    expect_auth(&remote.auths[1], &auths[1]);
    assert_false(remote.auths[0].is_option);
    assert_int_equal(remote.timeout_ms, 12);
    assert_true(instance_get(text_str(&samples[11].payload), &arena, &instance));
    assert_true(str_is(instance.options.items[0].value, "https://c"));
    assert_int_equal(instance.parallel, 13);
    arena_done(&arena);
}

static void a_number_that_does_not_fit_is_bad(void **state)
{
    (void)state;
    static const struct {
        int64_t number;
        bool good;
    } cases[] = {{0, true},          {UINT32_MAX, true}, {(int64_t)UINT32_MAX + 1, false},
                 {INT64_MAX, false}, {-1, false},        {INT64_MIN, false}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text payload;
        struct spent spent;
        text_init(&payload, 300);
        wire_put_int(&payload, 1);
        wire_put_int(&payload, cases[i].number);
        for (unsigned rest = 0; rest < REQUEST_CLASSES + 2; rest++) {
            wire_put_int(&payload, 1);
        }
        assert_int_equal(spent_get(text_str(&payload), &spent), cases[i].good);
        text_done(&payload);
    }
}

static void an_unknown_status_is_broken(void **state)
{
    (void)state;
    static const struct {
        int64_t number;
        imh_status status;
    } cases[] = {
        {IMH_OK, IMH_OK}, {IMH_UNKNOWN, IMH_UNKNOWN},     {IMH_TOO_LARGE + 1, IMH_BROKEN},
        {-1, IMH_BROKEN}, {(int64_t)1 << 32, IMH_BROKEN}, {INT64_MIN, IMH_BROKEN}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text payload;
        struct outcome outcome;
        text_init(&payload, 300);
        wire_put_int(&payload, cases[i].number);
        wire_put_int(&payload, 5);
        wire_put_str(&payload, STR_OF("why"));
        assert_true(outcome_get(text_str(&payload), &outcome));
        assert_int_equal(outcome.status, cases[i].status);
        assert_int_equal(outcome.after_s, 5);
        text_done(&payload);
    }
}

static void words_leave_as_utf8(void **state)
{
    (void)state;
    static const struct {
        struct str words, told;
    } cases[] = {{STR("caf\xC3\xA9"), STR("caf\xC3\xA9")},
                 {STR("caf\xE9 is closed"), STR("caf\xEF\xBF\xBD is closed")},
                 {STR("cut \xC3"), STR("cut \xEF\xBF\xBD")},
                 {STR("\xFF\xFE\xFF"), STR("\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD")}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct outcome given = {IMH_REJECTED, 0, cases[i].words};
        struct text payload;
        struct outcome outcome;
        text_init(&payload, 300);
        outcome_put(&payload, &given);
        assert_true(outcome_get(text_str(&payload), &outcome));
        assert_true(str_eq(outcome.text, cases[i].told));
        text_done(&payload);
    }
}

static void a_ticket_has_sixteen_bytes(void **state)
{
    (void)state;
    static const struct {
        struct str secret;
        bool good;
    } cases[] = {{TICKET, true},
                 {STR("fifteen bytes.."), false},
                 {STR("seventeen bytes.."), false},
                 {STR(""), false},
                 {STR("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), true}};
    struct text out;
    text_init(&out, 10000);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ticket ticket = a_ticket;
        struct request request = a_request;
        struct call_order order = an_order;
        ticket.secret = request.ticket = order.ticket = cases[i].secret;
        for (size_t k = 0; k < 3; k++) {
            static again *const readers[] = {ticket_again, request_again, order_again};
            struct text payload;
            text_init(&payload, 10000);
            if (k == 0) {
                ticket_put(&payload, &ticket);
            } else if (k == 1) {
                request_put(&payload, &request);
            } else {
                order_put(&payload, &order);
            }
            assert_int_equal(read_copy(readers[k], text_str(&payload), &out),
                             cases[i].good);
            text_done(&payload);
        }
    }
    text_done(&out);
}

static void an_order_of_no_known_kind_is_bad(void **state)
{
    (void)state;
    for (int kind = 0; kind < CALL_KIND_COUNT + 2; kind++) {
        struct call_order order = an_order;
        struct arena arena;
        struct text payload;
        text_init(&payload, 10000);
        arena_init(&arena, 1000, 0);
        order.kind = (enum call_kind)kind;
        order_put(&payload, &order);
        assert_int_equal(order_get(text_str(&payload), &arena, &order),
                         kind < CALL_KIND_COUNT);
        arena_done(&arena);
        text_done(&payload);
    }
}

/* Whether an instance with so many options, or an order with so many lookups, is read. */
static bool reads_many(uint32_t options_count, uint32_t lookup_count, size_t arena_most)
{
    struct arena arena;
    struct text payload;
    struct worker_instance instance = an_instance;
    struct call_order order = an_order;
    arena_init(&arena, 1000, 0);
    text_init(&payload, (size_t)1 << 20);
    instance.options.count = options_count;
    instance.options.items =
        arena_zero(&arena, options_count, sizeof *instance.options.items);
    order.lookup_count = lookup_count;
    order.lookups = arena_zero(&arena, lookup_count, sizeof *order.lookups);
    struct arena own;
    arena_init(&own, 1000, arena_most);
    instance_put(&payload, &instance);
    bool good = instance_get(text_str(&payload), &own, &instance) &&
                instance.options.count == options_count;
    text_clear(&payload);
    order_put(&payload, &order);
    good = order_get(text_str(&payload), &own, &order) &&
           order.lookup_count == lookup_count && good;
    arena_done(&own);
    text_done(&payload);
    arena_done(&arena);
    return good;
}

static void lists_have_a_limit(void **state)
{
    (void)state;
    assert_true(reads_many(0, 0, 0));
    assert_true(reads_many(MESSAGE_OPTIONS_MOST, MESSAGE_LOOKUPS_MOST, 0));
    assert_false(reads_many(MESSAGE_OPTIONS_MOST + 1, 1, 0));
    assert_false(reads_many(1, MESSAGE_LOOKUPS_MOST + 1, 0));
}

static void a_list_without_memory_is_bad(void **state)
{
    (void)state;
    assert_true(reads_many(10, 10, 5000));
    assert_false(reads_many(200, 1, 5000));
    assert_false(reads_many(1, 200, 5000));
}

/* The list says 1001, the bytes behind it are those of an order without lookups. */
static void a_list_too_long_is_bad_whatever_follows(void **state)
{
    (void)state;
    static char bytes[10000];
    for (uint32_t count = 0; count <= MESSAGE_LOOKUPS_MOST + 1;
         count += MESSAGE_LOOKUPS_MOST + 1) {
        struct arena arena;
        struct text payload;
        struct call_order order;
        arena_init(&arena, 1000, 0);
        text_init(&payload, 20000);
        for (int i = 0; i < 4; i++) {
            wire_put_int(&payload, 1);
        }
        wire_put_str(&payload, (struct str)TICKET);
        wire_put_str(&payload, STR_OF("trace"));
        wire_put_list(&payload, count);
        for (int i = 0; i < 5; i++) {
            wire_put_int(&payload, 1);
        }
        wire_put_str(&payload, (struct str){bytes, sizeof bytes});
        wire_put_int(&payload, 1);
        wire_put_str(&payload, STR_OF("arguments"));
        wire_put_str(&payload, STR_OF("key"));
        wire_put_list(&payload, 0);
        wire_put_int(&payload, 1);
        assert_int_equal(order_get(text_str(&payload), &arena, &order), count == 0);
        arena_done(&arena);
        text_done(&payload);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_message_comes_back_as_it_was),
        TEST(only_the_whole_message_is_good),
        TEST(one_message_is_not_another),
        TEST(changed_bytes_never_read_beyond_the_end),
        TEST(fields_land_where_they_belong),
        cmocka_unit_test(a_number_that_does_not_fit_is_bad),
        cmocka_unit_test(an_unknown_status_is_broken),
        cmocka_unit_test(words_leave_as_utf8),
        cmocka_unit_test(a_ticket_has_sixteen_bytes),
        cmocka_unit_test(an_order_of_no_known_kind_is_bad),
        cmocka_unit_test(lists_have_a_limit),
        cmocka_unit_test(a_list_too_long_is_bad_whatever_follows),
        cmocka_unit_test(a_list_without_memory_is_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
