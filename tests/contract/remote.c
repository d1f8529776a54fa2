#include "remote.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake.h"

enum { REQUEST_BYTES = 64 << 10, BODY_BYTES = 8 << 20 };

struct remote_server {
    struct fake *fake;
    const struct recording *recording;
    pthread_mutex_t mutex; /* over what follows */
    enum remote_mood mood;
    unsigned status;
    const char *headers;
    struct str body;
    unsigned mixed_up;
};

/* The address "/a/orders" is of integration "a", and asks for "orders". */
static struct str instance_of(struct str target, struct str *path)
{
    struct str rest = str_after(target, 1);
    size_t slash = str_find_char(rest, '/');
    *path = str_after(rest, slash + 1);
    return str_before(rest, slash);
}

static bool contains(struct str text, const char *word)
{
    return str_find(text, str_from(word), 0) < text.len;
}

static bool is_mixed_up(const struct fake_request *request, struct str instance)
{
    bool is_a = str_is(instance, "a");
    const char *const others[] = {is_a ? "secret-of-b" : "secret-of-a",
                                  is_a ? "key-of-b" : "key-of-a"};
    bool found = false;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        found = found || contains(request->headers, others[i]) ||
                contains(request->target, others[i]) || contains(request->body, others[i]);
    }
    return found;
}

/* The body with the name of who asks where it says so. */
static void say_recorded(struct fake_reply *reply, const struct exchange *exchange,
                         struct str instance)
{
    static const struct str place = STR("@instance@");
    struct text body;
    text_init(&body, BODY_BYTES);
    struct str rest = exchange->body;
    for (size_t at = str_find(rest, place, 0); at < rest.len;
         at = str_find(rest, place, 0)) {
        text_add(&body, str_before(rest, at));
        text_add(&body, instance);
        rest = str_after(rest, at + place.len);
    }
    text_add(&body, rest);
    struct text headers;
    text_init(&headers, REQUEST_BYTES);
    text_add_cstr(&headers, "Content-Type: application/json\r\n");
    text_add(&headers, exchange->headers);
    fake_say(reply, exchange->status, text_cstr(&headers), text_str(&body));
    text_done(&headers);
    text_done(&body);
}

static void echo(struct fake_reply *reply, struct str request, struct str instance)
{
    struct text body;
    text_init(&body, REQUEST_BYTES);
    text_add_cstr(&body, "{\"instance\":");
    json_add_string(&body, instance);
    text_add_cstr(&body, ",\"request\":");
    json_add_string(&body, request);
    text_add_cstr(&body, "}");
    fake_say(reply, 200, "Content-Type: application/json\r\n", text_str(&body));
    text_done(&body);
}

static void play(const struct remote_server *remote, const struct fake_request *request,
                 struct fake_reply *reply)
{
    struct str path;
    struct text asked;
    struct str instance = instance_of(request->target, &path);
    text_init(&asked, REQUEST_BYTES);
    text_add(&asked, request->method);
    text_add_char(&asked, ' ');
    text_add(&asked, path);
    const struct exchange *exchange = recording_find(remote->recording, text_str(&asked));
    if (exchange) {
        say_recorded(reply, exchange, instance);
    } else if (remote->recording->exchange_count > 0) {
        fake_say(reply, 404, "Content-Type: application/json\r\n",
                 STR_OF("{\"message\":\"this is not recorded\"}"));
    } else {
        echo(reply, text_str(&asked), instance);
    }
    text_done(&asked);
}

static void answer(void *self, const struct fake_request *request, struct fake_reply *reply)
{
    struct remote_server *remote = self;
    struct str path;
    (void)pthread_mutex_lock(&remote->mutex);
    remote->mixed_up += is_mixed_up(request, instance_of(request->target, &path));
    if (remote->mood == REMOTE_PLAYS) {
        play(remote, request, reply);
    } else if (remote->mood == REMOTE_SAYS) {
        fake_say(reply, remote->status, remote->headers, remote->body);
    } else {
        reply->then = FAKE_HANG;
    }
    (void)pthread_mutex_unlock(&remote->mutex);
}

struct remote_server *remote_make(const struct recording *recording)
{
    struct remote_server *remote = calloc(1, sizeof *remote);
    assert_non_null(remote);
    remote->recording = recording;
    (void)pthread_mutex_init(&remote->mutex, NULL);
    remote->fake = fake_make(answer, remote);
    assert_non_null(remote->fake);
    return remote;
}

void remote_free(struct remote_server *remote)
{
    if (remote) {
        fake_free(remote->fake);
        (void)pthread_mutex_destroy(&remote->mutex);
        free(remote);
    }
}

const char *remote_url(const struct remote_server *remote)
{
    return fake_url(remote->fake);
}

void remote_mood(struct remote_server *remote, enum remote_mood mood)
{
    (void)pthread_mutex_lock(&remote->mutex);
    remote->mood = mood;
    (void)pthread_mutex_unlock(&remote->mutex);
}

void remote_say(struct remote_server *remote, unsigned status, const char *headers,
                struct str body)
{
    (void)pthread_mutex_lock(&remote->mutex);
    remote->mood = REMOTE_SAYS;
    remote->status = status;
    remote->headers = headers;
    remote->body = body;
    (void)pthread_mutex_unlock(&remote->mutex);
}

unsigned remote_requests(struct remote_server *remote)
{
    return fake_requests(remote->fake);
}

unsigned remote_heard(struct remote_server *remote, struct str word)
{
    struct text all;
    unsigned count = 0;
    text_init(&all, FAKE_REPLY_BYTES);
    fake_seen(remote->fake, &all);
    struct str rest = text_str(&all);
    for (size_t at = str_find(rest, word, 0); at < rest.len; at = str_find(rest, word, 0)) {
        rest = str_after(rest, at + word.len);
        count++;
    }
    text_done(&all);
    return count;
}

unsigned remote_mixed_up(struct remote_server *remote)
{
    (void)pthread_mutex_lock(&remote->mutex);
    unsigned count = remote->mixed_up;
    (void)pthread_mutex_unlock(&remote->mutex);
    return count;
}
