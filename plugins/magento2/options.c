/* What the numbers of options mean: option_labels() and attribute_values(). */
#include <stdlib.h>

#include "kinds.h"
#include "object.h"
#include "pages.h"

enum {
    ATTRIBUTES_MOST = 100, /* of one question */
    LABEL_BYTES = 1000     /* longest label that is shown: shops keep 255 characters */
};

/* One of what an attribute may be. */
struct choice {
    imh_str value, label;
    uint32_t place;
};

/* An attribute of the shop; its choices are read when one is looked for. */
struct described {
    imh_str name, json, input;
    struct choice *choices; /* in the order of their values */
    uint32_t choice_count;
};

struct descriptions {
    imh_call *call;
    const char *name_at; /* place of what keys name it by */
    struct described *list;
    uint32_t count;
};

/* A key is "WHICH/VALUE" or "WHICH=VALUE"; its two sides. */
static imh_str before(imh_call *call, imh_str key, char sign)
{
    const char *at = strchr(key.ptr, sign);
    return imh_print(call, "%.*s", at ? (int)(at - key.ptr) : 0, key.ptr);
}

static imh_str behind(imh_str key, char sign)
{
    const char *at = strchr(key.ptr, sign);
    return imh_text(at ? at + 1 : "");
}

/* ---- attributes ---- */

static struct described *find_described(const struct descriptions *all, imh_str name)
{
    for (uint32_t i = 0; i < all->count; i++) {
        if (strcmp(all->list[i].name.ptr, name.ptr) == 0) {
            return &all->list[i];
        }
    }
    return NULL;
}

static void add_described(struct descriptions *all, imh_str items)
{
    imh_call *call = all->call;
    const imh_item *list;
    uint32_t count = call->host->json_items(call, items, &list);
    struct described *grown =
        call->host->alloc(call, ((size_t)all->count + count + 1) * sizeof *grown);
    if (all->count > 0) {
        memcpy(grown, all->list, all->count * sizeof *grown);
    }
    for (uint32_t i = 0; i < count; i++) {
        imh_str json = list[i].json;
        grown[all->count + i] =
            (struct described){.name = imh_at(call, json, all->name_at),
                               .json = json,
                               .input = imh_at(call, json, "/frontend_input")};
    }
    all->list = grown;
    all->count += count;
}

static imh_status ask(struct descriptions *all, const char *field, imh_str names)
{
    imh_call *call = all->call;
    struct criteria criteria = criteria_begin(call, "products/attributes");
    criteria_filter(&criteria, CRITERIA_AND, field, "in", names);
    struct pages pages = {.call = call,
                          .criteria = criteria,
                          .id = "attribute_id",
                          .size = ATTRIBUTES_MOST,
                          .number = 1};
    imh_status status = IMH_OK;
    unsigned long total = 1;
    while (status == IMH_OK && (pages.number - 1) * pages.size < total) {
        imh_str body;
        status = pages_read(&pages, &body);
        imh_str told = imh_at(call, body, "/total_count");
        total = criteria_is_number(told) ? strtoul(told.ptr, NULL, 10) : 0;
        total = total < ATTRIBUTES_MOST ? total : ATTRIBUTES_MOST;
        add_described(all, imh_at(call, body, "/items"));
        pages.number++;
    }
    return status;
}

/* The attributes that the keys name, as the store view calls them: as many at a time as one
 * question takes. */
static imh_status read_attributes(struct descriptions *all, const char *field, char sign,
                                  const imh_lookup *const *lookups, uint32_t count)
{
    imh_call *call = all->call;
    imh_status status = IMH_OK;
    for (uint32_t i = 0; status == IMH_OK && i < count;) {
        imh_str names = imh_text("");
        for (uint32_t some = 0; i < count && some < ATTRIBUTES_MOST; i++) {
            imh_str name = before(call, lookups[i]->path[0], sign);
            imh_str longer = criteria_append(call, names, name);
            if (longer.len > CRITERIA_URL_BYTES / 2 && !imh_is_empty(names)) {
                break;
            }
            if (longer.len > names.len && criteria_is_plain(name) &&
                !find_described(all, name)) {
                names = longer;
                some++;
            }
        }
        status = imh_is_empty(names) ? status : ask(all, field, names);
    }
    return status;
}

/* ---- choices ---- */

static int compare_choices(const void *a, const void *b)
{
    const struct choice *left = a;
    const struct choice *right = b;
    int order = strcmp(left->value.ptr, right->value.ptr);
    return order ? order : (left->place > right->place) - (left->place < right->place);
}

static void read_choices(imh_call *call, struct described *attribute)
{
    const imh_item *items;
    uint32_t count =
        call->host->json_items(call, imh_at(call, attribute->json, "/options"), &items);
    struct choice *choices = call->host->alloc(call, (count + 1) * sizeof *choices);
    for (uint32_t i = 0; i < count; i++) {
        choices[i] = (struct choice){imh_at(call, items[i].json, "/value"),
                                     imh_at(call, items[i].json, "/label"), i};
    }
    qsort(choices, count, sizeof *choices, compare_choices);
    attribute->choices = choices;
    attribute->choice_count = count;
}

