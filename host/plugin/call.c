#include "plugin/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

enum { BLOCK_BYTES = 16 << 10 };

struct parcel *parcel_make(enum parcel_kind kind, struct call *call)
{
    struct parcel *parcel = calloc(1, sizeof *parcel);
    if (parcel) {
        parcel->kind = kind;
        parcel->call = call;
        text_init(&parcel->payload, WIRE_FRAME_BYTES);
    }
    return parcel;
}

void parcel_empty(struct parcel *parcel)
{
    text_done(&parcel->payload);
    if (parcel->purse) {
        purse_give(parcel->purse, parcel->paid);
        parcel->purse = NULL;
    }
}

void parcel_free(struct parcel *parcel)
{
    if (parcel) {
        parcel_empty(parcel);
        free(parcel);
    }
}

struct parcel *parcel_of_reply(struct call *call, struct purse *purse, struct str payload)
{
    struct parcel *parcel = parcel_make(PARCEL_REPLY, call);
    if (!parcel) {
        abort();
    }
    if (purse_take(purse, payload.len)) {
        parcel->purse = purse;
        parcel->paid = payload.len;
        parcel->payload.most = payload.len; /* no room for more */
        text_add(&parcel->payload, payload);
    }
    if (!parcel->purse || parcel->payload.failed) {
        struct reply none = {.outcome = {.status = IMH_RETRY, .text = STR(CALL_TOO_LARGE)}};
        text_done(&parcel->payload);
        text_init(&parcel->payload, WIRE_FRAME_BYTES);
        reply_put(&parcel->payload, &none);
    }
    return parcel;
}

struct call *call_make(uint64_t id, struct str payload, struct purse *purse)
{
    struct call *call = calloc(1, sizeof *call);
    if (!call) {
        return NULL;
    }
    arena_init(&call->arena, BLOCK_BYTES, CALL_MEMORY_BYTES);
    arena_share(&call->arena, purse);
    struct str kept = arena_copy(&call->arena, payload);
    if (!kept.ptr || !order_get(kept, &call->arena, &call->order)) {
        call_free(call);
        return NULL;
    }
    call->id = id;
    call->deadline_ms = clock_mono_ms(&clock_real) + call->order.left_ms;
    return call;
}

static void free_parcels(struct parcel *parcel)
{
    while (parcel) {
        struct parcel *next = (struct parcel *)parcel->item.next;
        parcel_free(parcel);
        parcel = next;
    }
}

void call_free(struct call *call)
{
    if (call) {
        free_parcels(call->replies);
        free_parcels(call->used);
        call_free_refusals(call);
        arena_done(&call->arena);
        free(call);
    }
}

int64_t call_left_ms(struct call *call)
{
    return call->canceled ? 0 : call->deadline_ms - clock_mono_ms(&clock_real);
}

/* A lane gets nothing but replies while it runs a call, and parcels that only wake it: who
 * sent them has canceled the call. */
void call_read_inbox(struct call *call, int64_t wait_ms)
{
    struct inbox_item *item = inbox_wait(call->inbox, wait_ms);
    for (; item; item = inbox_take(call->inbox)) {
        struct parcel *parcel = (struct parcel *)item;
        if (parcel->kind == PARCEL_REPLY && parcel->call == call) {
            parcel->item.next = (struct inbox_item *)call->replies;
            call->replies = parcel;
            continue;
        }
        call->stopped = call->stopped || parcel->kind == PARCEL_STOP;
        parcel_free(parcel);
    }
}

bool call_admit(struct call *call, uint32_t count)
{
    uint32_t before = atomic_fetch_add(&call->parcels, count);
    bool room = count <= CALL_PARCELS_MOST && before <= CALL_PARCELS_MOST - count;
    if (!room) {
        (void)atomic_fetch_sub(&call->parcels, count);
    }
    return room;
}

bool call_put(struct call *call, uint32_t message, struct text *payload)
{
    if (payload->no_memory) {
        abort(); /* a worker without memory is replaced by one that has some */
    }
    if (payload->failed || !call_admit(call, 1)) {
        text_done(payload);
        return false;
    }
    struct parcel *parcel = parcel_make(PARCEL_FRAME, call);
    if (!parcel) {
        abort();
    }
    parcel->message = message;
    parcel->payload = *payload;
    (void)atomic_fetch_add(&call->unsent, payload->len);
    inbox_put(call->outbox, &parcel->item);
    return true;
}

bool call_was_sent(struct call *call, size_t bytes)
{
    (void)atomic_fetch_sub(&call->unsent, bytes);
    return atomic_exchange(&call->waits, false);
}

/* Who has nobody that listens would fill the worker's memory with what it says. */
static void wait_until_sent(struct call *call)
{
    for (int64_t left;
         call->unsent > CALL_UNSENT_BYTES && (left = call_left_ms(call)) > 0;) {
        call->waits = true;
        if (call->unsent > CALL_UNSENT_BYTES) {
            call_read_inbox(call, left);
        }
        call->waits = false;
    }
}

imh_status call_send(struct call *call, uint32_t message, struct text *payload)
{
    size_t bytes = message == MESSAGE_UNANSWERED ? 0 : payload->len;
    if (!payload->failed && call->said + bytes > CALL_SAID_BYTES) {
        text_done(payload);
        return call_fail(call, IMH_WAIT, 1,
                         "a call may say 60 MiB: the rest is for another");
    }
    wait_until_sent(call);
    call->said += bytes;
    const char *what = payload->failed ? "a message of more than 9 MiB"
                                       : "a call that says more than 20,000 things";
    return call_put(call, message, payload) ? IMH_OK
                                            : call_fail(call, IMH_BROKEN, 0, "%s", what);
}

imh_status call_fail(struct call *call, imh_status status, uint32_t after_s,
                     const char *format, ...)
{
    char text[sizeof call->failure.text];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)error_set(&call->failure, status, "%s", text);
    call->failure.after_s = after_s;
    return status;
}

/* For plugins that return a status without a sentence. */
static struct str plain_words(imh_status status)
{
    static const struct str words[] = {
        [IMH_OK] = STR(""),
        [IMH_RETRY] = STR("the plugin failed for now and does not say why"),
        [IMH_WAIT] = STR("the remote asks for rest"),
        [IMH_MISSING] = STR("there is no such thing"),
        [IMH_REJECTED] = STR("the plugin refuses this and does not say why"),
        [IMH_DENIED] = STR("the credentials are refused"),
        [IMH_CANCELED] = STR("the call was canceled, or its time was over"),
        [IMH_BROKEN] = STR("the plugin has a fault and does not say which"),
        [IMH_UNKNOWN] = STR("a request was sent and no answer came"),
        [IMH_TOO_LARGE] = STR("it is too large for the remote"),
    };
    return words[status];
}

struct outcome call_outcome(struct call *call, imh_status status, uint32_t after_s,
                            struct str text)
{
    struct error *last = &call->failure;
    if (text.len == 0 && last->status == status) {
        text = str_from(last->text);
        after_s = after_s ? after_s : last->after_s;
    }
    bool known = status >= IMH_OK && status <= IMH_TOO_LARGE;
    if (text.len == 0 && !known) {
        (void)call_fail(call, IMH_BROKEN, 0,
                        "the plugin answers with status %" PRId32
                        ", which does not exist: a bug of the plugin",
                        status);
        text = str_from(last->text);
    }
    status = known ? status : IMH_BROKEN;
    return (struct outcome){.status = status,
                            .after_s = after_s,
                            .text = text.len > 0 ? text : plain_words(status)};
}
