#include "contact/consent_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/own.h"
#include "base/text.h"
#include "state.h"
#include "store/migrations.h"

enum { NOW_MS = 1000 };

struct rig {
    struct state *state;
    struct db *db;
};

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
    *state = rig;
    return 0;
}

static int teardown(void **state)
{
    struct rig *rig = *state;
    void *folder = rig->state;
    db_close(rig->db);
    (void)state_remove(&folder);
    free(rig);
    return 0;
}

static struct consent_place place_of(const char *contact, const char *list)
{
    return (struct consent_place){.account = STR("acme"),
                                  .contact = str_from(contact),
                                  .channel = STR("email"),
                                  .list = str_from(list)};
}

static void note(struct rig *rig, const char *contact, const char *list, bool wants,
                 int64_t at_ms)
{
    const struct consent_place place = place_of(contact, list);
    const struct consent_said said = {
        .wants = wants, .at_ms = at_ms, .proof = CONSENT_PROOF_EVENT};
    struct error error;
    assert_true(consent_note(rig->db, &place, &said, STR_OF("event 17"), NOW_MS, &error));
}

static enum consent_answer ask(struct rig *rig, const char *contact, const char *list)
{
    const struct consent_place place = place_of(contact, list);
    enum consent_answer answer = CONSENT_UNKNOWN;
    struct error error;
    assert_true(consent_ask(rig->db, &place, &answer, &error));
    return answer;
}

static void what_was_said_is_kept_by_person_and_list(void **state)
{
    struct rig *rig = *state;
    note(rig, "jan@example.com", "shop", true, 10);
    assert_int_equal(ask(rig, "jan@example.com", "shop"), CONSENT_YES);
    assert_int_equal(ask(rig, " Jan@Example.com", "shop"), CONSENT_YES);
    assert_int_equal(ask(rig, "jan@example.com", "outlet"), CONSENT_UNKNOWN);
    assert_int_equal(ask(rig, "piet@example.com", "shop"), CONSENT_UNKNOWN);
    note(rig, "JAN@example.com", "shop", false, 20);
    assert_int_equal(ask(rig, "jan@example.com", "shop"), CONSENT_NO);
}

static void what_was_said_elsewhere_says_nothing_here(void **state)
{
    struct rig *rig = *state;
    const struct consent_place here = place_of("jan@example.com", "shop");
    struct consent_place others[] = {here, here};
    struct error error;
    others[0].account = STR_OF("other");
    others[1].channel = STR_OF("sms");
    note(rig, "jan@example.com", "shop", true, 10);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const struct consent_said no = {.at_ms = 20};
        enum consent_answer answer = CONSENT_YES;
        assert_true(consent_ask(rig->db, &others[i], &answer, &error));
        assert_int_equal(answer, CONSENT_UNKNOWN);
        assert_true(
            consent_note(rig->db, &others[i], &no, STR_OF("event 18"), NOW_MS, &error));
    }
    assert_int_equal(ask(rig, "jan@example.com", "shop"), CONSENT_YES);
}

static void what_comes_late_changes_nothing(void **state)
{
    struct rig *rig = *state;
    note(rig, "jan@example.com", "shop", false, 20);
    note(rig, "jan@example.com", "shop", true, 20);
    note(rig, "jan@example.com", "shop", true, 5);
    assert_int_equal(ask(rig, "jan@example.com", "shop"), CONSENT_NO);
    note(rig, "jan@example.com", "shop", true, 21);
    note(rig, "jan@example.com", "shop", false, 19);
    assert_int_equal(ask(rig, "jan@example.com", "shop"), CONSENT_YES);
}

static void an_opt_out_from_all_is_one_from_each(void **state)
{
    struct rig *rig = *state;
    note(rig, "jan@example.com", "shop", true, 10);
    note(rig, "jan@example.com", "", false, 20);
    assert_int_equal(ask(rig, "jan@example.com", "shop"), CONSENT_NO);
    assert_int_equal(ask(rig, "jan@example.com", "outlet"), CONSENT_NO);
}

struct told {
    struct text lines;
};

static void tell(void *self, const struct consent_kept *kept)
{
    struct told *told = self;
    text_print(&told->lines, "%.*s %.*s/%.*s %lld %.*s %lld %.*s\n",
               STR_ARGS(kept->contact), STR_ARGS(kept->channel), STR_ARGS(kept->list),
               (long long)kept->consent.yes_ms, STR_ARGS(kept->yes_source),
               (long long)kept->consent.no_ms, STR_ARGS(kept->no_source));
}

static void all_that_a_person_said_is_told(void **state)
{
    struct rig *rig = *state;
    struct told told;
    struct error error;
    struct consent_place place = place_of(" Jan@Example.com ", "");
    text_init(&told.lines, 1024);
    note(rig, "jan@example.com", "shop", true, 10);
    note(rig, "jan@example.com", "shop", false, 20);
    note(rig, "jan@example.com", "outlet", true, 30);
    note(rig, "jan@example.com", "", false, 5);
    note(rig, "piet@example.com", "shop", true, 10);
    assert_true(consent_each(rig->db, &place, tell, &told, &error));
    assert_string_equal(text_cstr(&told.lines),
                        "jan@example.com email/ 0  5 event 17\n"
                        "jan@example.com email/outlet 30 event 17 0 \n"
                        "jan@example.com email/shop 10 event 17 20 event 17\n");
    text_clear(&told.lines);
    place.account = STR_OF("other");
    assert_true(consent_each(rig->db, &place, tell, &told, &error));
    assert_int_equal(told.lines.len, 0);
    place.contact = STR_OF(" ");
    assert_false(consent_each(rig->db, &place, tell, &told, &error));
    text_done(&told.lines);
}

static void nobody_is_refused(void **state)
{
    struct rig *rig = *state;
    const struct consent_place place = place_of("  ", "shop");
    const struct consent_said said = {.at_ms = 5};
    struct error error;
    assert_false(consent_note(rig->db, &place, &said, STR_OF(""), NOW_MS, &error));
    assert_int_equal(error.status, IMH_REJECTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_said_is_kept_by_person_and_list, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_was_said_elsewhere_says_nothing_here, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_comes_late_changes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(an_opt_out_from_all_is_one_from_each, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(all_that_a_person_said_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
