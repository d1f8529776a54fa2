/* What the shop shows of a product to a guest: product_pages(). */
#include "product.h"

#include <stdlib.h>

#include "moment.h"
#include "money.h"
#include "object.h"
#include "pages.h"

enum { PAGES_MOST = 100 }; /* products of one request, about 5 KB each */

/* ---- from the storefront ---- */

static imh_str ids_of(imh_call *call, const imh_lookup *const *lookups, uint32_t count)
{
    imh_str ids = imh_text("");
    for (uint32_t i = 0; i < count; i++) {
        if (criteria_is_number(lookups[i]->path[0])) {
            ids = criteria_append(call, ids, lookups[i]->path[0]);
        }
    }
    return ids;
}

struct criteria product_storefront(imh_call *call, const struct shop_view *view)
{
    imh_str path = imh_print(call, "products-render-info?storeId=%s&currencyCode=%s&",
                             call->host->urlencode(call, view->id).ptr,
                             call->host->urlencode(call, view->currency).ptr);
    return (struct criteria){.call = call, .url = path};
}

/* Lowest price of what can be chosen, for products that are several. */
static int has_range(imh_str type)
{
    return strcmp(type.ptr, "configurable") == 0 || strcmp(type.ptr, "grouped") == 0 ||
           strcmp(type.ptr, "bundle") == 0;
}

static void write_flag(imh_json *json, const char *name, int on)
{
    imh_json_key(json, name);
    imh_json_raw(json, imh_text(on ? "true" : "false"));
}

static void write_price(imh_json *json, struct money_text value, struct money_text regular,
                        imh_str currency, int from)
{
    int known = value.text[0] != '\0';
    int reduced = known && regular.text[0] != '\0' && money_compare(value, regular) < 0;
    imh_str number = imh_text(known ? value.text : "null");
    imh_json_open(json, '{');
    imh_json_key(json, "$value");
    imh_json_raw(json, number);
    imh_json_key(json, "value");
    imh_json_raw(json, number);
    imh_json_key(json, "currency");
    imh_json_text(json, currency);
    imh_json_key(json, "regular");
    imh_json_raw(json, reduced ? imh_text(regular.text) : number);
    write_flag(json, "on_sale", reduced);
    write_flag(json, "from", from);
    imh_json_close(json, '}');
}

struct money_text product_shown_price(imh_call *call, imh_str item)
{
    int from = has_range(imh_at(call, item, "/type"));
    return money_round(
        imh_at(call, item, from ? "/price_info/minimal_price" : "/price_info/final_price"));
}

static imh_str page_json(imh_call *call, imh_str item)
{
    imh_json json = imh_json_begin(call);
    int from = has_range(imh_at(call, item, "/type"));
    imh_str regular = imh_at(call, item, "/price_info/regular_price");
    imh_json_open(&json, '{');
    imh_json_key(&json, "price");
    write_price(&json, product_shown_price(call, item), money_round(regular),
                imh_at(call, item, "/currency_code"), from);
    imh_json_key(&json, "url");
    imh_json_text(&json, imh_at(call, item, "/url"));
    imh_json_close(&json, '}');
    return imh_json_str(&json);
}

/* ---- from the catalogue: what the storefront does not show ---- */

/* Special prices count from the first to the last of their days. */
static int is_special_now(const struct object *object, imh_str today)
{
    imh_str from = object_attribute(object, "special_from_date");
    imh_str to = object_attribute(object, "special_to_date");
    return (imh_is_empty(from) || strncmp(from.ptr, today.ptr, today.len) <= 0) &&
           (imh_is_empty(to) || strncmp(to.ptr, today.ptr, today.len) >= 0);
}

/* What a batch knows beside the products: the day, and what the view's currency costs in
 * that of the catalogue; empty: prices stay in the catalogue's. */
struct market {
    imh_str day, rate;
};

static struct money_text convert(const struct market *market, struct money_text price)
{
    return imh_is_empty(market->rate) ? price
                                      : money_convert(imh_text(price.text), market->rate);
}

/* What is several has its price from what can be bought of it, and here nothing can. */
static void write_catalogue_price(struct object *object)
{
    static const struct money_text unknown = {""};
    const struct market *market = object->more;
    if (has_range(object_field(object, "type_id"))) {
        write_price(object->json, unknown, unknown, object->view->currency, 0);
        return;
    }
    const imh_item *price = object_find(object, "price");
    imh_str special = object_attribute(object, "special_price");
    struct money_text regular =
        money_round(price && price->type == IMH_JSON_NUMBER ? price->json : imh_text(""));
    struct money_text value = regular;
    if (!imh_is_empty(special) && is_special_now(object, market->day)) {
        struct money_text reduced = money_round(special);
        value = money_compare(reduced, regular) < 0 ? reduced : regular;
    }
    write_price(object->json, convert(market, value), convert(market, regular),
                imh_is_empty(market->rate) ? object->view->base_currency
                                           : object->view->currency,
                0);
}

/* A guess, for what is shown but sold out: the suffix is a setting that is not told. */
static void write_catalogue_url(struct object *object)
{
    imh_call *call = object->call;
    imh_str key = object_attribute(object, "url_key");
    imh_json_text(object->json,
                  imh_is_empty(key) || !product_is_shown(object)
                      ? imh_text("")
                      : imh_print(call, "%s%s.html", object->view->link_url.ptr,
                                  call->host->urlencode(call, key).ptr));
}

/* ---- both ---- */

