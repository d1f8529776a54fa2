#include "object.h"

#include <stdlib.h>

#include "moment.h"

#define DIGITS "0123456789"

enum { KEY_BYTES = 1024 /* longest key of a reference */ };

/* ---- reading ---- */

const imh_item *object_find(const struct object *object, const char *name)
{
    for (uint32_t i = 0; i < object->field_count; i++) {
        if (strcmp(object->fields[i].key.ptr, name) == 0) {
            return &object->fields[i];
        }
    }
    return NULL;
}

imh_str object_field(const struct object *object, const char *name)
{
    const imh_item *found = object_find(object, name);
    return found && found->type != IMH_JSON_NULL ? found->value : imh_text("");
}

imh_str object_attribute(const struct object *object, const char *code)
{
    for (uint32_t i = object->attribute_count; i > 0; i--) {
        const struct attribute *attribute = &object->attributes[i - 1];
        if (strcmp(attribute->code.ptr, code) == 0) {
            return attribute->value->type == IMH_JSON_NULL ? imh_text("")
                                                           : attribute->value->value;
        }
    }
    return imh_text("");
}

imh_str object_at(const struct object *object, const char *pointer)
{
    imh_call *call = object->call;
    uint32_t type = call->host->json_type(call, object->raw, imh_text(pointer));
    return type == IMH_JSON_NULL ? imh_text("") : imh_at(call, object->raw, pointer);
}

/* {"attribute_code": "color", "value": "16"}; 0 when it is something else. */
static int read_attribute(imh_call *call, imh_str json, struct attribute *attribute)
{
    const imh_item *parts;
    uint32_t count = call->host->json_items(call, json, &parts);
    const imh_item *code = NULL;
    attribute->value = NULL;
    for (uint32_t i = 0; i < count; i++) {
        code = strcmp(parts[i].key.ptr, "attribute_code") == 0 ? &parts[i] : code;
        attribute->value =
            strcmp(parts[i].key.ptr, "value") == 0 ? &parts[i] : attribute->value;
    }
    attribute->code = code ? code->value : imh_text("");
    return code && attribute->value;
}

static void read_object(struct object *object)
{
    imh_call *call = object->call;
    const imh_item *items;
    object->field_count = call->host->json_items(call, object->raw, &object->fields);
    uint32_t count =
        call->host->json_items(call, object_field(object, "custom_attributes"), &items);
    struct attribute *attributes =
        call->host->alloc(call, (count + 1) * sizeof *attributes);
    object->attribute_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        object->attribute_count += (uint32_t)read_attribute(
            call, items[i].json, &attributes[object->attribute_count]);
    }
    object->attributes = attributes;
}

struct object object_read(imh_call *call, imh_str raw)
{
    struct object object = {.call = call, .raw = raw};
    read_object(&object);
    return object;
}

/* ---- writing ---- */

static void write_nothing(imh_json *json)
{
    imh_json_raw(json, imh_text("null"));
}

/* As JSON has numbers: "0012", "1." and "+1" are none. */
static int is_number(imh_str text)
{
    const char *at = text.ptr + (text.ptr[0] == '-');
    size_t whole = strspn(at, DIGITS);
    size_t part = at[whole] == '.' ? strspn(at + whole + 1, DIGITS) : 0;
    const char *end = at + whole + (part > 0 ? 1 + part : 0);
    if (whole > 0 && (*end == 'e' || *end == 'E')) {
        size_t sign = end[1] == '-' || end[1] == '+';
        size_t power = strspn(end + 1 + sign, DIGITS);
        end += power > 0 ? 1 + sign + power : 0;
    }
    return whole > 0 && (whole == 1 || at[0] != '0') && end == text.ptr + text.len;
}

void object_decimal(imh_json *json, imh_str text)
{
    if (is_number(text)) {
        imh_json_raw(json, text);
    } else {
        write_nothing(json);
    }
}

void object_flag(imh_json *json, imh_str text)
{
    int on = strcmp(text.ptr, "true") == 0 || strcmp(text.ptr, "1") == 0;
    imh_json_raw(json, imh_text(on ? "true" : "false"));
}

void object_number(struct object *object, const char *name)
{
    object_decimal(object->json, object_field(object, name));
}

