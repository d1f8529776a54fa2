#include "event/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/own.h"
#include "state.h"
#include "store/migrations.h"

/* A store with one integration, and a page that the tests change. */
struct rig {
    struct state *state;
    struct db *db;
    struct arena arena;
    struct source_place place;
    struct event events[4];
    struct event_page page;
    unsigned told;
    bool refuses;
};

static bool tell(void *self, struct db *db, const struct event *event, struct error *error)
{
    struct rig *rig = self;
    (void)db;
    assert_true(event->id > 0);
    rig->told++;
    return !rig->refuses || error_set(error, IMH_RETRY, "no");
}

static struct event event_of(const char *key)
{
    return (struct event){.type = STR("order-create"),
                          .key = str_from(key),
                          .at_ms = 5,
                          .subject = STR("{}"),
                          .data = STR("{\"id\":1}"),
                          .origin = STR("")};
}

static int setup(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    struct error error;
    void *folder = NULL;
    assert_non_null(rig);
    assert_int_equal(state_make(&folder), 0);
    rig->state = folder;
    rig->db = state_open(rig->state);
    assert_true(migrations_run(rig->db, &migrations_all, &clock_real, &error));
    assert_true(
        db_run(rig->db, "insert into integration values (1, 'acme', 'shop')", &error));
    arena_init(&rig->arena, 4096, 0);
    rig->place =
        (struct source_place){.polls = 1, .cursor = STR("c1"), .trouble = STR("none")};
    rig->events[0] = event_of("order/1");
    rig->events[1] = event_of("order/2");
    rig->page = (struct event_page){.integration = 1,
                                    .source = STR("orders"),
                                    .place = &rig->place,
                                    .events = rig->events,
                                    .count = 2,
                                    .now_ms = 77,
                                    .fresh = tell,
                                    .self = rig};
    *state = rig;
    return 0;
}

static int teardown(void **state)
{
    struct rig *rig = *state;
    void *folder = rig->state;
    arena_done(&rig->arena);
    db_close(rig->db);
    (void)state_remove(&folder);
    free(rig);
    return 0;
}

/* As the store runs it. */
static bool take(struct rig *rig, struct error *error)
{
    struct error ignored;
    assert_true(db_begin(rig->db, &ignored));
    bool good = event_take_page(rig->db, &rig->page, error);
    if (good) {
        assert_true(db_commit(rig->db, &ignored));
    } else {
        db_rollback(rig->db);
    }
    return good;
}

static void take_well(struct rig *rig)
{
    struct error error = {.text = ""};
    if (!take(rig, &error)) {
        fail_msg("%s", error.text);
    }
}

static enum event_known known(struct rig *rig, const char *key)
{
    struct event event = event_of(key);
    enum event_known found = EVENT_NEW;
    struct error error;
    event.integration = 1;
    assert_true(event_knows(rig->db, &event, &found, &error));
    return found;
}

static void a_key_says_whether_anybody_was_told(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(known(rig, "order/1"), EVENT_NEW);
    rig->page.learn = true;
    rig->page.count = 1;
    take_well(rig);
    rig->page.learn = false;
    rig->page.count = 2;
    rig->place.polls++;
    take_well(rig);
    assert_int_equal(known(rig, "order/1"), EVENT_LEARNED);
    assert_int_equal(known(rig, "order/2"), EVENT_TOLD);
    assert_int_equal(known(rig, "order/3"), EVENT_NEW);
}

static void an_event_is_kept_and_told_once(void **state)
{
    struct rig *rig = *state;
    take_well(rig);
    assert_int_equal(rig->page.news, 2);
    rig->place.polls = 2;
    rig->events[1] = event_of("order/3");
    take_well(rig);
    assert_int_equal(rig->page.news, 1);
    assert_int_equal(rig->told, 3);
    assert_int_equal(state_number(rig->db, "select count(*) from event"), 3);
    assert_int_equal(state_number(rig->db, "select max(seen_at_ms) from event"), 77);
}

static void one_key_of_two_types_is_two_events(void **state)
{
    struct rig *rig = *state;
    rig->events[1] = event_of("order/1");
    rig->events[1].type = STR_OF("order-paid");
    take_well(rig);
    assert_int_equal(rig->page.news, 2);
}

static void what_is_learned_is_no_event_now_or_later(void **state)
{
    struct rig *rig = *state;
    rig->page.learn = true;
    take_well(rig);
    rig->page.learn = false;
    rig->place.polls = 2;
    take_well(rig);
    assert_int_equal(rig->told, 0);
    assert_int_equal(state_number(rig->db, "select count(*) from event"), 0);
}

