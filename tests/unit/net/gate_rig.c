#include "gate_rig.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "net/gate.h"

static void say_large(struct fake_reply *reply)
{
    struct text body;
    text_init(&body, GATE_LARGE_BYTES);
    assert_true(text_reserve(&body, GATE_LARGE_BYTES));
    memset(body.ptr, 'x', GATE_LARGE_BYTES);
    body.len = GATE_LARGE_BYTES;
    fake_say(reply, 200, "", text_str(&body));
    text_done(&body);
}

static void say(void *self, const struct fake_request *request, struct fake_reply *reply)
{
    const struct gate_rig *rig = self;
    fake_answer *answer = atomic_load(&rig->answer);
    if (answer) {
        answer(self, request, reply);
        return;
    }
    if (str_starts(request->target, STR_OF("/large"))) {
        say_large(reply);
        return;
    }
    if (str_starts(request->target, STR_OF("/cut"))) {
        text_add_cstr(&reply->bytes, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\npart");
        reply->then = FAKE_CLOSE;
        return;
    }
    if (str_starts(request->target, STR_OF("/hang"))) {
        reply->then = FAKE_HANG;
        return;
    }
    struct text body;
    text_init(&body, FAKE_REPLY_BYTES);
    bool echo = str_starts(request->target, STR_OF("/echo"));
    bool busy = str_starts(request->target, STR_OF("/503"));
    text_print(&body, "you asked %.*s", STR_ARGS(request->target));
    if (echo) {
        text_add(&body, request->headers);
        text_add(&body, request->body);
    }
    struct str token =
        str_after(request->headers, str_find(request->headers, STR_OF("Bearer "), 0));
    char echoed[200] = "";
    if (echo) {
        (void)snprintf(echoed, sizeof echoed, "X-Echo: %.*s\r\n",
                       STR_ARGS(str_before(token, str_find_char(token, '\r'))));
    }
    fake_say(reply, busy ? 503 : 200, echoed, text_str(&body));
    text_done(&body);
}

static void *gate_main(void *self)
{
    struct gate_rig *rig = self;
    struct error error;
    rig->ended_well = gate_serve(rig->fd, &error);
    return NULL;
}

int gate_setup(void **state)
{
    struct gate_rig *rig = calloc(1, sizeof *rig);
    struct error error;
    int ends[2];
    if (!rig || !channel_pair(ends, &error)) {
        free(rig);
        return -1;
    }
    *state = rig;
    arena_init(&rig->arena, 4096, 0);
    rig->fake = fake_make(say, rig);
    rig->supervisor = channel_make(ends[0], false);
    rig->fd = ends[1];
    rig->running = rig->fake && rig->supervisor &&
                   pthread_create(&rig->thread, NULL, gate_main, rig) == 0;
    if (!rig->running) {
        return -1;
    }
    rig->worker = gate_add_worker(rig, GATE_WORKER);
    return 0;
}

bool gate_join(struct gate_rig *rig)
{
    if (rig->running) {
        assert_int_equal(pthread_join(rig->thread, NULL), 0);
        rig->running = false;
    }
    return rig->ended_well;
}

int gate_teardown(void **state)
{
    struct gate_rig *rig = *state;
    channel_free(rig->supervisor);
    bool good = gate_join(rig);
    channel_free(rig->worker);
    fake_free(rig->fake);
    arena_done(&rig->arena);
    free(rig);
    return good ? 0 : -1;
}

/* ---- as the supervisor ---- */

static void send_payload(struct channel *channel, uint32_t kind, uint64_t id,
                         struct text *payload, int file)
{
    assert_false(payload->failed);
    assert_true(channel_send(channel, kind, id, payload, file));
    text_done(payload);
}

void gate_send_frame(struct channel *channel, uint32_t kind, uint64_t id,
                     struct str payload)
{
    struct text text;
    text_init(&text, WIRE_FRAME_BYTES);
    text_add(&text, payload);
    send_payload(channel, kind, id, &text, -1);
}

struct remote gate_remote(const struct gate_rig *rig)
{
    static struct str address;
    static struct remote_auth auth = {
        .name = STR("token"), .type = IMH_AUTH_BEARER, .secret = STR("s3cret-of-shop")};
    address = str_from(fake_url(rig->fake));
    return (struct remote){.account = STR_OF("acme"),
                           .identifier = STR_OF("shop"),
                           .addresses = &address,
                           .address_count = 1,
                           .auths = &auth,
                           .auth_count = 1,
                           .parallel = 4,
                           .timeout_ms = GATE_PATIENCE_MS,
                           .allow_private = true};
}

void gate_tell(struct gate_rig *rig, uint64_t instance, const struct remote *remote)
{
    struct text payload;
    text_init(&payload, WIRE_FRAME_BYTES);
    remote_put(&payload, remote);
    send_payload(rig->supervisor, MESSAGE_REMOTE, instance, &payload, -1);
}

struct channel *gate_add_worker(struct gate_rig *rig, uint64_t id)
{
    struct error error;
    int ends[2];
    assert_true(channel_pair(ends, &error));
    assert_true(channel_send(rig->supervisor, MESSAGE_WORKER, id, NULL, ends[1]));
    assert_int_equal(close(ends[1]), 0);
    struct channel *channel = channel_make(ends[0], false);
    assert_non_null(channel);
    return channel;
}

static struct str sixteen(char letter)
{
    static char letters['z' + 1][TICKET_BYTES];
    memset(letters[(unsigned char)letter], letter, TICKET_BYTES);
    return (struct str){letters[(unsigned char)letter], TICKET_BYTES};
}

struct ticket gate_ticket_of(char letter)
{
    return (struct ticket){.secret = sixteen(letter),
                           .trace = STR_OF("trace-1"),
                           .instance = GATE_INSTANCE,
                           .worker = GATE_WORKER,
                           .left_ms = GATE_PATIENCE_MS};
}

void gate_open(struct gate_rig *rig, uint64_t call, const struct ticket *ticket)
{
    struct text payload;
    text_init(&payload, WIRE_FRAME_BYTES);
    ticket_put(&payload, ticket);
    send_payload(rig->supervisor, MESSAGE_TICKET, call, &payload, -1);
}

/* The next frame, waited for. */
static struct frame next_frame(struct channel *channel)
{
    struct frame frame;
    enum channel_state state;
    int64_t deadline = clock_mono_ms(&clock_real) + 2 * GATE_PATIENCE_MS;
    while ((state = channel_receive(channel, &frame)) == CHANNEL_IDLE) {
        struct pollfd fd = {.fd = channel_fd(channel), .events = channel_events(channel)};
        (void)poll(&fd, 1, 100);
        assert_true(channel_flush(channel));
        assert_true(clock_mono_ms(&clock_real) < deadline);
    }
    assert_int_equal(state, CHANNEL_FRAME);
    return frame;
}

struct frame gate_frame(struct gate_rig *rig)
{
    return next_frame(rig->supervisor);
}

struct spent gate_close(struct gate_rig *rig, uint64_t call)
{
    struct spent spent;
    assert_true(channel_send(rig->supervisor, MESSAGE_TICKET_END, call, NULL, -1));
    struct frame frame = next_frame(rig->supervisor);
    while (frame.kind != MESSAGE_SPENT) {
        frame = next_frame(rig->supervisor); /* what else there was to say before */
    }
    assert_int_equal(frame.id, call);
    assert_true(spent_get(frame.payload, &spent));
    return spent;
}

/* ---- as a worker ---- */

struct request gate_request(char letter, const char *url)
{
    return (struct request){.ticket = sixteen(letter),
                            .method = STR_OF("GET"),
                            .url = str_from(url),
                            .headers = STR_OF(""),
                            .body = STR_OF(""),
                            .auth = STR_OF("")};
}

void gate_send(struct channel *worker, uint64_t id, const struct request *request)
{
    struct text payload;
    text_init(&payload, WIRE_FRAME_BYTES);
    request_put(&payload, request);
    send_payload(worker, MESSAGE_REQUEST, id, &payload, -1);
}

struct reply gate_reply(struct gate_rig *rig, struct channel *worker, uint64_t id)
{
    struct reply reply;
    struct frame frame = next_frame(worker);
    assert_int_equal(frame.kind, MESSAGE_REPLY);
    assert_true(id == GATE_ANY || frame.id == id);
    struct str kept = arena_copy(&rig->arena, frame.payload);
    assert_true(reply_get(kept, &reply));
    reply.outcome.text = arena_copy(&rig->arena, reply.outcome.text);
    reply.headers = arena_copy(&rig->arena, reply.headers);
    reply.body = arena_copy(&rig->arena, reply.body);
    return reply;
}

struct reply gate_ask(struct gate_rig *rig, const struct request *request)
{
    static uint64_t last;
    gate_send(rig->worker, ++last, request);
    return gate_reply(rig, rig->worker, last);
}

void gate_wait_for_requests(const struct gate_rig *rig, unsigned count)
{
    int64_t deadline = clock_mono_ms(&clock_real) + GATE_PATIENCE_MS;
    while (fake_requests(rig->fake) < count) {
        (void)poll(NULL, 0, 1);
        assert_true(clock_mono_ms(&clock_real) < deadline);
    }
    assert_int_equal(fake_requests(rig->fake), count);
}
