#include <stdlib.h>
#include <string.h>

#include <imh/json.h>

#include "changes.h"
#include "digest.h"
#include "events.h"
#include "kinds.h"
#include "pass.h"
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
    int is_before = known == IMH_MISSING &&
                    strcmp(changed.ptr, changes_linked(call, customer_kind.path).ptr) < 0;
    if (first || is_before || (known == IMH_OK && strcmp(was.ptr, is.ptr) == 0)) {
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

/* All customers, again and again: the link in a newsletter moves no time of theirs. */
enum { FLAGS_PAGE = 500 };

static struct criteria flags_list(imh_call *call, const struct shop_view *view)
{
    struct criteria criteria = criteria_begin(call, customer_kind.path);
    criteria.url = imh_print(call,
                             "%sfields=items%%5Bid%%2Cextension_attributes%%5Bis_"
                             "subscribed%%5D%%5D%%2Ctotal_count&",
                             criteria.url.ptr);
    customer_kind.scope(&criteria, view);
    return criteria;
}

/* One that never was on and is off now has not changed. */
static imh_status note(void *self, imh_call *call, const imh_item *rows, uint32_t count,
                       imh_str *what)
{
    struct slots *flags = self;
    imh_str id = imh_at(call, rows->json, "/id");
    imh_str said = imh_at(call, rows->json, "/extension_attributes/is_subscribed");
    char is = strcmp(said.ptr, "true") == 0 ? '1' : '0';
    imh_status status = IMH_OK;
    (void)count;
    if (!criteria_is_number(id)) {
        return imh_fail(call, IMH_REJECTED, "the shop told a customer without an id");
    }
    char *flag = slots_at(flags, strtol(id.ptr, NULL, 10), &status);
    if (!flag || *flag == is) {
        return status;
    }
    if (is == '1' || *flag == '1') {
        *what = imh_text(is == '1' ? "subscribe" : "unsubscribe");
    }
    *flag = is;
    flags->changed = 1;
    return IMH_OK;
}

static imh_status tell_flag(void *self, imh_call *call, imh_str whole,
                            const struct shop_view *view, imh_str what, imh_str moment)
{
    (void)self;
    return tell(call, whole, view, what.ptr[0] == 's' ? USER_SUBSCRIBE : USER_UNSUBSCRIBE,
                imh_print(call, "%s/%s", what.ptr, moment.ptr));
}

imh_status subscription_events(struct shop *shop, imh_call *call, const imh_span *span)
{
    struct slots flags = slots_begin(call, "subscribed", 1); /* 1 or 0 */
    const struct pass pass = {.list = flags_list,
                              .key = "entity_id",
                              .key_at = customer_kind.id_at,
                              .size = FLAGS_PAGE,
                              .note = note,
                              .kind = &customer_kind,
                              .whole = "entity_id",
                              .whole_at = customer_kind.id_at,
                              .tell = tell_flag,
                              .self = &flags};
    imh_status status = pass_poll(shop, call, span, &pass);
    return status == IMH_OK ? slots_keep(&flags) : status;
}
