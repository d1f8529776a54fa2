#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "smarty_rig.h"

/* Templates that want too much. Each ends, by the budget that it passes, with its line. */

#define STEPS "the loops of this template take too many turns"
#define INCLUDES "templates are included more than 100 levels deep"
#define DEPTH "templates, functions and blocks are more than 100 levels deep"
#define LARGE "a text grows larger than 16 MiB"
#define OUTPUT "the message is larger than 16777216 bytes"
#define EFFORT "rendering takes too much work"
#define MEMORY "rendering takes more than 64 MiB of memory"
#define REGEX "a regular expression takes too much work"

#define A40 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct rig_case abuses[] = {
    /* turns of loops */
    {STR("{for $i=1 to 1000000000}{/for}"), STR("rig:1: " STEPS)},
    {STR("\n{for $i=1 to 1000000000 step 0.5}{/for}"), STR("rig:2: " STEPS)},
    {STR("{while true}{/while}"), STR("rig:1: " STEPS)},
    {STR("{for $i=0;$i<1000000000;$i++}{/for}"), STR("rig:1: " STEPS)},
    {STR("{for $i=0;true;$i=$i}{/for}"), STR("rig:1: " STEPS)},
    {STR("{section name=i loop=1000000000}{/section}"), STR("rig:1: " STEPS)},
    {STR("\n\n{foreach range(1,5000) as $a}{foreach range(1,5000) as $b}\n"
         "{/foreach}{/foreach}"),
     STR("rig:")},
    {STR("{while $u++ < 1 || true}{continue}{/while}"), STR("rig:1: " STEPS)},
    {STR("{for $i=1 to 100000}{for $j=1 to 100000}{break}{/for}{/for}{while 1}{/while}"),
     STR("rig:1: ")},

    /* parts inside each other */
    {STR("{include \"self\"}"), STR("self:1: " INCLUDES)},
    {STR("{include \"ping\"}"), STR("p")},
    {STR("{include \"twice\"}"), STR("twice:1: " INCLUDES)},
    {STR("{function f}\n{f}{/function}{f}"), STR("rig:2: " DEPTH)},
    {STR("{function f}{g}{/function}{function g}{/function}{f}"),
     STR("rig:1: unknown tag")},
    {STR("{function f}{call g}{/function}{function g}{call f}{/function}{f}"),
     STR("rig:1: " DEPTH)},
    {STR("{function f n=0}{if $n<60}{f n=$n+1}{f n=$n+1}{/if}{/function}{f}"),
     STR("rig:1: ")},
    {STR("{$e='{eval var=$e}'}{eval var=$e}"), STR("eval:1: " INCLUDES)},
    {STR("{extends \"child\"}"), STR("child:1: " INCLUDES)},
    {STR("{for $i=1 to 5000}{eval var=\"{$i}{'{\"x\"|upper}'}\"}{/for}"),
     STR("rig:1: {eval} of more than 1000")},

    /* large texts */
    {STR("{\"x\"|str_repeat:1000000000}"), STR("rig:1: " LARGE)},
    {STR("{$x=\"x\"|str_repeat:9000000}\n{$x|cat:$x}"), STR("rig:2: " LARGE)},
    {STR("{\"x\"|str_pad:1000000000:\"-\"}"), STR("rig:1: " LARGE)},
    {STR("{\"x\"|indent:1000000000}"), STR("rig:1: " LARGE)},
    {STR("{\"xy\"|spacify:(\"z\"|str_repeat:16777215)}"), STR("rig:1: " LARGE)},
    {STR("{$x=\"<\"|str_repeat:5000000}{$x|escape|upper}"), STR("rig:1: " LARGE)},
    {STR("{$x=\"ab\"}{for $i=1 to 30}{$x=\"$x$x\"}{/for}"), STR("rig:1: ")},
    {STR("{$x=\"x\"|str_repeat:1000000}{for $i=1 to 100}{$x}{/for}"),
     STR("rig:1: " OUTPUT)},
    {STR("{for $i=1 to 100}{capture append=c}{\"x\"|str_repeat:1000000}{/capture}{/for}"),
     STR("rig:1: " MEMORY)},
    {STR("{textformat indent=100000000}a{/textformat}"), STR("rig:1: " LARGE)},
    {STR("{\"a b\"|replace:\" \":(\"z\"|str_repeat:16777215)}"), STR("rig:1: " LARGE)},
    {STR("{\"%1000000000d\"|string_format:\"%9999999d\"}"), STR("rig:1: ")},
    {STR("{html_table loop=$l rows=1000000 cols=1000000}"), STR("rig:1: ")},
    {STR("{html_select_date start_year=1 end_year=1000000000}"), STR("rig:1: ")},

    /* large arrays */
    {STR("{range(1,1000000000)|count}"), STR("rig:1: range()")},
    {STR("{array_fill(0,1000000000,1)|count}"), STR("rig:1: array_fill")},
    {STR("{while true}{$a[]=\"x\"}{/while}"), STR("rig:1: ")},
    {STR("{$a=[1]}{for $i=1 to 40}{$a=array_merge($a,$a)}{/for}"), STR("rig:1: ")},
    {STR("{$a=[1]}{for $i=1 to 40}{$a=[$a,$a]}{/for}{$a|json_encode}"), STR("rig:1: ")},
    {STR("{$a=range(1,9000)}{for $i=1 to 9}{$b=array_diff($a,$a)}{/for}"
         "{for $i=1 to 999}{$b=array_intersect($a,array_reverse($a))}{/for}"),
     STR("rig:1: " EFFORT)},

    /* regular expressions */
    {STR("{\"" A40 "!\"|regex_replace:'/(a+)+$/':''}"), STR("rig:1: " REGEX)},
    {STR("{if \"" A40 A40 "!\" =~ '/^(a|aa)+$/'}{/if}"), STR("rig:1: " REGEX)},
    {STR("{for $i=1 to 100000}{$x=\"aaaaaaaaaaaa\"|regex_replace:'/(a+)*[bc]/':''}{/for}"),
     STR("rig:1: " REGEX)},
    {STR("{$x=\"a\"|str_repeat:1000000}{$x|regex_replace:'/a/"
         "':'bbbbbbbbbbbbbbbbbbbbbbbb'}"),
     STR("rig:1: ")},

    /* slow functions */
    {STR("{$x=\"a\"|str_repeat:100000}{levenshtein($x,$x)}"), STR("rig:1: " EFFORT)},
    {STR("{$x=\"ab\"|str_repeat:50000}{similar_text($x,$x)}"), STR("rig:1: " EFFORT)},
    {STR("{$x=\"a\"|str_repeat:8000000}{stripos($x,(\"a\"|str_repeat:4000000)|cat:\"b\")}"),
     STR("rig:1: " EFFORT)},
    {STR("{$x=\"a\"|str_repeat:2000000}{strrpos(\"$x$x$x$x\",\"{$x}b$x\")}"),
     STR("rig:1: " EFFORT)},
    {STR("{$x=\"&\"|str_repeat:8000000}{html_entity_decode($x)|strlen}"), STR("8000000")},
    {STR("{for $i=1 to 1000000}{${\"v$i\"}=$i}{/for}"), STR("rig:1: " MEMORY)},
    {STR("{for $i=1 to 1000000}{assign \"v$i\" 1 scope=global}{/for}"),
     STR("rig:1: " MEMORY)},
    {STR("{$x=\"ab \"|str_repeat:4000000}{for $i=1 to 1000}{$y=$x|count_words}{/for}"),
     STR("rig:1: " EFFORT)},
    {STR("{$x=\"&zzzz;\"|str_repeat:2000000}{for $i=1 to "
         "99}{$y=$x|unescape:htmlall}{/for}"),
     STR("rig:1: " EFFORT)},
    {STR("{$x=\"a\"|str_repeat:4000000}{for $i=1 to 1000}{$y=$x|crc32}{/for}"),
     STR("rig:1: " EFFORT)},
    {STR("{while true}{$a[\"k$i\"]++}{$i++}{/while}"), STR("rig:1: " MEMORY)},
    {STR("{$s=\"x\"|str_repeat:1000}{while true}{$s={$s|cat:$s}}{/while}"), STR("rig:1: ")},
    {STR("{eval var=('{'|str_repeat:100000|cat:'$x')}"), STR("eval:1: nested more than")},
    {STR("{math "
         "equation=\"((((((((((((x))))))))))))+rand(1,2)*\"|cat:(\"(\"|str_repeat:9999)"
         " x=1}{while 1}{/while}"),
     STR("rig:1: ")},
};

static double milliseconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void each_ends_by_its_budget_with_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(abuses); i++) {
        struct text out;
        text_init(&out, SMARTY_OUTPUT_BYTES + (1 << 20));
        double start = milliseconds();
        rig_render(abuses[i].template, false, NULL, &out);
        print_message("%6.0f ms  %.60s\n", milliseconds() - start, text_cstr(&out));
        struct str shown = text_str(&out);
        if (!str_starts(shown, abuses[i].expected) || shown.len > ERROR_TEXT_BYTES) {
            fail_msg("%.*s\n  is      %.200s\n  and not %.*s", STR_ARGS(abuses[i].template),
                     text_cstr(&out), STR_ARGS(abuses[i].expected));
        }
        text_done(&out);
    }
}

static void there_are_forty_of_them(void **state)
{
    (void)state;
    assert_true(COUNT(abuses) >= 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_ends_by_its_budget_with_its_line),
        cmocka_unit_test(there_are_forty_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
