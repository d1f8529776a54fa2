#include "followup/rehearsal.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/text.h"

enum { EVENTS_MOST = 1000, S = 1000, LINE_BYTES = 300, DAY_S = 86400 };

/* ---- a rig: what is told becomes lines ---- */

struct rig {
    struct rehearsal *rehearsal;
    struct followup_set *set;
    struct rehearsed events[EVENTS_MOST];
    int64_t count;
    struct text told;
    int64_t last_ms;
    bool gone; /* no event can be had again */
};

static void refuse(void *self, unsigned line, const char *what, struct str wrong,
                   struct str names)
{
    (void)self;
    (void)names;
    fail_msg("%u: %s %.*s", line, what, STR_ARGS(wrong));
}

/* "name=value;name=value". */
static struct followup *make(const char *name, const char *settings)
{
    enum { ENTRIES_MOST = 20 };
    const struct followup_problems problems = {NULL, refuse};
    struct followup_entry entries[ENTRIES_MOST];
    struct str rest = str_from(settings);
    struct str entry;
    uint32_t count = 0;
    while (str_split(&rest, ';', &entry)) {
        size_t equals = str_find_char(entry, '=');
        entries[count] = (struct followup_entry){str_before(entry, equals),
                                                 str_after(entry, equals + 1), count + 2};
        count++;
    }
    return followup_make(str_from(name), entries, count, &problems);
}

/* "name 5s done 1 {args} ?unasked (reason)". */
static void write_line(void *self, const struct rehearsal_told *told)
{
    struct rig *rig = self;
    text_print(&rig->told, "%.*s#%" PRId64 " %" PRId64 "s %s %" PRIu32,
               STR_ARGS(told->followup->name), told->event, told->at_ms / S,
               run_state_name(told->state), told->step);
    if (told->args.len > 0) {
        text_print(&rig->told, " %.*s", STR_ARGS(told->args));
    }
    if (told->unasked.len > 0) {
        text_print(&rig->told, " ?%.*s", STR_ARGS(told->unasked));
    }
    if (told->reason.len > 0) {
        text_print(&rig->told, " (%.*s)", STR_ARGS(told->reason));
    }
    text_add_char(&rig->told, '\n');
    assert_true(told->at_ms >= rig->last_ms);
    rig->last_ms = told->at_ms;
}

static bool load(void *self, int64_t place, struct arena *arena, struct rehearsed *event,
                 struct error *error)
{
    const struct rig *rig = self;
    (void)arena;
    *event = rig->events[place];
    return !rig->gone || error_set(error, IMH_MISSING, "it is gone");
}

static void rig_init(struct rig *rig, struct followup *followups, const char *zone)
{
    *rig = (struct rig){.set = followup_set_make(followups, zone)};
    text_init(&rig->told, 1 << 20);
    const struct rehearsal_settings settings = {rig->set, rig, write_line, load};
    rig->rehearsal = rehearsal_make(&settings);
    assert_non_null(rig->rehearsal);
}

static void rig_done(struct rig *rig)
{
    rehearsal_free(rig->rehearsal);
    followup_set_release(rig->set);
    text_done(&rig->told);
}

/* Its number is its place, from 0 on, and one more. */
static void happen(struct rig *rig, int64_t at_s, const char *type, const char *data)
{
    struct error error;
    struct rehearsed *event = &rig->events[rig->count];
    *event = (struct rehearsed){.trigger = {.id = rig->count + 1,
                                            .integration = STR("shop"),
                                            .type = str_from(type),
                                            .key = STR("cart/1/x"),
                                            .at_ms = at_s * S,
                                            .data = str_from(data),
                                            .origin = STR(""),
                                            .subject = STR("{}")},
                                .place = rig->count,
                                .seen_ms = at_s * S};
    rig->count++;
    assert_true(rehearsal_event(rig->rehearsal, event, &error));
}

static void until(struct rig *rig, int64_t s)
{
    struct error error;
    assert_true(rehearsal_advance(rig->rehearsal, s * S, &error));
}

static void check(struct rig *rig, const char *wanted)
{
    assert_string_equal(text_cstr(&rig->told), wanted);
    text_clear(&rig->told);
}

/* ---- tests ---- */

static void what_needs_no_wait_is_done_at_once(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig,
             make("one", "on=shop.order;if=$trigger.n > 1;do=crm.put;with.n={$trigger.n};"
                         "with.text=n {$trigger.n};with.nothing={$trigger.x}"),
             NULL);
    happen(&rig, 5, "order", "{\"n\":2}");
    happen(&rig, 6, "order", "{\"n\":1}");
    happen(&rig, 7, "other", "{\"n\":2}");
    check(&rig, "one#1 5s done 1 {\"n\":2,\"text\":\"n 2\"}\n"
                "one#2 6s unwanted 1 ('if' said no)\n");
    assert_int_equal(rehearsal_rest(rig.rehearsal).waiting, 0);
    rig_done(&rig);
}

