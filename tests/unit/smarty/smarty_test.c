#include "smarty/smarty.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "smarty_rig.h"

/* Data that notes what it is asked for. `here` answers, `later` is pending until the data
 * is fetched, `broken` fails; members are the name of what was asked, or lazy again. */
struct source {
    struct lazy lazy;
    struct text asked;
    bool fetched;
    struct value list; /* what the root `list` is */
};

static bool source_member(const struct lazy *lazy, const struct key *key,
                          struct arena *arena, struct value *value, struct error *error)
{
    struct source *source = (struct source *)lazy;
    struct str name = {key->name ? key->name : "#", key->name ? key->len : 1};
    (void)arena;
    text_print(&source->asked, ".%.*s", STR_ARGS(name));
    if (str_is(name, "broken")) {
        return error_set(error, IMH_RETRY, "the remote sleeps");
    }
    if (str_is(name, "shop")) {
        *value = (struct value){.type = VALUE_LAZY, .lazy = lazy};
    } else if (str_starts(name, STR_OF("later")) && !source->fetched) {
        *value = value_pending();
    } else if (str_is(name, "nothing")) {
        *value = value_null();
    } else {
        *value = value_text(name);
    }
    return true;
}

static const struct lazy_type source_type = {.member = source_member};

static bool source_root(void *self, const struct key *name, struct value *value)
{
    struct source *source = self;
    struct str text = {name->name, name->len};
    text_print(&source->asked, " %.*s", STR_ARGS(text));
    if (str_is(text, "lazy")) {
        *value = (struct value){.type = VALUE_LAZY, .lazy = &source->lazy};
        return true;
    }
    if (str_is(text, "list")) {
        *value = source->list;
        return true;
    }
    if (str_is(text, "p") && !source->fetched) {
        *value = value_pending();
        return true;
    }
    if (str_is(text, "p")) {
        *value = value_text(STR_OF("fetched"));
        return true;
    }
    return false;
}

static void source_init(struct source *source)
{
    *source = (struct source){.lazy = {.type = &source_type}};
    text_init(&source->asked, 10000);
}

static struct smarty_template *compile(const char *source)
{
    struct smarty_options options = {.escape_html = false};
    struct error error;
    struct smarty_template *template =
        smarty_compile("t", str_from(source), &options, &error);
    if (!template) {
        fail_msg("%s", error.text);
    }
    return template;
}

/* Renders twice: what is missing, then all. */
struct turn {
    enum smarty_result result;
    const char *out, *asked;
};

static void assert_turn(struct smarty_renderer *renderer,
                        const struct smarty_template *template, struct source *source,
                        const struct turn *turn)
{
    struct smarty_data data = {.self = source, .root = source_root, .now_s = RIG_NOW_S};
    struct text out;
    struct error error;
    text_init(&out, 10000);
    text_clear(&source->asked);
    assert_int_equal(smarty_render(renderer, template, &data, &out, &error), turn->result);
    assert_string_equal(text_cstr(&out), turn->out);
    if (turn->asked) {
        assert_string_equal(text_cstr(&source->asked), turn->asked);
    }
    text_done(&out);
}

/* ---- roots ---- */

static void a_root_is_asked_once_and_only_when_named(void **state)
{
    (void)state;
    struct source source;
    OWN(smarty_renderer) renderer = smarty_renderer_make();
    OWN(smarty_template) template = compile("{$lazy.a}{$lazy.b}{$x}{$x}{if 0}{$y}{/if}");
    source_init(&source);
    assert_turn(renderer, template, &source,
                &(struct turn){SMARTY_DONE, "ab", " lazy x y.a.b"});
    text_done(&source.asked);
}

static void what_is_not_needed_is_not_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *template, *out, *asked;
    } cases[] = {
        {"{if 0}{$lazy.a}{/if}", "", " lazy"},
        {"{if 0 && $lazy.a}{/if}", "", " lazy"},
        {"{if 1 || $lazy.a}{/if}", "", " lazy"},
        {"{1 ? 2 : $lazy.a}", "2", " lazy"},
        {"{'x'|default:$lazy.a}", "x", " lazy"},
        {"{5 ?? $lazy.a}", "5", " lazy"},
        {"{$lazy.a|noprint}", "", " lazy"},
        {"{isset($lazy.nothing, $lazy.b)}", "", " lazy.nothing"},
        {"{foreach [] as $v}{$lazy.a}{/foreach}", "", " v lazy"},
        {"{$lazy.nothing.deep.deeper}", "", " lazy.nothing"},
        {"{$lazy.shop.a}", "a", " lazy.shop.a"},
        {"{$lazy[1].x}", "", " lazy.#"},
        {"{$q=\"shop\"}{$lazy.$q.b}", "b", " q lazy.shop.b"},
        {"{$lazy}", "", " lazy"},
        {"{$lazy|upper}{$lazy|count}{if $lazy}y{/if}", "0y", " lazy"},
        {"{foreach $lazy as $v}x{foreachelse}n{/foreach}", "n", " lazy v"},
        {"{$a=$lazy}{$a.b}", "b", " a lazy.b"},
        {"{$lazy.x=1}{$lazy.x}", "1", " lazy"},
    };
    OWN(smarty_renderer) renderer = smarty_renderer_make();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct source source;
        OWN(smarty_template) template = compile(cases[i].template);
        source_init(&source);
        assert_turn(renderer, template, &source,
                    &(struct turn){SMARTY_DONE, cases[i].out, cases[i].asked});
        text_done(&source.asked);
    }
}

