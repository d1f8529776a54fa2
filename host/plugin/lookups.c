#include "plugin/lookups.h"

#include <stdlib.h>

/* The plugin's lookups from the order's; the key is the first segment of the path. */
static const imh_lookup *const *make_lookups(struct call *call)
{
    uint32_t count = call->order.lookup_count;
    imh_lookup *lookups = arena_zero(&call->arena, count, sizeof *lookups);
    const imh_lookup **list = arena_zero(&call->arena, count, sizeof *list);
    imh_str *keys = arena_zero(&call->arena, count, sizeof *keys);
    if (!lookups || !list || !keys) {
        abort();
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct call_lookup *from = &call->order.lookups[i];
        struct str key = arena_copy(&call->arena, from->key);
        struct str subject = arena_copy(&call->arena, from->subject);
        struct str query = arena_copy(&call->arena, from->query);
        if (!key.ptr || !subject.ptr || !query.ptr) {
            abort();
        }
        keys[i] = imh_str_of(key);
        lookups[i] = (imh_lookup){.size = sizeof *lookups,
                                  .variable = from->variable,
                                  .token = from->token,
                                  .subject = imh_str_of(subject),
                                  .path = &keys[i],
                                  .path_count = from->has_key ? 1 : 0,
                                  .query = imh_str_of(query)};
        list[i] = &lookups[i];
    }
    return list;
}

/* Is it the remote that fails, so that asking for the next key is no use? */
static bool is_remote_trouble(imh_status status)
{
    return status == IMH_RETRY || status == IMH_WAIT || status == IMH_DENIED ||
           status == IMH_CANCELED;
}

/* A plugin that answers one at a time: a key that fails does not spoil the next, unless the
 * remote does or the time is over. */
static imh_status resolve_each(struct call *call, const imh_plugin *plugin, void *self,
                               const imh_lookup *const *lookups, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (call_left_ms(call) <= 0) {
            return IMH_CANCELED;
        }
        imh_status status = plugin->resolve(self, &call->api, lookups[i]);
        if (is_remote_trouble(status)) {
            return status;
        }
        if (status != IMH_OK) {
            (void)call->api.host->unanswered(&call->api, lookups[i], status, 0,
                                             imh_text(""));
        }
    }
    return IMH_OK;
}

imh_status lookups_run(struct call *call, const imh_plugin *plugin, void *self)
{
    uint32_t count = call->order.lookup_count;
    for (uint32_t i = 0; i < count; i++) {
        if (call->order.lookups[i].variable >= plugin->variables.count) {
            return call_fail(call, IMH_BROKEN, 0, "a lookup of a variable there is not");
        }
    }
    const imh_lookup *const *lookups = make_lookups(call);
    if (plugin->resolve_many) {
        return plugin->resolve_many(self, &call->api, lookups, count);
    }
    return plugin->resolve ? resolve_each(call, plugin, self, lookups, count) : IMH_MISSING;
}
