#include "engine/aftermath.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "engine/stream.h"
#include "queue_rig.h"

#define MINUTE_MS RIG_MINUTE_MS

/* An event of the shop that led to what is done. */
static int64_t cause(struct rig *rig, int64_t at_ms)
{
    struct event event = {.integration = rig->shop,
                          .type = STR("changed"),
                          .key = STR("contact/7/1"),
                          .at_ms = at_ms,
                          .seen_at_ms = rig->now_ms,
                          .subject = STR("{}"),
                          .data = STR("{}"),
                          .origin = STR("")};
    RIG_STEP(rig, event_add(rig->db, &event, false, &error));
    return event.id;
}

/* What a follow-up does about a record because of it. */
static int64_t act(struct rig *rig, int64_t integration, const char *record, int64_t event)
{
    const struct queue queue = rig_queue(rig);
    struct queue_added added;
    char origin[80];
    struct text stream;
    text_init(&stream, JOB_STREAM_BYTES);
    stream_add_text(&stream, str_from(record));
    (void)snprintf(origin, sizeof origin, "{\"followup\":\"f\",\"event\":%lld}",
                   (long long)event);
    const struct job job = {.integration = integration,
                            .kind = JOB_ACTION,
                            .flags = JOB_FOLLOWS,
                            .part = STR("write"),
                            .stream = text_str(&stream)};
    const struct job_text text = {STR("{}"), str_from(origin), STR("")};
    RIG_STEP(rig, queue_add(&queue, &job, &text, &added, &error));
    text_done(&stream);
    return added.job;
}

static void serve(struct rig *rig, int64_t job)
{
    (void)rig_serve(rig, job, (struct job_answer){.status = IMH_OK});
}

/* Is an event of the shop, which happened then, a consequence of ours? */
static bool is_ours(struct rig *rig, const char *key, int64_t at_ms)
{
    struct event event = {
        .integration = rig->shop, .key = str_from(key), .at_ms = at_ms, .origin = STR("")};
    struct error error;
    assert_true(aftermath_find(rig->db, &event, rig->now_ms - MINUTE_MS, rig->now_ms,
                               &rig->arena, &error));
    return event.origin.len > 0 &&
           str_starts(event.origin, STR_OF("{\"followup\":\"f\",\"event\":"));
}

static void a_change_of_what_was_written_has_its_causes(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t began_ms = rig.now_ms;
    assert_false(is_ours(&rig, "contact/7/2", began_ms));
    int64_t job = act(&rig, rig.shop, "7", 0);
    assert_false(is_ours(&rig, "contact/7/2", began_ms)); /* nothing was sent yet */
    const struct queue_take *take = rig_take(&rig, rig.shop, 1);
    assert_true(is_ours(&rig, "contact/7/2", began_ms)); /* no answer came yet */
    (void)rig_answer(&rig, &take->calls[0], (struct job_answer){.status = IMH_OK});
    rig_assert_state(&rig, job, JOB_DONE);
    rig.now_ms += MINUTE_MS;
    assert_true(is_ours(&rig, "contact/7/2", began_ms));
    serve(&rig, rig_action(&rig, "=\"7\"")); /* of a person, since */
    assert_true(is_ours(&rig, "contact/7", began_ms));
    assert_true(is_ours(&rig, "7", began_ms));
    assert_false(is_ours(&rig, "contact/8/2", began_ms));
    assert_false(is_ours(&rig, "7/8", began_ms));
    assert_false(is_ours(&rig, "contact/77", began_ms));
    rig_close(&rig);
}

static void it_is_no_more_than_minutes_away(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t made_ms = rig.now_ms;
    int64_t job = act(&rig, rig.shop, "7", 0);
    rig.now_ms += 10 * MINUTE_MS;
    int64_t done_ms = rig.now_ms;
    serve(&rig, job);
    assert_false(is_ours(&rig, "a/7", made_ms - AFTERMATH_EARLY_MS - 1));
    assert_true(is_ours(&rig, "a/7", made_ms - AFTERMATH_EARLY_MS));
    assert_true(is_ours(&rig, "a/7", done_ms + AFTERMATH_LATE_MS));
    assert_false(is_ours(&rig, "a/7", done_ms + AFTERMATH_LATE_MS + 1));
    assert_false(is_ours(&rig, "a/7", INT64_MAX));
    assert_false(is_ours(&rig, "a/7", INT64_MIN));
    /* Of no moment of its own: since the poll before, which was a minute ago. */
    rig.now_ms = done_ms + AFTERMATH_LATE_MS + MINUTE_MS;
    assert_true(is_ours(&rig, "a/7", 0));
    rig.now_ms++;
    assert_false(is_ours(&rig, "a/7", 0));
    rig_close(&rig);
}

static void what_happened_with_its_cause_is_no_consequence(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t at_ms = rig.now_ms - 5;
    serve(&rig, act(&rig, rig.shop, "7", cause(&rig, at_ms)));
    assert_false(is_ours(&rig, "contact/7/subscribed", at_ms));
    assert_true(is_ours(&rig, "contact/7/subscribed", at_ms + 1));
    rig_close(&rig);
}

static void what_others_did_is_nobodys(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t elsewhere = act(&rig, rig.mail, "7", 0);
    (void)rig_take(&rig, rig.mail, 1);
    rig_assert_state(&rig, elsewhere, JOB_RUNNING);
    serve(&rig, rig_action(&rig, "=\"7\"")); /* of a person */
    assert_false(is_ours(&rig, "contact/7/2", rig.now_ms));
    int64_t needless = act(&rig, rig.shop, "7", 0);
    (void)rig_serve(&rig, needless,
                    (struct job_answer){.status = IMH_CANCELED, .needless = true});
    rig_assert_state(&rig, needless, JOB_DISCARDED);
    assert_false(is_ours(&rig, "contact/7/2", rig.now_ms));
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        state_test(a_change_of_what_was_written_has_its_causes),
        state_test(it_is_no_more_than_minutes_away),
        state_test(what_happened_with_its_cause_is_no_consequence),
        state_test(what_others_did_is_nobodys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
