/* Store views, and the labels of what can be chosen. */
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

/* The element of a list whose member is that text; empty when there is none. */
static imh_str find(imh_call *call, imh_str list, const char *pointer, imh_str value)
{
    const imh_item *items;
    uint32_t count = call->host->json_items(call, list, &items);
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(imh_at(call, items[i].json, pointer).ptr, value.ptr) == 0) {
            return items[i].json;
        }
    }
    return imh_text("");
}

static void write_name(struct object *view)
{
    const struct views *views = view->more;
    imh_str found = find(view->call, views->names, "/id", object_field(view, "id"));
    imh_json_text(view->json, imh_at(view->call, found, "/name"));
}

static void write_website(struct object *view)
{
    const struct views *views = view->more;
    object_remote(view->json, find(view->call, views->websites, "/id",
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
                          find(call, views.configs, "/id", lookups[i]->path[0]));
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
        (void)answer_view(&views, lookups[i], find(call, views.configs, "/code", code));
    }
    return status;
}

/* ---- labels ---- */

/* "93/7": of attribute 93 the option 7; "93/" is the attribute's own label. */
static imh_str label_of(imh_call *call, imh_str attributes, imh_str key)
{
    const char *slash = strchr(key.ptr, '/');
    imh_str id = imh_print(call, "%.*s", slash ? (int)(slash - key.ptr) : 0, key.ptr);
    imh_str attribute = find(call, attributes, "/attribute_id", id);
    if (!slash || imh_is_empty(attribute)) {
        return imh_text("");
    }
    if (slash[1] == '\0') {
        return imh_at(call, attribute, "/default_frontend_label");
    }
    imh_str option =
        find(call, imh_at(call, attribute, "/options"), "/value", imh_text(slash + 1));
    return imh_at(call, option, "/label");
}

/* The attributes that the keys name, as the store view calls them. */
static imh_status read_attributes(imh_call *call, const imh_lookup *const *lookups,
                                  uint32_t count, imh_str *attributes)
{
    enum { ATTRIBUTES_MOST = 100 };
    struct criteria criteria = criteria_begin(call, "products/attributes");
    imh_str ids = imh_text("");
    imh_str body;
    for (uint32_t i = 0; i < count; i++) {
        imh_str key = lookups[i]->path[0];
        imh_str id = imh_print(call, "%.*s", (int)strcspn(key.ptr, "/"), key.ptr);
        if (criteria_is_number(id)) {
            ids = criteria_append(call, ids, id);
        }
    }
    criteria_filter(&criteria, CRITERIA_AND, "attribute_id", "in", ids);
    imh_status status =
        shop_get(call, criteria_request(&criteria, NULL, ATTRIBUTES_MOST, 1), &body);
    *attributes = imh_at(call, body, "/items");
    return status;
}

imh_status option_labels(struct shop *shop, imh_call *call,
                         const imh_lookup *const *lookups, uint32_t count)
{
    imh_str attributes;
    imh_status status = read_attributes(call, lookups, count, &attributes);
    (void)shop;
    for (uint32_t i = 0; status == IMH_OK && i < count; i++) {
        imh_str label = label_of(call, attributes, lookups[i]->path[0]);
        if (imh_is_empty(label)) {
            (void)imh_unanswered(call, lookups[i], IMH_MISSING);
        } else {
            (void)imh_answer(call, lookups[i], call->host->json_quote(call, label));
        }
    }
    return status;
}
