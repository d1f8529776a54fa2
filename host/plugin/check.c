#include "plugin/check.h"

#include "base/json.h"
#include "plugin/options.h"
#include "plugin/schema.h"

enum { NAME_BYTES = 64, EXAMPLE_BYTES = 64 << 10 };

static bool is_spelled(struct str name, char extra)
{
    if (name.len == 0 || name.len > NAME_BYTES || name.ptr[0] < 'a' || name.ptr[0] > 'z') {
        return false;
    }
    for (size_t i = 1; i < name.len; i++) {
        char c = name.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != extra) {
            return false;
        }
    }
    return true;
}

bool check_is_name(struct str name)
{
    return is_spelled(name, '_');
}

bool check_is_host_option(struct str name)
{
    static const char names[] = "plugin enabled cache stale on_failure parallel rate "
                                "timeout allow_private ca_file isolation order "
                                "on_exhausted on_unknown poll margin ladder";
    struct str rest = STR(names);
    struct str word;
    while (str_word(&rest, &word)) {
        if (str_eq(word, name)) {
            return true;
        }
    }
    return false;
}

/* "variable 'customer': " in front of what is wrong with it. */
static void complain(struct text *problems, const char *kind, const char *name,
                     const char *what)
{
    text_print(problems, "%s '%.64s': %s\n", kind, name ? name : "", what);
}

static bool is_json(const char *text)
{
    static const struct json_limits limits = {.bytes = EXAMPLE_BYTES, .values = 10000};
    struct error ignored;
    return json_check(str_from(text), &limits, &ignored);
}

static void check_example(const char *kind, const char *name, const char *json,
                          struct text *problems)
{
    if (json && !is_json(json)) {
        complain(problems, kind, name, "example is not JSON");
    }
}

/* ---- names ---- */

/* Every table begins with its elements' name (a route with its path). */
static const char *name_at(const void *items, size_t bytes, uint32_t i)
{
    const char *name;
    memcpy(&name, (const char *)items + i * bytes, sizeof name);
    return name;
}

static void check_twice(const char *kind, const void *items, size_t bytes, uint32_t i,
                        struct text *problems)
{
    struct str name = str_from(name_at(items, bytes, i));
    for (uint32_t j = 0; j < i; j++) {
        if (str_eq(name, str_from(name_at(items, bytes, j)))) {
            complain(problems, kind, name.ptr, "declared twice");
            return;
        }
    }
}

static void check_names(const char *kind, const void *items, size_t bytes, uint32_t count,
                        char extra, struct text *problems)
{
    for (uint32_t i = 0; i < count; i++) {
        const char *name = name_at(items, bytes, i);
        if (!is_spelled(str_from(name), extra)) {
            complain(problems, kind, name,
                     extra == '_' ? "a name is [a-z][a-z0-9_]*, at most 64 bytes"
                                  : "a name is [a-z][a-z0-9-]*, at most 64 bytes");
        }
        check_twice(kind, items, bytes, i, problems);
    }
}

/* ---- options and auths ---- */

/* The value that stands in for an absent one is judged like a given one. */
static void check_fallback(const imh_option *option, struct text *problems)
{
    struct error error;
    struct text value;
    text_init(&value, OPTION_BYTES);
    bool typed = option->type < IMH_CHOICE ||
                 (option->type == IMH_CHOICE && option->choices != NULL);
    if (option->fallback && typed &&
        !options_check(option, str_from(option->fallback), &value, &error)) {
        text_print(problems, "option '%.64s': its fallback %s\n",
                   option->name ? option->name : "", error.text);
    }
    text_done(&value);
}

static void check_option(const imh_option *option, struct text *problems)
{
    static const char kind[] = "option";
    if (check_is_host_option(str_from(option->name))) {
        complain(problems, kind, option->name, "this name belongs to the host");
    }
    if (option->type > IMH_CHOICE) {
        complain(problems, kind, option->name, "type is not one an option can have");
    }
    if ((option->type == IMH_CHOICE) != (option->choices != NULL)) {
        complain(problems, kind, option->name, "choices and type IMH_CHOICE go together");
    }
    if ((option->flags & IMH_SECRET) && option->fallback) {
        complain(problems, kind, option->name, "a secret cannot have a fallback");
    }
    if ((option->flags & IMH_REQUIRED) && option->fallback) {
        complain(problems, kind, option->name, "what has a fallback is not required");
    }
    if (option->min > option->max) {
        complain(problems, kind, option->name, "min is larger than max");
    }
    check_fallback(option, problems);
}

static void check_reference(const struct descriptor *descriptor, const char *kind,
                            const char *name, const char *option, struct text *problems)
{
    if (option && !descriptor_option(descriptor, str_from(option))) {
        text_print(problems, "%s '%.64s': there is no option '%.64s'\n", kind,
                   name ? name : "", option);
    }
}

