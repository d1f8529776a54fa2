/* product - products: found by SKU or id, listed; their shown price and page, their parent.
 *
 * What a list of products does not tell is fetched when a template asks for it: the price
 * as the shop shows it and the page's address (products-render-info), the stock, and the
 * product that a variant belongs to.
 */
#ifndef PLUGINS_MAGENTO2_PRODUCT_H
#define PLUGINS_MAGENTO2_PRODUCT_H

#include "collection.h"
#include "money.h"
#include "object.h"

extern const struct collection product_by_sku; /* SKU first, then entity id */
extern const struct collection product_of_sku; /* SKU only: of lines */
extern const struct collection product_by_id;  /* entity id only: what references use */

void product_write(imh_json *json, imh_str item, const struct shop_view *view);

/* A guest finds a page of it: enabled, visible by itself, on the view's website. */
int product_is_shown(const struct object *object);

/* It can be bought, by itself or as a variant: enabled, on the view's website. */
int product_is_sold(const struct object *object);

/* The address of what the storefront shows of products, to be filtered; and of one of its
 * answers the price: of products that are several the lowest. */
struct criteria product_storefront(imh_call *call, const struct shop_view *view);
struct money_text product_shown_price(imh_call *call, imh_str item);

/* Tells an event. `what` makes its key: unique for each time it happens to the product.
 * `more`: members that go before its own. */
imh_status product_tell(imh_call *call, imh_str raw, const struct shop_view *view,
                        uint32_t type, imh_str what, imh_str more);

/* {"price": ..., "url": ...} by entity id, as the shop shows it to a guest. */
imh_status product_pages(struct shop *shop, imh_call *call,
                         const imh_lookup *const *lookups, uint32_t count);

/* {"$value": 88, "quantity": 88, "in_stock": true, "physical": 95} by SKU. */
imh_status product_stocks(struct shop *shop, imh_call *call,
                          const imh_lookup *const *lookups, uint32_t count);

/* The product whose variant has this entity id. */
imh_status product_parents(struct shop *shop, imh_call *call,
                           const imh_lookup *const *lookups, uint32_t count);

#endif
