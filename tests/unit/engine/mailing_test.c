#include "engine/mailing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake_crew.h"
#include "smarty/data.h"

/* A mailing to recipients given as JSON, one a line; what was written. */
struct post {
    struct fake_crew *crew;
    struct variables *variables;
    struct mailing_result result;
    struct error error;
    struct str lines;       /* recipients that are left */
    unsigned fillers;       /* recipients without fields before these */
    struct text written;    /* "INDEX:MESSAGE|" each */
    uint64_t written_count; /* of all, also those of fillers */
    struct text waiting;    /* "INDEX|" each */
    struct value common;
    struct arena arena;
    bool full; /* writing fails */
};

static int setup(void **state)
{
    struct post *post = calloc(1, sizeof *post);
    if (!post || fake_crew_setup(state) != 0) {
        free(post);
        return -1;
    }
    post->crew = *state;
    post->variables = variables_make(post->crew->supervisor, &clock_real);
    text_init(&post->written, 1 << 20);
    text_init(&post->waiting, 1 << 20);
    arena_init(&post->arena, 4096, 0);
    *state = post;
    return post->variables ? 0 : -1;
}

static int teardown(void **state)
{
    struct post *post = *state;
    void *crew = post->crew;
    variables_free(post->variables);
    text_done(&post->written);
    text_done(&post->waiting);
    arena_done(&post->arena);
    free(post);
    return fake_crew_teardown(&crew);
}

static bool next(void *self, struct arena *arena, struct value *recipient,
                 struct error *error)
{
    struct post *post = self;
    struct str line;
    if (post->fillers > 0) {
        post->fillers--;
        *recipient = value_array(array_make(arena, 0));
        return true;
    }
    return post->lines.len > 0 && str_split(&post->lines, '\n', &line) &&
           data_read(line, &json_limits_input, DATA_PLAIN, arena, recipient, error);
}

static bool write_down(void *self, uint64_t index, struct str message, struct error *error)
{
    struct post *post = self;
    post->written_count++;
    if (message.len > 0) {
        text_print(&post->written, "%u:%.*s|", (unsigned)index, STR_ARGS(message));
    }
    return !post->full || error_set(error, IMH_REJECTED, "the disk is full");
}

static void let_wait(void *self, uint64_t index)
{
    struct post *post = self;
    text_print(&post->waiting, "%u|", (unsigned)index);
}

static const struct integration *find(void *self, struct str identifier)
{
    const struct post *post = self;
    return str_is(identifier, post->crew->integration.identifier) ? &post->crew->integration
                                                                  : NULL;
}

/* Renders for all lines; gives what mailing_run() gives. */
static bool send(struct post *post, const char *source, const char *recipients)
{
    const struct smarty_options options = {.escape_html = false};
    OWN(smarty_template) template =
        smarty_compile("t.tpl", str_from(source), &options, &post->error);
    assert_non_null(template);
    const struct mailing mailing = {.variables = post->variables,
                                    .template = template,
                                    .find = find,
                                    .find_self = post,
                                    .common = &post->common,
                                    .clock = &clock_real};
    const struct mailing_ports ports = {
        .self = post, .next = next, .write = write_down, .wait = let_wait};
    post->lines = str_from(recipients);
    text_clear(&post->written);
    text_clear(&post->waiting);
    post->written_count = 0;
    return mailing_run(&mailing, &ports, &post->result, &post->error);
}

static void sends(struct post *post, const char *source, const char *recipients,
                  const char *written)
{
    assert_true(send(post, source, recipients));
    assert_string_equal(text_cstr(&post->written), written);
    assert_int_equal(post->result.waiting, 0);
    assert_false(post->result.stopped);
}

static void set_common(struct post *post, const char *json)
{
    assert_true(data_read(str_from(json), &json_limits_input, DATA_PLAIN, &post->arena,
                          &post->common, &post->error));
}

/* ---- messages ---- */

static void nobody_gets_nothing(void **state)
{
    struct post *post = *state;
    sends(post, "hello", "", "");
    assert_int_equal(post->result.messages, 0);
}

