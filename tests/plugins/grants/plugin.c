/* grants - a plugin that proves who it is by OAuth 2 in every way there is, and by
 * stand-ins. Only for tests that its credentials work where plugins run for real.
 *
 *   {$grants.thing.client}    asks thing with the credential of that name
 *   {$grants.lasting.client}  the same, then asks wait, then thing again
 *   {$grants.many.client}     asks thing 24 times, side by side
 *   {$grants.told.json}       sends a stand-in, there or in: form, header, url
 */
#include <imh/imh.h>

static const imh_option options[] = {
    {.name = "url", .type = IMH_URL, .flags = IMH_REQUIRED, .help = "Address"},
    {.name = "login",
     .type = IMH_URL,
     .flags = IMH_REQUIRED,
     .help = "Tokens come from it"},
    {.name = "client", .fallback = "imh"},
    {.name = "client_secret", .flags = IMH_SECRET},
    {.name = "refresh_token", .flags = IMH_SECRET},
    {.name = "username", .fallback = "somebody"},
    {.name = "password", .flags = IMH_SECRET},
    {.name = "private_key", .flags = IMH_SECRET},
};

#define TOKEN_URL "{login}token"

static const imh_auth auths[] = {
    {.name = "client",
     .type = IMH_AUTH_OAUTH2,
     .user = "client",
     .secret = "client_secret",
     .token_url = TOKEN_URL,
     .scope = "read"},
    {.name = "refresh",
     .type = IMH_AUTH_OAUTH2,
     .user = "client",
     .secret = "client_secret",
     .token = "refresh_token",
     .token_url = TOKEN_URL,
     .client = IMH_CLIENT_BODY},
    {.name = "password",
     .type = IMH_AUTH_OAUTH2,
     .grant = IMH_GRANT_PASSWORD,
     .user = "client",
     .secret = "client_secret",
     .username = "username",
     .password = "password",
     .token_url = TOKEN_URL},
    {.name = "jwt",
     .type = IMH_AUTH_OAUTH2,
     .grant = IMH_GRANT_JWT,
     .user = "client",
     .secret = "private_key",
     .username = "username",
     .token_url = TOKEN_URL,
     .scope = "read"},
};

/* ---- thing, lasting, many ---- */

static imh_status ask(imh_call *call, const char *url, const imh_lookup *lookup,
                      const imh_reply **reply)
{
    return imh_get(call, imh_text(url), lookup->path[0].ptr, reply);
}

static imh_status show_thing(imh_call *call, const imh_lookup *lookup)
{
    const imh_reply *reply = NULL;
    imh_status status = ask(call, "thing", lookup, &reply);
    return status ? status : imh_answer_raw(call, lookup, reply->body);
}

static imh_status show_lasting(imh_call *call, const imh_lookup *lookup)
{
    const imh_reply *reply = NULL;
    imh_status status = ask(call, "thing", lookup, &reply);
    status = status ? status : ask(call, "wait", lookup, &reply);
    return status ? status : show_thing(call, lookup);
}

static imh_status show_many(imh_call *call, const imh_lookup *lookup)
{
    enum { MANY = 24 };
    const imh_request request = {
        .size = sizeof request, .url = imh_text("thing"), .auth = lookup->path[0].ptr};
    const imh_request *requests[MANY];
    const imh_reply *replies[MANY];
    for (unsigned i = 0; i < MANY; i++) {
        requests[i] = &request;
    }
    imh_status status = call->host->http_many(call, requests, MANY, replies);
    return status ? status : imh_answer_raw(call, lookup, replies[MANY - 1]->body);
}

/* ---- told ---- */

static const struct {
    const char *place, *url, *headers, *body; /* %s: the stand-in */
} places[] = {
    {"json", "told", "{\"Content-Type\":\"application/json\"}", "{\"key\":\"%s\"}"},
    {"form", "told", "{}", "key=%s"},
    {"header", "told", "{\"X-Key\":\"%s\"}", ""},
    {"url", "told?key=%s", "{}", ""},
};

/* `format` with the stand-in at its place. */
static imh_str put(imh_call *call, const char *format, imh_str stand_in)
{
    const char *at = strstr(format, "%s");
    return at ? imh_print(call, "%.*s%s%s", (int)(at - format), format, stand_in.ptr,
                          at + 2)
              : imh_text(format);
}

static imh_status show_told(imh_call *call, const imh_lookup *lookup)
{
    const imh_reply *reply = NULL;
    imh_str stand_in;
    size_t i = 0;
    while (i + 1 < sizeof places / sizeof *places &&
           strcmp(places[i].place, lookup->path[0].ptr) != 0) {
        i++;
    }
    imh_status status = call->host->secret(call, "password", &stand_in);
    imh_request request = {.size = sizeof request, .method = "POST"};
    if (!status) {
        request.url = put(call, places[i].url, stand_in);
        request.headers = put(call, places[i].headers, stand_in);
        request.body = put(call, places[i].body, stand_in);
        imh_log(call, IMH_WARNING, "sends %s", stand_in.ptr);
        status = imh_http(call, &request, &reply);
    }
    return status ? status : imh_answer_raw(call, lookup, reply->body);
}

/* ---- the plugin ---- */

static const imh_variable variables[] = {
    {.name = "thing", .type = IMH_OBJECT, .flags = IMH_KEYED},
    {.name = "lasting", .type = IMH_OBJECT, .flags = IMH_KEYED},
    {.name = "many", .type = IMH_OBJECT, .flags = IMH_KEYED},
    {.name = "told", .type = IMH_OBJECT, .flags = IMH_KEYED},
};

static imh_status resolve(void *self, imh_call *call, const imh_lookup *lookup)
{
    static imh_status (*const shows[])(imh_call * call, const imh_lookup *lookup) = {
        show_thing, show_lasting, show_many, show_told};
    (void)self;
    return shows[lookup->variable](call, lookup);
}

const imh_plugin imh_plugin_entry = {
    .abi = IMH_ABI,
    .name = "grants",
    .version = "1.0.0",
    .flags = IMH_CONCURRENT,
    .parallel = 8,
    .options = IMH_LIST(options),
    .auths = IMH_LIST(auths),
    .variables = IMH_LIST(variables),
    .resolve = resolve,
};
