#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smarty/smarty.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Each path as "text@line", with a star when it has keys in brackets. */
static void add_path(void *self, const struct smarty_path *path)
{
    struct text *out = self;
    text_print(out, "%s%.*s@%u%s", out->len > 0 ? " " : "", STR_ARGS(path->text),
               path->line, path->is_dynamic ? "*" : "");
    assert_true(str_starts(path->text, path->root));
    assert_true(path->root.len > 0);
}

static void paths_of(struct str source, struct text *out)
{
    struct error error;
    text_clear(out);
    if (!smarty_paths("t", source, add_path, out, &error)) {
        text_clear(out);
        text_add_cstr(out, error.text);
    }
}

struct path_case {
    const char *source, *paths;
};

static void check(const struct path_case *cases, size_t count)
{
    struct text out;
    text_init(&out, 100000);
    for (size_t i = 0; i < count; i++) {
        paths_of(str_from(cases[i].source), &out);
        if (strcmp(text_cstr(&out), cases[i].paths) != 0) {
            fail_msg("%s\n  is       %s\n  and not  %s", cases[i].source, text_cstr(&out),
                     cases[i].paths);
        }
    }
    text_done(&out);
}

static void every_path_is_told_once(void **state)
{
    (void)state;
    static const struct path_case cases[] = {
        {"text", ""},
        {"{$a}", "a@1"},
        {"{$a.b.c}", "a.b.c@1"},
        {"{$a.b}{$a.b}\n{$a.b}{$a.c}", "a.b@1 a.c@2"},
        {"{$a['b']}{$a[\"c\"]}{$a.5}{$a[6]}", "a.b@1 a.c@1 a.5@1 a.6@1"},
        {"{$shop.product['24-MB01'].title|escape}", "shop.product[\"24-MB01\"].title@1"},
        {"{if $a.x}{$b.y}{elseif $c}{else}{$d}{/if}", "a.x@1 b.y@1 c@1 d@1"},
        {"{\"$a `$b.c` {$d.e|upper}\"}", "a@1 b.c@1 d.e@1"},
        {"{$x|default:$y:$z}{isset($p.q)}{$f ? $g : $h}", "x@1 y@1 z@1 p.q@1 f@1 g@1 h@1"},
        {"{[1, $a => $b]|count}{-$c}{!$d}{$e + $f.g}", "b@1 a@1 c@1 d@1 e@1 f.g@1"},
        {"{capture name=x}{$a}{/capture}{$smarty.capture.x}{$smarty.now}", "a@1"},
        {"{literal}{$a}{/literal}{* {$b} *}", ""},
        {"{\"{if $a}{$b}{/if}\"}", "a@1 b@1"},
        {"{$a|noprint}", "a@1"},
        {"{$i++}{++$j}{$k=1}{$k++}{$a.b++}", "i@1 j@1 a.b@1"},
        {"{$x={$a.b|upper}}{if {$c}}{/if}", "a.b@1 c@1"},
        {"{$a@first}", ""},
    };
    check(cases, COUNT(cases));
}

static void keys_of_the_render_stand_in_brackets(void **state)
{
    (void)state;
    static const struct path_case cases[] = {
        {"{$shop.product[$sku].title}", "shop.product.[$sku].title@1* sku@1"},
        {"{$shop.product.$sku}", "shop.product.[$sku]@1* sku@1"},
        {"{$a[$b.c[$d]]}", "a.[$b.c.[$d]]@1* b.c.[$d]@1* d@1"},
        {"{$a[$b + 1].c}", "a.[...].c@1* b@1"},
        {"{$a[\"x$b\"]}", "a.[...]@1* b@1"},
    };
    check(cases, COUNT(cases));
}

static void items_of_loops_stand_for_their_lists(void **state)
{
    (void)state;
    static const struct path_case cases[] = {
        {"{foreach $a.list as $v}{$v.x}{/foreach}", "a.list@1 a.list[].x@1"},
        {"{foreach $a as $k=>$v}{$k}{$v}{foreach $v.b as $w}{$w.c}{/foreach}{/foreach}",
         "a@1 a[]@1 a[].b@1 a[].b[].c@1"},
        {"{foreach range(1,3) as $v}{$v}{/foreach}", ""},
        {"{foreach $a[$i] as $v}{$v.x}{/foreach}", "a.[$i]@1* i@1 a.[$i][].x@1*"},
        {"{foreach $a as $v}{foreachelse}{$b}{/foreach}", "a@1 b@1"},
    };
    check(cases, COUNT(cases));
}

static void variables_of_the_template_stand_for_what_they_are(void **state)
{
    (void)state;
    static const struct path_case cases[] = {
        {"{$p=$shop.product.A}{$p.title}", "shop.product.A@1 shop.product.A.title@1"},
        {"{$n=5}{$n}{$n.x}", ""},
        {"{assign var=q value=$a}{$q.b}", "a@1 a.b@1"},
        {"{$a.x=$b}{$a.x.y}", "b@1 a.x.y@1"},
        {"{capture assign=c}{$a}{/capture}{$c}", "a@1"},
        {"{$a=$a.b}{$a.c}", "a.b@1 a.b.c@1"},
        {"{append var=l value=$a}{$l}", "a@1"},
    };
    check(cases, COUNT(cases));
}

static void errors_are_those_of_compiling(void **state)
{
    (void)state;
    static const struct path_case cases[] = {
        {"a\n{nope}",
         "t:2: unknown tag 'nope'; a brace that is meant as text needs a space "
         "behind it, {literal} or {ldelim}"},
        {"{if $a}", "t:1: {if} is never closed: {/if} is missing"},
    };
    check(cases, COUNT(cases));
}

static void what_grows_without_end_is_cut(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "{$a=$a.b.b.b.b.b.b.b.b}", "{foreach $a as $a}{/foreach}", "{$a=$a[$a]}",
        "{$a=$a[$b]}{$b=$b[$a]}",  "{$x[$x]}{$y=$x[$y]}{$x=$y}",
    };
    struct text source;
    struct text out;
    text_init(&source, SMARTY_SOURCE_BYTES);
    text_init(&out, 64 << 20);
    for (size_t i = 0; i < COUNT(pieces); i++) {
        text_clear(&source);
        for (int k = 0; k < 2000; k++) {
            text_add_cstr(&source, pieces[i]);
        }
        paths_of(text_str(&source), &out);
        assert_false(out.failed);
    }
    text_done(&source);
    text_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_path_is_told_once),
        cmocka_unit_test(keys_of_the_render_stand_in_brackets),
        cmocka_unit_test(items_of_loops_stand_for_their_lists),
        cmocka_unit_test(variables_of_the_template_stand_for_what_they_are),
        cmocka_unit_test(errors_are_those_of_compiling),
        cmocka_unit_test(what_grows_without_end_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
