#include "product.h"

#include <stdlib.h>

#include "money.h"
#include "object.h"

/* ---- what it is ---- */

static void write_title(struct object *object)
{
    imh_json_text(object->json, object_field(object, "name"));
}

static void write_type(struct object *object)
{
    imh_json_text(object->json, object_field(object, "type_id"));
}

static int is(const struct object *object, const char *name, const char *value)
{
    return strcmp(object_field(object, name).ptr, value) == 0;
}

/* A guest can open its page: enabled, and visible by itself. */
static int has_page(const struct object *object)
{
    return is(object, "status", "1") && !is(object, "visibility", "1");
}

/* A shop that does not tell the websites is believed. */
static int is_on_website(const struct object *object)
{
    static const char place[] = "/extension_attributes/website_ids";
    imh_call *call = object->call;
    imh_str ids = object_at(object, place);
    const imh_item *items;
    uint32_t count = call->host->json_items(call, ids, &items);
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(items[i].value.ptr, object->view->website_id.ptr) == 0) {
            return 1;
        }
    }
    return imh_is_empty(ids);
}

int product_is_shown(const struct object *object)
{
    return has_page(object) && is_on_website(object);
}

int product_is_sold(const struct object *object)
{
    return is(object, "status", "1") && is_on_website(object);
}

/* A variant is shown by the product it belongs to. */
static int is_variant(const struct object *object)
{
    return is(object, "visibility", "1") &&
           (is(object, "type_id", "simple") || is(object, "type_id", "virtual"));
}

/* {"$ref": [variable, id, member]}. */
static void write_part(struct object *object, const char *variable, const char *member)
{
    imh_json *json = object->json;
    imh_json_open(json, '{');
    imh_json_key(json, "$ref");
    imh_json_open(json, '[');
    imh_json_text(json, imh_text(variable));
    imh_json_text(json, object_field(object, "id"));
    imh_json_text(json, imh_text(member));
    imh_json_close(json, ']');
    imh_json_close(json, '}');
}

static void write_price(struct object *object)
{
    write_part(object, "product_page", "price");
}

static void write_url(struct object *object)
{
    if (has_page(object)) {
        write_part(object, "product_page", "url");
    } else if (is_variant(object)) {
        write_part(object, "product_parent", "url");
    } else {
        imh_json_text(object->json, imh_text(""));
    }
}

/* ---- pictures ---- */

/* A file's path encoded, the slashes kept. */
static imh_str picture_url(struct object *object, imh_str file)
{
    static const char folder[] = "catalog/product", slash[] = "%2F";
    imh_call *call = object->call;
    imh_str base = object->view->media_url;
    imh_str path = call->host->urlencode(call, file);
    char *url = call->host->alloc(call, base.len + sizeof folder + path.len);
    char *end = url;
    memcpy(end, base.ptr, base.len);
    end += base.len;
    memcpy(end, folder, sizeof folder - 1);
    end += sizeof folder - 1;
    for (const char *at = path.ptr; *at; end++) {
        int is_slash = strncmp(at, slash, sizeof slash - 1) == 0;
        *end = is_slash ? '/' : *at;
        at += is_slash ? sizeof slash - 1 : 1;
    }
    *end = '\0';
    return (imh_str){url, (size_t)(end - url)};
}

static int is_picture(imh_str file)
{
    return file.len > 1 && file.ptr[0] == '/';
}

/* The pictures that are switched on. */
static uint32_t read_pictures(const struct object *object, imh_str **files)
{
    imh_call *call = object->call;
    const imh_item *entries;
    uint32_t count = call->host->json_items(
        call, object_field(object, "media_gallery_entries"), &entries);
    uint32_t kept = 0;
    *files = call->host->alloc(call, (count + 1) * sizeof **files);
    for (uint32_t i = 0; i < count; i++) {
        imh_str file = imh_at(call, entries[i].json, "/file");
        imh_str off = imh_at(call, entries[i].json, "/disabled");
        if (is_picture(file) && strcmp(off.ptr, "true") != 0) {
            (*files)[kept++] = file;
        }
    }
    return kept;
}

/* The role's picture, else the first, else that of the product it is a variant of; never a
 * placeholder. "no_selection" is none. */
static void write_picture(struct object *object, const char *role)
{
    imh_str *files;
    imh_str file = object_attribute(object, role);
    if (!is_picture(file) && read_pictures(object, &files) > 0) {
        file = files[0];
    }
    if (is_picture(file)) {
        imh_json_text(object->json, picture_url(object, file));
    } else if (is_variant(object)) {
        write_part(object, "product_parent", role);
    } else {
        imh_json_text(object->json, imh_text(""));
    }
}

