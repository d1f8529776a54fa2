#include "engine/fit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char text_wanted[] =
    "{\"type\":\"object\",\"properties\":{\"text\":{\"type\":\"string\"}}}";

static imh_action actions[] = {{.name = "post", .params = text_wanted}, {.name = "any"}};

static imh_entity entities[] = {
    {.name = "contact", .schema = text_wanted, .flags = IMH_UPSERTS | IMH_REMOVES},
    {.name = "note", .flags = IMH_UPSERTS},
    {.name = "tomb", .flags = IMH_REMOVES},
    {.name = "seen", .flags = IMH_LISTS}};

static const struct descriptor shop = {.name = "shop",
                                       .actions = actions,
                                       .action_count = COUNT(actions),
                                       .entities = entities,
                                       .entity_count = COUNT(entities)};

/* A job, other arguments for it, and what is wrong with them; NULL: nothing. */
static const struct fit_case {
    enum job_kind kind;
    uint32_t flags;
    struct str part, args;
    imh_status status;
    const char *why;
} cases[] = {
    {JOB_ACTION, 0, STR("post"), STR("{\"text\":\"a\"}"), IMH_OK, NULL},
    {JOB_ACTION, 0, STR("post"), STR("{\"text\":1}"), IMH_REJECTED,
     "the arguments of 'post': /text must be text"},
    {JOB_ACTION, 0, STR("any"), STR("{\"text\":1}"), IMH_OK, NULL},
    {JOB_ACTION, 0, STR("fly"), STR("{}"), IMH_MISSING,
     "'crm' has no action 'fly': see 'imh plugin inspect'"},
    {JOB_ACTION, 0, STR("contact"), STR("{}"), IMH_MISSING,
     "'crm' has no action 'contact': see 'imh plugin inspect'"},
    {JOB_RECORD, 0, STR("contact"), STR(" {\"text\":\"a\"}"), IMH_OK, NULL},
    {JOB_RECORD, 0, STR("contact"), STR("{\"text\":1}"), IMH_REJECTED,
     "the fields of 'contact': /text must be text"},
    {JOB_RECORD, 0, STR("note"), STR("{\"text\":1}"), IMH_OK, NULL},
    {JOB_RECORD, 0, STR("note"), STR("[1]"), IMH_REJECTED,
     "the fields of a record are a JSON object"},
    {JOB_RECORD, 0, STR("tomb"), STR("{}"), IMH_REJECTED,
     "records 'tomb' cannot be written"},
    {JOB_RECORD, 0, STR("seen"), STR("{}"), IMH_MISSING,
     "'crm' has no records 'seen' to write: see 'imh plugin inspect'"},
    {JOB_RECORD, 0, STR("post"), STR("{}"), IMH_MISSING,
     "'crm' has no records 'post' to write: see 'imh plugin inspect'"},
    {JOB_RECORD, JOB_REMOVES, STR("contact"), STR("{\"text\":\"a\"}"), IMH_REJECTED,
     "a removal has no fields to correct: retry or discard it"},
    {JOB_STEP, 0, STR("step"), STR("{\"text\":1}"), IMH_OK, NULL}, /* no plugin's */
};

static void a_job_takes_what_its_plugin_declares(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error error = {.text = ""};
        const struct job job = {
            .kind = cases[i].kind, .flags = cases[i].flags, .part = cases[i].part};
        bool fits = fit_job(&shop, "crm", &job, cases[i].args, &error);
        assert_string_equal(error.text, cases[i].why ? cases[i].why : "");
        assert_int_equal(fits, !cases[i].why);
        assert_int_equal(error.status, cases[i].status);
    }
}

static void what_is_no_json_says_where(void **state)
{
    (void)state;
    struct error error;
    const struct job job = {.kind = JOB_RECORD, .part = STR("note")};
    assert_false(fit_job(&shop, "crm", &job, STR_OF("{\"a\":"), &error));
    assert_non_null(strstr(error.text, "the fields of 'note': "));
    assert_int_equal(error.status, IMH_REJECTED);
    assert_false(fit_job(&shop, "crm", &job, STR_OF(""), &error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_takes_what_its_plugin_declares),
        cmocka_unit_test(what_is_no_json_says_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
