#include "app/plugin_show.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

static const struct descriptor plain = {
    .name = "shop", .version = "1.2.0", .abi_major = 1, .abi_minor = 3};

static const char *section(const struct descriptor *descriptor)
{
    static char copy[8000];
    struct text out;
    text_init(&out, sizeof copy);
    plugin_show_section(descriptor, &out);
    (void)snprintf(copy, sizeof copy, "%s", text_cstr(&out));
    text_done(&out);
    return copy;
}

/* The line that sets the option, without what stands before it. */
static const char *line_of(imh_option option)
{
    static char line[200];
    struct descriptor descriptor = plain;
    descriptor.options = &option;
    descriptor.option_count = 1;
    const char *found = strstr(section(&descriptor), "\nplugin = shop\n") + 15;
    const char *last = found;
    for (const char *at = found; *at; at++) {
        last = *at == '\n' && at[1] ? at + 1 : last;
    }
    (void)snprintf(line, sizeof line, "%.*s", (int)strcspn(last, "\n"), last);
    return line;
}

static void a_plugin_that_declares_nothing_is_three_lines(void **state)
{
    (void)state;
    assert_string_equal(section(&plain), "; shop 1.2.0\n; built for interface 1.3\n"
                                         "[integration mine]\nplugin = shop\n");
}

static void an_option_stands_there_when_it_must(void **state)
{
    (void)state;
    assert_string_equal(line_of((imh_option){.name = "a"}), "; a = ...");
    assert_string_equal(line_of((imh_option){.name = "a", .flags = IMH_REQUIRED}),
                        "a = ...");
    assert_string_equal(
        line_of((imh_option){.name = "a", .flags = IMH_REQUIRED, .when = "b=c"}),
        "; a = ...");
    assert_string_equal(line_of((imh_option){.name = "a", .flags = IMH_SECRET}),
                        "; a = file:a.txt");
}

