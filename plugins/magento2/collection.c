#include "collection.h"

#include <stdlib.h>

#include "letters.h"
#include "object.h"

enum {
    KEYS_MOST = 100,  /* of one list call */
    THINGS_A_KEY = 2, /* one with that key, another with that id */
    ENCODED = 3,      /* bytes of an encoded one */
    TIMES_AN_ID = 3,  /* that it stands in an address, at most */
    PAGES_MOST = 20   /* of such a list: keys may be of many things */
};

/* Lookups on their way to one list call: from `first` to before `end`. */
struct span {
    uint32_t first, end;
};

/* All that a batch of keys needs. */
struct batch {
    imh_call *call;
    const struct collection *collection;
    const imh_lookup *const *lookups;
    const struct shop_view *view;
    int one_by_one; /* the shop allows no larger pages */
};

/* ---- asking for keys ---- */

static imh_str key_of(const struct batch *batch, uint32_t number)
{
    return batch->lookups[number]->path[0];
}

static int is_id(imh_str key)
{
    return criteria_is_number(key);
}

/* Of things that are not asked for by their id only ours. */
static void ask_for_ours(const struct batch *batch, struct criteria *criteria, imh_str ids)
{
    const struct collection *collection = batch->collection;
    if (collection->home) {
        criteria_filter(criteria, CRITERIA_AND, collection->home, "eq",
                        collection->ours(batch->view));
        if (!imh_is_empty(ids)) {
            criteria_filter(criteria, CRITERIA_OR, collection->id, "in", ids);
        }
    }
}

/* Things whose key is one of these, or whose entity id is one of those that are numbers:
 * one call for both. */
static const imh_request *keys_request(const struct batch *batch, struct span span,
                                       unsigned page)
{
    imh_call *call = batch->call;
    const struct collection *collection = batch->collection;
    struct criteria criteria = criteria_begin(call, collection->path);
    imh_str keys = imh_text("");
    imh_str ids = imh_text("");
    for (uint32_t i = span.first; i < span.end; i++) {
        imh_str key = key_of(batch, i);
        if (collection->key && criteria_is_plain(key)) {
            keys = criteria_append(call, keys, key);
        } else if (collection->key) {
            criteria_filter(&criteria, CRITERIA_OR, collection->key, "eq", key);
        }
        if (is_id(key) && !collection->key_only) {
            ids = criteria_append(call, ids, key);
        }
    }
    if (!imh_is_empty(keys)) {
        criteria_filter(&criteria, CRITERIA_OR, collection->key, "in", keys);
    }
    if (!imh_is_empty(ids)) {
        criteria_filter(&criteria, CRITERIA_OR, collection->id, "in", ids);
    }
    ask_for_ours(batch, &criteria, ids);
    return criteria_request(&criteria, collection->id,
                            batch->one_by_one ? 1 : (span.end - span.first) * THINGS_A_KEY,
                            page);
}

/* What a key adds to the address: odd ones have a filter of their own, digits are not
 * encoded. */
static size_t url_bytes(imh_str key)
{
    size_t bytes = key.len * ENCODED + ENCODED;
    return is_id(key)               ? (key.len + ENCODED) * TIMES_AN_ID
           : criteria_is_plain(key) ? bytes
                                    : bytes + CRITERIA_FILTER_BYTES;
}

/* Cuts lookups into lists of at most `most` keys that fit in an address. */
static uint32_t cut(const struct batch *batch, struct span all, uint32_t most,
                    struct span *spans)
{
    uint32_t count = 0;
    size_t bytes = 0;
    for (uint32_t i = all.first; i < all.end; i++) {
        size_t key_bytes = url_bytes(key_of(batch, i));
        if (count == 0 || i - spans[count - 1].first == most ||
            bytes + key_bytes > CRITERIA_URL_BYTES) {
            spans[count++] = (struct span){i, i};
            bytes = 0;
        }
        spans[count - 1].end = i + 1;
        bytes += key_bytes;
    }
    return count;
}

/* ---- answering keys ---- */

/* A thing of a reply: what it is found by, and all of it. */
struct thing {
    imh_str key, id, json;
};

struct things {
    struct thing *list;
    uint32_t count;
};

/* One page more; how many it has. */
static uint32_t add_things(const struct batch *batch, imh_str body, struct things *things)
{
    imh_call *call = batch->call;
    const struct collection *collection = batch->collection;
    const imh_item *items;
    uint32_t count = call->host->json_items(call, imh_at(call, body, "/items"), &items);
    struct thing *list =
        call->host->alloc(call, ((size_t)things->count + count + 1) * sizeof *list);
    if (things->count > 0) {
        memcpy(list, things->list, things->count * sizeof *list);
    }
    for (uint32_t i = 0; i < count; i++) {
        imh_str json = items[i].json;
        list[things->count + i] = (struct thing){
            .key = collection->key ? imh_at(call, json, collection->key_at) : imh_text(""),
            .id = imh_at(call, json, collection->id_at),
            .json = json};
    }
    things->list = list;
    things->count += count;
    return count;
}

