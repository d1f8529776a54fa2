/* Which product a variant belongs to: product_parents(). Variants do not tell, so the map
 * is read from the configurable products. */
#include "product.h"

#include <stdlib.h>

#include "object.h"
#include "pages.h"

enum { PAGE = 100, PRODUCTS_MOST = 10000 };

/* A variant that a parent is wanted of: entity ids, 0: none. Of several parents the first
 * that has a page. */
struct variant {
    unsigned long id, parent;
    uint32_t number; /* of the lookup */
    int has_page;
};

/* The configurable products that have one of the wanted variants, as they are read. */
struct search {
    imh_call *call;
    const struct shop_view *view;
    struct variant *variants; /* in the order of their ids */
    uint32_t count;
    uint32_t open; /* variants without a parent that has a page */
};

static int compare_variants(const void *a, const void *b)
{
    const struct variant *left = a;
    const struct variant *right = b;
    return (left->id > right->id) - (left->id < right->id);
}

/* The first of those with that id, or where it would be. */
static uint32_t find_variant(const struct search *search, unsigned long id)
{
    uint32_t first = 0;
    uint32_t end = search->count;
    while (first < end) {
        uint32_t middle = first + (end - first) / 2;
        if (search->variants[middle].id < id) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    return first;
}

static void take_link(struct search *search, unsigned long id, unsigned long parent,
                      int has_page)
{
    for (uint32_t i = find_variant(search, id);
         i < search->count && search->variants[i].id == id; i++) {
        struct variant *variant = &search->variants[i];
        if (variant->parent == 0 || (has_page && !variant->has_page)) {
            variant->parent = parent;
            variant->has_page = has_page;
            search->open -= (uint32_t)has_page;
        }
    }
}

static unsigned long number_of(imh_str text)
{
    return criteria_is_number(text) ? strtoul(text.ptr, NULL, 10) : 0;
}

static int take_product(void *self, imh_str item)
{
    struct search *search = self;
    imh_call *call = search->call;
    struct object product = object_read(call, item);
    const imh_item *links;
    unsigned long parent = number_of(object_field(&product, "id"));
    product.view = search->view;
    int has_page = product_is_shown(&product);
    uint32_t count = call->host->json_items(
        call, object_at(&product, "/extension_attributes/configurable_product_links"),
        &links);
    for (uint32_t i = 0; parent > 0 && i < count; i++) {
        take_link(search, number_of(links[i].value), parent, has_page);
    }
    return search->open > 0;
}

/* Pages of configurable products, until every variant has its parent. */
static imh_status read_map(struct search *search)
{
    imh_call *call = search->call;
    struct criteria criteria = criteria_begin(call, "products");
    criteria_filter(&criteria, CRITERIA_AND, "type_id", "eq", imh_text("configurable"));
    criteria.url =
        imh_print(call,
                  "%sfields=items%%5Bid%%2Cstatus%%2Cvisibility%%2Cextension_attributes"
                  "%%5Bwebsite_ids%%2Cconfigurable_product_links%%5D%%5D%%2Ctotal_count&",
                  criteria.url.ptr);
    struct pages pages = {
        .call = call, .criteria = criteria, .id = "entity_id", .size = PAGE, .number = 1};
    return pages_each(&pages, PRODUCTS_MOST, take_product, search);
}

/* A reference is an answer, too: so each parent is asked for once, with all others. */
imh_status product_parents(struct shop *shop, imh_call *call,
                           const imh_lookup *const *lookups, uint32_t count)
{
    struct shop_view view;
    struct search search = {
        .call = call,
        .view = &view,
        .variants = call->host->alloc(call, (count + 1) * sizeof(struct variant)),
        .count = count,
        .open = count};
    for (uint32_t i = 0; i < count; i++) {
        search.variants[i] =
            (struct variant){.id = number_of(lookups[i]->path[0]), .number = i};
    }
    qsort(search.variants, count, sizeof *search.variants, compare_variants);
    imh_status status = shop_view(shop, call, &view);
    status = status == IMH_OK ? read_map(&search) : status;
    for (uint32_t i = 0; i < count; i++) {
        const struct variant *variant = &search.variants[i];
        if (variant->parent > 0) {
            object_answer(
                call, lookups[variant->number],
                imh_print(call, "{\"$ref\":[\"product_by_id\",\"%lu\"]}", variant->parent));
        } else {
            (void)imh_unanswered(call, lookups[variant->number],
                                 status == IMH_OK ? IMH_MISSING : status);
        }
    }
    return IMH_OK;
}
