#include <stdlib.h>
#include <string.h>

#include <imh/json.h>

#include "changes.h"
#include "digest.h"
#include "events.h"
#include "kinds.h"
#include "moment.h"
#include "pages.h"
#include "slots.h"

/* ---- accounts ---- */

static imh_str subject_of(imh_call *call, imh_str raw)
{
    imh_json json = imh_json_begin(call);
    imh_json_open(&json, '{');
    imh_json_key(&json, "email");
    imh_json_text(&json, imh_at(call, raw, "/email"));
    imh_json_key(&json, "customer_id");
    imh_json_text(&json, imh_at(call, raw, "/id"));
    imh_json_close(&json, '}');
    return imh_json_str(&json);
}

/* `what` makes its key: unique for each time it happens to the customer. */
static imh_status tell(imh_call *call, imh_str raw, const struct shop_view *view,
                       uint32_t type, imh_str what)
{
    imh_json json = imh_json_begin(call);
    customer_kind.write(&json, raw, view);
    const imh_event event = {
        .size = sizeof event,
        .type = type,
        .key = imh_print(call, "customer/%s/%s", imh_at(call, raw, "/id").ptr, what.ptr),
        .subject = subject_of(call, raw),
        .data = imh_json_str(&json)};
    return imh_emit(call, &event);
}

/* What people can change: `updated_at` moves without any change, and the newsletter has
 * events of its own. */
static imh_str content_of(imh_call *call, imh_str raw)
{
    const imh_item *fields;
    uint64_t digest = DIGEST_NONE;
    uint32_t count = call->host->json_items(call, raw, &fields);
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(fields[i].key.ptr, "updated_at") != 0 &&
            strcmp(fields[i].key.ptr, "extension_attributes") != 0) {
            digest = digest_of(digest, fields[i].json);
        }
    }
    return imh_print(call, "%016llx", (unsigned long long)digest);
}

static imh_status take(void *self, imh_call *call, imh_str item,
                       const struct shop_view *view, int first)
{
    imh_str was;
    imh_str is = content_of(call, item);
    imh_str key = imh_print(call, "customer/%s", imh_at(call, item, "/id").ptr);
    imh_str changed = imh_at(call, item, "/updated_at");
    imh_status known = call->host->state(call, key, &was);
    imh_status status = IMH_OK;
    (void)self;
    if (known != IMH_OK && known != IMH_MISSING) {
        return known;
    }
    int is_new = known == IMH_MISSING && !changes_is_old(call, customer_kind.path, item);
    if (first || (known == IMH_OK && strcmp(was.ptr, is.ptr) == 0)) {
        status = IMH_OK;
    } else if (is_new) {
        status = tell(call, item, view, USER_REGISTER, imh_text("register"));
    } else {
        status = tell(call, item, view, USER_UPDATE,
                      imh_print(call, "update/%s/%s", is.ptr, changed.ptr));
    }
    return status == IMH_OK ? call->host->state_put(call, key, is) : status;
}

imh_status customer_events(struct shop *shop, imh_call *call, const imh_span *span)
{
    const struct changes customers = {.path = customer_kind.path,
                                      .id_at = customer_kind.id_at,
                                      .scope = customer_kind.scope,
                                      .take = take};
    return changes_poll(shop, call, span, &customers);
}

/* ---- the newsletter ---- */

enum { FLAGS_PAGE = 500, CHANGED_MOST = 100 };

static struct pages flags_pages(imh_call *call, const imh_span *span,
                                const struct shop_view *view)
{
    struct criteria criteria = criteria_begin(call, customer_kind.path);
    criteria.url = imh_print(call,
                             "%sfields=items%%5Bid%%2Cextension_attributes%%5Bis_"
                             "subscribed%%5D%%5D%%2Ctotal_count&",
                             criteria.url.ptr);
    customer_kind.scope(&criteria, view);
    criteria_filter(&criteria, CRITERIA_AND, "entity_id", "gt",
                    span->cursor.len > 0 ? span->cursor : imh_text("0"));
    uint32_t most = span->most > 0 && span->most < FLAGS_PAGE ? span->most : FLAGS_PAGE;
    return (struct pages){
        .call = call, .criteria = criteria, .id = "entity_id", .size = most, .number = 1};
}

