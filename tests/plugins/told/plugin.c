/* told - a plugin that does what it is told, by its options and keys. Only for tests.
 *
 *     {$id.status.KEY}  ends as the key says: "4", "2:30" (and rest 30 s), "4:0:because"
 *     {$id.echo.KEY}    what it knows of the instance, the call and the lookup
 *     {$id.deed.KEY}    does one of `deeds`
 *     source "told"     emits one event, then ends as the cursor says
 *     create, check     end as the options of these names say
 *
 * Built twice: told_many (TOLD_MANY) has `resolve_many` and no `resolve`; there the key of
 * a status may begin with "all:", which is for all lookups of the call.
 */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <imh/imh.h>
#include <imh/json.h>

#include "told.h"

#ifdef TOLD_MANY
#define NAME "told_many"
#else
#define NAME "told"
#endif

static const imh_option options[] = {
    {.name = "url", .type = IMH_URL, .flags = IMH_REQUIRED, .help = "Address of anything"},
    {.name = "token", .flags = IMH_REQUIRED | IMH_SECRET, .help = "Any secret"},
    {.name = "word", .fallback = "none", .help = "What echo answers with"},
    {.name = "create", .fallback = "0", .help = "How create() ends"},
    {.name = "check", .fallback = "0", .help = "How check() ends"},
};

enum { STATUS, ECHO, DEED };

static const imh_variable variables[] = {
    {.name = "status", .example = "{}", .type = IMH_OBJECT, .flags = IMH_KEYED},
    {.name = "echo",
     .example = "{\"word\":\"none\"}",
     .subject = "email city",
     .type = IMH_OBJECT,
     .flags = IMH_KEYED},
    {.name = "deed", .type = IMH_OBJECT, .flags = IMH_KEYED},
};

static const imh_event_type event_types[] = {
    {.name = "told", .example = "{\"from\":0,\"to\":1}"},
};

/* ---- its lives ---- */

static struct told_lives lives;

__attribute__((destructor)) static void count_lives(void)
{
    if (atomic_load(&lives.created) != atomic_load(&lives.destroyed)) {
        _exit(TOLD_LEFT_OVER);
    }
}

static const void *extension(const char *id)
{
    return strcmp(id, TOLD_LIVES) == 0 ? &lives : NULL;
}

/* ---- ending as told ---- */

/* "4", "2:30", "4:0:because". */
static imh_status end_as(imh_call *call, const char *told)
{
    char *rest;
    imh_status status = (imh_status)strtol(told, &rest, 10);
    if (*rest != ':') {
        return status;
    }
    uint32_t after_s = (uint32_t)strtoul(rest + 1, &rest, 10);
    return call->host->fail(call, status, after_s, imh_text(*rest == ':' ? rest + 1 : ""));
}

static imh_status create(imh_call *call, void **self)
{
    imh_str word = call->host->option(call, "word");
    char *copy = malloc(word.len + 1);
    if (!copy) {
        abort();
    }
    memcpy(copy, word.ptr, word.len + 1);
    *self = copy;
    (void)atomic_fetch_add(&lives.created, 1);
    return end_as(call, call->host->option(call, "create").ptr);
}

static void destroy(void *self, imh_call *call)
{
    imh_log(call, IMH_DEBUG, "%s is destroyed", (const char *)self);
    (void)atomic_fetch_add(&lives.destroyed, 1);
    free(self);
}

static imh_status check(void *self, imh_call *call)
{
    (void)self;
    return end_as(call, call->host->option(call, "check").ptr);
}

static imh_status poll(void *self, imh_call *call, const imh_span *span)
{
    (void)self;
    imh_str data = imh_print(call, "{\"from\":%" PRId64 ",\"to\":%" PRId64 "}",
                             span->from_ms, span->to_ms);
    imh_status status =
        imh_emit(call, IMH_NEW(imh_event, .key = imh_text("told/1"), .data = data));
    if (status == IMH_OK) {
        status = call->host->cursor(call, imh_text("next"), 1);
    }
    return status ? status : end_as(call, span->cursor.ptr);
}

/* ---- answers ---- */

static void add(imh_json *json, const char *name, imh_str text)
{
    imh_json_key(json, name);
    imh_json_text(json, text);
}

static imh_status say_echo(void *self, imh_call *call, const imh_lookup *lookup)
{
    imh_json json = imh_json_begin(call);
    imh_json_open(&json, '{');
    add(&json, "word", call->host->option(call, "word"));
    add(&json, "created_with", imh_text(self));
    add(&json, "account", call->account);
    add(&json, "identifier", call->identifier);
    add(&json, "key", lookup->path[0]);
    imh_json_key(&json, "subject");
    imh_json_remote(&json, lookup->subject);
    imh_json_close(&json, '}');
    return imh_answer(call, lookup, imh_json_str(&json));
}

static imh_status say_well(imh_call *call, const imh_lookup *lookup)
{
    return imh_answer(call, lookup, imh_text("{\"name\":\"well\"}"));
}

/* ---- deeds ---- */

static void *wait_for_the_end(void *self)
{
    static const struct timespec moment = {.tv_nsec = 1000000};
    imh_call *call = self;
    while (call->host->left_ms(call) > 0) {
        (void)nanosleep(&moment, NULL);
    }
    imh_log(call, IMH_DEBUG, "the time is over");
    return NULL;
}

