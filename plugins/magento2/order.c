/* Orders, their lines, invoices, shipments and refunds. */
#include "kinds.h"
#include "money.h"
#include "object.h"

/* ---- a line ---- */

/* What the shop tells of a line's total is after discount; before it is another question.
 */
static void write_line_total(struct object *line, const char *name, const char *price)
{
    imh_json *json = line->json;
    struct money_text before =
        money_times(object_field(line, price), object_field(line, "qty_ordered"));
    imh_str after = object_field(line, name);
    imh_json_open(json, '{');
    imh_json_key(json, "$value");
    object_decimal(json, after);
    imh_json_key(json, "before_discount");
    imh_json_raw(json, imh_text(before.text[0] ? before.text : "null"));
    imh_json_close(json, '}');
}

static void write_row_total(struct object *line)
{
    write_line_total(line, "row_total", "price");
}

static void write_row_total_incl_tax(struct object *line)
{
    write_line_total(line, "row_total_incl_tax", "price_incl_tax");
}

static void write_line_product(struct object *line)
{
    object_ref(line->json, "product_of_sku", object_field(line, "sku"));
}

/* What was chosen of a configurable product: labels instead of numbers. */
static void write_line_options(struct object *line)
{
    imh_call *call = line->call;
    imh_json *json = line->json;
    const imh_item *options;
    uint32_t count = call->host->json_items(
        call,
        object_at(line, "/product_option/extension_attributes/configurable_item_options"),
        &options);
    imh_json_open(json, '[');
    for (uint32_t i = 0; i < count; i++) {
        imh_str attribute = imh_at(call, options[i].json, "/option_id");
        imh_str value = imh_at(call, options[i].json, "/option_value");
        imh_json_open(json, '{');
        imh_json_key(json, "label");
        object_ref(json, "option", imh_print(call, "%s/", attribute.ptr));
        imh_json_key(json, "value");
        object_ref(json, "option", imh_print(call, "%s/%s", attribute.ptr, value.ptr));
        imh_json_close(json, '}');
    }
    imh_json_close(json, ']');
}

static const struct special line_specials[] = {
    {"row_total", write_row_total},  {"row_total_incl_tax", write_row_total_incl_tax},
    {"product", write_line_product}, {"options", write_line_options},
    {"created_at", object_created},  {"updated_at", object_updated},
};

/* The lines a person sees: a variant stands below the line of its product. */
static void write_items(struct object *order)
{
    imh_call *call = order->call;
    const imh_item *items;
    uint32_t count = call->host->json_items(call, object_field(order, "items"), &items);
    imh_json_open(order->json, '[');
    for (uint32_t i = 0; i < count; i++) {
        if (imh_is_empty(imh_at(call, items[i].json, "/parent_item_id"))) {
            object_write(order->json, items[i].json, OBJECT_SPECIALS(line_specials),
                         order->view, NULL);
        }
    }
    imh_json_close(order->json, ']');
}

/* ---- who ---- */

static void write_member(imh_json *json, const char *name, imh_str text)
{
    imh_json_key(json, name);
    imh_json_text(json, text);
}

static imh_str join(imh_call *call, imh_str first, imh_str second)
{
    return imh_is_empty(first)    ? second
           : imh_is_empty(second) ? first
                                  : imh_print(call, "%s %s", first.ptr, second.ptr);
}

/* A guest, as the order knows one; so is a customer whose account is gone. */
static void write_guest(struct object *order)
{
    imh_call *call = order->call;
    imh_json *json = order->json;
    imh_str first = object_at(order, "/billing_address/firstname");
    imh_str last = object_at(order, "/billing_address/lastname");
    imh_json_open(json, '{');
    write_member(json, "id", imh_text(""));
    write_member(json, "email", object_field(order, "customer_email"));
    write_member(json, "firstname", first);
    write_member(json, "lastname", last);
    write_member(json, "name", join(call, first, last));
    imh_json_key(json, "guest");
    imh_json_raw(json, imh_text("true"));
    imh_json_close(json, '}');
}