/* What a credential is made of must not be written in the clear, nor reach the plugin. */
static void check_secret(const struct descriptor *descriptor, const imh_auth *auth,
                         const char *name, struct text *problems)
{
    const imh_option *option = name ? descriptor_option(descriptor, str_from(name)) : NULL;
    if (option && !(option->flags & IMH_SECRET)) {
        text_print(problems, "auth '%.64s': option '%.64s' must be IMH_SECRET\n",
                   auth->name ? auth->name : "", name);
    }
}

/* {name} must be an option that may be seen. */
static void check_places(const struct descriptor *descriptor, const imh_auth *auth,
                         const char *pattern, struct text *problems)
{
    struct str rest = str_from(pattern);
    struct str name;
    while (options_place(&rest, NULL, &name)) {
        const imh_option *option = descriptor_option(descriptor, name);
        if (!option || (option->flags & IMH_SECRET)) {
            text_print(problems, "auth '%.64s': {%.*s} is no option, or a secret one\n",
                       auth->name ? auth->name : "", STR_ARGS(str_before(name, 64)));
        }
    }
}

/* Which kinds of credential cannot be without which field. */
static void check_needs(const imh_auth *auth, struct text *problems)
{
    enum { BASIC = 1, HEADER = 2, OAUTH1 = 4, OAUTH2 = 8, HMAC = 16, OTHER = 32 };
    static const uint32_t kinds[] = {
        [IMH_AUTH_BEARER] = OTHER,         [IMH_AUTH_BASIC] = BASIC,
        [IMH_AUTH_HEADER] = HEADER,        [IMH_AUTH_OAUTH1_SHA1] = OAUTH1,
        [IMH_AUTH_OAUTH1_SHA256] = OAUTH1, [IMH_AUTH_OAUTH2] = OAUTH2,
        [IMH_AUTH_HMAC_SHA256] = HMAC};
    bool asks = auth->grant == IMH_GRANT_PASSWORD;
    bool public = auth->type == IMH_AUTH_OAUTH2 && (asks || auth->token);
    const struct {
        uint32_t kinds;
        const char *value, *what;
    } needs[] = {
        {public ? 0 : UINT32_MAX, auth->secret, "needs `secret`, the option that holds it"},
        {BASIC | OAUTH1 | OAUTH2, auth->user, "needs `user`, the option that holds it"},
        {HEADER | HMAC, auth->header, "needs `header`, the header's name"},
        {OAUTH2, auth->token_url, "needs `token_url`, where tokens come from"},
        {asks ? OAUTH2 : 0, auth->username, "needs `username` for IMH_GRANT_PASSWORD"},
        {asks ? OAUTH2 : 0, auth->password, "needs `password` for IMH_GRANT_PASSWORD"},
        {HMAC, auth->message, "needs `message`, what is signed"},
        {HMAC, auth->value, "needs `value`, what the header says"},
    };
    if (auth->type >= sizeof kinds / sizeof *kinds) {
        complain(problems, "auth", auth->name, "a type that this host does not know");
        return;
    }
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        if ((needs[i].kinds & kinds[auth->type]) && !needs[i].value) {
            complain(problems, "auth", auth->name, needs[i].what);
        }
    }
}

/* A name of letters, digits, - and _, that does not frame the message. */
static bool is_header_name(struct str name)
{
    static const struct str framing[] = {STR("host"), STR("content-length"),
                                         STR("transfer-encoding"), STR("connection")};
    for (size_t i = 0; i < sizeof framing / sizeof *framing; i++) {
        if (str_eq_nocase(name, framing[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_') {
            return false;
        }
    }
    return name.len > 0 && name.len <= NAME_BYTES;
}

static void check_words(const imh_auth *auth, struct text *problems)
{
    static const char kind[] = "auth";
    if (auth->header && !is_header_name(str_from(auth->header))) {
        complain(problems, kind, auth->name, "`header` is not a header it can set");
    }
    if (auth->base && auth->base[0] != '/') {
        complain(problems, kind, auth->name, "`base` is a JSON Pointer, as \"/base_url\"");
    }
    if (auth->variant > IMH_OAUTH1_MAGENTO || auth->grant > IMH_GRANT_JWT ||
        auth->client > IMH_CLIENT_BODY) {
        complain(problems, kind, auth->name,
                 "a variant, grant or client that this host does not know");
    }
}

static void check_auth(const struct descriptor *descriptor, const imh_auth *auth,
                       struct text *problems)
{
    const char *const plain[] = {auth->user, auth->username};
    const char *const secrets[] = {auth->secret, auth->token, auth->token_secret,
                                   auth->password};
    const char *const patterns[] = {auth->token_url, auth->scope, auth->audience};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        check_reference(descriptor, "auth", auth->name, plain[i], problems);
    }
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        check_reference(descriptor, "auth", auth->name, secrets[i], problems);
        check_secret(descriptor, auth, secrets[i], problems);
    }
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        check_places(descriptor, auth, patterns[i], problems);
    }
    check_needs(auth, problems);
    check_words(auth, problems);
}

