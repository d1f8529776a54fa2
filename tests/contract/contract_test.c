/* contract - what is promised about every plugin, whoever wrote it.
 *
 * Run for each, in a worker process and in a thread: see stand.h for the arguments.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "contract_records.h"
#include "plugin/entry.h"
#include "stand.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { SHORT_MS = 300, PROBLEM_BYTES = 64 << 10 };

/* ---- what it declares ---- */

static void what_it_declares_is_the_same_on_both_sides(void **state)
{
    struct stand *stand = *state;
    struct text refusal;
    struct text here;
    struct text there;
    text_init(&refusal, REFUSAL_BYTES);
    text_init(&here, WIRE_FRAME_BYTES);
    text_init(&there, WIRE_FRAME_BYTES);
    OWN(entry) entry = entry_open(stand_plugin_path(), &refusal);
    assert_string_equal(text_cstr(&refusal), "");
    assert_true(descriptor_to_json(entry->descriptor, &here));
    assert_true(descriptor_to_json(stand->descriptor, &there));
    assert_string_equal(text_cstr(&here), text_cstr(&there));
    text_done(&refusal);
    text_done(&here);
    text_done(&there);
}

/* The first byte of a value of each type; text may be anything that prints. */
static bool is_of_type(const char *json, uint32_t type)
{
    static const char *const first[] = {
        [IMH_INTEGER] = "-0123456789",
        [IMH_NUMBER] = "-0123456789",
        [IMH_BOOLEAN] = "tf",
        [IMH_OBJECT] = "{",
        [IMH_ARRAY] = "[{", /* a list may come as an object with $items */
    };
    const char *allowed = type < COUNT(first) ? first[type] : NULL;
    return !allowed || strchr(allowed, str_trim(str_from(json)).ptr[0]) != NULL;
}

static void check_example(const char *name, const char *example, uint32_t type)
{
    struct error error;
    if (!example) {
        return;
    }
    bool good = json_check(str_from(example), &json_limits_input, &error);
    if (!good || !is_of_type(example, type)) {
        print_error("the example of '%s': %s\n", name,
                    good ? "is not of the type that is declared" : error.text);
    }
    assert_true(good && is_of_type(example, type));
}

static void its_examples_are_what_it_declares(void **state)
{
    const struct stand *stand = *state;
    const struct descriptor *descriptor = stand->descriptor;
    for (uint32_t i = 0; i < descriptor->variable_count; i++) {
        const imh_variable *variable = &descriptor->variables[i];
        check_example(variable->name, variable->example, variable->type);
    }
    for (uint32_t i = 0; i < descriptor->event_type_count; i++) {
        const imh_event_type *event = &descriptor->event_types[i];
        check_example(event->name, event->example, IMH_OBJECT);
    }
}

/* ---- its options ---- */

static void expect_problem(struct text *problems, const char *words)
{
    struct str all = text_str(problems);
    if (str_find(all, str_from(words), 0) == all.len) {
        print_error("not said: %s\nbut: %s\n", words, text_cstr(problems));
    }
    assert_true(str_find(all, str_from(words), 0) < all.len);
}

static void misspell(struct stand *stand, const char *name)
{
    char line[200];
    char words[400];
    struct text problems;
    text_init(&problems, PROBLEM_BYTES);
    (void)snprintf(line, sizeof line, "%sx = 1\n", name);
    (void)snprintf(words, sizeof words,
                   ": integration 'b': unknown option '%sx'; did you mean '%s'?", name,
                   name);
    stand_configure(stand, line, NULL, &problems);
    expect_problem(&problems, words);
    expect_problem(&problems, "accounts.d/acme.ini:");
    text_done(&problems);
}

static void a_misspelled_option_is_refused_and_the_right_one_named(void **state)
{
    struct stand *stand = *state;
    misspell(stand, "timeout"); /* which every integration has */
    for (uint32_t i = 0; i < stand->descriptor->option_count; i++) {
        misspell(stand, stand->descriptor->options[i].name);
    }
}

static void a_missing_option_is_named(void **state)
{
    struct stand *stand = *state;
    for (uint32_t i = 0; i < stand->descriptor->option_count; i++) {
        const imh_option *option = &stand->descriptor->options[i];
        char words[200];
        struct text problems;
        text_init(&problems, PROBLEM_BYTES);
        stand_configure(stand, "", option->name, &problems);
        if (stand_is_required(stand, option)) {
            (void)snprintf(words, sizeof words, ": integration 'a': option '%s' is missing",
                           option->name);
            expect_problem(&problems, words);
        } else {
            assert_string_equal(text_cstr(&problems), "");
        }
        text_done(&problems);
    }
}

