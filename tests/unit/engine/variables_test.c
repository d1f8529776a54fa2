#include "engine/variables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake_crew.h"
#include "smarty/data.h"

static int64_t mono_ms;

static int64_t set_mono_ms(const struct clock *clock)
{
    (void)clock;
    return mono_ms;
}

static const struct clock set_clock = {.now_ms = set_mono_ms, .mono_ms = set_mono_ms};

/* A template's walk through live data, by hand. */
struct walk {
    struct fake_crew *crew;
    struct variables *variables;
    struct arena arena;
    struct error error;
    struct text json;
};

static int setup(void **state)
{
    struct walk *walk = calloc(1, sizeof *walk);
    if (!walk || fake_crew_setup(state) != 0) {
        free(walk);
        return -1;
    }
    mono_ms = 1000000;
    walk->crew = *state;
    walk->variables = variables_make(walk->crew->supervisor, &set_clock);
    arena_init(&walk->arena, 64 << 10, 0);
    text_init(&walk->json, 1 << 20);
    *state = walk;
    return walk->variables ? 0 : -1;
}

static int teardown(void **state)
{
    struct walk *walk = *state;
    void *crew = walk->crew;
    variables_free(walk->variables);
    arena_done(&walk->arena);
    text_done(&walk->json);
    free(walk);
    return fake_crew_teardown(&crew);
}

/* {$shop.VARIABLE.KEY}, once; a NULL key stops at the variable. */
static struct value look(struct walk *walk, const char *variable, const char *key)
{
    struct value value;
    struct key steps[] = {key_from_text(str_from(variable)), key_from_text(str_from(key))};
    assert_true(
        variables_root(walk->variables, &walk->crew->integration, &value, &walk->error));
    for (size_t i = 0; i < (key ? 2 : 1) && value.type == VALUE_LAZY; i++) {
        if (!value.lazy->type->member(value.lazy, &steps[i], &walk->arena, &value,
                                      &walk->error)) {
            return (struct value){.type = VALUE_UNDEFINED};
        }
    }
    return value;
}

/* The value as JSON, fetched when it is missing; what state the message ended in. */
static enum variables_state get(struct walk *walk, const char *variable, const char *key)
{
    enum variables_state state = VARIABLES_MISSING;
    for (unsigned pass = 0; pass < 3 && state == VARIABLES_MISSING; pass++) {
        variables_begin(walk->variables, NULL);
        struct value value = look(walk, variable, key);
        state = variables_end(walk->variables, value.type != VALUE_PENDING);
        text_clear(&walk->json);
        data_write(&walk->json, &value);
        if (state == VARIABLES_MISSING) {
            assert_int_equal(value.type, VALUE_PENDING);
            variables_fetch(walk->variables);
        }
    }
    return state;
}

static void gives(struct walk *walk, const char *variable, const char *key,
                  const char *json)
{
    assert_int_equal(get(walk, variable, key), VARIABLES_COMPLETE);
    assert_string_equal(text_cstr(&walk->json), json);
}

static uint64_t questions(const struct walk *walk)
{
    return variables_counts(walk->variables).questions;
}

static void an_answer_is_fetched_once_and_then_there(void **state)
{
    struct walk *walk = *state;
    variables_window(walk->variables);
    variables_begin(walk->variables, NULL);
    assert_int_equal(look(walk, "thing", "a").type, VALUE_PENDING);
    assert_int_equal(variables_end(walk->variables, false), VARIABLES_MISSING);
    assert_int_equal(questions(walk), 0);
    gives(walk, "thing", "a", "{\"key\":\"a\",\"call\":1,\"subject\":null}");
    gives(walk, "thing", "a", "{\"key\":\"a\",\"call\":1,\"subject\":null}");
    assert_int_equal(questions(walk), 1);
}