static void a_page_is_taken_as_a_whole(void **state)
{
    struct rig *rig = *state;
    struct error error;
    struct source_place place;
    const struct state_item item = {STR("k"), STR("v")};
    rig->page.states = &item;
    rig->page.state_count = 1;
    rig->refuses = true;
    assert_false(take(rig, &error));
    assert_true(event_place(rig->db, 1, STR_OF("orders"), &rig->arena, &place, &error));
    assert_int_equal(place.polls, 0);
    assert_int_equal(state_number(rig->db, "select count(*) from event_key"), 0);
    assert_int_equal(state_number(rig->db, "select count(*) from state"), 0);
}

static void a_late_page_is_refused(void **state)
{
    struct rig *rig = *state;
    struct error error;
    take_well(rig);
    for (int64_t polls = 0; polls < 4; polls++) {
        rig->place.polls = polls;
        rig->events[0] = event_of("late");
        if (polls != 2) {
            assert_false(take(rig, &error));
            assert_int_equal(error.status, IMH_MISSING);
        }
    }
    assert_int_equal(rig->told, 2);
}

static void a_place_comes_back_as_it_was(void **state)
{
    struct rig *rig = *state;
    struct error error;
    struct source_place got;
    struct source_place place = {.learned = true,
                                 .done_ms = 1,
                                 .from_ms = 2,
                                 .to_ms = 3,
                                 .cursor = STR("c"),
                                 .suspects = 4,
                                 .creeps = true,
                                 .failures = 5,
                                 .parked = 6,
                                 .polls = 1,
                                 .trouble = STR("t"),
                                 .good_at_ms = 8,
                                 .tried_at_ms = 9};
    for (unsigned i = 0; i < 2; i++) { /* inserted, then updated */
        rig->place = place;
        take_well(rig);
        assert_true(event_place(rig->db, 1, STR_OF("orders"), &rig->arena, &got, &error));
        assert_true(got.learned == place.learned && got.done_ms == place.done_ms &&
                    got.from_ms == place.from_ms && got.to_ms == place.to_ms &&
                    got.suspects == place.suspects && got.creeps == place.creeps &&
                    got.failures == place.failures && got.parked == place.parked &&
                    got.polls == place.polls && got.good_at_ms == place.good_at_ms &&
                    got.tried_at_ms == place.tried_at_ms);
        assert_true(str_eq(got.cursor, place.cursor) && str_eq(got.trouble, place.trouble));
        place = (struct source_place){.polls = 2, .cursor = STR("d"), .trouble = STR("")};
    }
}

static void a_state_is_kept_changed_and_removed(void **state)
{
    struct rig *rig = *state;
    static const struct state_item items[] = {
        {STR("k"), STR("1")}, {STR("k"), STR("2\0x")}, {STR("k"), STR("")}};
    for (unsigned i = 0; i < COUNT(items); i++) {
        struct error error;
        struct str value;
        rig->page.states = &items[i];
        rig->page.state_count = 1;
        rig->place.polls = i + 1;
        take_well(rig);
        assert_true(event_state(rig->db, 1, STR_OF("k"), &rig->arena, &value, &error));
        assert_true(items[i].value.len > 0 ? str_eq(value, items[i].value) : !value.ptr);
        assert_true(event_state(rig->db, 2, STR_OF("k"), &rig->arena, &value, &error));
        assert_null(value.ptr); /* another's */
    }
}

static void old_events_are_forgotten_and_their_keys_stay(void **state)
{
    struct rig *rig = *state;
    struct error error;
    uint32_t gone = 0;
    take_well(rig);
    assert_true(event_forget(rig->db, 1000, 10, &gone, &error));
    assert_int_equal(gone, 1); /* never the newest */
    rig->place.polls = 2;
    take_well(rig);
    assert_int_equal(rig->page.news, 0);
}

static void an_event_that_cannot_be_kept_is_refused(void **state)
{
    static const struct {
        struct str key, subject, data;
    } bad[] = {{STR(""), STR("{}"), STR("{}")},
               {STR("k\xff"), STR("{}"), STR("{}")},
               {STR("k"), STR("[]"), STR("{}")},
               {STR("k"), STR("{}"), STR("")},
               {STR("k"), STR("{}"), STR("{\"a\":}")}};
    struct error error;
    struct event event = event_of("order/1");
    (void)state;
    assert_true(event_check(&event, &error));
    for (unsigned i = 0; i < COUNT(bad); i++) {
        event.key = bad[i].key;
        event.subject = bad[i].subject;
        event.data = bad[i].data;
        assert_false(event_check(&event, &error));
        assert_int_equal(error.status, IMH_REJECTED);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_key_says_whether_anybody_was_told),
        TEST(an_event_is_kept_and_told_once),
        TEST(one_key_of_two_types_is_two_events),
        TEST(what_is_learned_is_no_event_now_or_later),
        TEST(a_page_is_taken_as_a_whole),
        TEST(a_late_page_is_refused),
        TEST(a_place_comes_back_as_it_was),
        TEST(a_state_is_kept_changed_and_removed),
        TEST(old_events_are_forgotten_and_their_keys_stay),
        cmocka_unit_test(an_event_that_cannot_be_kept_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
