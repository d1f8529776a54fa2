/* shop - how to ask a Magento 2 shop: addresses, and what its refusals mean.
 *
 * Facts: Magento's REST API from 2.3.7 to 2.4.8; every trap named here was recorded.
 */
#ifndef PLUGINS_MAGENTO2_SHOP_H
#define PLUGINS_MAGENTO2_SHOP_H

#include <imh/imh.h>

/* What a shop says of a signature that is not the one it computes. */
#define SHOP_BAD_SIGNATURE "The signature is invalid"

/* What the host says of an answer of more than 8 MiB, or than it has memory for. */
#define SHOP_TOO_LARGE "the answer is larger than"

/* What the store view says about itself. */
struct shop_view {
    imh_str id, website_id, code, locale, timezone;
    imh_str currency;      /* that prices are shown in: "EUR" */
    imh_str base_currency; /* that catalogue prices are kept in */
    imh_str link_url;      /* pages begin with it; ends in a slash */
    imh_str media_url;     /* pictures likewise */
};

/* Is `url` the address of a home page? One of something below it is told how to write it.
 */
imh_status shop_check_url(imh_call *call);

/* An instance: what it knows of the shop, kept for a few minutes. Calls may share it. */
struct shop;
struct shop *shop_make(void);
void shop_free(struct shop *shop);

/* A GET of `path` below rest/STORE/V1/, as JSON. Lives as long as the call. */
const imh_request *shop_request(imh_call *call, imh_str path);

/* The same, whatever the integration's store view is: the store view `all` is in every
 * shop. */
const imh_request *shop_request_of_all(imh_call *call, imh_str path);

/* What a reply means, with the shop's own words and what to do as the failure's text. A
 * reply that is no JSON is a shop in maintenance or a firewall: IMH_RETRY. */
imh_status shop_status(imh_call *call, const imh_reply *reply);

/* The host gave the answer up because of its size, or of the memory it has for it now: less
 * must be asked for at once. */
int shop_is_too_large(const imh_reply *reply);

/* As shop_status(), of a reply that must be a list: that it is none is no empty list. */
imh_status shop_list_status(imh_call *call, const imh_reply *reply);

/* Sends it and waits; the body when the status is IMH_OK. */
imh_status shop_get(imh_call *call, const imh_request *request, imh_str *body);

/* The element of a list whose member is that text; empty when there is none. */
imh_str shop_find(imh_call *call, imh_str list, const char *pointer, imh_str value);

/* The store view, as it was told some minutes ago or is now. */
imh_status shop_view(struct shop *shop, imh_call *call, struct shop_view *view);

/* The same, sending `requests` along when the shop has to be asked anyway; `replies` are
 * set, or NULL when nothing was sent. */
imh_status shop_view_and(struct shop *shop, imh_call *call, struct shop_view *view,
                         const imh_request *const *requests, uint32_t count,
                         const imh_reply **replies);

/* For `check`: asks anew, whatever is known. `reply` is what came. */
imh_status shop_view_fresh(imh_call *call, struct shop_view *view, const imh_reply **reply);

#endif
