#include "followup/followup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/text.h"
#include "base/zone.h"

/* ---- sections ---- */

static void note(void *self, unsigned line, const char *what, struct str wrong,
                 struct str names)
{
    struct text *told = self;
    (void)names;
    text_print(told, "%u: %s%s%.*s\n", line, what, wrong.len > 0 ? " " : "",
               STR_ARGS(wrong));
}

/* Of "name=value" words, each of its own line. */
static struct followup *make(const char *const *words, uint32_t count, struct text *told)
{
    struct followup_entry entries[40];
    const struct followup_problems problems = {told, note};
    for (uint32_t i = 0; i < count; i++) {
        struct str word = str_from(words[i]);
        size_t equals = str_find_char(word, '=');
        entries[i] = (struct followup_entry){str_before(word, equals),
                                             str_after(word, equals + 1), i + 1};
    }
    return followup_make(STR_OF("thanks"), entries, count, &problems);
}

#define COUNT(list) (sizeof(list) / sizeof *(list))

static void assert_told(const char *const *words, uint32_t count, const char *wanted)
{
    struct text told;
    text_init(&told, 10000);
    OWN(followup) followup = make(words, count, &told);
    assert_non_null(followup);
    assert_true(followup->wrong);
    assert_string_equal(text_cstr(&told), wanted);
    text_done(&told);
}

static const char *const whole[] = {
    "on=shop.order-create outlet.order-create",
    "if=$trigger.total > 50\n  && $trigger.email",
    "wait=14d",
    "recheck=$shop.order[$trigger.entity_id].status != \"canceled\"",
    "until=shop.order-canceled same entity_id shop.order-refunded same a.b",
    "restart=shop.cart-update same cart_id",
    "limit=2 per 30d per {$trigger.customer.email}",
    "do=mail.send",
    "with.to={$trigger.email}",
    "wait.2=90s",
    "if.2=$trigger.x",
    "do.2=crm.note",
    "with.2.text=Thanks, {$trigger.name}",
};

static void check_whole(const struct followup *followup)
{
    assert_false(followup->wrong);
    assert_int_equal(followup->on.count, 2);
    assert_true(str_is(followup->on.items[1].integration, "outlet"));
    assert_true(str_is(followup->on.items[1].type, "order-create"));
    assert_int_equal(followup->until.count, 2);
    assert_true(str_is(followup->until.items[1].field, "a.b"));
    assert_int_equal(followup->restart.count, 1);
    assert_int_equal(followup->limit.most, 2);
    assert_int_equal(followup->limit.period_s, 30 * 86400);
    assert_int_equal(followup->step_count, 2);
    assert_int_equal(followup->steps[0].wait.days, 14);
    assert_int_equal(followup->steps[1].wait.seconds, 90);
    assert_non_null(followup->steps[0].recheck);
    assert_true(str_is(followup->steps[1].integration, "crm"));
    assert_true(str_is(followup->steps[1].action, "note"));
    assert_true(str_is(followup->steps[1].arguments[0].name, "text"));
}

static void a_section_becomes_steps(void **state)
{
    (void)state;
    struct text told;
    text_init(&told, 10000);
    OWN(followup) followup = make(whole, COUNT(whole), &told);
    assert_non_null(followup);
    assert_string_equal(text_cstr(&told), "");
    check_whole(followup);
    text_done(&told);
}

static void its_text_makes_the_same_one_again(void **state)
{
    (void)state;
    struct text told;
    struct error error;
    text_init(&told, 10000);
    OWN(followup) first = make(whole, COUNT(whole), &told);
    OWN(followup) again = followup_read(first->name, first->text, &error);
    assert_non_null(again);
    check_whole(again);
    assert_true(str_eq(again->text, first->text));
    assert_memory_equal(again->digest, first->digest, FOLLOWUP_DIGEST_BYTES);
    text_done(&told);
}

static void another_text_has_another_digest(void **state)
{
    (void)state;
    static const char *const other[] = {"on=a.b", "do=c.d"};
    struct text told;
    text_init(&told, 10000);
    OWN(followup) first = make(whole, COUNT(whole), &told);
    OWN(followup) second = make(other, COUNT(other), &told);
    assert_memory_not_equal(first->digest, second->digest, FOLLOWUP_DIGEST_BYTES);
    text_done(&told);
}