/* ---- answers ---- */

static bool is_known(imh_status status)
{
    return status >= IMH_OK && status <= IMH_TOO_LARGE;
}

/* Each lookup asked alone. */
static void ask_alone(struct stand *stand, const struct integration *integration,
                      struct seen *seen)
{
    uint32_t count;
    const struct asked *asked = stand_lookups(stand, &count);
    for (uint32_t i = 0; i < count; i++) {
        stand_ask(stand, integration, &asked[i], 1, STAND_CALL_MS, &seen[i]);
        imh_status status = seen[i].heard[0].status;
        assert_true(is_known(status));
        if (!asked[i].made_up && status != IMH_OK) {
            print_error("lookup %u: status %d: %s\n", i, (int)status, seen[i].text);
        }
        assert_true(asked[i].made_up || status == IMH_OK);
    }
}

static void free_seen(struct seen *seen, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        seen_done(&seen[i]);
    }
    free(seen);
}

static struct seen *make_seen(uint32_t count)
{
    struct seen *seen = calloc(count + 1, sizeof *seen);
    assert_non_null(seen);
    return seen;
}

static void expect_same(struct heard *one, struct heard *other)
{
    assert_int_equal(one->status, other->status);
    assert_string_equal(text_cstr(&one->json), text_cstr(&other->json));
}

/* All in one call, forwards and backwards, the first one twice: each gets its own answer.
 */
static void lookups_asked_together_are_not_mixed_up(void **state)
{
    struct stand *stand = *state;
    uint32_t count;
    const struct asked *asked = stand_lookups(stand, &count);
    struct seen *alone = make_seen(count);
    struct seen together;
    struct asked mixed[STAND_LOOKUPS_MOST];
    uint32_t from[STAND_LOOKUPS_MOST];
    uint32_t mixed_count = 0;
    ask_alone(stand, stand->a, alone);
    for (uint32_t i = 0; i < 2 * count && mixed_count < COUNT(mixed); i++) {
        from[mixed_count] = i < count ? i : 2 * count - 1 - i;
        mixed[mixed_count] = asked[from[mixed_count]];
        mixed_count++;
    }
    stand_ask(stand, stand->a, mixed, mixed_count, STAND_CALL_MS, &together);
    for (uint32_t i = 0; i < mixed_count; i++) {
        expect_same(&together.heard[i], &alone[from[i]].heard[0]);
    }
    seen_done(&together);
    free_seen(alone, count);
}

/* What comes from a remote is another answer for each: they have addresses of their own. */
static void expect_other(struct seen *one, struct seen *other)
{
    if (one->went_out && one->heard[0].status == IMH_OK) {
        assert_string_not_equal(text_cstr(&one->heard[0].json),
                                text_cstr(&other->heard[0].json));
    }
}

/* Asked side by side, with each other's lookups under way, both hear what they hear alone.
 */
static void expect_not_the_same(const struct asked *asked, struct seen *seen, uint32_t one,
                                uint32_t other)
{
    if (!asked[one].made_up && str_eq(asked[one].variable, asked[other].variable)) {
        assert_string_not_equal(text_cstr(&seen[one].heard[0].json),
                                text_cstr(&seen[other].heard[0].json));
    }
}

/* The first answer is not kept for whoever asks next. */
static void each_lookup_has_an_answer_of_its_own(void **state)
{
    struct stand *stand = *state;
    uint32_t count;
    const struct asked *asked = stand_lookups(stand, &count);
    struct seen *seen = make_seen(count);
    ask_alone(stand, stand->a, seen);
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            expect_not_the_same(asked, seen, i, j);
        }
    }
    free_seen(seen, count);
}

static void two_integrations_do_not_meet(void **state)
{
    struct stand *stand = *state;
    uint32_t count;
    const struct asked *asked = stand_lookups(stand, &count);
    struct seen *alone_a = make_seen(count);
    struct seen *alone_b = make_seen(count);
    struct seen *both = make_seen(2 * count);
    ask_alone(stand, stand->a, alone_a);
    ask_alone(stand, stand->b, alone_b);
    for (uint32_t i = 0; i < 2 * count; i++) {
        seen_init(&both[i]);
        stand_start(stand, i % 2 == 0 ? stand->a : stand->b, &asked[i / 2], 1,
                    STAND_CALL_MS, &both[i]);
    }
    stand_wait(stand);
    for (uint32_t i = 0; i < count; i++) {
        expect_other(&alone_a[i], &alone_b[i]);
        expect_same(&both[2 * i].heard[0], &alone_a[i].heard[0]);
        expect_same(&both[2 * i + 1].heard[0], &alone_b[i].heard[0]);
    }
    free_seen(alone_a, count);
    free_seen(alone_b, count);
    free_seen(both, 2 * count);
}

