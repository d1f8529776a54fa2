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
    EVENT_COUNT
};

/* Orders of the store view that are new or changed. */
imh_status order_events(struct shop *shop, imh_call *call, const imh_span *span);

#endif