void object_money(imh_json *json, imh_str value, imh_str currency)
{
    imh_json_open(json, '{');
    imh_json_key(json, "$value");
    object_decimal(json, value);
    imh_json_key(json, "value");
    object_decimal(json, value);
    imh_json_key(json, "currency");
    imh_json_text(json, currency);
    imh_json_close(json, '}');
}

/* A time that was never set is all zeros. */
static void write_time(imh_json *json, imh_str text)
{
    if (strncmp(text.ptr, "0000-00-00", 10) == 0) {
        write_nothing(json);
        return;
    }
    imh_json_open(json, '{');
    imh_json_key(json, "$time");
    imh_json_text(json, text);
    imh_json_close(json, '}');
}

void object_time(struct object *object, const char *name)
{
    imh_str text = object_field(object, name);
    if (imh_is_empty(text)) {
        write_nothing(object->json);
    } else {
        write_time(object->json, text);
    }
}

void object_created(struct object *object)
{
    object_time(object, "created_at");
}

void object_updated(struct object *object)
{
    object_time(object, "updated_at");
}

void object_ref(imh_json *json, const char *variable, imh_str key)
{
    if (imh_is_empty(key)) {
        write_nothing(json);
        return;
    }
    imh_json_open(json, '{');
    imh_json_key(json, "$ref");
    imh_json_open(json, '[');
    imh_json_text(json, imh_text(variable));
    imh_json_text(json, key);
    imh_json_close(json, ']');
    imh_json_close(json, '}');
}

void object_list(imh_json *json, const char *list, const char *field, imh_str value)
{
    if (imh_is_empty(value)) {
        imh_json_raw(json, imh_text("[]"));
        return;
    }
    imh_json_open(json, '{');
    imh_json_key(json, "$ref");
    imh_json_open(json, '[');
    imh_json_text(json, imh_text(list));
    imh_json_close(json, ']');
    imh_json_key(json, "$filter");
    imh_json_open(json, '[');
    imh_json_open(json, '[');
    imh_json_text(json, imh_text(field));
    imh_json_text(json, imh_text("=="));
    imh_json_text(json, value);
    imh_json_close(json, ']');
    imh_json_close(json, ']');
    imh_json_close(json, '}');
}

void object_remote(imh_json *json, imh_str value)
{
    if (imh_is_empty(value)) {
        write_nothing(json);
    } else {
        imh_json_remote(json, value);
    }
}

/* ---- members ---- */

struct specials {
    const struct special *rows;
    size_t count;
};

static int is_special(const struct specials *specials, imh_str name)
{
    for (size_t i = 0; i < specials->count; i++) {
        if (strcmp(specials->rows[i].name, name.ptr) == 0) {
            return 1;
        }
    }
    return strcmp(name.ptr, "attributes") == 0 || name.ptr[0] == '$';
}

/* The shop's value: a container could hold anything, so nothing in it is interpreted. */
static void write_remote(imh_json *json, imh_str value, uint32_t type)
{
    if (type == IMH_JSON_OBJECT || type == IMH_JSON_ARRAY) {
        imh_json_remote(json, value);
    } else {
        imh_json_raw(json, value);
    }
}

/* "16", "16,17": perhaps options. */
static int may_be_options(imh_str code, const imh_item *value)
{
    return value->type == IMH_JSON_STRING && value->value.len > 0 &&
           code.len + 1 + value->value.len <= KEY_BYTES &&
           strspn(value->value.ptr, DIGITS ",") == value->value.len;
}

/* "2024-02-29 00:00:00" */
static int is_date(const imh_item *value)
{
    static const char form[] = "0000-00-00 00:00:00";
    if (value->type != IMH_JSON_STRING || value->value.len != sizeof form - 1) {
        return 0;
    }
    for (size_t i = 0; i < sizeof form - 1; i++) {
        char c = value->value.ptr[i];
        if (form[i] == '0' ? c < '0' || c > '9' : c != form[i]) {
            return 0;
        }
    }
    return 1;
}

/* A date of an attribute is a day by the clocks of the store; with a time it is a moment,
 * in UTC as all moments of the shop. */