/* Nobody is asked about a recipient of whom nothing is known. */
static void a_recipient_without_the_fields_costs_nothing(void **state)
{
    struct stand *stand = *state;
    for (uint32_t i = 0; i < stand->descriptor->variable_count; i++) {
        const imh_variable *variable = &stand->descriptor->variables[i];
        struct asked asked = {.variable = str_from(variable->name), .subject = STR("{}")};
        struct seen seen;
        if (variable->subject && !(variable->flags & IMH_KEYED)) {
            stand_ask(stand, stand->a, &asked, 1, STAND_CALL_MS, &seen);
            assert_int_equal(seen.heard[0].status, IMH_MISSING);
            assert_false(seen.went_out);
            seen_done(&seen);
        }
    }
}

static void it_works_again_after_its_worker_died(void **state)
{
    struct stand *stand = *state;
    uint32_t count;
    (void)stand_lookups(stand, &count);
    struct seen *before = make_seen(count);
    struct seen *after = make_seen(count);
    ask_alone(stand, stand->a, before);
    stand_kill_worker(stand);
    ask_alone(stand, stand->a, after);
    for (uint32_t i = 0; i < count; i++) {
        expect_same(&before[i].heard[0], &after[i].heard[0]);
    }
    free_seen(before, count);
    free_seen(after, count);
}

/* ---- remotes that are not well ---- */

/* Everything it can do, each as a call of its own that may take so long: a lookup of each
 * variable, all lookups together, the check, a poll of each source, the recorded runs of
 * actions. Every call ends, and the worker lives. */
struct calls {
    struct seen *seen;
    uint32_t count;
};

static struct seen *next_call(struct calls *calls, uint32_t most)
{
    assert_true(calls->count < most);
    return &calls->seen[calls->count++];
}

static struct calls do_everything(struct stand *stand, int64_t time_ms)
{
    uint32_t count;
    const struct asked *asked = stand_lookups(stand, &count);
    uint32_t source_count = stand->descriptor->source_count;
    uint32_t run_count = stand->recording.run_count;
    uint32_t most = count + source_count + run_count + 2;
    struct calls calls = {.seen = make_seen(most)};
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || !str_eq(asked[i].variable, asked[i - 1].variable)) {
            stand_ask(stand, stand->a, &asked[i], 1, time_ms, next_call(&calls, most));
        }
    }
    stand_ask(stand, stand->a, asked, count, time_ms, next_call(&calls, most));
    stand_check(stand, stand->a, time_ms, next_call(&calls, most));
    for (uint32_t i = 0; i < source_count; i++) {
        struct call_span span = {
            .source = i, .from_ms = 1000, .to_ms = 2000, .cursor = STR("")};
        stand_poll(stand, stand->a, &span, time_ms, next_call(&calls, most));
    }
    for (uint32_t i = 0; i < run_count; i++) {
        const struct run *run = &stand->recording.runs[i];
        stand_run(stand, stand->a, run, time_ms, next_call(&calls, most));
    }
    for (uint32_t i = 0; i < calls.count; i++) {
        assert_true(is_known(calls.seen[i].status));
    }
    assert_int_equal(stand_worker(stand)->deaths, 0);
    return calls;
}

/* How a call ends that asked the remote and was answered badly: as one of these. The one
 * with all lookups is left out: some may need no remote. */
static void expect_end(const struct seen *seen, const imh_status *kinds, size_t count)
{
    imh_status status = seen->lookup_count > 0 ? seen->heard[0].status : seen->status;
    bool found = seen->lookup_count > 1 || !seen->went_out;
    for (size_t i = 0; i < count; i++) {
        found = found || status == kinds[i];
    }
    if (!found) {
        print_error("ended with status %d: %s\n", (int)status, seen->text);
    }
    assert_true(found);
}

static void expect_ends(struct stand *stand, int64_t time_ms, const imh_status *kinds,
                        size_t count)
{
    struct calls calls = do_everything(stand, time_ms);
    for (uint32_t i = 0; i < calls.count; i++) {
        expect_end(&calls.seen[i], kinds, count);
    }
    free_seen(calls.seen, calls.count);
}

