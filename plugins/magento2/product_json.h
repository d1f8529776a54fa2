/* product_json - a product of the shop as the object model has it. Pure, but for memory. */
#ifndef PLUGINS_MAGENTO2_PRODUCT_JSON_H
#define PLUGINS_MAGENTO2_PRODUCT_JSON_H

#include "shop.h"

/* `product` is an item of a product list. What the model adds wins over the shop's own
 * field of that name, which wins over a custom attribute; `attributes` holds all of it
 * untouched. */
imh_str product_json(imh_call *call, imh_str product, const struct shop_view *view);

#endif
