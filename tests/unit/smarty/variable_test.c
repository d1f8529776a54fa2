#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smarty_rig.h"

static const struct rig_case paths_lead_into_arrays_cases[] = {
    {STR("{$k.a}"), STR("x")},
    {STR("{$k[\"a\"]}"), STR("x")},
    {STR("{$k['b'].c}"), STR("deep")},
    {STR("{$k.b[\"c\"]}"), STR("deep")},
    {STR("{$l.0}{$l[1]}"), STR("1two")},
    {STR("{$r.1.name}{$r[0][\"price\"]}"), STR("B19.99")},
    {STR("{$k.5}{$k[\"5\"]}{$k[5]}"), STR("fivefivefive")},
    {STR("{$x=\"a\"}{$k.$x}{$k[$x]}"), STR("xx")},
    {STR("{$k.{\"a\"}}"), STR("x")},
    {STR("{$l[$n-4]}"), STR("two")},
    {STR("{$l[$l|count-1]}"), STR("3.5")},
    {STR("{$k[ \"a\" ]}"), STR("x")},
    {STR("{$k.nope}|{$k.nope.deeper[3]}|{$nope.x}|{$n.x}|{$z.x.y}|"), STR("|||||")},
    {STR("{$k[word]}|{$k[word.index]}|"), STR("||")},
    {STR("{$k[null]}|{$l[true]}|{$l[1.9]}|"), STR("||two|")},
    {STR("{$x=\"b\"}{$k.$x.c}"), STR("deep")},
    {STR("{$k.and}{$k.true}|"), STR("|")},
    {STR("{$d[\"12345678901234567890\"]=\"big\"}{$d[12345678901234567890]}"
         "{$d[ 12345678901234567890 ]}{$d.12345678901234567890}"),
     STR("bigbigbig")},
    {STR("{$d[12345678901234567890]=1}{foreach $d as $i => $x}{$i}{/foreach}"),
     STR("12345678901234567890")},
    {STR("{$d[\"9223372036854775807\"]=\"most\"}{$d[9223372036854775807]}"), STR("most")},
    {STR("{$d[\"8\"]=\"octal\"}{$d[010]}"), STR("octal")},
    {STR("{$d[12345678901234567890+0]}|"), STR("|")},
};

static void paths_lead_into_arrays(void **state)
{
    (void)state;
    rig_check(paths_lead_into_arrays_cases, COUNT(paths_lead_into_arrays_cases));
}

static const struct rig_case texts_have_bytes_cases[] = {
    {STR("{$s[0]}{$s.1}{$s[-1]}"), STR("O'>")},
    {STR("{$s[99]}|{$s[-99]}|"), STR("||")},
    {STR("{$t[\"1x\"]}{$t[\" 1\"]}{$t[null]}{$t[true]}{$t[1.9]}"), STR("22112")},
    {STR("{isset($s[0])}|{isset($s[99])}|{isset($t[\"1x\"])}|{isset($s[0][0])}|{isset($s[0]"
         "[1])}|"),
     STR("1|||1||")},
    {STR("{empty($t[\"1x\"])}|{empty($t[0])}"), STR("1|")},
    {STR("{if $s[99] === \"\"}y{/if}"), STR("y")},
    {STR("{foreach $s[99] as $x}[{$x}]{/foreach}"), STR("[]")},
    {STR("{$s.name}|{$s[\"1.0\"]}|{$s[$l]}|"), STR("|||")},
};

static void texts_have_bytes(void **state)
{
    (void)state;
    rig_check(texts_have_bytes_cases, COUNT(texts_have_bytes_cases));
}

static const struct rig_case names_may_be_expressions_cases[] = {
    {STR("{${\"n\"}}"), STR("5")},
    {STR("{$x=\"n\"}{${$x}}"), STR("5")},
    {STR("{$a_n=7}{$x=\"n\"}{$a_{$x}}"), STR("7")},
    {STR("{$a_n_b=8}{$x=\"n\"}{$a_{$x}_b}"), STR("8")},
    {STR("{${\"k\"}.a}"), STR("x")},
    {STR("{$$n}"), STR("rig:1: unexpected '$', expected the name of a variable")},
    {STR("{${}}"), STR("rig:1: unexpected '}', expected a value")},
    {STR("{${\"a b\"}}|"), STR("|")},
};

static void names_may_be_expressions(void **state)
{
    (void)state;
    rig_check(names_may_be_expressions_cases, COUNT(names_may_be_expressions_cases));
}

static const struct rig_case smarty_knows_some_itself_cases[] = {
    {STR("{$smarty.now}"), STR("1767225600")},
    {STR("{$smarty.ldelim}{$smarty.rdelim}"), STR("{}")},
    {STR("{$smarty.capture.nope}|{$smarty.foreach.nope.index}|"), STR("||")},
    {STR("{$smarty.get.x}"), STR("rig:1: $smarty.get is not offered to templates")},
    {STR("{$smarty.nope}"), STR("rig:1: $smarty.nope is not offered to templates")},
    {STR("{$smarty.config.x}|"), STR("|")},
    {STR("{$smarty.template}"), STR("rig")},
    {STR("{$smarty.version}"), STR("imh")},
    {STR("{#x#}|"), STR("|")},
    {STR("{#x}"), STR("rig:1: unexpected '}', expected a name between two #")},
    {STR("{$smarty}"), STR("rig:1: unexpected '}', expected a name behind the dot")},
    {STR("{$smarty.capture[$k.a]}|"), STR("|")},
};

