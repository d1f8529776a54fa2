#include "store/invariants.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "state.h"
#include "store/migrations.h"

struct broken {
    unsigned count;
    char first[256];
};

static void note(void *context, struct str what)
{
    struct broken *broken = context;
    if (broken->count++ == 0) {
        (void)snprintf(broken->first, sizeof broken->first, "%.*s", STR_ARGS(what));
    }
}

static struct db *open_store(void **state)
{
    struct error error;
    struct db *db = state_open(*state);
    assert_true(migrations_run(db, &migrations_all, &clock_real, &error));
    return db;
}

static void check(struct db *db, struct broken *broken)
{
    struct error error = {.text = ""};
    *broken = (struct broken){.count = 0};
    bool done = invariants_check(db, &invariants_all, note, broken, &error);
    assert_string_equal(error.text, "");
    assert_true(done);
}

/* What breaks each of the invariants, and what is said then. Each has at least one row. */
static const struct {
    const char *sql;
    const char *said;
} breaches[] = {
    {"update migration set number = number + 1000",
     "migrations are numbered from 1 without a gap: not so: the last is "},
    {"insert into secret values ('', 'shop', 'token', 'k', x'01', x'01', 1)",
     "a secret belongs to an integration of an account and has a name, or is the vault's "
     "own: not so:  shop "
     "token"},
    {"insert into secret values ('acme', '', 'token', 'k', x'01', x'01', 1)",
     "a secret belongs to an integration of an account and has a name, or is the vault's "
     "own: not so: acme"},
    {"insert into secret values ('acme', 'shop', '', 'k', x'01', x'01', 1)",
     "a secret belongs to an integration of an account and has a name, or is the vault's "
     "own: not so: acme shop "},
    {"insert into secret values ('', 'check', 'token', 'k', x'01', x'01', 1)",
     "a secret belongs to an integration of an account and has a name, or is the vault's "
     "own: not so:  check token"},
    {"insert into secret values ('', 'old key', '', 'k', x'01', x'01', 1)",
     "a secret belongs to an integration of an account and has a name, or is the vault's "
     "own: not so:  old key "},
    {"insert into secret values ('acme', 'shop', 'token', 'j', x'01', x'01', 1)",
     "a secret was sealed with the newest key, or with an old one that is kept: not so: "
     "acme shop token"},
    {"insert into secret values ('acme', 'shop', 'token', '', x'01', x'01', 1)",
     "a secret has the key it was sealed with, a nonce and a box: not so: acme shop token"},
    {"insert into secret values ('acme', 'shop', 'token', 'k', x'', x'01', 1)",
     "a secret has the key it was sealed with, a nonce and a box: not so: acme shop token"},
    {"insert into secret values ('acme', 'shop', 'token', 'k', x'01', x'', 1)",
     "a secret has the key it was sealed with, a nonce and a box: not so: acme shop token"},
    {"insert into audit values (7, 0, 'uid 0', 'vault set', '', '')",
     "an audit entry says when, who and what: not so: entry 7"},
    {"insert into audit values (7, 1, '', 'vault set', '', '')",
     "an audit entry says when, who and what: not so: entry 7"},
    {"insert into audit values (7, 1, 'uid 0', '', '', '')",
     "an audit entry says when, who and what: not so: entry 7"},
    {"delete from job_text where job = 1", "a job has its arguments: not so: job 1"},
    {"update job set ready_at_ms = null where id = 1",
     "a job is ready when it is the first of its stream, or runs: not so: job 1"},
    {"update job set ready_at_ms = 5 where id = 2",
     "a job is ready when it is the first of its stream, or runs: not so: job 2"},
    {"update job set state = 2 where id = 1; update job_count set waiting = 2, running = 1",
     "a job is ready when it is the first of its stream, or runs: not so: job 1"},
    {"update job set ended_at_ms = null where id = 3",
     "a job that is done or discarded has left its stream, an open one has not: not so: "
     "job "
     "3"},
    {"update job set ended_at_ms = 9 where id = 2",
     "a job that is done or discarded has left its stream, an open one has not: not so: "
     "job "
     "2"},
    {"update job set attempts = 1 where id = 1", "an attempt is a start: not so: job 1"},
    {"update job set kills = 1 where id = 1", "an attempt is a start: not so: job 1"},
    {"update job set state = 1, ready_at_ms = 1 where id = 2",
     "one job of a stream waits for its time or runs: not so: 1 s"},
    {"update job set state = 3, ready_at_ms = null, ended_at_ms = 1 where id = 1;"
     "update job_count set waiting = 2, failed = 1",
     "a job behind others has one before it: not so: job 2"},
    {"update job_count set waiting = 2",
     "jobs are counted as what they are: not so: acme "},
    {"update job_count set held = 1", "jobs are counted as what they are: not so: acme sh"},
    {"update job_count set running = -1", "jobs are counted as what they are: not so: acm"},
    {"update job_count set failed = 1", "jobs are counted as what they are: not so: acme "},
    {"delete from job_count", "jobs are counted as what they are: not so: acme shop"},
    {"update followup_run set job = 3 where id = 1",
     "a run of a follow-up that is under way has a job that is open: not so: run 1"},
    {"update followup_run set ended_ms = 9 where id = 1",
     "a run of a follow-up that waits or acts has not ended, any other has: not so: run 1"},
    {"update followup_run set ended_ms = null where id = 2",
     "a run of a follow-up that waits or acts has not ended, any other has: not so: run 2"},
    {"insert into followup_watch values (x'01', 2, 0)",
     "only runs that may go on look for other events: not so: run 2"},
};

