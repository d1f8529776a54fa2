/* told - what a plugin says arrives as it was said: by the plugin `told`, which says what
 * it is told to, alone (resolve) and as `told_many` (resolve_many). Arguments: see stand.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dlfcn.h>

#include <cmocka.h>

#include "plugins/told/told.h"
#include "stand.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { SHORT_MS = 300 };

/* Every status there is, one by one, and some that there are not. */
static const struct {
    imh_status told, heard;
    const char *words; /* when the plugin gives no reason */
} statuses[] = {
    {IMH_RETRY, IMH_RETRY, "the plugin failed for now and does not say why"},
    {IMH_WAIT, IMH_WAIT, "the remote asks for rest"},
    {IMH_MISSING, IMH_MISSING, "there is no such thing"},
    {IMH_REJECTED, IMH_REJECTED, "the plugin refuses this and does not say why"},
    {IMH_DENIED, IMH_DENIED, "the credentials are refused"},
    {IMH_CANCELED, IMH_CANCELED, "the call was canceled, or its time was over"},
    {IMH_BROKEN, IMH_BROKEN, "the plugin has a fault and does not say which"},
    {IMH_UNKNOWN, IMH_UNKNOWN, "a request was sent and no answer came"},
    {IMH_TOO_LARGE, IMH_TOO_LARGE, "it is too large for the remote"},
    {10, IMH_BROKEN,
     "the plugin answers with status 10, which does not exist: a bug of the plugin"},
    {-1, IMH_BROKEN,
     "the plugin answers with status -1, which does not exist: a bug of the plugin"},
    {4711, IMH_BROKEN,
     "the plugin answers with status 4711, which does not exist: a bug of the plugin"},
};

static bool resolves_many(const struct stand *stand)
{
    return strcmp(stand->descriptor->name, "told_many") == 0;
}

static struct asked ask_for(const char *variable, const char *key)
{
    return (struct asked){.variable = str_from(variable),
                          .has_key = true,
                          .key = str_from(key),
                          .subject = STR("{}")};
}

static void ask(struct stand *stand, const char *variable, const char *key, int64_t time_ms,
                struct seen *seen)
{
    struct asked asked = ask_for(variable, key);
    stand_ask(stand, stand->a, &asked, 1, time_ms, seen);
}

/* ---- statuses ---- */

static void every_status_of_a_lookup_arrives(void **state)
{
    struct stand *stand = *state;
    for (size_t i = 0; i < COUNT(statuses); i++) {
        struct seen seen;
        char key[100];
        (void)snprintf(key, sizeof key, "%d", (int)statuses[i].told);
        ask(stand, "status", key, STAND_CALL_MS, &seen);
        assert_int_equal(seen.heard[0].status, statuses[i].heard);
        assert_string_equal(seen.text, statuses[i].words);
        assert_int_equal(seen.after_s, 0);
        seen_done(&seen);
        (void)snprintf(key, sizeof key, "%d:77:because of %zu", (int)statuses[i].told, i);
        ask(stand, "status", key, STAND_CALL_MS, &seen);
        assert_int_equal(seen.heard[0].status, statuses[i].heard);
        assert_int_equal(seen.after_s, 77);
        assert_string_equal(seen.text, key + strcspn(key, "b"));
        seen_done(&seen);
    }
}

/* One key that fails spoils no other; a remote in trouble ends the call of a plugin that
 * resolves one by one, and its words are those of all that were not answered. */
static void a_status_is_that_of_its_own_lookup(void **state)
{
    struct stand *stand = *state;
    const struct asked asked[] = {ask_for("status", "0"), ask_for("status", "4:0:odd"),
                                  ask_for("status", "3"), ask_for("status", "0"),
                                  ask_for("status", "1"), ask_for("status", "0")};
    struct seen seen;
    imh_status last = resolves_many(stand) ? IMH_OK : IMH_RETRY;
    const imh_status wanted[] = {IMH_OK, IMH_REJECTED, IMH_MISSING,
                                 IMH_OK, IMH_RETRY,    last};
    stand_ask(stand, stand->a, asked, COUNT(asked), STAND_CALL_MS, &seen);
    for (size_t i = 0; i < COUNT(asked); i++) {
        assert_int_equal(seen.heard[i].status, wanted[i]);
        assert_int_equal(seen.heard[i].count, wanted[i] == IMH_OK ? 1 : 0);
    }
    assert_int_equal(seen.status, last);
    seen_done(&seen);
}

static void a_status_for_all_is_that_of_all(void **state)
{
    struct stand *stand = *state;
    const struct asked asked[] = {ask_for("status", "0"),
                                  ask_for("status", "all:2:30:all of you"),
                                  ask_for("status", "0")};
    struct seen seen;
    if (!resolves_many(stand)) {
        return; /* told has no such key: it would be status 0 */
    }
    stand_ask(stand, stand->a, asked, COUNT(asked), STAND_CALL_MS, &seen);
    assert_int_equal(seen.heard[0].status, IMH_OK); /* an answer given stays */
    assert_int_equal(seen.heard[1].status, IMH_WAIT);
    assert_int_equal(seen.heard[2].status, IMH_WAIT);
    assert_int_equal(seen.status, IMH_WAIT);
    assert_int_equal(seen.after_s, 30);
    assert_string_equal(seen.text, "all of you");
    seen_done(&seen);
}

