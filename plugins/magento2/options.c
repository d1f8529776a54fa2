/* What the numbers of options mean: option_labels() and attribute_values(). */
#include "kinds.h"
#include "object.h"

enum { ATTRIBUTES_MOST = 100 /* of one question */ };

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

/* The attributes that the keys name, as the store view calls them. */
static imh_status read_attributes(imh_call *call, const char *field, char sign,
                                  const imh_lookup *const *lookups, uint32_t count,
                                  imh_str *attributes)
{
    struct criteria criteria = criteria_begin(call, "products/attributes");
    imh_str names = imh_text("");
    imh_str body;
    for (uint32_t i = 0; i < count; i++) {
        imh_str name = before(call, lookups[i]->path[0], sign);
        if (criteria_is_plain(name) && !imh_is_empty(name)) {
            names = criteria_append(call, names, name);
        }
    }
    criteria_filter(&criteria, CRITERIA_AND, field, "in", names);
    imh_status status =
        shop_get(call, criteria_request(&criteria, NULL, ATTRIBUTES_MOST, 1), &body);
    *attributes = imh_at(call, body, "/items");
    return status;
}

/* ---- labels ---- */

/* "93/7": of attribute 93 the option 7; "93/" is the attribute's own label. */
static imh_str label_of(imh_call *call, imh_str attributes, imh_str key)
{
    imh_str option = behind(key, '/');
    imh_str attribute =
        shop_find(call, attributes, "/attribute_id", before(call, key, '/'));
    if (imh_is_empty(option)) {
        return imh_at(call, attribute, "/default_frontend_label");
    }
    return imh_at(call,
                  shop_find(call, imh_at(call, attribute, "/options"), "/value", option),
                  "/label");
}

imh_status option_labels(struct shop *shop, imh_call *call,
                         const imh_lookup *const *lookups, uint32_t count)
{
    imh_str attributes;
    imh_status status =
        read_attributes(call, "attribute_id", '/', lookups, count, &attributes);
    (void)shop;
    for (uint32_t i = 0; status == IMH_OK && i < count; i++) {
        imh_str label = label_of(call, attributes, lookups[i]->path[0]);
        if (imh_is_empty(label)) {
            (void)imh_unanswered(call, lookups[i], IMH_MISSING);
        } else {
            object_answer(call, lookups[i], call->host->json_quote(call, label));
        }
    }
    return status;
}

/* ---- values of custom attributes ---- */

static void write_option(imh_json *json, imh_str options, imh_str id)
{
    imh_call *call = json->call;
    imh_str label = imh_at(call, shop_find(call, options, "/value", id), "/label");
    imh_json_open(json, '{');
    imh_json_key(json, "$value");
    imh_json_text(json, imh_is_empty(label) ? id : label);
    imh_json_key(json, "id");
    imh_json_text(json, id);
    imh_json_close(json, '}');
}

/* "16,17": each with its label. It prints the labels, so it is an object of numbered
 * members. */
static void write_options(imh_json *json, imh_str options, imh_str ids)
{
    imh_call *call = json->call;
    imh_str labels = imh_text("");
    unsigned number = 0;
    imh_json_open(json, '{');
    for (const char *at = ids.ptr; *at;) {
        size_t len = strcspn(at, ",");
        imh_str id = imh_print(call, "%.*s", (int)len, at);
        imh_str label = imh_at(call, shop_find(call, options, "/value", id), "/label");
        label = imh_is_empty(label) ? id : label;
        labels = number == 0 ? label : imh_print(call, "%s, %s", labels.ptr, label.ptr);
        imh_json_name(json, imh_print(call, "%u", number++));
        write_option(json, options, id);
        at += len + (at[len] == ',');
    }
    imh_json_key(json, "$value");
    imh_json_text(json, labels);
    imh_json_close(json, '}');
}

/* By how the attribute is entered in the shop's admin. */
static imh_str value_json(imh_call *call, imh_str attribute, imh_str value)
{
    imh_json json = imh_json_begin(call);
    imh_str input = imh_at(call, attribute, "/frontend_input");
    imh_str options = imh_at(call, attribute, "/options");
    if (strcmp(input.ptr, "select") == 0) {
        write_option(&json, options, value);
    } else if (strcmp(input.ptr, "multiselect") == 0) {
        write_options(&json, options, value);
    } else if (strcmp(input.ptr, "boolean") == 0) {
        imh_json_raw(&json, imh_text(strcmp(value.ptr, "1") == 0 ? "true" : "false"));
    } else {
        imh_json_text(&json, value);
    }
    return imh_json_str(&json);
}

static void answer_values(imh_call *call, imh_str attributes,
                          const imh_lookup *const *lookups, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        imh_str key = lookups[i]->path[0];
        imh_str attribute =
            shop_find(call, attributes, "/attribute_code", before(call, key, '='));
        object_answer(call, lookups[i], value_json(call, attribute, behind(key, '=')));
    }
}

imh_status attribute_values(struct shop *shop, imh_call *call,
                            const imh_lookup *const *lookups, uint32_t count)
{
    imh_str attributes;
    imh_status status =
        read_attributes(call, "attribute_code", '=', lookups, count, &attributes);
    (void)shop;
    if (status == IMH_OK) {
        answer_values(call, attributes, lookups, count);
    }
    return status;
}

/* Of customers the shop tells all of them at once. */
imh_status customer_values(struct shop *shop, imh_call *call,
                           const imh_lookup *const *lookups, uint32_t count)
{
    const imh_reply *reply;
    (void)shop;
    (void)call->host->http(
        call, shop_request(call, imh_text("attributeMetadata/customer/custom")), &reply);
    imh_status status = shop_status(call, reply);
    if (status == IMH_OK) {
        answer_values(call, reply->body, lookups, count);
    }
    return status;
}
