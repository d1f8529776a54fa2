#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <imh/json.h>

#include "changes.h"
#include "digest.h"
#include "events.h"
#include "kinds.h"
#include "moment.h"
#include "slots.h"

/* ---- a cart ---- */

enum {
    DIGEST_BYTES = 16,
    TIME_BYTES = 19,
    KNOWN_DAYS = 30, /* of a shop that was just linked */
    KEPT_DAYS = 60,
    SECOND_MS = 1000, /* what the shop's times may be off */
    DAY_MS = 24 * 3600 * 1000
};

/* What is kept of an open cart: its slot. */
struct kept {
    char items[DIGEST_BYTES];
    char is_owned;            /* '1': by a customer */
    char changed[TIME_BYTES]; /* when its items were last seen to be others */
};

static const char slots_name[] = "carts";

struct cart {
    imh_call *call;
    imh_str raw, id, updated_at;
    const struct shop_view *view;
};

static imh_str at(const struct cart *cart, const char *pointer)
{
    const struct object object = {.call = cart->call, .raw = cart->raw};
    return object_at(&object, pointer);
}

static struct cart cart_of(imh_call *call, imh_str item, const struct shop_view *view)
{
    struct cart cart = {.call = call, .raw = item, .view = view};
    cart.id = at(&cart, "/id");
    cart.updated_at = at(&cart, "/updated_at");
    return cart;
}

/* Its owner's, else the one that was typed at the checkout. */
static imh_str email_of(const struct cart *cart)
{
    imh_str email = at(cart, "/customer/email");
    return imh_is_empty(email) ? at(cart, "/billing_address/email") : email;
}

static imh_str subject_of(const struct cart *cart)
{
    imh_json json = imh_json_begin(cart->call);
    imh_json_open(&json, '{');
    imh_json_key(&json, "email");
    imh_json_text(&json, email_of(cart));
    imh_json_key(&json, "customer_id");
    imh_json_text(&json, at(cart, "/customer/id"));
    imh_json_key(&json, "cart_id");
    imh_json_text(&json, cart->id);
    imh_json_close(&json, '}');
    return imh_json_str(&json);
}

/* `what` makes its key: unique for each time it happens to the cart. */
static imh_status tell(const struct cart *cart, uint32_t type, imh_str what)
{
    imh_call *call = cart->call;
    imh_json json = imh_json_begin(call);
    cart_kind.write(&json, cart->raw, cart->view);
    const imh_event event = {.size = sizeof event,
                             .type = type,
                             .key = imh_print(call, "cart/%s/%s", cart->id.ptr, what.ptr),
                             .subject = subject_of(cart),
                             .data = imh_json_str(&json)};
    return imh_emit(call, &event);
}

/* What is in it: the shop, too, changes prices. Empty: nothing is. */
static imh_str items_of(const struct cart *cart)
{
    imh_call *call = cart->call;
    const imh_item *items;
    uint64_t digest = DIGEST_NONE;
    uint32_t count = call->host->json_items(call, at(cart, "/items"), &items);
    for (uint32_t i = 0; i < count; i++) {
        digest = digest_of(digest, imh_at(call, items[i].json, "/sku"));
        digest = digest_of(digest, imh_at(call, items[i].json, "/qty"));
    }
    return count > 0 ? imh_print(call, "%016llx", (unsigned long long)digest)
                     : imh_print(call, "%*s", DIGEST_BYTES, "");
}

/* ---- carts that are new or changed ---- */

struct carts {
    struct slots slots;
    long highest; /* number of those that came */
};

static int is_open(const struct cart *cart)
{
    return strcmp(at(cart, "/is_active").ptr, "true") == 0;
}

static int is_owned(const struct cart *cart)
{
    return !imh_is_empty(at(cart, "/customer/id"));
}

/* One that was there before, and nothing is known of, had its owner then. */
static imh_status tell_changes(const struct cart *cart, const struct kept *was, int is_new,
                               imh_str items)
{
    imh_status status = IMH_OK;
    if (is_owned(cart) && was->is_owned == (is_new ? ' ' : '0')) {
        status = tell(cart, CART_IDENTIFIED, imh_text("identified"));
    }
    if (status == IMH_OK && is_open(cart) &&
        memcmp(items.ptr, was->items, sizeof was->items) != 0) {
        status =
            tell(cart, CART_UPDATE,
                 imh_print(cart->call, "update/%s/%s", items.ptr, cart->updated_at.ptr));
    }
    return status;
}

