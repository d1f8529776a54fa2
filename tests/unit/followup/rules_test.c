#include "followup/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "smarty/limits.h"

/* ---- making them ---- */

static void refuse(void *self, unsigned line, const char *what, struct str wrong,
                   struct str names)
{
    (void)self;
    (void)names;
    fail_msg("%u: %s %.*s", line, what, STR_ARGS(wrong));
}

static struct followup *make(const char *name, const char *on, const char *condition)
{
    const struct followup_problems problems = {NULL, refuse};
    const struct followup_entry entries[] = {{STR_OF("on"), str_from(on), 1},
                                             {STR_OF("do"), STR_OF("a.b"), 2},
                                             {STR_OF("if"), str_from(condition), 3}};
    return followup_make(str_from(name), entries, condition ? 3 : 2, &problems);
}

struct rig {
    struct judge *judge;
    struct arena arena;
    struct candidates found;
};

static void rig_init(struct rig *rig)
{
    rig->judge = judge_make();
    arena_init(&rig->arena, 4096, 0);
}

static void rig_done(struct rig *rig)
{
    judge_free(rig->judge);
    arena_done(&rig->arena);
}

static struct trigger event_of(const char *type, const char *data)
{
    return (struct trigger){.integration = STR("shop"),
                            .type = str_from(type),
                            .key = STR("order/17/create"),
                            .at_ms = 5000,
                            .data = str_from(data),
                            .origin = STR("")};
}

static enum answer_to_if answer_of(const char *condition, const char *data)
{
    struct rig rig;
    rig_init(&rig);
    struct followup_set *set =
        followup_set_make(make("one", "shop.order", condition), NULL);
    const struct trigger trigger = event_of("order", data);
    assert_true(judge_event(rig.judge, set, &trigger, 9000, &rig.arena, &rig.found));
    assert_int_equal(rig.found.count, 1);
    enum answer_to_if answer = rig.found.items[0].answer;
    followup_set_release(set);
    rig_done(&rig);
    return answer;
}

/* ---- if ---- */

static void a_condition_has_the_limits_of_its_set(void **state)
{
    (void)state;
    static const struct smarty_limits limits = {.effort = 1, .set_by = "here"};
    struct rig rig;
    rig_init(&rig);
    struct followup_set *set = followup_set_make(
        make("one", "shop.order", "$trigger.n|default:1|str_repeat:3|count_words"), NULL);
    const struct trigger trigger = event_of("order", "{\"n\":\"x\"}");
    assert_true(judge_event(rig.judge, set, &trigger, 9000, &rig.arena, &rig.found));
    assert_int_equal(rig.found.items[0].answer, ANSWERS_YES);
    followup_set_limit(set, &limits);
    assert_true(judge_event(rig.judge, set, &trigger, 9000, &rig.arena, &rig.found));
    /* asked again where an error is shown */
    assert_int_equal(rig.found.items[0].answer, ANSWERS_LIVE);
    followup_set_release(set);
    rig_done(&rig);
}