static void every_status_of_a_check_and_a_poll_arrives(void **state)
{
    struct stand *stand = *state;
    for (size_t i = 0; i < COUNT(statuses); i++) {
        struct seen seen;
        char cursor[100];
        (void)snprintf(cursor, sizeof cursor, "%d:5:because", (int)statuses[i].told);
        struct call_span span = {.from_ms = 1, .to_ms = 2, .cursor = str_from(cursor)};
        stand_poll(stand, stand->a, &span, STAND_CALL_MS, &seen);
        assert_int_equal(seen.status, statuses[i].heard);
        assert_int_equal(seen.after_s, 5);
        assert_string_equal(seen.text, "because");
        assert_string_equal(text_cstr(&seen.events), "0 told/1\n");
        assert_int_equal(seen.cursor_count, 1);
        seen_done(&seen);
    }
    struct seen seen;
    stand_check(stand, stand->a, STAND_CALL_MS, &seen);
    assert_int_equal(seen.status, IMH_OK);
    seen_done(&seen);
}

static void configure(struct stand *stand, const char *more)
{
    struct text problems;
    text_init(&problems, 64 << 10);
    stand_configure(stand, more, NULL, &problems);
    assert_string_equal(text_cstr(&problems), "");
    text_done(&problems);
}

static void a_check_that_fails_says_why(void **state)
{
    struct stand *stand = *state;
    struct seen seen;
    configure(stand, "check = 5:0:not with this token\n");
    stand_check(stand, stand->a, STAND_CALL_MS, &seen);
    assert_int_equal(seen.status, IMH_DENIED);
    assert_string_equal(seen.text, "not with this token");
    seen_done(&seen);
}

static void an_instance_that_cannot_be_made_says_why(void **state)
{
    struct stand *stand = *state;
    configure(stand, "create = 4:0:not in this shape\n");
    for (unsigned i = 0; i < 2; i++) { /* each call tries again */
        struct seen seen;
        ask(stand, "status", "0", STAND_CALL_MS, &seen);
        assert_int_equal(seen.status, IMH_REJECTED);
        assert_int_equal(seen.heard[0].status, IMH_REJECTED);
        assert_string_equal(seen.text, "not in this shape");
        seen_done(&seen);
    }
}

/* ---- who it is ---- */

static void expect_echo(struct stand *stand, const struct integration *integration,
                        const char *city)
{
    struct seen seen;
    char subject[100];
    char wanted[400];
    struct asked asked = ask_for("echo", "k\xc3\xa9y");
    (void)snprintf(subject, sizeof subject, "{\"email\":\"a@b\",\"city\":\"%s\"}", city);
    asked.subject = str_from(subject);
    (void)snprintf(
        wanted, sizeof wanted,
        "{\"word\":\"none\",\"created_with\":\"none\",\"account\":\"acme\","
        "\"identifier\":\"%s\",\"key\":\"k\xc3\xa9y\",\"subject\":{\"$raw\":%s}}",
        integration->identifier, subject);
    stand_ask(stand, integration, &asked, 1, STAND_CALL_MS, &seen);
    assert_int_equal(seen.heard[0].status, IMH_OK);
    assert_string_equal(text_cstr(&seen.heard[0].json), wanted);
    seen_done(&seen);
}

static void a_call_knows_whose_it_is_and_what_for(void **state)
{
    struct stand *stand = *state;
    expect_echo(stand, stand->a, "Utrecht");
    expect_echo(stand, stand->b, "Utrecht");
    expect_echo(stand, stand->a, "Delft");
}

/* ---- time ---- */

/* The plugin does nothing but look at the clock; the worker lives. */
static void a_deadline_is_obeyed(void **state)
{
    static const char *const deeds[] = {"idle", "threads", "fetch:x"};
    struct stand *stand = *state;
    remote_mood(stand->remote, REMOTE_IS_SILENT);
    for (size_t i = 0; i < COUNT(deeds); i++) {
        struct seen seen;
        ask(stand, "deed", deeds[i], SHORT_MS, &seen);
        assert_true(seen.heard[0].status == IMH_CANCELED ||
                    (seen.went_out && seen.heard[0].status == IMH_RETRY));
        seen_done(&seen);
    }
}

/* Sent, and no answer: nobody knows what it did. */
static void a_request_that_may_not_be_repeated_ends_as_unknown(void **state)
{
    struct stand *stand = *state;
    struct seen seen;
    remote_mood(stand->remote, REMOTE_IS_SILENT);
    ask(stand, "deed", "post:orders", SHORT_MS, &seen);
    assert_true(seen.went_out);
    assert_int_equal(seen.heard[0].status, IMH_UNKNOWN);
    seen_done(&seen);
}

