#include "product_json.h"

#include <stdlib.h>

#include <imh/json.h>

#include "moment.h"

/* A product being written. */
struct writing {
    imh_call *call;
    imh_json json;
    imh_str product;
    const struct shop_view *view;
    const imh_item *fields; /* the shop's own */
    uint32_t field_count;
    const imh_item *attributes; /* custom attributes */
    uint32_t attribute_count;
};

/* ---- reading ---- */

static const imh_item *find_field(const struct writing *writing, const char *name)
{
    for (uint32_t i = 0; i < writing->field_count; i++) {
        if (strcmp(writing->fields[i].key.ptr, name) == 0) {
            return &writing->fields[i];
        }
    }
    return NULL;
}

static imh_str field(const struct writing *writing, const char *name)
{
    const imh_item *found = find_field(writing, name);
    return found ? found->value : imh_text("");
}

/* The value of a custom attribute as text; empty when the product has none. */
static imh_str attribute(const struct writing *writing, const char *code)
{
    for (uint32_t i = 0; i < writing->attribute_count; i++) {
        imh_str json = writing->attributes[i].json;
        imh_str found = imh_at(writing->call, json, "/attribute_code");
        if (strcmp(found.ptr, code) == 0) {
            return imh_at(writing->call, json, "/value");
        }
    }
    return imh_text("");
}

/* ---- what the model adds ---- */

static void write_title(struct writing *writing)
{
    imh_json_text(&writing->json, field(writing, "name"));
}

static void write_type(struct writing *writing)
{
    imh_json_text(&writing->json, field(writing, "type_id"));
}

/* {"$value": 35, "value": 35, "currency": "EUR"}; grouped products have no price. */
static void write_price(struct writing *writing)
{
    imh_json *json = &writing->json;
    const imh_item *price = find_field(writing, "price");
    imh_str value =
        price && price->type == IMH_JSON_NUMBER ? price->json : imh_text("null");
    imh_json_open(json, '{');
    imh_json_key(json, "$value");
    imh_json_raw(json, value);
    imh_json_key(json, "value");
    imh_json_raw(json, value);
    imh_json_key(json, "currency");
    imh_json_text(json, writing->view->currency);
    imh_json_close(json, '}');
}

/* Where a guest finds it: nowhere when it is disabled or not visible by itself. */
static void write_url(struct writing *writing)
{
    imh_call *call = writing->call;
    imh_str key = attribute(writing, "url_key");
    int visible = strcmp(field(writing, "visibility").ptr, "1") != 0;
    int enabled = strcmp(field(writing, "status").ptr, "1") == 0;
    imh_str path = call->host->urlencode(call, key);
    imh_json_text(&writing->json, imh_is_empty(key) || !visible || !enabled
                                      ? imh_text("")
                                      : imh_print(call, "%s%s.html",
                                                  writing->view->link_url.ptr, path.ptr));
}

/* Each part of a file's path encoded, the slashes kept. */
static imh_str picture_url(struct writing *writing, imh_str file)
{
    imh_call *call = writing->call;
    imh_str url = imh_print(call, "%scatalog/product", writing->view->media_url.ptr);
    for (const char *at = file.ptr; *at == '/';) {
        const char *end = strchr(at + 1, '/');
        size_t len = end ? (size_t)(end - at - 1) : strlen(at + 1);
        imh_str part = call->host->urlencode(call, (imh_str){at + 1, len});
        url = imh_print(call, "%s/%s", url.ptr, part.ptr);
        at = end ? end : "";
    }
    return url;
}

static int is_picture(imh_str file)
{
    return file.len > 1 && file.ptr[0] == '/';
}

/* Roles that are empty in this store view: the first picture that is switched on. */
static imh_str first_picture(struct writing *writing)
{
    imh_call *call = writing->call;
    const imh_item *entries;
    uint32_t count =
        call->host->json_items(call, field(writing, "media_gallery_entries"), &entries);
    for (uint32_t i = 0; i < count; i++) {
        imh_str file = imh_at(call, entries[i].json, "/file");
        imh_str off = imh_at(call, entries[i].json, "/disabled");
        if (is_picture(file) && strcmp(off.ptr, "true") != 0) {
            return file;
        }
    }
    return imh_text("");
}

