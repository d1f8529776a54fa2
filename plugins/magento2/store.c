/* Store views. */
#include <stdlib.h>

#include "kinds.h"
#include "object.h"

/* ---- store views ---- */

/* What three lists say of a store view. */
struct views {
    imh_call *call;
    imh_str configs, names, websites;
};

static imh_status read_views(struct views *views)
{
    enum { LISTS = 3 };
    imh_call *call = views->call;
    const imh_request *requests[LISTS] = {
        shop_request(call, imh_text("store/storeConfigs")),
        shop_request(call, imh_text("store/storeViews")),
        shop_request(call, imh_text("store/websites"))};
    const imh_reply *replies[LISTS];
    imh_str *const bodies[LISTS] = {&views->configs, &views->names, &views->websites};
    (void)call->host->http_many(call, requests, LISTS, replies);
    for (unsigned i = 0; i < LISTS; i++) {
        imh_status status = shop_status(call, replies[i]);
        if (status != IMH_OK) {
            return status;
        }
        *bodies[i] = replies[i]->body;
    }
    return IMH_OK;
}

static void write_name(struct object *view)
{
    const struct views *views = view->more;
    imh_str found = shop_find(view->call, views->names, "/id", object_field(view, "id"));
    imh_json_text(view->json, imh_at(view->call, found, "/name"));
}

static void write_website(struct object *view)
{
    const struct views *views = view->more;
    object_remote(view->json, shop_find(view->call, views->websites, "/id",
                                        object_field(view, "website_id")));
}

static void write_url(struct object *view)
{
    imh_str url = object_field(view, "secure_base_url");
    imh_json_text(view->json, imh_is_empty(url) ? object_field(view, "base_url") : url);
}

static void write_currency(struct object *view)
{
    imh_json_text(view->json, object_field(view, "default_display_currency_code"));
}

static imh_status answer_view(const struct views *views, const imh_lookup *lookup,
                              imh_str config)
{
    static const struct special specials[] = {{"name", write_name},
                                              {"website", write_website},
                                              {"url", write_url},
                                              {"currency", write_currency}};
    imh_json json = imh_json_begin(views->call);
    if (imh_is_empty(config)) {
        return imh_unanswered(views->call, lookup, IMH_MISSING);
    }
    object_write(&json, config, OBJECT_SPECIALS(specials), NULL, views);
    return imh_answer(views->call, lookup, imh_json_str(&json));
}

imh_status store_views(struct shop *shop, imh_call *call, const imh_lookup *const *lookups,
                       uint32_t count)
{
    struct views views = {.call = call};
    imh_status status = read_views(&views);
    (void)shop;
    for (uint32_t i = 0; status == IMH_OK && i < count; i++) {
        (void)answer_view(&views, lookups[i],
                          shop_find(call, views.configs, "/id", lookups[i]->path[0]));
    }
    return status;
}

imh_status store_self(struct shop *shop, imh_call *call, const imh_lookup *const *lookups,
                      uint32_t count)
{
    struct views views = {.call = call};
    imh_str code = call->host->option(call, "store_view");
    imh_status status = read_views(&views);
    (void)shop;
    for (uint32_t i = 0; status == IMH_OK && i < count; i++) {
        (void)answer_view(&views, lookups[i],
                          shop_find(call, views.configs, "/code", code));
    }
    return status;
}