static void a_wait_ends_by_the_virtual_clock(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, make("one", "on=shop.cart;wait=10s;do=crm.put;with.n={$trigger.n}"),
             NULL);
    happen(&rig, 1, "cart", "{\"n\":1}");
    happen(&rig, 3, "cart", "{\"n\":2}");
    check(&rig, "");
    assert_int_equal(rehearsal_rest(rig.rehearsal).waiting, 2);
    assert_int_equal(rehearsal_rest(rig.rehearsal).due_ms, 11 * S);
    happen(&rig, 12, "other", "{}");
    check(&rig, "one#1 11s done 1 {\"n\":1}\n");
    until(&rig, 100);
    check(&rig, "one#2 13s done 1 {\"n\":2}\n");
    rig_done(&rig);
}

static void an_event_of_until_ends_the_wait(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, make("one", "on=shop.cart;wait=10s;until=shop.order same id;do=crm.put"),
             NULL);
    happen(&rig, 1, "cart", "{\"id\":1}");
    happen(&rig, 2, "cart", "{\"id\":2}");
    happen(&rig, 2, "cart", "{\"id\":1}");
    happen(&rig, 3, "cart", "{}"); /* nothing can end it */
    happen(&rig, 5, "order", "{\"id\":\"1\"}");
    happen(&rig, 6, "order", "{}");
    happen(&rig, 7, "cart", "{\"id\":1}"); /* came later */
    until(&rig, 100);
    check(&rig, "one#1 5s ended 1 (until: event 5, order)\n"
                "one#3 5s ended 1 (until: event 5, order)\n"
                "one#2 12s done 1 {}\n"
                "one#4 13s done 1 {}\n"
                "one#7 17s done 1 {}\n");
    rig_done(&rig);
}

static void an_event_of_restart_makes_it_wait_anew(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig,
             make("one", "on=shop.cart shop.change;wait=10s;restart=shop.change same id;"
                         "do=crm.put;wait.2=5s;do.2=crm.put"),
             NULL);
    happen(&rig, 1, "cart", "{\"id\":1}");
    happen(&rig, 8, "change", "{\"id\":1}");
    happen(&rig, 9, "change", "{\"id\":2}"); /* of another: starts its own */
    check(&rig, "one#2 8s restarter 1 (a run that waits begins its wait anew)\n");
    happen(&rig, 18, "change", "{\"id\":1}"); /* too late: it is at its second step */
    until(&rig, 100);
    check(&rig, "one#1 18s acting 1 {}\n"
                "one#3 19s acting 1 {}\n"
                "one#1 23s done 2 {}\n"
                "one#3 24s done 2 {}\n"
                "one#4 28s acting 1 {}\n"
                "one#4 33s done 2 {}\n");
    rig_done(&rig);
}

static void a_limit_counts_in_its_period(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig,
             make("one", "on=shop.order;limit=2 per 10s per {$trigger.who};do=crm.put"),
             NULL);
    for (int at = 1; at <= 4; at++) {
        happen(&rig, at, "order", "{\"who\":\"ann\"}");
    }
    happen(&rig, 5, "order", "{\"who\":\"bob\"}");
    happen(&rig, 6, "order", "{\"who\":\" \"}");
    happen(&rig, 11, "order", "{\"who\":\"ann\"}"); /* the first is over */
    happen(&rig, 11, "order", "{\"who\":\"ann\"}");
    check(&rig,
          "one#1 1s done 1 {}\n"
          "one#2 2s done 1 {}\n"
          "one#3 3s limited 1 ('limit': there were enough of them)\n"
          "one#4 4s limited 1 ('limit': there were enough of them)\n"
          "one#5 5s done 1 {}\n"
          "one#6 6s failed 1 ('limit': whom it counts for is empty: let 'if' want that it"
          " is there)\n"
          "one#7 11s done 1 {}\n"
          "one#8 11s limited 1 ('limit': there were enough of them)\n");
    rig_done(&rig);
}

static void what_only_a_remote_knows_is_said(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig,
             make("one", "on=shop.cart;if=$shop.cart[1].open;wait=5s;"
                         "recheck=$trigger.customer.name;limit=1 per 5s per {$shop.who};"
                         "do=crm.put;with.a={$shop.cart[1].sum};with.b=x"),
             NULL);
    happen(&rig, 1, "cart", "{\"customer\":{\"$ref\":[\"customer\",\"7\"]}}");
    happen(&rig, 2, "cart", "{\"customer\":{}}");
    until(&rig, 100);
    check(&rig, "one#1 6s done 1 {\"b\":\"x\"} ?if recheck with.a limit\n"
                "one#2 7s needless 1 ?if ('recheck' said no)\n");
    rig_done(&rig);
}

