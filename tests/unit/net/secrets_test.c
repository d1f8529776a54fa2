#include "net/secrets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/stand_in.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { OUT_BYTES = 64 << 10 };

static struct remote_auth auths[] = {
    {.name = STR("login"), .type = IMH_AUTH_BASIC, .secret = STR("of a declared one")},
    {.name = STR("password"), .is_option = true, .secret = STR("p&ss=\"w/rd\" <%>")},
    {.name = STR("second"), .is_option = true, .secret = STR("2nd")},
    {.name = STR("lines"), .is_option = true, .secret = STR("a\r\nX-Evil: 1")},
    {.name = STR("bell"), .is_option = true, .secret = STR("\a")},
    {.name = STR("unset"), .is_option = true, .secret = STR("")},
};

static const struct remote remote = {.auths = auths, .auth_count = COUNT(auths)};

struct bench {
    struct arena arena;
    struct redact redact;
    struct secrets secrets;
    struct text in, out;
};

static int setup(void **state)
{
    static struct bench bench;
    arena_init(&bench.arena, 4096, 0);
    bench.redact.count = 0;
    bench.secrets = (struct secrets){.remote = &remote,
                                     .ticket = STR_OF("0123456789abcdef"),
                                     .allowed = true,
                                     .redact = &bench.redact,
                                     .arena = &bench.arena};
    text_init(&bench.in, OUT_BYTES);
    text_init(&bench.out, OUT_BYTES);
    *state = &bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    text_done(&bench->in);
    text_done(&bench->out);
    arena_done(&bench->arena);
    return 0;
}

/* The text with a stand-in of this ticket for each {name}. */
static struct str with_stand_ins(struct bench *bench, const char *pattern)
{
    struct str rest = str_from(pattern);
    text_clear(&bench->in);
    while (rest.len > 0) {
        size_t open = str_find(rest, STR_OF("<<"), 0);
        size_t close = str_find(rest, STR_OF(">>"), open);
        text_add(&bench->in, str_before(rest, open));
        if (open == rest.len) {
            break;
        }
        stand_in_write(&bench->in, str_after(str_before(rest, close), open + 2),
                       bench->secrets.ticket);
        rest = str_after(rest, close + 2);
    }
    return text_str(&bench->in);
}

enum place { URL, HEADERS, BODY };

/* What comes out, or "! status sentence". */
static const char *filled(struct bench *bench, enum place place, struct str type,
                          const char *pattern)
{
    struct error error;
    struct str in = with_stand_ins(bench, pattern);
    text_clear(&bench->out);
    bool good = place == URL ? secrets_fill_url(&bench->secrets, in, &bench->out, &error)
                : place == HEADERS
                    ? secrets_fill_headers(&bench->secrets, in, &bench->out, &error)
                    : secrets_fill_body(&bench->secrets, type, in, &bench->out, &error);
    if (!good) {
        text_clear(&bench->out);
        text_print(&bench->out, "! %s %s", error_status_name(error.status), error.text);
    }
    return text_cstr(&bench->out);
}

