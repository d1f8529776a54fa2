/* peer - asks what its key says and tells what came of it. Only for tests of what remotes
 * do.
 *
 *   {$peer.try.PATH}    of a GET: status, code, after_s, text, bytes, headers, ms
 *   {$peer.post.PATH}   the same of a POST that may not be repeated, with the token
 *   {$peer.raw.PATH}    the answer itself
 *   {$peer.thing.PATH}  an object of its title and price, the answer below `attributes`
 */
#include <imh/imh.h>

static const imh_option options[] = {
    {.name = "url", .type = IMH_URL, .flags = IMH_REQUIRED, .help = "Address"},
    {.name = "token", .flags = IMH_SECRET, .help = "Sent with each POST"},
};

static imh_request ask(imh_call *call, const imh_lookup *lookup)
{
    (void)call;
    return (imh_request){.size = sizeof(imh_request), .url = lookup->path[0]};
}

static imh_request post(imh_call *call, const imh_lookup *lookup)
{
    imh_request request = ask(call, lookup);
    request.method = "POST";
    request.auth = "token";
    request.body = imh_text("{\"body\":\"of the request\"}");
    return request;
}

/* The time is that of all requests of the call: they run side by side. */
static imh_status tell(imh_call *call, const imh_lookup *lookup, const imh_reply *reply,
                       int64_t ms)
{
    imh_str text = call->host->json_quote(call, reply->text);
    imh_str json =
        imh_print(call,
                  "{\"status\":%" PRId32 ",\"code\":%" PRIu32 ",\"after_s\":%" PRIu32
                  ",\"text\":%s,\"bytes\":%zu,\"headers\":%s,\"ms\":%" PRId64 "}",
                  reply->status, reply->code, reply->after_s, text.ptr, reply->body.len,
                  imh_is_empty(reply->headers) ? "{}" : reply->headers.ptr, ms);
    return imh_answer(call, lookup, json);
}

static imh_status hand_on(imh_call *call, const imh_lookup *lookup, const imh_reply *reply,
                          int64_t ms)
{
    (void)ms;
    return reply->status ? reply->status : imh_answer_raw(call, lookup, reply->body);
}

static imh_status compose(imh_call *call, const imh_lookup *lookup, const imh_reply *reply,
                          int64_t ms)
{
    (void)ms;
    if (reply->status) {
        return reply->status;
    }
    imh_str title = imh_at(call, reply->body, "/title");
    imh_str price = imh_at(call, reply->body, "/price");
    title = call->host->json_quote(call, title);
    imh_str json = imh_print(
        call, "{\"title\":%s,\"price\":{\"$value\":%s},\"attributes\":", title.ptr,
        imh_is_empty(price) ? "null" : price.ptr);
    size_t length = json.len + reply->body.len + 1;
    char *whole = (char *)call->host->alloc(call, length);
    memcpy(whole, json.ptr, json.len);
    memcpy(whole + json.len, reply->body.ptr, reply->body.len);
    whole[length - 1] = '}';
    return imh_answer(call, lookup, (imh_str){whole, length});
}

static const imh_variable variables[] = {
    {.name = "try", .type = IMH_OBJECT, .flags = IMH_KEYED},
    {.name = "post", .type = IMH_OBJECT, .flags = IMH_KEYED},
    {.name = "raw", .type = IMH_OBJECT, .flags = IMH_KEYED},
    {.name = "thing", .type = IMH_OBJECT, .flags = IMH_KEYED},
};

/* In the order of the variables. */
static const struct {
    imh_request (*ask)(imh_call *call, const imh_lookup *lookup);
    imh_status (*answer)(imh_call *call, const imh_lookup *lookup, const imh_reply *reply,
                         int64_t ms);
} deeds[] = {{ask, tell}, {post, tell}, {ask, hand_on}, {ask, compose}};

static imh_status resolve_many(void *self, imh_call *call, const imh_lookup *const *lookups,
                               uint32_t count)
{
    (void)self;
    int64_t began = call->host->now_ms(call);
    imh_request *requests = call->host->alloc(call, count * sizeof *requests);
    const imh_request **list = call->host->alloc(call, count * sizeof *list);
    const imh_reply **replies = call->host->alloc(call, count * sizeof *replies);
    for (uint32_t i = 0; i < count; i++) {
        requests[i] = deeds[lookups[i]->variable].ask(call, lookups[i]);
        list[i] = &requests[i];
    }
    (void)call->host->http_many(call, list, count, replies);
    int64_t ms = call->host->now_ms(call) - began;
    for (uint32_t i = 0; i < count; i++) {
        const imh_lookup *lookup = lookups[i];
        imh_status status = deeds[lookup->variable].answer(call, lookup, replies[i], ms);
        if (status) {
            (void)call->host->unanswered(call, lookup, status, replies[i]->after_s,
                                         replies[i]->text);
        }
    }
    return IMH_OK;
}

const imh_plugin imh_plugin_entry = {
    .abi = IMH_ABI,
    .name = "peer",
    .version = "1.0.0",
    .flags = IMH_CONCURRENT,
    .parallel = 32,
    .options = IMH_LIST(options),
    .variables = IMH_LIST(variables),
    .resolve_many = resolve_many,
};