static int has_key(const struct batch *batch, const struct thing *thing, imh_str key)
{
    const struct collection *collection = batch->collection;
    return collection->key && (collection->exact ? strcmp(thing->key.ptr, key.ptr) == 0
                                                 : letters_same(thing->key, key));
}

static int is_ours(const struct batch *batch, const struct thing *thing)
{
    const struct collection *collection = batch->collection;
    return !collection->home_at ||
           strcmp(imh_at(batch->call, thing->json, collection->home_at).ptr,
                  collection->ours(batch->view).ptr) == 0;
}

/* The thing with that key, ours before others; only when there is none, the one with that
 * id. */
static const struct thing *find_thing(const struct batch *batch,
                                      const struct things *things, imh_str key)
{
    const struct thing *by_id = NULL;
    const struct thing *other = NULL;
    for (uint32_t i = 0; i < things->count; i++) {
        const struct thing *thing = &things->list[i];
        int fits = has_key(batch, thing, key);
        if (fits && is_ours(batch, thing)) {
            return thing;
        }
        if (fits && !other && !batch->collection->home) {
            other = thing;
        }
        if (!batch->collection->key_only && strcmp(thing->id.ptr, key.ptr) == 0) {
            by_id = thing;
        }
    }
    return other ? other : by_id;
}

static imh_status answer_key(const struct batch *batch, uint32_t number, imh_str thing)
{
    imh_json json = imh_json_begin(batch->call);
    imh_json_reserve(&json, OBJECT_COPIES * thing.len + OBJECT_BYTES);
    batch->collection->write(&json, thing, batch->view);
    return imh_answer(batch->call, batch->lookups[number], imh_json_str(&json));
}

static void answer_keys(const struct batch *batch, struct span span,
                        const struct things *things)
{
    imh_call *call = batch->call;
    for (uint32_t i = span.first; i < span.end; i++) {
        void *mark = call->host->mark(call);
        const struct thing *thing = find_thing(batch, things, key_of(batch, i));
        imh_status status = thing ? answer_key(batch, i, thing->json) : IMH_MISSING;
        if (status != IMH_OK) {
            (void)imh_unanswered(call, batch->lookups[i], status);
        }
        call->host->release(call, mark);
    }
}

static void fail_keys(const struct batch *batch, struct span span, imh_status status)
{
    for (uint32_t i = span.first; i < span.end; i++) {
        (void)imh_unanswered(batch->call, batch->lookups[i], status);
    }
}

/* ---- both ---- */

/* The largest page the shop allows, when that is what it complains of; else 0. */
static uint32_t page_limit(imh_call *call, const imh_reply *reply)
{
    imh_str most = imh_at(call, reply->body, "/parameters/max");
    return reply->status == IMH_REJECTED && is_id(most)
               ? (uint32_t)strtoul(most.ptr, NULL, 10)
               : 0;
}

/* So many keys a list instead; 0: there is no use in that. Things that were too large
 * beside others may do alone: `again`. */
static uint32_t smaller(const struct batch *batch, uint32_t keys, const imh_reply *reply,
                        int again)
{
    uint32_t limit = page_limit(batch->call, reply);
    if (shop_is_too_large(reply)) {
        return keys > 1 ? keys / 2 : again && reply->status == IMH_RETRY;
    }
    if (limit == 1) {
        return keys > 1 || again;
    }
    return limit >= THINGS_A_KEY && limit < keys * THINGS_A_KEY ? limit / THINGS_A_KEY : 0;
}

/* All that the list has, from its first page on; `reply` becomes that of the last one. */
static imh_status read_things(const struct batch *batch, struct span span,
                              const imh_reply **reply, struct things *things)
{
    imh_call *call = batch->call;
    imh_status status = shop_list_status(call, *reply);
    for (unsigned page = 2; status == IMH_OK; page++) {
        imh_str total = imh_at(call, (*reply)->body, "/total_count");
        uint32_t count = add_things(batch, (*reply)->body, things);
        if (count == 0 || page > PAGES_MOST || !criteria_is_number(total) ||
            things->count >= strtoul(total.ptr, NULL, 10)) {
            break;
        }
        (void)call->host->http(call, keys_request(batch, span, page), reply);
        status = shop_list_status(call, *reply);
    }
    return status;
}

