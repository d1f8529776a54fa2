#include "smarty/parser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smarty_rig.h"

static const struct rig_case printed_values_are_escaped_once_cases[] = {
    {STR("{$s}"), STR("O&#039;Neil &amp; &lt;b&gt;sons&lt;/b&gt;")},
    {STR("{\"<b>\"}"), STR("&lt;b&gt;")},
    {STR("{$s|upper}"), STR("O&#039;NEIL &amp; &lt;B&gt;SONS&lt;/B&gt;")},
    {STR("{$s nofilter}"), STR("O'Neil & <b>sons</b>")},
    {STR("<b>{$n}</b>"), STR("<b>5</b>")},
    {STR("{if $s}{$s}{/if}"), STR("O&#039;Neil &amp; &lt;b&gt;sons&lt;/b&gt;")},
    {STR("{$s|escape:url}"), STR("O%27Neil%20%26%20%3Cb%3Esons%3C%2Fb%3E")},
    {STR("{$a=\"<i>\"}{$a}"), STR("&lt;i&gt;")},
    {STR("{capture}<b>{$s}</b>{/capture}{$smarty.capture.default nofilter}"),
     STR("<b>O&#039;Neil &amp; &lt;b&gt;sons&lt;/b&gt;</b>")},
    {STR("{foreach [\"<\"] as $v}{$v}{/foreach}"), STR("&lt;")},
    {STR("{$s assign=q}{$q nofilter}"), STR("O'Neil & <b>sons</b>")},
    {STR("{\"x<$s\"}"), STR("x&lt;O&#039;Neil &amp; &lt;b&gt;sons&lt;/b&gt;")},
    {STR("{$s|escape}"), STR("O&#039;Neil &amp; &lt;b&gt;sons&lt;/b&gt;")},
    {STR("{$s|escape:\"html\"}"), STR("O&#039;Neil &amp; &lt;b&gt;sons&lt;/b&gt;")},
    {STR("{$s|raw}"), STR("O'Neil & <b>sons</b>")},
    {STR("{$s|escape:\"force\"}"),
     STR("O&amp;#039;Neil &amp;amp; &amp;lt;b&amp;gt;sons&amp;lt;/b&amp;gt;")},
    {STR("{$s|escape:javascript}"), STR("O\\'Neil & <b>sons<\\/b>")},
    {STR("{\"{$s|upper}\"}"), STR("O&#039;NEIL &amp; &lt;B&gt;SONS&lt;/B&gt;")},
    {STR("{{$s|upper}}"), STR("O&#039;NEIL &amp; &lt;B&gt;SONS&lt;/B&gt;")},
    {STR("{\"<\"|escape|escape}"), STR("&lt;")},
    {STR("{\"<\"|escape|cat:\"{\"a\"|upper}\":(\">\"|escape)}"), STR("&lt;A&gt;")},
    {STR("{[\"<\"|escape,\">\"|escape,\"&\"]|implode:\"\"}"), STR("&lt;&gt;&amp;")},
    {STR("{\"<\"|escape|raw}{\"<\"|escape nofilter}{\"<\"|escape|escape:url}"),
     STR("&lt;&lt;%26lt%3B")},
    {STR("{\"<\"|escape assign=q}{$q nofilter}"), STR("&lt;")},
    {STR("{$q=\"<\"|escape}{$q nofilter}"), STR("&lt;")},
    {STR("{\"<\"|escape:\"nonstd\"}{\"<\"|escape:$n}"), STR("&lt;&lt;")},
};

static void printed_values_are_escaped_once(void **state)
{
    (void)state;
    rig_check_escaped(printed_values_are_escaped_once_cases,
                      COUNT(printed_values_are_escaped_once_cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printed_values_are_escaped_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
