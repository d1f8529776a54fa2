/* deeds - actions that post their arguments to a remote: for tests of what becomes of jobs.
 * `post` may be done once only, `put` as often as one likes, `kill` ends the worker. */
#include <stdlib.h>
#include <string.h>

#include <imh/imh.h>

static const imh_option options[] = {
    {.name = "url", .type = IMH_URL, .flags = IMH_REQUIRED, .help = "Address"},
    {.name = "token", .flags = IMH_SECRET | IMH_REQUIRED},
};

/* {"idempotency-key": "..."} */
static imh_str headers_with(imh_call *call, imh_str key)
{
    static const char before[] = "{\"idempotency-key\":";
    imh_str quoted = call->host->json_quote(call, key);
    char *text = call->host->alloc(call, sizeof before + quoted.len + 1);
    memcpy(text, before, sizeof before - 1);
    memcpy(text + sizeof before - 1, quoted.ptr, quoted.len);
    memcpy(text + sizeof before - 1 + quoted.len, "}", 2);
    return imh_text(text);
}

static imh_status send(imh_call *call, imh_str args, imh_str key, uint32_t flags)
{
    const imh_reply *reply = NULL;
    const imh_request request = {.size = sizeof request,
                                 .flags = flags,
                                 .method = "POST",
                                 .url = imh_text("deeds"),
                                 .headers = headers_with(call, key),
                                 .body = args,
                                 .auth = "token"};
    imh_status status = imh_http(call, &request, &reply);
    if (status == IMH_OK) {
        (void)imh_result(call, reply->body);
    }
    return status;
}

/* GET /check */
static imh_status check(void *self, imh_call *call)
{
    const imh_reply *reply = NULL;
    (void)self;
    return imh_get(call, imh_text("check"), "token", &reply);
}

static imh_status post(void *self, imh_call *call, imh_str args, imh_str key)
{
    (void)self;
    return send(call, args, key, 0);
}

static imh_status put(void *self, imh_call *call, imh_str args, imh_str key)
{
    (void)self;
    return send(call, args, key, IMH_REPEATABLE);
}

/* Looks before it posts. */
static imh_status look(void *self, imh_call *call, imh_str args, imh_str key)
{
    imh_status status = check(self, call);
    return status == IMH_OK ? send(call, args, key, 0) : status;
}

static imh_status kill_worker(void *self, imh_call *call, imh_str args, imh_str key)
{
    (void)self;
    (void)call;
    (void)args;
    (void)key;
    abort();
}

#define PARAMS                                                   \
    "{\"type\":\"object\",\"properties\":{\"stream\":{\"type\":" \
    "\"string\"}}}"

static const imh_action actions[] = {
    {.name = "post", .help = "Once", .params = PARAMS, .stream = "/stream", .run = post},
    {.name = "put",
     .help = "As often as one likes",
     .params = PARAMS,
     .stream = "/stream",
     .flags = IMH_REPEATABLE,
     .run = put},
    {.name = "look",
     .help = "Once, after a look",
     .params = PARAMS,
     .stream = "/stream",
     .run = look},
    {.name = "kill",
     .help = "Ends the worker",
     .params = PARAMS,
     .flags = IMH_REPEATABLE,
     .run = kill_worker},
};

const imh_plugin imh_plugin_entry = {
    .abi = IMH_ABI,
    .name = "deeds",
    .version = "1.0.0",
    .flags = IMH_CONCURRENT,
    .parallel = 8,
    .options = IMH_LIST(options),
    .actions = IMH_LIST(actions),
    .check = check,
};