static void an_error_of_the_data_ends_the_render(void **state)
{
    (void)state;
    struct source source;
    OWN(smarty_renderer) renderer = smarty_renderer_make();
    OWN(smarty_template) template = compile("a\n{$lazy.broken}{$lazy.after}");
    struct smarty_data data = {.self = &source, .root = source_root};
    struct error error;
    struct text out;
    source_init(&source);
    text_init(&out, 100);
    text_add_cstr(&out, "before");
    assert_int_equal(smarty_render(renderer, template, &data, &out, &error), SMARTY_FAILED);
    assert_string_equal(text_cstr(&out), "before");
    assert_string_equal(error.text, "t:2: the remote sleeps");
    assert_int_equal(error.status, IMH_RETRY);
    assert_string_equal(text_cstr(&source.asked), " lazy.broken");
    text_done(&out);
    text_done(&source.asked);
}

/* ---- pending ---- */

static void one_pass_asks_for_all_that_it_can(void **state)
{
    (void)state;
    static const struct {
        const char *template, *asked, *out;
    } cases[] = {
        {"{$lazy.later1}{$lazy.later2}", " lazy.later1.later2", "later1later2"},
        {"{$lazy.later1|upper|cat:$lazy.later2}", " lazy.later1.later2", "LATER1later2"},
        {"{$a=$lazy.later1}{$a.x}{$lazy.later2}", NULL, "later2"},
        {"{if $lazy.later1}{$lazy.later2}{/if}{$lazy.later3}", " lazy.later1.later3",
         "later2later3"},
        {"{if $lazy.later1}a{else}b{/if}", " lazy.later1", "a"},
        {"{if $lazy.later1 && $lazy.later2}a{/if}", " lazy.later1", "a"},
        {"{$lazy.later1 ? $lazy.later2 : 1}{$lazy.later3}", " lazy.later1.later3",
         "later2later3"},
        {"{$lazy.later1|default:$lazy.later2}", " lazy.later1", "later1"},
        {"{$lazy.later1 ?? 1}{$lazy.later3}", " lazy.later1.later3", "later1later3"},
        {"{foreach $p as $v}{$v}{/foreach}{$lazy.later1}", NULL, "fetchedlater1"},
        {"{$b=1}{if $p}{$b=2}{/if}{$b}{$lazy.later1}", NULL, "2later1"},
        {"{capture name=c}{$p}{/capture}{$smarty.capture.c}{$lazy.later1}", NULL,
         "fetchedlater1"},
        {"{if $p}{capture name=c}x{/capture}{/if}{$smarty.capture.c}{$lazy.later1}", NULL,
         "xlater1"},
        {"{$a=[$p, 'x']}{$a|count}{$lazy.later1}", NULL, "2later1"},
        {"{\"x `$p`\"}{$lazy.later1}", NULL, "x fetchedlater1"},
        {"{isset($p)}{empty($p)}{$lazy.later1}", NULL, "1later1"},
        {"{$list.$p}{$lazy.later1}", NULL, "later1"},
        {"{$q=$p}{$q=5}{$q}{$lazy.later1}", NULL, "5later1"},
        {"{if $p == 'fetched'}y{/if}{!$p}{$p === 1}{(int)$p}{$lazy.later1}", NULL,
         "y0later1"},
        {"{foreach [1,2] as $v}{if $p}{$lazy.later1}{/if}{/foreach}", NULL, "later1later1"},
        {"{$x.y=$p}{$x.z=1}{$x.y}{$lazy.later1}", NULL, "fetchedlater1"},
        {"{append var=x value=$p}{$x.0}{$lazy.later1}", NULL, "fetchedlater1"},
        {"{$x.y=$p}{$x.y++}{$x.y}{$lazy.later1}", NULL, "fetchedfetcheelater1"},
        {"{$x[$p]++}{$x.fetched}{$lazy.later1}", NULL, "1later1"},
        {"{$x={$p}}{$x}{$lazy.later1}", NULL, "fetchedlater1"},
        {"{if {$lazy.later1} == 'later1'}{$lazy.later2}{/if}{$lazy.later3}",
         " lazy.later1.later3", "later2later3"},
        {"{capture append=a assign=b}{$p}{/capture}{$a.0}{$b}{$lazy.later1}", NULL,
         "fetchedfetchedlater1"},
        {"{$i=1}{if $p}{$i++}{/if}{$i}", NULL, "12"},
        {"{foreach [1] as $v}{if $p}{break}{/if}x{/foreach}{$lazy.later1}", NULL, "later1"},
    };
    OWN(smarty_renderer) renderer = smarty_renderer_make();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct source source;
        OWN(smarty_template) template = compile(cases[i].template);
        source_init(&source);
        assert_turn(renderer, template, &source,
                    &(struct turn){SMARTY_PENDING, "", cases[i].asked});
        source.fetched = true;
        for (int turns = 0; turns < 2; turns++) {
            assert_turn(renderer, template, &source,
                        &(struct turn){SMARTY_DONE, cases[i].out, NULL});
        }
        text_done(&source.asked);
    }
}

