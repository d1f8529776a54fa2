#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "smarty_rig.h"

static const struct rig_case included[] = {
    {STR("{include \"hello\"}"), STR("Hello you")},
    {STR("{include file='hello' who='Ann'}"), STR("Hello Ann")},
    {STR("{$who='Bo'}{include 'hello'}"), STR("Hello Bo")},
    {STR("{include 'hello' assign=x}[{$x}]"), STR("[Hello you]")},
    {STR("{include 'sets'}[{$set}{$up}]"), STR("[2]")},
    {STR("{include 'sets' scope=parent}[{$set}{$up}]"), STR("[12]")},
    {STR("{include 'none'}"), STR("rig:1: there is no template 'none': the rig has none")},
    {STR("\n{include 'bad'}"), STR("bad:2: the template ends where '}' was expected")},
    {STR("{include 'fails'}"), STR("fails:2: cannot compute with /: division by zero")},
};

static const struct rig_case refused_names[] = {
    {STR("{include '/etc/passwd'}"),
     STR("rig:1: cannot include '/etc/passwd': a name is no path from / and has no '..'")},
    {STR("{include 'a/../b'}"),
     STR("rig:1: cannot include 'a/../b': a name is no path from / and has no '..'")},
    {STR("{include 'file:x'}"),
     STR("rig:1: cannot include 'file:x': a name has no ':', no backslash and no control "
         "characters")},
    {STR("{include ''}"), STR("rig:1: cannot include '': a name has 1 to 200 bytes")},
};

static const struct rig_case functions[] = {
    {STR("{function f a=1}<{$a}>{/function}{f}{f a=2}{call f a=3}"), STR("<1><2><3>")},
    {STR("{function f}{$x=2}{$x}{/function}{$x=1}{f}{$x}"), STR("21")},
    {STR("{function f}{$i++}{/function}{$i=1}{f}{$i}"), STR("12")},
    {STR("{function f i=0}{$i++}{/function}{$i=1}{f}{$i}"), STR("01")},
    {STR("{function f}{$i=3}{while $u = $i--}{$u}{/while}{/function}{$i=2}{f}{$i}"),
     STR("3212")},
    {STR("{function g}{$i++}{/function}{function f}{$i=1}{g}{$i}{/function}{$i=1}{f}{$i}"),
     STR("121")},
    {STR("{function f n=0}{$n}{if $n<3}{f n=$n+1}{/if}{/function}{f}"), STR("0123")},
    {STR("{call g}"), STR("rig:1: there is no template function 'g'")},
    {STR("{g}"), STR("rig:1: unknown tag 'g'; a brace that is meant as text needs a space "
                     "behind it, {literal} or {ldelim}")},
    {STR("{function f a=$n b=$a}{$b}{/function}{f a=1}"), STR("")},
    {STR("{function f}{assign x 5 scope=local}{/function}{f}{$x}"), STR("5")},
    {STR("{function f}{$x=5 scope=parent}{/function}{f}{$x}"), STR("5")},
    {STR("{function g}{assign x 5 scope=local}{/function}{function "
         "f}{g}{/function}{f}{$x}"),
     STR("5")},
    {STR("{include 'hello' scope=local}"),
     STR("rig:1: the scope of an {include} is parent, root or global")},
    {STR("{$x=[1]}{function f}{capture append=x}{/capture}{/function}{f}{f}{$x|count}"),
     STR("3")},
    {STR("{function f}{capture append=x}{/capture}{/function}{f}{$x|count}"), STR("0")},
};

static const struct rig_case blocks[] = {
    {STR("{extends 'base'}gone{block a}child{/block}"), STR("<child>")},
    {STR("{extends 'base'}"), STR("<base>")},
    {STR("{extends 'base'}{block a append}+{/block}"), STR("<base+>")},
    {STR("{extends 'base'}{block a prepend}+{/block}"), STR("<+base>")},
    {STR("{extends 'base'}{block a}[{$smarty.block.parent}]{/block}"), STR("<[base]>")},
    {STR("{block a}{$q=1}x{/block}{$q}"), STR("x1")},
    {STR("{$smarty.block.parent}"), STR("rig:1: this stands in a {block} only")},
};

static const struct rig_case evaluated[] = {
    {STR("{eval var='{$n+1}'}"), STR("6")},
    {STR("{eval var='{$n+1}' assign=x}[{$x}]"), STR("[6]")},
    {STR("{eval var='\n\n{$n'}"), STR("eval:3: the template ends where '}' was expected")},
};

static void check_included(void **state)
{
    (void)state;
    rig_check(included, COUNT(included));
}

static void names_that_lead_elsewhere_are_refused(void **state)
{
    (void)state;
    rig_check(refused_names, COUNT(refused_names));
}

static void functions_have_variables_of_their_own(void **state)
{
    (void)state;
    rig_check(functions, COUNT(functions));
}

static void children_replace_blocks(void **state)
{
    (void)state;
    rig_check(blocks, COUNT(blocks));
}

static void text_is_evaluated_as_a_template(void **state)
{
    (void)state;
    rig_check(evaluated, COUNT(evaluated));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_included),
        cmocka_unit_test(names_that_lead_elsewhere_are_refused),
        cmocka_unit_test(functions_have_variables_of_their_own),
        cmocka_unit_test(children_replace_blocks),
        cmocka_unit_test(text_is_evaluated_as_a_template),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