/* A batch of at most PAGES_MOST lookups. */
struct batch {
    imh_call *call;
    const struct shop_view *view;
    const imh_lookup *const *lookups;
    uint32_t count;
    unsigned char *answered;
    struct market market; /* when the catalogue is asked */
};

static void answer(struct batch *batch, imh_str id, imh_str json)
{
    for (uint32_t i = 0; i < batch->count; i++) {
        if (strcmp(batch->lookups[i]->path[0].ptr, id.ptr) == 0) {
            object_answer(batch->call, batch->lookups[i], json);
            batch->answered[i] = 1;
        }
    }
}

static imh_status ask(struct batch *batch, struct criteria criteria,
                      int (*take)(void *self, imh_str item))
{
    struct pages pages = {.call = batch->call,
                          .criteria = criteria,
                          .id = "entity_id",
                          .size = batch->count,
                          .number = 1};
    return pages_each(&pages, batch->count, take, batch);
}

static int take_shown(void *self, imh_str item)
{
    struct batch *batch = self;
    answer(batch, imh_at(batch->call, item, "/id"), page_json(batch->call, item));
    return 1;
}

static imh_status ask_storefront(struct batch *batch)
{
    struct criteria criteria = product_storefront(batch->call, batch->view);
    criteria_filter(&criteria, CRITERIA_AND, "entity_id", "in",
                    ids_of(batch->call, batch->lookups, batch->count));
    return ask(batch, criteria, take_shown);
}

/* Days begin and end by the store view's clock. */
static imh_status today(imh_call *call, const struct shop_view *view, imh_str *day)
{
    enum { DAY_MS = 86400 * 1000 };
    int64_t local_ms;
    if (call->host->local_ms(call, view->timezone, call->host->now_ms(call), &local_ms)) {
        return imh_fail(
            call, IMH_REJECTED,
            "special prices count by the store view's clock, and its time zone "
            "'%s' is unknown here: install the package tzdata, or choose another "
            "in Stores > Configuration > General > Locale Options",
            view->timezone.ptr);
    }
    *day = moment_day(call, local_ms / DAY_MS);
    return IMH_OK;
}

/* A shop that does not tell it leaves its prices in the catalogue's currency. */
static imh_status find_rate(struct batch *batch)
{
    imh_call *call = batch->call;
    const struct shop_view *view = batch->view;
    const imh_reply *reply;
    if (strcmp(view->currency.ptr, view->base_currency.ptr) == 0) {
        return IMH_OK;
    }
    (void)call->host->http(call, shop_request(call, imh_text("directory/currency")),
                           &reply);
    imh_status status = shop_status(call, reply);
    imh_str row = shop_find(call, imh_at(call, reply->body, "/exchange_rates"),
                            "/currency_to", view->currency);
    imh_str rate = imh_at(call, row, "/rate");
    int is_rate = status == IMH_OK &&
                  money_convert(imh_text("1000"), rate).text[0] != '\0' &&
                  strspn(rate.ptr, "0.") < rate.len && rate.ptr[0] != '-';
    batch->market.rate = is_rate ? rate : imh_text("");
    return status == IMH_MISSING || status == IMH_REJECTED || status == IMH_DENIED ? IMH_OK
                                                                                   : status;
}

static int take_hidden(void *self, imh_str item)
{
    static const struct special specials[] = {{"price", write_catalogue_price},
                                              {"url", write_catalogue_url}};
    struct batch *batch = self;
    imh_json json = imh_json_begin(batch->call);
    object_write(&json, item, OBJECT_SPECIALS(specials), batch->view, &batch->market);
    answer(batch, imh_at(batch->call, item, "/id"), imh_json_str(&json));
    return 1;
}

static imh_status ask_catalogue(struct batch *batch, imh_str ids)
{
    imh_status status = today(batch->call, batch->view, &batch->market.day);
    status = status == IMH_OK ? find_rate(batch) : status;
    if (status != IMH_OK) {
        return status;
    }
    struct criteria criteria = criteria_begin(batch->call, "products");
    criteria_filter(&criteria, CRITERIA_AND, "entity_id", "in", ids);
    return ask(batch, criteria, take_hidden);
}

static void resolve(struct batch *batch)
{
    imh_call *call = batch->call;
    imh_str rest = imh_text("");
    imh_status status = ask_storefront(batch);
    for (uint32_t i = 0; i < batch->count; i++) {
        if (!batch->answered[i] && criteria_is_number(batch->lookups[i]->path[0])) {
            rest = criteria_append(call, rest, batch->lookups[i]->path[0]);
        }
    }
    if (status == IMH_OK && !imh_is_empty(rest)) {
        status = ask_catalogue(batch, rest);
    }
    for (uint32_t i = 0; i < batch->count; i++) {
        if (!batch->answered[i]) {
            (void)imh_unanswered(call, batch->lookups[i],
                                 status == IMH_OK ? IMH_MISSING : status);
        }
    }
}

imh_status product_pages(struct shop *shop, imh_call *call,
                         const imh_lookup *const *lookups, uint32_t count)
{
    struct shop_view view;
    imh_status status = shop_view(shop, call, &view);
    for (uint32_t i = 0; status == IMH_OK && i < count; i += PAGES_MOST) {
        unsigned char answered[PAGES_MOST] = {0};
        uint32_t rest = count - i;
        struct batch batch = {.call = call,
                              .view = &view,
                              .lookups = lookups + i,
                              .count = rest < PAGES_MOST ? rest : PAGES_MOST,
                              .answered = answered};
        resolve(&batch);
    }
    return status;
}