static void write_picture(struct writing *writing, const char *role)
{
    imh_str file = attribute(writing, role); /* "no_selection" is none */
    file = is_picture(file) ? file : first_picture(writing);
    imh_json_text(&writing->json,
                  is_picture(file) ? picture_url(writing, file) : imh_text(""));
}

static void write_image(struct writing *writing)
{
    write_picture(writing, "image");
}

static void write_small_image(struct writing *writing)
{
    write_picture(writing, "small_image");
}

static void write_thumbnail(struct writing *writing)
{
    write_picture(writing, "thumbnail");
}

/* {"$value": "2026-11-21 19:50:59", "timestamp": 1795290659}: times are UTC. */
static void write_time(struct writing *writing, const char *name)
{
    imh_json *json = &writing->json;
    imh_str text = field(writing, name);
    int64_t seconds;
    imh_json_open(json, '{');
    imh_json_key(json, "$value");
    imh_json_text(json, text);
    imh_json_key(json, "timestamp");
    imh_json_raw(json, moment_read(text, &seconds)
                           ? imh_print(writing->call, "%" PRId64, seconds)
                           : imh_text("null"));
    imh_json_close(json, '}');
}

static void write_created(struct writing *writing)
{
    write_time(writing, "created_at");
}

static void write_updated(struct writing *writing)
{
    write_time(writing, "updated_at");
}

static const struct {
    const char *name;
    void (*write)(struct writing *writing);
} specials[] = {
    {"title", write_title},         {"type", write_type},
    {"price", write_price},         {"url", write_url},
    {"image", write_image},         {"small_image", write_small_image},
    {"thumbnail", write_thumbnail}, {"created_at", write_created},
    {"updated_at", write_updated},
};
enum { SPECIAL_COUNT = sizeof specials / sizeof *specials };

static int is_special(imh_str name)
{
    for (size_t i = 0; i < SPECIAL_COUNT; i++) {
        if (strcmp(specials[i].name, name.ptr) == 0) {
            return 1;
        }
    }
    return strcmp(name.ptr, "attributes") == 0;
}

/* ---- all of it ---- */

/* The shop's value: a container could hold anything, so nothing in it is interpreted. */
static void write_remote(imh_json *json, imh_str value, uint32_t type)
{
    if (type == IMH_JSON_OBJECT || type == IMH_JSON_ARRAY) {
        imh_json_remote(json, value);
    } else {
        imh_json_raw(json, value);
    }
}

static void write_fields(struct writing *writing)
{
    for (uint32_t i = 0; i < writing->field_count; i++) {
        const imh_item *own = &writing->fields[i];
        if (!is_special(own->key) && own->key.ptr[0] != '$') {
            imh_json_name(&writing->json, own->key);
            write_remote(&writing->json, own->json, own->type);
        }
    }
}

static void write_attributes(struct writing *writing)
{
    imh_call *call = writing->call;
    for (uint32_t i = 0; i < writing->attribute_count; i++) {
        const imh_item *parts;
        uint32_t count = call->host->json_items(call, writing->attributes[i].json, &parts);
        const imh_item *code = NULL;
        const imh_item *value = NULL;
        for (uint32_t j = 0; j < count; j++) {
            code = strcmp(parts[j].key.ptr, "attribute_code") == 0 ? &parts[j] : code;
            value = strcmp(parts[j].key.ptr, "value") == 0 ? &parts[j] : value;
        }
        if (code && value && !is_special(code->value) && code->value.ptr[0] != '$' &&
            !find_field(writing, code->value.ptr)) {
            imh_json_name(&writing->json, code->value);
            write_remote(&writing->json, value->json, value->type);
        }
    }
}

imh_str product_json(imh_call *call, imh_str product, const struct shop_view *view)
{
    struct writing writing = {
        .call = call, .json = imh_json_begin(call), .product = product, .view = view};
    imh_json *json = &writing.json;
    writing.field_count = call->host->json_items(call, product, &writing.fields);
    writing.attribute_count = call->host->json_items(
        call, field(&writing, "custom_attributes"), &writing.attributes);
    imh_json_open(json, '{');
    for (size_t i = 0; i < SPECIAL_COUNT; i++) {
        imh_json_key(json, specials[i].name);
        specials[i].write(&writing);
    }
    write_fields(&writing);
    write_attributes(&writing);
    imh_json_key(json, "attributes");
    imh_json_raw(json, product);
    imh_json_close(json, '}');
    return imh_json_str(json);
}