/* Neither "there is no such thing" nor an empty answer: nobody said so. */
static void a_silent_remote_is_waited_for_until_the_deadline(void **state)
{
    static const imh_status kinds[] = {IMH_RETRY, IMH_WAIT, IMH_CANCELED, IMH_UNKNOWN};
    struct stand *stand = *state;
    remote_mood(stand->remote, REMOTE_IS_SILENT);
    expect_ends(stand, SHORT_MS, kinds, COUNT(kinds));
}

static void a_remote_that_is_down_is_tried_again_later(void **state)
{
    static const imh_status kinds[] = {IMH_RETRY, IMH_WAIT};
    static const unsigned statuses[] = {500, 502, 503, 504};
    struct stand *stand = *state;
    for (size_t i = 0; i < COUNT(statuses); i++) {
        remote_say(stand->remote, statuses[i], "Content-Type: application/json\r\n",
                   STR_OF("{\"message\":\"down\"}"));
        expect_ends(stand, STAND_CALL_MS, kinds, COUNT(kinds));
    }
}

static void a_remote_that_asks_for_rest_gets_it(void **state)
{
    static const imh_status kinds[] = {IMH_WAIT};
    struct stand *stand = *state;
    remote_say(stand->remote, 429,
               "Content-Type: application/json\r\nRetry-After: 3600\r\n",
               STR_OF("{\"message\":\"slowly\"}"));
    expect_ends(stand, STAND_CALL_MS, kinds, COUNT(kinds));
}

static void refused_credentials_are_told_as_that(void **state)
{
    static const imh_status kinds[] = {IMH_DENIED};
    struct stand *stand = *state;
    remote_say(stand->remote, 401, "Content-Type: application/json\r\n",
               STR_OF("{\"message\":\"who are you?\"}"));
    expect_ends(stand, STAND_CALL_MS, kinds, COUNT(kinds));
}

/* What remotes were seen to send, and what nobody should. Any end will do, but an end. */
static void nonsense_of_a_remote_is_survived(void **state)
{
    static const struct str bodies[] = {
        STR(""),
        STR("null"),
        STR("0"),
        STR("\"\""),
        STR("[]"),
        STR("{}"),
        STR("[null]"),
        STR("[[]]"),
        STR("[{}]"),
        STR("[0,\"\",false]"),
        STR("{\"items\":null}"),
        STR("{\"items\":[null,0,\"\",[],{}]}"),
        STR("{\"items\":{\"id\":{\"id\":[]}}}"),
        STR("{\"id\":1e999,\"\":-0,\"id\":\"\\u0000\"}"),
        STR("{\"items\":["),
        STR("<!DOCTYPE html><html><body>Maintenance</body></html>"),
        STR("{\"text\":\"\xff\xfe\"}"),
        STR("{\"$ref\":[\"a\",\"b\"],\"$value\":{\"$items\":[]}}"),
        STR("\xef\xbb\xbf{}"),
        STR("a\0b"),
    };
    struct stand *stand = *state;
    for (size_t i = 0; i < COUNT(bodies); i++) {
        remote_say(stand->remote, 200, "Content-Type: application/json\r\n", bodies[i]);
        struct calls calls = do_everything(stand, STAND_CALL_MS);
        free_seen(calls.seen, calls.count);
    }
}

/* ---- events ---- */

/* A span is asked for again after a failure, and overlaps with the next: what comes twice
 * must have the same keys, or it happens twice. */
static void events_keep_their_keys(void **state)
{
    struct stand *stand = *state;
    for (uint32_t i = 0; i < stand->descriptor->source_count; i++) {
        struct call_span span = {
            .source = i, .from_ms = 1000, .to_ms = 2000, .cursor = STR("")};
        struct seen seen[2];
        for (size_t j = 0; j < COUNT(seen); j++) {
            stand_poll(stand, stand->a, &span, STAND_CALL_MS, &seen[j]);
        }
        assert_int_equal(seen[0].status, seen[1].status);
        assert_string_equal(text_cstr(&seen[0].events), text_cstr(&seen[1].events));
        if (stand->recording.exchange_count > 0) {
            assert_int_equal(seen[0].status, IMH_OK);
            assert_true(seen[0].event_count > 0);
        }
        seen_done(&seen[0]);
        seen_done(&seen[1]);
    }
}

/* ---- actions ---- */

static bool has_run(const struct recording *recording, const char *action)
{
    bool found = false;
    for (uint32_t i = 0; i < recording->run_count; i++) {
        const struct run *run = &recording->runs[i];
        found = found || (!run->refused && str_is(run->action, action));
    }
    return found;
}