/* Of one that is open no more nothing is kept: it does not come back. */
static void keep(struct carts *carts, const struct cart *cart, struct kept *kept,
                 imh_str items)
{
    int differs = memcmp(items.ptr, kept->items, sizeof kept->items) != 0;
    char owned = is_owned(cart) ? '1' : '0';
    if (!is_open(cart)) {
        slots_clear(&carts->slots, (char *)kept);
        return;
    }
    if (differs || kept->changed[0] == ' ') {
        memcpy(kept->changed, cart->updated_at.ptr, sizeof kept->changed);
    }
    carts->slots.changed = carts->slots.changed || differs || kept->is_owned != owned;
    kept->is_owned = owned;
    memcpy(kept->items, items.ptr, sizeof kept->items);
}

static imh_status take(void *self, imh_call *call, imh_str item,
                       const struct shop_view *view, int first)
{
    struct carts *carts = self;
    struct cart cart = cart_of(call, item, view);
    imh_status status = IMH_OK;
    if (cart.updated_at.len != TIME_BYTES) {
        return imh_fail(call, IMH_REJECTED, "the shop told of a cart without a time");
    }
    long id = strtol(cart.id.ptr, NULL, 10);
    char *slot = slots_at(&carts->slots, id, &status);
    if (!slot) {
        return status;
    }
    struct kept *kept = (struct kept *)(void *)slot;
    imh_str items = items_of(&cart);
    int is_new =
        slots_is_blank(&carts->slots, slot) && !changes_is_old(call, cart_kind.path, item);
    carts->highest = id > carts->highest ? id : carts->highest;
    status = first ? IMH_OK : tell_changes(&cart, kept, is_new, items);
    if (status == IMH_OK) {
        keep(carts, &cart, kept, items);
    }
    return status;
}

/* ---- forgetting ---- */

/* A thousand with each span, round and round: who left a cart alone for so long comes with
 * another one. */
static imh_status forget(struct carts *carts, int64_t now_ms)
{
    static const char key[] = "carts_forgotten";
    imh_call *call = carts->slots.call;
    imh_status status = IMH_OK;
    imh_str said;
    (void)call->host->state(call, imh_text(key), &said);
    imh_str limit = moment_time(call, now_ms - (int64_t)KEPT_DAYS * DAY_MS);
    const char *slash = strchr(said.ptr, '/');
    long thousand = strtol(said.ptr, NULL, 10);
    long last = slash ? strtol(slash + 1, NULL, 10) : 0;
    long now_last = carts->highest / SLOTS_THOUSAND;
    now_last = now_last > last ? now_last : last;
    for (long i = 0; i < SLOTS_THOUSAND; i++) {
        char *slot = slots_at(&carts->slots, thousand * SLOTS_THOUSAND + i, &status);
        struct kept *kept = (struct kept *)(void *)slot;
        if (!slot) {
            return status;
        }
        if (memcmp(kept->changed, limit.ptr, sizeof kept->changed) < 0) {
            slots_clear(&carts->slots, slot);
        }
    }
    imh_str next =
        imh_print(call, "%ld/%ld", thousand < now_last ? thousand + 1 : 0, now_last);
    return strcmp(next.ptr, said.ptr) == 0
               ? IMH_OK
               : call->host->state_put(call, imh_text(key), next);
}

/* Of a shop that was just linked: carts that somebody may come back to. */
static void recent_ones(struct criteria *criteria)
{
    imh_call *call = criteria->call;
    int64_t since_ms = call->host->now_ms(call) - (int64_t)KNOWN_DAYS * DAY_MS;
    criteria_filter(criteria, CRITERIA_AND, "is_active", "eq", imh_text("1"));
    criteria_filter(criteria, CRITERIA_AND, "updated_at", "gteq",
                    moment_time(call, since_ms));
}

