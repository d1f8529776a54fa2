#include "queue/overview.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "queue/listing.h"
#include "queue_rig.h"

static const struct job_answer refused = {
    .status = IMH_REJECTED, .code = 400, .words = STR("no such field")};

/* So many failed jobs of an integration. */
static void fail_many(struct rig *rig, int64_t integration, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const struct job job = {.integration = integration, .kind = JOB_ACTION};
        (void)rig_add(rig, &job, "{}");
        rig_answer(rig, &rig_take(rig, integration, 1)->calls[0], refused);
    }
}

/* The ids of all pages of so many, in a row; how many. */
static unsigned read_pages(struct rig *rig, struct overview_filter filter, uint32_t most,
                           int64_t *ids)
{
    unsigned count = 0;
    struct error error = {.text = ""};
    for (;;) {
        OWN(book_rows) rows = book_rows_make(most, 0, 0, &error);
        assert_non_null(rows);
        assert_true(overview_page(rig->db, &filter, &rig->arena, rows, &error));
        for (uint32_t i = 0; i < rows->count; i++) {
            ids[count++] = rows->items[i].id;
        }
        if (rows->count < rows->most) {
            return count;
        }
        filter.before = ids[count - 1];
    }
}

static void pages_have_each_failed_job_once_newest_first(void **state)
{
    int64_t ids[64];
    struct rig rig;
    rig_open(&rig, *state);
    (void)rig_action(&rig, "waits");
    fail_many(&rig, rig.mail, 3);
    rig_serve(&rig, 1, (struct job_answer){.status = IMH_OK});
    fail_many(&rig, rig.shop, 4);
    fail_many(&rig, rig.mail, 3);
    for (uint32_t most = 1; most < 12; most++) {
        assert_int_equal(read_pages(&rig, (struct overview_filter){.before = 0}, most, ids),
                         10);
        for (int64_t i = 0; i < 10; i++) {
            assert_int_equal(ids[i], 11 - i);
        }
    }
    const struct overview_filter shop = {.account = STR("acme"),
                                         .integration = STR("shop")};
    assert_int_equal(read_pages(&rig, shop, 3, ids), 4);
    const struct overview_filter other = {.account = STR("other")};
    assert_int_equal(read_pages(&rig, other, 3, ids), 0);
    rig_close(&rig);
}

/* So many jobs of their own streams, due at few different moments. */
static void wait_many(struct rig *rig, unsigned count)
{
    char stream[16];
    for (unsigned i = 0; i < count; i++) {
        (void)snprintf(stream, sizeof stream, "s%u", i);
        const struct job job = {.integration = i % 3 == 0 ? rig->mail : rig->shop,
                                .kind = JOB_ACTION,
                                .stream = str_from(stream),
                                .not_before_ms = rig->now_ms + RIG_MINUTE_MS * (i % 7)};
        (void)rig_add(rig, &job, "{}");
    }
}

/* Between two pages: one due soon is done, one fails for now, one is new. */
static void go_on(struct rig *rig)
{
    const struct queue_take *take = rig_take(rig, rig->shop, 2);
    struct queue_call calls[] = {take->calls[0], take->calls[1]};
    assert_int_equal(take->count, 2);
    rig_answer(rig, &calls[0], (struct job_answer){.status = IMH_OK});
    rig_answer(rig, &calls[1], (struct job_answer){.status = IMH_RETRY});
    (void)rig_action(rig, "new");
}

/* What is behind another comes last. */
static bool comes_later(const struct job *job, const struct overview_filter *filter)
{
    bool was_behind = filter->after_ms == JOB_NOT_READY;
    bool is_behind = job->ready_at_ms == JOB_NOT_READY;
    return is_behind != was_behind                ? is_behind
           : job->ready_at_ms == filter->after_ms ? job->id > filter->after
                                                  : job->ready_at_ms > filter->after_ms;
}

static void pages_of_what_is_due_have_each_that_stays_once_in_order(void **state)
{
    enum { MANY = 1200, PAGE = 100 };
    unsigned char seen[2 * MANY] = {0};
    struct error error = {.text = ""};
    struct overview_filter filter = {.after = 0};
    struct rig rig;
    uint32_t count = PAGE;
    rig_open(&rig, *state);
    wait_many(&rig, MANY);
    while (count == PAGE) {
        OWN(book_rows) rows = book_rows_make(PAGE, 0, 0, &error);
        assert_non_null(rows);
        assert_true(listing_due(rig.db, &filter, &rig.arena, rows, &error));
        count = rows->count;
        for (uint32_t i = 0; i < count; i++) {
            const struct job *job = &rows->items[i];
            assert_true(comes_later(job, &filter));
            filter.after_ms = job->ready_at_ms;
            filter.after = job->id;
            seen[job->id]++;
        }
        go_on(&rig);
    }
    for (int64_t id = 1; id <= MANY; id++) {
        bool moved = rig_job(&rig, id).starts > 0;
        if (moved ? seen[id] > 2 : seen[id] != 1) {
            fail_msg("job %d is there %u times", (int)id, seen[id]);
        }
    }
    rig_close(&rig);
}

/* Between two pages one is retried, one discarded, and a new one fails. */
static void decide_some(struct rig *rig, int64_t seen)
{
    struct queue queue = rig_queue(rig);
    int64_t instead = 0;
    RIG_STEP(rig, queue_retry(&queue, seen, STR_OF("uid 0"), &instead, &error));
    RIG_STEP(rig, queue_discard(&queue, seen + 1, STR_OF("uid 0"), &error));
    fail_many(rig, rig->mail, 1);
}