static void what_is_missed_together_is_one_call(void **state)
{
    static const char *const keys[] = {"a", "b", "c", "b", "a"};
    struct walk *walk = *state;
    variables_window(walk->variables);
    variables_begin(walk->variables, NULL);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        assert_int_equal(look(walk, "thing", keys[i]).type, VALUE_PENDING);
    }
    variables_fetch(walk->variables);
    gives(walk, "thing", "c", "{\"key\":\"c\",\"call\":1,\"subject\":null}");
    gives(walk, "thing", "a", "{\"key\":\"a\",\"call\":1,\"subject\":null}");
    assert_int_equal(questions(walk), 3);
    assert_int_equal(variables_counts(walk->variables).remote_calls, 2); /* of the fake */
}

static void more_than_a_batch_is_asked_in_several_calls(void **state)
{
    struct walk *walk = *state;
    char key[16];
    variables_window(walk->variables);
    variables_begin(walk->variables, NULL);
    for (unsigned i = 0; i < VARIABLES_BATCH + 1; i++) {
        (void)snprintf(key, sizeof key, "k%u", i);
        assert_int_equal(look(walk, "thing", key).type, VALUE_PENDING);
    }
    variables_fetch(walk->variables);
    assert_int_equal(questions(walk), VARIABLES_BATCH + 1);
    assert_int_equal(variables_counts(walk->variables).remote_calls, 4);
    assert_int_equal(get(walk, "thing", key), VARIABLES_COMPLETE);
    assert_int_equal(questions(walk), VARIABLES_BATCH + 1);
}

static void a_variable_without_a_key_is_asked_at_once(void **state)
{
    struct walk *walk = *state;
    variables_window(walk->variables);
    gives(walk, "plain", NULL, "{\"key\":\"none\",\"call\":1,\"subject\":null}");
}

static void what_the_plugin_does_not_declare_is_nothing(void **state)
{
    struct walk *walk = *state;
    char long_key[VARIABLES_KEY_BYTES + 2];
    memset(long_key, 'k', sizeof long_key);
    long_key[sizeof long_key - 1] = '\0';
    variables_window(walk->variables);
    gives(walk, "thimg", "a", "null");
    gives(walk, "thing", "", "null");
    gives(walk, "thing", long_key, "null");
    assert_int_equal(questions(walk), 0);
}

static void a_number_is_a_key_like_any_other(void **state)
{
    struct walk *walk = *state;
    variables_window(walk->variables);
    gives(walk, "thing", "123456", "{\"key\":\"123456\",\"call\":1,\"subject\":null}");
    gives(walk, "thing", "007", "{\"key\":\"007\",\"call\":2,\"subject\":null}");
}

static void a_missing_thing_is_nothing_and_not_asked_again(void **state)
{
    struct walk *walk = *state;
    variables_window(walk->variables);
    gives(walk, "thing", "missing", "null");
    gives(walk, "thing", "silent", "null");
    gives(walk, "thing", "missing", "null");
    assert_int_equal(questions(walk), 2);
}

/* ---- time ---- */

static void an_answer_is_asked_again_when_it_is_too_old(void **state)
{
    struct walk *walk = *state;
    variables_window(walk->variables);
    gives(walk, "thing", "a", "{\"key\":\"a\",\"call\":1,\"subject\":null}");
    mono_ms += 59999;
    variables_window(walk->variables);
    gives(walk, "thing", "a", "{\"key\":\"a\",\"call\":1,\"subject\":null}");
    mono_ms += 1;
    gives(walk, "thing", "a", "{\"key\":\"a\",\"call\":1,\"subject\":null}"); /* window */
    variables_window(walk->variables);
    gives(walk, "thing", "a", "{\"key\":\"a\",\"call\":2,\"subject\":null}");
}

/* The messages that asked do not wait for another mailing. */
static void a_short_rest_is_given_and_the_question_asked_again(void **state)
{
    struct walk *walk = *state;
    int64_t began_ms = clock_mono_ms(&clock_real);
    gives(walk, "thing", "nap", "{\"key\":\"nap\",\"call\":2,\"subject\":null}");
    assert_true(clock_mono_ms(&clock_real) - began_ms >= 1000);
    assert_int_equal(questions(walk), 2);
}

