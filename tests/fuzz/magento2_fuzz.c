/* What a shop answers, through the plugin: lists, single objects, configurations, errors.
 *
 * The first byte says which variable is asked for, the second what the shop's configuration
 * is; the rest are the bodies of the shop's answers, divided by lines of `--`, each request
 * getting the next one. A body that begins with `!` comes with status 404.
 */
#include "base/inbox.h"
#include "base/json.h"
#include "fuzz.h"
#include "plugin/call.h"
#include "plugin/instance.h"

enum { REQUESTS_MOST = 60, LOOKUPS = 3 };

static const struct str config =
    STR("[{\"id\":1,\"code\":\"default\",\"website_id\":1,\"locale\":\"en_US\","
        "\"base_currency_code\":\"EUR\",\"default_display_currency_code\":\"EUR\","
        "\"timezone\":\"Europe/Amsterdam\",\"base_link_url\":\"http://shop.example/\","
        "\"secure_base_link_url\":\"https://shop.example/\","
        "\"base_media_url\":\"http://shop.example/media/\","
        "\"secure_base_media_url\":\"https://shop.example/media/\"}]");

/* ---- the shop ---- */

struct shop_answers {
    struct str rest; /* bodies to come */
    bool own_config; /* the configuration is one of them */
    unsigned requests;
};

static struct shop_answers answers;

static struct str next_body(void)
{
    static const struct str divider = STR("\n--\n");
    size_t end = str_find(answers.rest, divider, 0);
    struct str body = str_before(answers.rest, end);
    answers.rest = str_after(answers.rest, end + divider.len);
    return body;
}

static imh_status answer_request(const imh_request *request, imh_reply *reply)
{
    struct str url = {request->url.ptr, request->url.len};
    bool asks_config = str_find(url, STR_OF("storeConfigs"), 0) < url.len;
    struct str body = asks_config && !answers.own_config ? config : next_body();
    bool missing = str_starts(body, STR_OF("!"));
    body = str_after(body, missing ? 1 : 0);
    *reply = (imh_reply){.size = sizeof *reply,
                         .code = missing ? 404 : 200,
                         .body = {body.ptr, body.len},
                         .headers = imh_text("{}"),
                         .status = missing ? IMH_MISSING : IMH_OK,
                         .text = imh_text(missing ? "not found" : "")};
    if (++answers.requests > REQUESTS_MOST) {
        *reply = (imh_reply){.size = sizeof *reply,
                             .status = IMH_RETRY,
                             .text = imh_text("the remote does not answer")};
    }
    return reply->status;
}

/* Bodies of replies end with a zero, as those of the host do. */
static imh_status shop_http_many(imh_call *api, const imh_request *const *requests,
                                 uint32_t count, const imh_reply **replies)
{
    imh_status first = IMH_OK;
    for (uint32_t i = 0; i < count; i++) {
        imh_reply *reply = call_services.alloc(api, sizeof *reply);
        fuzz_check(requests[i]->url.len > 0);
        imh_status status = answer_request(requests[i], reply);
        struct str copy = arena_copy(&call_of(api)->arena, str_of(reply->body));
        reply->body = imh_str_of(copy);
        replies[i] = reply;
        first = first == IMH_OK ? status : first;
    }
    return first;
}

static imh_status shop_http(imh_call *api, const imh_request *request,
                            const imh_reply **reply)
{
    return shop_http_many(api, &request, 1, reply);
}

/* ---- the host ---- */

static struct instance *make_instance(const struct entry *entry, struct inbox *outbox)
{
    static struct name_value values[] = {{STR("url"), STR("https://shop.example/")},
                                         {STR("store_view"), STR("default")},
                                         {STR("token"), STR("")}};
    struct worker_instance settings = {.account = STR_OF("acme"),
                                       .identifier = STR_OF("shop"),
                                       .parallel = 1,
                                       .options = {values, 3}};
    struct text payload;
    text_init(&payload, WIRE_FRAME_BYTES);
    instance_put(&payload, &settings);
    struct instance *instance = instance_make(1, entry, text_str(&payload), outbox);
    text_done(&payload);
    return instance;
}

