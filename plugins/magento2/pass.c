#include "pass.h"

#include <string.h>

#include "moment.h"
#include "pages.h"

enum {
    NEWS_MOST = 100,
    NEWS_BYTES = 4000, /* of their keys in an address */
    ROWS_MOST = 20     /* of one thing */
};

/* What there is to tell. */
struct news {
    struct {
        imh_str key, what;
    } items[NEWS_MOST];
    uint32_t count;
    size_t bytes;
};

/* A page that is being taken. */
struct reading {
    imh_call *call;
    const imh_span *span;
    const struct pass *pass;
    const struct shop_view *view;
    struct news news;
    uint32_t most; /* things */
    imh_str last;  /* key of the last one that was taken */
};

static imh_str key_of(const struct reading *reading, const imh_item *item)
{
    return imh_at(reading->call, item->json, reading->pass->key_at);
}

/* ---- news ---- */

static int has_room(const struct news *news)
{
    return news->count < NEWS_MOST && news->bytes < NEWS_BYTES;
}

static void add_news(struct news *news, imh_str key, imh_str what)
{
    news->bytes += criteria_is_plain(key) ? key.len : key.len + CRITERIA_FILTER_BYTES;
    news->items[news->count].key = key;
    news->items[news->count++].what = what;
}

/* The whole of them: plain keys as one list, each of the others by itself. */
static struct criteria wanted(const struct reading *reading)
{
    imh_call *call = reading->call;
    const struct news *news = &reading->news;
    imh_str plain = imh_text("");
    struct criteria criteria = criteria_begin(call, reading->pass->kind->path);
    for (uint32_t i = 0; i < news->count; i++) {
        imh_str key = news->items[i].key;
        if (criteria_is_plain(key)) {
            plain = criteria_append(call, plain, key);
        } else {
            criteria_filter(&criteria, CRITERIA_OR, reading->pass->whole, "eq", key);
        }
    }
    if (!imh_is_empty(plain)) {
        criteria_filter(&criteria, CRITERIA_OR, reading->pass->whole, "in", plain);
    }
    return criteria;
}

/* One that is gone meanwhile is not told of. */
static imh_status tell_one(const struct reading *reading, imh_str whole)
{
    const struct pass *pass = reading->pass;
    imh_call *call = reading->call;
    imh_str key = imh_at(call, whole, pass->whole_at);
    for (uint32_t i = 0; i < reading->news.count; i++) {
        if (strcmp(reading->news.items[i].key.ptr, key.ptr) == 0) {
            return pass->tell(pass->self, call, whole, reading->view,
                              reading->news.items[i].what,
                              moment_time(call, reading->span->to_ms));
        }
    }
    return IMH_OK;
}

struct teller {
    const struct reading *reading;
    imh_status status;
};

static int take_whole(void *self, imh_str item)
{
    struct teller *teller = self;
    teller->status = tell_one(teller->reading, item);
    return teller->status == IMH_OK;
}

static imh_status tell_news(const struct reading *reading)
{
    struct pages pages = {.call = reading->call,
                          .criteria = wanted(reading),
                          .id = "entity_id",
                          .size = NEWS_MOST,
                          .number = 1};
    struct teller teller = {.reading = reading, .status = IMH_OK};
    if (reading->news.count == 0) {
        return IMH_OK;
    }
    imh_status status = pages_each(&pages, NEWS_MOST, take_whole, &teller);
    return status == IMH_OK ? teller.status : status;
}

/* ---- a page ---- */

static struct pages pages_of(const struct reading *reading)
{
    const struct pass *pass = reading->pass;
    struct pages pages = {.call = reading->call,
                          .criteria = pass->list(reading->call, reading->view),
                          .id = pass->key,
                          .size = reading->most + (pass->has_rows ? ROWS_MOST : 0),
                          .number = 1};
    if (!imh_is_empty(reading->span->cursor)) {
        criteria_filter(&pages.criteria, CRITERIA_AND, pass->key, "gt",
                        reading->span->cursor);
    }
    return pages;
}