static void smarty_knows_some_itself(void **state)
{
    (void)state;
    rig_check(smarty_knows_some_itself_cases, COUNT(smarty_knows_some_itself_cases));
}

static const struct rig_case code_is_refused_cases[] = {
    {STR("{$n->x()}"),
     STR("rig:1: templates cannot use methods and properties of objects")},
    {STR("{X::Y}"), STR("rig:1: unknown tag 'X'; a brace that is meant as text needs a "
                        "space behind it, {literal} or {ldelim}")},
    {STR("{$n::y}"), STR("rig:1: templates cannot use classes")},
    {STR("{$n(1)}"), STR("rig:1: templates cannot call a function by a variable name")},
    {STR("{$n->x}"), STR("rig:1: templates cannot use methods and properties of objects")},
    {STR("{$k.a->b}"),
     STR("rig:1: templates cannot use methods and properties of objects")},
    {STR("{$n[1](2)}"), STR("rig:1: templates cannot call a function by a variable name")},
};

static void code_is_refused(void **state)
{
    (void)state;
    rig_check(code_is_refused_cases, COUNT(code_is_refused_cases));
}

static const struct rig_case mistakes_name_what_is_wrong_cases[] = {
    {STR("{$n.}"), STR("rig:1: unexpected '}', expected a name behind the dot")},
    {STR("{$n..a}"), STR("rig:1: unexpected '.', expected a name behind the dot")},
    {STR("{$n.24-MB01}"),
     STR("rig:1: '24-MB01' is no name behind a dot: write [\"24-MB01\"]")},
    {STR("{$n.a.2x-y-3|upper}"),
     STR("rig:1: '2x-y-3' is no name behind a dot: write [\"2x-y-3\"]")},
    {STR("{$n@}"), STR("rig:1: unexpected '}', expected a property of a loop's variable")},
    {STR("{$n[}"), STR("rig:1: unexpected '}', expected a value")},
    {STR("{$n[]}"), STR("rig:1: unexpected ']', expected a value")},
    {STR("{$ n}"), STR("rig:1: unexpected ' ', expected the name of a variable")},
    {STR("{$n[1}"), STR("rig:1: unexpected '}', expected ']'")},
    {STR("{$n.{1}"), STR("rig:1: the template ends where '}' was expected")},
    {STR("{$}"), STR("rig:1: unexpected '}', expected the name of a variable")},
    {STR("{$n.a@first}"),
     STR("rig:1: unexpected 'first', expected a property of a loop's variable")},
};

static void mistakes_name_what_is_wrong(void **state)
{
    (void)state;
    rig_check(mistakes_name_what_is_wrong_cases, COUNT(mistakes_name_what_is_wrong_cases));
}

static const struct rig_case counting_changes_variables_cases[] = {
    {STR("{$n++}{$n}"), STR("56")},
    {STR("{$n--}{$n}"), STR("54")},
    {STR("{$z++}{$z}|{$q=null}{$q--}{$q}|"), STR("1||")},
    {STR("{$y++}{$y}"), STR("11")},
    {STR("{$x=\"az\"}{$x++}{$x}"), STR("azba")},
    {STR("{$x=\"Zz9\"}{$x++}{$x}"), STR("Zz9AAa0")},
    {STR("{$x=\"a-z\"}{$x++}{$x}"), STR("a-za-a")},
    {STR("{$x=\"zz\"}{$x++}{$x}"), STR("zzaaa")},
    {STR("{$x=\"99\"}{$x++}{$x}"), STR("99100")},
    {STR("{$x=\"5 apples\"}{$x++}{$x}{$x--}{$x}"), STR("5 apples5 applet5 applet5 applet")},
    {STR("{$x=\"\"}{$x++}{$x}"), STR("1")},
    {STR("{$x=\"\"}{$x--}{$x}"), STR("-1")},
    {STR("{$x=\"é\"}{$x++}{$x}"), STR("éé")},
    {STR("{$x=\"1.5\"}{$x++}{$x}"), STR("1.52.5")},
    {STR("{$x=9223372036854775807}{$x++}{$x}"),
     STR("92233720368547758079.2233720368548E+18")},
    {STR("{$l++}"), STR("rig:1: only a number or text can be counted up or down")},
    {STR("{$x=$n++ + $n++}{$x}{$n}"), STR("117")},
    {STR("{$x.a.b=1}{$x.a.b++}{++$x.a.b}{--$x.a.b}{$x.a.b--}{$x.a.b}"), STR("13221")},
    {STR("{$x=[1]}{$x.$k++}"), STR("rig:1: cannot assign: a key is an array")},
    {STR("{$x=[[1]]}{$x.0++}"),
     STR("rig:1: only a number or text can be counted up or down")},
    {STR("{$x=[\"az\"]}{$x.0++}{$x.0}"), STR("azba")},
    {STR("{${\"k\"}++}"),
     STR("rig:1: only a variable and its members can be counted up or down")},
    {STR("{5++}"), STR("rig:1: unexpected '}', expected a value")},
    {STR("{++5}"), STR("rig:1: unexpected '5', expected a variable")},
};

static void counting_changes_variables(void **state)
{
    (void)state;
    rig_check(counting_changes_variables_cases, COUNT(counting_changes_variables_cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_lead_into_arrays),
        cmocka_unit_test(texts_have_bytes),
        cmocka_unit_test(names_may_be_expressions),
        cmocka_unit_test(smarty_knows_some_itself),
        cmocka_unit_test(code_is_refused),
        cmocka_unit_test(mistakes_name_what_is_wrong),
        cmocka_unit_test(counting_changes_variables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
