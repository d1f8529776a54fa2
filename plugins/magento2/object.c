#include "object.h"

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
    return imh_at(object->call, object->raw, pointer);
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

void object_time(struct object *object, const char *name)
{
    imh_str text = object_field(object, name);
    if (imh_is_empty(text)) {
        write_nothing(object->json);
        return;
    }
    imh_json_open(object->json, '{');
    imh_json_key(object->json, "$time");
    imh_json_text(object->json, text);
    imh_json_close(object->json, '}');
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
            imh_json_name(object->json, code->value);
            write_remote(object->json, value->json, value->type);
        }
    }
}

void object_write(imh_json *json, imh_str raw, const struct special *specials, size_t count,
                  const struct shop_view *view, const void *more)
{
    imh_call *call = json->call;
    const struct specials table = {specials, count};
    struct object object = {
        .call = call, .json = json, .raw = raw, .view = view, .more = more};
    object.field_count = call->host->json_items(call, raw, &object.fields);
    object.attribute_count = call->host->json_items(
        call, object_field(&object, "custom_attributes"), &object.attributes);
    imh_json_open(json, '{');
    for (size_t i = 0; i < count; i++) {
        imh_json_key(json, specials[i].name);
        specials[i].write(&object);
    }
    write_fields(&object, &table);
    write_attributes(&object, &table);
    imh_json_key(json, "attributes");
    imh_json_raw(json, raw);
    imh_json_close(json, '}');
}

imh_str object_json(imh_call *call, imh_str raw, const struct special *specials,
                    size_t count, const struct shop_view *view)
{
    imh_json json = imh_json_begin(call);
    object_write(&json, raw, specials, count, view, NULL);
    return imh_json_str(&json);
}
