/* http - calls an address over HTTP: a webhook of your own. */
#include <imh/imh.h>

#include "check.h"
#include "outcome.h"
#include "request.h"

static const imh_option options[] = {
    {.name = "url",
     .type = IMH_URL,
     .flags = IMH_REQUIRED,
     .help = "Address that is called, or below which the paths of calls are"},
    {.name = "auth",
     .type = IMH_CHOICE,
     .choices = "none|bearer|basic|header|signature",
     .fallback = "none",
     .help = "How calls prove who they are; signature is that of Standard Webhooks"},
    {.name = "token",
     .flags = IMH_REQUIRED | IMH_SECRET,
     .when = "auth=bearer",
     .help = "Sent as Authorization: Bearer"},
    {.name = "user",
     .flags = IMH_REQUIRED,
     .when = "auth=basic",
     .help = "User name of Basic authentication"},
    {.name = "password",
     .flags = IMH_REQUIRED | IMH_SECRET,
     .when = "auth=basic",
     .help = "Password of Basic authentication"},
    {.name = "header",
     .flags = IMH_REQUIRED,
     .when = "auth=header",
     .help = "Name of the header that carries the key, as X-Api-Key"},
    {.name = "key",
     .flags = IMH_REQUIRED | IMH_SECRET,
     .when = "auth=header",
     .help = "What that header says"},
    {.name = "signing_secret",
     .flags = IMH_REQUIRED | IMH_SECRET,
     .when = "auth=signature",
     .help = "Shared key in base64, with or without whsec_ in front"},
    {.name = "idempotent",
     .type = IMH_BOOLEAN,
     .fallback = "no",
     .help = "yes: the remote honours Idempotency-Key, so a call whose answer was lost may "
             "be sent again"},
};

static const imh_auth auths[] = {
    {.name = "basic", .type = IMH_AUTH_BASIC, .user = "user", .secret = "password"},
    {.name = "signature",
     .type = IMH_AUTH_HMAC_SHA256,
     .variant = IMH_HMAC_BASE64,
     .secret = "signing_secret",
     .header = "webhook-signature",
     .message = "{header.webhook-id}.{header.webhook-timestamp}.{body}",
     .value = "v1,{base64}"},
};

static imh_status run_request(void *self, imh_call *call, imh_str args, imh_str key)
{
    imh_request request;
    const imh_reply *reply;
    (void)self;
    imh_status status = request_make(call, args, key, &request);
    if (status != IMH_OK) {
        return status;
    }
    status = imh_http(call, &request, &reply);
    return outcome_of(call, status, reply);
}

static const imh_action actions[] = {
    {.name = "request",
     .help = "Calls the address and gives back what it answers",
     .params =
         "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
         "\"method\":{\"enum\":[\"POST\",\"PUT\",\"PATCH\",\"DELETE\",\"GET\"],"
         "\"description\":\"POST when absent\"},"
         "\"path\":{\"type\":\"string\",\"maxLength\":2000,"
         "\"description\":\"Below url, with its query: orders/17?notify=yes\"},"
         "\"headers\":{\"type\":\"object\","
         "\"additionalProperties\":{\"type\":\"string\",\"maxLength\":4000}},"
         "\"json\":{\"description\":\"The body, any JSON\"},"
         "\"text\":{\"type\":\"string\",\"description\":\"The body, if it is no JSON\"},"
         "\"content_type\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":200},"
         "\"stream\":{\"type\":\"string\",\"maxLength\":200,"
         "\"description\":\"Calls with the same stream keep their order\"}}}",
     .stream = "/stream",
     .run = run_request},
};

static imh_status check(void *self, imh_call *call)
{
    (void)self;
    return check_address(call);
}

const imh_plugin imh_plugin_entry = {
    .abi = IMH_ABI,
    .name = "http",
    .version = "0.1.0",
    .vendor = "imh",
    .summary = "Calls any address over HTTP, signed: webhooks of your own",
    .flags = IMH_CONCURRENT,
    .options = IMH_LIST(options),
    .auths = IMH_LIST(auths),
    .actions = IMH_LIST(actions),
    .check = check,
};
