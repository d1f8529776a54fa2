/* Carts and what they come to. */
#include "kinds.h"
#include "money.h"
#include "object.h"

static int is(const struct object *cart, const char *name, const char *value)
{
    return strcmp(object_field(cart, name).ptr, value) == 0;
}

/* A number may be reserved without an order: only an inactive cart without items of its own
 * became one. */
static int is_ordered(const struct object *cart)
{
    return !is(cart, "is_active", "true") &&
           !imh_is_empty(object_field(cart, "reserved_order_id")) &&
           imh_is_empty(object_at(cart, "/items/0"));
}

static void write_status(struct object *cart)
{
    imh_json_text(cart->json, imh_text(is_ordered(cart)                ? "checked-out"
                                       : is(cart, "is_active", "true") ? "open"
                                                                       : "closed"));
}

/* The order it became; nothing for others. */
static void write_order(struct object *cart)
{
    object_ref(cart->json, "order",
               is_ordered(cart) ? object_field(cart, "reserved_order_id") : imh_text(""));
}

static void write_order_part(struct object *cart, const char *member)
{
    imh_json *json = cart->json;
    imh_json_open(json, '{');
    imh_json_key(json, "$ref");
    imh_json_open(json, '[');
    imh_json_text(json, imh_text("order"));
    imh_json_text(json, object_field(cart, "reserved_order_id"));
    imh_json_text(json, imh_text(member));
    imh_json_close(json, ']');
    imh_json_close(json, '}');
}

static void write_total(struct object *cart)
{
    if (is_ordered(cart)) {
        write_order_part(cart, "total");
    } else {
        object_ref(cart->json, "cart_total", object_field(cart, "id"));
    }
}

/* ---- items ---- */

static void write_item_product(struct object *item)
{
    object_ref(item->json, "product_of_sku", object_field(item, "sku"));
}

static void write_item_total(struct object *item)
{
    struct money_text total =
        money_times(object_field(item, "price"), object_field(item, "qty"));
    imh_json_raw(item->json, imh_text(total.text[0] ? total.text : "null"));
}

static void write_items(struct object *cart)
{
    static const struct special specials[] = {{"product", write_item_product},
                                              {"row_total", write_item_total}};
    imh_call *call = cart->call;
    const imh_item *items;
    if (is_ordered(cart)) {
        write_order_part(cart, "items");
        return;
    }
    uint32_t count = call->host->json_items(call, object_field(cart, "items"), &items);
    imh_json_open(cart->json, '[');
    for (uint32_t i = 0; i < count; i++) {
        object_write(cart->json, items[i].json, OBJECT_SPECIALS(specials), cart->view,
                     NULL);
    }
    imh_json_close(cart->json, ']');
}

/* ---- whose ---- */

static imh_str either(imh_str first, imh_str second)
{
    return imh_is_empty(first) ? second : first;
}

static void write_member(imh_json *json, const char *name, imh_str text)
{
    imh_json_key(json, name);
    imh_json_text(json, text);
}

/* Before the order a guest's address stands only with the invoice's. */
static void write_guest(struct object *cart)
{
    imh_json *json = cart->json;
    imh_str first = object_at(cart, "/billing_address/firstname");
    imh_str last = object_at(cart, "/billing_address/lastname");
    imh_str both = imh_is_empty(first) || imh_is_empty(last)
                       ? either(first, last)
                       : imh_print(cart->call, "%s %s", first.ptr, last.ptr);
    imh_json_open(json, '{');
    write_member(json, "id", imh_text(""));
    write_member(json, "email",
                 either(object_at(cart, "/customer/email"),
                        object_at(cart, "/billing_address/email")));
    write_member(json, "firstname", first);
    write_member(json, "lastname", last);
    write_member(json, "name", both);
    imh_json_key(json, "guest");
    imh_json_raw(json, imh_text("true"));
    imh_json_close(json, '}');
}

static void write_customer(struct object *cart)
{
    imh_str id = object_at(cart, "/customer/id");
    if (imh_is_empty(id) || is(cart, "customer_is_guest", "true")) {
        write_guest(cart);
    } else {
        object_ref(cart->json, "customer_by_id", id);
    }
}

/* What lists are asked by: the shop has it a level deeper. */
static void write_from(struct object *cart, const char *place)
{
    uint32_t type = cart->call->host->json_type(cart->call, cart->raw, imh_text(place));
    imh_str value = object_at(cart, place);
    if (type == IMH_JSON_STRING) {
        imh_json_text(cart->json, value);
    } else {
        imh_json_raw(cart->json, type == IMH_JSON_NUMBER ? value : imh_text("null"));
    }
}