static void each_recipient_gets_a_message_in_order(void **state)
{
    struct post *post = *state;
    sends(post, "hello {$name}", "{\"name\":\"Ann\"}\n{\"name\":\"Bob\"}\n{}",
          "0:hello Ann|1:hello Bob|2:hello |");
    assert_int_equal(post->result.messages, 3);
}

static void live_data_is_fetched_once_for_all(void **state)
{
    struct post *post = *state;
    sends(post, "{$shop.thing[$sku].key}/{$shop.thing[$sku].call} ",
          "{\"sku\":\"a\"}\n{\"sku\":\"b\"}\n{\"sku\":\"a\"}\n{\"sku\":\"missing\"}",
          "0:a/1 |1:b/1 |2:a/1 |3:/ |");
    const struct variables_counts counts = variables_counts(post->variables);
    assert_int_equal(counts.questions, 3);
    assert_int_equal(counts.lookups, 8);
}

static void what_depends_on_an_answer_is_fetched_after_it(void **state)
{
    struct post *post = *state;
    sends(post,
          "{$first = $shop.thing.a.key}{$second = $shop.thing[\"x`$first`\"].key}"
          "{$shop.thing[\"y`$second`\"].key}",
          "{}\n{}", "0:yxa|1:yxa|");
    assert_int_equal(variables_counts(post->variables).questions, 3);
}

static void a_message_without_live_data_does_not_wait_for_others(void **state)
{
    struct post *post = *state;
    assert_true(send(post, "{if $sku}{$shop.thing[$sku].key}{else}plain{/if}",
                     "{\"sku\":\"closed\"}\n{}\n{\"sku\":\"a\"}"));
    assert_non_null(strstr(text_cstr(&post->written), "1:plain|"));
}

/* ---- where a name comes from ---- */

static void names_have_their_order(void **state)
{
    struct post *post = *state;
    set_common(post, "{\"name\":\"common\",\"only\":\"here\",\"mailing\":{\"id\":7}}");
    sends(post, "{$name},{$only},{$mailing.id},{$profile.name},{$shop.thing.a.key}",
          "{\"name\":\"Ann\",\"shop\":\"a field\"}", "0:Ann,here,7,Ann,a|");
    sends(post, "{$name},{$message},{$shop = 1}{$shop}", "{\"message\":\"mine\"}",
          "0:common,mine,1|");
    sends(post, "[{$profile.name}{$trigger}{$nothing}]", "{}", "0:[]|");
}

static void a_field_that_an_integration_hides_is_in_the_profile(void **state)
{
    struct post *post = *state;
    sends(post, "{$profile.shop} {$shop.thing.a.key}", "{\"shop\":\"a field\"}",
          "0:a field a|");
}

/* ---- failures ---- */

static void who_needs_what_cannot_be_had_waits(void **state)
{
    struct post *post = *state;
    assert_true(send(post, "{$shop.thing[$sku].key}",
                     "{\"sku\":\"a\"}\n{\"sku\":\"denied\"}\n{\"sku\":\"half\"}"));
    assert_string_equal(text_cstr(&post->written), "0:a|");
    assert_string_equal(text_cstr(&post->waiting), "1|2|");
    assert_int_equal(post->result.messages, 1);
    assert_int_equal(post->result.waiting, 2);
    assert_string_equal(post->result.why.text, "integration 'shop': no right to see it");
    assert_false(post->result.stopped);
}

static void what_counts_as_empty_is_sent_with_its_default(void **state)
{
    struct post *post = *state;
    post->crew->integration.on_failure = ON_FAILURE_EMPTY;
    sends(post, "{$shop.thing[$sku].key|default:\"none\"}",
          "{\"sku\":\"denied\"}\n{\"sku\":\"a\"}", "0:none|1:a|");
}

static void a_failure_that_stops_ends_the_run(void **state)
{
    struct post *post = *state;
    post->crew->integration.on_failure = ON_FAILURE_STOP;
    assert_false(send(post, "{if $sku}{$shop.thing[$sku].key}{else}plain{/if}",
                      "{}\n{\"sku\":\"denied\"}"));
    assert_true(post->result.stopped);
    assert_string_equal(text_cstr(&post->written), "0:plain|");
    assert_non_null(strstr(post->error.text, "integration 'shop': no right to see it"));
}

