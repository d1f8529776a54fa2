#include "contact/consent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { NOW_MS = 1000, HISTORIES = 20000, SAID_MOST = 12 };

static struct consent_said yes_at(int64_t at_ms)
{
    return (struct consent_said){
        .wants = true, .at_ms = at_ms, .proof = CONSENT_PROOF_EVENT};
}

static struct consent_said no_at(int64_t at_ms)
{
    return (struct consent_said){.at_ms = at_ms};
}

static enum consent_answer after(const struct consent_said *said, unsigned count)
{
    static const struct consent nothing = {0};
    struct consent consent = {0};
    for (unsigned i = 0; i < count; i++) {
        (void)consent_take(&consent, &said[i], NOW_MS);
    }
    return consent_answer(&consent, &nothing);
}

static void who_said_nothing_is_unknown(void **state)
{
    static const struct consent_said told = {.wants = true, .at_ms = 5};
    (void)state;
    assert_int_equal(after(NULL, 0), CONSENT_UNKNOWN);
    assert_int_equal(after(&told, 1), CONSENT_UNKNOWN); /* without a proof */
}

static void an_opt_out_is_ended_by_a_newer_consent_with_its_proof_only(void **state)
{
    struct consent_said said[] = {no_at(10), yes_at(11)};
    (void)state;
    assert_int_equal(after(said, 1), CONSENT_NO);
    assert_int_equal(after(said, 2), CONSENT_YES);
    said[1].proof = CONSENT_PROOF_NONE;
    assert_int_equal(after(said, 2), CONSENT_NO);
    said[1] = yes_at(9);
    assert_int_equal(after(said, 2), CONSENT_NO);
    said[1] = yes_at(10);
    assert_int_equal(after(said, 2), CONSENT_NO); /* one moment: the opt-out */
}

static void a_clock_that_is_ahead_counts_as_now(void **state)
{
    const struct consent_said said[] = {yes_at(NOW_MS * 9), no_at(NOW_MS)};
    (void)state;
    assert_int_equal(after(said, 2), CONSENT_NO);
}

static void an_opt_out_from_a_channel_holds_for_its_lists(void **state)
{
    const struct consent list = {.yes_ms = 10};
    const struct consent out = {.no_ms = 10};
    const struct consent before = {.no_ms = 9};
    const struct consent in = {.yes_ms = 10};
    const struct consent nothing = {0};
    (void)state;
    assert_int_equal(consent_answer(&list, &out), CONSENT_NO);
    assert_int_equal(consent_answer(&list, &before), CONSENT_YES);
    assert_int_equal(consent_answer(&nothing, &in), CONSENT_UNKNOWN);
    assert_int_equal(consent_answer(&nothing, &out), CONSENT_NO);
}

/* The rule in its own words, over all that was said. */
static enum consent_answer model(const struct consent_said *said, unsigned count)
{
    enum consent_answer answer = CONSENT_UNKNOWN;
    for (unsigned i = 0; i < count; i++) {
        bool newer = true;
        if (said[i].wants) {
            for (unsigned j = 0; j < count; j++) {
                newer = newer && (said[j].wants || said[j].at_ms < said[i].at_ms);
            }
            if (newer && said[i].proof != CONSENT_PROOF_NONE) {
                return CONSENT_YES;
            }
        } else {
            answer = CONSENT_NO;
        }
    }
    return answer;
}

static uint32_t roll(uint32_t *dice, uint32_t sides)
{
    *dice = *dice * 1664525U + 1013904223U;
    return (*dice >> 8) % sides;
}

/* In any order, and with repeats. */
static void histories_end_as_the_rule_says(void **state)
{
    uint32_t dice = 17;
    unsigned ends[3] = {0};
    (void)state;
    for (unsigned round = 0; round < HISTORIES; round++) {
        struct consent_said said[2 * SAID_MOST];
        unsigned count = roll(&dice, SAID_MOST + 1);
        for (unsigned i = 0; i < count; i++) {
            said[i] = (struct consent_said){
                .wants = roll(&dice, 2) == 1,
                .at_ms = 1 + roll(&dice, 8),
                .proof = (enum consent_proof)roll(&dice, CONSENT_PROOF_CONFIRMED + 1)};
        }
        enum consent_answer expected = model(said, count);
        for (unsigned i = 0; i < count; i++) {
            said[count + i] = said[roll(&dice, count)];
            unsigned other = roll(&dice, count);
            struct consent_said moved = said[i];
            said[i] = said[other];
            said[other] = moved;
        }
        assert_int_equal(after(said, count), expected);
        assert_int_equal(after(said, 2 * count), expected);
        ends[expected]++;
    }
    for (unsigned i = 0; i < 3; i++) {
        assert_true(ends[i] > HISTORIES / 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_said_nothing_is_unknown),
        cmocka_unit_test(an_opt_out_is_ended_by_a_newer_consent_with_its_proof_only),
        cmocka_unit_test(a_clock_that_is_ahead_counts_as_now),
        cmocka_unit_test(an_opt_out_from_a_channel_holds_for_its_lists),
        cmocka_unit_test(histories_end_as_the_rule_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