/* Each row: the INI's cache, what is asked, after how long it is asked again. */
static void how_long_is_the_ini_s_then_the_answer_s_then_the_plugin_s(void **state)
{
    static const struct {
        int64_t cache_s;
        const char *variable, *key;
        int64_t good_s;
    } rows[] = {
        {-1, "thing", "a", 60},       {300, "thing", "b", 300},
        {0, "thing", "c", 0},         {-1, "fresh", "d", 0},
        {300, "fresh", "e", 0},       {-1, "thing", "short", 7},
        {90, "thing", "missing", 10}, {5, "thing", "missing", 5},
        {90, "thing", "closed", 5},   {90, "thing", "rest", 30},
    };
    struct walk *walk = *state;
    walk->crew->integration.on_failure = ON_FAILURE_EMPTY;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        walk->crew->integration.cache_s = rows[i].cache_s;
        mono_ms += 1000000; /* nothing of the row before is good any more */
        variables_window(walk->variables);
        (void)get(walk, rows[i].variable, rows[i].key);
        uint64_t asked = questions(walk);
        if (rows[i].good_s > 0) {
            mono_ms += rows[i].good_s * 1000 - 1;
            variables_window(walk->variables);
            (void)get(walk, rows[i].variable, rows[i].key);
            assert_int_equal(questions(walk), asked);
            mono_ms += 1;
        }
        variables_window(walk->variables);
        (void)get(walk, rows[i].variable, rows[i].key);
        assert_int_equal(questions(walk), asked + 1);
    }
}

/* Else a message that is rendered again would never get further. */
static void an_answer_for_this_window_is_good_until_its_end(void **state)
{
    struct walk *walk = *state;
    variables_window(walk->variables);
    gives(walk, "fresh", "a", "{\"key\":\"a\",\"call\":1,\"subject\":null}");
    mono_ms += 3600000;
    gives(walk, "fresh", "a", "{\"key\":\"a\",\"call\":1,\"subject\":null}");
    variables_window(walk->variables);
    gives(walk, "fresh", "a", "{\"key\":\"a\",\"call\":2,\"subject\":null}");
}

/* ---- failures ---- */

static void a_failure_that_waits_is_told_with_the_first_reason(void **state)
{
    struct walk *walk = *state;
    variables_window(walk->variables);
    assert_int_equal(get(walk, "thing", "denied"), VARIABLES_FAILED);
    assert_int_equal(get(walk, "thing", "closed"), VARIABLES_FAILED);
    const struct error *failure = variables_failure(walk->variables);
    assert_int_equal(failure->status, IMH_DENIED);
    assert_string_equal(failure->text, "integration 'shop': no right to see it");
    assert_false(variables_stopped(walk->variables));
    assert_int_equal(get(walk, "thing", "a"), VARIABLES_COMPLETE);
    variables_window(walk->variables);
    assert_int_equal(get(walk, "thing", "closed"), VARIABLES_FAILED);
    assert_string_equal(variables_failure(walk->variables)->text,
                        "integration 'shop': the shop is closed");
}

static void an_older_answer_stands_in_for_a_while(void **state)
{
    static const char first[] = "{\"key\":\"tires\",\"call\":1,\"subject\":null}";
    struct walk *walk = *state;
    walk->crew->integration.stale_s = 120;
    variables_window(walk->variables);
    gives(walk, "thing", "tires", first);
    mono_ms += 60000; /* its time to live */
    variables_window(walk->variables);
    gives(walk, "thing", "tires", first);
    assert_int_equal(questions(walk), 2);
    mono_ms += 4999; /* the remote is left alone */
    variables_window(walk->variables);
    gives(walk, "thing", "tires", first);
    assert_int_equal(questions(walk), 2);
    mono_ms += 55001; /* 120 s since it was answered */
    variables_window(walk->variables);
    assert_int_equal(get(walk, "thing", "tires"), VARIABLES_FAILED);
}

