/* magento2 - a Magento 2 shop: its products, live. */
#include <imh/imh.h>

#include "products.h"
#include "shop.h"

static const imh_option options[] = {
    {.name = "url",
     .type = IMH_URL,
     .flags = IMH_REQUIRED,
     .help = "Address of the shop, as visitors know it"},
    {.name = "store_view",
     .fallback = "default",
     .help = "Code of the store view whose names, prices and pages are used"},
    {.name = "token",
     .flags = IMH_REQUIRED | IMH_SECRET,
     .help = "Access token of an integration (System > Extensions > Integrations)"},
};

static const imh_variable variables[] = {
    {.name = "product",
     .help =
         "A product by SKU, else by id: title, price, image, url and every field it has",
     .example = "{\"sku\":\"24-MB01\",\"title\":\"Joust Duffle Bag\",\"price\":35,"
                "\"image\":\"https://shop.example.com/media/catalog/product/2/4/mb01.png\","
                "\"url\":\"https://shop.example.com/joust-duffle-bag.html\"}",
     .type = IMH_OBJECT,
     .flags = IMH_KEYED,
     .ttl_s = 60},
};

static imh_status check(void *self, imh_call *call)
{
    const imh_reply *reply;
    struct shop_view view;
    (void)self;
    (void)call->host->http(call, shop_view_request(call), &reply);
    return shop_view_read(call, reply, &view);
}

static imh_status resolve_many(void *self, imh_call *call, const imh_lookup *const *lookups,
                               uint32_t count)
{
    (void)self;
    return products_resolve(call, lookups, count);
}

const imh_plugin imh_plugin_entry = {
    .abi = IMH_ABI,
    .name = "magento2",
    .version = "0.1.0",
    .vendor = "imh",
    .summary = "Magento 2 and Adobe Commerce shops",
    .flags = IMH_CONCURRENT,
    .parallel = 2,
    .options = IMH_LIST(options),
    .variables = IMH_LIST(variables),
    .check = check,
    .resolve_many = resolve_many,
};
