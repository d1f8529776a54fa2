/* magento2 - a Magento 2 shop, live: products, orders, customers, carts, categories. */
#include <imh/imh.h>

#include "check.h"
#include "events.h"
#include "kinds.h"
#include "product.h"
#include "shop.h"

static const imh_option options[] = {
    {.name = "url",
     .type = IMH_URL,
     .flags = IMH_REQUIRED,
     .help = "Address of the shop, as visitors know it"},
    {.name = "auth",
     .type = IMH_CHOICE,
     .choices = "bearer|oauth1",
     .fallback = "bearer",
     .help = "How requests prove who they are: bearer needs a setting of the shop since "
             "2.4.4, oauth1 works in every version"},
    {.name = "store_view",
     .fallback = "default",
     .help = "Code of the store view whose names, prices and pages are used"},
    {.name = "token",
     .flags = IMH_REQUIRED | IMH_SECRET,
     .help = "Access token of an integration (System > Extensions > Integrations)"},
    {.name = "consumer_key",
     .flags = IMH_REQUIRED,
     .when = "auth=oauth1",
     .help = "Consumer key of the integration"},
    {.name = "consumer_secret",
     .flags = IMH_REQUIRED | IMH_SECRET,
     .when = "auth=oauth1",
     .help = "Consumer secret of the integration"},
    {.name = "access_token_secret",
     .flags = IMH_REQUIRED | IMH_SECRET,
     .when = "auth=oauth1",
     .help = "Access token secret of the integration"},
    {.name = "abandoned_after",
     .type = IMH_SECONDS,
     .fallback = "1h",
     .min = 1,
     .max = 30 * 24 * 3600,
     .help = "How long nobody touches a cart before it is abandoned"},
};

/* The choice `oauth1`. What is signed changed in 2.4.8, and no shop tells its version. */
static const imh_auth auths[] = {
    {.name = "oauth1",
     .type = IMH_AUTH_OAUTH1_SHA256,
     .variant = IMH_OAUTH1_LAMINAS,
     .message = SHOP_BAD_SIGNATURE,
     .user = "consumer_key",
     .secret = "consumer_secret",
     .token = "token",
     .token_secret = "access_token_secret"},
};

/* ---- variables ---- */

enum { SECONDS = 60, MINUTES = 600 }; /* how long answers are good */

#define KEYED .type = IMH_OBJECT, .flags = IMH_KEYED, .ttl_s = SECONDS
#define LISTED .type = IMH_ARRAY, .ttl_s = SECONDS
#define PART .type = IMH_OBJECT, .flags = IMH_KEYED | IMH_PART
#define PART_LIST .type = IMH_ARRAY, .flags = IMH_PART, .ttl_s = SECONDS

enum {
    PRODUCT,
    PRODUCTS,
    ORDER,
    ORDERS,
    CUSTOMER,
    CUSTOMERS,
    CART,
    CARTS,
    CATEGORY,
    PERSON,
    STORE,
    PRODUCT_OF_SKU,
    PRODUCT_BY_ID,
    PRODUCT_PAGE,
    PRODUCT_STOCK,
    PRODUCT_PARENT,
    CUSTOMER_BY_ID,
    GROUP,
    CART_TOTAL,
    STORE_VIEW,
    OPTION,
    ATTRIBUTE_VALUE,
    ALL_ORDERS,
    ALL_CARTS,
    PERSON_NAME,
    PERSON_CARTS,
    CUSTOMER_VALUE,
    INVOICES,
    SHIPMENTS,
    REFUNDS,
    VARIABLE_COUNT
};

