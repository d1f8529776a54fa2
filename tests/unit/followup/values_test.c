#include "followup/values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/json.h"
#include "smarty/data.h"
#include "smarty/smarty.h"

/* What is written of the variables of an expression, of this data. */
static void check(const char *expression, const char *data, const char *wanted)
{
    struct arena arena;
    struct value root;
    struct values values;
    struct error error;
    struct text out;
    arena_init(&arena, 4096, 0);
    text_init(&out, SMARTY_OUTPUT_BYTES);
    OWN(smarty_renderer) renderer = smarty_renderer_make();
    assert_true(
        data_read(str_from(data), &json_limits_input, DATA_PLAIN, &arena, &root, &error));
    const struct smarty_data given = {.self = &root, .root = smarty_array_root};
    values_find(&values, str_from(expression), &arena);
    values_write(&values, renderer, &given, &out);
    if (wanted) {
        assert_string_equal(text_cstr(&out), wanted);
    } else {
        assert_true(out.len <= VALUES_ONE_BYTES + 40); /* it was cut */
        assert_true(str_ends(text_str(&out), STR_OF("...\"}")));
    }
    assert_true(out.len <= VALUES_BYTES + 1);
    assert_true(json_check(text_str(&out), &json_limits_input, &error));
    values_done(&values);
    text_done(&out);
    arena_done(&arena);
}

static void each_variable_is_there_once_as_it_was_written(void **state)
{
    (void)state;
    check("{$t.total > 50 && $t.total < 99 && $t.who.email}",
          "{\"t\":{\"total\":19.99,\"who\":{\"email\":\"a@b.nl\"}}}",
          "{\"$t.total\":19.99,\"$t.who.email\":\"a@b.nl\"}");
    check("{$t.total}", "{\"t\":{}}", "{\"$t.total\":null}");
    check("{$gone.total}", "{\"t\":{}}", "{\"$gone.total\":null}");
    check("{1 > 2}", "{}", "{}");
}

static void a_key_that_is_a_variable_is_followed(void **state)
{
    (void)state;
    check("{$shop[$t.id].status == 'open'}",
          "{\"t\":{\"id\":\"x\"},\"shop\":{\"x\":{\"status\":\"closed\"}}}",
          "{\"$shop[$t.id].status\":\"closed\",\"$t.id\":\"x\"}");
    check("{$shop['odd key']}", "{\"shop\":{\"odd key\":1}}",
          "{\"$shop[\\\"odd key\\\"]\":1}");
    check("{$shop[$t.id|upper]}", "{\"t\":{\"id\":\"x\"},\"shop\":{\"X\":1}}",
          "{\"$t.id\":\"x\"}");
}

static void what_is_long_is_cut_and_what_is_too_much_left_out(void **state)
{
    (void)state;
    char data[4000];
    char wide[4000];
    size_t len = (size_t)snprintf(data, sizeof data, "{\"t\":\"");
    while (len < 1000) {
        len += (size_t)snprintf(data + len, sizeof data - len, "\\u00e9\xc3\xa9");
    }
    (void)snprintf(data + len, sizeof data - len, "\"}");
    check("{$t}", data, NULL);
    len = (size_t)snprintf(wide, sizeof wide, "{0");
    for (unsigned i = 0; i < 40; i++) {
        len += (size_t)snprintf(wide + len, sizeof wide - len, "||$t.a%u", i);
    }
    (void)snprintf(wide + len, sizeof wide - len, "}");
    check(wide, "{\"t\":1}",
          "{\"$t.a0\":null,\"$t.a1\":null,\"$t.a2\":null,\"$t.a3\":null,\"$t.a4\":null,"
          "\"$t.a5\":null,\"$t.a6\":null,\"$t.a7\":null}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_variable_is_there_once_as_it_was_written),
        cmocka_unit_test(a_key_that_is_a_variable_is_followed),
        cmocka_unit_test(what_is_long_is_cut_and_what_is_too_much_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
