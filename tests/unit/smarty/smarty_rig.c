#include "smarty_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "smarty/data.h"

bool rig_read(void *self, struct str name, struct text *source, struct error *error)
{
    static const struct {
        struct str name, source;
    } templates[] = {
        {STR("self"), STR("{include \"self\"}")},
        {STR("twice"), STR("{include \"twice\"}{include \"twice\"}")},
        {STR("ping"), STR("{include \"pong\"}")},
        {STR("pong"), STR("{include \"ping\"}")},
        {STR("child"), STR("{extends \"child\"}")},
        {STR("base"), STR("<{block a}base{/block}>")},
        {STR("hello"), STR("Hello {$who|default:\"you\"}")},
        {STR("sets"), STR("{$set=1}{assign var=up value=2 scope=parent}")},
        {STR("bad"), STR("\n{$x")},
        {STR("fails"), STR("\n{1/0}")},
    };
    (void)self;
    for (size_t i = 0; i < COUNT(templates); i++) {
        if (str_eq(templates[i].name, name)) {
            text_add(source, templates[i].source);
            return true;
        }
    }
    return error_set(error, IMH_MISSING, "the rig has none");
}

void rig_render(struct str template, bool escape_html, const struct smarty_limits *limits,
                struct text *out)
{
    static const struct str variables = STR(RIG_VARIABLES);
    struct smarty_options options = {.escape_html = escape_html};
    struct error error;
    struct arena arena;
    struct value value;
    arena_init(&arena, 1024, 0);
    assert_true(
        data_read(variables, &json_limits_input, DATA_PLAIN, &arena, &value, &error));
    static const struct smarty_store store = {.read = rig_read};
    struct smarty_data data = {
        .self = &value, .root = smarty_array_root, .store = &store, .now_s = RIG_NOW_S};
    OWN(smarty_renderer) renderer = smarty_renderer_make();
    OWN(smarty_template) compiled = smarty_compile("rig", template, &options, &error);
    assert_non_null(renderer);
    if (limits) {
        smarty_renderer_limit(renderer, limits);
    }
    if (!compiled || smarty_render(renderer, compiled, &data, out, &error) != SMARTY_DONE) {
        assert_int_equal(error.status, IMH_REJECTED);
        text_add_cstr(out, error.text);
    }
    arena_done(&arena);
}

static void check(const struct rig_case *cases, size_t count, bool escape_html)
{
    struct text wrong;
    text_init(&wrong, 1 << 20);
    for (size_t i = 0; i < count; i++) {
        struct text out;
        text_init(&out, 1 << 20);
        rig_render(cases[i].template, escape_html, NULL, &out);
        if (!str_eq(text_str(&out), cases[i].expected)) {
            text_print(&wrong, "\n%.*s\n  is       '%.*s'\n  and not  '%.*s'",
                       STR_ARGS(cases[i].template), STR_ARGS(text_str(&out)),
                       STR_ARGS(cases[i].expected));
        }
        text_done(&out);
    }
    if (wrong.len > 0) {
        fail_msg("%s", text_cstr(&wrong));
    }
    text_done(&wrong);
}

void rig_check(const struct rig_case *cases, size_t count)
{
    check(cases, count, false);
}

void rig_check_escaped(const struct rig_case *cases, size_t count)
{
    check(cases, count, true);
}

void rig_fails(struct str template, const struct smarty_limits *limits, const char *error)
{
    struct text out;
    text_init(&out, SMARTY_OUTPUT_BYTES);
    rig_render(template, false, limits, &out);
    assert_string_equal(text_cstr(&out), error);
    text_done(&out);
}

void rig_repeat(struct text *out, const char *what, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text_add_cstr(out, what);
    }
}
