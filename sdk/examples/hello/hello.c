/* hello - the smallest useful plugin: one variable, one event, no state. */
#include <imh/imh.h>

static const imh_option options[] = {
    {.name = "url", .type = IMH_URL, .flags = IMH_REQUIRED, .help = "Address of the API"},
    {.name = "token", .flags = IMH_REQUIRED | IMH_SECRET, .help = "Access token"},
};

static const imh_variable variables[] = {
    {.name = "customer", .subject = "email", .type = IMH_OBJECT, .ttl_s = 300},
};

static const imh_event_type event_types[] = {{.name = "order-create", .help = "New order"}};

/* {$identifier.customer...}: fetch the customer by address; the host walks the rest. */
static imh_status resolve(void *self, imh_call *call, const imh_lookup *lookup)
{
    (void)self;
    imh_str email = call->host->urlencode(call, imh_at(call, lookup->subject, "/email"));
    if (imh_is_empty(email)) {
        return IMH_MISSING;
    }
    const imh_reply *reply = NULL;
    imh_status status =
        imh_get(call, imh_print(call, "customers/%s", email.ptr), "token", &reply);
    return status ? status : imh_answer_raw(call, lookup, reply->body);
}

/* Every minute: emit the orders of the span. Repeats are fine, the key tells them apart. */
static imh_status poll(void *self, imh_call *call, const imh_span *span)
{
    (void)self;
    imh_str url =
        imh_print(call, "orders?from=%" PRId64 "&to=%" PRId64, span->from_ms, span->to_ms);
    const imh_reply *reply = NULL;
    imh_status status = imh_get(call, url, "token", &reply);
    for (unsigned i = 0; status == IMH_OK; i++) {
        imh_str order = imh_at(call, reply->body, imh_print(call, "/%u", i).ptr);
        if (imh_is_empty(order)) {
            break;
        }
        status = imh_emit(call, IMH_NEW(imh_event, .key = imh_at(call, order, "/id"),
                                        .subject = imh_at(call, order, "/customer"),
                                        .data = order));
    }
    return status;
}

static const imh_source sources[] = {{.name = "orders", .poll = poll}};

const imh_plugin imh_plugin_entry = {
    .abi = IMH_ABI,
    .name = "hello",
    .version = "1.0.0",
    .flags = IMH_CONCURRENT,
    .options = IMH_LIST(options),
    .variables = IMH_LIST(variables),
    .event_types = IMH_LIST(event_types),
    .sources = IMH_LIST(sources),
    .resolve = resolve,
};