static void write_customer(struct object *order)
{
    imh_str id = object_field(order, "customer_id");
    if (imh_is_empty(id)) {
        write_guest(order);
    } else {
        object_ref(order->json, "customer_by_id", id);
    }
}

/* ---- where to ---- */

static void write_shipping_address(struct object *order)
{
    object_remote(order->json,
                  object_at(order, "/extension_attributes/shipping_assignments/0/"
                                   "shipping/address"));
}

static void write_assignments(struct object *order)
{
    object_remote(order->json,
                  object_at(order, "/extension_attributes/shipping_assignments"));
}

/* ---- how much ---- */

static void write_amount(struct object *order, const char *name)
{
    object_money(order->json, object_field(order, name),
                 object_field(order, "order_currency_code"));
}

static void write_subtotal(struct object *order)
{
    write_amount(order, "subtotal");
}

static void write_shipping(struct object *order)
{
    write_amount(order, "shipping_incl_tax");
}

static void write_discount(struct object *order)
{
    write_amount(order, "discount_amount");
}

static void write_tax(struct object *order)
{
    write_amount(order, "tax_amount");
}

static void write_total(struct object *order)
{
    write_amount(order, "grand_total");
}

static void write_paid(struct object *order)
{
    write_amount(order, "total_paid");
}

static void write_refunded(struct object *order)
{
    write_amount(order, "total_refunded");
}

static void write_due(struct object *order)
{
    write_amount(order, "total_due");
}

static void write_currency(struct object *order)
{
    imh_json_text(order->json, object_field(order, "order_currency_code"));
}

/* ---- what became of it ---- */

static void write_invoices(struct object *order)
{
    object_list(order->json, "invoices", "order_id", object_field(order, "entity_id"));
}

static void write_shipments(struct object *order)
{
    object_list(order->json, "shipments", "order_id", object_field(order, "entity_id"));
}

static void write_refunds(struct object *order)
{
    object_list(order->json, "refunds", "order_id", object_field(order, "entity_id"));
}

static void write_store(struct object *order)
{
    object_ref(order->json, "store_view", object_field(order, "store_id"));
}

static void write_id(struct object *order)
{
    object_number(order, "entity_id");
}

static void write_number(struct object *order)
{
    imh_json_text(order->json, object_field(order, "increment_id"));
}

static const struct special order_specials[] = {
    {"id", write_id},
    {"number", write_number},
    {"customer", write_customer},
    {"items", write_items},
    {"shipping_address", write_shipping_address},
    {"shipping_assignments", write_assignments},
    {"subtotal", write_subtotal},
    {"shipping", write_shipping},
    {"discount", write_discount},
    {"tax", write_tax},
    {"total", write_total},
    {"paid", write_paid},
    {"refunded", write_refunded},
    {"due", write_due},
    {"currency", write_currency},
    {"invoices", write_invoices},
    {"shipments", write_shipments},
    {"refunds", write_refunds},
    {"store", write_store},
    {"created_at", object_created},
    {"updated_at", object_updated},
};

static void order_write(imh_json *json, imh_str item, const struct shop_view *view)
{
    object_write(json, item, OBJECT_SPECIALS(order_specials), view, NULL);
}

/* Stores may count their orders alike. */
static imh_str store_view_of(const struct shop_view *view)
{
    return view->id;
}

static void of_store_view(struct criteria *criteria, const struct shop_view *view)
{
    criteria_filter(criteria, CRITERIA_AND, "store_id", "eq", view->id);
}

