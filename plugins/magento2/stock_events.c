#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "events.h"
#include "pass.h"
#include "product.h"

/* What is sold out, by digests of SKUs: a product of which nothing is known was there. */
enum { STOCK_PAGE = 480, SHELVES = 16, SKU_BYTES = 12 };

struct shelf {
    char *digests; /* NULL: it was not read */
    size_t len, room;
    int changed;
};

struct sold_out {
    imh_call *call;
    struct shelf shelves[SHELVES];
};

enum { SHELF_BYTES = (64 << 10) / SKU_BYTES * SKU_BYTES };

static imh_str shelf_key(imh_call *call, size_t number)
{
    return imh_print(call, "sold_out/%zu", number);
}

static imh_status read_shelf(struct sold_out *sold_out, size_t number)
{
    imh_str kept;
    imh_call *call = sold_out->call;
    struct shelf *shelf = &sold_out->shelves[number];
    imh_status status = call->host->state(call, shelf_key(call, number), &kept);
    if (status != IMH_OK && status != IMH_MISSING) {
        return status;
    }
    shelf->len = status == IMH_OK && kept.len <= SHELF_BYTES ? kept.len : 0;
    shelf->room = shelf->len + (size_t)STOCK_PAGE * SKU_BYTES;
    shelf->room = shelf->room < SHELF_BYTES ? shelf->room : SHELF_BYTES;
    shelf->digests = call->host->alloc(call, shelf->room);
    if (shelf->len > 0) {
        memcpy(shelf->digests, kept.ptr, shelf->len);
    }
    return IMH_OK;
}

static imh_status keep_shelves(const struct sold_out *sold_out)
{
    imh_call *call = sold_out->call;
    imh_status status = IMH_OK;
    for (size_t i = 0; status == IMH_OK && i < SHELVES; i++) {
        const struct shelf *shelf = &sold_out->shelves[i];
        if (shelf->changed) {
            status = call->host->state_put(call, shelf_key(call, i),
                                           (imh_str){shelf->digests, shelf->len});
        }
    }
    return status;
}

static char *find_digest(const struct shelf *shelf, const char *digest)
{
    for (size_t at = 0; at < shelf->len; at += SKU_BYTES) {
        if (memcmp(shelf->digests + at, digest, SKU_BYTES) == 0) {
            return shelf->digests + at;
        }
    }
    return NULL;
}

/* Notes whether it is there. 1: it was sold out, and is no more. A shelf that is full takes
 * no more: what does not fit is never told of. */
static int put_stock(struct shelf *shelf, const char *digest, int is_there)
{
    char *found = find_digest(shelf, digest);
    if (!found && !is_there && shelf->len + SKU_BYTES <= shelf->room) {
        memcpy(shelf->digests + shelf->len, digest, SKU_BYTES);
        shelf->len += SKU_BYTES;
        shelf->changed = 1;
    }
    if (found && is_there) {
        shelf->len -= SKU_BYTES;
        memmove(found, shelf->digests + shelf->len, SKU_BYTES);
        shelf->changed = 1;
    }
    return found && is_there;
}

/* Of any source; a row of goods that are not counted has none of them. */
static int is_there(imh_call *call, const imh_item *rows, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        imh_str status = imh_at(call, rows[i].json, "/status");
        imh_str quantity = imh_at(call, rows[i].json, "/quantity");
        if (strcmp(status.ptr, "1") == 0 && strtod(quantity.ptr, NULL) > 0) {
            return 1;
        }
    }
    return 0;
}

static imh_status note_stock(void *self, imh_call *call, const imh_item *rows,
                             uint32_t count, imh_str *what)
{
    struct sold_out *sold_out = self;
    imh_str sku = imh_at(call, rows->json, "/sku");
    uint64_t digest = digest_of(DIGEST_NONE, sku);
    size_t number = digest % SHELVES;
    imh_status status =
        sold_out->shelves[number].digests ? IMH_OK : read_shelf(sold_out, number);
    if (status != IMH_OK) {
        return status;
    }
    imh_str text = imh_print(call, "%016llx", (unsigned long long)digest);
    if (put_stock(&sold_out->shelves[number], text.ptr, is_there(call, rows, count))) {
        *what = imh_text("stock");
    }
    return IMH_OK;
}

/* A variant is shown by the product it belongs to. */
static imh_status tell_stock(void *self, imh_call *call, imh_str whole,
                             const struct shop_view *view, imh_str what, imh_str moment)
{
    struct object product = object_read(call, whole);
    product.view = view;
    (void)self;
    return product_is_sold(&product)
               ? product_tell(call, whole, view, PRODUCT_BACK_IN_STOCK,
                              imh_print(call, "%s/%s", what.ptr, moment.ptr), imh_text(""))
               : IMH_OK;
}

static struct criteria stocks(imh_call *call, const struct shop_view *view)
{
    (void)view;
    return criteria_begin(call, "inventory/source-items");
}

imh_status stock_events(struct shop *shop, imh_call *call, const imh_span *span)
{
    struct sold_out sold_out = {.call = call};
    const struct pass pass = {.list = stocks,
                              .key = "sku",
                              .key_at = "/sku",
                              .size = STOCK_PAGE,
                              .has_rows = 1,
                              .note = note_stock,
                              .kind = &product_by_id,
                              .whole = "sku",
                              .whole_at = "/sku",
                              .tell = tell_stock,
                              .self = &sold_out};
    imh_status status = pass_poll(shop, call, span, &pass);
    if (status == IMH_MISSING) { /* a shop without sources */
        return call->host->cursor(call, imh_text(""), 0);
    }
    return status == IMH_OK ? keep_shelves(&sold_out) : status;
}
