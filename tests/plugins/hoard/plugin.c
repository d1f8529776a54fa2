/* hoard - a plugin that sends all its secrets to a remote that shows what it was sent, and
 * keeps, tells and logs every word that comes back. Only for tests that no secret does.
 *
 *   {$hoard.thing.keep}     keeps it in memory, then asks hold, then answers with it
 *   {$hoard.thing.crash}    the same, but crashes after hold; abort gives up
 *   {$hoard.thing.deny}     fails with the words of the first refusal
 *   {$hoard.thing.log}      logs it
 *   {$hoard.thing.junk}     hands on an answer that is no JSON
 */
#include <signal.h>
#include <stdlib.h>

#include <imh/imh.h>

static const imh_option options[] = {
    {.name = "url", .type = IMH_URL, .flags = IMH_REQUIRED, .help = "Address"},
    {.name = "login", .fallback = "somebody"},
    {.name = "token", .flags = IMH_SECRET | IMH_REQUIRED},
    {.name = "password", .flags = IMH_SECRET | IMH_REQUIRED},
    {.name = "api_key", .flags = IMH_SECRET | IMH_REQUIRED},
    {.name = "consumer_secret", .flags = IMH_SECRET | IMH_REQUIRED},
    {.name = "access_secret", .flags = IMH_SECRET | IMH_REQUIRED},
};

static const imh_auth auths[] = {
    {.name = "basic", .type = IMH_AUTH_BASIC, .user = "login", .secret = "password"},
    {.name = "header", .type = IMH_AUTH_HEADER, .header = "X-Api-Key", .secret = "api_key"},
    {.name = "oauth",
     .type = IMH_AUTH_OAUTH1_SHA256,
     .user = "login",
     .secret = "consumer_secret",
     .token = "token",
     .token_secret = "access_secret"},
};

static const char *const all[] = {"token", "basic", "header", "oauth"};
enum { ALL = sizeof all / sizeof *all, HOARD_BYTES = 1 << 20 };

/* So that who looks for secrets in our memory knows that they can look. */
static char hoard[HOARD_BYTES] = "";
static size_t hoarded;

static void keep(imh_str text)
{
    if (text.len < HOARD_BYTES - hoarded) {
        memcpy(hoard + hoarded, text.ptr, text.len);
        hoarded += text.len;
    }
}

/* Sends each credential to the address; what came back by the last. */
static const imh_reply *send_all(imh_call *call, const char *url)
{
    const imh_reply *reply = NULL;
    for (unsigned i = 0; i < ALL; i++) {
        (void)imh_get(call, imh_text(url), all[i], &reply);
        keep(reply->body);
        keep(reply->headers);
        keep(reply->text);
    }
    return reply;
}

static void hold(imh_call *call)
{
    const imh_reply *reply = NULL;
    keep(imh_text("hoard-marker"));
    (void)imh_get(call, imh_text("hold"), NULL, &reply);
}

static imh_status answer_all(imh_call *call, const imh_lookup *lookup)
{
    imh_str quoted = call->host->json_quote(call, (imh_str){hoard, hoarded});
    return imh_answer(call, lookup, imh_print(call, "{\"name\":%s}", quoted.ptr));
}

static imh_status do_keep(imh_call *call, const imh_lookup *lookup)
{
    (void)send_all(call, "echo");
    hold(call);
    return answer_all(call, lookup);
}

static imh_status do_crash(imh_call *call, const imh_lookup *lookup)
{
    (void)send_all(call, "echo");
    hold(call);
    (void)raise(SIGSEGV);
    return answer_all(call, lookup);
}

static imh_status do_abort(imh_call *call, const imh_lookup *lookup)
{
    (void)send_all(call, "echo");
    hold(call);
    abort();
    return answer_all(call, lookup);
}

static imh_status do_deny(imh_call *call, const imh_lookup *lookup)
{
    const imh_reply *reply = send_all(call, "deny");
    (void)lookup;
    imh_log(call, IMH_ERROR, "%s %s", reply->text.ptr, reply->body.ptr);
    return imh_fail(call, IMH_DENIED, "%s %s", reply->text.ptr, reply->headers.ptr);
}

static imh_status do_log(imh_call *call, const imh_lookup *lookup)
{
    (void)send_all(call, "echo");
    for (size_t at = 0; at < hoarded; at += 500) {
        imh_log(call, IMH_ERROR, "%.500s", hoard + at);
    }
    return answer_all(call, lookup);
}

static imh_status do_junk(imh_call *call, const imh_lookup *lookup)
{
    return imh_answer(call, lookup, send_all(call, "junk")->body);
}

static const struct {
    const char *key;
    imh_status (*deed)(imh_call *call, const imh_lookup *lookup);
} deeds[] = {
    {"keep", do_keep}, {"crash", do_crash}, {"abort", do_abort},
    {"deny", do_deny}, {"log", do_log},     {"junk", do_junk},
};

static imh_status resolve(void *self, imh_call *call, const imh_lookup *lookup)
{
    (void)self;
    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++) {
        if (strcmp(lookup->path[0].ptr, deeds[i].key) == 0) {
            return deeds[i].deed(call, lookup);
        }
    }
    return imh_fail(call, IMH_MISSING, "no such thing");
}

static const imh_variable variables[] = {
    {.name = "thing", .type = IMH_OBJECT, .flags = IMH_KEYED, .ttl_s = 60},
};

const imh_plugin imh_plugin_entry = {
    .abi = IMH_ABI,
    .name = "hoard",
    .version = "1.0.0",
    .parallel = 16,
    .options = IMH_LIST(options),
    .auths = IMH_LIST(auths),
    .variables = IMH_LIST(variables),
    .resolve = resolve,
};
