/* What persons are called: person_names(). */
#include "kinds.h"
#include "letters.h"
#include "pages.h"

enum { EMAILS_MOST = 50, PAGE = 100, ORDERS_MOST = 1000 };

/* Addresses that are asked for together. */
struct group {
    imh_call *call;
    const imh_lookup *const *lookups;
    unsigned char *answered;
    uint32_t count, open;
};

/* Answers those who have the address; who has no name is still open. */
static int take(struct group *group, imh_str email, imh_str name)
{
    imh_str json = group->call->host->json_quote(group->call, name);
    for (uint32_t i = 0; !imh_is_empty(name) && i < group->count; i++) {
        if (!group->answered[i] && letters_same(group->lookups[i]->path[0], email)) {
            object_answer(group->call, group->lookups[i], json);
            group->answered[i] = 1;
            group->open--;
        }
    }
    return group->open > 0;
}

static int take_customer(void *self, imh_str item)
{
    struct group *group = self;
    struct object customer = object_read(group->call, item);
    return take(group, object_field(&customer, "email"), customer_name(&customer));
}

static int take_order(void *self, imh_str item)
{
    struct group *group = self;
    struct object order = object_read(group->call, item);
    struct object address =
        object_read(group->call, object_field(&order, "billing_address"));
    return take(group, object_field(&order, "customer_email"), customer_name(&address));
}

/* Those who are still open, by a list of the shop. */
static void ask_by(struct group *group, struct criteria *criteria, const char *field)
{
    imh_str emails = imh_text("");
    for (uint32_t i = 0; i < group->count; i++) {
        imh_str email = group->lookups[i]->path[0];
        if (!group->answered[i] && criteria_is_plain(email)) {
            emails = criteria_append(group->call, emails, email);
        }
    }
    criteria_filter(criteria, CRITERIA_AND, field, "in", emails);
}

static imh_status ask_customers(struct group *group, const struct shop_view *view)
{
    struct criteria criteria = criteria_begin(group->call, "customers/search");
    ask_by(group, &criteria, "email");
    criteria_filter(&criteria, CRITERIA_AND, "website_id", "eq", view->website_id);
    struct pages pages = {.call = group->call,
                          .criteria = criteria,
                          .id = "entity_id",
                          .size = PAGE,
                          .number = 1};
    return pages_each(&pages, PAGE, take_customer, group);
}

/* The newest first: a guest is called as in the last of them. */
static imh_status ask_orders(struct group *group)
{
    struct criteria criteria = criteria_begin(group->call, "orders");
    ask_by(group, &criteria, "customer_email");
    criteria_sort(&criteria, "entity_id", 1);
    struct pages pages = {
        .call = group->call, .criteria = criteria, .size = PAGE, .number = 1};
    return pages_each(&pages, ORDERS_MOST, take_order, group);
}

static void resolve_group(struct group *group, const struct shop_view *view)
{
    imh_status status = ask_customers(group, view);
    if (status == IMH_OK && group->open > 0) {
        status = ask_orders(group);
    }
    for (uint32_t i = 0; i < group->count; i++) {
        if (!group->answered[i]) {
            (void)imh_unanswered(group->call, group->lookups[i],
                                 status == IMH_OK ? IMH_MISSING : status);
        }
    }
}

imh_status person_names(struct shop *shop, imh_call *call, const imh_lookup *const *lookups,
                        uint32_t count)
{
    struct shop_view view;
    imh_status status = shop_view(shop, call, &view);
    for (uint32_t i = 0; status == IMH_OK && i < count; i += EMAILS_MOST) {
        unsigned char answered[EMAILS_MOST] = {0};
        uint32_t rest = count - i;
        uint32_t some = rest < EMAILS_MOST ? rest : EMAILS_MOST;
        struct group group = {call, lookups + i, answered, some, some};
        resolve_group(&group, &view);
    }
    return status;
}