/* The day, "2026-11-21"; of the time behind it shops make nothing. */
static void write_day(struct object *object, const char *code)
{
    enum { DAY_BYTES = 10 };
    imh_str day = object_attribute(object, code);
    day.len = day.len < DAY_BYTES ? day.len : DAY_BYTES;
    imh_json_text(object->json, day);
}

static void write_special_from(struct object *object)
{
    write_day(object, "special_from_date");
}

static void write_special_to(struct object *object)
{
    write_day(object, "special_to_date");
}

static void write_image(struct object *object)
{
    write_picture(object, "image");
}

static void write_small_image(struct object *object)
{
    write_picture(object, "small_image");
}

static void write_thumbnail(struct object *object)
{
    write_picture(object, "thumbnail");
}

static void write_images(struct object *object)
{
    imh_str *files;
    uint32_t count = read_pictures(object, &files);
    if (count == 0 && is_variant(object)) {
        write_part(object, "product_parent", "images");
        return;
    }
    imh_json_open(object->json, '[');
    for (uint32_t i = 0; i < count; i++) {
        imh_json_text(object->json, picture_url(object, files[i]));
    }
    imh_json_close(object->json, ']');
}

/* ---- what it belongs to ---- */

static void write_stock(struct object *object)
{
    object_ref(object->json, "product_stock", object_field(object, "sku"));
}

static void write_parent(struct object *object)
{
    if (is_variant(object)) {
        object_ref(object->json, "product_parent", object_field(object, "id"));
    } else {
        imh_json_raw(object->json, imh_text("null"));
    }
}

static void write_children(struct object *object)
{
    const imh_item *links;
    uint32_t count = object->call->host->json_items(
        object->call, object_at(object, "/extension_attributes/configurable_product_links"),
        &links);
    imh_json_open(object->json, '[');
    for (uint32_t i = 0; i < count; i++) {
        object_ref(object->json, "product_by_id", links[i].value);
    }
    imh_json_close(object->json, ']');
}

static void write_categories(struct object *object)
{
    imh_call *call = object->call;
    const imh_item *links;
    uint32_t count = call->host->json_items(
        call, object_at(object, "/extension_attributes/category_links"), &links);
    imh_json_open(object->json, '[');
    for (uint32_t i = 0; i < count; i++) {
        object_ref(object->json, "category", imh_at(call, links[i].json, "/category_id"));
    }
    imh_json_close(object->json, ']');
}

/* Of a configurable product: what can be chosen. */
static void write_option_values(struct object *object, imh_str option)
{
    imh_call *call = object->call;
    imh_str attribute = imh_at(call, option, "/attribute_id");
    const imh_item *values;
    uint32_t count = call->host->json_items(call, imh_at(call, option, "/values"), &values);
    imh_json_open(object->json, '[');
    for (uint32_t i = 0; i < count; i++) {
        imh_str index = imh_at(call, values[i].json, "/value_index");
        imh_json_open(object->json, '{');
        imh_json_key(object->json, "id");
        imh_json_text(object->json, index);
        imh_json_key(object->json, "label");
        object_ref(object->json, "option",
                   imh_print(call, "%s/%s", attribute.ptr, index.ptr));
        imh_json_close(object->json, '}');
    }
    imh_json_close(object->json, ']');
}

static void write_options(struct object *object)
{
    imh_call *call = object->call;
    imh_json *json = object->json;
    const imh_item *options;
    uint32_t count = call->host->json_items(
        call, object_at(object, "/extension_attributes/configurable_product_options"),
        &options);
    imh_json_open(json, '[');
    for (uint32_t i = 0; i < count; i++) {
        imh_json_open(json, '{');
        imh_json_key(json, "label");
        imh_json_text(json, imh_at(call, options[i].json, "/label"));
        imh_json_key(json, "values");
        write_option_values(object, options[i].json);
        imh_json_close(json, '}');
    }
    imh_json_close(json, ']');
}

/* ---- the kind ---- */

static const struct special specials[] = {
    {"title", write_title},
    {"type", write_type},
    {"special_from", write_special_from},
    {"special_to", write_special_to},
    {"price", write_price},
    {"url", write_url},
    {"image", write_image},
    {"small_image", write_small_image},
    {"thumbnail", write_thumbnail},
    {"images", write_images},
    {"stock", write_stock},
    {"parent", write_parent},
    {"children", write_children},
    {"categories", write_categories},
    {"options", write_options},
    {"created_at", object_created},
    {"updated_at", object_updated},
};

void product_write(imh_json *json, imh_str item, const struct shop_view *view)
{
    object_write_labelled(json, item, OBJECT_SPECIALS(specials), view, "attribute_value");
}

/* What the store view shows to a guest. */
static void scope(struct criteria *criteria, const struct shop_view *view)
{
    criteria_filter(criteria, CRITERIA_AND, "status", "eq", imh_text("1"));
    criteria_filter(criteria, CRITERIA_AND, "visibility", "in", imh_text("2,3,4"));
    criteria_filter(criteria, CRITERIA_AND, "website_id", "eq", view->website_id);
}

