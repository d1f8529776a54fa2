#include "queue/halt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "queue_rig.h"

static const struct pause by_one = {1000, "uid 1"};
static const struct pause by_two = {2000, "uid 2"};

/* "paused by uid 1", "held: no rights"; empty: nothing keeps it. */
static const char *halt_of(struct rig *rig, int64_t integration, const char *part)
{
    static char text[80];
    struct error error = {.text = ""};
    struct halt halt;
    assert_true(
        halt_find(rig->db, integration, str_from(part), &rig->arena, &halt, &error));
    if (halt.since_ms == 0) {
        return "";
    }
    (void)snprintf(text, sizeof text, "%s %.*s",
                   halt.paused ? "paused by" : "held:", STR_ARGS(halt.why));
    return text;
}

static void nothing_of_a_paused_integration_is_taken(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t id = rig_action(&rig, "a");
    RIG_STEP(&rig, halt_pause(rig.db, rig.shop, &by_one, &error));
    assert_true(rig_take(&rig, rig.shop, 4)->held);
    assert_int_equal(rig.take.count, 0);
    assert_false(rig_take(&rig, rig.mail, 4)->held);
    rig_restart(&rig);
    assert_true(rig_take(&rig, rig.shop, 4)->held);
    assert_int_equal(rig_job(&rig, id).attempts, 0);
    RIG_STEP(&rig, halt_end_pause(rig.db, rig.shop, &error));
    rig_serve(&rig, id, (struct job_answer){.status = IMH_OK});
    rig_close(&rig);
}

static void who_paused_it_first_is_remembered(void **state)
{
    struct rig rig;
    struct pause pause;
    rig_open(&rig, *state);
    RIG_STEP(&rig, halt_find_pause(rig.db, rig.shop, &pause, &error));
    assert_int_equal(pause.since_ms, 0);
    RIG_STEP(&rig, halt_pause(rig.db, rig.shop, &by_one, &error));
    RIG_STEP(&rig, halt_pause(rig.db, rig.shop, &by_two, &error));
    RIG_STEP(&rig, halt_find_pause(rig.db, rig.shop, &pause, &error));
    assert_int_equal(pause.since_ms, 1000);
    assert_string_equal(pause.who, "uid 1");
    rig_close(&rig);
}

static void releasing_what_is_held_leaves_a_pause(void **state)
{
    struct rig rig;
    bool more = true;
    rig_open(&rig, *state);
    const struct queue queue = rig_queue(&rig);
    RIG_STEP(&rig, halt_pause(rig.db, rig.shop, &by_one, &error));
    RIG_STEP(&rig, queue_hold(&queue, rig.shop, STR_OF(""), STR_OF("no rights"), &error));
    RIG_STEP(&rig, queue_release(&queue, rig.shop, &more, &error));
    assert_true(rig_take(&rig, rig.shop, 4)->held);
    assert_string_equal(halt_of(&rig, rig.shop, "x"), "paused by uid 1");
    rig_close(&rig);
}

static void the_nearest_reason_is_found(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    const struct queue queue = rig_queue(&rig);
    assert_string_equal(halt_of(&rig, rig.shop, "put"), "");
    RIG_STEP(&rig, queue_hold(&queue, rig.shop, STR_OF("put"), STR_OF("part"), &error));
    assert_string_equal(halt_of(&rig, rig.shop, "put"), "held: part");
    assert_string_equal(halt_of(&rig, rig.shop, "post"), "");
    RIG_STEP(&rig, queue_hold(&queue, rig.shop, STR_OF(""), STR_OF("all"), &error));
    assert_string_equal(halt_of(&rig, rig.shop, "put"), "held: all");
    RIG_STEP(&rig, halt_pause(rig.db, rig.shop, &by_one, &error));
    assert_string_equal(halt_of(&rig, rig.shop, "post"), "paused by uid 1");
    assert_string_equal(halt_of(&rig, rig.mail, "put"), "");
    rig_close(&rig);
}

struct seen {
    unsigned count;
    char text[200];
};

static void see(void *self, const struct halt *halt)
{
    struct seen *seen = self;
    size_t at = strlen(seen->text);
    seen->count++;
    (void)snprintf(seen->text + at, sizeof seen->text - at, "%.*s:%s%.*s ",
                   STR_ARGS(halt->integration), halt->paused ? "paused" : "",
                   STR_ARGS(halt->part));
}

static void all_are_told_a_pause_before_holds(void **state)
{
    struct rig rig;
    struct seen seen = {0};
    rig_open(&rig, *state);
    const struct queue queue = rig_queue(&rig);
    RIG_STEP(&rig, queue_hold(&queue, rig.shop, STR_OF("put"), STR_OF("part"), &error));
    RIG_STEP(&rig, queue_hold(&queue, rig.shop, STR_OF(""), STR_OF("all"), &error));
    RIG_STEP(&rig, halt_pause(rig.db, rig.shop, &by_one, &error));
    RIG_STEP(&rig, halt_pause(rig.db, rig.mail, &by_two, &error));
    RIG_STEP(&rig, halt_each(rig.db, see, &seen, &error));
    assert_int_equal(seen.count, 4);
    assert_non_null(strstr(seen.text, "shop:paused shop: shop:put"));
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        state_test(nothing_of_a_paused_integration_is_taken),
        state_test(who_paused_it_first_is_remembered),
        state_test(releasing_what_is_held_leaves_a_pause),
        state_test(the_nearest_reason_is_found),
        state_test(all_are_told_a_pause_before_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