static const imh_variable variables[VARIABLE_COUNT] = {
    [PRODUCT] =
        {
            .name = "product",
            .help =
                "A product by SKU, else by id: title, price, image, url and every field",
            .example = "{\"sku\":\"24-MB01\",\"title\":\"Joust Duffle Bag\",\"price\":35,"
                       "\"image\":\"https://shop.example.com/media/catalog/product/"
                       "2/4/mb01.png\",\"url\":\"https://shop.example.com/bag.html\"}",
            KEYED,
        },
    [PRODUCTS] =
        {
            .name = "products",
            .help =
                "What guests see; filtered by the shop: id sku title price type category",
            LISTED,
        },
    [ORDER] =
        {
            .name = "order",
            .help = "An order by its number, else by id: items, total, customer, addresses",
            .example = "{\"number\":\"000000004\",\"status\":\"complete\",\"total\":87.59,"
                       "\"currency\":\"EUR\"}",
            KEYED,
        },
    [ORDERS] =
        {
            .name = "orders",
            .help = "Of the store view; filtered by the shop: number status customer_email",
            LISTED,
        },
    [CUSTOMER] =
        {
            .name = "customer",
            .help = "A customer by id or e-mail address: name, group, addresses, orders",
            .example = "{\"email\":\"jan@example.com\",\"name\":\"Jan de Vries\","
                       "\"subscribed\":true}",
            KEYED,
        },
    [CUSTOMERS] =
        {
            .name = "customers",
            .help = "Of the website; filtered by the shop: id email lastname group_id",
            LISTED,
        },
    [CART] =
        {
            .name = "cart",
            .help = "A cart by id: status, items, total, customer, the order it became",
            .example = "{\"id\":34,\"status\":\"open\",\"items\":[],\"total\":89.01}",
            KEYED,
        },
    [CARTS] =
        {
            .name = "carts",
            .help = "Of the store view; filtered by the shop: id is_active updated_at",
            LISTED,
        },
    [CATEGORY] =
        {
            .name = "category",
            .help = "A category by id: name, url, image, parent, children, products",
            .example = "{\"id\":5,\"name\":\"Men & Co\",\"url\":"
                       "\"https://shop.example.com/men-co.html\"}",
            KEYED,
        },
    [PERSON] =
        {
            .name = "person",
            .help = "Customer, orders and carts of one e-mail address, guests too",
            .example = "{\"email\":\"jan@example.com\",\"name\":\"Jan de Vries\"}",
            KEYED,
        },
    [STORE] =
        {
            .name = "store",
            .help = "The store view: name, code, locale, timezone, currency, url, website",
            .example = "{\"name\":\"Nederlands\",\"code\":\"nl\",\"currency\":\"EUR\"}",
            .type = IMH_OBJECT,
            .ttl_s = MINUTES,
        },
    [PRODUCT_OF_SKU] = {.name = "product_of_sku", PART, .ttl_s = SECONDS},
    [PRODUCT_BY_ID] = {.name = "product_by_id", PART, .ttl_s = SECONDS},
    [PRODUCT_PAGE] = {.name = "product_page", PART, .ttl_s = SECONDS},
    [PRODUCT_STOCK] = {.name = "product_stock", PART, .ttl_s = SECONDS},
    [PRODUCT_PARENT] = {.name = "product_parent", PART, .ttl_s = MINUTES},
    [CUSTOMER_BY_ID] = {.name = "customer_by_id", PART, .ttl_s = SECONDS},
    [GROUP] = {.name = "group", PART, .ttl_s = MINUTES},
    [CART_TOTAL] = {.name = "cart_total", PART, .ttl_s = SECONDS},
    [STORE_VIEW] = {.name = "store_view", PART, .ttl_s = MINUTES},
    [OPTION] = {.name = "option", PART, .ttl_s = MINUTES},
    [ATTRIBUTE_VALUE] = {.name = "attribute_value", PART, .ttl_s = MINUTES},
    [ALL_ORDERS] = {.name = "all_orders", PART_LIST},
    [ALL_CARTS] = {.name = "all_carts", PART_LIST},
    [PERSON_NAME] = {.name = "person_name", PART, .ttl_s = SECONDS},
    [PERSON_CARTS] = {.name = "person_carts", PART_LIST},
    [CUSTOMER_VALUE] = {.name = "customer_value", PART, .ttl_s = MINUTES},
    [INVOICES] = {.name = "invoices", PART_LIST},
    [SHIPMENTS] = {.name = "shipments", PART_LIST},
    [REFUNDS] = {.name = "refunds", PART_LIST},
};

/* How a variable is answered: a kind by key or as a list, or by a function of its own. */
struct source {
    imh_status (*resolve)(struct shop *shop, imh_call *call,
                          const imh_lookup *const *lookups, uint32_t count);
    const struct collection *keyed, *listed, *unscoped;
};

