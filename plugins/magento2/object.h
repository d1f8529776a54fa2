/* object - a thing of the shop, written as the object model has it.
 *
 * What the model adds (specials) wins over the shop's own field of that name, which wins
 * over a custom attribute; `attributes` holds all of it untouched. Pure, but for memory of
 * the call.
 */
#ifndef PLUGINS_MAGENTO2_OBJECT_H
#define PLUGINS_MAGENTO2_OBJECT_H

#include <imh/json.h>

#include "shop.h"

enum {
    OBJECT_COPIES = 4,  /* its fields, lifted attributes, all of it untouched; specials */
    OBJECT_BYTES = 2048 /* of those, most of the time */
};

/* A custom attribute. */
struct attribute {
    imh_str code;
    const imh_item *value;
};

/* A thing being written. */
struct object {
    imh_call *call;
    imh_json *json;
    imh_str raw; /* an item of a list, or a part of one */
    const struct shop_view *view;
    const void *more;       /* what its specials need beside */
    const char *labels;     /* variable that tells what a custom attribute's numbers mean */
    const imh_item *fields; /* the shop's own */
    const struct attribute *attributes;
    uint32_t field_count, attribute_count;
};

struct special {
    const char *name;
    void (*write)(struct object *object); /* its value */
};

/* A table of specials as an argument: OBJECT_SPECIALS(array). */
#define OBJECT_SPECIALS(array) (array), sizeof(array) / sizeof *(array)

/* Writes the whole object as the next value of `json`. */
void object_write(imh_json *json, imh_str raw, const struct special *specials, size_t count,
                  const struct shop_view *view, const void *more);

/* Numbers in custom attributes may stand for options: then they are references to the
 * variable `labels`, with the key "color=16". */
void object_write_labelled(imh_json *json, imh_str raw, const struct special *specials,
                           size_t count, const struct shop_view *view, const char *labels);

/* Answers the lookup; what cannot be an answer, as it is too large, is a failure of that
 * lookup. */
void object_answer(imh_call *call, const imh_lookup *lookup, imh_str json);

/* ---- reading, for specials ---- */

/* What the shop says of a thing that is not written. */
struct object object_read(imh_call *call, imh_str raw);

/* The shop's own field; NULL when it has none. */
const imh_item *object_find(const struct object *object, const char *name);

/* Its value, a string decoded; empty when it has none. */
imh_str object_field(const struct object *object, const char *name);

/* The value of a custom attribute, of several the last; empty when it has none. */
imh_str object_attribute(const struct object *object, const char *code);

/* At a JSON pointer below the object; empty when there is none. */
imh_str object_at(const struct object *object, const char *pointer);

/* ---- writing, for specials ---- */

/* The number that a text is, with all its digits; nothing (null) for any other text. */
void object_decimal(imh_json *json, imh_str text);

/* Whether a text is true, as the shop writes that: true, 1. */
void object_flag(imh_json *json, imh_str text);

/* A number of the shop as it is; nothing when the field has none. */
void object_number(struct object *object, const char *name);

/* {"$value": 35, "value": 35, "currency": "EUR"}; nothing when `value` is no number. */
void object_money(imh_json *json, imh_str value, imh_str currency);

/* A time of the shop, which is UTC; nothing when the field has none, or is all zeros. */
void object_time(struct object *object, const char *name);
void object_created(struct object *object);
void object_updated(struct object *object);

/* {"$ref": [variable, key]}; nothing when the key is empty. */
void object_ref(imh_json *json, const char *variable, imh_str key);

/* {"$ref": [list], "$filter": [[field, "==", value]]}; an empty list when it is empty. */
void object_list(imh_json *json, const char *list, const char *field, imh_str value);

/* JSON of the shop in which nothing is interpreted; nothing when it is empty. */
void object_remote(imh_json *json, imh_str value);

#endif
