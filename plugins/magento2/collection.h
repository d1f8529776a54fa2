/* collection - a kind of thing of the shop: found by keys many at a time, or listed.
 *
 * One row says all there is to know of a kind; the same code asks for every kind. Keys are
 * looked for in lists of 100, a list is a page of one, and what the shop can filter and
 * sort by is done by the shop.
 */
#ifndef PLUGINS_MAGENTO2_COLLECTION_H
#define PLUGINS_MAGENTO2_COLLECTION_H

#include <imh/json.h>

#include "condition.h"

struct collection {
    const char *path;         /* "orders" */
    const char *key, *key_at; /* filter and place of the key that people know, or NULL */
    const char *id, *id_at;   /* filter and place of the entity id */
    int exact;    /* keys are what they are: "00001"; else as the shop compares */
    int key_only; /* what has no such key is not looked for by its id */
    /* Keys that several may have, one of each website or store view: the place where a
     * thing says which, and what is ours. `home` is the filter when only ours are wanted,
     * else ours only come first. NULL: keys are of one. */
    const char *home_at, *home;
    imh_str (*ours)(const struct shop_view *view);
    void (*write)(imh_json *json, imh_str item, const struct shop_view *view);
    void (*scope)(struct criteria *criteria, const struct shop_view *view); /* of lists */
    const struct column *columns;
    unsigned column_count;
};

/* COLLECTION_COLUMNS(array) as the two members. */
#define COLLECTION_COLUMNS(array) \
    .columns = (array), .column_count = sizeof(array) / sizeof *(array)

/* Answers each lookup by its key. */
imh_status collection_resolve(struct shop *shop, imh_call *call,
                              const struct collection *collection,
                              const imh_lookup *const *lookups, uint32_t count);

/* Answers each lookup, which is a list, with the part of it that is asked for. `scoped`:
 * only what belongs to the integration's store view. */
imh_status collection_list(struct shop *shop, imh_call *call,
                           const struct collection *collection, int scoped,
                           const imh_lookup *const *lookups, uint32_t count);

#endif
