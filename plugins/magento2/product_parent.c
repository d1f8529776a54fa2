/* Which product a variant belongs to: product_parents(). Variants do not tell, so the map
 * is read from the configurable products. */
#include "product.h"

#include <stdlib.h>

enum { PAGE = 100, PAGES_MOST = 100 };

/* The configurable products that have one of the wanted variants, as they are read. */
struct search {
    imh_call *call;
    const imh_lookup *const *lookups;
    uint32_t count;
    imh_str *parents; /* entity id of the parent of each lookup, or empty */
    uint32_t open;    /* lookups without one */
};

static void take_parent(struct search *search, imh_str item)
{
    imh_call *call = search->call;
    const imh_item *links;
    uint32_t count = call->host->json_items(
        call, imh_at(call, item, "/extension_attributes/configurable_product_links"),
        &links);
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < search->count; j++) {
            if (imh_is_empty(search->parents[j]) &&
                strcmp(search->lookups[j]->path[0].ptr, links[i].value.ptr) == 0) {
                search->parents[j] = imh_at(call, item, "/id");
                search->open--;
            }
        }
    }
}

/* Pages of configurable products, until every variant has its parent. */
static imh_status read_map(struct search *search)
{
    imh_call *call = search->call;
    unsigned long total = PAGE;
    for (unsigned page = 1;
         search->open > 0 && page <= PAGES_MOST && (page - 1UL) * PAGE < total; page++) {
        struct criteria criteria = criteria_begin(call, "products");
        const imh_item *items;
        imh_str body;
        criteria_filter(&criteria, CRITERIA_AND, "type_id", "eq", imh_text("configurable"));
        criteria.url = imh_print(call,
                                 "%sfields=items%%5Bid%%2Cextension_attributes%%5B"
                                 "configurable_product_links%%5D%%5D%%2Ctotal_count&",
                                 criteria.url.ptr);
        imh_status status =
            shop_get(call, criteria_request(&criteria, "entity_id", PAGE, page), &body);
        if (status != IMH_OK) {
            return status;
        }
        uint32_t count = call->host->json_items(call, imh_at(call, body, "/items"), &items);
        for (uint32_t i = 0; i < count; i++) {
            take_parent(search, items[i].json);
        }
        total = strtoul(imh_at(call, body, "/total_count").ptr, NULL, 10);
    }
    return IMH_OK;
}

/* A reference is an answer, too: so each parent is asked for once, with all others. */
imh_status product_parents(struct shop *shop, imh_call *call,
                           const imh_lookup *const *lookups, uint32_t count)
{
    struct search search = {call, lookups, count,
                            call->host->alloc(call, count * sizeof(imh_str)), count};
    (void)shop;
    for (uint32_t i = 0; i < count; i++) {
        search.parents[i] = imh_text("");
    }
    imh_status status = read_map(&search);
    for (uint32_t i = 0; status == IMH_OK && i < count; i++) {
        if (imh_is_empty(search.parents[i])) {
            (void)imh_unanswered(call, lookups[i], IMH_MISSING);
        } else {
            (void)imh_answer(call, lookups[i],
                             imh_print(call, "{\"$ref\":[\"product_by_id\",\"%s\"]}",
                                       search.parents[i].ptr));
        }
    }
    return status;
}
