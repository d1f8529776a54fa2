#include "plugin/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define LONGEST "abcdefghijklmnopqrstuvwxyz0123456789_abcdefghijklmnopqrstuvwxyz0"

enum { PROBLEMS_BYTES = 4096 };

static const struct descriptor plain = {.name = "shop", .version = "1"};

/* All problems, one a line; "" when there is none. */
static const char *problems_of(const struct descriptor *descriptor, struct text *problems)
{
    text_clear(problems);
    bool good = check_descriptor(descriptor, problems);
    assert_int_equal(good, problems->len == 0);
    return text_cstr(problems);
}

static void expect(const struct descriptor *descriptor, const char *wanted)
{
    struct text problems;
    text_init(&problems, PROBLEMS_BYTES);
    assert_string_equal(problems_of(descriptor, &problems), wanted);
    text_done(&problems);
}

static void the_least_plugin_has_a_name_and_a_version(void **state)
{
    (void)state;
    expect(&plain, "");
    expect(&(struct descriptor){.name = "shop"}, "plugin 'shop': has no version\n");
    expect(&(struct descriptor){.name = "shop", .version = ""},
           "plugin 'shop': has no version\n");
    expect(&(struct descriptor){.version = "1"},
           "plugin '': a name is [a-z][a-z0-9_]*, at most 64 bytes\n");
}