static void pages_of_what_failed_are_the_same_whatever_people_decide_meanwhile(void **state)
{
    enum { MANY = 1100, PAGE = 100 };
    struct error error = {.text = ""};
    struct overview_filter filter = {.before = 0};
    struct rig rig;
    int64_t last = MANY + 1;
    rig_open(&rig, *state);
    fail_many(&rig, rig.shop, MANY);
    while (last > 1) {
        OWN(book_rows) rows = book_rows_make(PAGE, 0, 0, &error);
        assert_non_null(rows);
        assert_true(overview_page(rig.db, &filter, &rig.arena, rows, &error));
        assert_int_equal(rows->count, PAGE);
        for (uint32_t i = 0; i < rows->count; i++) {
            assert_int_equal(rows->items[i].id, --last);
        }
        filter.before = last;
        decide_some(&rig, last);
    }
    rig_close(&rig);
}

static void jobs_are_counted_by_what_they_do(void **state)
{
    struct error error = {.text = ""};
    struct overview_counts counts;
    const struct overview_filter all = {.before = 0};
    struct rig rig;
    rig_open(&rig, *state);
    rig.policy.holds = true;
    fail_many(&rig, rig.mail, 1); /* in its stream still */
    (void)rig_action(&rig, "s");
    (void)rig_action(&rig, "s");
    (void)rig_action(&rig, "t");
    assert_int_equal(rig_take(&rig, rig.shop, 1)->count, 1);
    assert_true(overview_count(rig.db, &all, &counts, &error));
    assert_int_equal(counts.waiting, 2);
    assert_int_equal(counts.running, 1);
    assert_int_equal(counts.shown, 1);
    assert_int_equal(counts.held, 0);
    rig_answer(&rig, &rig.take.calls[0], (struct job_answer){.status = IMH_DENIED});
    assert_true(overview_count(rig.db, &all, &counts, &error));
    assert_int_equal(counts.waiting, 3);
    assert_int_equal(counts.held, 1);
    assert_int_equal(counts.running, 0);
    rig_close(&rig);
}

struct told {
    unsigned count;
    char text[512];
};

static void tell_cause(void *self, const struct overview_cause *cause)
{
    struct told *told = self;
    size_t at = strlen(told->text);
    told->count++;
    (void)snprintf(told->text + at, sizeof told->text - at, "%s %u: %lld; ",
                   error_status_name(cause->status), cause->code, (long long)cause->count);
}

static void tell_history(void *self, const struct history *history)
{
    struct told *told = self;
    size_t at = strlen(told->text);
    told->count++;
    (void)snprintf(told->text + at, sizeof told->text - at, "%s %u %s %u %.*s; ",
                   happening_name(history->what), history->attempt,
                   error_status_name(history->status), history->code,
                   STR_ARGS(history->words));
}

static void causes_are_counted_by_the_last_answer(void **state)
{
    struct error error = {.text = ""};
    struct told told = {.count = 0};
    const struct overview_filter all = {.before = 0};
    struct rig rig;
    rig_open(&rig, *state);
    fail_many(&rig, rig.mail, 2);
    (void)rig_action(&rig, "s");
    rig.policy.ladder.count = 1;
    rig_serve(&rig, 3, (struct job_answer){.status = IMH_RETRY, .code = 500});
    rig.now_ms += RIG_MINUTE_MS;
    rig_serve(&rig, 3, (struct job_answer){.status = IMH_RETRY, .code = 503});
    assert_true(overview_causes(rig.db, &all, tell_cause, &told, &error));
    assert_string_equal(told.text, "rejected 400: 2; retry 503: 1; ");
    told = (struct told){.count = 0};
    assert_true(overview_history(rig.db, 3, tell_history, &told, &error));
    assert_string_equal(told.text, "attempt 1 retry 500 ; attempt 2 retry 503 ; ");
    rig_close(&rig);
}

/* One head that waits, one that failed and holds its stream, and who is behind them. */
static void jobs_behind_others_are_listed_last_and_in_pages(void **state)
{
    static const int64_t wanted[] = {2, 5, 3, 4, 6};
    struct error error = {.text = ""};
    struct overview_filter filter = {.after = 0};
    struct rig rig;
    rig_open(&rig, *state);
    rig.policy.holds = true;
    rig_serve(&rig, rig_action(&rig, "failed"),
              (struct job_answer){.status = IMH_REJECTED});
    (void)rig_action(&rig, "s");
    (void)rig_action(&rig, "s");
    (void)rig_action(&rig, "failed");
    (void)rig_action(&rig, "t");
    (void)rig_action(&rig, "s");
    for (uint32_t page = 1; page <= COUNT(wanted) + 1; page++) {
        uint32_t seen = 0;
        filter.after = 0;
        filter.after_ms = 0;
        for (bool more = true; more;) {
            OWN(book_rows) rows = book_rows_make(page, 0, 0, &error);
            assert_non_null(rows);
            assert_true(listing_due(rig.db, &filter, &rig.arena, rows, &error));
            for (uint32_t i = 0; i < rows->count; i++, seen++) {
                assert_int_equal(rows->items[i].id, wanted[seen]);
                filter.after_ms = rows->items[i].ready_at_ms;
                filter.after = rows->items[i].id;
            }
            more = rows->count == page;
        }
        assert_int_equal(seen, COUNT(wanted));
    }
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        state_test(pages_have_each_failed_job_once_newest_first),
        state_test(pages_of_what_failed_are_the_same_whatever_people_decide_meanwhile),
        state_test(pages_of_what_is_due_have_each_that_stays_once_in_order),
        state_test(jobs_behind_others_are_listed_last_and_in_pages),
        state_test(jobs_are_counted_by_what_they_do),
        state_test(causes_are_counted_by_the_last_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
