/* Persons: everything of one e-mail address, as customer and as guest. */
#include <stdlib.h>

#include "kinds.h"
#include "letters.h"
#include "object.h"
#include "pages.h"

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
        imh_json_key(&json, "name");
        object_ref(&json, "person_name", email);
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

struct cart {
    imh_str email, json;
};

/* Those of several pages. */
struct carts {
    imh_call *call;
    const char *email_at; /* place of the address in a cart */
    struct cart *list;
    uint32_t count;
};

static uint32_t add_page(struct carts *carts, imh_str body)
{
    imh_call *call = carts->call;
    const imh_item *items;
    uint32_t count = call->host->json_items(call, imh_at(call, body, "/items"), &items);
    struct cart *list =
        call->host->alloc(call, ((size_t)carts->count + count + 1) * sizeof *list);
    if (carts->count > 0) {
        memcpy(list, carts->list, carts->count * sizeof *list);
    }
    for (uint32_t i = 0; i < count; i++) {
        list[carts->count + i] =
            (struct cart){imh_at(call, items[i].json, carts->email_at), items[i].json};
    }
    carts->list = list;
    carts->count += count;
    return count;
}

/* Pages of carts, those that changed last. `more`, unless it is NULL, says that there are
 * more than so many pages have: then only the first was read. */
static imh_status read_carts(struct carts *carts, const struct criteria *criteria,
                             unsigned most, int *more)
{
    imh_call *call = carts->call;
    unsigned long room = (unsigned long)most * CARTS_A_PAGE;
    unsigned long total = room;
    uint32_t count = 1;
    struct pages pages = {.call = call,
                          .criteria = *criteria,
                          .id = "entity_id",
                          .size = CARTS_A_PAGE,
                          .number = 1};
    criteria_sort(&pages.criteria, "updated_at", 1);
    for (; count > 0 && carts->count < total && carts->count < room; pages.number++) {
        imh_str body;
        imh_status status = pages_read(&pages, &body);
        if (status != IMH_OK) {
            return status;
        }
        imh_str told = imh_at(call, body, "/total_count");
        total = criteria_is_number(told) ? strtoul(told.ptr, NULL, 10) : total;
        if (more && total > room) {
            *more = 1;
            return IMH_OK;
        }
        count = add_page(carts, body);
    }
    return IMH_OK;
}

/* Before the order a guest's address stands only with the invoice's, and the shop cannot
 * look for it there: all open carts of guests are looked through, the newest. */
static imh_status read_guests(struct carts *carts)
{
    struct criteria criteria = criteria_begin(carts->call, "carts/search");
    criteria_filter(&criteria, CRITERIA_AND, "customer_is_guest", "eq", imh_text("1"));
    criteria_filter(&criteria, CRITERIA_AND, "is_active", "eq", imh_text("1"));
    criteria_filter(&criteria, CRITERIA_AND, "items_count", "gt", imh_text("0"));
    return read_carts(carts, &criteria, GUEST_PAGES, NULL);
}

static imh_str email_of(imh_call *call, const imh_lookup *lookup)
{
    return imh_at(call, lookup->query, "/filter/0/2");
}

static imh_status read_customers(struct carts *carts, const imh_lookup *const *lookups,
                                 uint32_t count, int *more)
{
    imh_call *call = carts->call;
    struct criteria criteria = criteria_begin(call, "carts/search");
    imh_str emails = imh_text("");
    for (uint32_t i = 0; i < count; i++) {
        imh_str email = email_of(call, lookups[i]);
        if (criteria_is_plain(email)) {
            emails = criteria_append(call, emails, email);
        }
    }
    criteria_filter(&criteria, CRITERIA_AND, "customer_email", "in", emails);
    return read_carts(carts, &criteria, CUSTOMER_PAGES, more);
}

/* Those of the address; returns how many. */
static unsigned write_carts(imh_json *json, const struct carts *carts, imh_str email,
                            const struct shop_view *view)
{
    unsigned found = 0;
    for (uint32_t i = 0; i < carts->count; i++) {
        if (letters_same(carts->list[i].email, email)) {
            cart_kind.write(json, carts->list[i].json, view);
            found++;
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
    unsigned total = write_carts(&json, customers, email, view);
    total += write_carts(&json, guests, email, view);
    imh_json_close(&json, ']');
    imh_json_key(&json, "$total");
    imh_json_raw(&json, imh_print(call, "%u", total));
    imh_json_close(&json, '}');
    object_answer(call, lookup, imh_json_str(&json));
}

/* Persons with more carts together than are read are asked for in smaller groups, so that
 * nobody's carts depend on who else is asked for. */
static void resolve_group(imh_call *call, const imh_lookup *const *lookups, uint32_t count,
                          const struct carts *guests, const struct shop_view *view)
{
    struct carts customers = {.call = call, .email_at = "/customer/email"};
    int more = 0;
    void *mark = call->host->mark(call);
    imh_status status =
        read_customers(&customers, lookups, count, count > 1 ? &more : NULL);
    for (uint32_t i = 0; !more && i < count; i++) {
        if (status == IMH_OK) {
            answer(call, lookups[i], &customers, guests, view);
        } else {
            (void)imh_unanswered(call, lookups[i], status);
        }
    }
    call->host->release(call, mark);
    if (more) {
        resolve_group(call, lookups, count / 2, guests, view);
        resolve_group(call, lookups + count / 2, count - count / 2, guests, view);
    }
}

imh_status person_carts(struct shop *shop, imh_call *call, const imh_lookup *const *lookups,
                        uint32_t count)
{
    struct shop_view view;
    struct carts guests = {.call = call, .email_at = "/billing_address/email"};
    imh_status status = shop_view(shop, call, &view);
    if (status == IMH_OK) {
        status = read_guests(&guests);
    }
    for (uint32_t first = 0; status == IMH_OK && first < count; first += EMAILS_MOST) {
        uint32_t some = count - first < EMAILS_MOST ? count - first : EMAILS_MOST;
        resolve_group(call, lookups + first, some, &guests, &view);
    }
    return status;
}