/* "auth=oauth1": a choice the other option can make. */
static void check_when(const struct descriptor *descriptor, const imh_option *option,
                       struct text *problems)
{
    struct str when = str_from(option->when);
    size_t equals = str_find_char(when, '=');
    const imh_option *other = descriptor_option(descriptor, str_before(when, equals));
    struct error error;
    struct text value;
    text_init(&value, OPTION_BYTES);
    bool good = other && other->type == IMH_CHOICE && other->choices &&
                options_check(other, str_after(when, equals + 1), &value, &error);
    text_done(&value);
    if (option->when && !good) {
        complain(problems, "option", option->name,
                 "`when` is not a choice of another option, as \"auth=oauth1\"");
    }
}

static void check_options(const struct descriptor *descriptor, struct text *problems)
{
    check_names("option", descriptor->options, sizeof *descriptor->options,
                descriptor->option_count, '_', problems);
    check_names("auth", descriptor->auths, sizeof *descriptor->auths,
                descriptor->auth_count, '_', problems);
    for (uint32_t i = 0; i < descriptor->option_count; i++) {
        check_option(&descriptor->options[i], problems);
        check_when(descriptor, &descriptor->options[i], problems);
    }
    for (uint32_t i = 0; i < descriptor->auth_count; i++) {
        check_auth(descriptor, &descriptor->auths[i], problems);
    }
}

/* ---- the rest ---- */

static void check_variables(const struct descriptor *descriptor, struct text *problems)
{
    static const char kind[] = "variable";
    check_names(kind, descriptor->variables, sizeof *descriptor->variables,
                descriptor->variable_count, '_', problems);
    for (uint32_t i = 0; i < descriptor->variable_count; i++) {
        const imh_variable *variable = &descriptor->variables[i];
        check_example(kind, variable->name, variable->example, problems);
        if (variable->type > IMH_ARRAY) {
            complain(problems, kind, variable->name, "a type that this host does not know");
        }
    }
    if (descriptor->variable_count > 0 && !descriptor->can_resolve) {
        text_add_cstr(problems, "variables need `resolve` or `resolve_many`\n");
    }
}

static void check_schema(const char *kind, const char *name, const char *schema,
                         struct text *problems)
{
    struct error error;
    if (schema && !schema_check(str_from(schema), &error)) {
        text_print(problems, "%s '%.64s': its schema: %s\n", kind, name ? name : "",
                   error.text);
    }
}

static void check_entity(const struct descriptor *descriptor, const imh_entity *entity,
                         struct text *problems)
{
    check_schema("entity", entity->name, entity->schema, problems);
    if (entity->flags & IMH_UPSERTS && !descriptor->can_upsert) {
        complain(problems, "entity", entity->name, "IMH_UPSERTS needs `upsert`");
    }
    if (entity->flags & IMH_REMOVES && !descriptor->can_remove) {
        complain(problems, "entity", entity->name, "IMH_REMOVES needs `remove`");
    }
}

static void check_others(const struct descriptor *descriptor, struct text *problems)
{
    check_names("event", descriptor->event_types, sizeof *descriptor->event_types,
                descriptor->event_type_count, '-', problems);
    check_names("source", descriptor->sources, sizeof *descriptor->sources,
                descriptor->source_count, '-', problems);
    check_names("entity", descriptor->entities, sizeof *descriptor->entities,
                descriptor->entity_count, '-', problems);
    check_names("action", descriptor->actions, sizeof *descriptor->actions,
                descriptor->action_count, '-', problems);
    for (uint32_t i = 0; i < descriptor->event_type_count; i++) {
        const imh_event_type *event = &descriptor->event_types[i];
        check_example("event", event->name, event->example, problems);
    }
    for (uint32_t i = 0; i < descriptor->entity_count; i++) {
        check_entity(descriptor, &descriptor->entities[i], problems);
    }
    for (uint32_t i = 0; i < descriptor->action_count; i++) {
        const imh_action *action = &descriptor->actions[i];
        check_schema("action", action->name, action->params, problems);
    }
    for (uint32_t i = 0; i < descriptor->route_count; i++) {
        const imh_route *route = &descriptor->routes[i];
        if (!route->path || !*route->path) {
            complain(problems, "route", "", "has no path");
        }
        check_twice("route", descriptor->routes, sizeof *route, i, problems);
        check_reference(descriptor, "route", route->path, route->secret, problems);
    }
}

bool check_descriptor(const struct descriptor *descriptor, struct text *problems)
{
    size_t before = problems->len;
    if (!check_is_name(str_from(descriptor->name))) {
        complain(problems, "plugin", descriptor->name,
                 "a name is [a-z][a-z0-9_]*, at most 64 bytes");
    }
    if (!descriptor->version || !*descriptor->version) {
        complain(problems, "plugin", descriptor->name, "has no version");
    }
    descriptor_check_texts(descriptor, problems);
    check_options(descriptor, problems);
    check_variables(descriptor, problems);
    check_others(descriptor, problems);
    return problems->len == before && !problems->failed;
}
