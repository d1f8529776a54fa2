/* products - {$shop.product.KEY}: by SKU, else by entity id. */
#ifndef PLUGINS_MAGENTO2_PRODUCTS_H
#define PLUGINS_MAGENTO2_PRODUCTS_H

#include <imh/imh.h>

/* Answers all lookups with one list call per 100 keys. */
imh_status products_resolve(imh_call *call, const imh_lookup *const *lookups,
                            uint32_t count);

#endif
