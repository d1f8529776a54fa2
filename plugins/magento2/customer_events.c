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

/* `what` makes its key: unique for each time it happens to the customer. `at_ms`: when it
 * did, 0 for now. */
static imh_status tell(imh_call *call, imh_str raw, const struct shop_view *view,
                       uint32_t type, imh_str what, int64_t at_ms)
{
    imh_json json = imh_json_begin(call);
    customer_kind.write(&json, raw, view);
    const imh_event event = {
        .size = sizeof event,
        .type = type,
        .key = imh_print(call, "customer/%s/%s", imh_at(call, raw, "/id").ptr, what.ptr),
        .subject = subject_of(call, raw),
        .data = imh_json_str(&json),
        .at_ms = at_ms};
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
        status = tell(call, item, view, USER_REGISTER, imh_text("register"), 0);
    } else {
        status = tell(call, item, view, USER_UPDATE,
                      imh_print(call, "update/%s/%s", is.ptr, changed.ptr), 0);
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

struct flags {
    struct slots slots;        /* 1 or 0 */
    int64_t before_ms, now_ms; /* when the pass before began, and this one */
};

/* One that never was on and is off now has not changed. */
static imh_status note(void *self, imh_call *call, const imh_item *rows, uint32_t count,
                       imh_str *what)
{
    struct flags *flags = self;
    imh_str id = imh_at(call, rows->json, "/id");
    imh_str said = imh_at(call, rows->json, "/extension_attributes/is_subscribed");
    char is = strcmp(said.ptr, "true") == 0 ? '1' : '0';
    imh_status status = IMH_OK;
    (void)count;
    if (!criteria_is_number(id)) {
        return imh_fail(call, IMH_REJECTED, "the shop told a customer without an id");
    }
    char *flag = slots_at(&flags->slots, strtol(id.ptr, NULL, 10), &status);
    if (!flag || *flag == is) {
        return status;
    }
    if (is == '1' || *flag == '1') {
        *what = imh_text(is == '1' ? "subscribe" : "unsubscribe");
    }
    *flag = is;
    flags->slots.changed = 1;
    return IMH_OK;
}

/* Who subscribes has done so since the pass before; until this one began others may have
 * signed off. */
static imh_status tell_flag(void *self, imh_call *call, imh_str whole,
                            const struct shop_view *view, imh_str what, imh_str moment)
{
    const struct flags *flags = self;
    int on = what.ptr[0] == 's';
    return tell(call, whole, view, on ? USER_SUBSCRIBE : USER_UNSUBSCRIBE,
                imh_print(call, "%s/%s", what.ptr, moment.ptr),
                on ? flags->before_ms + 1 : flags->now_ms);
}

/* When the pass before began: "BEFORE_MS/NOW_MS" of the one under way. */
static imh_status read_passes(imh_call *call, struct flags *flags)
{
    static const char key[] = "subscribed_passes";
    imh_str kept;
    imh_status status = call->host->state(call, imh_text(key), &kept);
    const char *slash = status == IMH_OK ? strchr(kept.ptr, '/') : NULL;
    int64_t began_ms = slash ? strtoll(slash + 1, NULL, 10) : 0;
    if (status != IMH_OK && status != IMH_MISSING) {
        return status;
    }
    if (began_ms == flags->now_ms) {
        flags->before_ms = strtoll(kept.ptr, NULL, 10);
        return IMH_OK;
    }
    flags->before_ms = began_ms;
    return call->host->state_put(
        call, imh_text(key),
        imh_print(call, "%lld/%lld", (long long)began_ms, (long long)flags->now_ms));
}

imh_status subscription_events(struct shop *shop, imh_call *call, const imh_span *span)
{
    struct flags flags = {.slots = slots_begin(call, "subscribed", 1),
                          .now_ms = span->to_ms};
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
    imh_status status = read_passes(call, &flags);
    status = status == IMH_OK ? pass_poll(shop, call, span, &pass) : status;
    return status == IMH_OK ? slots_keep(&flags.slots) : status;
}
