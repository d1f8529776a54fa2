#include "products.h"

#include <stdlib.h>

#include "product_json.h"
#include "shop.h"

enum {
    LIST_MOST = 100,       /* keys of one list call */
    LIST_URL_BYTES = 6000, /* and how long it may get: servers take 8 KB */
    PRODUCTS_A_KEY = 2     /* one with that SKU, another with that id */
};

/* A list call: the lookups from `first` to before `end`. */
struct list {
    uint32_t first, end;
};

/* ---- asking ---- */

/* A SKU that can stand in a list: `in` splits at commas and does not know blanks. */
static int is_plain(imh_str sku)
{
    return !memchr(sku.ptr, ',', sku.len) && !memchr(sku.ptr, ' ', sku.len);
}

static int is_number(imh_str key)
{
    for (size_t i = 0; i < key.len; i++) {
        if (key.ptr[i] < '0' || key.ptr[i] > '9') {
            return 0;
        }
    }
    return key.len > 0 && key.len < 10;
}

/* One of the filters of group 0, any of which lets a product through. */
static imh_str add_filter(imh_call *call, imh_str url, unsigned number, const char *field,
                          const char *condition, imh_str value)
{
    static const char group[] = "searchCriteria%5Bfilter_groups%5D%5B0%5D%5Bfilters%5D%5B";
    return imh_print(call,
                     "%s%s%u%%5D%%5Bfield%%5D=%s&%s%u%%5D%%5Bvalue%%5D=%s&%s%u%%5D"
                     "%%5Bcondition_type%%5D=%s&",
                     url.ptr, group, number, field, group, number, value.ptr, group, number,
                     condition);
}

static imh_str append(imh_call *call, imh_str list, imh_str item)
{
    return imh_is_empty(list) ? item : imh_print(call, "%s%%2C%s", list.ptr, item.ptr);
}

/* Products whose SKU is one of the keys, or whose entity id is one of those that are
 * numbers: one call for both. */
static const imh_request *list_request(imh_call *call, const imh_lookup *const *lookups,
                                       struct list list)
{
    imh_str skus = imh_text("");
    imh_str ids = imh_text("");
    imh_str url = imh_text("products?");
    unsigned filters = 0;
    for (uint32_t i = list.first; i < list.end; i++) {
        imh_str key = lookups[i]->path[0];
        imh_str value = call->host->urlencode(call, key);
        if (is_plain(key)) {
            skus = append(call, skus, value);
        } else {
            url = add_filter(call, url, filters++, "sku", "eq", value);
        }
        if (is_number(key)) {
            ids = append(call, ids, value);
        }
    }
    if (!imh_is_empty(skus)) {
        url = add_filter(call, url, filters++, "sku", "in", skus);
    }
    if (!imh_is_empty(ids)) {
        url = add_filter(call, url, filters++, "entity_id", "in", ids);
    }
    return shop_request(
        call, imh_print(call,
                        "%ssearchCriteria%%5BsortOrders%%5D%%5B0%%5D%%5Bfield%%5D="
                        "entity_id&searchCriteria%%5BsortOrders%%5D%%5B0%%5D"
                        "%%5Bdirection%%5D=ASC&searchCriteria%%5BpageSize%%5D=%u&"
                        "searchCriteria%%5BcurrentPage%%5D=1",
                        url.ptr, (list.end - list.first) * PRODUCTS_A_KEY));
}

/* What a key adds to the address: odd ones have a filter of their own. */
static size_t url_bytes(imh_str key)
{
    enum { FILTER_BYTES = 340, ENCODED = 3 };
    size_t bytes = key.len * ENCODED + ENCODED;
    return is_plain(key) ? bytes * (is_number(key) ? 2 : 1) : bytes + FILTER_BYTES;
}

/* Cuts lookups into lists of at most `most` keys that fit in an address. */
static uint32_t cut(const imh_lookup *const *lookups, struct list all, uint32_t most,
                    struct list *lists)
{
    uint32_t count = 0;
    size_t bytes = 0;
    for (uint32_t i = all.first; i < all.end; i++) {
        size_t key_bytes = url_bytes(lookups[i]->path[0]);
        if (count == 0 || i - lists[count - 1].first == most ||
            bytes + key_bytes > LIST_URL_BYTES) {
            lists[count++] = (struct list){i, i};
            bytes = 0;
        }
        lists[count - 1].end = i + 1;
        bytes += key_bytes;
    }
    return count;
}

/* ---- answering ---- */

/* A product of a reply: what it is found by, and all of it. */
struct product {
    imh_str sku, id, json;
};

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* As the shop compares SKUs: case does not matter. */
static int same_sku(imh_str a, imh_str b)
{
    if (a.len != b.len) {
        return 0;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i])) {
            return 0;
        }
    }
    return 1;
}

