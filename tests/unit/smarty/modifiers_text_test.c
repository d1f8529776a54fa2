#include "smarty/modifiers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smarty_rig.h"

static const struct rig_case upper_and_lower_know_all_letters_cases[] = {
    {STR("{\"straße ŉ ﬁ İ\"|upper}"), STR("STRASSE ʼN FI İ")},
    {STR("{\"ÉCOLE ΣΊΣΥΦΟΣ İ\"|lower}"), STR("école σίσυφοσ i̇")},
    {STR("{$n|upper}{true|upper}{$z|upper}|"), STR("51|")},
    {STR("{\"\\xff\\xe9a\\xf0\\x9f\"|upper}"), STR("?\?A?")},
    {STR("{\"\"|lower}|"), STR("|")},
    {STR("{1.50|upper}"), STR("1.5")},
};

static void upper_and_lower_know_all_letters(void **state)
{
    (void)state;
    rig_check(upper_and_lower_know_all_letters_cases,
              COUNT(upper_and_lower_know_all_letters_cases));
}

static const struct rig_case capitalize_begins_words_cases[] = {
    {STR("{\"hello world foo-bar\"|capitalize}"), STR("Hello World Foo-Bar")},
    {STR("{\"o'neil said \\\"hi\\\" 'yes'\"|capitalize}"), STR("O'neil Said \"Hi\" 'Yes'")},
    {STR("{\"x2y 3rd B4 4u2c\"|capitalize}"), STR("x2y 3rd b4 4U2C")},
    {STR("{\"x2y 3rd B4\"|capitalize:true}"), STR("X2Y 3Rd B4")},
    {STR("{\"HELLO wORLD 3RD\"|capitalize:false:true}"), STR("Hello World 3rd")},
    {STR("{\"HELLO wORLD 3RD\"|capitalize:true:true}"), STR("Hello World 3Rd")},
    {STR("{\"été élan\"|capitalize}"), STR("Été Élan")},
    {STR("{\"ǆ ŉ ﬁ ß\"|capitalize:true:true}"), STR("ǅ ʼN Fi Ss")},
    {STR("{\"a\\\\b c\"|capitalize}"), STR("AB C")},
    {STR("{\"ab\\xff c\"|capitalize}|"), STR("|")},
    {STR("{\"ab\\xff c3D\"|capitalize:false:true}"), STR("Ab? C3D")},
    {STR("{\"xx\\xe9x x\\xff \\xffab\"|capitalize:0:1}"), STR("Xx?x X? ?Ab")},
    {STR("{\"a_b c.d\"|capitalize}"), STR("A_B C.D")},
    {STR("{$z|capitalize}|"), STR("|")},
    {STR("{\"it's 'tis\"|capitalize:true:true}"), STR("It's 'Tis")},
};

static void capitalize_begins_words(void **state)
{
    (void)state;
    rig_check(capitalize_begins_words_cases, COUNT(capitalize_begins_words_cases));
}

static const struct rig_case truncate_cuts_at_words_cases[] = {
    {STR("{\"The quick brown fox\"|truncate:10}"), STR("The...")},
    {STR("{\"The quick brown fox\"|truncate:10:\"\"}"), STR("The quick")},
    {STR("{\"The quick brown fox\"|truncate:10:\"…\"}"), STR("The quick…")},
    {STR("{\"The quick brown fox\"|truncate:10:\"...\":true}"), STR("The qui...")},
    {STR("{\"The quick brown fox\"|truncate:10:\"..\":true:true}"), STR("The .. fox")},
    {STR("{\"The quick brown fox\"|truncate:10:\"..\":false:true}"), STR("The .. fox")},
    {STR("{\"abc\"|truncate:3}{\"abc\"|truncate:2}"), STR("abc...")},
    {STR("{\"abcdef\"|truncate:0}|"), STR("|")},
    {STR("{\"abcdef\"|truncate:2:\".....\"}"), STR(".....")},
    {STR("{\"日本語テキスト\"|truncate:5:\"\"}"), STR("日本語テキ")},
    {STR("{\"Supercalifragilistic\"|truncate:8}"), STR("Super...")},
    {STR("{\"a b\\n\"|truncate:3:\"\"}|"), STR("a|")},
    {STR("{\"one  two\"|truncate:5:\"\"}|"), STR("one|")},
    {STR("{$s|truncate}"), STR("O'Neil & <b>sons</b>")},
    {STR("{$n|truncate:1}"), STR("5")},
    {STR("{\"abc\"|truncate:-1}"), STR("...")},
    {STR("{\"\\xff\\xe9abc def\"|truncate:5:\"\":true}|"), STR("\377\351abc d|")},
    {STR("{if ($n|truncate) === 5}y{/if}"), STR("y")},
    {STR("{\"abc def\"|truncate:\"4\":\"\":null}|"), STR("abc|")},
    {STR("{\"abcdefgh\"|truncate:5:\"12345678\":false:true}"), STR("12345678")},
    {STR("{\"abcdefgh\"|truncate:3:\"12\":false:true}"), STR("12a")},
};

static void truncate_cuts_at_words(void **state)
{
    (void)state;
    rig_check(truncate_cuts_at_words_cases, COUNT(truncate_cuts_at_words_cases));
}

