/* Records handed to a plugin, and what it says became of each. */
#include "plugin/records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plugin_rig.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { NAME_BYTES = 255 };

static const imh_entity entities[] = {
    {.name = "contact",
     .schema = "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"}}}",
     .flags = IMH_UPSERTS | IMH_REMOVES},
    {.name = "note", .flags = IMH_UPSERTS},
};

/* What the plugin was given, a line each. */
static struct text given;

static imh_status write_all(void *self, imh_call *call, uint32_t entity,
                            const imh_record *const *records, uint32_t count)
{
    (void)self;
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(records[i]->size, sizeof **records);
        assert_int_equal(records[i]->key.ptr[records[i]->key.len], '\0');
        assert_int_equal(records[i]->data.ptr[records[i]->data.len], '\0');
        text_print(&given, "%u %s %s\n", entity, records[i]->key.ptr, records[i]->data.ptr);
        assert_int_equal(imh_done(call, i, IMH_OK), IMH_OK);
    }
    return IMH_OK;
}

static struct call_record records[] = {
    {STR("k1"), STR(""), STR(""), STR("{\"n\":1}")},
    {STR("k2"), STR(""), STR(""), STR("{\"n\":\"two\"}")},
    {STR("k3"), STR(""), STR(""), STR("{}")},
};

static imh_status run(struct desk *desk, enum call_kind kind, uint32_t entity,
                      bool has_functions)
{
    imh_plugin plugin = {.entities = IMH_LIST(entities)};
    plugin.upsert = has_functions ? write_all : NULL;
    plugin.remove = has_functions ? write_all : NULL;
    desk->call->order.kind = kind;
    desk->call->order.entity = entity;
    desk->call->order.records = records;
    desk->call->order.record_count = COUNT(records);
    text_init(&given, 1000);
    return records_run(desk->call, &plugin, NULL);
}

static void expect_done(struct desk *desk, uint32_t index, imh_status status)
{
    struct call_done done;
    struct parcel *parcel = rig_parcel_of(desk->outbox, PARCEL_FRAME);
    assert_int_equal(parcel->message, MESSAGE_DONE);
    assert_true(done_get(text_str(&parcel->payload), &done));
    assert_int_equal(done.index, index);
    assert_int_equal(done.outcome.status, status);
    assert_int_equal(done.outcome.text.len > 0, status != IMH_OK);
    parcel_free(parcel);
}

static void what_does_not_fit_is_refused_and_the_others_keep_their_places(void **state)
{
    struct desk *desk = *state;
    assert_int_equal(run(desk, CALL_UPSERT, 0, true), IMH_OK);
    assert_string_equal(text_cstr(&given), "0 k1 {\"n\":1}\n0 k3 {}\n");
    expect_done(desk, 1, IMH_REJECTED);
    expect_done(desk, 0, IMH_OK);
    expect_done(desk, 2, IMH_OK);
    assert_null(inbox_take(desk->outbox));
    text_done(&given);
}

static void without_a_schema_anything_fits(void **state)
{
    struct desk *desk = *state;
    assert_int_equal(run(desk, CALL_UPSERT, 1, true), IMH_OK);
    assert_string_equal(text_cstr(&given),
                        "1 k1 {\"n\":1}\n1 k2 {\"n\":\"two\"}\n1 k3 {}\n");
    text_done(&given);
}

static void what_is_removed_has_no_fields_to_judge(void **state)
{
    struct desk *desk = *state;
    assert_int_equal(run(desk, CALL_REMOVE, 0, true), IMH_OK);
    expect_done(desk, 0, IMH_OK);
    expect_done(desk, 1, IMH_OK);
    expect_done(desk, 2, IMH_OK);
    text_done(&given);
}

static void an_entity_or_function_there_is_not_is_a_fault(void **state)
{
    struct desk *desk = *state;
    assert_int_equal(run(desk, CALL_UPSERT, COUNT(entities), true), IMH_BROKEN);
    assert_int_equal(run(desk, CALL_UPSERT, 0, false), IMH_BROKEN);
    assert_int_equal(run(desk, CALL_REMOVE, 0, false), IMH_BROKEN);
    assert_null(inbox_take(desk->outbox));
}

static void an_end_is_of_a_record_that_was_given(void **state)
{
    struct desk *desk = *state;
    static char name[NAME_BYTES + 1];
    imh_str none = imh_text(NULL);
    memset(name, 'n', sizeof name);
    assert_int_equal(imh_done(desk->api, 0, IMH_OK), IMH_BROKEN); /* of no such call */
    assert_string_equal(desk->call->failure.text, "the end of record 0 of 0");
    assert_int_equal(run(desk, CALL_REMOVE, 0, true), IMH_OK);
    text_done(&given);
    expect_done(desk, 0, IMH_OK);
    expect_done(desk, 1, IMH_OK);
    expect_done(desk, 2, IMH_OK);
    assert_int_equal(imh_done(desk->api, 3, IMH_OK), IMH_BROKEN);
    imh_str longest = {name, NAME_BYTES};
    imh_str longer = {name, NAME_BYTES + 1};
    assert_int_equal(imh_done_as(desk->api, 0, longer, none), IMH_BROKEN);
    assert_int_equal(imh_done_as(desk->api, 0, none, longer), IMH_BROKEN);
    assert_null(inbox_take(desk->outbox));
    assert_int_equal(imh_done_as(desk->api, 0, longest, longest), IMH_OK);
    expect_done(desk, 0, IMH_OK);
}

static void a_failure_always_has_a_reason(void **state)
{
    struct desk *desk = *state;
    assert_int_equal(run(desk, CALL_REMOVE, 0, true), IMH_OK);
    text_done(&given);
    for (uint32_t i = 0; i < COUNT(records); i++) {
        expect_done(desk, i, IMH_OK);
    }
    for (imh_status status = IMH_RETRY; status <= IMH_TOO_LARGE; status++) {
        assert_int_equal(imh_done(desk->api, 1, status), IMH_OK);
        expect_done(desk, 1, status);
    }
    assert_int_equal(imh_done(desk->api, 1, 4711), IMH_OK);
    expect_done(desk, 1, IMH_BROKEN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_does_not_fit_is_refused_and_the_others_keep_their_places),
        TEST(without_a_schema_anything_fits),
        TEST(what_is_removed_has_no_fields_to_judge),
        TEST(an_entity_or_function_there_is_not_is_a_fault),
        TEST(an_end_is_of_a_record_that_was_given),
        TEST(a_failure_always_has_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
