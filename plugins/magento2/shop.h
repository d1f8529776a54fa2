/* shop - how to ask a Magento 2 shop: addresses, and what its refusals mean.
 *
 * Facts: Magento's REST API from 2.3.7 to 2.4.8; every trap named here was recorded.
 */
#ifndef PLUGINS_MAGENTO2_SHOP_H
#define PLUGINS_MAGENTO2_SHOP_H

#include <imh/imh.h>

/* What the store view says about itself. */
struct shop_view {
    imh_str link_url;  /* pages begin with it; ends in a slash */
    imh_str media_url; /* pictures likewise */
    imh_str currency;  /* of catalogue prices: "EUR" */
};

/* A GET of `path` below rest/STORE/V1/, as JSON. Lives as long as the call. */
const imh_request *shop_request(imh_call *call, imh_str path);

/* The request whose reply shop_view_read() understands. */
const imh_request *shop_view_request(imh_call *call);

/* What a reply means, with the shop's own words and what to do as the failure's text. A
 * reply that is no JSON is a shop in maintenance or a firewall: IMH_RETRY. */
imh_status shop_status(imh_call *call, const imh_reply *reply);

imh_status shop_view_read(imh_call *call, const imh_reply *reply, struct shop_view *view);

#endif