static void what_is_pending_decides_nothing(void **state)
{
    (void)state;
    struct source source;
    OWN(smarty_renderer) renderer = smarty_renderer_make();
    /* If $p were taken for false, the division would fail. */
    OWN(smarty_template) template =
        compile("{$d=0}{if $p}{$d=1}{/if}{1/$d}{1/($p|strlen)}{if !$p}{1/0}{/if}"
                "{$p * 'x'}");
    source_init(&source);
    assert_turn(renderer, template, &source, &(struct turn){SMARTY_PENDING, "", NULL});
    text_done(&source.asked);
}

/* ---- renderers ---- */

static void a_renderer_renders_one_after_the_other(void **state)
{
    (void)state;
    OWN(smarty_renderer) renderer = smarty_renderer_make();
    struct source source;
    source_init(&source);
    for (int i = 0; i < 3; i++) {
        OWN(smarty_template) large = compile(
            "{$a=1}{foreach range(1,50) as $v}{$a=$a+$v}{/foreach}{$a}{$b}{$c}{$d}");
        OWN(smarty_template) small = compile("{$a}|{$v}|{$smarty.capture.x}|{$v@index}");
        OWN(smarty_template) failing = compile("{capture name=x}{1/0}{/capture}");
        OWN(smarty_template) empty = compile("");
        assert_turn(renderer, large, &source, &(struct turn){SMARTY_DONE, "1276", NULL});
        assert_turn(renderer, small, &source, &(struct turn){SMARTY_DONE, "|||", NULL});
        assert_turn(renderer, failing, &source, &(struct turn){SMARTY_FAILED, "", NULL});
        assert_turn(renderer, small, &source, &(struct turn){SMARTY_DONE, "|||", NULL});
        assert_turn(renderer, empty, &source, &(struct turn){SMARTY_DONE, "", ""});
    }
    text_done(&source.asked);
}

static void what_was_there_before_stays(void **state)
{
    (void)state;
    static const struct {
        const char *template;
        enum smarty_result result;
        const char *out;
    } cases[] = {
        {"{$list}b", SMARTY_DONE, "ab"},
        {"x{capture}{1/0}", SMARTY_FAILED, "a"},
        {"x{$p}y", SMARTY_PENDING, "a"},
        {"{capture}x{/capture}b", SMARTY_DONE, "ab"},
        {"{foreach [1,2] as $v}{capture}x{break}{/capture}{/foreach}b", SMARTY_DONE, "ab"},
    };
    OWN(smarty_renderer) renderer = smarty_renderer_make();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct source source;
        struct smarty_data data = {.self = &source, .root = source_root};
        struct smarty_options options = {.escape_html = false};
        struct error error;
        struct text out;
        OWN(smarty_template) template =
            smarty_compile("t", str_from(cases[i].template), &options, &error);
        source_init(&source);
        text_init(&out, 1000);
        text_add_cstr(&out, "a");
        if (template) {
            assert_int_equal(smarty_render(renderer, template, &data, &out, &error),
                             cases[i].result);
        }
        assert_string_equal(text_cstr(&out), cases[i].out);
        text_done(&out);
        text_done(&source.asked);
    }
}