static void a_failure_that_counts_as_empty_is_nothing(void **state)
{
    struct walk *walk = *state;
    walk->crew->integration.on_failure = ON_FAILURE_EMPTY;
    variables_window(walk->variables);
    gives(walk, "thing", "denied", "null");
    gives(walk, "thing", "crash", "null");
}

static void a_failure_that_stops_is_an_error(void **state)
{
    struct walk *walk = *state;
    walk->crew->integration.on_failure = ON_FAILURE_STOP;
    variables_window(walk->variables);
    (void)get(walk, "thing", "closed");
    assert_true(variables_stopped(walk->variables));
    assert_int_equal(walk->error.status, IMH_RETRY);
    assert_string_equal(walk->error.text, "integration 'shop': the shop is closed");
}

/* What is no JSON, what has no reason, what no status is: all of them say something. */
static void a_failure_always_has_a_sentence(void **state)
{
    static const struct {
        const char *key;
        imh_status status;
        const char *why;
    } rows[] = {
        {"half", IMH_REJECTED, "JSON"},
        {"vague", IMH_BROKEN, "integration 'shop': the plugin does not say why"},
        {"invent", IMH_BROKEN, "integration 'shop': who knows"},
        {"crash", IMH_RETRY, "integration 'shop': the plugin 'good' ended, tell its maker"},
    };
    struct walk *walk = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        variables_window(walk->variables);
        assert_int_equal(get(walk, "thing", rows[i].key), VARIABLES_FAILED);
        const struct error *failure = variables_failure(walk->variables);
        assert_non_null(strstr(failure->text, rows[i].why));
        if (i > 0) {
            assert_int_equal(failure->status, rows[i].status);
        }
    }
}

static void one_bad_key_does_not_spoil_the_others(void **state)
{
    static const char *const keys[] = {"a", "half", "denied", "b", "twice"};
    struct walk *walk = *state;
    variables_window(walk->variables);
    variables_begin(walk->variables, NULL);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        (void)look(walk, "thing", keys[i]);
    }
    variables_fetch(walk->variables);
    gives(walk, "thing", "a", "{\"key\":\"a\",\"call\":1,\"subject\":null}");
    gives(walk, "thing", "b", "{\"key\":\"b\",\"call\":1,\"subject\":null}");
    gives(walk, "thing", "twice", "{\"key\":\"first\"}");
    assert_int_equal(get(walk, "thing", "half"), VARIABLES_FAILED);
    assert_int_equal(get(walk, "thing", "denied"), VARIABLES_FAILED);
}

/* ---- who it is for ---- */

static void look_for(struct walk *walk, const char *recipient_json, const char *json)
{
    struct value recipient;
    struct value value;
    assert_true(data_read(str_from(recipient_json), &json_limits_input, DATA_PLAIN,
                          &walk->arena, &recipient, &walk->error));
    for (unsigned pass = 0; pass < 2; pass++) {
        variables_begin(walk->variables, &recipient);
        value = look(walk, "mine", "a");
        if (variables_end(walk->variables, true) == VARIABLES_MISSING) {
            variables_fetch(walk->variables);
        }
    }
    text_clear(&walk->json);
    data_write(&walk->json, &value);
    assert_string_equal(text_cstr(&walk->json), json);
}

