/* Which product a variant belongs to: product_parents(). Variants do not tell, so the map
 * is read from the configurable products. */
#include "product.h"

#include <stdlib.h>

#include "object.h"
#include "pages.h"

enum { PAGE = 100, PRODUCTS_MOST = 10000 };

/* The configurable products that have one of the wanted variants, as they are read. */
struct search {
    imh_call *call;
    const imh_lookup *const *lookups;
    uint32_t count;
    unsigned long *parents; /* entity id of the parent of each lookup, or 0 */
    uint32_t open;          /* lookups without one */
};

static void take_link(struct search *search, imh_str variant, unsigned long parent)
{
    for (uint32_t i = 0; i < search->count; i++) {
        if (search->parents[i] == 0 &&
            strcmp(search->lookups[i]->path[0].ptr, variant.ptr) == 0) {
            search->parents[i] = parent;
            search->open--;
        }
    }
}

static int take_product(void *self, imh_str item)
{
    struct search *search = self;
    imh_call *call = search->call;
    const imh_item *links;
    imh_str id = imh_at(call, item, "/id");
    uint32_t count = call->host->json_items(
        call, imh_at(call, item, "/extension_attributes/configurable_product_links"),
        &links);
    for (uint32_t i = 0; criteria_is_number(id) && i < count; i++) {
        take_link(search, links[i].value, strtoul(id.ptr, NULL, 10));
    }
    return search->open > 0;
}

/* Pages of configurable products, until every variant has its parent. */
static imh_status read_map(struct search *search)
{
    imh_call *call = search->call;
    struct criteria criteria = criteria_begin(call, "products");
    criteria_filter(&criteria, CRITERIA_AND, "type_id", "eq", imh_text("configurable"));
    criteria.url = imh_print(call,
                             "%sfields=items%%5Bid%%2Cextension_attributes%%5B"
                             "configurable_product_links%%5D%%5D%%2Ctotal_count&",
                             criteria.url.ptr);
    struct pages pages = {
        .call = call, .criteria = criteria, .id = "entity_id", .size = PAGE, .number = 1};
    return pages_each(&pages, PRODUCTS_MOST, take_product, search);
}

/* A reference is an answer, too: so each parent is asked for once, with all others. */
imh_status product_parents(struct shop *shop, imh_call *call,
                           const imh_lookup *const *lookups, uint32_t count)
{
    size_t bytes = count * sizeof(unsigned long);
    struct search search = {call, lookups, count, call->host->alloc(call, bytes), count};
    (void)shop;
    memset(search.parents, 0, bytes);
    imh_status status = read_map(&search);
    for (uint32_t i = 0; i < count; i++) {
        if (search.parents[i] > 0) {
            object_answer(call, lookups[i],
                          imh_print(call, "{\"$ref\":[\"product_by_id\",\"%lu\"]}",
                                    search.parents[i]));
        } else {
            (void)imh_unanswered(call, lookups[i], status == IMH_OK ? IMH_MISSING : status);
        }
    }
    return IMH_OK;
}
