/* What can be sold of a product: product_stocks(). */
#include "product.h"

#include "object.h"

/* Of shops that use no other; the shop calls it the default stock. */
static const char default_stock[] = "1";

static imh_status ask(imh_call *call, imh_str path, imh_str *body)
{
    const imh_reply *reply;
    (void)call->host->http(call, shop_request(call, path), &reply);
    *body = reply->body;
    return shop_status(call, reply);
}

/* The one that the website sells from. A shop that cannot tell has only the default. */
static imh_status find_stock(struct shop *shop, imh_call *call, imh_str *stock)
{
    struct shop_view view;
    imh_str body = imh_text("");
    imh_status status = shop_view(shop, call, &view);
    if (status == IMH_OK) {
        status = ask(call, imh_text("store/websites"), &body);
    }
    if (status != IMH_OK) {
        return status;
    }
    imh_str code = imh_at(call, shop_find(call, body, "/id", view.website_id), "/code");
    imh_str path = imh_print(call, "inventory/stock-resolver/website/%s",
                             call->host->urlencode(call, code).ptr);
    status = ask(call, path, &body);
    imh_str id = imh_at(call, body, "/stock_id");
    *stock = criteria_is_number(id) ? id : imh_text(default_stock);
    return status == IMH_MISSING || status == IMH_REJECTED ? IMH_OK : status;
}

static void write_quantity(imh_json *json, const char *name, imh_str value)
{
    imh_json_key(json, name);
    object_decimal(json, value);
}

/* A shop without inventory sources has no such question: what is there can be sold.
 * Products that are several have no quantity of their own: the shop refuses to tell it. */
static imh_status read_salable(imh_call *call, imh_str item, const imh_reply *salable,
                               imh_str *quantity)
{
    imh_status status = shop_status(call, salable);
    int told = status == IMH_OK &&
               call->host->json_type(call, salable->body, imh_text("")) == IMH_JSON_NUMBER;
    *quantity = told                    ? salable->body
                : status == IMH_MISSING ? imh_at(call, item, "/qty")
                                        : imh_text("");
    return status == IMH_MISSING || status == IMH_REJECTED ? IMH_OK : status;
}

static imh_str stock_json(imh_call *call, imh_str item, imh_str quantity)
{
    imh_json json = imh_json_begin(call);
    imh_json_open(&json, '{');
    write_quantity(&json, "$value", quantity);
    write_quantity(&json, "quantity", quantity);
    write_quantity(&json, "physical", imh_at(call, item, "/qty"));
    imh_json_key(&json, "in_stock");
    object_flag(&json, imh_at(call, item, "/is_in_stock"));
    imh_json_close(&json, '}');
    return imh_json_str(&json);
}

imh_status product_stocks(struct shop *shop, imh_call *call,
                          const imh_lookup *const *lookups, uint32_t count)
{
    const imh_request **requests = call->host->alloc(call, 2 * count * sizeof *requests);
    const imh_reply **replies = call->host->alloc(call, 2 * count * sizeof *replies);
    imh_str stock;
    imh_status found = find_stock(shop, call, &stock);
    if (found != IMH_OK) {
        return found;
    }
    for (uint32_t i = 0; i < count; i++) {
        imh_str sku = call->host->urlencode(call, lookups[i]->path[0]);
        requests[2 * i] = shop_request(
            call,
            imh_print(call, "products/%s?fields=extension_attributes%%5Bstock_item%%5D",
                      sku.ptr));
        requests[2 * i + 1] = shop_request(
            call, imh_print(call, "inventory/get-product-salable-quantity/%s/%s", sku.ptr,
                            stock.ptr));
    }
    (void)call->host->http_many(call, requests, 2 * count, replies);
    for (uint32_t i = 0; i < count; i++) {
        imh_str quantity = imh_text("");
        imh_status status = shop_status(call, replies[2 * i]);
        imh_str item =
            imh_at(call, replies[2 * i]->body, "/extension_attributes/stock_item");
        if (status == IMH_OK) {
            status = read_salable(call, item, replies[2 * i + 1], &quantity);
        }
        if (status == IMH_OK) {
            object_answer(call, lookups[i], stock_json(call, item, quantity));
        } else {
            (void)imh_unanswered(call, lookups[i], status);
        }
    }
    return IMH_OK;
}
