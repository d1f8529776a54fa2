/* renewer - {$renewer.thing} from a remote with OAuth 2, whose refresh token is another one
 * after each use. Only for tests of what becomes of it. */
#include <imh/imh.h>

static const imh_option options[] = {
    {.name = "url", .type = IMH_URL, .flags = IMH_REQUIRED, .help = "Address"},
    {.name = "client", .fallback = "imh"},
    {.name = "client_secret", .flags = IMH_SECRET | IMH_REQUIRED},
    {.name = "refresh", .flags = IMH_SECRET | IMH_REQUIRED},
};

static const imh_auth auths[] = {
    {.name = "login",
     .type = IMH_AUTH_OAUTH2,
     .user = "client",
     .secret = "client_secret",
     .token = "refresh",
     .token_url = "token"},
};

static const imh_variable variables[] = {
    {.name = "thing", .type = IMH_OBJECT},
};

static imh_status resolve(void *self, imh_call *call, const imh_lookup *lookup)
{
    const imh_reply *reply = NULL;
    (void)self;
    imh_status status = imh_get(call, imh_text("thing"), "login", &reply);
    return status ? status : imh_answer_raw(call, lookup, reply->body);
}

const imh_plugin imh_plugin_entry = {
    .abi = IMH_ABI,
    .name = "renewer",
    .version = "1.0.0",
    .options = IMH_LIST(options),
    .auths = IMH_LIST(auths),
    .variables = IMH_LIST(variables),
    .resolve = resolve,
};
