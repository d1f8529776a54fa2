#include "product.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "changes.h"
#include "digest.h"
#include "events.h"
#include "money.h"
#include "pass.h"
#include "slots.h"

/* ---- a product ---- */

/* Whom it is about: nobody yet. */
static imh_str subject_of(imh_call *call, imh_str raw)
{
    imh_json json = imh_json_begin(call);
    imh_json_open(&json, '{');
    imh_json_key(&json, "sku");
    imh_json_text(&json, imh_at(call, raw, "/sku"));
    imh_json_close(&json, '}');
    return imh_json_str(&json);
}

imh_status product_tell(imh_call *call, imh_str raw, const struct shop_view *view,
                        uint32_t type, imh_str what, imh_str more)
{
    imh_json json = imh_json_begin(call);
    product_write(&json, raw, view);
    imh_str data = imh_json_str(&json);
    const imh_event event = {
        .size = sizeof event,
        .type = type,
        .key = imh_print(call, "product/%s/%s", imh_at(call, raw, "/id").ptr, what.ptr),
        .subject = subject_of(call, raw),
        .data =
            imh_is_empty(more) ? data : imh_print(call, "{%s,%s", more.ptr, data.ptr + 1)};
    return imh_emit(call, &event);
}

/* ---- changes ---- */

enum { DIGEST_BYTES = 16 };

/* All of it but the time: that moves without any change. */
static imh_str content_of(imh_call *call, imh_str raw)
{
    const imh_item *fields;
    uint64_t digest = DIGEST_NONE;
    uint32_t count = call->host->json_items(call, raw, &fields);
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(fields[i].key.ptr, "updated_at") != 0) {
            digest = digest_of(digest, fields[i].json);
        }
    }
    return imh_print(call, "%016llx", (unsigned long long)digest);
}

static imh_status take(void *self, imh_call *call, imh_str item,
                       const struct shop_view *view, int first)
{
    struct slots *slots = self;
    imh_str id = imh_at(call, item, "/id");
    imh_status status = IMH_OK;
    char *was = slots_at(slots, strtol(id.ptr, NULL, 10), &status);
    imh_str is = content_of(call, item);
    if (!was || memcmp(was, is.ptr, DIGEST_BYTES) == 0) {
        return status;
    }
    memcpy(was, is.ptr, DIGEST_BYTES);
    slots->changed = 1;
    imh_str what =
        imh_print(call, "update/%s/%s", is.ptr, imh_at(call, item, "/updated_at").ptr);
    return first ? IMH_OK
                 : product_tell(call, item, view, PRODUCT_UPDATE, what, imh_text(""));
}

/* Variants and hidden ones, too. */
static void of_website(struct criteria *criteria, const struct shop_view *view)
{
    criteria_filter(criteria, CRITERIA_AND, "website_id", "eq", view->website_id);
}

/* All of them: who saves them without a change does so with many. */
static void all_of_them(struct criteria *criteria)
{
    (void)criteria;
}

imh_status product_events(struct shop *shop, imh_call *call, const imh_span *span)
{
    struct slots slots = slots_begin(call, "products", DIGEST_BYTES);
    const struct changes products = {.path = product_by_id.path,
                                     .id_at = product_by_id.id_at,
                                     .scope = of_website,
                                     .known = all_of_them,
                                     .take = take,
                                     .self = &slots};
    imh_status status = changes_poll(shop, call, span, &products);
    return status == IMH_OK ? slots_keep(&slots) : status;
}

/* ---- prices ---- */

enum { PRICE_BYTES = 12, PRICES_PAGE = 100 };

static imh_status note_price(void *self, imh_call *call, const imh_item *rows,
                             uint32_t count, imh_str *what)
{
    struct slots *slots = self;
    imh_str id = imh_at(call, rows->json, "/id");
    struct money_text is = product_shown_price(call, rows->json);
    struct money_text was = {""};
    imh_status status = IMH_OK;
    (void)count;
    if (!criteria_is_number(id)) {
        return imh_fail(call, IMH_REJECTED, "the shop told a product without an id");
    }
    char *slot = slots_at(slots, strtol(id.ptr, NULL, 10), &status);
    if (!slot || is.text[0] == '\0' || strlen(is.text) > PRICE_BYTES) {
        return status;
    }
    (void)snprintf(was.text, sizeof was.text, "%.*s", (int)strcspn(slot, " "), slot);
    if (strcmp(was.text, is.text) != 0) {
        slots_clear(slots, slot);
        memcpy(slot, is.text, strlen(is.text));
        slots->changed = 1;
    }
    if (was.text[0] != '\0' && money_compare(is, was) < 0) {
        *what = imh_print(call, "\"price_is\":%s,\"price_was\":%s", is.text, was.text);
    }
    return IMH_OK;
}

static imh_status tell_price(void *self, imh_call *call, imh_str whole,
                             const struct shop_view *view, imh_str what, imh_str moment)
{
    (void)self;
    return product_tell(call, whole, view, PRODUCT_PRICE_DROP,
                        imh_print(call, "price/%s", moment.ptr), what);
}

/* As the storefront shows them: with special prices on their days, and with rules. */
static struct criteria prices(imh_call *call, const struct shop_view *view)
{
    struct criteria criteria = product_storefront(call, view);
    criteria.url = imh_print(call,
                             "%sfields=items%%5Bid%%2Ctype%%2Cprice_info%%5Bfinal_price"
                             "%%2Cminimal_price%%5D%%5D&",
                             criteria.url.ptr);
    return criteria;
}

imh_status price_events(struct shop *shop, imh_call *call, const imh_span *span)
{
    struct slots slots = slots_begin(call, "prices", PRICE_BYTES);
    const struct pass pass = {.list = prices,
                              .key = "entity_id",
                              .key_at = "/id",
                              .size = PRICES_PAGE,
                              .note = note_price,
                              .kind = &product_by_id,
                              .whole = "entity_id",
                              .whole_at = "/id",
                              .tell = tell_price,
                              .self = &slots};
    imh_status status = pass_poll(shop, call, span, &pass);
    return status == IMH_OK ? slots_keep(&slots) : status;
}