static void every_action_is_recorded(void **state)
{
    struct stand *stand = *state;
    for (uint32_t i = 0; i < stand->descriptor->action_count; i++) {
        const imh_action *action = &stand->descriptor->actions[i];
        bool good = has_run(&stand->recording, action->name) ||
                    recording_is_deadly(&stand->recording, action->name);
        if (!good) {
            print_error("contract.json runs no '%s' that goes well\n", action->name);
        }
        assert_true(good);
        assert_non_null(action->params);
    }
}

/* Nothing happens over there, and the reason is told. */
static void expect_refused(struct stand *stand, const struct run *run)
{
    struct seen seen;
    stand_run(stand, stand->a, run, STAND_CALL_MS, &seen);
    if (seen.status != IMH_REJECTED || seen.went_out) {
        print_error("not refused: %.*s\n", STR_ARGS(run->args));
    }
    assert_int_equal(seen.status, IMH_REJECTED);
    assert_false(seen.went_out);
    assert_int_equal(seen.result.len, 0);
    seen_done(&seen);
}

static void arguments_that_are_wrong_change_nothing(void **state)
{
    static const struct str bad[] = {STR(""), STR("{"), STR("[]"), STR("0"), STR("{}{}")};
    struct stand *stand = *state;
    for (uint32_t i = 0; i < stand->descriptor->action_count; i++) {
        for (size_t j = 0; j < COUNT(bad); j++) {
            struct run run = {.action = str_from(stand->descriptor->actions[i].name),
                              .args = bad[j]};
            expect_refused(stand, &run);
        }
    }
    for (uint32_t i = 0; i < stand->recording.run_count; i++) {
        if (stand->recording.runs[i].refused) {
            expect_refused(stand, &stand->recording.runs[i]);
        }
    }
}

/* Each gives a result, and the remote one command: the key names it. */
static void run_well(struct stand *stand, const struct integration *integration,
                     const struct run *run, struct seen *seen)
{
    struct str key = stand_key(stand, integration);
    unsigned before = remote_heard(stand->remote, key);
    stand_run(stand, integration, run, STAND_CALL_MS, seen);
    if (seen->status != IMH_OK) {
        print_error("%.*s: status %d: %s\n", STR_ARGS(run->args), (int)seen->status,
                    seen->text);
    }
    assert_int_equal(seen->status, IMH_OK);
    assert_true(seen->result.len > 0);
    assert_true(!run->keyed || remote_heard(stand->remote, key) > before);
}

static void actions_do_what_they_are_told(void **state)
{
    struct stand *stand = *state;
    for (uint32_t i = 0; i < stand->recording.run_count; i++) {
        const struct run *run = &stand->recording.runs[i];
        struct seen a;
        struct seen b;
        if (!run->refused) {
            run_well(stand, stand->a, run, &a);
            run_well(stand, stand->b, run, &b);
            assert_string_not_equal(text_cstr(&a.result), text_cstr(&b.result));
            seen_done(&a);
            seen_done(&b);
        }
    }
}

#define PROMISE(name) cmocka_unit_test_setup_teardown(name, stand_setup, stand_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        PROMISE(what_it_declares_is_the_same_on_both_sides),
        PROMISE(its_examples_are_what_it_declares),
        PROMISE(a_misspelled_option_is_refused_and_the_right_one_named),
        PROMISE(a_missing_option_is_named),
        PROMISE(lookups_asked_together_are_not_mixed_up),
        PROMISE(each_lookup_has_an_answer_of_its_own),
        PROMISE(two_integrations_do_not_meet),
        PROMISE(a_recipient_without_the_fields_costs_nothing),
        PROMISE(it_works_again_after_its_worker_died),
        PROMISE(a_silent_remote_is_waited_for_until_the_deadline),
        PROMISE(a_remote_that_is_down_is_tried_again_later),
        PROMISE(a_remote_that_asks_for_rest_gets_it),
        PROMISE(refused_credentials_are_told_as_that),
        PROMISE(nonsense_of_a_remote_is_survived),
        PROMISE(events_keep_their_keys),
        PROMISE(every_action_is_recorded),
        PROMISE(arguments_that_are_wrong_change_nothing),
        PROMISE(actions_do_what_they_are_told),
    };
    if (!stand_arguments(argc, argv)) {
        return 2;
    }
    return cmocka_run_group_tests(tests, NULL, NULL) + contract_records();
}
