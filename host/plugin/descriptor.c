#include "plugin/descriptor.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/utf8.h"

static const char *const type_names[] = {
    [IMH_TEXT] = "text",       [IMH_INTEGER] = "integer", [IMH_NUMBER] = "number",
    [IMH_BOOLEAN] = "boolean", [IMH_SECONDS] = "seconds", [IMH_BYTES] = "bytes",
    [IMH_URL] = "url",         [IMH_CHOICE] = "choice",   [IMH_OBJECT] = "object",
    [IMH_ARRAY] = "array",
};

const char *descriptor_type_name(uint32_t type)
{
    return type <= IMH_ARRAY ? type_names[type] : type_names[IMH_TEXT];
}

void descriptor_free(struct descriptor *descriptor)
{
    if (!descriptor) {
        return;
    }
    free(descriptor->options);
    free(descriptor->auths);
    free(descriptor->variables);
    free(descriptor->event_types);
    free(descriptor->sources);
    free(descriptor->routes);
    free(descriptor->entities);
    free(descriptor->actions);
    json_decref(descriptor->json);
    free(descriptor);
}

const imh_option *descriptor_option(const struct descriptor *descriptor, struct str name)
{
    for (uint32_t i = 0; i < descriptor->option_count; i++) {
        if (str_is(name, descriptor->options[i].name)) {
            return &descriptor->options[i];
        }
    }
    return NULL;
}

int descriptor_variable(const struct descriptor *descriptor, struct str name)
{
    for (uint32_t i = 0; i < descriptor->variable_count; i++) {
        if (str_is(name, descriptor->variables[i].name)) {
            return (int)i;
        }
    }
    return -1;
}

int descriptor_action(const struct descriptor *descriptor, struct str name)
{
    for (uint32_t i = 0; i < descriptor->action_count; i++) {
        if (str_is(name, descriptor->actions[i].name)) {
            return (int)i;
        }
    }
    return -1;
}

int descriptor_entity(const struct descriptor *descriptor, struct str name)
{
    for (uint32_t i = 0; i < descriptor->entity_count; i++) {
        if (str_is(name, descriptor->entities[i].name)) {
            return (int)i;
        }
    }
    return -1;
}

/* ---- fields ---- */

/* A field of one of the structs: where it is and what it is. */
enum field_type { FIELD_TEXT, FIELD_UINT, FIELD_INT64 };

struct field {
    const char *name;
    size_t offset;
    enum field_type type;
};

#define TEXT_FIELD(type, field)                   \
    {                                             \
#field, offsetof(type, field), FIELD_TEXT \
    }
#define UINT_FIELD(type, field)                   \
    {                                             \
#field, offsetof(type, field), FIELD_UINT \
    }
#define INT64_FIELD(type, field)                   \
    {                                              \
#field, offsetof(type, field), FIELD_INT64 \
    }

static const struct field option_fields[] = {
    TEXT_FIELD(imh_option, name),     TEXT_FIELD(imh_option, help),
    TEXT_FIELD(imh_option, fallback), TEXT_FIELD(imh_option, choices),
    UINT_FIELD(imh_option, type),     UINT_FIELD(imh_option, flags),
    INT64_FIELD(imh_option, min),     INT64_FIELD(imh_option, max),
    TEXT_FIELD(imh_option, when),
};
static const struct field auth_fields[] = {
    TEXT_FIELD(imh_auth, name),      TEXT_FIELD(imh_auth, user),
    TEXT_FIELD(imh_auth, secret),    TEXT_FIELD(imh_auth, token),
    TEXT_FIELD(imh_auth, header),    TEXT_FIELD(imh_auth, token_secret),
    TEXT_FIELD(imh_auth, token_url), UINT_FIELD(imh_auth, type),
    TEXT_FIELD(imh_auth, username),  TEXT_FIELD(imh_auth, password),
    TEXT_FIELD(imh_auth, scope),     TEXT_FIELD(imh_auth, audience),
    TEXT_FIELD(imh_auth, base),      TEXT_FIELD(imh_auth, message),
    TEXT_FIELD(imh_auth, value),     UINT_FIELD(imh_auth, variant),
    UINT_FIELD(imh_auth, grant),     UINT_FIELD(imh_auth, client),
};
static const struct field variable_fields[] = {
    TEXT_FIELD(imh_variable, name),    TEXT_FIELD(imh_variable, help),
    TEXT_FIELD(imh_variable, example), TEXT_FIELD(imh_variable, subject),
    UINT_FIELD(imh_variable, type),    UINT_FIELD(imh_variable, flags),
    UINT_FIELD(imh_variable, ttl_s),
};
static const struct field event_type_fields[] = {
    TEXT_FIELD(imh_event_type, name),
    TEXT_FIELD(imh_event_type, help),
    TEXT_FIELD(imh_event_type, example),
    UINT_FIELD(imh_event_type, flags),
};
static const struct field source_fields[] = {
    TEXT_FIELD(imh_source, name),    TEXT_FIELD(imh_source, help),
    UINT_FIELD(imh_source, every_s), UINT_FIELD(imh_source, margin_s),
    UINT_FIELD(imh_source, margin),
};
static const struct field route_fields[] = {
    TEXT_FIELD(imh_route, path),      TEXT_FIELD(imh_route, help),
    TEXT_FIELD(imh_route, secret),    TEXT_FIELD(imh_route, signature_header),
    UINT_FIELD(imh_route, signature),
};
static const struct field entity_fields[] = {
    TEXT_FIELD(imh_entity, name),      TEXT_FIELD(imh_entity, help),
    TEXT_FIELD(imh_entity, schema),    UINT_FIELD(imh_entity, flags),
    UINT_FIELD(imh_entity, batch_max), UINT_FIELD(imh_entity, margin_s),
    UINT_FIELD(imh_entity, margin),
};
static const struct field action_fields[] = {
    TEXT_FIELD(imh_action, name),   TEXT_FIELD(imh_action, help),
    TEXT_FIELD(imh_action, params), TEXT_FIELD(imh_action, stream),
    UINT_FIELD(imh_action, flags),
};

