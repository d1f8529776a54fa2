#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <imh/json.h>

#include "changes.h"
#include "events.h"
#include "kinds.h"
#include "money.h"
#include "object.h"

/* How far an order is: what its events are told by. Kept as state, "1|2.0000|0|0|status".
 */
struct progress {
    int paid, canceled;
    double shipped; /* units, of all lines */
    struct money_text refunded;
    char status[64];
};

/* An order that is read, and what it was. */
struct order {
    imh_call *call;
    imh_str raw, id, updated_at;
    const struct shop_view *view;
    struct progress was, is;
};

static double shipped_units(imh_call *call, imh_str raw)
{
    const imh_item *lines;
    double units = 0;
    uint32_t count = call->host->json_items(call, imh_at(call, raw, "/items"), &lines);
    for (uint32_t i = 0; i < count; i++) {
        units += strtod(imh_at(call, lines[i].json, "/qty_shipped").ptr, NULL);
    }
    return units;
}

/* Nothing is due, and it is no order that waits for its money. */
static int is_paid(imh_call *call, imh_str raw)
{
    imh_str state = imh_at(call, raw, "/state");
    struct money_text zero = money_round(imh_text("0"));
    struct money_text total = money_round(imh_at(call, raw, "/grand_total"));
    struct money_text paid = money_round(imh_at(call, raw, "/total_paid"));
    int is_free = money_compare(total, zero) == 0;
    int goes_on =
        strcmp(state.ptr, "processing") == 0 || strcmp(state.ptr, "complete") == 0;
    return is_free ? goes_on
                   : money_compare(paid, zero) > 0 && money_compare(paid, total) >= 0;
}

static struct progress progress_of(imh_call *call, imh_str raw)
{
    imh_str refunded = imh_at(call, raw, "/total_refunded");
    struct progress is = {
        .paid = is_paid(call, raw),
        .canceled = strcmp(imh_at(call, raw, "/state").ptr, "canceled") == 0,
        .shipped = shipped_units(call, raw),
        .refunded = money_round(imh_is_empty(refunded) ? imh_text("0") : refunded)};
    (void)snprintf(is.status, sizeof is.status, "%s", imh_at(call, raw, "/status").ptr);
    return is;
}

static imh_status keep(const struct order *order)
{
    const struct progress *is = &order->is;
    imh_call *call = order->call;
    return call->host->state_put(call, imh_print(call, "order/%s", order->id.ptr),
                                 imh_print(call, "%d|%d|%.4f|%s|%s", is->paid, is->canceled,
                                           is->shipped, is->refunded.text, is->status));
}

/* The next of the parts between bars; what is behind the last one is empty. */
static void cut(const char **rest, char *part, size_t bytes)
{
    size_t length = strcspn(*rest, "|");
    (void)snprintf(part, bytes, "%.*s", (int)length, *rest);
    *rest += length + ((*rest)[length] == '|');
}

/* IMH_MISSING: it was never seen. */
static imh_status recall(struct order *order)
{
    imh_str kept;
    imh_call *call = order->call;
    struct progress *was = &order->was;
    char flags[2][4];
    char units[32];
    imh_status status =
        call->host->state(call, imh_print(call, "order/%s", order->id.ptr), &kept);
    const char *rest = status == IMH_OK ? kept.ptr : "";
    cut(&rest, flags[0], sizeof flags[0]);
    cut(&rest, flags[1], sizeof flags[1]);
    cut(&rest, units, sizeof units);
    cut(&rest, was->refunded.text, sizeof was->refunded.text);
    (void)snprintf(was->status, sizeof was->status, "%s", rest);
    was->paid = strcmp(flags[0], "1") == 0;
    was->canceled = strcmp(flags[1], "1") == 0;
    was->shipped = strtod(units, NULL);
    return status;
}