static void write_date(struct object *object, imh_str text)
{
    imh_call *call = object->call;
    imh_json *json = object->json;
    int64_t midnight_s, utc_ms;
    if (!object->view || !moment_midnight_s(text, &midnight_s)) {
        write_time(json, text);
        return;
    }
    imh_status status =
        call->host->utc_ms(call, object->view->timezone, midnight_s * 1000, &utc_ms);
    imh_json_open(json, '{');
    imh_json_key(json, "$time");
    imh_json_text(json, text);
    imh_json_key(json, "$utc");
    imh_json_raw(json, status == IMH_OK ? imh_print(call, "%" PRId64, utc_ms / 1000)
                                        : imh_text("null"));
    imh_json_close(json, '}');
}

static void write_attribute(struct object *object, imh_str code, const imh_item *value)
{
    imh_json_name(object->json, code);
    if (object->labels && may_be_options(code, value)) {
        object_ref(object->json, object->labels,
                   imh_print(object->call, "%s=%s", code.ptr, value->value.ptr));
    } else if (is_date(value)) {
        write_date(object, value->value);
    } else {
        write_remote(object->json, value->json, value->type);
    }
}

/* ---- all of it ---- */

/* What is shown by a name: a field, or an attribute lifted. */
struct member {
    imh_str name;
    const imh_item *value;
    uint32_t rank; /* of several with one name the first is shown */
    int is_hidden;
};

static int compare_members(const void *a, const void *b)
{
    const struct member *left = *(const struct member *const *)a;
    const struct member *right = *(const struct member *const *)b;
    int order = strcmp(left->name.ptr, right->name.ptr);
    return order ? order : (left->rank > right->rank) - (left->rank < right->rank);
}

/* Fields win over attributes, of attributes the last. */
static void hide_repeated(imh_call *call, struct member *members, uint32_t count)
{
    struct member **sorted = call->host->alloc(call, (count + 1) * sizeof(struct member *));
    for (uint32_t i = 0; i < count; i++) {
        sorted[i] = &members[i];
    }
    qsort(sorted, count, sizeof *sorted, compare_members);
    for (uint32_t i = 1; i < count; i++) {
        sorted[i]->is_hidden = strcmp(sorted[i]->name.ptr, sorted[i - 1]->name.ptr) == 0;
    }
}

static void write_members(struct object *object, const struct specials *specials)
{
    uint32_t fields = object->field_count;
    uint32_t count = fields + object->attribute_count;
    struct member *members =
        object->call->host->alloc(object->call, (count + 1) * sizeof *members);
    for (uint32_t i = 0; i < fields; i++) {
        members[i] = (struct member){object->fields[i].key, &object->fields[i], 0, 0};
    }
    for (uint32_t i = fields; i < count; i++) {
        const struct attribute *attribute = &object->attributes[i - fields];
        members[i] = (struct member){attribute->code, attribute->value, count - i, 0};
    }
    hide_repeated(object->call, members, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct member *member = &members[i];
        if (member->is_hidden || is_special(specials, member->name)) {
            continue;
        }
        if (i < fields) {
            imh_json_name(object->json, member->name);
            write_remote(object->json, member->value->json, member->value->type);
        } else {
            write_attribute(object, member->name, member->value);
        }
    }
}

static void write_object(struct object *object, const struct specials *specials)
{
    imh_json *json = object->json;
    read_object(object);
    imh_json_open(json, '{');
    for (size_t i = 0; i < specials->count; i++) {
        imh_json_key(json, specials->rows[i].name);
        specials->rows[i].write(object);
    }
    write_members(object, specials);
    imh_json_key(json, "attributes");
    imh_json_raw(json, object->raw);
    imh_json_close(json, '}');
}

void object_write(imh_json *json, imh_str raw, const struct special *specials, size_t count,
                  const struct shop_view *view, const void *more)
{
    const struct specials table = {specials, count};
    struct object object = {
        .call = json->call, .json = json, .raw = raw, .view = view, .more = more};
    write_object(&object, &table);
}

void object_write_labelled(imh_json *json, imh_str raw, const struct special *specials,
                           size_t count, const struct shop_view *view, const char *labels)
{
    const struct specials table = {specials, count};
    struct object object = {
        .call = json->call, .json = json, .raw = raw, .view = view, .labels = labels};
    write_object(&object, &table);
}

void object_answer(imh_call *call, const imh_lookup *lookup, imh_str json)
{
    imh_status status = imh_answer(call, lookup, json);
    if (status != IMH_OK) {
        (void)imh_unanswered(call, lookup, status);
    }
}