static void write_customer_id(struct object *cart)
{
    write_from(cart, "/customer/id");
}

static void write_customer_email(struct object *cart)
{
    write_from(cart, "/customer/email");
}

/* A link that restores it: this API does not tell what one needs. */
static void write_url(struct object *cart)
{
    imh_json_text(cart->json, imh_text(""));
}

static void write_coupon(struct object *cart)
{
    if (is_ordered(cart)) {
        write_order_part(cart, "coupon_code");
        return;
    }
    imh_json_open(cart->json, '{');
    imh_json_key(cart->json, "$ref");
    imh_json_open(cart->json, '[');
    imh_json_text(cart->json, imh_text("cart_total"));
    imh_json_text(cart->json, object_field(cart, "id"));
    imh_json_text(cart->json, imh_text("coupon_code"));
    imh_json_close(cart->json, ']');
    imh_json_close(cart->json, '}');
}

static void write_store(struct object *cart)
{
    object_ref(cart->json, "store_view", object_field(cart, "store_id"));
}

static const struct special cart_specials[] = {
    {"status", write_status},
    {"order", write_order},
    {"total", write_total},
    {"items", write_items},
    {"customer", write_customer},
    {"customer_id", write_customer_id},
    {"customer_email", write_customer_email},
    {"coupon_code", write_coupon},
    {"url", write_url},
    {"store", write_store},
    {"created_at", object_created},
    {"updated_at", object_updated},
};

static void cart_write(imh_json *json, imh_str item, const struct shop_view *view)
{
    object_write(json, item, OBJECT_SPECIALS(cart_specials), view, NULL);
}

static void of_store_view(struct criteria *criteria, const struct shop_view *view)
{
    criteria_filter(criteria, CRITERIA_AND, "store_id", "eq", view->id);
}

static const struct column cart_columns[] = {
    {.name = "id", .field = "entity_id", .ask = condition_number, .sorts = 1},
    {.name = "is_active", .field = "is_active", .ask = condition_flag, .sorts = 1},
    {.name = "items_count", .field = "items_count", .ask = condition_number, .sorts = 1},
    {.name = "customer_id",
     .field = "customer_id",
     .ask = condition_number,
     .sorts = 1,
     .may_lack = 1},
    {.name = "customer_email",
     .field = "customer_email",
     .ask = condition_text,
     .sorts = 1,
     .doubts = condition_differs,
     .at = "/customer/email"},
    {.name = "store_id", .field = "store_id", .ask = condition_number, .sorts = 1},
    {.name = "created_at", .field = "created_at", .ask = condition_moment, .sorts = 1},
    {.name = "updated_at", .field = "updated_at", .ask = condition_moment, .sorts = 1},
};

const struct collection cart_kind = {.path = "carts/search",
                                     .id = "entity_id",
                                     .id_at = "/id",
                                     .write = cart_write,
                                     .scope = of_store_view,
                                     COLLECTION_COLUMNS(cart_columns)};

/* ---- totals ---- */

static void write_grand_total(struct object *totals)
{
    object_number(totals, "grand_total");
}

static void write_currency(struct object *totals)
{
    imh_json_text(totals->json, object_field(totals, "quote_currency_code"));
}

imh_status cart_totals(struct shop *shop, imh_call *call, const imh_lookup *const *lookups,
                       uint32_t count)
{
    static const struct special specials[] = {{"$value", write_grand_total},
                                              {"value", write_grand_total},
                                              {"currency", write_currency}};
    const imh_request **requests = call->host->alloc(call, count * sizeof *requests);
    const imh_reply **replies = call->host->alloc(call, count * sizeof *replies);
    (void)shop;
    for (uint32_t i = 0; i < count; i++) {
        imh_str id = call->host->urlencode(call, lookups[i]->path[0]);
        requests[i] = shop_request(call, imh_print(call, "carts/%s/totals", id.ptr));
    }
    (void)call->host->http_many(call, requests, count, replies);
    for (uint32_t i = 0; i < count; i++) {
        imh_status status = shop_status(call, replies[i]);
        if (status == IMH_OK) {
            imh_json json = imh_json_begin(call);
            object_write(&json, replies[i]->body, OBJECT_SPECIALS(specials), NULL, NULL);
            object_answer(call, lookups[i], imh_json_str(&json));
        } else {
            (void)imh_unanswered(call, lookups[i], status);
        }
    }
    return IMH_OK;
}