static void a_secret_is_escaped_for_its_place(void **state)
{
    static const struct {
        enum place place;
        struct str type;
        const char *in, *out;
    } cases[] = {
        {URL, STR(""), "https://a/<<password>>?b=<<second>>",
         "https://a/p%26ss%3D%22w%2Frd%22%20%3C%25%3E?b=2nd"},
        {HEADERS, STR(""), "X-A: <<second>>;<<password>>\nX-B: 1\n",
         "X-A: 2nd;p&ss=\"w/rd\" <%>\nX-B: 1\n"},
        {BODY, STR("application/json"), "{\"a\":\"<<password>>\"}",
         "{\"a\":\"p&ss=\\\"w/rd\\\" <%>\"}"},
        {BODY, STR("application/json"), "{\"a\":\"<<lines>>\"}",
         "{\"a\":\"a\\r\\nX-Evil: 1\"}"},
        {BODY, STR("application/vnd.api+json; charset=utf-8"), "\"<<second>>\"", "\"2nd\""},
        {BODY, STR("Application/X-WWW-Form-Urlencoded"), "a=<<password>>&b=1",
         "a=p%26ss%3D%22w%2Frd%22%20%3C%25%3E&b=1"},
        {BODY, STR(""), "a=<<lines>>", "a=a%0D%0AX-Evil%3A%201"},
        {BODY, STR("text/xml"), "<a b='<<password>>'/>",
         "<a b='p&#38;ss=&#34;w/rd&#34; &#60;%&#62;'/>"},
        {BODY, STR("application/soap+xml"), "<a><<lines>></a>",
         "<a>a&#13;&#10;X-Evil: 1</a>"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(filled(*state, cases[i].place, cases[i].type, cases[i].in),
                            cases[i].out);
    }
}

static void what_cannot_stand_there_is_refused_and_not_told(void **state)
{
    static const struct {
        enum place place;
        struct str type;
        const char *in, *out;
    } cases[] = {
        {HEADERS, STR(""), "X-A: <<lines>>\n",
         "! denied the secret 'lines' has a control character in it, which cannot be sent "
         "there"},
        {BODY, STR("text/xml"), "<<bell>>",
         "! denied the secret 'bell' has a control character in it, which cannot be sent "
         "there"},
        {BODY, STR("text/plain"), "<<second>>",
         "! broken secrets can stand in JSON, XML and forms, not in 'text/plain'"},
        {URL, STR(""), "https://a/<<nothing>>",
         "! broken the integration has no secret 'nothing'"},
        /* A declared credential is none of the plugin's options. */
        {URL, STR(""), "https://a/<<login>>",
         "! broken the integration has no secret 'login'"},
        {URL, STR(""), "https://a/<<unset>>",
         "! denied the secret 'unset' has no value: configure it"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(filled(*state, cases[i].place, cases[i].type, cases[i].in),
                            cases[i].out);
    }
}

static void a_name_in_a_header_gets_no_secret(void **state)
{
    struct bench *bench = *state;
    const char *out = filled(bench, HEADERS, STR_OF(""), "X-<<second>>: 1\n");
    assert_string_equal(out, text_cstr(&bench->in));
}

/* A stand-in that was kept, or that a stranger wrote, is a text like any other. */
static void another_calls_stand_in_is_plain_text(void **state)
{
    struct bench *bench = *state;
    struct text text;
    struct error error;
    text_init(&text, OUT_BYTES);
    stand_in_write(&text, STR_OF("second"), STR_OF("fedcba9876543210"));
    assert_false(secrets_has(&bench->secrets, text_str(&text)));
    assert_true(secrets_fill_url(&bench->secrets, text_str(&text), &bench->out, &error));
    assert_string_equal(text_cstr(&bench->out), text_cstr(&text));
    text_done(&text);
}

static void a_secret_goes_to_the_integrations_own_addresses_only(void **state)
{
    struct bench *bench = *state;
    bench->secrets.allowed = false;
    assert_string_equal(filled(bench, BODY, STR_OF("application/json"), "\"<<second>>\""),
                        "! rejected the secret 'second' goes to the integration's own "
                        "addresses only");
    assert_string_equal(filled(bench, URL, STR_OF(""), "https://a/"), "https://a/");
}

static void what_went_out_is_remembered(void **state)
{
    struct bench *bench = *state;
    struct text room;
    (void)filled(bench, URL, STR_OF(""), "https://a/<<password>>");
    struct str clean =
        redact_words(&bench->redact, STR_OF("{\"p&ss=\\\"w/rd\\\" <%>\":1}"), &room);
    assert_true(str_is(clean, "{\"[secret]\":1}"));
    text_done(&room);
}

static void what_grows_too_large_is_refused(void **state)
{
    struct bench *bench = *state;
    text_done(&bench->out);
    text_init(&bench->out, 10);
    assert_string_equal(filled(bench, URL, STR_OF(""), "https://a/"), "https://a/");
    struct error error;
    text_clear(&bench->out);
    assert_false(secrets_fill_url(&bench->secrets, with_stand_ins(bench, "<<password>>"),
                                  &bench->out, &error));
    assert_string_equal(error.text, "the address is larger than 10 bytes");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_secret_is_escaped_for_its_place),
        TEST(what_cannot_stand_there_is_refused_and_not_told),
        TEST(a_name_in_a_header_gets_no_secret),
        TEST(another_calls_stand_in_is_plain_text),
        TEST(a_secret_goes_to_the_integrations_own_addresses_only),
        TEST(what_went_out_is_remembered),
        TEST(what_grows_too_large_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
