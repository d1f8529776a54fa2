#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smarty_rig.h"

enum { MIB = 1 << 20, WHOLE_COUNT = 6 }; /* so many pieces fill all of it */

static const char *const pieces[] = {
    "{",
    "}",
    "{{",
    "{$",
    "{$n",
    "{$n.",
    "{$n[",
    "{$n|",
    "{$n|a:",
    "{'",
    "{\"",
    "{\"{",
    "{\"`$n",
    "{(",
    "{[",
    "{[1,",
    "{1+",
    "{if ",
    "{if 1}",
    "{else}",
    "{/if}",
    "{foreach $l as $v}",
    "{/foreach}",
    "{capture}",
    "{/capture}",
    "{assign ",
    "{$a=",
    "{*",
    "*}",
    "{**}",
    "{literal}",
    "{/literal}",
    "{ldelim}",
    "`",
    "$",
    "\\",
    "{'\\",
    "{\"\\",
    "{'a'|",
    "{@",
    "{#",
    "{#x#}",
    "{$n++",
    "{++$n}",
    "{!",
    "{-",
    "{~",
    "{=",
    "{ $n}",
    "{\n",
    "\r",
    "\r\n",
    "{$n}\r\n",
    "\xEF\xBB\xBF",
    "\xFF",
    "{\xFF}",
    "{$\xC3\xA9}",
    "{/",
    "{nope}",
    "{$n nocache}",
    "{break}",
    "{$smarty.",
    "{$smarty.capture[",
    "{range(1,",
    "{isset(",
    "{1?",
    "{1?1:",
    "{$n ?? ",
    "{1 is ",
    "{1 is in ",
    "{(int)",
    "{5",
    "{.5",
    "{5.",
    "{1.1.1",
    "{$l[1][",
    "{$n@",
};

/* Much of the same: an error or a message, and soon. */
static void much_of_anything_ends(void **state)
{
    (void)state;
    struct text template;
    text_init(&template, MIB + 100);
    for (size_t i = 0; i < COUNT(pieces); i++) {
        struct text out;
        text_init(&out, SMARTY_OUTPUT_BYTES);
        text_clear(&template);
        size_t bytes = i < WHOLE_COUNT ? MIB : MIB / 32;
        rig_repeat(&template, pieces[i], bytes / strlen(pieces[i]));
        rig_render(text_str(&template), false, NULL, &out);
        text_done(&out);
    }
    text_done(&template);
}

static void zero_bytes_are_text(void **state)
{
    (void)state;
    static const struct rig_case cases[] = {
        {STR("a\0b"), STR("a\0b")},
        {STR("{\"a\0b\"|strlen}"), STR("3")},
        {STR("{'a\0b'|strlen}"), STR("3")},
        {STR("{*\0*}x"), STR("x")},
        {STR("{literal}\0{/literal}"), STR("\0")},
    };
    static const struct str refused[] = {
        STR("{\0}"),
        STR("{$\0}"),
        STR("{$n\0}"),
        STR("{$n.\0}"),
        STR("{$n[\0]}"),
        STR("{$n|\0}"),
        STR("{if\0 1}"),
        STR("{if 1\0}"),
        STR("{/\0}"),
        STR("{1\0+1}"),
        STR("{$k[a\0]}"),
        STR("{\0$n}"),
        STR("{$n nofilter\0}"),
    };
    rig_check(cases, COUNT(cases));
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct text out;
        text_init(&out, 1000);
        rig_render(refused[i], false, NULL, &out);
        assert_true(str_starts(text_str(&out), STR_OF("rig:1: ")));
        text_done(&out);
    }
}

static void broken_utf8_is_bytes(void **state)
{
    (void)state;
    static const struct rig_case cases[] = {
        {STR("\xFF\xC0\x80{$n}\xED\xA0\x80"), STR("\xFF\xC0\x80"
                                                  "5\xED\xA0\x80")},
        {STR("{\"\xFF\"|strlen}{'\xE9'|strlen}"), STR("11")},
        {STR("{$a['\xFF']=1}{$a['\xFF']}{foreach $a as $i=>$v}{$i}{/foreach}"),
         STR("1\xFF")},
        {STR("{* \xFF *}"), STR("")},
    };
    rig_check(cases, COUNT(cases));
    rig_fails(STR_OF("{$\xFF}"), NULL,
              "rig:1: unexpected byte 0xFF, expected the name of a variable");
    rig_fails(STR_OF("{$\0}"), NULL,
              "rig:1: unexpected byte 0x00, expected the name of a variable");
    rig_fails(STR_OF("{$\u00e9}"), NULL,
              "rig:1: unexpected '\u00e9', expected the name of a variable");
    rig_fails(STR_OF("{$\n"), NULL,
              "rig:1: unexpected end of line, expected the name of a variable");
}

static void the_message_of_an_error_stays_short(void **state)
{
    (void)state;
    static const char *const before[] = {
        "{",   "{$n|",  "{$smarty.", "{$n nocache ", "{/", "{assign var=a value=1 scope=",
        "{1 ", "{cuont"};
    struct text template;
    text_init(&template, 100000);
    for (size_t i = 0; i < COUNT(before); i++) {
        struct text out;
        text_init(&out, 1000);
        text_clear(&template);
        text_add_cstr(&template, before[i]);
        rig_repeat(&template, "name", 10000);
        text_add_cstr(&template, "}");
        rig_render(text_str(&template), false, NULL, &out);
        assert_true(str_starts(text_str(&out), STR_OF("rig:1: ")));
        assert_true(out.len < 200);
        text_done(&out);
    }
    text_done(&template);
}

static void a_template_has_four_mebibytes(void **state)
{
    (void)state;
    struct text template;
    text_init(&template, SMARTY_SOURCE_BYTES + 1);
    rig_repeat(&template, "abcdefgh", SMARTY_SOURCE_BYTES / 8);
    struct text out;
    text_init(&out, SMARTY_SOURCE_BYTES);
    rig_render(text_str(&template), false, NULL, &out);
    assert_int_equal(out.len, SMARTY_SOURCE_BYTES);
    text_add_char(&template, 'x');
    rig_fails(text_str(&template), NULL, "rig:1: a template of more than 4 MiB");
    text_done(&out);
    text_done(&template);
}

static void many_of_everything_is_rendered_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *piece;
        const char *error;
    } cases[] = {
        {"{assign a 1}", NULL},
        {"{$n}", NULL},
        {"{$n}{* *}{literal}{/literal}", NULL},
        {"{if $a}{$b=1}{elseif $a}{$b=2}{/if}", NULL},
        {"{foreach $e as $v}{foreachelse}{/foreach}", NULL},
        {"{capture}{/capture}", NULL},
        {"{$a.b.c.d=1}", NULL},
    };
    struct text template;
    text_init(&template, SMARTY_SOURCE_BYTES);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text out;
        text_init(&out, SMARTY_OUTPUT_BYTES);
        text_clear(&template);
        rig_repeat(&template, cases[i].piece, MIB / 4 / strlen(cases[i].piece));
        rig_render(text_str(&template), false, NULL, &out);
        assert_false(str_starts(text_str(&out), STR_OF("rig:")));
        text_done(&out);
    }
    text_done(&template);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(much_of_anything_ends),
        cmocka_unit_test(zero_bytes_are_text),
        cmocka_unit_test(broken_utf8_is_bytes),
        cmocka_unit_test(the_message_of_an_error_stays_short),
        cmocka_unit_test(a_template_has_four_mebibytes),
        cmocka_unit_test(many_of_everything_is_rendered_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