static void a_plugin_that_is_refused_makes_messages_wait_or_stops(void **state)
{
    struct post *post = *state;
    post->crew->integration.plugin = "refused";
    assert_true(send(post, "{$shop.thing.a.key}", "{}\n{}"));
    assert_int_equal(post->result.waiting, 2);
    assert_string_equal(post->result.why.text, "integration 'shop': refused.so: too old");
    post->crew->integration.on_failure = ON_FAILURE_STOP;
    assert_false(send(post, "{$shop.thing.a.key}", "{}"));
    assert_true(post->result.stopped);
    assert_non_null(strstr(post->error.text, "refused.so: too old"));
}

static void an_integration_that_is_disabled_counts_as_one_that_failed(void **state)
{
    struct post *post = *state;
    post->crew->integration.enabled = false;
    assert_true(send(post, "{$shop.thing.a.key}", "{}"));
    assert_string_equal(text_cstr(&post->waiting), "0|");
    assert_string_equal(post->result.why.text,
                        "integration 'shop': it is disabled: say enabled = yes to use it");
    post->crew->integration.on_failure = ON_FAILURE_EMPTY;
    sends(post, "{$shop.thing.a.key|default:\"none\"}", "{}", "0:none|");
}

static void what_cannot_be_written_ends_the_run(void **state)
{
    struct post *post = *state;
    post->full = true;
    assert_false(send(post, "hello", "{}\n{}"));
    assert_string_equal(post->error.text, "the disk is full");
    assert_false(post->result.stopped);
    assert_int_equal(post->written_count, 1);
}

static void a_bad_recipient_ends_the_run_before_its_window(void **state)
{
    struct post *post = *state;
    assert_false(send(post, "hello", "{}\n{]\n{}"));
    assert_non_null(strstr(post->error.text, "not JSON"));
    assert_int_equal(post->written_count, 0);
}

static void an_error_of_the_template_names_its_line(void **state)
{
    struct post *post = *state;
    struct text recipient;
    text_init(&recipient, 10000);
    text_add_cstr(&recipient, "{\"list\":[0");
    for (unsigned i = 1; i < 300; i++) {
        text_print(&recipient, ",%u", i);
    }
    text_add_cstr(&recipient, "]}");
    assert_false(send(post,
                      "a\n{foreach $list as $a}{foreach $list as $b}{foreach $list as $c}"
                      "{/foreach}{/foreach}{/foreach}",
                      text_cstr(&recipient)));
    text_done(&recipient);
    assert_int_equal(strncmp(post->error.text, "t.tpl:2: ", 9), 0);
    assert_false(post->result.stopped);
}

/* Every answer asks for another: no end. */
static void a_template_that_always_asks_for_more_is_stopped(void **state)
{
    struct post *post = *state;
    char source[20000] = "{$k = \"s\"}";
    size_t at = strlen(source);
    for (unsigned i = 0; i <= MAILING_PASSES_MOST; i++) {
        at += (size_t)snprintf(source + at, sizeof source - at,
                               "{$k = \"%u`$shop.thing[$k].key`\"}", i % 10);
    }
    assert_false(send(post, source, "{}"));
    assert_non_null(strstr(post->error.text, "it never ends"));
    assert_int_equal(post->error.status, IMH_REJECTED);
}

/* ---- windows ---- */

static void windows_follow_each_other_and_share_the_cache(void **state)
{
    struct post *post = *state;
    post->fillers = MAILING_WINDOW;
    sends(post, "{if $sku}{$shop.thing[$sku].key}/{$shop.thing[$sku].call}{/if}",
          "{\"sku\":\"a\"}\n{\"sku\":\"b\"}", "10000:a/1|10001:b/1|");
    assert_int_equal(post->written_count, MAILING_WINDOW + 2);
    sends(post, "{$shop.thing[$sku].call}", "{\"sku\":\"a\"}", "0:1|");
    assert_int_equal(variables_counts(post->variables).questions, 2);
}

/* Recipients who need a thing each, all but the first and the one after `keys` of them;
 * things have names of their own in each `round`. */