static const struct source sources[VARIABLE_COUNT] = {
    [PRODUCT] = {.keyed = &product_by_sku},
    [PRODUCTS] = {.listed = &product_by_sku},
    [ORDER] = {.keyed = &order_kind},
    [ORDERS] = {.listed = &order_kind},
    [CUSTOMER] = {.keyed = &customer_kind},
    [CUSTOMERS] = {.listed = &customer_kind},
    [CART] = {.keyed = &cart_kind},
    [CARTS] = {.listed = &cart_kind},
    [CATEGORY] = {.keyed = &category_kind},
    [PERSON] = {.resolve = persons},
    [STORE] = {.resolve = store_self},
    [PRODUCT_OF_SKU] = {.keyed = &product_of_sku},
    [PRODUCT_BY_ID] = {.keyed = &product_by_id},
    [PRODUCT_PAGE] = {.resolve = product_pages},
    [PRODUCT_STOCK] = {.resolve = product_stocks},
    [PRODUCT_PARENT] = {.resolve = product_parents},
    [CUSTOMER_BY_ID] = {.keyed = &customer_by_id},
    [GROUP] = {.keyed = &group_kind},
    [CART_TOTAL] = {.resolve = cart_totals},
    [STORE_VIEW] = {.resolve = store_views},
    [OPTION] = {.resolve = option_labels},
    [ATTRIBUTE_VALUE] = {.resolve = attribute_values},
    [ALL_ORDERS] = {.unscoped = &order_kind},
    [ALL_CARTS] = {.unscoped = &cart_kind},
    [PERSON_NAME] = {.resolve = person_names},
    [PERSON_CARTS] = {.resolve = person_carts},
    [CUSTOMER_VALUE] = {.resolve = customer_values},
    [INVOICES] = {.unscoped = &invoice_kind},
    [SHIPMENTS] = {.unscoped = &shipment_kind},
    [REFUNDS] = {.unscoped = &refund_kind},
};

static imh_status resolve_variable(const struct source *source, struct shop *shop,
                                   imh_call *call, const imh_lookup *const *lookups,
                                   uint32_t count)
{
    if (source->resolve) {
        return source->resolve(shop, call, lookups, count);
    }
    if (source->keyed) {
        return collection_resolve(shop, call, source->keyed, lookups, count);
    }
    return source->listed
               ? collection_list(shop, call, source->listed, 1, lookups, count)
               : collection_list(shop, call, source->unscoped, 0, lookups, count);
}

/* Lookups of one variable go together; what fails for one says nothing of another. */
static imh_status resolve_many(void *self, imh_call *call, const imh_lookup *const *lookups,
                               uint32_t count)
{
    const imh_lookup **some = call->host->alloc(call, count * sizeof *some);
    for (uint32_t variable = 0; variable < VARIABLE_COUNT; variable++) {
        uint32_t found = 0;
        for (uint32_t i = 0; i < count; i++) {
            if (lookups[i]->variable == variable) {
                some[found++] = lookups[i];
            }
        }
        imh_status status =
            found == 0 ? IMH_OK
                       : resolve_variable(&sources[variable], self, call, some, found);
        for (uint32_t i = 0; status != IMH_OK && i < found; i++) {
            (void)imh_unanswered(call, some[i], status);
        }
    }
    return IMH_OK;
}

/* ---- events ---- */

#define ORDER_EXAMPLE "{\"number\":\"000000004\",\"grand_total\":35,\"status\":\"pending\"}"

#define USER_EXAMPLE "{\"id\":3,\"email\":\"jan@example.com\",\"subscribed\":true}"

#define PRODUCT_EXAMPLE "{\"sku\":\"24-MB01\",\"name\":\"Joust Duffle Bag\"}"

#define CART_EXAMPLE \
    "{\"id\":34,\"status\":\"open\",\"items\":[{\"sku\":\"24-MB01\",\"qty\":1}]}"

static const imh_event_type event_types[EVENT_COUNT] = {
    [CART_IDENTIFIED] = {.name = "cart-identified",
                         .help = "A cart belongs to a customer now",
                         .example = CART_EXAMPLE},
    [CART_UPDATE] = {.name = "cart-update",
                     .help = "Something else is in a cart",
                     .example = CART_EXAMPLE},
    [CART_ABANDONED] = {.name = "cart-abandoned",
                        .help =
                            "Nobody has touched a cart for a while, its person is known",
                        .example = CART_EXAMPLE},
    [USER_REGISTER] = {.name = "user-register",
                       .help = "A customer has an account now",
                       .example = USER_EXAMPLE},
    [USER_UPDATE] = {.name = "user-update",
                     .help = "A customer's account has changed",
                     .example = USER_EXAMPLE},
    [USER_SUBSCRIBE] = {.name = "user-subscribe",
                        .help = "A customer wants the newsletter",
                        .flags = IMH_OPT_IN,
                        .example = USER_EXAMPLE},
    [USER_UNSUBSCRIBE] = {.name = "user-unsubscribe",
                          .help = "A customer wants the newsletter no more",
                          .flags = IMH_OPT_OUT,
                          .example = USER_EXAMPLE},
    [PRODUCT_UPDATE] = {.name = "product-update",
                        .help = "A product is new or has changed",
                        .example = PRODUCT_EXAMPLE},
    [PRODUCT_PRICE_DROP] =
        {.name = "product-price-drop",
         .help = "A product costs less than before, as the storefront shows it",
         .example = "{\"price_is\":25,\"price_was\":35,\"sku\":\"24-MB01\"}"},
    [PRODUCT_BACK_IN_STOCK] = {.name = "product-back-in-stock",
                               .help = "A product was sold out and is no more",
                               .example = PRODUCT_EXAMPLE},
    [ORDER_CREATE] = {.name = "order-create",
                      .help = "An order was placed",
                      .example = ORDER_EXAMPLE},
    [ORDER_PAID] = {.name = "order-paid",
                    .help = "All of an order is paid",
                    .example = ORDER_EXAMPLE},
    [ORDER_SHIPPED] = {.name = "order-shipped",
                       .help = "An order, or some of it, was shipped",
                       .example = ORDER_EXAMPLE},
    [ORDER_REFUNDED] = {.name = "order-refunded",
                        .help = "Money of an order was given back",
                        .example = ORDER_EXAMPLE},
    [ORDER_CANCELED] = {.name = "order-canceled",
                        .help = "An order was canceled",
                        .example = ORDER_EXAMPLE},
    [ORDER_STATUS_CHANGE] = {.name = "order-status-change",
                             .help = "An order has another status",
                             .example = ORDER_EXAMPLE},
};

