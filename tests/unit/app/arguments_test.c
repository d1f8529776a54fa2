#include "app/arguments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

/* What was on the line. */
struct line {
    const char *data, *output;
    const char *limit[ARGUMENTS_WORDS_MOST];
    bool is_limited;
    bool stats;
    struct words words;
    struct error error;
};

enum { WORDS_MOST = 80 };

/* Reads the words, parted by blanks. */
static bool read_line(struct line *line, const char *text)
{
    static char copy[2000];
    char *argv[WORDS_MOST];
    int argc = 0;
    *line = (struct line){0};
    (void)snprintf(copy, sizeof copy, "%s", text);
    for (char *at = copy; *at && argc < WORDS_MOST;) {
        argv[argc++] = at;
        at += strcspn(at, " ");
        if (*at) {
            *at++ = '\0';
        }
    }
    const struct flag flags[] = {{"--data", &line->data, NULL},
                                 {"--output", &line->output, NULL},
                                 {"--limit", line->limit, &line->is_limited},
                                 {"--stats", NULL, &line->stats}};
    return arguments_read(argc, argv, flags, sizeof flags / sizeof *flags, &line->words,
                          &line->error);
}

static void flags_may_stand_anywhere(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "one two --data x --stats", "--data x one --stats two", "--stats one two --data=x",
        "--data y one two --data x --stats --stats"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct line line;
        assert_true(read_line(&line, lines[i]));
        assert_string_equal(line.data, "x");
        assert_null(line.output);
        assert_true(line.stats);
        assert_int_equal(line.words.count, 2);
        assert_string_equal(line.words.items[0], "one");
        assert_string_equal(line.words.items[1], "two");
    }
}

static void some_may_be_given_often(void **state)
{
    struct line line;
    (void)state;
    assert_true(read_line(&line, "--limit a=1 one --limit=b=2 --limit --stats"));
    assert_true(line.is_limited);
    assert_string_equal(line.limit[0], "a=1");
    assert_string_equal(line.limit[1], "b=2");
    assert_string_equal(line.limit[2], "--stats");
    assert_null(line.limit[3]);
    assert_true(read_line(&line, "one"));
    assert_false(line.is_limited);
    assert_false(read_line(&line, "one --limit"));
    assert_string_equal(line.error.text, "option '--limit' needs a value");
}

static void but_not_without_end(void **state)
{
    struct line line;
    char text[ARGUMENTS_WORDS_MOST * 12] = "";
    (void)state;
    for (unsigned i = 0; i < ARGUMENTS_WORDS_MOST - 1; i++) {
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "--limit=%u ", i);
    }
    assert_true(read_line(&line, text));
    (void)snprintf(text + strlen(text), sizeof text - strlen(text), "--limit=last");
    assert_false(read_line(&line, text));
    assert_string_equal(line.error.text, "option '--limit' is given too often");
}

static void a_value_is_taken_as_it_is(void **state)
{
    struct line line;
    (void)state;
    assert_true(read_line(&line, "--data --stats --output=a=b=--c"));
    assert_string_equal(line.data, "--stats");
    assert_string_equal(line.output, "a=b=--c");
    assert_false(line.stats);
    assert_true(read_line(&line, "--data="));
    assert_string_equal(line.data, "");
}

static void after_two_dashes_all_are_words(void **state)
{
    struct line line;
    (void)state;
    assert_true(read_line(&line, "a -- --stats -- -x"));
    assert_false(line.stats);
    assert_int_equal(line.words.count, 4);
    assert_string_equal(line.words.items[1], "--stats");
    assert_string_equal(line.words.items[2], "--");
}

static void a_dash_alone_is_a_word(void **state)
{
    struct line line;
    (void)state;
    assert_true(read_line(&line, "-"));
    assert_int_equal(line.words.count, 1);
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *line, *error;
    } cases[] = {
        {"--dato x", "unknown option '--dato'; did you mean '--data'?"},
        {"--zzzzzzzz", "unknown option '--zzzzzzzz'"},
        {"-d", "unknown option '-d'"},
        {"--dato=x", "unknown option '--dato'; did you mean '--data'?"},
        {"a --data", "option '--data' needs a value"},
        {"--stats=yes", "option '--stats' takes no value"},
        {"--stats=", "option '--stats' takes no value"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct line line;
        assert_false(read_line(&line, cases[i].line));
        assert_string_equal(line.error.text, cases[i].error);
    }
}

static void words_have_a_limit(void **state)
{
    char *argv[ARGUMENTS_WORDS_MOST + 1];
    char word[] = "word";
    struct words words;
    struct error error;
    (void)state;
    for (int i = 0; i <= ARGUMENTS_WORDS_MOST; i++) {
        argv[i] = word;
    }
    assert_true(arguments_read(ARGUMENTS_WORDS_MOST, argv, NULL, 0, &words, &error));
    assert_int_equal(words.count, ARGUMENTS_WORDS_MOST);
    assert_false(arguments_read(ARGUMENTS_WORDS_MOST + 1, argv, NULL, 0, &words, &error));
    assert_string_equal(error.text, "too many words");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_may_stand_anywhere),
        cmocka_unit_test(some_may_be_given_often),
        cmocka_unit_test(but_not_without_end),
        cmocka_unit_test(a_value_is_taken_as_it_is),
        cmocka_unit_test(after_two_dashes_all_are_words),
        cmocka_unit_test(a_dash_alone_is_a_word),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(words_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
