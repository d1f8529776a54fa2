#include "plugin/descriptor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { JSON_BYTES = 1 << 20, ELEMENTS_MOST = 10000 };

static imh_option options[] = {{.name = "url",
                                .help = "Where \"it\" is",
                                .fallback = "https://\xC3\xA9.example.com/",
                                .choices = "a|b",
                                .type = IMH_URL,
                                .flags = IMH_REQUIRED | IMH_MANY,
                                .min = INT64_MIN,
                                .max = INT64_MAX,
                                .when = "kind=b"},
                               {.name = "token", .flags = IMH_SECRET}};
static imh_auth auths[] = {{.name = "shop",
                            .user = "u",
                            .secret = "token",
                            .token = "t",
                            .token_secret = "s",
                            .header = "X-Key",
                            .token_url = "https://shop.example.com/token",
                            .type = IMH_AUTH_OAUTH2,
                            .variant = IMH_OAUTH1_LAMINAS,
                            .username = "n",
                            .password = "p",
                            .scope = "all",
                            .audience = "{u}",
                            .base = "/base",
                            .message = "{method}",
                            .value = "{hex}",
                            .grant = IMH_GRANT_JWT,
                            .client = IMH_CLIENT_BODY}};
static imh_variable variables[] = {{.name = "order",
                                    .help = "An order",
                                    .example = "{\"id\":1}",
                                    .subject = "email language",
                                    .type = IMH_ARRAY,
                                    .flags = IMH_KEYED | IMH_DEEP,
                                    .ttl_s = UINT32_MAX}};
static imh_event_type events[] = {
    {.name = "order-create", .help = "New", .example = "{}", .flags = 1}};
static imh_source sources[] = {{.name = "orders",
                                .help = "Orders",
                                .every_s = 60,
                                .margin_s = 600,
                                .margin = IMH_MARGIN_LAG}};
static imh_route routes[] = {{.path = "orders",
                              .help = "Hook",
                              .signature_header = "x-signature",
                              .secret = "token",
                              .signature = IMH_SIGN_HMAC_SHA256_HEX}};
static imh_entity entities[] = {{.name = "contact",
                                 .help = "A person",
                                 .schema = "{}",
                                 .flags = IMH_LISTS,
                                 .batch_max = 100,
                                 .margin_s = 5,
                                 .margin = 1}};
static imh_action actions[] = {{.name = "create-coupon",
                                .help = "A coupon",
                                .params = "{}",
                                .stream = "/id",
                                .flags = IMH_REPEATABLE}};

static const struct descriptor full = {.name = "shop",
                                       .version = "1.2.3",
                                       .vendor = "somebody",
                                       .summary = "a shop",
                                       .abi_major = 1,
                                       .abi_minor = 7,
                                       .flags = IMH_CONCURRENT,
                                       .parallel = 2,
                                       .rate_a_minute = 100,
                                       .can_check = true,
                                       .can_resolve = true,
                                       .can_upsert = true,
                                       .options = options,
                                       .option_count = COUNT(options),
                                       .auths = auths,
                                       .auth_count = COUNT(auths),
                                       .variables = variables,
                                       .variable_count = COUNT(variables),
                                       .event_types = events,
                                       .event_type_count = COUNT(events),
                                       .sources = sources,
                                       .source_count = COUNT(sources),
                                       .routes = routes,
                                       .route_count = COUNT(routes),
                                       .entities = entities,
                                       .entity_count = COUNT(entities),
                                       .actions = actions,
                                       .action_count = COUNT(actions)};

static struct descriptor *there_and_back(const struct descriptor *descriptor)
{
    struct error error = {.text = ""};
    struct text json;
    text_init(&json, JSON_BYTES);
    assert_true(descriptor_to_json(descriptor, &json));
    struct descriptor *back = descriptor_from_json(text_str(&json), &error);
    assert_string_equal(error.text, "");
    assert_non_null(back);
    text_done(&json);
    return back;
}

static void the_head_comes_back_as_it_was(void **state)
{
    (void)state;
    OWN(descriptor) back = there_and_back(&full);
    assert_string_equal(back->name, "shop");
    assert_string_equal(back->version, "1.2.3");
    assert_string_equal(back->vendor, "somebody");
    assert_string_equal(back->summary, "a shop");
    assert_int_equal(back->abi_major, 1);
    assert_int_equal(back->abi_minor, 7);
    assert_int_equal(back->flags, IMH_CONCURRENT);
    assert_int_equal(back->parallel, 2);
    assert_int_equal(back->rate_a_minute, 100);
    assert_true(back->can_check);
    assert_true(back->can_resolve);
    assert_true(back->can_upsert && !back->can_remove);
}

