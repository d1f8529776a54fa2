/* Persons: everything of one e-mail address, as customer and as guest. */
#include <stdlib.h>
#include <strings.h>

#include "kinds.h"
#include "object.h"

/* ---- persons ---- */

static void write_part(imh_json *json, const char *name, imh_str email, const char *member)
{
    imh_json_key(json, name);
    imh_json_open(json, '{');
    imh_json_key(json, "$ref");
    imh_json_open(json, '[');
    imh_json_text(json, imh_text("customer"));
    imh_json_text(json, email);
    imh_json_text(json, imh_text(member));
    imh_json_close(json, ']');
    imh_json_close(json, '}');
}

/* Made of references: what a template does not use is not fetched. Orders are found by
 * address, those of guests too. */
imh_status persons(struct shop *shop, imh_call *call, const imh_lookup *const *lookups,
                   uint32_t count)
{
    (void)shop;
    for (uint32_t i = 0; i < count; i++) {
        imh_str email = lookups[i]->path[0];
        imh_json json = imh_json_begin(call);
        if (!strchr(email.ptr, '@')) {
            (void)imh_unanswered(call, lookups[i], IMH_MISSING);
            continue;
        }
        imh_json_open(&json, '{');
        imh_json_key(&json, "email");
        imh_json_text(&json, email);
        write_part(&json, "name", email, "name");
        write_part(&json, "subscribed", email, "subscribed");
        imh_json_key(&json, "customer");
        object_ref(&json, "customer", email);
        imh_json_key(&json, "orders");
        object_list(&json, "all_orders", "$email", email);
        imh_json_key(&json, "carts");
        object_list(&json, "person_carts", "email", email);
        imh_json_close(&json, '}');
        object_answer(call, lookups[i], imh_json_str(&json));
    }
    return IMH_OK;
}

/* ---- their carts ---- */

enum {
    EMAILS_MOST = 50, /* of one list of customers' carts */
    CARTS_A_PAGE = 100,
    CUSTOMER_PAGES = 10, /* of such a list: the carts that changed last */
    GUEST_PAGES = 3      /* likewise: the shop takes 10 ms for each cart */
};

/* Carts of several pages, each an item of a page. */
struct carts {
    imh_call *call;
    const imh_item *pages[CUSTOMER_PAGES];
    uint32_t counts[CUSTOMER_PAGES];
    unsigned page_count;
};

static imh_status read_pages(imh_call *call, const struct criteria *criteria, unsigned most,
                             struct carts *carts)
{
    *carts = (struct carts){.call = call};
    unsigned long total = 0;
    do {
        struct criteria page = *criteria;
        imh_str body;
        criteria_sort(&page, "updated_at", 1);
        imh_status status = shop_get(
            call, criteria_request(&page, "entity_id", CARTS_A_PAGE, carts->page_count + 1),
            &body);
        if (status != IMH_OK) {
            return status;
        }
        total = strtoul(imh_at(call, body, "/total_count").ptr, NULL, 10);
        carts->counts[carts->page_count] = call->host->json_items(
            call, imh_at(call, body, "/items"), &carts->pages[carts->page_count]);
        carts->page_count++;
    } while (carts->page_count < most && carts->page_count * CARTS_A_PAGE < total);
    return IMH_OK;
}

/* Before the order a guest's address stands only with the invoice's, and the shop cannot
 * look for it there: all open carts of guests are looked through, the newest. */
static imh_status read_guests(imh_call *call, struct carts *carts)
{
    struct criteria criteria = criteria_begin(call, "carts/search");
    criteria_filter(&criteria, CRITERIA_AND, "customer_is_guest", "eq", imh_text("1"));
    criteria_filter(&criteria, CRITERIA_AND, "is_active", "eq", imh_text("1"));
    criteria_filter(&criteria, CRITERIA_AND, "items_count", "gt", imh_text("0"));
    return read_pages(call, &criteria, GUEST_PAGES, carts);
}

static imh_str email_of(imh_call *call, const imh_lookup *lookup)
{
    return imh_at(call, lookup->query, "/filter/0/2");
}

static imh_status read_customers(imh_call *call, const imh_lookup *const *lookups,
                                 uint32_t count, struct carts *carts)
{
    struct criteria criteria = criteria_begin(call, "carts/search");
    imh_str emails = imh_text("");
    for (uint32_t i = 0; i < count; i++) {
        imh_str email = email_of(call, lookups[i]);
        if (criteria_is_plain(email)) {
            emails = criteria_append(call, emails, email);
        }
    }
    criteria_filter(&criteria, CRITERIA_AND, "customer_email", "in", emails);
    return read_pages(call, &criteria, CUSTOMER_PAGES, carts);
}

/* Those of the address; returns how many. */
static unsigned write_carts(imh_json *json, const struct carts *carts, const char *place,
                            imh_str email, const struct shop_view *view)
{
    imh_call *call = carts->call;
    unsigned found = 0;
    for (unsigned page = 0; page < carts->page_count; page++) {
        for (uint32_t i = 0; i < carts->counts[page]; i++) {
            imh_str cart = carts->pages[page][i].json;
            if (strcasecmp(imh_at(call, cart, place).ptr, email.ptr) == 0) {
                cart_kind.write(json, cart, view);
                found++;
            }
        }
    }
    return found;
}

static void answer(imh_call *call, const imh_lookup *lookup, const struct carts *customers,
                   const struct carts *guests, const struct shop_view *view)
{
    imh_str email = email_of(call, lookup);
    imh_json json = imh_json_begin(call);
    imh_json_open(&json, '{');
    imh_json_key(&json, "$items");
    imh_json_open(&json, '[');
    unsigned total = write_carts(&json, customers, "/customer/email", email, view);
    total += write_carts(&json, guests, "/billing_address/email", email, view);
    imh_json_close(&json, ']');
    imh_json_key(&json, "$total");
    imh_json_raw(&json, imh_print(call, "%u", total));
    imh_json_close(&json, '}');
    object_answer(call, lookup, imh_json_str(&json));
}

imh_status person_carts(struct shop *shop, imh_call *call, const imh_lookup *const *lookups,
                        uint32_t count)
{
    struct shop_view view;
    struct carts guests;
    imh_status status = shop_view(shop, call, &view);
    if (status == IMH_OK) {
        status = read_guests(call, &guests);
    }
    for (uint32_t first = 0; status == IMH_OK && first < count; first += EMAILS_MOST) {
        uint32_t some = count - first < EMAILS_MOST ? count - first : EMAILS_MOST;
        struct carts customers;
        imh_status one = read_customers(call, lookups + first, some, &customers);
        for (uint32_t i = first; i < first + some; i++) {
            if (one == IMH_OK) {
                answer(call, lookups[i], &customers, &guests, &view);
            } else {
                (void)imh_unanswered(call, lookups[i], one);
            }
        }
    }
    return status;
}
