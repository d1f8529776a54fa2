/* events - what happens in a shop and starts something here: one row each, and where they
 * come from. */
#ifndef PLUGINS_MAGENTO2_EVENTS_H
#define PLUGINS_MAGENTO2_EVENTS_H

#include "shop.h"

enum {
    ORDER_CREATE,
    ORDER_PAID,
    ORDER_SHIPPED,
    ORDER_REFUNDED,
    ORDER_CANCELED,
    ORDER_STATUS_CHANGE,
    USER_REGISTER,
    USER_UPDATE,
    USER_SUBSCRIBE,
    USER_UNSUBSCRIBE,
    CART_IDENTIFIED,
    CART_UPDATE,
    CART_ABANDONED,
    PRODUCT_UPDATE,
    PRODUCT_PRICE_DROP,
    PRODUCT_BACK_IN_STOCK,
    EVENT_COUNT
};

/* Orders of the store view that are new or changed. */
imh_status order_events(struct shop *shop, imh_call *call, const imh_span *span);

/* Accounts of the website that are new or changed. */
imh_status customer_events(struct shop *shop, imh_call *call, const imh_span *span);

/* Of the same accounts: who is subscribed to the newsletter, and who is no more. */
imh_status subscription_events(struct shop *shop, imh_call *call, const imh_span *span);

/* Carts of the store view that are new or changed. */
imh_status cart_events(struct shop *shop, imh_call *call, const imh_span *span);

/* Those that nobody has touched for as long as `abandoned_after` says. */
imh_status abandoned_events(struct shop *shop, imh_call *call, const imh_span *span);

/* Products of the website that are new or changed; what they cost as the storefront shows
 * it; and what is there of them. */
imh_status product_events(struct shop *shop, imh_call *call, const imh_span *span);
imh_status price_events(struct shop *shop, imh_call *call, const imh_span *span);
imh_status stock_events(struct shop *shop, imh_call *call, const imh_span *span);

#endif
