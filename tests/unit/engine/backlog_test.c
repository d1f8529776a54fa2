#include "engine/backlog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "store_rig.h"

static int64_t time_ms;

static int64_t moment(const struct clock *clock)
{
    (void)clock;
    return time_ms;
}

static const struct clock hand = {.now_ms = moment, .mono_ms = moment};

struct told {
    unsigned count;
    char names[128];
};

static void tell(void *self, const char *account, const char *integration)
{
    struct told *told = self;
    size_t at = strlen(told->names);
    told->count++;
    (void)snprintf(told->names + at, sizeof told->names - at, "%s/%s ", account,
                   integration);
}

static void run_sql(struct store *store, const char *text)
{
    struct error error = {.text = ""};
    struct sql sql = {.work.run = rig_sql, .text = text};
    assert_true(store_do(store, &sql.work, &error));
}

/* Two integrations: one with five jobs that wait and one that is done, one with two. */
static struct store *open_queue(const struct state *at)
{
    struct store *store = rig_open(at);
    run_sql(store,
            "insert into integration values (1, 'acme', 'crm'), (2, 'acme', 'shop');"
            "with recursive n (i) as (select 1 union all select i + 1 from n where i < 8)"
            " insert into job select i, case when i < 7 then 1 else 2 end, 1, '', '',"
            " case when i = 1 then 5 else 1 end, 0, 1, 1, 0, 0, 0, 0, 0, i,"
            " case when i = 1 then 1 end, null, null from n");
    return store;
}

/* Until a look that was begun is over. */
static struct told look(struct backlog *backlog, int64_t most)
{
    struct told told = {.count = 0};
    const struct timespec nap = {.tv_nsec = 1000000};
    for (int i = 0; i < 10000; i++) {
        if (backlog_turn(backlog, most, BACKLOG_LOOK_MS, tell, &told)) {
            return told;
        }
        (void)nanosleep(&nap, NULL);
    }
    fail_msg("%s", "it never looked");
    return told;
}

static void whose_jobs_are_too_many_is_told(void **state)
{
    struct error error = {.text = ""};
    struct store *store = open_queue(*state);
    struct backlog *backlog = backlog_make(store, &hand, &error);
    assert_non_null(backlog);
    time_ms = 1000;
    assert_string_equal(look(backlog, 5).names, "acme/crm ");
    time_ms += BACKLOG_LOOK_MS;
    assert_int_equal(look(backlog, 6).count, 0); /* what is done does not wait */
    time_ms += BACKLOG_LOOK_MS;
    assert_int_equal(look(backlog, 2).count, 2);
    backlog_free(backlog);
    store_close(store);
}

static void it_looks_when_it_is_time_and_wanted(void **state)
{
    struct error error = {.text = ""};
    struct told told = {.count = 0};
    struct store *store = open_queue(*state);
    struct backlog *backlog = backlog_make(store, &hand, &error);
    assert_non_null(backlog);
    time_ms = 1000;
    (void)look(backlog, 5);
    time_ms += BACKLOG_LOOK_MS - 1;
    assert_false(backlog_turn(backlog, 5, BACKLOG_LOOK_MS, tell, &told));
    time_ms += BACKLOG_LOOK_MS;
    assert_false(backlog_turn(backlog, 0, BACKLOG_LOOK_MS, tell, &told));
    uint64_t works = store_figures(store).works;
    run_sql(store, "select 1");
    assert_int_equal(store_figures(store).works, works + 1); /* none of its own */
    assert_false(backlog_turn(backlog, 5, BACKLOG_LOOK_MS, tell, &told));
    backlog_free(backlog); /* one is under way */
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        state_test(whose_jobs_are_too_many_is_told),
        state_test(it_looks_when_it_is_time_and_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