/* ---- what lists are asked by ---- */

/* The shop filters by the price in its catalogue: without variants and special prices. */
static int price_differs(imh_call *call, const struct column *column, imh_str item,
                         imh_str value)
{
    struct object product = object_read(call, item);
    imh_str type = object_at(&product, "/type_id");
    (void)column;
    (void)value;
    return (strcmp(type.ptr, "simple") != 0 && strcmp(type.ptr, "virtual") != 0 &&
            strcmp(type.ptr, "downloadable") != 0) ||
           !imh_is_empty(object_attribute(&product, "special_price")) ||
           !imh_is_empty(object_at(&product, "/tier_prices/0"));
}

/* Lets everything through: products without a value of an attribute are lost by any
 * condition of it, even where another one of the group would do, unless the first condition
 * of all is that there is none. */
static void keep_unpriced(struct criteria *criteria)
{
    imh_str any = imh_text("1");
    criteria_filter(criteria, CRITERIA_AND, "special_price", "null", any);
    criteria_filter(criteria, CRITERIA_OR, "special_price", "notnull", any);
    criteria_filter(criteria, CRITERIA_OR, "price", "null", any);
}

/* What has its price, a special one, or one of its own from what it is made of. */
static void add_price(struct criteria *criteria, const char *word, imh_str bound)
{
    criteria_filter(criteria, CRITERIA_AND, "price", word, bound);
    criteria_filter(criteria, CRITERIA_OR, "special_price", word, bound);
    criteria_filter(criteria, CRITERIA_OR, "type_id", "in",
                    imh_text("configurable,grouped,bundle"));
}

/* Templates see a price of whole cents, the shop may keep more of it: from half a cent
 * below the least that is meant, to half a cent above the greatest. */
static int ask_price(struct criteria *criteria, const struct column *column,
                     const struct asked *asked)
{
    const char *relation = asked->relation.ptr;
    struct money_text below = money_half_below(asked->value);
    struct money_text above = money_half_above(asked->value);
    int is_lower = relation[0] == '<';
    int is_equal = relation[0] == '=';
    int with_it = relation[0] != '\0' && relation[1] == '=';
    (void)column;
    if (!condition_word(asked->relation) || asked->type != IMH_JSON_STRING ||
        !condition_is_decimal(asked->value) || below.text[0] == '\0' ||
        strcmp(asked->view->currency.ptr, asked->view->base_currency.ptr) != 0) {
        return 0;
    }
    keep_unpriced(criteria);
    if (is_lower || is_equal) {
        add_price(criteria, "lt", imh_text(with_it ? above.text : below.text));
    }
    if (!is_lower) {
        add_price(criteria, "gteq", imh_text(with_it ? below.text : above.text));
    }
    return 1;
}

/* By number, of what is in it itself. */
static int ask_category(struct criteria *criteria, const struct column *column,
                        const struct asked *asked)
{
    return criteria_is_number(asked->value) && condition_own(criteria, column, asked);
}

static const struct column columns[] = {
    {.name = "id", .field = "entity_id", .ask = condition_number, .sorts = 1},
    {.name = "sku",
     .field = "sku",
     .ask = condition_text,
     .sorts = 1,
     .doubts = condition_differs,
     .at = "/sku"},
    {.name = "name",
     .field = "name",
     .ask = condition_text,
     .sorts = 1,
     .doubts = condition_differs,
     .at = "/name"},
    {.name = "title",
     .field = "name",
     .ask = condition_text,
     .sorts = 1,
     .doubts = condition_differs,
     .at = "/name"},
    {.name = "price",
     .field = "price",
     .ask = ask_price,
     .sorts = 1,
     .doubts = price_differs},
    {.name = "type", .field = "type_id", .ask = condition_code},
    {.name = "created_at", .field = "created_at", .ask = condition_moment, .sorts = 1},
    {.name = "updated_at", .field = "updated_at", .ask = condition_moment, .sorts = 1},
    {.name = "category", .field = "category_id", .ask = ask_category, .told = 1},
};

const struct collection product_by_sku = {.path = "products",
                                          .key = "sku",
                                          .key_at = "/sku",
                                          .id = "entity_id",
                                          .id_at = "/id",
                                          .write = product_write,
                                          .scope = scope,
                                          COLLECTION_COLUMNS(columns)};

const struct collection product_of_sku = {.path = "products",
                                          .key = "sku",
                                          .key_at = "/sku",
                                          .key_only = 1,
                                          .id = "entity_id",
                                          .id_at = "/id",
                                          .write = product_write};

const struct collection product_by_id = {
    .path = "products", .id = "entity_id", .id_at = "/id", .write = product_write};