static void options_and_credentials_come_back_as_they_were(void **state)
{
    (void)state;
    OWN(descriptor) back = there_and_back(&full);
    assert_int_equal(back->option_count, 2);
    assert_string_equal(back->options[0].name, "url");
    assert_string_equal(back->options[0].help, "Where \"it\" is");
    assert_string_equal(back->options[0].fallback, "https://\xC3\xA9.example.com/");
    assert_string_equal(back->options[0].choices, "a|b");
    assert_int_equal(back->options[0].type, IMH_URL);
    assert_int_equal(back->options[0].flags, IMH_REQUIRED | IMH_MANY);
    assert_true(back->options[0].min == INT64_MIN && back->options[0].max == INT64_MAX);
    assert_string_equal(back->options[0].when, "kind=b");
    assert_string_equal(back->options[1].name, "token");
    assert_null(back->options[1].when);
    assert_null(back->options[1].help);
    assert_null(back->options[1].fallback);
    assert_null(back->options[1].choices);
    assert_int_equal(back->auth_count, 1);
    assert_string_equal(back->auths[0].name, "shop");
    assert_string_equal(back->auths[0].user, "u");
    assert_string_equal(back->auths[0].secret, "token");
    assert_string_equal(back->auths[0].token, "t");
    assert_string_equal(back->auths[0].token_secret, "s");
    assert_string_equal(back->auths[0].header, "X-Key");
    assert_string_equal(back->auths[0].token_url, "https://shop.example.com/token");
    assert_int_equal(back->auths[0].type, IMH_AUTH_OAUTH2);
    assert_int_equal(back->auths[0].variant, IMH_OAUTH1_LAMINAS);
    assert_string_equal(back->auths[0].username, "n");
    assert_string_equal(back->auths[0].password, "p");
    assert_string_equal(back->auths[0].scope, "all");
    assert_string_equal(back->auths[0].audience, "{u}");
    assert_string_equal(back->auths[0].base, "/base");
    assert_string_equal(back->auths[0].message, "{method}");
    assert_string_equal(back->auths[0].value, "{hex}");
    assert_int_equal(back->auths[0].grant, IMH_GRANT_JWT);
    assert_int_equal(back->auths[0].client, IMH_CLIENT_BODY);
}

static void variables_events_and_sources_come_back_as_they_were(void **state)
{
    (void)state;
    OWN(descriptor) back = there_and_back(&full);
    assert_int_equal(back->variable_count, 1);
    assert_string_equal(back->variables[0].name, "order");
    assert_string_equal(back->variables[0].help, "An order");
    assert_string_equal(back->variables[0].example, "{\"id\":1}");
    assert_string_equal(back->variables[0].subject, "email language");
    assert_int_equal(back->variables[0].type, IMH_ARRAY);
    assert_int_equal(back->variables[0].flags, IMH_KEYED | IMH_DEEP);
    assert_int_equal(back->variables[0].ttl_s, UINT32_MAX);
    assert_int_equal(back->event_type_count, 1);
    assert_string_equal(back->event_types[0].name, "order-create");
    assert_string_equal(back->event_types[0].help, "New");
    assert_string_equal(back->event_types[0].example, "{}");
    assert_int_equal(back->event_types[0].flags, 1);
    assert_int_equal(back->source_count, 1);
    assert_string_equal(back->sources[0].name, "orders");
    assert_string_equal(back->sources[0].help, "Orders");
    assert_int_equal(back->sources[0].every_s, 60);
    assert_int_equal(back->sources[0].margin_s, 600);
    assert_int_equal(back->sources[0].margin, IMH_MARGIN_LAG);
    assert_null(back->sources[0].poll);
}