/* 0: done; else so many keys a list are to be asked for. */
static uint32_t resolve_span(const struct batch *batch, struct span span,
                             const imh_reply *reply, int again)
{
    struct things things = {NULL, 0};
    imh_status status = read_things(batch, span, &reply, &things);
    if (status == IMH_OK) {
        answer_keys(batch, span, &things);
        return 0;
    }
    uint32_t most = smaller(batch, span.end - span.first, reply, again);
    if (most == 0) {
        fail_keys(batch, span, status);
    }
    return most;
}

/* A shop that allows only small pages, or whose things are huge, gets more lists, one after
 * the other. */
static void resolve_smaller(const struct batch *batch, struct span all, uint32_t most)
{
    imh_call *call = batch->call;
    struct span *spans = call->host->alloc(call, (all.end - all.first) * sizeof *spans);
    uint32_t count = cut(batch, all, most, spans);
    for (uint32_t i = 0; i < count; i++) {
        const imh_reply *reply;
        void *mark = call->host->mark(call);
        struct batch asked = *batch;
        (void)call->host->http(call, keys_request(&asked, spans[i], 1), &reply);
        if (most == 1 && page_limit(call, reply) == 1) {
            asked.one_by_one = 1;
            (void)call->host->http(call, keys_request(&asked, spans[i], 1), &reply);
        }
        uint32_t rest = resolve_span(&asked, spans[i], reply, 0);
        call->host->release(call, mark);
        if (rest > 0) {
            resolve_smaller(batch, spans[i], rest);
        }
    }
}

/* Keys that nothing can have are not asked for; the others come first. */
static uint32_t drop_hopeless(imh_call *call, const struct collection *collection,
                              const imh_lookup *const *lookups, uint32_t count,
                              const imh_lookup **hopeful)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (collection->key || is_id(lookups[i]->path[0])) {
            hopeful[kept++] = lookups[i];
        } else {
            (void)imh_unanswered(call, lookups[i], IMH_MISSING);
        }
    }
    return kept;
}

/* Lists that are asked for at once; how much smaller each must be is left in `rests`. */
static imh_status resolve_together(struct shop *shop, const struct batch *batch,
                                   struct shop_view *view, const struct span *spans,
                                   uint32_t count, uint32_t *rests)
{
    imh_call *call = batch->call;
    const imh_request **requests = call->host->alloc(call, count * sizeof *requests);
    const imh_reply **replies = call->host->alloc(call, count * sizeof *replies);
    if (batch->collection->home) {
        imh_status status = shop_view(shop, call, view); /* the question names it */
        if (status != IMH_OK) {
            return status;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        requests[i] = keys_request(batch, spans[i], 1);
    }
    imh_status status = shop_view_and(shop, call, view, requests, count, replies);
    if (status != IMH_OK) {
        return status;
    }
    if (!replies[0]) {
        (void)call->host->http_many(call, requests, count, replies);
    }
    for (uint32_t i = 0; i < count; i++) {
        rests[i] = resolve_span(batch, spans[i], replies[i], 1);
    }
    return IMH_OK;
}

/* The view is known by then, but where it was read is not there any more. */
static imh_status resolve_rests(struct shop *shop, const struct batch *batch,
                                const struct span *spans, uint32_t count,
                                const uint32_t *rests)
{
    struct shop_view view;
    struct batch rest = *batch;
    rest.view = NULL;
    for (uint32_t i = 0; i < count; i++) {
        imh_status status =
            rests[i] > 0 && !rest.view ? shop_view(shop, batch->call, &view) : IMH_OK;
        if (status != IMH_OK) {
            return status;
        }
        if (rests[i] > 0) {
            rest.view = &view;
            resolve_smaller(&rest, spans[i], rests[i]);
        }
    }
    return IMH_OK;
}

imh_status collection_resolve(struct shop *shop, imh_call *call,
                              const struct collection *collection,
                              const imh_lookup *const *lookups, uint32_t count)
{
    struct shop_view view;
    const imh_lookup **hopeful = call->host->alloc(call, (count + 1) * sizeof *hopeful);
    count = drop_hopeless(call, collection, lookups, count, hopeful);
    if (count == 0) {
        return IMH_OK;
    }
    struct batch batch = {call, collection, hopeful, &view, 0};
    struct span *spans = call->host->alloc(call, count * sizeof *spans);
    uint32_t *rests = call->host->alloc(call, count * sizeof *rests);
    uint32_t span_count = cut(&batch, (struct span){0, count}, KEYS_MOST, spans);
    void *mark = call->host->mark(call);
    imh_status status = resolve_together(shop, &batch, &view, spans, span_count, rests);
    call->host->release(call, mark);
    return status == IMH_OK ? resolve_rests(shop, &batch, spans, span_count, rests)
                            : status;
}