static struct call *make_call(uint32_t variable)
{
    static const struct str keys[] = {STR("24-MB01"), STR("1"), STR("roni@example.com")};
    struct call_lookup lookups[LOOKUPS];
    struct call_order order = {.kind = CALL_RESOLVE,
                               .instance = 1,
                               .attempt = 1,
                               .left_ms = 60000,
                               .ticket = STR_OF("sixteen letters!"),
                               .trace = STR_OF("trace"),
                               .lookups = lookups,
                               .lookup_count = LOOKUPS};
    for (uint32_t i = 0; i < LOOKUPS; i++) {
        lookups[i] = (struct call_lookup){.token = i,
                                          .variable = variable,
                                          .key = keys[i],
                                          .has_key = true,
                                          .subject = STR_OF("{}"),
                                          .query = STR_OF("{\"limit\":5}")};
    }
    struct text payload;
    text_init(&payload, WIRE_FRAME_BYTES);
    order_put(&payload, &order);
    struct call *call = call_make(1, text_str(&payload), NULL);
    text_done(&payload);
    return call;
}

static void ask(struct call *call)
{
    const imh_plugin *plugin = &imh_plugin_entry;
    imh_lookup lookups[LOOKUPS];
    imh_str paths[LOOKUPS];
    const imh_lookup *pointers[LOOKUPS];
    void *self = NULL;
    for (uint32_t i = 0; i < LOOKUPS; i++) {
        const struct call_lookup *lookup = &call->order.lookups[i];
        paths[i] = imh_str_of(lookup->key);
        lookups[i] = (imh_lookup){.size = sizeof lookups[i],
                                  .variable = lookup->variable,
                                  .token = lookup->token,
                                  .subject = imh_str_of(lookup->subject),
                                  .path = &paths[i],
                                  .path_count = 1,
                                  .query = imh_str_of(lookup->query)};
        pointers[i] = &lookups[i];
    }
    if (plugin->create(&call->api, &self) == IMH_OK) {
        (void)plugin->resolve_many(self, &call->api, pointers, LOOKUPS);
    }
    plugin->destroy(self, &call->api);
}

/* What the plugin answered is JSON; the host looked at that already. */
static void read_parcels(struct inbox *outbox)
{
    for (struct inbox_item *item; (item = inbox_take(outbox)) != NULL;) {
        struct parcel *parcel = (struct parcel *)item;
        struct error error;
        struct answer answer;
        if (parcel->message == MESSAGE_ANSWER) {
            fuzz_check(answer_get(text_str(&parcel->payload), &answer));
            fuzz_check(json_check(answer.json, &json_limits_reply, &error));
        }
        parcel_free(parcel);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct entry entry = {.plugin = imh_plugin_entry};
    imh_host services = call_services;
    if (size < 2) {
        return 0;
    }
    answers = (struct shop_answers){.rest = {(const char *)data + 2, size - 2},
                                    .own_config = data[1] % 4 == 3};
    services.http = shop_http;
    services.http_many = shop_http_many;
    struct inbox *outbox = inbox_make();
    struct instance *instance = make_instance(&entry, outbox);
    struct call *call = make_call(data[0] % imh_plugin_entry.variables.count);
    fuzz_check(outbox && instance && call);
    call->instance = instance;
    call->outbox = outbox;
    call->api = (imh_call){.size = sizeof call->api,
                           .attempt = 1,
                           .host = &services,
                           .host_data = call,
                           .account = imh_text("acme"),
                           .identifier = imh_text("shop"),
                           .trace = imh_text("trace")};
    ask(call);
    read_parcels(outbox);
    call_free(call);
    instance_free(instance);
    inbox_free(outbox);
    return 0;
}
