#include "check.h"

#include "criteria.h"

/* One question that needs one right, as the shop's admin names it. */
static const struct {
    const char *path;
    const char *right;
} probes[] = {
    {"products", "Catalog > Inventory > Products"},
    {"products/attributes", "Stores > Attributes > Product"},
    {"categories/list", "Catalog > Inventory > Categories"},
    {"customers/search", "Customers > All Customers"},
    {"customerGroups/search", "Customers > Customer Groups"},
    {"orders", "Sales > Operations > Orders > Actions > View"},
    {"invoices", "Sales > Operations > Invoices"},
    {"shipments", "Sales > Operations > Shipments"},
    {"creditmemos", "Sales > Operations > Credit Memos"},
    {"carts/search", "Cart > Manage carts"},
};
enum { PROBE_COUNT = sizeof probes / sizeof *probes };

/* What cannot be read for want of a right: those of the integration in the shop's admin. */
static imh_status tell_missing(imh_call *call, imh_str rights, unsigned count)
{
    return imh_fail(call, IMH_DENIED,
                    "the token is accepted, but lacks %u right%s: %s (in the shop's admin: "
                    "System > Integrations > Edit > API)",
                    count, count == 1 ? "" : "s", rights.ptr);
}

static imh_status check_rights(imh_call *call)
{
    const imh_request *requests[PROBE_COUNT];
    const imh_reply *replies[PROBE_COUNT];
    imh_str rights = imh_text("");
    unsigned missing = 0;
    for (unsigned i = 0; i < PROBE_COUNT; i++) {
        struct criteria criteria = criteria_begin(call, probes[i].path);
        requests[i] = criteria_request(&criteria, NULL, 1, 1);
    }
    (void)call->host->http_many(call, requests, PROBE_COUNT, replies);
    for (unsigned i = 0; i < PROBE_COUNT; i++) {
        imh_status status = shop_status(call, replies[i]);
        if (status == IMH_DENIED) {
            rights = imh_is_empty(rights)
                         ? imh_text(probes[i].right)
                         : imh_print(call, "%s, %s", rights.ptr, probes[i].right);
            missing++;
        } else if (status != IMH_OK && status != IMH_MISSING) { /* old shops lack some */
            return status;
        }
    }
    return missing == 0 ? IMH_OK : tell_missing(call, rights, missing);
}

imh_status check_shop(imh_call *call)
{
    struct shop_view view;
    imh_status status = shop_view_fresh(call, &view);
    return status == IMH_OK ? check_rights(call) : status;
}
