/* ticker - events from a feed of numbered things, for tests of polling.
 *
 * GET /feed?after=N&most=M answers {"items":[{"id":N,"at":MS,"say":"..."}],"more":true}. A
 * thing that says "crash" ends the worker, one that says "twice" is a second event with the
 * same key; the key is the number, or the thing's "key". How often each was seen is kept as
 * state. The action `write` posts its arguments there. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <imh/imh.h>

enum { PAGE = 100, URL_BYTES = 200 };

static const imh_option options[] = {
    {.name = "url", .type = IMH_URL, .flags = IMH_REQUIRED, .help = "Address"},
    {.name = "token", .flags = IMH_SECRET | IMH_REQUIRED},
};

static const imh_event_type types[] = {
    {.name = "thing-new", .help = "Another thing", .example = "{\"id\":1}"},
    {.name = "thing-again", .help = "It was seen before", .example = "{\"id\":1}"},
};

static bool says(imh_str said, const char *word)
{
    return said.len == strlen(word) && memcmp(said.ptr, word, said.len) == 0;
}

/* The event's type is what the state says. */
static imh_status tell(imh_call *call, imh_str item)
{
    imh_str id = call->host->json_at(call, item, imh_text("/id"));
    imh_str said = call->host->json_at(call, item, imh_text("/say"));
    imh_str at = call->host->json_at(call, item, imh_text("/at"));
    imh_str key = call->host->json_at(call, item, imh_text("/key"));
    imh_str seen;
    imh_status known = call->host->state(call, id, &seen);
    if (says(said, "crash")) {
        abort();
    }
    if (known != IMH_OK && known != IMH_MISSING) {
        return known;
    }
    imh_event event = {.size = sizeof event,
                       .type = known == IMH_OK ? 1 : 0,
                       .key = imh_is_empty(key) ? id : key,
                       .subject = imh_text("{}"),
                       .data = item,
                       .at_ms = imh_is_empty(at) ? 0 : strtoll(at.ptr, NULL, 10)};
    imh_status told = call->host->state_put(call, id, imh_text("1"));
    for (unsigned i = 0; told == IMH_OK && i < (says(said, "twice") ? 2 : 1); i++) {
        told = imh_emit(call, &event);
    }
    return told;
}

static imh_str url_of(imh_call *call, const imh_span *span)
{
    char *url = call->host->alloc(call, URL_BYTES);
    unsigned most = span->most > 0 && span->most < PAGE ? span->most : PAGE;
    (void)snprintf(url, URL_BYTES, "%s?after=%.*s&most=%u&first=%d",
                   span->flags & IMH_SKIP ? "skip" : "feed", (int)span->cursor.len,
                   span->cursor.ptr, most, span->flags & IMH_FIRST ? 1 : 0);
    return imh_text(url);
}

static imh_status poll(void *self, imh_call *call, const imh_span *span)
{
    const imh_reply *reply = NULL;
    const imh_item *items = NULL;
    (void)self;
    imh_status status = imh_get(call, url_of(call, span), "token", &reply);
    if (status != IMH_OK) {
        return status;
    }
    imh_str list = call->host->json_at(call, reply->body, imh_text("/items"));
    uint32_t count = call->host->json_items(call, list, &items);
    for (uint32_t i = 0; status == IMH_OK && i < count; i++) {
        status = tell(call, items[i].json);
    }
    if (status != IMH_OK) {
        return status;
    }
    return call->host->cursor(
        call, call->host->json_at(call, reply->body, imh_text("/next")),
        says(call->host->json_at(call, reply->body, imh_text("/more")), "true"));
}

static imh_status write_record(void *self, imh_call *call, imh_str args, imh_str key)
{
    const imh_request request = {.size = sizeof request,
                                 .flags = IMH_REPEATABLE,
                                 .method = "POST",
                                 .url = imh_text("write"),
                                 .body = args};
    const imh_reply *reply = NULL;
    (void)self;
    (void)key;
    imh_status status = imh_http(call, &request, &reply);
    return status == IMH_OK ? imh_result(call, reply->body) : status;
}

static const imh_action actions[] = {
    {.name = "write",
     .help = "Writes a record",
     .params = "{\"type\":\"object\",\"required\":[\"record\"],"
               "\"properties\":{\"record\":{\"type\":\"string\"}}}",
     .stream = "/record",
     .flags = IMH_REPEATABLE,
     .run = write_record},
};

static const imh_source sources[] = {
    {.name = "things", .help = "All things", .every_s = 1, .margin_s = 1, .poll = poll},
};

const imh_plugin imh_plugin_entry = {
    .abi = IMH_ABI,
    .name = "ticker",
    .version = "1.0.0",
    .flags = IMH_CONCURRENT,
    .options = IMH_LIST(options),
    .event_types = IMH_LIST(types),
    .sources = IMH_LIST(sources),
    .actions = IMH_LIST(actions),
};