static const struct column order_columns[] = {
    {.name = "id", .field = "entity_id", .ask = condition_number, .sorts = 1},
    {.name = "entity_id", .field = "entity_id", .ask = condition_number, .sorts = 1},
    {.name = "number",
     .field = "increment_id",
     .ask = condition_text,
     .sorts = 1,
     .doubts = condition_differs,
     .at = "/increment_id"},
    {.name = "increment_id",
     .field = "increment_id",
     .ask = condition_text,
     .sorts = 1,
     .doubts = condition_differs,
     .at = "/increment_id"},
    {.name = "status", .field = "status", .ask = condition_code, .sorts = 1},
    {.name = "state", .field = "state", .ask = condition_code, .sorts = 1},
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
     .at = "/customer_email"},
    {.name = "$email",
     .field = "customer_email",
     .ask = condition_own,
     .owns = 1,
     .at = "/customer_email"},
    {.name = "total", .field = "grand_total", .ask = condition_number, .sorts = 1},
    {.name = "grand_total", .field = "grand_total", .ask = condition_number, .sorts = 1},
    {.name = "created_at", .field = "created_at", .ask = condition_moment, .sorts = 1},
    {.name = "updated_at", .field = "updated_at", .ask = condition_moment, .sorts = 1},
    {.name = "store_id", .field = "store_id", .ask = condition_number, .sorts = 1},
    {.name = "coupon_code",
     .field = "coupon_code",
     .ask = condition_text,
     .sorts = 1,
     .doubts = condition_differs,
     .at = "/coupon_code"},
};

const struct collection order_kind = {.path = "orders",
                                      .key = "increment_id",
                                      .key_at = "/increment_id",
                                      .id = "entity_id",
                                      .id_at = "/entity_id",
                                      .exact = 1,
                                      .home_at = "/store_id",
                                      .ours = store_view_of,
                                      .write = order_write,
                                      .scope = of_store_view,
                                      COLLECTION_COLUMNS(order_columns)};

/* ---- papers ---- */

static void paper_write(imh_json *json, imh_str item, const struct shop_view *view)
{
    static const struct special specials[] = {
        {"id", write_id},
        {"number", write_number},
        {"created_at", object_created},
        {"updated_at", object_updated},
    };
    object_write(json, item, OBJECT_SPECIALS(specials), view, NULL);
}

/* {"carrier": "DHL", "number": "3S..."} beside what the shop has. */
static void write_carrier(struct object *track)
{
    imh_json_text(track->json, object_field(track, "title"));
}

static void write_track_number(struct object *track)
{
    imh_json_text(track->json, object_field(track, "track_number"));
}

static void write_tracks(struct object *shipment)
{
    static const struct special specials[] = {{"carrier", write_carrier},
                                              {"number", write_track_number}};
    imh_call *call = shipment->call;
    const imh_item *tracks;
    uint32_t count =
        call->host->json_items(call, object_field(shipment, "tracks"), &tracks);
    imh_json_open(shipment->json, '[');
    for (uint32_t i = 0; i < count; i++) {
        object_write(shipment->json, tracks[i].json, OBJECT_SPECIALS(specials),
                     shipment->view, NULL);
    }
    imh_json_close(shipment->json, ']');
}

static void shipment_write(imh_json *json, imh_str item, const struct shop_view *view)
{
    static const struct special specials[] = {
        {"id", write_id},
        {"number", write_number},
        {"tracks", write_tracks},
        {"created_at", object_created},
        {"updated_at", object_updated},
    };
    object_write(json, item, OBJECT_SPECIALS(specials), view, NULL);
}

static const struct column paper_columns[] = {
    {.name = "id", .field = "entity_id", .ask = condition_number, .sorts = 1},
    {.name = "order_id", .field = "order_id", .ask = condition_number, .sorts = 1},
    {.name = "number",
     .field = "increment_id",
     .ask = condition_text,
     .sorts = 1,
     .doubts = condition_differs,
     .at = "/increment_id"},
    {.name = "created_at", .field = "created_at", .ask = condition_moment, .sorts = 1},
};

#define PAPER_KIND(where, how)                                                     \
    {                                                                              \
        .path = (where), .id = "entity_id", .id_at = "/entity_id", .write = (how), \
        COLLECTION_COLUMNS(paper_columns)                                          \
    }

const struct collection invoice_kind = PAPER_KIND("invoices", paper_write);
const struct collection shipment_kind = PAPER_KIND("shipments", shipment_write);
const struct collection refund_kind = PAPER_KIND("creditmemos", paper_write);
