#include "engine/crew.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/wait.h>

#include <cmocka.h>

#include "fake_crew.h"

/* The same plugin, of another account. */
static struct integration other(const struct fake_crew *crew)
{
    struct integration integration = crew->integration;
    integration.id = 9;
    integration.account = "beta";
    return integration;
}

static void ask(struct fake_crew *crew, const struct integration *integration,
                const char *key, imh_status status, const char *why)
{
    struct seen seen;
    seen_init(&seen);
    fake_crew_ask(crew, integration, key, &seen);
    fake_crew_wait(crew);
    assert_int_equal(seen.outcome.status, status);
    assert_non_null(strstr(seen.why, why));
    seen_done(&seen);
}

static void who_makes_it_die_harms_only_itself(void **state)
{
    struct fake_crew *crew = *state;
    const struct integration beta = other(crew);
    for (unsigned i = 0; i < QUARANTINE_DEATHS; i++) {
        ask(crew, &crew->integration, "crash", IMH_RETRY, "ended, tell its maker");
        ask(crew, &beta, "a", IMH_OK, "");
        fake_crew_rested(crew);
    }
    ask(crew, &crew->integration, "a", IMH_WAIT, "is in quarantine for acme/shop, ");
    ask(crew, &beta, "a", IMH_OK, "");
    assert_int_equal(crew_worker(crew->supervisor, "good")->quarantine.until_ms, 0);
}

static void who_was_beside_it_goes_on(void **state)
{
    struct fake_crew *crew = *state;
    const struct integration beta = other(crew);
    struct seen slow;
    seen_init(&slow);
    ask(crew, &beta, "a", IMH_OK, "");
    fake_crew_ask(crew, &beta, "slow", &slow);
    ask(crew, &crew->integration, "crash", IMH_RETRY, "ended, tell its maker");
    seen_done(&slow);
    fake_crew_rested(crew);
    struct worker_process *mine = crew_worker_of(crew->supervisor, &crew->integration);
    struct worker_process *theirs = crew_worker_of(crew->supervisor, &beta);
    assert_ptr_not_equal(mine, theirs);
    ask(crew, &crew->integration, "crash", IMH_RETRY, "ended, tell its maker");
    ask(crew, &beta, "a", IMH_OK, "");
    assert_true(mine->deaths > 0);
    assert_int_equal(theirs->deaths, 0);
}

static void an_account_can_have_a_worker_of_its_own(void **state)
{
    struct fake_crew *crew = *state;
    struct integration beta = other(crew);
    beta.own_worker = true;
    ask(crew, &beta, "a", IMH_OK, "");
    struct worker_process *own = crew_worker_of(crew->supervisor, &beta);
    assert_string_equal(own->owner, "beta");
    assert_ptr_not_equal(own, crew_worker(crew->supervisor, "good"));
    ask(crew, &crew->integration, "crash", IMH_RETRY, "ended, tell its maker");
    assert_int_equal(own->deaths, 0);
    assert_non_null(own->channel);
    own->used_ms -= WORKER_IDLE_MS;
    crew_end_idle(crew->supervisor);
    for (const struct worker_process *at = crew->supervisor->workers; at; at = at->next) {
        assert_ptr_not_equal(at, own); /* gone, and with nothing to remember */
    }
    siginfo_t how = {0}; /* by itself: its instances are destroyed */
    const int pidfd = crew->supervisor->dying->process.pidfd;
    assert_int_equal(waitid(P_PIDFD, (id_t)pidfd, &how, WEXITED | WNOWAIT), 0);
    assert_int_equal(how.si_code, CLD_EXITED);
    ask(crew, &beta, "a", IMH_OK, "");
}

int main(int argc, char **argv)
{
    int status = 0;
    const struct CMUnitTest tests[] = {
#define WITH_CREW(test) \
    cmocka_unit_test_setup_teardown(test, fake_crew_setup, fake_crew_teardown)
        WITH_CREW(who_makes_it_die_harms_only_itself),
        WITH_CREW(who_was_beside_it_goes_on),
        WITH_CREW(an_account_can_have_a_worker_of_its_own),
    };
    return fake_crew_plays(argc, argv, &status) ? status
                                                : cmocka_run_group_tests(tests, NULL, NULL);
}