/* ---- tables ---- */

/* One table of the descriptor: where its pointer and count are, and its elements. */
struct table {
    const char *name;
    size_t items, count; /* offsets in struct descriptor */
    size_t element_bytes;
    const struct field *fields;
    size_t field_count;
};

#define TABLE(name, items, counted, type, fields)                                       \
    {                                                                                   \
        name, offsetof(struct descriptor, items), offsetof(struct descriptor, counted), \
            sizeof(type), (fields), sizeof(fields) / sizeof *(fields)                   \
    }

static const struct table tables[] = {
    TABLE("options", options, option_count, imh_option, option_fields),
    TABLE("auths", auths, auth_count, imh_auth, auth_fields),
    TABLE("variables", variables, variable_count, imh_variable, variable_fields),
    TABLE("event_types", event_types, event_type_count, imh_event_type, event_type_fields),
    TABLE("sources", sources, source_count, imh_source, source_fields),
    TABLE("routes", routes, route_count, imh_route, route_fields),
    TABLE("entities", entities, entity_count, imh_entity, entity_fields),
    TABLE("actions", actions, action_count, imh_action, action_fields),
};
enum { TABLE_COUNT = sizeof tables / sizeof *tables, ELEMENTS_MOST = 10000 };

static const struct field head_fields[] = {
    TEXT_FIELD(struct descriptor, name),          TEXT_FIELD(struct descriptor, version),
    TEXT_FIELD(struct descriptor, vendor),        TEXT_FIELD(struct descriptor, summary),
    UINT_FIELD(struct descriptor, abi_major),     UINT_FIELD(struct descriptor, abi_minor),
    UINT_FIELD(struct descriptor, flags),         UINT_FIELD(struct descriptor, parallel),
    UINT_FIELD(struct descriptor, rate_a_minute),
};
enum { HEAD_FIELD_COUNT = sizeof head_fields / sizeof *head_fields };

/* ---- checking ---- */

/* `what` names the element: "options[1].", or nothing for the head. */
static void check_texts(const struct field *fields, size_t count, const void *element,
                        const char *what, struct text *problems)
{
    for (size_t i = 0; i < count; i++) {
        const char *text = NULL;
        if (fields[i].type == FIELD_TEXT) {
            memcpy(&text, (const char *)element + fields[i].offset, sizeof text);
        }
        if (!utf8_is_valid(str_from(text))) {
            text_print(problems, "%s%s is not UTF-8\n", what, fields[i].name);
        }
    }
}

static void check_table_texts(const struct table *table,
                              const struct descriptor *descriptor, struct text *problems)
{
    const char *items;
    uint32_t count;
    memcpy(&items, (const char *)descriptor + table->items, sizeof items);
    memcpy(&count, (const char *)descriptor + table->count, sizeof count);
    for (uint32_t i = 0; i < count; i++) {
        char what[64];
        (void)snprintf(what, sizeof what, "%s[%u].", table->name, i);
        check_texts(table->fields, table->field_count, items + i * table->element_bytes,
                    what, problems);
    }
}

void descriptor_check_texts(const struct descriptor *descriptor, struct text *problems)
{
    check_texts(head_fields, HEAD_FIELD_COUNT, descriptor, "", problems);
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        check_table_texts(&tables[i], descriptor, problems);
    }
}

/* ---- writing ---- */

static json_t *field_to_json(const struct field *field, const void *element)
{
    const char *at = (const char *)element + field->offset;
    const char *text;
    uint32_t number;
    int64_t wide;
    switch (field->type) {
    case FIELD_TEXT:
        memcpy(&text, at, sizeof text);
        return text ? json_string(text) : json_null();
    case FIELD_UINT:
        memcpy(&number, at, sizeof number);
        return json_integer(number);
    default:
        memcpy(&wide, at, sizeof wide);
        return json_integer(wide);
    }
}

static bool fields_to_json(const struct field *fields, size_t count, const void *element,
                           json_t *object)
{
    for (size_t i = 0; i < count; i++) {
        if (json_object_set_new(object, fields[i].name,
                                field_to_json(&fields[i], element)) != 0) {
            return false;
        }
    }
    return true;
}