static void two_renderers_share_a_template(void **state)
{
    (void)state;
    OWN(smarty_renderer) one = smarty_renderer_make();
    OWN(smarty_renderer) other = smarty_renderer_make();
    OWN(smarty_template) template = compile("{$a[]=1}{$a[]=2}{$a|count}");
    struct source source;
    source_init(&source);
    for (int i = 0; i < 3; i++) {
        assert_turn(one, template, &source, &(struct turn){SMARTY_DONE, "2", NULL});
        assert_turn(other, template, &source, &(struct turn){SMARTY_DONE, "2", NULL});
    }
    text_done(&source.asked);
}

static void data_is_not_changed(void **state)
{
    (void)state;
    struct arena arena;
    struct source source;
    OWN(smarty_renderer) renderer = smarty_renderer_make();
    OWN(smarty_template) template =
        compile("{$list[]=2}{$list.0.x=3}{$list|count}{$list.0|count}"
                "{foreach $list as $v}{$list[]=1}{/foreach}{append var=list value=4}");
    arena_init(&arena, 1000, 0);
    source_init(&source);
    struct array *inner = array_make(&arena, 0);
    struct array *outer = array_make(&arena, 0);
    struct value value = value_array(inner);
    assert_true(array_append(&arena, outer, &value));
    source.list = value_array(outer);
    for (int i = 0; i < 3; i++) {
        assert_turn(renderer, template, &source, &(struct turn){SMARTY_DONE, "21", NULL});
        assert_int_equal(outer->count, 1);
        assert_int_equal(inner->count, 0);
    }
    text_done(&source.asked);
    arena_done(&arena);
}

/* ---- templates ---- */

static void the_source_and_the_name_may_go(void **state)
{
    (void)state;
    struct smarty_options options = {.escape_html = false};
    struct error error;
    struct source source;
    char name[] = "name";
    char text[] =
        "{$x.y}{'lit'}{\"a $q b\"}{$lazy.key}{foreach [1] as $v}{$v@first}{/foreach}"
        "{$smarty.template}";
    OWN(smarty_renderer) renderer = smarty_renderer_make();
    OWN(smarty_template) template = smarty_compile(name, str_from(text), &options, &error);
    assert_non_null(template);
    memset(name, '#', sizeof name - 1);
    memset(text, '#', sizeof text - 1);
    source_init(&source);
    assert_turn(renderer, template, &source,
                &(struct turn){SMARTY_DONE, "lita  bkey1name", NULL});
    text_done(&source.asked);
}

static void variables_are_told_in_order(void **state)
{
    (void)state;
    static const char *const names[] = {"shop", "k", "a", "v", "i", "q"};
    OWN(smarty_template) template = compile(
        "{$shop.product[$k].title}{$a=1}{foreach $a as $i=>$v}{\"$q\"}{$shop}{/foreach}"
        "{literal}{$no}{/literal}{$smarty.now}");
    OWN(smarty_template) none = compile("text");
    for (uint32_t i = 0; i < COUNT(names); i++) {
        assert_true(str_is(smarty_variable(template, i), names[i]));
    }
    assert_int_equal(smarty_variable(template, COUNT(names)).len, 0);
    assert_int_equal(smarty_variable(template, UINT32_MAX).len, 0);
    assert_int_equal(smarty_variable(none, 0).len, 0);
    smarty_template_free(NULL);
    smarty_renderer_free(NULL);
}

static void an_array_is_a_root(void **state)
{
    (void)state;
    struct arena arena;
    struct value found;
    struct value one = value_int(1);
    struct key key = key_named(STR_OF("a"));
    struct key other = key_named(STR_OF("b"));
    arena_init(&arena, 1000, 0);
    struct value value = value_array(array_make(&arena, 0));
    assert_true(array_set(&arena, value.array, &key, &one));
    assert_true(smarty_array_root(&value, &key, &found));
    assert_int_equal(found.integer, 1);
    assert_false(smarty_array_root(&value, &other, &found));
    assert_false(smarty_array_root(&one, &key, &found));
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_root_is_asked_once_and_only_when_named),
        cmocka_unit_test(what_is_not_needed_is_not_asked_for),
        cmocka_unit_test(an_error_of_the_data_ends_the_render),
        cmocka_unit_test(one_pass_asks_for_all_that_it_can),
        cmocka_unit_test(what_is_pending_decides_nothing),
        cmocka_unit_test(a_renderer_renders_one_after_the_other),
        cmocka_unit_test(what_was_there_before_stays),
        cmocka_unit_test(two_renderers_share_a_template),
        cmocka_unit_test(data_is_not_changed),
        cmocka_unit_test(the_source_and_the_name_may_go),
        cmocka_unit_test(variables_are_told_in_order),
        cmocka_unit_test(an_array_is_a_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