/* The label of the first choice with that value; empty when there is none. */
static imh_str find_label(imh_call *call, struct described *attribute, imh_str value)
{
    if (!attribute->choices) {
        read_choices(call, attribute);
    }
    uint32_t first = 0;
    uint32_t end = attribute->choice_count;
    while (first < end) {
        uint32_t middle = first + (end - first) / 2;
        if (strcmp(attribute->choices[middle].value.ptr, value.ptr) < 0) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    const struct choice *found = &attribute->choices[first];
    return first < attribute->choice_count && strcmp(found->value.ptr, value.ptr) == 0 &&
                   found->label.len <= LABEL_BYTES
               ? found->label
               : imh_text("");
}

/* ---- labels ---- */

/* "93/7": of attribute 93 the option 7; "93/" is the attribute's own label. */
static imh_str label_of(const struct descriptions *all, imh_str key)
{
    imh_call *call = all->call;
    imh_str option = behind(key, '/');
    struct described *attribute = find_described(all, before(call, key, '/'));
    if (!attribute) {
        return imh_text("");
    }
    return imh_is_empty(option) ? imh_at(call, attribute->json, "/default_frontend_label")
                                : find_label(call, attribute, option);
}

imh_status option_labels(struct shop *shop, imh_call *call,
                         const imh_lookup *const *lookups, uint32_t count)
{
    struct descriptions all = {.call = call, .name_at = "/attribute_id"};
    imh_status status = read_attributes(&all, "attribute_id", '/', lookups, count);
    (void)shop;
    for (uint32_t i = 0; status == IMH_OK && i < count; i++) {
        imh_str label = label_of(&all, lookups[i]->path[0]);
        if (imh_is_empty(label)) {
            (void)imh_unanswered(call, lookups[i], IMH_MISSING);
        } else {
            object_answer(call, lookups[i], call->host->json_quote(call, label));
        }
    }
    return status;
}

/* ---- values of custom attributes ---- */

static imh_str shown(imh_call *call, struct described *attribute, imh_str id)
{
    imh_str label = find_label(call, attribute, id);
    return imh_is_empty(label) ? id : label;
}

static void write_option(imh_json *json, struct described *attribute, imh_str id)
{
    imh_json_open(json, '{');
    imh_json_key(json, "$value");
    imh_json_text(json, shown(json->call, attribute, id));
    imh_json_key(json, "id");
    imh_json_text(json, id);
    imh_json_close(json, '}');
}

/* "16,17": each with its label. It prints the labels, so it is an object of numbered
 * members. */
static void write_options(imh_json *json, struct described *attribute, imh_str ids)
{
    imh_call *call = json->call;
    imh_json labels = imh_json_begin(call); /* plain text, piece by piece */
    unsigned number = 0;
    imh_json_open(json, '{');
    for (const char *at = ids.ptr; *at;) {
        size_t len = strcspn(at, ",");
        imh_str id = imh_print(call, "%.*s", (int)len, at);
        imh_str label = shown(call, attribute, id);
        imh_json_add(&labels, ", ", number == 0 ? 0 : 2);
        imh_json_add(&labels, label.ptr, label.len);
        imh_json_name(json, imh_print(call, "%u", number++));
        write_option(json, attribute, id);
        at += len + (at[len] == ',');
    }
    imh_json_key(json, "$value");
    imh_json_text(json, imh_json_str(&labels));
    imh_json_close(json, '}');
}

/* By how the attribute is entered in the shop's admin. */
static imh_str value_json(imh_call *call, struct described *attribute, imh_str value)
{
    imh_json json = imh_json_begin(call);
    const char *input = attribute ? attribute->input.ptr : "";
    if (strcmp(input, "select") == 0) {
        write_option(&json, attribute, value);
    } else if (strcmp(input, "multiselect") == 0) {
        write_options(&json, attribute, value);
    } else if (strcmp(input, "boolean") == 0) {
        object_flag(&json, value);
    } else {
        imh_json_text(&json, value);
    }
    return imh_json_str(&json);
}

static void answer_values(const struct descriptions *all, const imh_lookup *const *lookups,
                          uint32_t count)
{
    imh_call *call = all->call;
    for (uint32_t i = 0; i < count; i++) {
        imh_str key = lookups[i]->path[0];
        struct described *attribute = find_described(all, before(call, key, '='));
        object_answer(call, lookups[i], value_json(call, attribute, behind(key, '=')));
    }
}

imh_status attribute_values(struct shop *shop, imh_call *call,
                            const imh_lookup *const *lookups, uint32_t count)
{
    struct descriptions all = {.call = call, .name_at = "/attribute_code"};
    imh_status status = read_attributes(&all, "attribute_code", '=', lookups, count);
    (void)shop;
    if (status == IMH_OK) {
        answer_values(&all, lookups, count);
    }
    return status;
}

/* Of customers the shop tells all of them at once. */
imh_status customer_values(struct shop *shop, imh_call *call,
                           const imh_lookup *const *lookups, uint32_t count)
{
    struct descriptions all = {.call = call, .name_at = "/attribute_code"};
    const imh_reply *reply;
    (void)shop;
    (void)call->host->http(
        call, shop_request(call, imh_text("attributeMetadata/customer/custom")), &reply);
    imh_status status = shop_status(call, reply);
    if (status == IMH_OK) {
        add_described(&all, reply->body);
        answer_values(&all, lookups, count);
    }
    return status;
}
