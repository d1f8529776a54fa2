#include "object.h"

#include "moment.h"

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
    for (uint32_t i = 0; i < object->attribute_count; i++) {
        imh_str json = object->attributes[i].json;
        if (strcmp(imh_at(object->call, json, "/attribute_code").ptr, code) == 0) {
            return imh_at(object->call, json, "/value");
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

/* ---- writing ---- */

static void write_nothing(imh_json *json)
{
    imh_json_raw(json, imh_text("null"));
}

void object_number(struct object *object, const char *name)
{
    const imh_item *found = object_find(object, name);
    if (found && found->type == IMH_JSON_NUMBER) {
        imh_json_raw(object->json, found->json);
    } else {
        write_nothing(object->json);
    }
}

void object_money(imh_json *json, imh_str value, imh_str currency)
{
    value = imh_is_empty(value) ? imh_text("null") : value;
    imh_json_open(json, '{');
    imh_json_key(json, "$value");
    imh_json_raw(json, value);
    imh_json_key(json, "value");
    imh_json_raw(json, value);
    imh_json_key(json, "currency");
    imh_json_text(json, currency);
    imh_json_close(json, '}');
}

static void write_time(imh_json *json, imh_str text)
{
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

/* ---- all of it ---- */

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

static void write_fields(struct object *object, const struct specials *specials)
{
    for (uint32_t i = 0; i < object->field_count; i++) {
        const imh_item *own = &object->fields[i];
        if (!is_special(specials, own->key)) {
            imh_json_name(object->json, own->key);
            write_remote(object->json, own->json, own->type);
        }
    }
}

/* "16", "16,17": perhaps options. */
static int may_be_options(const imh_item *value)
{
    return value->type == IMH_JSON_STRING && value->value.len > 0 &&
           strspn(value->value.ptr, "0123456789,") == value->value.len;
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
    if (object->labels && may_be_options(value)) {
        object_ref(object->json, object->labels,
                   imh_print(object->call, "%s=%s", code.ptr, value->value.ptr));
    } else if (is_date(value)) {
        write_date(object, value->value);
    } else {
        write_remote(object->json, value->json, value->type);
    }
}

static void write_attributes(struct object *object, const struct specials *specials)
{
    imh_call *call = object->call;
    for (uint32_t i = 0; i < object->attribute_count; i++) {
        const imh_item *parts;
        uint32_t count = call->host->json_items(call, object->attributes[i].json, &parts);
        const imh_item *code = NULL;
        const imh_item *value = NULL;
        for (uint32_t j = 0; j < count; j++) {
            code = strcmp(parts[j].key.ptr, "attribute_code") == 0 ? &parts[j] : code;
            value = strcmp(parts[j].key.ptr, "value") == 0 ? &parts[j] : value;
        }
        if (code && value && !is_special(specials, code->value) &&
            !object_find(object, code->value.ptr)) {
            write_attribute(object, code->value, value);
        }
    }
}

static void write_object(struct object *object, const struct specials *specials)
{
    imh_call *call = object->call;
    imh_json *json = object->json;
    object->field_count = call->host->json_items(call, object->raw, &object->fields);
    object->attribute_count = call->host->json_items(
        call, object_field(object, "custom_attributes"), &object->attributes);
    imh_json_open(json, '{');
    for (size_t i = 0; i < specials->count; i++) {
        imh_json_key(json, specials->rows[i].name);
        specials->rows[i].write(object);
    }
    write_fields(object, specials);
    write_attributes(object, specials);
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