static imh_str subject_of(const struct order *order)
{
    imh_json json = imh_json_begin(order->call);
    imh_json_open(&json, '{');
    imh_json_key(&json, "email");
    imh_json_text(&json, imh_at(order->call, order->raw, "/customer_email"));
    imh_json_key(&json, "customer_id");
    imh_json_text(&json, imh_at(order->call, order->raw, "/customer_id"));
    imh_json_key(&json, "cart_id");
    imh_json_text(&json, imh_at(order->call, order->raw, "/quote_id"));
    imh_json_close(&json, '}');
    return imh_json_str(&json);
}

/* `what` makes its key: unique for each time it happens to the order. */
static imh_status tell(const struct order *order, uint32_t type, const char *what)
{
    imh_call *call = order->call;
    imh_json json = imh_json_begin(call);
    order_kind.write(&json, order->raw, order->view);
    const imh_event event = {.size = sizeof event,
                             .type = type,
                             .key = imh_print(call, "order/%s/%s", order->id.ptr, what),
                             .subject = subject_of(order),
                             .data = imh_json_str(&json)};
    return imh_emit(call, &event);
}

/* One after the other, as they come in the life of an order. */
static imh_status tell_changes(const struct order *order, int is_new)
{
    imh_call *call = order->call;
    const struct progress *was = &order->was;
    const struct progress *is = &order->is;
    const struct {
        int happened;
        uint32_t type;
        imh_str key;
    } changes[] = {
        {is_new, ORDER_CREATE, imh_text("create")},
        {is->paid && !was->paid, ORDER_PAID, imh_text("paid")},
        {is->shipped > was->shipped, ORDER_SHIPPED,
         imh_print(call, "shipped/%.4f", is->shipped)},
        {money_compare(is->refunded, was->refunded) > 0, ORDER_REFUNDED,
         imh_print(call, "refunded/%s", is->refunded.text)},
        {is->canceled && !was->canceled, ORDER_CANCELED, imh_text("canceled")},
        {!is_new && strcmp(is->status, was->status) != 0, ORDER_STATUS_CHANGE,
         imh_print(call, "status/%s/%s", is->status, order->updated_at.ptr)},
    };
    imh_status status = IMH_OK;
    for (size_t i = 0; status == IMH_OK && i < sizeof changes / sizeof *changes; i++) {
        if (changes[i].happened) {
            status = tell(order, changes[i].type, changes[i].key.ptr);
        }
    }
    return status;
}

/* One that is older than the link and was not open then had come to its end. */
static struct progress ended(const struct progress *is)
{
    struct progress was = *is;
    was.refunded = money_round(imh_text("0"));
    (void)snprintf(was.status, sizeof was.status, "complete");
    return was;
}

static imh_status take(void *self, imh_call *call, imh_str item,
                       const struct shop_view *view, int first)
{
    struct order order = {.call = call,
                          .raw = item,
                          .id = imh_at(call, item, "/entity_id"),
                          .updated_at = imh_at(call, item, "/updated_at"),
                          .view = view,
                          .is = progress_of(call, item)};
    imh_status known = recall(&order);
    int is_new =
        known == IMH_MISSING && !first && !changes_is_old(call, order_kind.path, item);
    (void)self;
    if (known != IMH_OK && known != IMH_MISSING) {
        return known;
    }
    if (is_new) {
        order.was.refunded = money_round(imh_text("0"));
    } else if (known == IMH_MISSING) {
        order.was = ended(&order.is);
    }
    imh_status status = first ? IMH_OK : tell_changes(&order, is_new);
    return status == IMH_OK ? keep(&order) : status;
}

/* What is still to come of an old order: the rest of it, or another refund. */
static void open_ones(struct criteria *criteria)
{
    criteria_filter(criteria, CRITERIA_AND, "state", "in",
                    imh_text("new,pending_payment,payment_review,processing,holded"));
    criteria_filter(criteria, CRITERIA_OR, "total_refunded", "gt", imh_text("0"));
}

imh_status order_events(struct shop *shop, imh_call *call, const imh_span *span)
{
    const struct changes orders = {.path = order_kind.path,
                                   .id_at = order_kind.id_at,
                                   .scope = order_kind.scope,
                                   .known = open_ones,
                                   .take = take};
    return changes_poll(shop, call, span, &orders);
}