static const struct rig_case replace_takes_texts_and_lists_cases[] = {
    {STR("{\"a b c\"|replace:\" \":\"-\"}"), STR("a-b-c")},
    {STR("{\"aaa\"|replace:\"aa\":\"b\"}"), STR("ba")},
    {STR("{\"abc\"|replace:\"\":\"x\"}"), STR("abc")},
    {STR("{\"abc\"|replace:[\"a\",\"b\"]:\"x\"}"), STR("xxc")},
    {STR("{\"abc\"|replace:[\"a\",\"b\"]:[\"1\",\"2\"]}"), STR("12c")},
    {STR("{\"abc\"|replace:[\"a\",\"b\"]:[\"1\"]}"), STR("1c")},
    {STR("{\"abc\"|replace:\"a\":[\"1\"]}|"), STR("|")},
    {STR("{\"a.b\"|replace:\".\":\"!\"}"), STR("a!b")},
    {STR("{\"AbA\"|replace:\"a\":\"x\"}"), STR("AbA")},
    {STR("{\"\\xff\"|replace:a:b}|{\"a\"|replace:\"\\xff\":b}|{\"a\"|replace:a:\"\\xff\"}"),
     STR("||\377")},
    {STR("{12321|replace:2:\"x\"}"), STR("1x3x1")},
    {STR("{\"x\"|replace:\"x\":\"\"}|{\"\"|replace:\"x\":\"y\"}|"), STR("||")},
    {STR("{$s|replace:1}"), STR("rig:1: 'replace' does not take 2 arguments")},
};

static void replace_takes_texts_and_lists(void **state)
{
    (void)state;
    rig_check(replace_takes_texts_and_lists_cases,
              COUNT(replace_takes_texts_and_lists_cases));
}

static const struct rig_case cat_joins_cases[] = {
    {STR("{\"a\"|cat:\"b\":1:$l}"), STR("ab1Array")},
    {STR("{$n|cat}"), STR("5")},
    {STR("{$z|cat:\"x\"}"), STR("x")},
    {STR("{if ($n|cat) === 5}y{/if}"), STR("y")},
};

static void cat_joins(void **state)
{
    (void)state;
    rig_check(cat_joins_cases, COUNT(cat_joins_cases));
}

static const struct rig_case nl2br_knows_all_ends_of_lines_cases[] = {
    {STR("{\"a\\nb\\r\\nc\\rd\\n\\ne\\n\\r\"|nl2br}"),
     STR("a<br />\nb<br />\r\nc<br />\rd<br />\n<br />\ne<br />\n\r")},
    {STR("{\"\"|nl2br}|"), STR("|")},
    {STR("{nl2br(\"a\\nb\")}"), STR("a<br />\nb")},
};

static void nl2br_knows_all_ends_of_lines(void **state)
{
    (void)state;
    rig_check(nl2br_knows_all_ends_of_lines_cases,
              COUNT(nl2br_knows_all_ends_of_lines_cases));
}

static const struct rig_case strip_tags_has_two_ways_cases[] = {
    {STR("{\"<b>x</b> y<br/>z\"|strip_tags}"), STR(" x  y z")},
    {STR("{\"<b>x</b> y<br/>z\"|strip_tags:false}"), STR("x yz")},
    {STR("{\"1 < 2 <b>x\"|strip_tags:false}"), STR("1 < 2 x")},
    {STR("{\"1 < 2 <b>x\"|strip_tags}"), STR("1  x")},
    {STR("{\"<!-- c > d --> e\"|strip_tags:false}"), STR(" e")},
    {STR("{\"<a href='>'>x</a>\"|strip_tags:false}"), STR("x")},
    {STR("{\"<?php x ?>y\"|strip_tags:false}"), STR("y")},
    {STR("{\"<b\"|strip_tags}{\"<b\"|strip_tags:false}|"), STR("<b|")},
    {STR("{\"a<b>c\"|strip_tags:0}{\"a<b>c\"|strip_tags:\"true\"}"), STR("aca c")},
    {STR("{\"<\\0b>x\"|strip_tags:false}"), STR("x")},
    {STR("{$n|strip_tags}"), STR("5")},
};

static void strip_tags_has_two_ways(void **state)
{
    (void)state;
    rig_check(strip_tags_has_two_ways_cases, COUNT(strip_tags_has_two_ways_cases));
}

static const struct rig_case strlen_counts_bytes_cases[] = {
    {STR("{\"héllo\"|strlen}"), STR("6")},
    {STR("{strlen($s)}"), STR("20")},
    {STR("{\"\"|strlen}"), STR("0")},
    {STR("{1.5|strlen}"), STR("3")},
};

static void strlen_counts_bytes(void **state)
{
    (void)state;
    rig_check(strlen_counts_bytes_cases, COUNT(strlen_counts_bytes_cases));
}

static const struct rig_case noprint_prints_nothing_cases[] = {
    {STR("{$s|noprint}|"), STR("|")},
    {STR("{$n|noprint:1}|"), STR("|")},
    {STR("{$n++|noprint}{$n}"), STR("5")},
};

static void noprint_prints_nothing(void **state)
{
    (void)state;
    rig_check(noprint_prints_nothing_cases, COUNT(noprint_prints_nothing_cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(upper_and_lower_know_all_letters),
        cmocka_unit_test(capitalize_begins_words),
        cmocka_unit_test(truncate_cuts_at_words),
        cmocka_unit_test(replace_takes_texts_and_lists),
        cmocka_unit_test(cat_joins),
        cmocka_unit_test(nl2br_knows_all_ends_of_lines),
        cmocka_unit_test(strip_tags_has_two_ways),
        cmocka_unit_test(strlen_counts_bytes),
        cmocka_unit_test(noprint_prints_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
