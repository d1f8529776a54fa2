#include "changes.h"

#include <stdlib.h>
#include <string.h>

#include "moment.h"
#include "pages.h"

enum { PAGE = 100 };

/* What was read: up to the thing `id` of those of the second `time`. */
struct place {
    imh_str time, id;
};

static struct place place_of(imh_call *call, const imh_span *span)
{
    const char *slash = memchr(span->cursor.ptr, '/', span->cursor.len);
    if (!slash) {
        return (struct place){moment_time(call, span->from_ms), imh_text("0")};
    }
    int length = (int)(slash - span->cursor.ptr);
    return (struct place){imh_print(call, "%.*s", length, span->cursor.ptr),
                          imh_text(slash + 1)};
}

/* Behind the place: of a later second, or of that one with a higher number. */
static void behind(struct criteria *criteria, const struct place *place)
{
    criteria_filter(criteria, CRITERIA_AND, "updated_at", "gteq", place->time);
    criteria_filter(criteria, CRITERIA_AND, "updated_at", "gt", place->time);
    criteria_filter(criteria, CRITERIA_OR, "entity_id", "gt", place->id);
}

static struct pages pages_of(imh_call *call, const imh_span *span,
                             const struct changes *changes, const struct shop_view *view,
                             const struct place *place)
{
    struct pages pages = {.call = call,
                          .criteria = criteria_begin(call, changes->path),
                          .id = "entity_id",
                          .size = span->most > 0 && span->most < PAGE ? span->most : PAGE,
                          .number = 1};
    changes->scope(&pages.criteria, view);
    if (span->flags & IMH_FIRST) {
        changes->known(&pages.criteria);
        criteria_filter(&pages.criteria, CRITERIA_AND, "entity_id", "gt", place->id);
        return pages;
    }
    behind(&pages.criteria, place);
    criteria_filter(&pages.criteria, CRITERIA_AND, "updated_at", "lt",
                    moment_time(call, span->to_ms + 999));
    criteria_sort(&pages.criteria, "updated_at", 0);
    return pages;
}

/* The second thing, when the first cannot be read: where a page without it begins. */
static imh_status skip(struct pages *pages, imh_call *call, const struct changes *changes)
{
    imh_str body;
    pages->size = 1;
    pages->number = 2;
    imh_status status = pages_read(pages, &body);
    if (status != IMH_OK) {
        return status;
    }
    imh_str count = imh_at(call, body, "/total_count");
    imh_str second = imh_at(call, body, "/items/0");
    imh_str id = imh_at(call, second, changes->id_at);
    imh_str time = imh_at(call, body, "/items/0/updated_at");
    if (!criteria_is_number(id) || strcmp(count.ptr, "1") == 0) {
        return call->host->cursor(call, imh_text(""), 0); /* it was the last */
    }
    return call->host->cursor(
        call, imh_print(call, "%s/%ld", time.ptr, strtol(id.ptr, NULL, 10) - 1), 1);
}

/* Where the next page begins; the last one may have been made smaller by the shop. */
static imh_status go_on(const struct pages *pages, const struct changes *changes,
                        imh_str last, uint32_t count)
{
    imh_call *call = pages->call;
    imh_str time = imh_at(call, last, "/updated_at");
    imh_str id = imh_at(call, last, changes->id_at);
    int more = count >= pages->size;
    return call->host->cursor(
        call, more ? imh_print(call, "%s/%s", time.ptr, id.ptr) : imh_text(""),
        more ? 1 : 0);
}

/* What is kept of a thing is kept by its number. */
static imh_status take(const struct changes *changes, imh_call *call, imh_str item,
                       const struct shop_view *view, int first)
{
    return criteria_is_number(imh_at(call, item, changes->id_at))
               ? changes->take(changes->self, call, item, view, first)
               : imh_fail(call, IMH_REJECTED, "the shop told of %s without a number",
                          changes->path);
}

static imh_str linked_key(imh_call *call, const char *path)
{
    return imh_print(call, "linked/%s", path);
}

imh_str changes_linked(imh_call *call, const char *path)
{
    imh_str linked;
    (void)call->host->state(call, linked_key(call, path), &linked);
    return linked;
}

int changes_is_old(imh_call *call, const char *path, imh_str item)
{
    return strcmp(imh_at(call, item, "/created_at").ptr, changes_linked(call, path).ptr) <
           0;
}

static imh_status note_linked(imh_call *call, const imh_span *span, const char *path)
{
    return imh_is_empty(span->cursor)
               ? call->host->state_put(call, linked_key(call, path),
                                       moment_time(call, span->to_ms))
               : IMH_OK;
}

imh_status changes_poll(struct shop *shop, imh_call *call, const imh_span *span,
                        const struct changes *changes)
{
    struct shop_view view;
    const imh_item *items = NULL;
    imh_str body;
    imh_status status = shop_view(shop, call, &view);
    if (status == IMH_OK && span->flags & IMH_FIRST) {
        status = note_linked(call, span, changes->path);
    }
    if (status != IMH_OK) {
        return status;
    }
    if (span->flags & IMH_FIRST && !changes->known) {
        return call->host->cursor(call, imh_text(""), 0);
    }
    struct place place = place_of(call, span);
    struct pages pages = pages_of(call, span, changes, &view, &place);
    if (span->flags & IMH_SKIP) {
        return skip(&pages, call, changes);
    }
    status = pages_read(&pages, &body);
    if (status != IMH_OK) {
        return status;
    }
    uint32_t count = call->host->json_items(call, imh_at(call, body, "/items"), &items);
    for (uint32_t i = 0; status == IMH_OK && i < count; i++) {
        status =
            take(changes, call, items[i].json, &view, (span->flags & IMH_FIRST) ? 1 : 0);
    }
    imh_str last = count > 0 ? items[count - 1].json : imh_text("{}");
    return status == IMH_OK ? go_on(&pages, changes, last, count) : status;
}