static void write_keyed(struct text *recipients, char round, unsigned keys)
{
    text_add_cstr(recipients, "{}\n");
    for (unsigned i = 1; i <= keys; i++) {
        text_print(recipients, "{\"sku\":\"%c%u\"}\n", round, i);
    }
    text_print(recipients, "{}\n{\"sku\":\"%clast\"}", round);
}

/* Who needs nothing is written before the answers of his part come, and after those of the
 * part before his. */
static void a_window_goes_in_parts_until_the_size_of_answers_is_known(void **state)
{
    enum {
        PART = VARIABLES_WINDOW_BYTES / VARIABLES_ANSWER_BYTES / VARIABLES_BATCH *
               VARIABLES_BATCH
    };
    static const char source[] = "{if $sku}{$shop.thing[$sku].key}{else}plain{/if}";
    struct post *post = *state;
    struct text recipients;
    char start[64];
    text_init(&recipients, 1 << 20);
    write_keyed(&recipients, 'p', PART);
    assert_true(send(post, source, text_cstr(&recipients)));
    assert_int_equal(post->result.messages, PART + 3);
    assert_int_equal(strncmp(text_cstr(&post->written), "0:plain|1:p1|2:p2|", 18), 0);
    (void)snprintf(start, sizeof start, "|%d:p%d|%d:plain|%d:plast|", PART, PART, PART + 1,
                   PART + 2);
    assert_non_null(strstr(text_cstr(&post->written), start));

    text_clear(&recipients);
    write_keyed(&recipients, 'q', PART);
    assert_true(send(post, source, text_cstr(&recipients)));
    (void)snprintf(start, sizeof start, "0:plain|%d:plain|1:q1|", PART + 1);
    assert_int_equal(strncmp(text_cstr(&post->written), start, strlen(start)), 0);
    assert_int_equal(post->result.messages, PART + 3);
    text_done(&recipients);
}

/* The first window loses the worker; the second waits until it has rested, and is sent. */
static void a_plugin_that_crashed_answers_the_next_window(void **state)
{
    struct post *post = *state;
    struct text recipients;
    text_init(&recipients, 1 << 20);
    text_add_cstr(&recipients, "{\"sku\":\"crash\"}\n");
    for (unsigned i = 1; i < MAILING_WINDOW; i++) {
        text_add_cstr(&recipients, "{}\n");
    }
    text_add_cstr(&recipients, "{\"sku\":\"a\"}");
    assert_true(
        send(post, "{if $sku}{$shop.thing[$sku].key}{/if}", text_cstr(&recipients)));
    assert_string_equal(text_cstr(&post->written), "10000:a|");
    assert_int_equal(post->result.waiting, 1);
    assert_int_equal(post->result.messages, MAILING_WINDOW);
    text_done(&recipients);
}

#define WITH_CREW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(int argc, char **argv)
{
    int status;
    if (fake_crew_plays(argc, argv, &status)) {
        return status;
    }
    const struct CMUnitTest tests[] = {
        WITH_CREW(nobody_gets_nothing),
        WITH_CREW(each_recipient_gets_a_message_in_order),
        WITH_CREW(live_data_is_fetched_once_for_all),
        WITH_CREW(what_depends_on_an_answer_is_fetched_after_it),
        WITH_CREW(a_message_without_live_data_does_not_wait_for_others),
        WITH_CREW(names_have_their_order),
        WITH_CREW(a_field_that_an_integration_hides_is_in_the_profile),
        WITH_CREW(who_needs_what_cannot_be_had_waits),
        WITH_CREW(what_counts_as_empty_is_sent_with_its_default),
        WITH_CREW(a_failure_that_stops_ends_the_run),
        WITH_CREW(a_plugin_that_is_refused_makes_messages_wait_or_stops),
        WITH_CREW(an_integration_that_is_disabled_counts_as_one_that_failed),
        WITH_CREW(what_cannot_be_written_ends_the_run),
        WITH_CREW(a_bad_recipient_ends_the_run_before_its_window),
        WITH_CREW(an_error_of_the_template_names_its_line),
        WITH_CREW(a_template_that_always_asks_for_more_is_stopped),
        WITH_CREW(windows_follow_each_other_and_share_the_cache),
        WITH_CREW(a_window_goes_in_parts_until_the_size_of_answers_is_known),
        WITH_CREW(a_plugin_that_crashed_answers_the_next_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