static imh_status poll_customers(void *self, imh_call *call, const imh_span *span)
{
    return customer_events(self, call, span);
}

static imh_status poll_subscriptions(void *self, imh_call *call, const imh_span *span)
{
    return subscription_events(self, call, span);
}

static imh_status poll_orders(void *self, imh_call *call, const imh_span *span)
{
    return order_events(self, call, span);
}

static imh_status poll_carts(void *self, imh_call *call, const imh_span *span)
{
    return cart_events(self, call, span);
}

static imh_status poll_abandoned(void *self, imh_call *call, const imh_span *span)
{
    return abandoned_events(self, call, span);
}

static imh_status poll_products(void *self, imh_call *call, const imh_span *span)
{
    return product_events(self, call, span);
}

static imh_status poll_prices(void *self, imh_call *call, const imh_span *span)
{
    return price_events(self, call, span);
}

static imh_status poll_stock(void *self, imh_call *call, const imh_span *span)
{
    return stock_events(self, call, span);
}

static const imh_source event_sources[] = {
    {.name = "orders",
     .help = "Orders that are new or changed",
     .every_s = 60,
     .margin = IMH_MARGIN_OVERLAP,
     .poll = poll_orders},
    {.name = "customers",
     .help = "Customers that are new or changed",
     .every_s = 60,
     .margin = IMH_MARGIN_OVERLAP,
     .poll = poll_customers},
    {.name = "subscriptions",
     .help = "Newsletter flags of all customers",
     .every_s = 300,
     .margin = IMH_MARGIN_OVERLAP,
     .poll = poll_subscriptions},
    {.name = "carts",
     .help = "Carts that are new or changed",
     .every_s = 60,
     .margin = IMH_MARGIN_OVERLAP,
     .poll = poll_carts},
    {.name = "abandoned",
     .help = "Carts that nobody touches any more",
     .every_s = 60,
     .margin = IMH_MARGIN_OVERLAP,
     .poll = poll_abandoned},
    {.name = "products",
     .help = "Products that are new or changed",
     .every_s = 60,
     .margin = IMH_MARGIN_OVERLAP,
     .poll = poll_products},
    {.name = "prices",
     .help = "What all products cost in the storefront",
     .every_s = 3600,
     .margin = IMH_MARGIN_OVERLAP,
     .poll = poll_prices},
    {.name = "stock",
     .help = "Which products are there to be sold",
     .every_s = 600,
     .margin = IMH_MARGIN_OVERLAP,
     .poll = poll_stock},
};

/* ---- the plugin ---- */

static imh_status create(imh_call *call, void **self)
{
    imh_status status = shop_check_url(call);
    if (status != IMH_OK) {
        return status;
    }
    *self = shop_make();
    return *self ? IMH_OK : imh_fail(call, IMH_RETRY, "no memory for a shop");
}

static void destroy(void *self, imh_call *call)
{
    (void)call;
    shop_free(self);
}

static imh_status check(void *self, imh_call *call)
{
    (void)self;
    return check_shop(call);
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
    .auths = IMH_LIST(auths),
    .variables = IMH_LIST(variables),
    .event_types = IMH_LIST(event_types),
    .sources = IMH_LIST(event_sources),
    .create = create,
    .destroy = destroy,
    .check = check,
    .resolve_many = resolve_many,
};