static void an_example_is_a_value_that_fits(void **state)
{
    (void)state;
    static const struct {
        imh_option option;
        const char *line;
    } cases[] = {
        {{.name = "a", .type = IMH_INTEGER}, "; a = 1"},
        {{.name = "a", .type = IMH_INTEGER, .min = 5, .max = 9}, "; a = 5"},
        {{.name = "a", .type = IMH_INTEGER, .min = -9, .max = -5}, "; a = -9"},
        {{.name = "a", .type = IMH_NUMBER}, "; a = 1.5"},
        {{.name = "a", .type = IMH_SECONDS, .min = 60, .max = 90}, "; a = 60"},
        {{.name = "a", .type = IMH_BYTES}, "; a = 1m"},
        {{.name = "a", .type = IMH_BOOLEAN}, "; a = yes"},
        {{.name = "a", .type = IMH_URL}, "; a = https://example.com/"},
        {{.name = "a", .type = IMH_CHOICE, .choices = "x|y"}, "; a = x"},
        {{.name = "a", .type = IMH_CHOICE, .choices = "x"}, "; a = x"},
        {{.name = "a", .type = IMH_CHOICE, .choices = "x|y", .fallback = "y"}, "; a = y"},
        {{.name = "a", .fallback = "some text"}, "; a = some text"},
        {{.name = "a", .fallback = "two\nlines"}, "; a = ..."},
        {{.name = "a", .fallback = ""}, "; a = ..."},
        {{.name = "a", .type = 4711}, "; a = ..."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(line_of(cases[i].option), cases[i].line);
    }
}

static void long_help_goes_on_in_comments(void **state)
{
    char help[1000];
    imh_option option = {.name = "a", .help = help};
    struct descriptor descriptor = plain;
    (void)state;
    memset(help, 0, sizeof help);
    for (size_t i = 0; i + 20 < sizeof help; i += 10) {
        (void)snprintf(help + i, sizeof help - i, "word\nword ");
    }
    descriptor.options = &option;
    descriptor.option_count = 1;
    struct str rest = str_from(section(&descriptor));
    struct str line;
    unsigned lines = 0;
    while (str_split(&rest, '\n', &line) && line.len > 0) {
        lines++;
        assert_true(line.len <= 96);
        assert_true(line.ptr[0] == ';' || str_starts(line, STR_OF("[integration mine]")) ||
                    str_starts(line, STR_OF("plugin = ")));
    }
    assert_true(lines > 12);
}

static void everything_else_is_a_comment(void **state)
{
    imh_variable variables[] = {
        {.name = "product", .flags = IMH_KEYED, .help = "A product"},
        {.name = "store", .type = IMH_OBJECT}};
    imh_event_type events[] = {{.name = "order-create", .help = "New order"}};
    imh_action actions[] = {
        {.name = "create-coupon",
         .params = "{\"required\":[\"email\"],\"properties\":{"
                   "\"email\":{\"type\":\"string\"},\"code\":{},"
                   "\"kind\":{\"enum\":[\"gift\",1],\"description\":\"Which\"},"
                   "\"percent\":{\"type\":\"integer\",\"description\":\"Off\"}}}"},
        {.name = "ping", .help = "Nothing"}};
    imh_entity entities[] = {{.name = "customer", .help = "People"}};
    struct descriptor descriptor = plain;
    (void)state;
    descriptor.summary = "Shops";
    descriptor.variables = variables;
    descriptor.variable_count = 2;
    descriptor.event_types = events;
    descriptor.event_type_count = 1;
    descriptor.actions = actions;
    descriptor.action_count = 2;
    descriptor.entities = entities;
    descriptor.entity_count = 1;
    assert_string_equal(section(&descriptor),
                        "; shop 1.2.0: Shops\n; built for interface 1.3\n"
                        "[integration mine]\nplugin = shop\n"
                        "; {$mine.product.KEY}: A product\n; {$mine.store}: object\n"
                        "; event order-create: New order\n; action create-coupon\n"
                        "; with.email (string, required)\n; with.code\n"
                        "; with.kind, one of [\"gift\",1]: Which\n"
                        "; with.percent (integer): Off\n; action ping: Nothing\n"
                        "; entity customer: People\n");
}

static void json_is_one_object_of_names_and_truths(void **state)
{
    imh_option options[] = {{.name = "mode",
                             .help = "a \"mode\"",
                             .type = IMH_CHOICE,
                             .choices = "x|y",
                             .flags = IMH_REQUIRED | IMH_SECRET},
                            {.name = "count", .type = IMH_INTEGER, .min = 1, .max = 5}};
    imh_variable variables[] = {
        {.name = "v", .flags = IMH_KEYED, .type = IMH_OBJECT, .example = "{\"a\": 1}"}};
    struct descriptor descriptor = plain;
    struct text out;
    struct error error;
    (void)state;
    descriptor.options = options;
    descriptor.option_count = 2;
    descriptor.variables = variables;
    descriptor.variable_count = 1;
    imh_action actions[] = {{.name = "a", .params = "{}", .flags = IMH_REPEATABLE}};
    descriptor.actions = actions;
    descriptor.action_count = 1;
    text_init(&out, 8000);
    plugin_show_json(&descriptor, &out);
    assert_true(json_check(text_str(&out), &json_limits_input, &error));
    assert_string_equal(
        text_cstr(&out),
        "{\"name\":\"shop\",\"version\":\"1.2.0\",\"vendor\":null,\"summary\":null,"
        "\"interface\":\"1.3\",\"concurrent\":false,\"parallel\":0,\"rate_a_minute\":0,"
        "\"options\":[{\"name\":\"mode\",\"help\":\"a \\\"mode\\\"\",\"type\":\"choice\","
        "\"required\":true,\"secret\":true,\"many\":false,\"default\":null,\"when\":null,"
        "\"choices\":[\"x\",\"y\"]},{\"name\":\"count\",\"help\":null,"
        "\"type\":\"integer\",\"required\":false,\"secret\":false,\"many\":false,"
        "\"default\":null,\"when\":null,\"min\":1,\"max\":5}],"
        "\"variables\":[{\"name\":\"v\",\"help\":null,\"type\":\"object\",\"keyed\":true,"
        "\"subject\":null,\"ttl_s\":0,\"example\":{\"a\": 1}}],\"events\":[],"
        "\"sources\":[],\"actions\":[{\"name\":\"a\",\"help\":null,\"stream\":null,"
        "\"repeatable\":true,\"params\":{}}],\"entities\":[]}\n");
    text_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plugin_that_declares_nothing_is_three_lines),
        cmocka_unit_test(an_option_stands_there_when_it_must),
        cmocka_unit_test(an_example_is_a_value_that_fits),
        cmocka_unit_test(long_help_goes_on_in_comments),
        cmocka_unit_test(everything_else_is_a_comment),
        cmocka_unit_test(json_is_one_object_of_names_and_truths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