static void a_later_step_may_be_unwanted_and_an_expression_fail(void **state)
{
    (void)state;
    struct rig rig;
    struct followup *first =
        make("one", "on=shop.order;do=crm.put;if.2=$trigger.two;wait.2=5s;do.2=crm.put");
    first->next = make("two", "on=shop.order;do=crm.put;with.n={count($trigger.two)}");
    rig_init(&rig, first, NULL);
    happen(&rig, 1, "order", "{\"two\":0}");
    until(&rig, 9);
    check(&rig, "one#1 1s acting 1 {}\n"
                "one#1 1s unwanted 2 ('if' said no)\n"
                "two#1 1s failed 1 (with.n:1: count() takes an array)\n");
    rig_done(&rig);
}

static void what_a_follow_up_caused_does_not_start_it(void **state)
{
    (void)state;
    struct rig rig;
    struct error error;
    rig_init(&rig, make("one", "on=shop.order;do=crm.put"), NULL);
    const struct rehearsed event = {
        .trigger = {.id = 9,
                    .integration = STR("shop"),
                    .type = STR("order"),
                    .key = STR("order/17/x"),
                    .at_ms = S,
                    .data = STR("{}"),
                    .origin = STR("{\"causes\":[{\"event\":3,\"followup\":\"one\","
                                  "\"record\":\"order/17\"}]}"),
                    .subject = STR("{}")},
        .seen_ms = S};
    assert_true(rehearsal_event(rig.rehearsal, &event, &error));
    assert_true(str_starts(text_str(&rig.told), STR_OF("one#9 1s loop 1 (a loop: 'one'")));
    rig_done(&rig);
}

static void days_are_of_the_accounts_calendar(void **state)
{
    (void)state;
    struct rig rig;
    const int64_t noon_s = 1774695600; /* 2026-03-28 12:00 in Amsterdam; summer comes */
    rig_init(&rig, make("one", "on=shop.order;wait=1d;do=crm.put"), "Europe/Amsterdam");
    happen(&rig, noon_s, "order", "{}");
    assert_int_equal(rehearsal_rest(rig.rehearsal).due_ms, (noon_s + DAY_S - 3600) * S);
    rig_done(&rig);
}

static void an_event_that_is_gone_ends_the_rehearsal(void **state)
{
    (void)state;
    struct rig rig;
    struct error error;
    rig_init(&rig, make("one", "on=shop.order;wait=5s;do=crm.put"), NULL);
    rig.gone = true;
    happen(&rig, 1, "order", "{}");
    assert_false(rehearsal_advance(rig.rehearsal, 100 * S, &error));
    assert_int_equal(error.status, IMH_MISSING);
    rig_done(&rig);
}

/* Many wait, in any order: each is told at its time, and once. */
static void many_waits_end_in_order(void **state)
{
    (void)state;
    struct rig rig;
    struct str rest;
    struct str line;
    uint64_t dice = 12345;
    int64_t done = 0;
    struct followup *first = NULL;
    static const char *const waits[] = {"1s", "50s", "7s", "300s"};
    for (int i = 0; i < 4; i++) {
        char settings[100];
        (void)snprintf(settings, sizeof settings,
                       "on=shop.cart;wait=%s;until=shop.order same id;do=crm.put",
                       waits[i]);
        struct followup *one = make("one", settings);
        one->next = first;
        first = one;
    }
    rig_init(&rig, first, NULL);
    static char data[20][16];
    for (int i = 0; i < 20; i++) {
        (void)snprintf(data[i], sizeof data[i], "{\"id\":%d}", i);
    }
    for (int at = 0; at < 900; at++) {
        dice = dice * 6364136223846793005U + 1442695040888963407U;
        happen(&rig, at, dice >> 60 == 0 ? "order" : "cart", data[(dice >> 40) % 20]);
    }
    until(&rig, 5000);
    assert_int_equal(rehearsal_rest(rig.rehearsal).waiting, 0);
    int64_t carts = 0;
    for (int64_t i = 0; i < rig.count; i++) {
        carts += str_is(rig.events[i].trigger.type, "cart");
    }
    rest = text_str(&rig.told);
    while (str_split(&rest, '\n', &line) && line.len > 0) {
        done++;
    }
    assert_int_equal(done, 4 * carts);
    rig_done(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_needs_no_wait_is_done_at_once),
        cmocka_unit_test(a_wait_ends_by_the_virtual_clock),
        cmocka_unit_test(an_event_of_until_ends_the_wait),
        cmocka_unit_test(an_event_of_restart_makes_it_wait_anew),
        cmocka_unit_test(a_limit_counts_in_its_period),
        cmocka_unit_test(what_only_a_remote_knows_is_said),
        cmocka_unit_test(a_later_step_may_be_unwanted_and_an_expression_fail),
        cmocka_unit_test(what_a_follow_up_caused_does_not_start_it),
        cmocka_unit_test(days_are_of_the_accounts_calendar),
        cmocka_unit_test(an_event_that_is_gone_ends_the_rehearsal),
        cmocka_unit_test(many_waits_end_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
