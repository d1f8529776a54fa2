#include "http_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"

void rig_reply_init(struct rig_reply *reply)
{
    *reply = (struct rig_reply){0};
    text_init(&reply->text, 1000);
    text_init(&reply->headers, 1 << 20);
    text_init(&reply->body, RIG_BODY_BYTES);
}

void rig_reply_done(struct rig_reply *reply)
{
    text_done(&reply->text);
    text_done(&reply->headers);
    text_done(&reply->body);
}

static void say(void *self, const struct fake_request *request, struct fake_reply *reply)
{
    struct rig *rig = self;
    (void)request;
    (void)pthread_mutex_lock(&rig->mutex);
    text_add(&reply->bytes, text_str(&rig->script.bytes));
    reply->then = rig->script.then;
    reply->at_once = rig->script.at_once;
    reply->pace_ms = rig->script.pace_ms;
    (void)pthread_mutex_unlock(&rig->mutex);
}

static void write_script(struct rig *rig)
{
    struct fake_reply *script = &rig->script;
    (void)pthread_mutex_lock(&rig->mutex);
    text_clear(&script->bytes);
    text_add(&script->bytes, rig->raw.ptr ? rig->raw : str_from(rig->bytes));
    script->then = rig->then;
    script->at_once = rig->at_once;
    script->pace_ms = rig->pace_ms;
    (void)pthread_mutex_unlock(&rig->mutex);
    assert_false(script->bytes.failed);
}

int rig_setup(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    if (!rig) {
        return -1;
    }
    *state = rig;
    rig->bytes = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    text_init(&rig->script.bytes, FAKE_REPLY_BYTES);
    (void)pthread_mutex_init(&rig->mutex, NULL);
    write_script(rig); /* for those that are asked by another rig's client */
    rig->http = http_make();
    rig->fake = fake_make(say, rig);
    rig_reply_init(&rig->reply);
    return rig->http && rig->fake ? 0 : -1;
}

int rig_teardown(void **state)
{
    struct rig *rig = *state;
    http_free(rig->http);
    fake_free(rig->fake);
    rig_reply_done(&rig->reply);
    text_done(&rig->script.bytes);
    (void)pthread_mutex_destroy(&rig->mutex);
    free(rig);
    return 0;
}

struct http_request rig_request(const struct rig *rig)
{
    return (struct http_request){.method = STR_OF("GET"),
                                 .url = str_from(fake_url(rig->fake)),
                                 .headers = STR_OF(""),
                                 .body = STR_OF(""),
                                 .timeout_ms = RIG_PATIENCE_MS,
                                 .repeatable = true,
                                 .allow_private = true};
}

static void copy(struct text *to, struct str from)
{
    text_clear(to);
    text_add(to, from);
    assert_false(to->failed);
}

static void keep(void *self, const struct http_reply *reply)
{
    struct rig_reply *kept = self;
    kept->count++;
    kept->status = reply->status;
    kept->after_s = reply->after_s;
    kept->code = reply->code;
    copy(&kept->text, str_from(reply->text));
    copy(&kept->headers, reply->headers);
    copy(&kept->body, reply->body);
}

struct http_exchange *rig_start(struct rig *rig, const struct http_request *request,
                                struct rig_reply *reply)
{
    struct error error = {.text = ""};
    write_script(rig);
    struct http_exchange *exchange = http_start(rig->http, request, keep, reply, &error);
    assert_string_equal(error.text, "");
    assert_non_null(exchange);
    reply->count = 0;
    return exchange;
}

void rig_wait(struct rig *rig, struct rig_reply *const *replies, unsigned count)
{
    int64_t deadline = clock_mono_ms(&clock_real) + 2 * RIG_PATIENCE_MS;
    for (unsigned i = 0; i < count;) {
        if (replies[i]->count > 0) {
            i++;
            continue;
        }
        http_wait(rig->http, NULL, 0, 100);
        assert_true(clock_mono_ms(&clock_real) < deadline);
    }
}

const struct rig_reply *rig_ask(struct rig *rig, const struct http_request *request)
{
    struct rig_reply *reply = &rig->reply;
    (void)rig_start(rig, request, reply);
    rig_wait(rig, &reply, 1);
    assert_int_equal(reply->count, 1);
    return reply;
}
