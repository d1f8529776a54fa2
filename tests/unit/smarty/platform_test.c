/* What the mailing platform's own documentation shows, beside Smarty itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "smarty_rig.h"

static const struct rig_case tags[] = {
    {STR("{$k.b.c}{$l[1]}{$i=2}{$l[$i]}{$r[$r|count -1].name}"), STR("deeptwo3.5B")},
    {STR("{if $n eq 5 and not $f}y{/if}{if $n mod 2 == 1 && $n is odd}z{/if}"), STR("yz")},
    {STR("{if $n is div by 5}y{/if}{if 6 is even by 3}z{/if}"), STR("yz")},
    {STR("{if \"order 12\" =~ \"/^order/\"}y{/if}{if $s =~ \"/[0-9]/\"}z{/if}"), STR("y")},
    {STR("{foreach $x in $l}{$x},{/foreach}"), STR("1,two,3.5,")},
    {STR("{foreach from=$r item=\"x\" key=k}{$k}{$x.name}{foreachelse}-{/foreach}"),
     STR("0A1B")},
    {STR("{foreach $l as $x}{$x@index}{$x@iteration}{if $x@first}f{/if}{if "
         "$x@last}l{/if}{$x@total}{/foreach}{$x@show}"),
     STR("01f312323l31")},
    {STR("{assign $n*2 to $x}{$x}{assign 'a b' to $y}{$y}{assign $s|strlen to $z}{$z}"),
     STR("10a b20")},
    {STR("{assign 5 to x}"),
     STR("rig:1: this assigns 'var=name value=value', or 'value to $name'")},
    {STR("{assign 5 for $x}"),
     STR("rig:1: this assigns 'var=name value=value', or 'value to $name'")},
    {STR("{if $x = $n}{$x}{/if}{if ($x = 0)}a{elseif $y = 7}{$y}{/if}{$x}"), STR("570")},
    {STR("{$i=3}{while $x = $i--}{$x}{/while}{$x}"), STR("3211")},
    {STR("{if $x.a = 4}{$x.a}{/if}{if $x = 5 && 0}y{/if}[{$x}]"), STR("4[]")},
    {STR("{capture assign=\"x\"}a{/capture}{capture append=\"w\"}b{/capture}{$x}{$w.0}"),
     STR("ab")},
    {STR("{rawcapture assign=x}{$s}{/rawcapture}{$x}"), STR("O'Neil & <b>sons</b>")},
    {STR("{rawcapture}"),
     STR("rig:1: {rawcapture} is never closed: {/rawcapture} is missing")},
    {STR("<!--<unchanged>{foreach $l as $x}</unchanged>-->{$x}{/foreach}"),
     STR("<!--<unchanged></unchanged>-->1</unchanged>-->two</unchanged>-->3.5")},
    {STR("{mode=html}{$s}"), STR("O&#039;Neil &amp; &lt;b&gt;sons&lt;/b&gt;")},
    {STR("{escape}\n{$s}"), STR("O&#039;Neil &amp; &lt;b&gt;sons&lt;/b&gt;")},
    {STR("{mode=raw}{$s}"), STR("O'Neil & <b>sons</b>")},
    {STR("{$smarty.now}{ldelim}{rdelim}{literal}{x}{/literal}"), STR("1767225600{}{x}")},
};

static const struct rig_case modifiers[] = {
    {STR("{'<a b>'|escape}{'<a b>'|escape:html}{'<a b>'|escape:url}"),
     STR("&lt;a b&gt;&lt;a b&gt;%3Ca%20b%3E")},
    {STR("{'<a b>'|escape:base64}{''|escape:base64}{'x'|escape:'base64'}"),
     STR("PGEgYj4=eA==")},
    {STR("{\"a\\\"b\\\\c\\n\\t\\x01/é\"|escape:json}"), STR("a\\\"b\\\\c\\n\\t\\u0001/é")},
    {STR("{'<a>'|escape:nonsense}"), STR("<a>")},
    {STR("{'&lt;a&gt;'|unescape}{'<a>'|raw}"), STR("<a><a>")},
    {STR("{'aB'|toupper}{'aB'|tolower}{'aB'|upper}{'aB'|lower}{'ab c'|ucfirst}{' a "
         "'|trim}"),
     STR("ABabABabAb ca")},
    {STR("{'x2y ab'|capitalize}{'x2y ab'|capitalize:true}"), STR("x2y AbX2Y Ab")},
    {STR("{$z|default:'none'}{$n|default:'none'}{'a'|cat:'b'}"), STR("none5ab")},
    {STR("{'abc'|replace:'b':'x'}{'abc'|regex_replace:'/[ab]/':'-'}"), STR("axc--c")},
    {STR("{'one two three'|truncate:10}{'one two three'|truncate:10:'..':true}"),
     STR("one two...one two ..")},
    {STR("{'hello'|substr:1:3}{'hello'|strstr:'l'}{'hello'|strstr:'l':true}"),
     STR("ellllohe")},
    {STR("{'hello'|strpos:'l'}{'hello'|strlen}{'a\nb'|nl2br}{'ab'|spacify}"),
     STR("25a<br />\nba b")},
    {STR("{$l|count}{'a b'|count_characters}{'a b'|count_characters:true}"), STR("323")},
    {STR("{'a b'|count_words}{'A. B.'|count_sentences}{'a\n\nb'|count_paragraphs}"),
     STR("222")},
    {STR("{$l|range:2|json_encode}{$l|range:1:2|json_encode}"),
     STR("[1,\"two\"][\"two\"]")},
    {STR("{0|date_format}{86400|date_format}{'+14 days'|date_format:'%Y-%m-%d'}"),
     STR("Jan  2, 19702026-01-15")},
    {STR("{1234.5|number_format:2:',':'.'}"), STR("1.234,50")},
    {STR("{'a'|md5}{'a'|sha1}"),
     STR("0cc175b9c0f1b6a831c399e26977266186f7e437faa5a7fce15d1ddcb"
         "9eaeaea377667b8")},
    {STR("{'a'|sha256}"),
     STR("ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb")},
    {STR("{'a'|sha512|truncate:20:''}{hash('sha256','a')|truncate:8:''}"),
     STR("1f40fc92da241694750"
         "9ca978112")},
    {STR("{'a b'|base64_encode}{'YSBi'|base64_decode}{'a b'|urlencode}{'a+b'|urldecode}"),
     STR("YSBia ba+ba b")},
    {STR("{$k|jsonencode}{$x='[1,2]'|jsondecode}{$x|count}"),
     STR("{\"a\":\"x\",\"5\":\"five\",\"b\":{\"c\":\"deep\"}}2")},
    {STR("{foreach $r|filter:\"price\":\">\":10 as $x}{$x.name}{/foreach}"), STR("A")},
    {STR("{foreach $r|filter:\"name\":\"B\" as $x}{$x.name}{/foreach}"), STR("B")},
    {STR("{foreach $r|filter:\"name\" as $x}{$x.name}{/foreach}"), STR("AB")},
    {STR("{foreach $r|orderby:\"price\"|limit:1 as $x}{$x.name}{/foreach}"), STR("B")},
    {STR("{foreach $r|orderby:\"name\":\"desc\" as $x}{$x.name}{/foreach}"), STR("BA")},
};

static const struct rig_case escaped[] = {
    {STR("{capture assign=x}{$s}{/capture}{$x nofilter}"),
     STR("O&#039;Neil &amp; &lt;b&gt;sons&lt;/b&gt;")},
    {STR("{rawcapture assign=x}{$s}{/rawcapture}{$x nofilter}{$x}"),
     STR("O'Neil & <b>sons</b>O&#039;Neil &amp; &lt;b&gt;sons&lt;/b&gt;")},
    {STR("{rawcapture}{/rawcapture}{'<'}"), STR("&lt;")},
    {STR("{mode=raw}{$s}"), STR("O'Neil & <b>sons</b>")},
    {STR("{'<'|escape:base64}{'\"'|escape:json}"), STR("PA==\\\"")},
};

static void tags_are_known(void **state)
{
    (void)state;
    rig_check(tags, COUNT(tags));
}

static void modifiers_are_known(void **state)
{
    (void)state;
    rig_check(modifiers, COUNT(modifiers));
}

static void captures_are_escaped_or_raw(void **state)
{
    (void)state;
    rig_check_escaped(escaped, COUNT(escaped));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_are_known),
        cmocka_unit_test(modifiers_are_known),
        cmocka_unit_test(captures_are_escaped_or_raw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