static void names_are_spelled_in_one_way(void **state)
{
    (void)state;
    static const struct {
        struct str name;
        bool good;
    } cases[] = {
        {STR("a"), true},
        {STR("z9_"), true},
        {STR("magento2"), true},
        {STR(LONGEST), true},
        {STR(LONGEST "x"), false},
        {STR(""), false},
        {STR("2magento"), false},
        {STR("_magento"), false},
        {STR("Magento"), false},
        {STR("magentO"), false},
        {STR("order-id"), false},
        {STR("a b"), false},
        {STR("a\nb"), false},
        {STR("a\0b"), false},
        {STR("\xC3\xA9t\xC3\xA9"), false},
        {STR("a'b"), false},
        {STR("../a"), false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (check_is_name(cases[i].name) != cases[i].good) {
            fail_msg("'%.*s'", STR_ARGS(cases[i].name));
        }
    }
}

static void names_of_the_host_are_taken(void **state)
{
    (void)state;
    static const char *const names[] = {
        "plugin",       "enabled",    "cache",         "on_failure", "parallel",
        "rate",         "timeout",    "allow_private", "isolation",  "order",
        "on_exhausted", "on_unknown", "poll",          "margin",     "ladder",
    };
    static const char *const others[] = {"url", "plugins", "plugi", "", "order-create"};
    for (size_t i = 0; i < COUNT(names); i++) {
        char wanted[100];
        imh_option option = {.name = names[i]};
        struct descriptor descriptor = plain;
        descriptor.options = &option;
        descriptor.option_count = 1;
        assert_true(check_is_host_option(str_from(names[i])));
        (void)snprintf(wanted, sizeof wanted,
                       "option '%s': this name belongs to the host\n", names[i]);
        expect(&descriptor, wanted);
    }
    for (size_t i = 0; i < COUNT(others); i++) {
        assert_false(check_is_host_option(str_from(others[i])));
    }
}

static void options_make_sense(void **state)
{
    (void)state;
    static const struct {
        imh_option option;
        const char *problem;
    } cases[] = {
        {{.name = "a"}, ""},
        {{.name = "a", .type = IMH_URL, .flags = IMH_REQUIRED}, ""},
        {{.name = "a", .type = IMH_CHOICE, .choices = "live|test"}, ""},
        {{.name = "a", .type = IMH_INTEGER, .min = -1, .max = 1, .fallback = "0"}, ""},
        {{.name = "a", .flags = IMH_SECRET | IMH_REQUIRED}, ""},
        {{.name = NULL}, "option '': a name is [a-z][a-z0-9_]*, at most 64 bytes\n"},
        {{.name = "A b"}, "option 'A b': a name is [a-z][a-z0-9_]*, at most 64 bytes\n"},
        {{.name = "a", .type = IMH_CHOICE},
         "option 'a': choices and type IMH_CHOICE go together\n"},
        {{.name = "a", .choices = "live|test"},
         "option 'a': choices and type IMH_CHOICE go together\n"},
        {{.name = "a", .type = IMH_OBJECT},
         "option 'a': type is not one an option can have\n"},
        {{.name = "a", .type = UINT32_MAX},
         "option 'a': type is not one an option can have\n"},
        {{.name = "a", .flags = IMH_SECRET, .fallback = "x"},
         "option 'a': a secret cannot have a fallback\n"},
        {{.name = "a", .flags = IMH_REQUIRED, .fallback = "x"},
         "option 'a': what has a fallback is not required\n"},
        {{.name = "a", .type = IMH_INTEGER, .min = 2, .max = 1},
         "option 'a': min is larger than max\n"},
        {{.name = "a", .type = IMH_INTEGER, .min = 1, .max = 5, .fallback = "9"},
         "option 'a': its fallback must be from 1 to 5\n"},
        {{.name = "a", .type = IMH_BOOLEAN, .fallback = "perhaps"},
         "option 'a': its fallback must be yes or no\n"},
        {{.name = "a", .type = IMH_CHOICE, .choices = "live|test", .fallback = "dead"},
         "option 'a': its fallback must be one of live|test\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        imh_option option = cases[i].option;
        struct descriptor descriptor = plain;
        descriptor.options = &option;
        descriptor.option_count = 1;
        expect(&descriptor, cases[i].problem);
    }
}

static void credentials_name_options_that_are_there(void **state)
{
    (void)state;
    static const struct {
        imh_auth auth;
        const char *problem;
    } cases[] = {
        {{.name = "shop", .secret = "token"}, ""},
        {{.name = "shop", .secret = "token", .type = IMH_AUTH_HEADER, .header = "X-Key"},
         ""},
        {{.name = "shop", .secret = "password"},
         "auth 'shop': there is no option 'password'\n"},
        {{.name = "shop",
          .secret = "token",
          .user = "u",
          .token = "t",
          .token_secret = "s"},
         "auth 'shop': there is no option 'u'\n"
         "auth 'shop': there is no option 't'\n"
         "auth 'shop': there is no option 's'\n"},
        {{.name = "shop", .secret = "token", .user = "login"}, ""},
        {{.name = "shop", .secret = "login", .token_secret = "login", .token = "login"},
         "auth 'shop': option 'login' must be IMH_SECRET\n"
         "auth 'shop': option 'login' must be IMH_SECRET\n"
         "auth 'shop': option 'login' must be IMH_SECRET\n"},
        {{.name = "shop", .secret = "login", .user = "login"},
         "auth 'shop': option 'login' must be IMH_SECRET\n"},
        {{.name = "shop"}, "auth 'shop': needs `secret`, the option that holds it\n"},
        {{.name = "shop", .secret = "token", .type = IMH_AUTH_HEADER},
         "auth 'shop': needs `header`, the header's name\n"},
        {{.name = "shop", .secret = "token", .type = IMH_AUTH_HMAC_SHA256 + 1},
         "auth 'shop': a type that this host does not know\n"},
        {{.name = "shop", .secret = "token", .username = "u", .password = "login"},
         "auth 'shop': there is no option 'u'\n"
         "auth 'shop': option 'login' must be IMH_SECRET\n"},
        {{.name = "Shop", .secret = "token"},
         "auth 'Shop': a name is [a-z][a-z0-9_]*, at most 64 bytes\n"},
        {{.name = NULL, .secret = "password"},
         "auth '': a name is [a-z][a-z0-9_]*, at most 64 bytes\n"
         "auth '': there is no option 'password'\n"},
    };
    static imh_option options[] = {{.name = "token", .flags = IMH_SECRET},
                                   {.name = "login"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        imh_auth auth = cases[i].auth;
        struct descriptor descriptor = plain;
        descriptor.options = options;
        descriptor.option_count = COUNT(options);
        descriptor.auths = &auth;
        descriptor.auth_count = 1;
        expect(&descriptor, cases[i].problem);
    }
}

static const struct {
    imh_auth auth;
    const char *problem;
} credentials[] = {
    {{.type = IMH_AUTH_BASIC, .secret = "token"},
     "auth 'shop': needs `user`, the option that holds it\n"},
    {{.type = IMH_AUTH_BASIC, .secret = "token", .user = "login"}, ""},
    {{.type = IMH_AUTH_OAUTH1_SHA256, .secret = "token"},
     "auth 'shop': needs `user`, the option that holds it\n"},
    {{.type = IMH_AUTH_OAUTH1_SHA1, .secret = "token", .user = "login"}, ""},
    {{.type = IMH_AUTH_OAUTH1_SHA1,
      .secret = "token",
      .user = "login",
      .variant = IMH_OAUTH1_MAGENTO + 1},
     "auth 'shop': a variant, grant or client that this host does not know\n"},
    {{.type = IMH_AUTH_OAUTH2, .secret = "token"},
     "auth 'shop': needs `user`, the option that holds it\n"
     "auth 'shop': needs `token_url`, where tokens come from\n"},
    {{.type = IMH_AUTH_OAUTH2, .secret = "token", .user = "login", .token_url = "t"}, ""},
    {{.type = IMH_AUTH_OAUTH2, .user = "login", .token_url = "t"},
     "auth 'shop': needs `secret`, the option that holds it\n"},
    /* A client that others can read has no secret. */
    {{.type = IMH_AUTH_OAUTH2, .user = "login", .token_url = "t", .token = "token"}, ""},
    {{.type = IMH_AUTH_OAUTH2,
      .user = "login",
      .token_url = "t",
      .grant = IMH_GRANT_PASSWORD},
     "auth 'shop': needs `username` for IMH_GRANT_PASSWORD\n"
     "auth 'shop': needs `password` for IMH_GRANT_PASSWORD\n"},
    {{.type = IMH_AUTH_OAUTH2,
      .user = "login",
      .token_url = "t",
      .grant = IMH_GRANT_PASSWORD,
      .username = "login",
      .password = "token"},
     ""},
    {{.type = IMH_AUTH_OAUTH2,
      .secret = "token",
      .user = "login",
      .token_url = "https://{login}/{token}/{nothing}",
      .scope = "{login",
      .audience = "{login}{}",
      .base = "instance_url"},
     "auth 'shop': {token} is no option, or a secret one\n"
     "auth 'shop': {nothing} is no option, or a secret one\n"
     "auth 'shop': {} is no option, or a secret one\n"
     "auth 'shop': `base` is a JSON Pointer, as \"/base_url\"\n"},
    {{.type = IMH_AUTH_OAUTH2,
      .secret = "token",
      .user = "login",
      .token_url = "t",
      .base = "/instance_url",
      .client = IMH_CLIENT_BODY,
      .grant = IMH_GRANT_JWT},
     ""},
    {{.type = IMH_AUTH_OAUTH2,
      .secret = "token",
      .user = "login",
      .token_url = "t",
      .grant = IMH_GRANT_JWT + 1},
     "auth 'shop': a variant, grant or client that this host does not know\n"},
    {{.type = IMH_AUTH_HMAC_SHA256, .secret = "token"},
     "auth 'shop': needs `header`, the header's name\n"
     "auth 'shop': needs `message`, what is signed\n"
     "auth 'shop': needs `value`, what the header says\n"},
    {{.type = IMH_AUTH_HEADER, .secret = "token", .header = "Authorization"}, ""},
    {{.type = IMH_AUTH_HEADER, .secret = "token", .header = "X-Key: 1\r\nX-Evil"},
     "auth 'shop': `header` is not a header it can set\n"},
    {{.type = IMH_AUTH_HEADER, .secret = "token", .header = "Content-length"},
     "auth 'shop': `header` is not a header it can set\n"},
    {{.type = IMH_AUTH_HEADER, .secret = "token", .header = ""},
     "auth 'shop': `header` is not a header it can set\n"},
};

static void each_kind_of_credential_has_what_it_needs(void **state)
{
    (void)state;
    static imh_option options[] = {{.name = "token", .flags = IMH_SECRET},
                                   {.name = "login"}};
    for (size_t i = 0; i < COUNT(credentials); i++) {
        imh_auth auth = credentials[i].auth;
        struct descriptor descriptor = plain;
        auth.name = "shop";
        descriptor.options = options;
        descriptor.option_count = COUNT(options);
        descriptor.auths = &auth;
        descriptor.auth_count = 1;
        expect(&descriptor, credentials[i].problem);
    }
}

static void a_condition_is_a_choice_of_another_option(void **state)
{
    (void)state;
    static const char problem[] = "option 'key': `when` is not a choice of another option, "
                                  "as \"auth=oauth1\"\n";
    static const struct {
        const char *when;
        const char *problem;
    } cases[] = {{NULL, ""},           {"auth=oauth1", ""},    {"auth=bearer", ""},
                 {"auth=", problem},   {"auth", problem},      {"auth=basic", problem},
                 {"key=1", problem},   {"nothing=1", problem}, {"", problem},
                 {"plain=1", problem}, {"=", problem}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        imh_option options[] = {
            {.name = "auth", .type = IMH_CHOICE, .choices = "bearer|oauth1"},
            {.name = "plain"},
            {.name = "key", .flags = IMH_REQUIRED, .when = cases[i].when}};
        struct descriptor descriptor = plain;
        descriptor.options = options;
        descriptor.option_count = COUNT(options);
        expect(&descriptor, cases[i].problem);
    }
}

static void variables_make_sense(void **state)
{
    (void)state;
    static const struct {
        imh_variable variable;
        bool can_resolve;
        const char *problem;
    } cases[] = {
        {{.name = "customer"}, true, ""},
        {{.name = "customer", .example = " {\"a\": [1, null]} "}, true, ""},
        {{.name = "customer", .example = "{"},
         true,
         "variable 'customer': example is not JSON\n"},
        {{.name = "customer", .example = ""},
         true,
         "variable 'customer': example is not JSON\n"},
        {{.name = "customer", .example = "{} {}"},
         true,
         "variable 'customer': example is not JSON\n"},
        {{.name = "customer", .type = IMH_ARRAY + 1},
         true,
         "variable 'customer': a type that this host does not know\n"},
        {{.name = "order-id"},
         true,
         "variable 'order-id': a name is [a-z][a-z0-9_]*, at most 64 bytes\n"},
        {{.name = "customer"}, false, "variables need `resolve` or `resolve_many`\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        imh_variable variable = cases[i].variable;
        struct descriptor descriptor = plain;
        descriptor.variables = &variable;
        descriptor.variable_count = 1;
        descriptor.can_resolve = cases[i].can_resolve;
        expect(&descriptor, cases[i].problem);
    }
}

static void who_writes_records_has_the_function(void **state)
{
    (void)state;
    static const struct {
        uint32_t flags;
        bool can_upsert, can_remove;
        const char *problem;
    } cases[] = {
        {0, false, false, ""},
        {IMH_LISTS, false, false, ""},
        {IMH_UPSERTS | IMH_REMOVES, true, true, ""},
        {IMH_UPSERTS, false, true, "entity 'contact': IMH_UPSERTS needs `upsert`\n"},
        {IMH_REMOVES, true, false, "entity 'contact': IMH_REMOVES needs `remove`\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        imh_entity entity = {.name = "contact", .flags = cases[i].flags};
        struct descriptor descriptor = plain;
        descriptor.entities = &entity;
        descriptor.entity_count = 1;
        descriptor.can_upsert = cases[i].can_upsert;
        descriptor.can_remove = cases[i].can_remove;
        expect(&descriptor, cases[i].problem);
    }
}

static void the_other_tables_make_sense(void **state)
{
    (void)state;
    static imh_event_type events[] = {{.name = "order-create", .example = "{}"},
                                      {.name = "order_paid", .example = "{"}};
    static imh_source sources[] = {{.name = "orders"}, {.name = "Orders"}};
    static imh_entity entities[] = {{.name = "contact", .schema = "{}"},
                                    {.name = "contact-", .schema = "no"}};
    static imh_action actions[] = {{.name = "create-coupon", .params = "{}"},
                                   {.name = "", .params = "[1,]"}};
    static imh_route routes[] = {{.path = "orders", .secret = "token"},
                                 {.path = "carts", .secret = "key"}};
    static imh_option option = {.name = "token", .flags = IMH_SECRET};
    struct descriptor descriptor = plain;
    descriptor.options = &option;
    descriptor.option_count = 1;
    descriptor.event_types = events;
    descriptor.event_type_count = 1;
    descriptor.sources = sources;
    descriptor.source_count = 1;
    descriptor.entities = entities;
    descriptor.entity_count = 1;
    descriptor.actions = actions;
    descriptor.action_count = 1;
    descriptor.routes = routes;
    descriptor.route_count = 1;
    expect(&descriptor, "");
    descriptor.event_type_count = descriptor.source_count = descriptor.entity_count = 2;
    descriptor.action_count = descriptor.route_count = 2;
    expect(&descriptor,
           "event 'order_paid': a name is [a-z][a-z0-9-]*, at most 64 bytes\n"
           "source 'Orders': a name is [a-z][a-z0-9-]*, at most 64 bytes\n"
           "action '': a name is [a-z][a-z0-9-]*, at most 64 bytes\n"
           "event 'order_paid': example is not JSON\n"
           "entity 'contact-': its schema: not JSON at byte 0: something that is no JSON "
           "value\n"
           "action '': its schema: not JSON at byte 3: something that is no JSON value\n"
           "route 'carts': there is no option 'key'\n");
}

static void nothing_is_declared_twice(void **state)
{
    (void)state;
    static imh_option options[] = {{.name = "a"}, {.name = "b"}, {.name = "a"}};
    static imh_variable variables[] = {{.name = "v"}, {.name = "v"}};
    static imh_event_type events[] = {{.name = "e"}, {.name = "e"}};
    static imh_route routes[] = {{.path = "orders"}, {.path = "orders"}};
    struct descriptor descriptor = plain;
    descriptor.can_resolve = true;
    descriptor.options = options;
    descriptor.option_count = 3;
    descriptor.variables = variables;
    descriptor.variable_count = 2;
    descriptor.event_types = events;
    descriptor.event_type_count = 2;
    descriptor.routes = routes;
    descriptor.route_count = 2;
    expect(&descriptor, "option 'a': declared twice\n"
                        "variable 'v': declared twice\n"
                        "event 'e': declared twice\n"
                        "route 'orders': declared twice\n");
}

static void a_route_has_a_path(void **state)
{
    (void)state;
    static imh_route route = {.path = NULL};
    struct descriptor descriptor = plain;
    descriptor.routes = &route;
    descriptor.route_count = 1;
    expect(&descriptor, "route '': has no path\n");
}

static void texts_are_utf8(void **state)
{
    (void)state;
    static imh_option options[] = {{.name = "a"}, {.name = "b", .help = "caf\xE9"}};
    static imh_action action = {.name = "do", .params = "{}", .stream = "\xFF"};
    struct descriptor descriptor = plain;
    descriptor.summary = "\xC3";
    descriptor.options = options;
    descriptor.option_count = 2;
    descriptor.actions = &action;
    descriptor.action_count = 1;
    expect(&descriptor, "summary is not UTF-8\n"
                        "options[1].help is not UTF-8\n"
                        "actions[0].stream is not UTF-8\n");
}

static void all_problems_are_told_together(void **state)
{
    (void)state;
    static imh_option options[] = {{.name = "Bad"}, {.name = "cache"}};
    static imh_variable variable = {.name = "Bad", .example = "{"};
    struct descriptor descriptor = {
        .options = options, .option_count = 2, .variables = &variable, .variable_count = 1};
    expect(&descriptor, "plugin '': a name is [a-z][a-z0-9_]*, at most 64 bytes\n"
                        "plugin '': has no version\n"
                        "option 'Bad': a name is [a-z][a-z0-9_]*, at most 64 bytes\n"
                        "option 'cache': this name belongs to the host\n"
                        "variable 'Bad': a name is [a-z][a-z0-9_]*, at most 64 bytes\n"
                        "variable 'Bad': example is not JSON\n"
                        "variables need `resolve` or `resolve_many`\n");
}

static void more_problems_than_there_is_room_for_are_problems(void **state)
{
    (void)state;
    static imh_option options[100];
    struct descriptor descriptor = plain;
    struct text problems;
    descriptor.options = options;
    descriptor.option_count = COUNT(options);
    text_init(&problems, 20);
    assert_false(check_descriptor(&descriptor, &problems));
    text_done(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_plugin_has_a_name_and_a_version),
        cmocka_unit_test(names_are_spelled_in_one_way),
        cmocka_unit_test(names_of_the_host_are_taken),
        cmocka_unit_test(options_make_sense),
        cmocka_unit_test(credentials_name_options_that_are_there),
        cmocka_unit_test(each_kind_of_credential_has_what_it_needs),
        cmocka_unit_test(a_condition_is_a_choice_of_another_option),
        cmocka_unit_test(variables_make_sense),
        cmocka_unit_test(the_other_tables_make_sense),
        cmocka_unit_test(who_writes_records_has_the_function),
        cmocka_unit_test(nothing_is_declared_twice),
        cmocka_unit_test(a_route_has_a_path),
        cmocka_unit_test(texts_are_utf8),
        cmocka_unit_test(all_problems_are_told_together),
        cmocka_unit_test(more_problems_than_there_is_room_for_are_problems),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