imh_status cart_events(struct shop *shop, imh_call *call, const imh_span *span)
{
    struct carts carts = {.slots = slots_begin(call, slots_name, sizeof(struct kept))};
    const struct changes changes = {.path = cart_kind.path,
                                    .id_at = cart_kind.id_at,
                                    .scope = cart_kind.scope,
                                    .known = recent_ones,
                                    .take = take,
                                    .self = &carts};
    imh_status status = changes_poll(shop, call, span, &changes);
    if (status == IMH_OK && imh_is_empty(span->cursor)) {
        status = forget(&carts, span->to_ms);
    }
    return status == IMH_OK ? slots_keep(&carts.slots) : status;
}

/* ---- carts that are left alone ---- */

/* What the shop is asked for: who orders has no such cart any more. */
static void filled_ones(struct criteria *criteria, const struct shop_view *view)
{
    cart_kind.scope(criteria, view);
    criteria_filter(criteria, CRITERIA_AND, "is_active", "eq", imh_text("1"));
    criteria_filter(criteria, CRITERIA_AND, "items_count", "gt", imh_text("0"));
}

/* Once for each change of what is in it: it was touched, too, when a coupon was tried. */
static imh_status take_idle(void *self, imh_call *call, imh_str item,
                            const struct shop_view *view, int first)
{
    struct slots *slots = self;
    struct cart cart = cart_of(call, item, view);
    imh_status status = IMH_OK;
    imh_str changed = cart.updated_at;
    (void)first;
    if (imh_is_empty(email_of(&cart)) || imh_is_empty(at(&cart, "/items/0"))) {
        return IMH_OK;
    }
    const char *slot = slots_at(slots, strtol(cart.id.ptr, NULL, 10), &status);
    if (slot && !slots_is_blank(slots, slot)) {
        const struct kept *kept = (const struct kept *)(const void *)slot;
        changed = imh_print(call, "%.*s", TIME_BYTES, kept->changed);
    }
    return slot ? tell(&cart, CART_ABANDONED, imh_print(call, "abandoned/%s", changed.ptr))
                : status;
}

/* What was asked with another idle time, and before the link, must not come between: where
 * the span begins. State: "LINKED_MS/IDLE_MS". */
static int64_t idle_from(imh_call *call, const imh_span *span, int64_t idle_ms,
                         imh_status *status)
{
    static const char key[] = "carts_idle";
    imh_str said;
    int64_t linked_ms = span->to_ms;
    int64_t was_ms = idle_ms;
    *status = call->host->state(call, imh_text(key), &said);
    if (*status == IMH_OK && !(span->flags & IMH_FIRST)) {
        const char *slash = strchr(said.ptr, '/');
        linked_ms = strtoll(said.ptr, NULL, 10);
        was_ms = slash ? strtoll(slash + 1, NULL, 10) : idle_ms;
    }
    if (*status == IMH_MISSING || span->flags & IMH_FIRST || was_ms != idle_ms) {
        *status = call->host->state_put(
            call, imh_text(key),
            imh_print(call, "%lld/%lld", (long long)linked_ms, (long long)idle_ms));
    }
    int64_t from_ms = span->from_ms > linked_ms ? span->from_ms : linked_ms;
    return from_ms - (was_ms > idle_ms ? was_ms : idle_ms) - SECOND_MS;
}

/* The carts that came to be so long untouched within the span: those whose last change lies
 * that much before it. */
imh_status abandoned_events(struct shop *shop, imh_call *call, const imh_span *span)
{
    struct slots slots = slots_begin(call, slots_name, sizeof(struct kept));
    const struct changes idle = {.path = cart_kind.path,
                                 .id_at = cart_kind.id_at,
                                 .scope = filled_ones,
                                 .take = take_idle,
                                 .self = &slots};
    int64_t idle_ms =
        strtoll(call->host->option(call, "abandoned_after").ptr, NULL, 10) * SECOND_MS;
    imh_status status;
    imh_span earlier = *span;
    earlier.from_ms = idle_from(call, span, idle_ms, &status);
    earlier.to_ms = span->to_ms - idle_ms - SECOND_MS;
    return status == IMH_OK ? changes_poll(shop, call, &earlier, &idle) : status;
}