static int same(imh_str a, imh_str b)
{
    return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
}

static uint32_t read_products(imh_call *call, imh_str body, struct product **products)
{
    const imh_item *items;
    uint32_t count = call->host->json_items(call, imh_at(call, body, "/items"), &items);
    *products = call->host->alloc(call, (count + 1) * sizeof **products);
    for (uint32_t i = 0; i < count; i++) {
        (*products)[i] = (struct product){.sku = imh_at(call, items[i].json, "/sku"),
                                          .id = imh_at(call, items[i].json, "/id"),
                                          .json = items[i].json};
    }
    return count;
}

/* The product whose SKU is the key; only when there is none, the one with that id. */
static const struct product *find_product(const struct product *products, uint32_t count,
                                          imh_str key)
{
    const struct product *by_id = NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (same_sku(products[i].sku, key)) {
            return &products[i];
        }
        if (same(products[i].id, key)) {
            by_id = &products[i];
        }
    }
    return by_id;
}

static void answer_list(imh_call *call, const imh_lookup *const *lookups, struct list list,
                        imh_str body, const struct shop_view *view)
{
    struct product *products;
    uint32_t count = read_products(call, body, &products);
    for (uint32_t i = list.first; i < list.end; i++) {
        const struct product *product = find_product(products, count, lookups[i]->path[0]);
        if (product) {
            (void)imh_answer(call, lookups[i], product_json(call, product->json, view));
        } else {
            (void)imh_unanswered(call, lookups[i], IMH_MISSING);
        }
    }
}

static void fail_list(imh_call *call, const imh_lookup *const *lookups, struct list list,
                      imh_status status)
{
    for (uint32_t i = list.first; i < list.end; i++) {
        (void)imh_unanswered(call, lookups[i], status);
    }
}

/* ---- both ---- */

/* The largest page the shop allows, when that is what it complains of; else 0. */
static uint32_t page_limit(imh_call *call, imh_str body)
{
    imh_str most = imh_at(call, body, "/parameters/max");
    return is_number(most) ? (uint32_t)strtoul(most.ptr, NULL, 10) : 0;
}

static void resolve_list(imh_call *call, const imh_lookup *const *lookups, struct list list,
                         const imh_reply *reply, const struct shop_view *view);

/* A shop that allows only small pages gets more, smaller lists. */
static void resolve_smaller(imh_call *call, const imh_lookup *const *lookups,
                            struct list all, uint32_t most, const struct shop_view *view)
{
    struct list *lists = call->host->alloc(call, (all.end - all.first) * sizeof *lists);
    uint32_t count = cut(lookups, all, most, lists);
    for (uint32_t i = 0; i < count; i++) {
        const imh_reply *reply;
        (void)call->host->http(call, list_request(call, lookups, lists[i]), &reply);
        resolve_list(call, lookups, lists[i], reply, view);
    }
}

static void resolve_list(imh_call *call, const imh_lookup *const *lookups, struct list list,
                         const imh_reply *reply, const struct shop_view *view)
{
    imh_status status = shop_status(call, reply);
    uint32_t limit = status == IMH_REJECTED ? page_limit(call, reply->body) : 0;
    if (status == IMH_OK) {
        answer_list(call, lookups, list, reply->body, view);
    } else if (limit >= PRODUCTS_A_KEY &&
               limit < (list.end - list.first) * PRODUCTS_A_KEY) {
        resolve_smaller(call, lookups, list, limit / PRODUCTS_A_KEY, view);
    } else {
        fail_list(call, lookups, list, status);
    }
}

/* The store view and the first lists side by side: the view is only needed to answer. */
imh_status products_resolve(imh_call *call, const imh_lookup *const *lookups,
                            uint32_t count)
{
    struct list *lists = call->host->alloc(call, count * sizeof *lists);
    uint32_t list_count = cut(lookups, (struct list){0, count}, LIST_MOST, lists);
    const imh_request **requests =
        call->host->alloc(call, (list_count + 1) * sizeof *requests);
    const imh_reply **replies = call->host->alloc(call, (list_count + 1) * sizeof *replies);
    struct shop_view view;
    requests[0] = shop_view_request(call);
    for (uint32_t i = 0; i < list_count; i++) {
        requests[i + 1] = list_request(call, lookups, lists[i]);
    }
    (void)call->host->http_many(call, requests, list_count + 1, replies);
    imh_status status = shop_view_read(call, replies[0], &view);
    if (status != IMH_OK) {
        return status;
    }
    for (uint32_t i = 0; i < list_count; i++) {
        resolve_list(call, lookups, lists[i], replies[i + 1], &view);
    }
    return IMH_OK;
}