static imh_status idle(imh_call *call, const imh_lookup *lookup, const char *rest)
{
    (void)lookup;
    (void)rest;
    (void)wait_for_the_end(call);
    return IMH_CANCELED;
}

/* The same by threads of its own, which is what [any] allows. */
static imh_status idle_in_threads(imh_call *call, const imh_lookup *lookup,
                                  const char *rest)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    int count = 0;
    (void)lookup;
    (void)rest;
    while (count < THREADS &&
           pthread_create(&threads[count], NULL, wait_for_the_end, call) == 0) {
        count++;
    }
    for (int i = 0; i < count; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    return count == THREADS ? IMH_CANCELED : IMH_BROKEN;
}

/* "fetch:PATH": the remote's answer, or its status. */
static imh_status fetch(imh_call *call, const imh_lookup *lookup, const char *rest)
{
    const imh_reply *reply;
    imh_status status = imh_get(call, imh_text(rest), "token", &reply);
    return status ? status : imh_answer_raw(call, lookup, reply->body);
}

/* "post:PATH": the same by a request that may not be repeated. */
static imh_status post(imh_call *call, const imh_lookup *lookup, const char *rest)
{
    const imh_reply *reply;
    imh_status status = imh_http(
        call, IMH_NEW(imh_request, .method = "POST", .url = imh_text(rest)), &reply);
    return status ? status : imh_answer_raw(call, lookup, reply->body);
}

/* "fetches:COUNT:PATH": the same side by side; answers with how many came back. */
static imh_status fetch_many(imh_call *call, const imh_lookup *lookup, const char *rest)
{
    char *path;
    uint32_t count = (uint32_t)strtoul(rest, &path, 10);
    imh_request request = {.size = sizeof request, .url = imh_text(path + 1)};
    const imh_request **requests = call->host->alloc(call, count * sizeof(void *));
    const imh_reply **replies = call->host->alloc(call, count * sizeof(void *));
    for (uint32_t i = 0; i < count; i++) {
        requests[i] = &request;
    }
    imh_status status = call->host->http_many(call, requests, count, replies);
    return status ? status : imh_answer(call, lookup, imh_print(call, "%u", count));
}

/* "flood:COUNT:BYTES": so many answers of so many bytes, all but the last are repeats. */
static imh_status flood(imh_call *call, const imh_lookup *lookup, const char *rest)
{
    char *at;
    uint32_t count = (uint32_t)strtoul(rest, &at, 10);
    int bytes = (int)strtol(at + 1, NULL, 10);
    imh_str json = imh_print(call, "\"%*s\"", bytes, "end");
    imh_status status = IMH_OK;
    for (uint32_t i = 0; i < count && status == IMH_OK; i++) {
        status = imh_answer(call, lookup, json);
    }
    return status;
}

static const struct {
    const char *key; /* what stands before the first colon */
    imh_status (*deed)(imh_call *call, const imh_lookup *lookup, const char *rest);
} deeds[] = {
    {"idle", idle},   {"threads", idle_in_threads},
    {"fetch", fetch}, {"fetches", fetch_many},
    {"flood", flood}, {"post", post},
};

static imh_status do_deed(imh_call *call, const imh_lookup *lookup)
{
    const char *key = lookup->path[0].ptr;
    size_t length = strcspn(key, ":");
    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++) {
        if (strlen(deeds[i].key) == length && strncmp(deeds[i].key, key, length) == 0) {
            return deeds[i].deed(call, lookup, key + length + (key[length] == ':'));
        }
    }
    return say_well(call, lookup);
}

/* ---- resolving ---- */

static imh_status resolve(void *self, imh_call *call, const imh_lookup *lookup)
{
    if (lookup->variable == ECHO) {
        return say_echo(self, call, lookup);
    }
    if (lookup->variable == DEED) {
        return do_deed(call, lookup);
    }
    imh_status status = end_as(call, lookup->path[0].ptr);
    return status ? status : say_well(call, lookup);
}

#ifdef TOLD_MANY
static imh_status resolve_many(void *self, imh_call *call, const imh_lookup *const *lookups,
                               uint32_t count)
{
    static const char all[] = "all:";
    for (uint32_t i = 0; i < count; i++) {
        const char *key = lookups[i]->path[0].ptr;
        if (strncmp(key, all, sizeof all - 1) == 0) {
            return end_as(call, key + sizeof all - 1);
        }
        imh_status status = resolve(self, call, lookups[i]);
        if (status != IMH_OK) {
            (void)imh_unanswered(call, lookups[i], status);
        }
    }
    return IMH_OK;
}
#endif

static const imh_source sources[] = {{.name = "told", .poll = poll}};

const imh_plugin imh_plugin_entry = {
    .abi = IMH_ABI,
    .name = NAME,
    .version = "1.0.0",
    .flags = IMH_CONCURRENT,
    .options = IMH_LIST(options),
    .variables = IMH_LIST(variables),
    .event_types = IMH_LIST(event_types),
    .sources = IMH_LIST(sources),
    .create = create,
    .destroy = destroy,
    .check = check,
#ifdef TOLD_MANY
    .resolve_many = resolve_many,
#else
    .resolve = resolve,
#endif
    .extension = extension,
};