static void a_variable_with_a_subject_is_asked_for_each_recipient(void **state)
{
    struct walk *walk = *state;
    variables_window(walk->variables);
    look_for(walk, "{\"email\":\"a@x.nl\",\"city\":\"Delft\",\"secret\":1}",
             "{\"key\":\"a\",\"call\":1,\"subject\":{\"email\":\"a@x.nl\",\"city\":"
             "\"Delft\"}}");
    look_for(walk, "{\"email\":\"b@x.nl\"}",
             "{\"key\":\"a\",\"call\":2,\"subject\":{\"email\":\"b@x.nl\"}}");
    look_for(walk, "{\"city\":\"Delft\",\"email\":\"a@x.nl\"}",
             "{\"key\":\"a\",\"call\":1,\"subject\":{\"email\":\"a@x.nl\",\"city\":"
             "\"Delft\"}}");
    look_for(walk, "{\"city\":\"Delft\",\"email\":null}",
             "{\"key\":\"a\",\"call\":3,\"subject\":{\"city\":\"Delft\"}}");
    look_for(walk, "[]", "{\"key\":\"a\",\"call\":4,\"subject\":{}}");
    assert_int_equal(questions(walk), 4);
}

static void a_subject_that_is_too_long_is_an_error(void **state)
{
    enum { LONG = 70000 };
    struct walk *walk = *state;
    struct array *fields = array_make(&walk->arena, 0);
    char *email = arena_alloc(&walk->arena, LONG);
    memset(email, 'e', LONG);
    struct key name = key_named(STR_OF("email"));
    struct value value = value_text((struct str){email, LONG});
    assert_true(array_set(&walk->arena, fields, &name, &value));
    struct value recipient = value_array(fields);
    variables_window(walk->variables);
    variables_begin(walk->variables, &recipient);
    assert_int_equal(look(walk, "mine", "a").type, VALUE_UNDEFINED);
    assert_non_null(strstr(walk->error.text, "what a variable needs to know of the "
                                             "recipient"));
    assert_int_equal(questions(walk), 0);
}

/* ---- counting ---- */

static void only_finished_messages_count_their_lookups(void **state)
{
    struct walk *walk = *state;
    variables_window(walk->variables);
    variables_begin(walk->variables, NULL);
    (void)look(walk, "thing", "a");
    (void)variables_end(walk->variables, false);
    assert_int_equal(variables_counts(walk->variables).lookups, 0);
    variables_fetch(walk->variables);
    variables_begin(walk->variables, NULL);
    (void)look(walk, "thing", "a");
    (void)look(walk, "thing", "a");
    (void)variables_end(walk->variables, true);
    assert_int_equal(variables_counts(walk->variables).lookups, 2);
    assert_int_equal(questions(walk), 1);
}

/* Notes `count` questions whose subjects are long, each for a recipient of its own. */
static void note_long_subjects(struct walk *walk, unsigned count)
{
    enum { LONG = 60000 };
    char *city = arena_alloc(&walk->arena, LONG);
    memset(city, 'c', LONG);
    for (unsigned i = 0; i < count; i++) {
        struct array *fields = array_make(&walk->arena, 0);
        struct key name = key_named(STR_OF("city"));
        struct value value = value_text((struct str){city, LONG - i});
        assert_true(array_set(&walk->arena, fields, &name, &value));
        struct value recipient = value_array(fields);
        variables_begin(walk->variables, &recipient);
        assert_int_equal(look(walk, "mine", "a").type, VALUE_PENDING);
    }
}

/* How many of four batches were under way together, at most. */
static void batches_come(struct walk *walk, const char *least, const char *never)
{
    char key[16];
    variables_window(walk->variables);
    variables_begin(walk->variables, NULL);
    for (unsigned i = 0; i < 4 * VARIABLES_BATCH; i++) {
        (void)snprintf(key, sizeof key, "pile%u", i);
        assert_int_equal(look(walk, "thing", key).type, VALUE_PENDING);
    }
    variables_fetch(walk->variables);
    assert_int_equal(questions(walk), 4 * VARIABLES_BATCH);
    assert_true(fake_crew_count(walk->crew, "worker", least) >= 1);
    assert_int_equal(fake_crew_count(walk->crew, "worker", never), 0);
    assert_int_equal(get(walk, "thing", key), VARIABLES_COMPLETE);
}