static bool table_to_json(const struct table *table, const struct descriptor *descriptor,
                          json_t *root)
{
    const char *items;
    uint32_t count;
    json_t *array = json_array();
    memcpy(&items, (const char *)descriptor + table->items, sizeof items);
    memcpy(&count, (const char *)descriptor + table->count, sizeof count);
    for (uint32_t i = 0; i < count; i++) {
        json_t *object = json_object();
        bool good = fields_to_json(table->fields, table->field_count,
                                   items + i * table->element_bytes, object);
        if (json_array_append_new(array, object) != 0 || !good) {
            json_decref(array);
            return false;
        }
    }
    return json_object_set_new(root, table->name, array) == 0;
}

bool descriptor_to_json(const struct descriptor *descriptor, struct text *json)
{
    json_t *root = json_object();
    bool good =
        fields_to_json(head_fields, HEAD_FIELD_COUNT, descriptor, root) &&
        json_object_set_new(root, "can_check", json_boolean(descriptor->can_check)) == 0 &&
        json_object_set_new(root, "can_resolve", json_boolean(descriptor->can_resolve)) ==
            0 &&
        json_object_set_new(root, "can_upsert", json_boolean(descriptor->can_upsert)) ==
            0 &&
        json_object_set_new(root, "can_remove", json_boolean(descriptor->can_remove)) == 0;
    for (size_t i = 0; good && i < TABLE_COUNT; i++) {
        good = table_to_json(&tables[i], descriptor, root);
    }
    char *text = good ? json_dumps(root, JSON_COMPACT) : NULL;
    if (text) {
        text_add_cstr(json, text);
        free(text);
    }
    json_decref(root);
    return text && !json->failed;
}

/* ---- reading ---- */

static bool field_from_json(const struct field *field, const json_t *object, void *element)
{
    char *at = (char *)element + field->offset;
    const json_t *value = json_object_get(object, field->name);
    const char *text = json_string_value(value);
    json_int_t wide = json_integer_value(value);
    uint32_t number = (uint32_t)wide;
    switch (field->type) {
    case FIELD_TEXT:
        memcpy(at, &text, sizeof text);
        return json_is_string(value) || json_is_null(value);
    case FIELD_UINT:
        memcpy(at, &number, sizeof number);
        return json_is_integer(value) && wide >= 0 && wide <= UINT32_MAX;
    default:
        memcpy(at, &wide, sizeof(int64_t));
        return json_is_integer(value);
    }
}

static bool fields_from_json(const struct field *fields, size_t count, const json_t *object,
                             void *element)
{
    for (size_t i = 0; i < count; i++) {
        if (!field_from_json(&fields[i], object, element)) {
            return false;
        }
    }
    return true;
}

static bool bool_from_json(const json_t *object, const char *name, bool *truth)
{
    const json_t *value = json_object_get(object, name);
    *truth = json_is_true(value);
    return json_is_boolean(value);
}

static bool table_from_json(const struct table *table, const json_t *root,
                            struct descriptor *descriptor)
{
    const json_t *array = json_object_get(root, table->name);
    size_t size = json_array_size(array);
    uint32_t count = (uint32_t)size;
    if (!json_is_array(array) || size > ELEMENTS_MOST) {
        return false;
    }
    char *items = calloc(size + 1, table->element_bytes);
    if (!items) {
        return false;
    }
    memcpy((char *)descriptor + table->items, &items, sizeof items);
    memcpy((char *)descriptor + table->count, &count, sizeof count);
    for (size_t i = 0; i < size; i++) {
        if (!fields_from_json(table->fields, table->field_count, json_array_get(array, i),
                              items + i * table->element_bytes)) {
            return false;
        }
    }
    return true;
}

struct descriptor *descriptor_from_json(struct str json, struct error *error)
{
    json_error_t problem;
    OWN(descriptor) descriptor = calloc(1, sizeof *descriptor);
    if (!descriptor) {
        (void)error_set(error, IMH_RETRY, "no memory for a plugin's descriptor");
        return NULL;
    }
    json_t *root = json_loadb(json.ptr, json.len, JSON_REJECT_DUPLICATES, &problem);
    descriptor->json = root;
    bool good = json_is_object(root) &&
                fields_from_json(head_fields, HEAD_FIELD_COUNT, root, descriptor) &&
                bool_from_json(root, "can_check", &descriptor->can_check) &&
                bool_from_json(root, "can_resolve", &descriptor->can_resolve) &&
                bool_from_json(root, "can_upsert", &descriptor->can_upsert) &&
                bool_from_json(root, "can_remove", &descriptor->can_remove) &&
                descriptor->name && descriptor->version;
    for (size_t i = 0; good && i < TABLE_COUNT; i++) {
        good = table_from_json(&tables[i], root, descriptor);
    }
    if (!good) {
        (void)error_set(error, IMH_BROKEN, "the worker sent a descriptor that is none");
        return NULL;
    }
    return GIVE(descriptor);
}