/* Customers whose flag is another one than it was. */
struct turned {
    imh_str ids; /* "4,17" */
    unsigned count;
};

/* The whole of them, to be told of. */
static imh_status tell_turned(imh_call *call, const struct turned *turned,
                              const struct shop_view *view, imh_str moment)
{
    const imh_item *items;
    imh_str body;
    struct pages pages = {.call = call,
                          .criteria = criteria_begin(call, customer_kind.path),
                          .id = "entity_id",
                          .size = CHANGED_MOST,
                          .number = 1};
    criteria_filter(&pages.criteria, CRITERIA_AND, "entity_id", "in", turned->ids);
    imh_status status = turned->count > 0 ? pages_read(&pages, &body) : IMH_MISSING;
    if (status != IMH_OK) {
        return status == IMH_MISSING ? IMH_OK : status;
    }
    uint32_t count = call->host->json_items(call, imh_at(call, body, "/items"), &items);
    for (uint32_t i = 0; status == IMH_OK && i < count; i++) {
        imh_str flag = imh_at(call, items[i].json, "/extension_attributes/is_subscribed");
        int on = strcmp(flag.ptr, "true") == 0;
        status =
            tell(call, items[i].json, view, on ? USER_SUBSCRIBE : USER_UNSUBSCRIBE,
                 imh_print(call, "%s/%s", on ? "subscribe" : "unsubscribe", moment.ptr));
    }
    return status;
}

/* Notes the flag; one that never was on and is off now has not changed. */
static imh_status note(struct slots *flags, imh_str item, int first, struct turned *turned)
{
    imh_call *call = flags->call;
    imh_str id = imh_at(call, item, "/id");
    imh_str said = imh_at(call, item, "/extension_attributes/is_subscribed");
    char is = strcmp(said.ptr, "true") == 0 ? '1' : '0';
    imh_status status = IMH_OK;
    if (!criteria_is_number(id)) {
        return imh_fail(call, IMH_REJECTED, "the shop told a customer without an id");
    }
    char *flag = slots_at(flags, strtol(id.ptr, NULL, 10), &status);
    if (!flag || *flag == is) {
        return status;
    }
    if (!first && (is == '1' || *flag == '1')) {
        turned->ids = criteria_append(call, turned->ids, id);
        turned->count++;
    }
    *flag = is;
    flags->changed = 1;
    return IMH_OK;
}

/* All customers, again and again: the link in a newsletter moves no time of theirs. A page
 * ends early when it has as many changes as can be told at once. */
imh_status subscription_events(struct shop *shop, imh_call *call, const imh_span *span)
{
    struct shop_view view;
    imh_str body;
    const imh_item *items;
    struct slots flags = slots_begin(call, "subscribed", 1); /* 1 or 0 */
    struct turned turned = {.ids = imh_text("")};
    imh_status status = shop_view(shop, call, &view);
    if (status != IMH_OK) {
        return status;
    }
    struct pages pages = flags_pages(call, span, &view);
    status = pages_read(&pages, &body);
    if (status != IMH_OK) {
        return status;
    }
    uint32_t count = call->host->json_items(call, imh_at(call, body, "/items"), &items);
    uint32_t taken = 0;
    while (status == IMH_OK && taken < count && turned.count < CHANGED_MOST) {
        status = note(&flags, items[taken++].json, span->flags & IMH_FIRST, &turned);
    }
    status = status == IMH_OK ? slots_keep(&flags) : status;
    if (status == IMH_OK) {
        status = tell_turned(call, &turned, &view, moment_time(call, span->to_ms));
    }
    if (status != IMH_OK) {
        return status;
    }
    int more = taken < count || count >= pages.size;
    return call->host->cursor(
        call, more ? imh_at(call, items[taken - 1].json, "/id") : imh_text(""),
        more ? 1 : 0);
}