static void routes_entities_and_actions_come_back_as_they_were(void **state)
{
    (void)state;
    OWN(descriptor) back = there_and_back(&full);
    assert_int_equal(back->route_count, 1);
    assert_string_equal(back->routes[0].path, "orders");
    assert_string_equal(back->routes[0].help, "Hook");
    assert_string_equal(back->routes[0].signature_header, "x-signature");
    assert_string_equal(back->routes[0].secret, "token");
    assert_int_equal(back->routes[0].signature, IMH_SIGN_HMAC_SHA256_HEX);
    assert_null(back->routes[0].handle);
    assert_int_equal(back->entity_count, 1);
    assert_string_equal(back->entities[0].name, "contact");
    assert_string_equal(back->entities[0].help, "A person");
    assert_string_equal(back->entities[0].schema, "{}");
    assert_int_equal(back->entities[0].flags, IMH_LISTS);
    assert_int_equal(back->entities[0].batch_max, 100);
    assert_int_equal(back->entities[0].margin_s, 5);
    assert_int_equal(back->entities[0].margin, 1);
    assert_int_equal(back->action_count, 1);
    assert_string_equal(back->actions[0].name, "create-coupon");
    assert_string_equal(back->actions[0].help, "A coupon");
    assert_string_equal(back->actions[0].params, "{}");
    assert_string_equal(back->actions[0].stream, "/id");
    assert_int_equal(back->actions[0].flags, IMH_REPEATABLE);
    assert_null(back->actions[0].run);
}

static void an_empty_one_comes_back_empty(void **state)
{
    (void)state;
    static const struct descriptor plain = {.name = "shop", .version = "1"};
    OWN(descriptor) back = there_and_back(&plain);
    assert_string_equal(back->name, "shop");
    assert_null(back->vendor);
    assert_null(back->summary);
    assert_false(back->can_check);
    assert_false(back->can_resolve);
    assert_int_equal(back->option_count + back->auth_count + back->variable_count +
                         back->event_type_count + back->source_count + back->route_count +
                         back->entity_count + back->action_count,
                     0);
}

static void options_and_variables_are_found_by_name(void **state)
{
    (void)state;
    assert_ptr_equal(descriptor_option(&full, STR_OF("url")), &options[0]);
    assert_ptr_equal(descriptor_option(&full, STR_OF("token")), &options[1]);
    assert_null(descriptor_option(&full, STR_OF("ur")));
    assert_null(descriptor_option(&full, STR_OF("")));
    assert_int_equal(descriptor_variable(&full, STR_OF("order")), 0);
    assert_int_equal(descriptor_variable(&full, STR_OF("orders")), -1);
}

static void types_have_names(void **state)
{
    (void)state;
    static const char *const names[] = {"text",  "integer", "number", "boolean", "seconds",
                                        "bytes", "url",     "choice", "object",  "array"};
    for (uint32_t type = IMH_TEXT; type <= IMH_ARRAY; type++) {
        assert_string_equal(descriptor_type_name(type), names[type]);
    }
    assert_string_equal(descriptor_type_name(IMH_ARRAY + 1), "text");
    assert_string_equal(descriptor_type_name(UINT32_MAX), "text");
}

/* ---- what a worker could send instead ---- */

static bool is_taken(const char *json)
{
    struct error error = {.text = ""};
    OWN(descriptor) descriptor = descriptor_from_json(str_from(json), &error);
    if (!descriptor) {
        assert_int_equal(error.status, IMH_BROKEN);
        assert_string_equal(error.text, "the worker sent a descriptor that is none");
    }
    return descriptor != NULL;
}

static bool root_is_taken(const json_t *root)
{
    char *text = json_dumps(root, JSON_COMPACT);
    assert_non_null(text);
    bool taken = is_taken(text);
    free(text);
    return taken;
}

static json_t *full_json(void)
{
    struct text json;
    json_error_t error;
    text_init(&json, JSON_BYTES);
    assert_true(descriptor_to_json(&full, &json));
    json_t *root = json_loads(text_cstr(&json), 0, &error);
    assert_non_null(root);
    text_done(&json);
    return root;
}

/* One member in turn of another type and absent. */
static void spoil_member(const json_t *root, json_t *object, const char *name)
{
    bool is_wide = strcmp(name, "min") == 0 || strcmp(name, "max") == 0;
    json_t *good = json_incref(json_object_get(object, name));
    json_t *const bad[] = {json_real(1.5), json_object(), json_integer(-1)};
    for (size_t j = 0; j < COUNT(bad); j++) {
        assert_int_equal(json_object_set_new(object, name, bad[j]), 0);
        if (root_is_taken(root) != (j == 2 && is_wide)) {
            fail_msg("bad value %zu of '%s'", j, name);
        }
    }
    assert_int_equal(json_object_del(object, name), 0);
    if (root_is_taken(root)) {
        fail_msg("without '%s'", name);
    }
    assert_int_equal(json_object_set_new(object, name, good), 0);
}

