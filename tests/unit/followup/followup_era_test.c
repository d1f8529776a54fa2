#include "followup/followup_era.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "state.h"
#include "store/migrations.h"

static void refuse(void *self, unsigned line, const char *what, struct str wrong,
                   struct str names)
{
    (void)self;
    (void)names;
    fail_msg("%u: %s %.*s", line, what, STR_ARGS(wrong));
}

static void keep(struct db *db, const char *on, const char *enabled, int64_t now_ms)
{
    const struct followup_problems problems = {NULL, refuse};
    const struct followup_entry entries[] = {{STR_OF("on"), str_from(on), 1},
                                             {STR_OF("do"), STR_OF("mail.send"), 2},
                                             {STR_OF("enabled"), str_from(enabled), 3}};
    struct error error = {.text = ""};
    OWN(followup) followup = followup_make(STR_OF("thanks"), entries, 3, &problems);
    if (!era_add(db, 1, followup, now_ms, &error)) {
        fail_msg("%s", error.text);
    }
}

static bool is_there(void *self, struct str account, struct str name)
{
    assert_true(str_is(account, "acme"));
    assert_true(str_is(name, "thanks"));
    return self != NULL;
}

/* "gone 30, enabled 10": newest first. */
static void write_era(void *self, const struct era *era)
{
    struct text *text = self;
    text_print(text, "%s%s %lld", text->len > 0 ? ", " : "", era_name(era->state),
               (long long)era->at_ms);
    assert_int_equal(era->text.len > 0, era->state != ERA_GONE);
}

static void check(struct db *db, const char *wanted)
{
    struct error error;
    struct text text;
    text_init(&text, 1000);
    assert_true(era_each(db, STR_OF("acme"), STR_OF("thanks"), write_era, &text, &error));
    assert_string_equal(text_cstr(&text), wanted);
    text_done(&text);
}

static struct db *open_eras(void **state)
{
    struct error error;
    struct db *db = state_open(*state);
    assert_true(migrations_run(db, &migrations_all, &clock_real, &error));
    assert_true(
        db_run(db, "insert into integration values (1, 'acme', 'follow-ups')", &error));
    return db;
}

static void only_what_changes_is_kept(void **state)
{
    struct db *db = open_eras(state);
    struct error error;
    char here = 0;
    keep(db, "shop.a", "yes", 10);
    keep(db, "shop.a", "yes", 11);
    assert_true(era_end_others(db, is_there, &here, 12, &error));
    check(db, "enabled 10");
    keep(db, "shop.a shop.b", "yes", 20);
    keep(db, "shop.a", "no", 30);
    assert_true(era_end_others(db, is_there, NULL, 40, &error));
    assert_true(era_end_others(db, is_there, NULL, 41, &error));
    check(db, "gone 40, disabled 30, enabled 20, enabled 10");
    keep(db, "shop.a", "no", 50);
    check(db, "disabled 50, gone 40, disabled 30, enabled 20, enabled 10");
    db_close(db);
}

static void what_another_followed_long_ago_is_forgotten(void **state)
{
    struct db *db = open_eras(state);
    struct error error;
    uint32_t gone = 0;
    keep(db, "shop.a", "yes", 10);
    keep(db, "shop.b", "yes", 20);
    keep(db, "shop.c", "yes", 30);
    assert_true(era_forget(db, 25, 10, &gone, &error));
    assert_int_equal(gone, 1); /* at 25 the second one was it */
    check(db, "enabled 30, enabled 20");
    assert_true(era_forget(db, 1000, 10, &gone, &error));
    check(db, "enabled 30");
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        state_test(only_what_changes_is_kept),
        state_test(what_another_followed_long_ago_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