static void a_condition_sees_the_event(void **state)
{
    (void)state;
    const char *data =
        "{\"id\":7,\"type\":\"x\",\"total\":50.5,\"who\":{\"email\":\"a@b\"}}";
    static const struct {
        const char *condition;
        enum answer_to_if wanted;
    } cases[] = {
        {NULL, ANSWERS_YES},
        {"$trigger.total > 50 && $trigger.who.email", ANSWERS_YES},
        {"$trigger.total gt 51", ANSWERS_NO},
        {"$trigger.missing", ANSWERS_NO},
        {"$trigger.type == 'order' && $trigger.source == 'shop'", ANSWERS_YES},
        {"$trigger.timestamp == 5", ANSWERS_YES},
        {"$trigger.attributes.id == 7 && $trigger.attributes.type == 'x'", ANSWERS_YES},
        {"!$trigger.trigger", ANSWERS_LIVE}, /* what led to it is not known yet */
        {"$trigger.id > 0", ANSWERS_LIVE},   /* it has none yet */
        {"$shop.order[5].status == 'x'", ANSWERS_LIVE},
        {"$trigger.total > 51 && $shop.order[5].status", ANSWERS_NO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(answer_of(cases[i].condition, data), cases[i].wanted);
    }
}

static void what_fails_is_asked_again_live(void **state)
{
    (void)state;
    assert_int_equal(answer_of("count($trigger.x) > 0", "{\"x\":\"no list\"}"),
                     ANSWERS_LIVE);
    assert_int_equal(answer_of("$trigger.x", "{\"a\":1,\"a\":2}"), ANSWERS_LIVE);
    assert_int_equal(answer_of("$trigger.x", "[1]"), ANSWERS_LIVE);
    assert_int_equal(answer_of(NULL, "[1]"), ANSWERS_YES); /* nobody looked */
}

static void references_are_live(void **state)
{
    (void)state;
    const char *data = "{\"customer\":{\"$ref\":[\"customer\",\"7\"]}}";
    assert_int_equal(answer_of("$trigger.customer.email", data), ANSWERS_LIVE);
}

/* ---- what its variables were ---- */

static void check_values(const struct candidate *candidate, const char *wanted)
{
    struct text out;
    text_init(&out, 2 * VALUES_BYTES);
    assert_int_equal(candidate->values != NULL, wanted != NULL);
    if (wanted) {
        values_join(&candidate->followup->steps[0].condition_values, candidate->values,
                    &out);
        assert_string_equal(text_cstr(&out), wanted);
    }
    text_done(&out);
}

static void each_answer_has_the_values_of_its_own_event(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    struct followup *first = make("one", "shop.order", "$trigger.total > 50");
    first->next = make("two", "shop.order", "$trigger.who && $trigger.total > 60");
    first->next->next = make("three", "shop.order", "$trigger.total || $shop.order[5].x");
    first->next->next->next = make("four", "shop.order", "$shop.order[5].x");
    first->next->next->next->next = make("five", "shop.order", NULL);
    struct followup_set *set = followup_set_make(first, NULL);
    const struct trigger rich = event_of("order", "{\"total\":70,\"who\":\"ann\"}");
    assert_true(judge_event(rig.judge, set, &rich, 9000, &rig.arena, &rig.found));
    struct candidates found = rig.found;
    const struct trigger poor = event_of("order", "{\"total\":7}");
    assert_true(judge_event(rig.judge, set, &poor, 9000, &rig.arena, &rig.found));
    check_values(&found.items[0], "{\"$trigger.total\":70}");
    check_values(&found.items[1], "{\"$trigger.who\":\"ann\",\"$trigger.total\":70}");
    check_values(&found.items[2], "{\"$trigger.total\":70}"); /* nobody needed the other */
    check_values(&found.items[3], NULL);
    check_values(&found.items[4], NULL);
    check_values(&rig.found.items[0], "{\"$trigger.total\":7}");
    check_values(&rig.found.items[1], "{\"$trigger.who\":null,\"$trigger.total\":7}");
    followup_set_release(set);
    rig_done(&rig);
}

static void a_variable_is_written_once_an_event(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    struct followup *first = make("one", "shop.order", "$trigger.total > 50");
    first->next = make("two", "shop.order", "$trigger.who && $trigger.total > 60");
    struct followup_set *set = followup_set_make(first, NULL);
    const struct trigger trigger = event_of("order", "{\"total\":70}");
    assert_true(judge_event(rig.judge, set, &trigger, 9000, &rig.arena, &rig.found));
    assert_ptr_equal(rig.found.items[0].values[0].ptr, rig.found.items[1].values[1].ptr);
    judge_forget_values(rig.judge);
    assert_true(judge_event(rig.judge, set, &trigger, 9000, &rig.arena, &rig.found));
    check_values(&rig.found.items[0], NULL);
    followup_set_release(set);
    rig_done(&rig);
}

/* ---- matching, against a simple model ---- */

enum { TYPES = 7, FOLLOWUPS = 40, EVENTS = 200 };

static uint32_t roll(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 16;
}

/* Follow-up number `i`, on these types. */
static struct followup *make_numbered(unsigned i, unsigned types)
{
    char name[8];
    char on[200] = "";
    for (unsigned type = 0; type < TYPES; type++) {
        size_t len = strlen(on);
        if (types & 1U << type) { /* twice is once */
            (void)snprintf(on + len, sizeof on - len, "shop.t%u shop.t%u ", type, type);
        }
    }
    (void)snprintf(name, sizeof name, "f%u", i);
    struct followup *followup = make(name, on, i % 2 ? "$trigger.yes" : NULL);
    followup->disabled = i % 5 == 0;
    return followup;
}

/* The model: all of them, one after the other. */
static void check_found(const struct candidates *found, const unsigned *types,
                        unsigned type, bool yes)
{
    unsigned count = 0;
    for (unsigned i = 0; i < FOLLOWUPS; i++) {
        char wanted[8];
        if (i % 5 == 0 || !(types[i] & 1U << type)) {
            continue;
        }
        (void)snprintf(wanted, sizeof wanted, "f%u", i);
        assert_in_range(count, 0, found->count - 1);
        assert_true(str_is(found->items[count].followup->name, wanted));
        assert_int_equal(found->items[count].answer,
                         i % 2 == 0 || yes ? ANSWERS_YES : ANSWERS_NO);
        count++;
    }
    assert_int_equal(count, found->count);
}

static void each_event_finds_what_names_its_type(void **state)
{
    (void)state;
    struct rig rig;
    struct followup *list = NULL;
    struct followup **last = &list;
    unsigned types[FOLLOWUPS]; /* bits */
    uint32_t seed = 17;
    rig_init(&rig);
    for (unsigned i = 0; i < FOLLOWUPS; i++) {
        types[i] = 1 + roll(&seed) % ((1 << TYPES) - 1);
        *last = make_numbered(i, types[i]);
        last = &(*last)->next;
    }
    struct followup_set *set = followup_set_make(list, "Europe/Amsterdam");
    for (unsigned i = 0; i < EVENTS; i++) {
        unsigned type = roll(&seed) % TYPES;
        char name[8];
        (void)snprintf(name, sizeof name, "t%u", type);
        const struct trigger trigger = event_of(name, i % 2 ? "{\"yes\":1}" : "{}");
        assert_true(judge_event(rig.judge, set, &trigger, 0, &rig.arena, &rig.found));
        check_found(&rig.found, types, type, i % 2);
    }
    followup_set_release(set);
    rig_done(&rig);
}

static void other_integrations_and_types_find_nothing(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    struct followup_set *set = followup_set_make(make("one", "shop.order", NULL), NULL);
    struct trigger trigger = event_of("orders", "{}");
    for (unsigned i = 0; i < 2; i++) {
        assert_true(judge_event(rig.judge, set, &trigger, 0, &rig.arena, &rig.found));
        assert_int_equal(rig.found.count, 0);
        trigger.type = STR_OF("order");
        trigger.integration = STR_OF("shops");
    }
    followup_set_release(set);
    rig_done(&rig);
}

static void a_set_lives_until_nobody_holds_it(void **state)
{
    (void)state;
    struct followup_set *set = followup_set_make(make("one", "shop.order", NULL), "UTC");
    assert_ptr_equal(followup_set_hold(set), set);
    followup_set_release(set);
    assert_true(str_is(followup_set_first(set)->name, "one"));
    assert_non_null(followup_set_zone(set));
    followup_set_release(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_condition_has_the_limits_of_its_set),
        cmocka_unit_test(a_condition_sees_the_event),
        cmocka_unit_test(what_fails_is_asked_again_live),
        cmocka_unit_test(references_are_live),
        cmocka_unit_test(each_answer_has_the_values_of_its_own_event),
        cmocka_unit_test(a_variable_is_written_once_an_event),
        cmocka_unit_test(each_event_finds_what_names_its_type),
        cmocka_unit_test(other_integrations_and_types_find_nothing),
        cmocka_unit_test(a_set_lives_until_nobody_holds_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