/* Each member of `object`, which is part of `root`, in turn absent and of another type. */
static void spoil_members(const json_t *root, json_t *object)
{
    char names[40][32]; /* copies: a member that goes takes its name with it */
    size_t count = 0;
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        assert_true(count < COUNT(names));
        (void)snprintf(names[count++], sizeof names[0], "%s", name);
    }
    for (size_t i = 0; i < count; i++) {
        spoil_member(root, object, names[i]);
    }
    assert_true(root_is_taken(root));
}

static void every_member_must_be_there_and_of_its_type(void **state)
{
    (void)state;
    static const char *const tables[] = {"options", "auths",  "variables", "event_types",
                                         "sources", "routes", "entities",  "actions"};
    json_t *root = full_json();
    spoil_members(root, root);
    for (size_t i = 0; i < COUNT(tables); i++) {
        spoil_members(root, json_array_get(json_object_get(root, tables[i]), 0));
    }
    json_decref(root);
}

static void numbers_must_fit(void **state)
{
    (void)state;
    json_t *root = full_json();
    assert_int_equal(json_object_set_new(root, "parallel", json_integer(UINT32_MAX)), 0);
    assert_true(root_is_taken(root));
    json_int_t one_more = (json_int_t)UINT32_MAX + 1;
    assert_int_equal(json_object_set_new(root, "parallel", json_integer(one_more)), 0);
    assert_false(root_is_taken(root));
    json_decref(root);
}

static void a_name_and_a_version_are_needed(void **state)
{
    (void)state;
    static const char *const names[] = {"name", "version"};
    for (size_t i = 0; i < COUNT(names); i++) {
        json_t *root = full_json();
        assert_int_equal(json_object_set_new(root, names[i], json_null()), 0);
        assert_false(root_is_taken(root));
        json_decref(root);
    }
}

static void what_is_no_descriptor_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "null", "[]", "{}", "\"shop\"", "{", "{\"name\":\"a\",\"name\":\"b\"}", "\xFF",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        assert_false(is_taken(texts[i]));
    }
}

static void a_table_has_a_limit(void **state)
{
    (void)state;
    json_t *root = full_json();
    json_t *list = json_object_get(root, "event_types");
    json_t *element = json_array_get(list, 0);
    while (json_array_size(list) < ELEMENTS_MOST) {
        assert_int_equal(json_array_append(list, element), 0);
    }
    assert_true(root_is_taken(root));
    assert_int_equal(json_array_append(list, element), 0);
    assert_false(root_is_taken(root));
    json_decref(root);
}

/* A plugin may hold any bytes; what cannot be told as JSON is not told in part. */
static void texts_that_are_no_utf8_are_refused(void **state)
{
    (void)state;
    static imh_variable variable = {.name = "v", .help = "caf\xE9"};
    struct descriptor descriptor = {.name = "shop",
                                    .version = "1",
                                    .can_resolve = true,
                                    .variables = &variable,
                                    .variable_count = 1};
    struct text json;
    text_init(&json, JSON_BYTES);
    assert_false(descriptor_to_json(&descriptor, &json));
    assert_int_equal(json.len, 0);
    variable.help = "caf\xC3\xA9";
    descriptor.summary = "caf\xE9";
    assert_false(descriptor_to_json(&descriptor, &json));
    assert_int_equal(json.len, 0);
    descriptor.summary = NULL;
    assert_true(descriptor_to_json(&descriptor, &json));
    text_done(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_head_comes_back_as_it_was),
        cmocka_unit_test(options_and_credentials_come_back_as_they_were),
        cmocka_unit_test(variables_events_and_sources_come_back_as_they_were),
        cmocka_unit_test(routes_entities_and_actions_come_back_as_they_were),
        cmocka_unit_test(an_empty_one_comes_back_empty),
        cmocka_unit_test(options_and_variables_are_found_by_name),
        cmocka_unit_test(types_have_names),
        cmocka_unit_test(every_member_must_be_there_and_of_its_type),
        cmocka_unit_test(numbers_must_fit),
        cmocka_unit_test(a_name_and_a_version_are_needed),
        cmocka_unit_test(what_is_no_descriptor_is_refused),
        cmocka_unit_test(a_table_has_a_limit),
        cmocka_unit_test(texts_that_are_no_utf8_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