/* One waits, one is behind it, one is done. */
static const char queued[] =
    "insert into integration values (1, 'acme', 'shop');"
    "insert into job values (1, 1, 1, '', 's', 1, 0, 0, 0, 0, 0, 0, 1, 0, 1, null, null, "
    "null);"
    "insert into job values (2, 1, 1, '', 's', 0, 0, 0, 0, 0, 0, 0, 1, 0, null, null, null,"
    " null);"
    "insert into job values (3, 1, 1, '', 's', 5, 0, 1, 1, 0, 0, 0, 1, 0, null, 2, null, "
    "null);"
    "insert into job values (4, 1, 6, '', 't', 1, 0, 0, 0, 0, 0, 0, 1, 0, 1, null, null, "
    "null);"
    "insert into job_text values (4, '{}', '', '');"
    "insert into job_text values (1, '{}', '', '');"
    "insert into job_text values (2, '{}', '', '');"
    "insert into job_text values (3, '{}', '', '');"
    "insert into job_count values (1, 3, 0, 0, 0);"
    "insert into followup_text values (1, x'01', 'on = shop.order');"
    "insert into followup_run values (1, 1, 1, 'f', 1, 1, '', 1, 1, 1, 0, 1, 4, '', 1, "
    "null);"
    "insert into followup_run values (2, 1, 1, 'f', 1, 2, '', 3, 1, 1, 0, 1, 3, '', 1, 2);"
    "insert into followup_watch values (x'01', 1, 0)";

static void a_queue_breaks_none(void **state)
{
    struct error error;
    struct broken broken;
    struct db *db = open_store(state);
    assert_true(db_run(db, queued, &error));
    check(db, &broken);
    assert_int_equal(broken.count, 0);
    db_close(db);
}

/* The vault says with which key it was sealed, and keeps an old one. */
static const char kept[] =
    "insert into secret values ('', 'check', '', 'k', x'01', x'01', 1);"
    "insert into secret values ('', 'old key', 'o', 'k', x'01', x'01', 1);"
    "insert into secret values ('a', 's', 'old', 'o', x'01', x'01', 1);"
    "insert into secret values ('a', 's', 'new', 'k', x'01', x'01', 1)";

static void a_vault_whose_key_is_being_changed_breaks_none(void **state)
{
    struct error error;
    struct broken broken;
    struct db *db = open_store(state);
    assert_true(db_run(db, kept, &error));
    check(db, &broken);
    assert_int_equal(broken.count, 0);
    db_close(db);
}

static void a_new_store_breaks_none(void **state)
{
    struct broken broken;
    struct db *db = open_store(state);
    check(db, &broken);
    assert_int_equal(broken.count, 0);
    db_close(db);
}

static void each_breach_is_found(void **state)
{
    struct error error;
    struct broken broken;
    struct db *db = open_store(state);
    assert_true(db_run(db, kept, &error) && db_run(db, queued, &error));
    for (size_t i = 0; i < COUNT(breaches); i++) {
        assert_true(db_begin(db, &error));
        assert_true(db_run(db, breaches[i].sql, &error));
        check(db, &broken);
        db_rollback(db);
        assert_int_equal(broken.count, 1);
        if (!strstr(broken.first, breaches[i].said)) {
            assert_string_equal(broken.first, breaches[i].said);
        }
    }
    db_close(db);
}

static void each_invariant_was_seen_broken(void **state)
{
    (void)state;
    for (unsigned i = 0; i < invariants_all.count; i++) {
        const char *name = invariants_all.items[i].name;
        bool seen = false;
        for (size_t j = 0; j < COUNT(breaches); j++) {
            seen = seen || strncmp(breaches[j].said, name, strlen(name)) == 0;
        }
        if (!seen) {
            fail_msg("nothing here breaks '%s'", name);
        }
    }
}

static void long_and_many_breaches_are_told_one_a_row(void **state)
{
    struct error error;
    struct broken broken;
    struct db *db = open_store(state);
    assert_true(db_run(db, kept, &error));
    assert_true(db_run(db,
                       "insert into secret values ('acme', 'shop', 'x', '', x'', x'', 1);"
                       "insert into secret values ('acme', 'shop', 'y', '', x'', x'', 1);"
                       "insert into secret values (hex(zeroblob(9999)), '', '', 'k', x'01',"
                       " x'01', 1)",
                       &error));
    check(db, &broken);
    assert_int_equal(broken.count, 3);
    assert_in_range(strlen(broken.first), 100, 1000);
    db_close(db);
}

static void one_that_cannot_be_asked_is_an_error(void **state)
{
    static const struct invariant row = {"tables exist", "select 1 from nothing"};
    static const struct invariants one = {&row, 1};
    struct error error;
    struct broken broken = {.count = 0};
    struct db *db = open_store(state);
    assert_false(invariants_check(db, &one, note, &broken, &error));
    assert_non_null(strstr(error.text, "tables exist: "));
    assert_int_equal(broken.count, 0);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        state_test(a_new_store_breaks_none),
        state_test(a_queue_breaks_none),
        state_test(a_vault_whose_key_is_being_changed_breaks_none),
        state_test(each_breach_is_found),
        cmocka_unit_test(each_invariant_was_seen_broken),
        state_test(long_and_many_breaches_are_told_one_a_row),
        state_test(one_that_cannot_be_asked_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
