#include "contract_records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stand.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { SHORT_MS = 1000 };

/* Those of an entity that the recording has. */
struct chosen {
    uint32_t numbers[MESSAGE_RECORDS_MOST];
    uint32_t count, well_count;
};

static struct chosen choose(const struct stand *stand, const imh_entity *entity,
                            bool refused_too)
{
    struct chosen chosen = {.count = 0};
    for (uint32_t i = 0; i < stand->recording.write_count; i++) {
        const struct write *write = &stand->recording.writes[i];
        if (str_is(write->entity, entity->name) && (refused_too || !write->refused)) {
            assert_true(chosen.count < COUNT(chosen.numbers));
            chosen.numbers[chosen.count++] = i;
            chosen.well_count += !write->refused;
        }
    }
    return chosen;
}

static struct records records_of(const struct chosen *chosen, uint32_t entity, bool removes)
{
    return (struct records){entity, removes, chosen->numbers, chosen->count};
}

static void every_entity_is_recorded(void **state)
{
    const struct stand *stand = *state;
    for (uint32_t i = 0; i < stand->descriptor->entity_count; i++) {
        const imh_entity *entity = &stand->descriptor->entities[i];
        const struct chosen chosen = choose(stand, entity, false);
        bool good = chosen.count > 0 || !(entity->flags & (IMH_UPSERTS | IMH_REMOVES));
        if (!good) {
            print_error("contract.json writes no '%s'\n", entity->name);
        }
        assert_true(good);
    }
}

/* One that does not fit the schema does not spoil the others, and nobody hears of it. */
static void expect_ends(struct stand *stand, const struct chosen *chosen, struct seen *seen)
{
    for (uint32_t i = 0; i < chosen->count; i++) {
        const struct write *write = &stand->recording.writes[chosen->numbers[i]];
        imh_status wanted = write->refused ? IMH_REJECTED : IMH_OK;
        if (seen->heard[i].status != wanted) {
            print_error("record '%.*s' ended with %d: %s\n", STR_ARGS(write->key),
                        (int)seen->heard[i].status, seen->text);
        }
        assert_int_equal(seen->heard[i].status, wanted);
        assert_true(seen->heard[i].count > 0); /* told, not left to the call */
        assert_int_equal(remote_heard(stand->remote, write->key) > 0, !write->refused);
    }
}

static void each_record_of_a_call_has_an_end_of_its_own(void **state)
{
    struct stand *stand = *state;
    for (uint32_t i = 0; i < stand->descriptor->entity_count; i++) {
        const imh_entity *entity = &stand->descriptor->entities[i];
        const struct chosen chosen = choose(stand, entity, true);
        const struct records records = records_of(&chosen, i, false);
        struct seen seen;
        if (entity->flags & IMH_UPSERTS) {
            stand_write(stand, stand->a, &records, STAND_CALL_MS, &seen);
            expect_ends(stand, &chosen, &seen);
            assert_true(seen.went_out || chosen.well_count == 0);
            seen_done(&seen);
        }
    }
}

static void what_is_removed_is_gone_or_was_not_there(void **state)
{
    struct stand *stand = *state;
    for (uint32_t i = 0; i < stand->descriptor->entity_count; i++) {
        const imh_entity *entity = &stand->descriptor->entities[i];
        const struct chosen chosen = choose(stand, entity, false);
        const struct records records = records_of(&chosen, i, true);
        struct seen seen;
        if (!(entity->flags & IMH_REMOVES)) {
            continue;
        }
        stand_write(stand, stand->a, &records, STAND_CALL_MS, &seen);
        for (uint32_t j = 0; j < chosen.count; j++) {
            imh_status status = seen.heard[j].status;
            assert_true(status == IMH_OK || status == IMH_MISSING);
        }
        seen_done(&seen);
    }
}

/* ---- remotes that are not well ---- */

/* Nothing was done, and each record ends as one of these. */
static void expect_all(struct stand *stand, int64_t time_ms, const imh_status *kinds,
                       size_t kind_count)
{
    for (uint32_t i = 0; i < stand->descriptor->entity_count; i++) {
        const imh_entity *entity = &stand->descriptor->entities[i];
        const struct chosen chosen = choose(stand, entity, false);
        const struct records records = records_of(&chosen, i, false);
        struct seen seen;
        if (!(entity->flags & IMH_UPSERTS)) {
            continue;
        }
        stand_write(stand, stand->a, &records, time_ms, &seen);
        for (uint32_t j = 0; j < chosen.count; j++) {
            bool found = false;
            for (size_t k = 0; k < kind_count; k++) {
                found = found || seen.heard[j].status == kinds[k];
            }
            if (!found) {
                print_error("a record ended with %d: %s\n", (int)seen.heard[j].status,
                            seen.text);
            }
            assert_true(found);
        }
        seen_done(&seen);
    }
}

static void what_a_remote_refuses_is_told_of_each_record(void **state)
{
    static const struct {
        unsigned code;
        imh_status kinds[2];
    } cases[] = {{503, {IMH_RETRY, IMH_WAIT}},
                 {429, {IMH_WAIT, IMH_WAIT}},
                 {401, {IMH_DENIED, IMH_DENIED}},
                 {413, {IMH_TOO_LARGE, IMH_TOO_LARGE}}};
    struct stand *stand = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        remote_say(stand->remote, cases[i].code, "Content-Type: application/json\r\n",
                   STR_OF("{\"message\":\"no\"}"));
        expect_all(stand, STAND_CALL_MS, cases[i].kinds, COUNT(cases[i].kinds));
    }
}

static void a_silent_remote_leaves_records_untried_or_unknown(void **state)
{
    static const imh_status kinds[] = {IMH_RETRY, IMH_WAIT, IMH_CANCELED, IMH_UNKNOWN};
    struct stand *stand = *state;
    remote_mood(stand->remote, REMOTE_IS_SILENT);
    expect_all(stand, SHORT_MS, kinds, COUNT(kinds));
}

#define PROMISE(name) cmocka_unit_test_setup_teardown(name, stand_setup, stand_teardown)

int contract_records(void)
{
    const struct CMUnitTest records[] = {
        PROMISE(every_entity_is_recorded),
        PROMISE(each_record_of_a_call_has_an_end_of_its_own),
        PROMISE(what_is_removed_is_gone_or_was_not_there),
        PROMISE(what_a_remote_refuses_is_told_of_each_record),
        PROMISE(a_silent_remote_leaves_records_untried_or_unknown),
    };
    return cmocka_run_group_tests(records, NULL, NULL);
}