static void batches_of_an_integration_go_two_at_a_time(void **state)
{
    struct walk *walk = *state;
    batches_come(walk, "together=2", "together=3");
    assert_int_equal(fake_crew_count(walk->crew, "worker", "together=4"), 0);
}

static void batches_go_one_by_one_where_one_request_is_allowed(void **state)
{
    struct walk *walk = *state;
    walk->crew->integration.parallel = 1;
    batches_come(walk, "together=1", "together=2");
}

static void a_batch_has_a_limit_of_bytes_too(void **state)
{
    enum { MANY = 300 }; /* 18 MB in all, twice what a frame may hold */
    struct walk *walk = *state;
    variables_window(walk->variables);
    note_long_subjects(walk, MANY);
    variables_begin(walk->variables, NULL);
    (void)look(walk, "thing", "last");
    variables_fetch(walk->variables);
    assert_int_equal(questions(walk), MANY + 1);
    assert_int_equal(get(walk, "thing", "last"), VARIABLES_COMPLETE);
    assert_int_equal(questions(walk), MANY + 1);
}

/* A message that waits may have noted what nobody fetches: it is asked with the next. */
static void what_was_noted_and_not_fetched_survives_the_window(void **state)
{
    enum { MANY = 600 }; /* more than the cache may hold */
    struct walk *walk = *state;
    variables_window(walk->variables);
    variables_begin(walk->variables, NULL);
    (void)look(walk, "thing", "noted");
    (void)variables_end(walk->variables, false);
    note_long_subjects(walk, MANY);
    variables_window(walk->variables);
    variables_fetch(walk->variables);
    assert_int_equal(questions(walk), MANY + 1);
    assert_int_equal(get(walk, "thing", "noted"), VARIABLES_COMPLETE);
    assert_int_equal(questions(walk), MANY + 1);
}

#define WITH_CREW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(int argc, char **argv)
{
    int status;
    if (fake_crew_plays(argc, argv, &status)) {
        return status;
    }
    const struct CMUnitTest tests[] = {
        WITH_CREW(an_answer_is_fetched_once_and_then_there),
        WITH_CREW(what_is_missed_together_is_one_call),
        WITH_CREW(more_than_a_batch_is_asked_in_several_calls),
        WITH_CREW(a_variable_without_a_key_is_asked_at_once),
        WITH_CREW(what_the_plugin_does_not_declare_is_nothing),
        WITH_CREW(a_number_is_a_key_like_any_other),
        WITH_CREW(a_missing_thing_is_nothing_and_not_asked_again),
        WITH_CREW(an_answer_is_asked_again_when_it_is_too_old),
        WITH_CREW(a_short_rest_is_given_and_the_question_asked_again),
        WITH_CREW(how_long_is_the_ini_s_then_the_answer_s_then_the_plugin_s),
        WITH_CREW(an_answer_for_this_window_is_good_until_its_end),
        WITH_CREW(a_failure_that_waits_is_told_with_the_first_reason),
        WITH_CREW(an_older_answer_stands_in_for_a_while),
        WITH_CREW(a_failure_that_counts_as_empty_is_nothing),
        WITH_CREW(a_failure_that_stops_is_an_error),
        WITH_CREW(a_failure_always_has_a_sentence),
        WITH_CREW(one_bad_key_does_not_spoil_the_others),
        WITH_CREW(a_variable_with_a_subject_is_asked_for_each_recipient),
        WITH_CREW(a_subject_that_is_too_long_is_an_error),
        WITH_CREW(only_finished_messages_count_their_lookups),
        WITH_CREW(batches_of_an_integration_go_two_at_a_time),
        WITH_CREW(batches_go_one_by_one_where_one_request_is_allowed),
        WITH_CREW(a_batch_has_a_limit_of_bytes_too),
        WITH_CREW(what_was_noted_and_not_fetched_survives_the_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
