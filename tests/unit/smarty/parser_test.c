#include "smarty/parser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smarty_rig.h"

static const struct rig_case braces_with_white_space_are_text_cases[] = {
    {STR("{ $n }"), STR("{ $n }")},
    {STR("{\n$n}"), STR("{\n$n}")},
    {STR("{}"), STR("{}")},
    {STR("a } b"), STR("a } b")},
    {STR("{{"), STR("rig:1: unexpected '{', expected a value")},
    {STR("function() { return 1; }"), STR("function() { return 1; }")},
    {STR("{\t}"), STR("{\t}")},
    {STR("{"), STR("{")},
    {STR("a{"), STR("a{")},
};

static void braces_with_white_space_are_text(void **state)
{
    (void)state;
    rig_check(braces_with_white_space_are_text_cases,
              COUNT(braces_with_white_space_are_text_cases));
}

static const struct rig_case comments_vanish_with_one_newline_cases[] = {
    {STR("a{* x *}b"), STR("ab")},    {STR("a{* {$n} * } *}\nb"), STR("ab")},
    {STR("a{**}\n\nb"), STR("a\nb")}, {STR("{* c *}\n\nx"), STR("x")},
    {STR("{* \n\n *}x"), STR("x")},
};

static void comments_vanish_with_one_newline(void **state)
{
    (void)state;
    rig_check(comments_vanish_with_one_newline_cases,
              COUNT(comments_vanish_with_one_newline_cases));
}

static const struct rig_case literal_text_is_copied_cases[] = {
    {STR("{literal}{$n}{/literal}"), STR("{$n}")},
    {STR("{literal}a{literal}b{/literal}c{/literal}"), STR("a{literal}b{/literal}c")},
    {STR("{literal}{/literal}\nx"), STR("x")},
    {STR("{LITERAL}{$n}{/LITERAL}"), STR("{$n}")},
    {STR("{literal}"), STR("rig:1: {literal} without {/literal}")},
    {STR("{/literal}"), STR("rig:1: {/literal} without a block that it could belong to")},
    {STR("{ldelim}x{rdelim}"), STR("{x}")},
    {STR("{literal}{* c *}{/literal}"), STR("{* c *}")},
};

static void literal_text_is_copied(void **state)
{
    (void)state;
    rig_check(literal_text_is_copied_cases, COUNT(literal_text_is_copied_cases));
}

static const struct rig_case newlines_behind_some_tags_vanish_cases[] = {
    {STR("{if $n}\nx\n{/if}\ny"), STR("x\ny")},
    {STR("{$n}\nx"), STR("5\nx")},
    {STR("{assign var=a value=1}\n{$a}"), STR("1")},
    {STR("{$a=1}\n{$a}"), STR("1")},
    {STR("{foreach $l as $v}\n{$v}\n{/foreach}\nz"), STR("1\ntwo\n3.5\nz")},
    {STR("{capture}\nx{/capture}\n{$smarty.capture.default}"), STR("x")},
    {STR("\n\nx"), STR("\nx")},
    {STR("{if $n} \nx{/if}"), STR(" \nx")},
    {STR("{ldelim}\nx"), STR("{\nx")},
    {STR("x\r\ny\rz"), STR("x\ny\nz")},
    {STR("{if $n}\r\nx{/if}"), STR("x")},
    {STR("{$n assign=q}\n{$q}"), STR("5")},
    {STR("{if $n}{else}\n{/if}\nx"), STR("x")},
    {STR("{append var=a value=1}\nx"), STR("x")},
};

static void newlines_behind_some_tags_vanish(void **state)
{
    (void)state;
    rig_check(newlines_behind_some_tags_vanish_cases,
              COUNT(newlines_behind_some_tags_vanish_cases));
}

static const struct rig_case a_byte_order_mark_is_dropped_cases[] = {
    {STR("﻿x"), STR("x")},
    {STR("﻿\nx"), STR("x")},
    {STR("x﻿"), STR("x﻿")},
};

static void a_byte_order_mark_is_dropped(void **state)
{
    (void)state;
    rig_check(a_byte_order_mark_is_dropped_cases,
              COUNT(a_byte_order_mark_is_dropped_cases));
}

static const struct rig_case options_of_printing_tags_cases[] = {
    {STR("{$n nofilter}"), STR("5")},
    {STR("{$n nocache}"), STR("5")},
    {STR("{$n nope}"), STR("rig:1: unexpected 'nope' in a printing tag")},
    {STR("{$n assign=}"), STR("rig:1: unexpected '}', expected a value")},
    {STR("{$n  nofilter }"), STR("5")},
    {STR("{$n\n}"), STR("")},
    {STR("{$n nofilter nocache}"), STR("5")},
    {STR("{\"x\" nofilter}"), STR("x")},
};

static void options_of_printing_tags(void **state)
{
    (void)state;
    rig_check(options_of_printing_tags_cases, COUNT(options_of_printing_tags_cases));
}

static const struct rig_case lines_are_counted_cases[] = {
    {STR("a\nb\n{$n|nope}"), STR("rig:3: unknown modifier 'nope'")},
    {STR("\r\n\r\n{nope}"), STR("rig:3: unknown tag 'nope'; a brace that is meant as text "
                                "needs a space behind it, {literal} or {ldelim}")},
    {STR("{if $n}\n\n"), STR("rig:1: {if} is never closed: {/if} is missing")},
    {STR("{* \n\n *}\n{nope}"), STR("rig:4: unknown tag 'nope'; a brace that is meant as "
                                    "text needs a space behind it, {literal} or {ldelim}")},
    {STR("\"\n{\"\n\n{nope}\"}"),
     STR("rig:4: unknown tag 'nope'; a brace that is meant as text needs a space behind "
         "it, {literal} or {ldelim}")},
    {STR("{literal}\n\n{/literal}{nope}"),
     STR("rig:3: unknown tag 'nope'; a brace that is meant as text needs a space behind "
         "it, {literal} or {ldelim}")},
    {STR("{$l[\n1\n]|nope}"), STR("rig:3: unknown modifier 'nope'")},
    {STR("{foreach $l as $v}\n\n{if $n}\n{/foreach}"),
     STR("rig:4: {/foreach} where {/if} was expected for the {if} of line 3")},
};

static void lines_are_counted(void **state)
{
    (void)state;
    rig_check(lines_are_counted_cases, COUNT(lines_are_counted_cases));
}

static const struct rig_case server_code_is_text_cases[] = {
    {STR("<?php echo 1; ?>"), STR("<?php echo 1; ?>")},
    {STR("<% x %>"), STR("<% x %>")},
    {STR("<?= $n ?>"), STR("<?= $n ?>")},
};

static void server_code_is_text(void **state)
{
    (void)state;
    rig_check(server_code_is_text_cases, COUNT(server_code_is_text_cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(braces_with_white_space_are_text),
        cmocka_unit_test(comments_vanish_with_one_newline),
        cmocka_unit_test(literal_text_is_copied),
        cmocka_unit_test(newlines_behind_some_tags_vanish),
        cmocka_unit_test(a_byte_order_mark_is_dropped),
        cmocka_unit_test(options_of_printing_tags),
        cmocka_unit_test(lines_are_counted),
        cmocka_unit_test(server_code_is_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