static void a_slow_call_holds_up_no_other(void **state)
{
    struct stand *stand = *state;
    struct asked slow = ask_for("deed", "idle");
    struct seen idle;
    struct seen quick;
    seen_init(&idle);
    stand_start(stand, stand->a, &slow, 1, STAND_CALL_MS, &idle);
    seen_init(&quick);
    struct asked asked = ask_for("status", "0");
    stand_start(stand, stand->b, &asked, 1, STAND_CALL_MS, &quick);
    while (!quick.ended) {
        supervisor_turn(stand->supervisor, STAND_CALL_MS);
    }
    assert_int_equal(quick.heard[0].status, IMH_OK);
    assert_false(idle.ended);
    stand_kill_worker(stand); /* which ends the other */
    stand_wait(stand);
    assert_int_equal(idle.status, IMH_RETRY);
    assert_non_null(strstr(idle.text, "ended"));
    seen_done(&quick);
    seen_done(&idle);
}

/* ---- amounts ---- */

/* A lookup may be answered twice: who says more is ended, see the rogues. */
static void large_answers_arrive(void **state)
{
    struct stand *stand = *state;
    struct seen seen;
    ask(stand, "deed", "flood:2:1000000", STAND_CALL_MS, &seen);
    assert_int_equal(seen.status, IMH_OK);
    assert_int_equal(seen.heard[0].count, 2);
    assert_int_equal(seen.heard[0].json.len, 1000002);
    seen_done(&seen);
}

static void many_requests_are_made_side_by_side(void **state)
{
    struct stand *stand = *state;
    struct seen seen;
    ask(stand, "deed", "fetches:500:orders", STAND_CALL_MS, &seen);
    assert_int_equal(seen.heard[0].status, IMH_OK);
    assert_int_equal(remote_requests(stand->remote), 500);
    seen_done(&seen);
}

/* ---- lives ---- */

/* In a thread of ours the plugin is the one we can look at. In a process it looks itself,
 * and ends badly, which the teardown sees. */
static struct told_lives *lives_here(void)
{
    void *library = dlopen(stand_plugin_path(), RTLD_NOW | RTLD_LOCAL);
    assert_non_null(library);
    const imh_plugin *plugin = dlsym(library, "imh_plugin_entry");
    assert_non_null(plugin);
    /* Ours to read: the plugin hands out its own counters. */
    struct told_lives *lives = NULL;
    const void *found = plugin->extension(TOLD_LIVES);
    memcpy(&lives, &found, sizeof lives);
    return lives;
}

static void every_instance_that_was_made_is_destroyed(void **state)
{
    struct stand *stand = *state;
    struct told_lives *lives = lives_here();
    unsigned before = atomic_load(&lives->created);
    struct seen seen;
    for (unsigned i = 0; i < 3; i++) {
        struct asked asked = ask_for("status", "0");
        stand_ask(stand, i % 2 == 0 ? stand->a : stand->b, &asked, 1, STAND_CALL_MS, &seen);
        assert_int_equal(seen.heard[0].status, IMH_OK);
        seen_done(&seen);
    }
    stand_kill_worker(stand);
    ask(stand, "status", "0", STAND_CALL_MS, &seen);
    assert_int_equal(seen.heard[0].status, IMH_OK);
    seen_done(&seen);
    /* Two before the death and one after it. */
    assert_int_equal(atomic_load(&lives->created) - before, stand_in_process() ? 3 : 0);
    supervisor_free(stand->supervisor);
    assert_int_equal(atomic_load(&lives->created), atomic_load(&lives->destroyed));
    struct error error;
    stand->supervisor = supervisor_make(&stand->settings, &error); /* for the teardown */
    stand->expected_deaths = 0;
    assert_non_null(stand->supervisor);
}

#define PROMISE(name) cmocka_unit_test_setup_teardown(name, stand_setup, stand_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        PROMISE(every_status_of_a_lookup_arrives),
        PROMISE(a_status_is_that_of_its_own_lookup),
        PROMISE(a_status_for_all_is_that_of_all),
        PROMISE(every_status_of_a_check_and_a_poll_arrives),
        PROMISE(a_check_that_fails_says_why),
        PROMISE(an_instance_that_cannot_be_made_says_why),
        PROMISE(a_call_knows_whose_it_is_and_what_for),
        PROMISE(a_deadline_is_obeyed),
        PROMISE(a_request_that_may_not_be_repeated_ends_as_unknown),
        PROMISE(a_slow_call_holds_up_no_other),
        PROMISE(large_answers_arrive),
        PROMISE(many_requests_are_made_side_by_side),
        PROMISE(every_instance_that_was_made_is_destroyed),
    };
    return stand_arguments(argc, argv) ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
