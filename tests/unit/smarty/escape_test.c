#include "smarty/escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smarty_rig.h"

static const struct rig_case flags[] = {
    {STR("{\"\\\"'<\"|htmlspecialchars:0}{\"\\\"'<\"|htmlspecialchars:2}"),
     STR("\"'&lt;&quot;'&lt;")},
    {STR("{\"\\xffa\"|htmlspecialchars:3}|{\"\\xffa\"|htmlspecialchars:4}"), STR("|a")},
    {STR("{'&quot;&#039;&eacute;'|html_entity_decode:0}"), STR("&quot;&#039;é")},
    {STR("{'&quot;&#039;&eacute;'|html_entity_decode:2}"), STR("\"&#039;é")},
    {STR("{'a&amp&lt;b'|html_entity_decode}"), STR("a&amp<b")},
    {STR("{\"a\\nb\"|nl2br:false}"), STR("a<br>\nb")},
    {STR("{'ab'|upper:1:2}{'ab'|@@upper}"), STR("ABAB")},
    {STR("{'ab'|md5:1:2}"), STR("rig:1: 'md5' does not take 3 arguments")},
};

static void flags_say_which_quotes_stay(void **state)
{
    (void)state;
    rig_check(flags, COUNT(flags));
}

static const struct rig_case html_has_five_cases[] = {
    {STR("{\"&<>\\\"' é\"|escape}"), STR("&amp;&lt;&gt;&quot;&#039; é")},
    {STR("{\"&amp; &eacute; &#65; &#x41; &nope; & &#; &#x110000; "
         "&lt\"|escape:\"html\":\"UTF-8\":false}"),
     STR("&amp; &eacute; &#65; &#x41; &amp;nope; &amp; &amp;#; &amp;#x110000; &amp;lt")},
    {STR("{\"&amp;\"|escape:\"html\":\"UTF-8\":true}"), STR("&amp;amp;")},
    {STR("{\"\\xff\"|escape}|"), STR("|")},
    {STR("{\"a\\xe9\"|escape:\"html\":\"UTF-8\":false}|"), STR("|")},
    {STR("{$n|escape}{$z|escape}|"), STR("5|")},
};

static void html_has_five(void **state)
{
    (void)state;
    rig_check(html_has_five_cases, COUNT(html_has_five_cases));
}

static const struct rig_case htmlall_has_names_cases[] = {
    {STR("{\"é€“ß©𝄞日 <&\"|escape:\"htmlall\"}"),
     STR("&eacute;&euro;&ldquo;&szlig;&copy;𝄞日 &lt;&amp;")},
    {STR("{\"\\xff<\\xf0\\x9f\"|escape:\"htmlall\"}"), STR("?&lt;?")},
    {STR("{\"&eacute; é & &amp;\"|escape:\"htmlall\":\"UTF-8\":false}"),
     STR("&eacute; &eacute; &amp; &amp;")},
};

static void htmlall_has_names(void **state)
{
    (void)state;
    rig_check(htmlall_has_names_cases, COUNT(htmlall_has_names_cases));
}

static const struct rig_case addresses_cases[] = {
    {STR("{\"a b/c?d=é&~-_.\"|escape:\"url\"}"), STR("a%20b%2Fc%3Fd%3D%C3%A9%26~-_.")},
    {STR("{\"a b/c?d=é\"|escape:\"urlpathinfo\"}"), STR("a%20b/c%3Fd%3D%C3%A9")},
    {STR("{\"\\xff\\0\"|escape:\"url\"}"), STR("%FF%00")},
};

static void addresses(void **state)
{
    (void)state;
    rig_check(addresses_cases, COUNT(addresses_cases));
}

static const struct rig_case quotes_and_scripts_cases[] = {
    {STR("{\"it's \\\\'x' '\"|escape:\"quotes\"}"), STR("it\\'s \\'x\\' \\'")},
    {STR("{\"it's \\\"x\\\"\\r\\n\\\\ </script> <!-- <s> <S> `a` ${b} "
         "$x\"|escape:\"javascript\"}"),
     STR("rig:1: unknown tag 'b'; a brace that is meant as text needs a space behind it, "
         "{literal} or {ldelim}")},
    {STR("{\"</script>\"|escape:\"javascript\"}"), STR("<\\/script>")},
};

static void quotes_and_scripts(void **state)
{
    (void)state;
    rig_check(quotes_and_scripts_cases, COUNT(quotes_and_scripts_cases));
}

static const struct rig_case mail_and_codes_cases[] = {
    {STR("{\"a.b@c.d\"|escape:\"mail\"}"), STR("a [DOT] b [AT] c [DOT] d")},
    {STR("{\"\\xff@\"|escape:\"mail\"}|"), STR("|")},
    {STR("{\"aé\"|escape:\"hex\"}"), STR("%61%c3%a9")},
    {STR("{\"aé😀\\xff\"|escape:\"hexentity\"}"), STR("&#x61;&#xE9;&#x1F600;&#x3F;")},
    {STR("{\"aé😀\\xf0\\x9f\"|escape:\"decentity\"}"), STR("&#97;&#233;&#128512;&#63;")},
    {STR("{\"aé~}\\x7f\"|escape:\"nonstd\"}"), STR("a&#233;&#126;}&#127;")},
};

static void mail_and_codes(void **state)
{
    (void)state;
    rig_check(mail_and_codes_cases, COUNT(mail_and_codes_cases));
}

static const struct rig_case an_unknown_kind_changes_nothing_cases[] = {
    {STR("{\"<b>\"|escape:\"nope\"}"), STR("<b>")},
    {STR("{$n|escape:$nope}"), STR("5")},
    {STR("{\"<\"|escape:\"HTML\"}"), STR("<")},
};

static void an_unknown_kind_changes_nothing(void **state)
{
    (void)state;
    rig_check(an_unknown_kind_changes_nothing_cases,
              COUNT(an_unknown_kind_changes_nothing_cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_say_which_quotes_stay),
        cmocka_unit_test(html_has_five),
        cmocka_unit_test(htmlall_has_names),
        cmocka_unit_test(addresses),
        cmocka_unit_test(quotes_and_scripts),
        cmocka_unit_test(mail_and_codes),
        cmocka_unit_test(an_unknown_kind_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