static void all_that_is_wrong_is_told_with_its_place(void **state)
{
    (void)state;
    static const char *const words[] = {"on=shop",
                                        "if=$trigger.total >\n && 3",
                                        "wait=soon",
                                        "until=a.b same",
                                        "limit=x per 3d per y",
                                        "do=mail send",
                                        "with.to={$x",
                                        "wat=3",
                                        "do.21=a.b",
                                        "on.2=a.b",
                                        "with=3",
                                        "enabled=perhaps"};
    assert_told(words, COUNT(words),
                "1: 'on' wants IDENTIFIER.TYPE, not 'shop'\n"
                "3: 'if', column 2: unexpected '&', expected a value\n"
                "3: 'wait' must be a duration such as 90s, 5m, 2h or 30d, at most 3650d\n"
                "4: 'until' wants IDENTIFIER.TYPE same FIELD\n"
                "5: 'limit' wants NUMBER per DURATION per WHOM, at most 1000000 per "
                "3650d: 1 per 30d per {$trigger.customer.email}\n"
                "6: 'do' wants IDENTIFIER.ACTION\n"
                "7: 'with.to', column 4: the template ends where '}' was expected\n"
                "8: unknown setting wat\n"
                "9: 'do.21' has a step's number, which is 2 to 20\n"
                "10: unknown setting on.2\n"
                "11: unknown setting with\n"
                "12: 'enabled' must be yes or no\n");
}

static void no_events_are_none(void **state)
{
    (void)state;
    static const char *const words[] = {"on=", "do=c.d", "until=", "restart="};
    assert_told(words, COUNT(words),
                "1: 'on' is empty: which events start it?\n"
                "3: 'until' is empty: IDENTIFIER.TYPE same FIELD is wanted\n"
                "4: 'restart' is empty: IDENTIFIER.TYPE same FIELD is wanted\n");
}

static void spans_have_an_end(void **state)
{
    (void)state;
    static const char *const words[] = {"on=a.b", "do=c.d", "wait=3651d",
                                        "limit=1 per 3651d per x"};
    assert_told(words, COUNT(words),
                "3: 'wait' must be a duration such as 90s, 5m, 2h or 30d, at most 3650d\n"
                "4: 'limit' wants NUMBER per DURATION per WHOM, at most 1000000 per "
                "3650d: 1 per 30d per {$trigger.customer.email}\n");
}

/* "if." and "with.02.a" are none of "if" and "with.2.a". */
static void no_setting_has_two_names(void **state)
{
    (void)state;
    static const char *const words[] = {"on=a.b",         "do=c.d",     "if=$trigger.x",
                                        "if.=$trigger.y", "do.2=c.d",   "with.2.a=1",
                                        "with.02.a=2",    "wait.2.=3d", "do.0=c.d"};
    assert_told(words, COUNT(words),
                "4: unknown setting if.\n"
                "7: 'with.02.a' has a step's number, which is 2 to 20\n"
                "8: unknown setting wait.2.\n"
                "9: 'do.0' has a step's number, which is 2 to 20\n");
}

static void a_field_that_is_too_long_is_refused(void **state)
{
    (void)state;
    char until[240];
    const char *const words[] = {"on=a.b", "do=c.d", until};
    (void)snprintf(until, sizeof until, "until=a.b same %0200d", 0);
    struct text told;
    text_init(&told, 10000);
    followup_free(make(words, COUNT(words), &told));
    assert_string_equal(text_cstr(&told), "");
    text_done(&told);
    (void)snprintf(until, sizeof until, "until=a.b same %0201d", 0);
    assert_told(words, COUNT(words), "3: 'until' names a field of more than 200 bytes\n");
}

static void what_is_missing_is_told(void **state)
{
    (void)state;
    static const char *const words[] = {"do.3=a.b"};
    assert_told(words, COUNT(words),
                "0: 'on' is missing: which events start it?\n"
                "0: 'do' is missing: what is to be done?\n"
                "0: 'do.2' is missing\n");
}

static void braces_around_a_condition_are_refused(void **state)
{
    (void)state;
    static const char *const words[] = {"on=a.b", "if={$trigger.x}", "do=a.b"};
    assert_told(words, COUNT(words),
                "2: 'if' is an expression, without braces: $trigger.total > 50\n");
}

/* ---- waits ---- */

static void days_keep_the_clock_on_the_wall(void **state)
{
    (void)state;
    struct error error;
    OWN(zone) zone = zone_open("Europe/Amsterdam", &error);
    const struct followup_wait day = {.days = 1};
    const struct followup_wait hours = {.seconds = 86400};
    int64_t before_ms = INT64_C(1774695600123); /* 2026-03-28 12:00 there, summer is near */
    assert_int_equal(followup_wait_end(&day, zone, before_ms), before_ms + 23 * 3600000);
    assert_int_equal(followup_wait_end(&day, NULL, before_ms), before_ms + 24 * 3600000);
    assert_int_equal(followup_wait_end(&hours, zone, before_ms), before_ms + 24 * 3600000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_section_becomes_steps),
        cmocka_unit_test(its_text_makes_the_same_one_again),
        cmocka_unit_test(another_text_has_another_digest),
        cmocka_unit_test(all_that_is_wrong_is_told_with_its_place),
        cmocka_unit_test(no_events_are_none),
        cmocka_unit_test(spans_have_an_end),
        cmocka_unit_test(no_setting_has_two_names),
        cmocka_unit_test(a_field_that_is_too_long_is_refused),
        cmocka_unit_test(what_is_missing_is_told),
        cmocka_unit_test(braces_around_a_condition_are_refused),
        cmocka_unit_test(days_keep_the_clock_on_the_wall),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
