#include "app/consent_desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/text.h"
#include "store_rig.h"

/* Columns: account, contact, channel, list, yes_ms, no_ms, yes_source, no_source. */
static const char rows[] =
    "insert into consent values"
    " ('acme', 'ann@example.com', 'email', '', 0, 3000, '', 'event 3'),"
    " ('acme', 'ann@example.com', 'email', 'a', 1000, 2000, 'event 1', 'event 2'),"
    " ('acme', 'ann@example.com', 'email', 'b', 4000, 0, 'event 4', ''),"
    " ('acme', 'ann@example.com', 'email', 'c', 0, 5000, '', 'event 5'),"
    " ('acme', 'ann@example.com', 'sms', 'd', 1000, 0, 'event 6', ''),"
    " ('acme', 'bob@example.com', 'email', 'a', 1000, 1000, 'event 7', 'event 8')";

/* "list state since because", one a line. */
static void assert_told(struct store *store, const char *contact, const char *lines)
{
    struct error error = {.text = ""};
    const json_t *item;
    size_t i;
    struct text told;
    json_auto_t *asked = json_pack("{s:s,s:s}", "account", "acme", "contact", contact);
    json_auto_t *answer = consent_desk_ask(store, asked, &error);
    assert_string_equal(error.text, "");
    text_init(&told, 1024);
    json_array_foreach(json_object_get(answer, "items"), i, item)
    {
        text_print(&told, "%s%s %s %s %s\n",
                   json_string_value(json_object_get(item, "channel")),
                   json_string_value(json_object_get(item, "list")),
                   json_string_value(json_object_get(item, "state")),
                   json_string_value(json_object_get(item, "since")) + 17,
                   json_string_value(json_object_get(item, "because")));
    }
    assert_string_equal(text_cstr(&told), lines);
    text_done(&told);
}

static void what_decides_is_told(void **state)
{
    struct store *store = rig_open(*state);
    struct error error = {.text = ""};
    struct sql sql = {.work = {.run = rig_sql}, .text = rows};
    assert_true(store_do(store, &sql.work, &error));
    assert_told(store, "Ann@example.com",
                "email opt-out 03.000Z event 3\n"
                "emaila opt-out 03.000Z event 3\n" /* of the whole channel, and newer */
                "emailb consent 04.000Z event 4\n"
                "emailc opt-out 05.000Z event 5\n"
                "smsd consent 01.000Z event 6\n"); /* another channel */
    assert_told(store, "bob@example.com", "emaila opt-out 01.000Z event 8\n");
    assert_told(store, "who@example.com", "");
    store_close(store);
}

static void nobody_is_refused(void **state)
{
    struct store *store = rig_open(*state);
    struct error error = {.text = ""};
    json_auto_t *nobody = json_object();
    assert_null(consent_desk_ask(store, nobody, &error));
    assert_int_equal(error.status, IMH_REJECTED);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        state_test(what_decides_is_told),
        state_test(nobody_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
