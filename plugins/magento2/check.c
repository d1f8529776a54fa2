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
    {"inventory/stock-resolver/website/base", "Stores > Inventory > Sales Stock"},
};
enum { PROBE_COUNT = sizeof probes / sizeof *probes };

/* Of the store view: what is asked first. */
static const char view_right[] = "Stores > Settings > All Stores";

/* ---- rights ---- */

/* What cannot be read for want of a right: those of the integration in the shop's admin. */
static imh_status tell_missing(imh_call *call, imh_str rights, unsigned count)
{
    return imh_fail(call, IMH_DENIED,
                    "the token is accepted, but lacks %u right%s: %s (in the shop's admin: "
                    "System > Integrations > Edit > API)",
                    count, count == 1 ? "" : "s", rights.ptr);
}

/* Rights that are missing, behind `rights`; how many. */
static imh_status probe(imh_call *call, imh_str *rights, unsigned *missing)
{
    const imh_request *requests[PROBE_COUNT];
    const imh_reply *replies[PROBE_COUNT];
    for (unsigned i = 0; i < PROBE_COUNT; i++) {
        struct criteria criteria = criteria_begin(call, probes[i].path);
        requests[i] = criteria_request(&criteria, NULL, 1, 1);
    }
    (void)call->host->http_many(call, requests, PROBE_COUNT, replies);
    for (unsigned i = 0; i < PROBE_COUNT; i++) {
        imh_status status = shop_status(call, replies[i]);
        if (status == IMH_DENIED) {
            *rights = imh_is_empty(*rights)
                          ? imh_text(probes[i].right)
                          : imh_print(call, "%s, %s", rights->ptr, probes[i].right);
            *missing += 1;
        } else if (status != IMH_OK && status != IMH_MISSING) { /* old shops lack some */
            return status;
        }
    }
    return IMH_OK;
}

static imh_status check_rights(imh_call *call)
{
    imh_str rights = imh_text("");
    unsigned missing = 0;
    imh_status status = probe(call, &rights, &missing);
    return status == IMH_OK && missing > 0 ? tell_missing(call, rights, missing) : status;
}

/* A token that is wrong and one without this right are refused in the same words. It is
 * right when it opens anything else. */
static imh_status check_token(imh_call *call, const imh_reply *reply)
{
    imh_str rights = imh_text(view_right);
    unsigned missing = 0;
    imh_status status = probe(call, &rights, &missing);
    return status == IMH_OK && missing < PROBE_COUNT
               ? tell_missing(call, rights, missing + 1)
               : shop_status(call, reply);
}

/* ---- the address ---- */

/* What to do when nothing comes back, by what is said of it. */
static const struct {
    const char *words, *remedy;
} remedies[] = {
    {"Could not resolve", "is the name in 'url' right?"},
    {"Failed to connect",
     "are name and port in 'url' right, and does no firewall keep us out?"},
    {"timed out", "is 'url' right, and does no firewall keep us out?"},
    {"certificate has expired", "who hosts the shop has to renew it"},
    {"certificate is not yet valid", "is the clock of this machine right?"},
    {"subject name", "'url' must have a name that the certificate is for"},
    {"wrong version number", "is 'url' with https right?"},
};

static imh_status tell_unreachable(imh_call *call, const imh_reply *reply)
{
    const char *remedy = NULL;
    for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++) {
        remedy = strstr(reply->text.ptr, remedies[i].words) ? remedies[i].remedy : remedy;
    }
    return remedy ? imh_fail(call, reply->status, "%s: %s", reply->text.ptr, remedy)
                  : imh_fail(call, reply->status, "%s", reply->text.ptr);
}

/* ---- the store view ---- */

/* Not disabled, and not the admin's. */
static int is_visited(imh_call *call, imh_str view)
{
    return !imh_is_empty(view) && strcmp(imh_at(call, view, "/is_active").ptr, "0") != 0 &&
           strcmp(imh_at(call, view, "/id").ptr, "0") != 0;
}

/* As many codes as a failure has room for; codes have at most 32 characters. */
static imh_str list_views(imh_call *call, imh_str views)
{
    enum { VIEWS_MOST = 50 };
    unsigned shown = 0;
    const imh_item *items;
    imh_str codes = imh_text("");
    uint32_t count = call->host->json_items(call, views, &items);
    for (uint32_t i = 0; shown < VIEWS_MOST && i < count; i++) {
        imh_str code = imh_at(call, items[i].json, "/code");
        if (is_visited(call, items[i].json)) {
            codes =
                imh_print(call, "%s%s%.64s", codes.ptr, shown > 0 ? ", " : "", code.ptr);
            shown++;
        }
    }
    return codes;
}

/* Shops refuse everything of a store view they do not have, without saying so. */
static imh_status check_view(imh_call *call, const imh_reply *reply)
{
    const imh_reply *views;
    const imh_request *request = shop_request_of_all(call, imh_text("store/storeViews"));
    (void)call->host->http(call, request, &views);
    imh_str option = call->host->option(call, "store_view");
    imh_status status = shop_status(call, views);
    imh_str codes = status == IMH_OK ? list_views(call, views->body) : imh_text("");
    imh_str view = shop_find(call, views->body, "/code", option);
    if (!imh_is_empty(codes) && !is_visited(call, view)) {
        return imh_fail(call, IMH_REJECTED,
                        "the shop has no store view '%s': 'store_view' is one of %s (in "
                        "the shop's admin: Stores > All Stores)",
                        option.ptr, codes.ptr);
    }
    status = shop_status(call, reply);
    return status != IMH_OK ? status
                            : imh_fail(call, IMH_REJECTED,
                                       "what answers is no Magento shop: 'url' is the "
                                       "address of its home page");
}

/* ---- all of it ---- */

imh_status check_shop(imh_call *call)
{
    struct shop_view view;
    const imh_reply *reply;
    imh_status status = shop_view_fresh(call, &view, &reply);
    if (status == IMH_OK) {
        return check_rights(call);
    }
    if (reply->code == 0) {
        return tell_unreachable(call, reply);
    }
    if (status == IMH_DENIED) {
        return check_token(call, reply);
    }
    if (status == IMH_MISSING) {
        return imh_fail(call, IMH_REJECTED,
                        "the shop answers, but not there: 'url' is the address of its home "
                        "page, without rest/");
    }
    return reply->status == IMH_REJECTED || reply->status == IMH_OK
               ? check_view(call, reply)
               : status;
}