/* Rows of the thing that begins there. */
static uint32_t rows_from(const struct reading *reading, const imh_item *items,
                          uint32_t count)
{
    uint32_t rows = 1;
    imh_str key = key_of(reading, items);
    while (reading->pass->has_rows && rows < count &&
           strcmp(key_of(reading, items + rows).ptr, key.ptr) == 0) {
        rows++;
    }
    return rows;
}

static imh_status take_one(struct reading *reading, const imh_item *rows, uint32_t count)
{
    const struct pass *pass = reading->pass;
    imh_str key = key_of(reading, rows);
    imh_str what = imh_text("");
    if (imh_is_empty(key)) {
        return imh_fail(reading->call, IMH_REJECTED,
                        "the shop told a thing without its number");
    }
    imh_status status = pass->note(pass->self, reading->call, rows, count, &what);
    if (status == IMH_OK && !imh_is_empty(what) &&
        !(reading->span->flags & (IMH_FIRST | IMH_SKIP))) {
        add_news(&reading->news, key, what);
    }
    reading->last = key;
    return status;
}

/* Until news or things are enough. The rows of the last one may go on behind a full page:
 * it is left to the next one, unless it is alone. `all`: everything was taken. */
static imh_status take_page(struct reading *reading, const imh_item *items, uint32_t count,
                            int is_full, int *all)
{
    imh_status status = IMH_OK;
    uint32_t taken = 0;
    for (uint32_t i = 0; status == IMH_OK && i < count;) {
        uint32_t rows = rows_from(reading, items + i, count - i);
        int is_cut = reading->pass->has_rows && is_full && i + rows == count && i > 0;
        if (taken == reading->most || !has_room(&reading->news) || is_cut) {
            *all = 0;
            return IMH_OK;
        }
        status = take_one(reading, items + i, rows);
        i += rows;
        taken++;
    }
    *all = 1;
    return status;
}

/* What cannot even be listed: on behind the second one, which the next pass sees. */
static imh_status pass_over(const struct reading *reading, struct pages *pages)
{
    const imh_item *items;
    imh_str body;
    imh_call *call = reading->call;
    pages->size = 1;
    pages->number = 2;
    imh_status status = pages_read(pages, &body);
    if (status != IMH_OK) {
        return status;
    }
    uint32_t count = call->host->json_items(call, imh_at(call, body, "/items"), &items);
    imh_str key = count > 0 ? key_of(reading, items) : imh_text("");
    int more =
        !imh_is_empty(key) && strcmp(imh_at(call, body, "/total_count").ptr, "1") != 0;
    return call->host->cursor(call, more ? key : imh_text(""), more ? 1 : 0);
}

imh_status pass_poll(struct shop *shop, imh_call *call, const imh_span *span,
                     const struct pass *pass)
{
    struct shop_view view;
    const imh_item *items;
    imh_str body;
    int all = 1;
    imh_status status = shop_view(shop, call, &view);
    if (status != IMH_OK) {
        return status;
    }
    struct reading *reading = call->host->alloc(call, sizeof *reading);
    *reading = (struct reading){
        .call = call, .span = span, .pass = pass, .view = &view, .last = imh_text("")};
    reading->most = span->most > 0 && span->most < pass->size ? span->most : pass->size;
    struct pages pages = pages_of(reading);
    status = pages_read(&pages, &body);
    if (status != IMH_OK) {
        return span->flags & IMH_SKIP ? pass_over(reading, &pages) : status;
    }
    uint32_t count = call->host->json_items(call, imh_at(call, body, "/items"), &items);
    status = take_page(reading, items, count, count >= pages.size, &all);
    status = status == IMH_OK ? tell_news(reading) : status;
    if (status != IMH_OK) {
        return status;
    }
    int more = !all || (count > 0 && count >= pages.size);
    return call->host->cursor(call, more ? reading->last : imh_text(""), more ? 1 : 0);
}
