/* check - asks the shop for a little of everything: what is wrong with the connection. */
#ifndef PLUGINS_MAGENTO2_CHECK_H
#define PLUGINS_MAGENTO2_CHECK_H

#include "shop.h"

/* Names the address, the token, the store view, or every right that is missing. */
imh_status check_shop(imh_call *call);

#endif
