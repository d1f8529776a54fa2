#include "pages.h"

#include <stdlib.h>

/* ---- a page ---- */

int pages_shrink(struct pages *pages)
{
    unsigned parts = 2;
    if (pages->size <= 1) {
        return 0;
    }
    while (pages->size % parts != 0) {
        parts++;
    }
    pages->size /= parts;
    pages->number = (pages->number - 1) * parts + 1;
    return 1;
}

/* Pages of a shop that says how large they may be; 0: that is not what it complains of. */
static int fit(struct pages *pages, imh_status status, imh_str body)
{
    imh_str text = imh_at(pages->call, body, "/parameters/max");
    unsigned long most = criteria_is_number(text) ? strtoul(text.ptr, NULL, 10) : 0;
    if (status != IMH_REJECTED || most == 0 || most >= pages->size) {
        return 0;
    }
    if (pages->number == 1) {
        pages->size = (unsigned)most;
    }
    while (pages->size > most) {
        (void)pages_shrink(pages);
    }
    return 1;
}

imh_status pages_read(struct pages *pages, imh_str *body)
{
    imh_call *call = pages->call;
    for (;;) {
        const imh_reply *reply;
        void *mark = call->host->mark(call);
        struct criteria criteria = pages->criteria;
        (void)call->host->http(
            call,
            criteria_request(&criteria, pages->id, pages->size, (unsigned)pages->number),
            &reply);
        imh_status status = shop_list_status(call, reply);
        pages->is_too_large = shop_is_too_large(reply);
        int smaller =
            pages->is_too_large ? pages_shrink(pages) : fit(pages, status, reply->body);
        if (!smaller) {
            *body = status == IMH_OK ? reply->body : imh_text("");
            return status;
        }
        call->host->release(call, mark);
    }
}

/* ---- all of them ---- */

struct taker {
    int (*take)(void *self, imh_str item);
    void *self;
};

/* The things of a page; how many the list has is told with them, or `most` stands. */
static int take_page(const struct pages *pages, imh_str body, const struct taker *taker,
                     unsigned long *most)
{
    imh_call *call = pages->call;
    const imh_item *items;
    imh_str total = imh_at(call, body, "/total_count");
    uint32_t count = call->host->json_items(call, imh_at(call, body, "/items"), &items);
    if (criteria_is_number(total) && strtoul(total.ptr, NULL, 10) < *most) {
        *most = strtoul(total.ptr, NULL, 10);
    }
    int more = count > 0;
    for (uint32_t i = 0; more && i < count; i++) {
        more = taker->take(taker->self, items[i].json);
    }
    return more;
}

imh_status pages_each(struct pages *pages, unsigned long most,
                      int (*take)(void *self, imh_str item), void *self)
{
    imh_call *call = pages->call;
    const struct taker taker = {take, self};
    imh_status worst = IMH_OK;
    int more = 1;
    while (more && (pages->number - 1) * pages->size < most) {
        imh_str body;
        void *mark = call->host->mark(call);
        imh_status status = pages_read(pages, &body);
        if (status == IMH_OK) {
            more = take_page(pages, body, &taker, &most);
        } else {
            worst = status;
            more = pages->is_too_large;
        }
        call->host->release(call, mark);
        pages->number++;
    }
    return worst;
}
