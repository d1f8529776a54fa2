#include "app/why.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What cannot be planted in a running site; 'x' is "x". */
static const struct {
    const char *facts, *stage, *reason;
} cases[] = {
    {"{'daemon':true,'known':[{'known':'told','on':'shop.a'}]}", "seen", "forgotten"},
    {"{'daemon':false,'known':[{'known':'learned','on':'shop.a'}]}", "seen", "learned"},
    {"{'daemon':false}", "daemon", "not-running"},
    {"{'daemon':true,'sources_of':['shop'],'integrations':[{'integration':'shop',"
     "'state':'enabled','plugin':'p'}],'plugins':[{'plugin':'p','state':'quarantined',"
     "'last_death':'killed'}]}",
     "seen", "quarantined"},
    {"{'daemon':true,'sources_of':['shop'],'integrations':[{'integration':'shop',"
     "'state':'held','problem':'401'}]}",
     "seen", "held"},
    {"{'daemon':true,'sources':[{'state':'new'}]}", "seen", "no-poll"},
    {"{'daemon':true,'events':[{'starts':true,'then':'enabled'}]}", "matched",
     "not-judged"},
    {"{'daemon':true,'events':[{'starts':true,'then':null}]}", "matched", "absent"},
    {"{'daemon':true,'events':[{'starts':true,'run':{'state':'acting'}}]}", "job", "gone"},
    {"{'daemon':true,'events':[{'starts':true,'run':{'state':'acting'},"
     "'job':{'state':'waiting'}}]}",
     "job", "waiting"},
    {"{'daemon':true,'events':[{'starts':true,'run':{'state':'acting'},"
     "'job':{'state':'waiting','integration':'i'}}],"
     "'integrations':[{'integration':'i','state':'refused'}]}",
     "job", "refused"},
    {"{'daemon':true,'events':[{'starts':true,'run':{'state':'waiting','asks':true},"
     "'job':{'state':'waiting'}}]}",
     "if", "asked"},
    {"{'daemon':true,'events':[{'starts':true,'run':{'state':'waiting'}}]}", "step",
     "soon"},
    {"{'daemon':true,'events':[{'starts':true,'run':{'state':'waiting'},"
     "'job':{'state':'waiting','behind':3}}]}",
     "job", "behind"},
    {"{'daemon':true,'events':[{'starts':true,'run':{'state':'failed'}}]}", "job",
     "failed"},
    {"{'daemon':true,'events':[{'starts':true,'run':{'state':'failed'},"
     "'job':{'kind':'step','error':'anything'}}]}",
     "step", "failed"},
    {"{'daemon':true,'events':[{'starts':false},{'starts':true,'run':{'state':'done'}}]}",
     "done", "done"},
};

static void facts_have_one_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char json[600];
        (void)snprintf(json, sizeof json, "%s", cases[i].facts);
        for (char *at = json; *at; at++) {
            *at = (char)(*at == '\'' ? '"' : *at);
        }
        json_auto_t *facts = json_loads(json, 0, NULL);
        assert_non_null(facts);
        why_judge(facts);
        assert_string_equal(json_string_value(json_object_get(facts, "stage")),
                            cases[i].stage);
        assert_string_equal(json_string_value(json_object_get(facts, "reason")),
                            cases[i].reason);
        assert_true(strlen(json_string_value(json_object_get(facts, "words"))) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_have_one_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
