#include <stdlib.h>

#include "base/clock.h"
#include "plugin/call.h"

/* How long after the deadline a reply may still come: imh-net keeps the deadline itself and
 * says what became of the request. */
enum { GRACE_MS = 1000 };

static struct parcel *take_reply(struct call *call, uint64_t id)
{
    struct parcel **at = &call->replies;
    while (*at && (*at)->id != id) {
        at = (struct parcel **)&(*at)->item.next;
    }
    struct parcel *parcel = *at;
    if (parcel) {
        *at = (struct parcel *)parcel->item.next;
        parcel->item.next = (struct inbox_item *)call->used;
        call->used = parcel;
    }
    return parcel;
}

static struct str method_of(const imh_request *request)
{
    return str_from(request->method ? request->method : "GET");
}

/* false: it does not fit into a frame. */
static bool send_request(struct call *call, const imh_request *request, uint64_t id)
{
    struct parcel *parcel = parcel_make(PARCEL_REQUEST, call);
    if (!parcel) {
        abort();
    }
    struct request out = {.ticket = call->order.ticket,
                          .flags = request->flags,
                          .method = method_of(request),
                          .url = str_of(request->url),
                          .headers = str_of(request->headers),
                          .body = str_of(request->body),
                          .auth = str_from(request->auth),
                          .timeout_ms = request->timeout_ms};
    request_put(&parcel->payload, &out);
    parcel->id = id;
    if (parcel->payload.failed) {
        parcel_free(parcel);
        return false;
    }
    inbox_put(call->outbox, &parcel->item);
    return true;
}

static imh_str keep(struct call *call, struct str str)
{
    struct str copy = arena_copy(&call->arena, str);
    if (!copy.ptr) {
        abort();
    }
    return imh_str_of(copy);
}

static imh_reply *blank_reply(struct call *call)
{
    imh_reply *shown = arena_zero(&call->arena, 1, sizeof *shown);
    if (!shown) {
        abort();
    }
    shown->size = sizeof *shown;
    shown->body = shown->headers = shown->text = imh_text("");
    return shown;
}

/* A reply although nobody answered: plugins look at it without asking first. */
static const imh_reply *no_reply(struct call *call, imh_status status, const char *why)
{
    imh_reply *shown = blank_reply(call);
    shown->status = call_fail(call, status, 0, "%s", why);
    shown->text = imh_text(why);
    return shown;
}

/* Is there memory for what a plugin makes of it? It is promised, so that a reply is
 * refused, rather than the worker ends in the middle of it. Replies that come together are
 * worked on one after the other. */
static bool has_room(struct call *call, struct str body)
{
    size_t values = 1;
    for (size_t i = 0; i < body.len; i++) {
        values += body.ptr[i] == ',';
    }
    return arena_promise(&call->arena,
                         body.len * CALL_REPLY_COPIES + values * CALL_REPLY_VALUE_BYTES);
}

/* What the plugin sees of a reply. Its texts are lent from the parcel, which stays until
 * the call is over or gives its memory back; the body is followed by a zero, as the
 * parcel's last field. */
static const imh_reply *show_reply(struct call *call, struct parcel *parcel)
{
    struct reply reply = {0};
    if (!reply_get(text_str(&parcel->payload), &reply)) {
        return no_reply(call, IMH_BROKEN, "imh-net sent no reply");
    }
    if (!has_room(call, reply.body)) {
        parcel_empty(parcel);
        return no_reply(call, IMH_RETRY, CALL_TOO_LARGE);
    }
    imh_reply *shown = blank_reply(call);
    shown->code = reply.code;
    shown->body = imh_str_of(reply.body);
    shown->headers = keep(call, reply.headers);
    shown->status = reply.outcome.status;
    shown->after_s = reply.outcome.after_s;
    shown->text = keep(call, reply.outcome.text);
    if (shown->status != IMH_OK) {
        (void)call_fail(call, shown->status, shown->after_s, "%s", shown->text.ptr);
    }
    return shown;
}

/* A call that is canceled before its deadline waits no longer. At its deadline the call is
 * canceled too, but then imh-net is about to say what became of the request. The time is
 * looked at before the inbox, so that what came in time is found. */
struct parcel *call_await(struct call *call, uint64_t id)
{
    for (;;) {
        struct parcel *parcel = take_reply(call, id);
        int64_t left = call->deadline_ms - clock_mono_ms(&clock_real);
        if (parcel || (call->canceled && left > 0)) {
            return parcel;
        }
        call_read_inbox(call, left + GRACE_MS);
        if (left + GRACE_MS <= 0) {
            return take_reply(call, id);
        }
    }
}

/* It may have been sent: what may not be repeated must not count as not tried. */
static const imh_reply *give_up(struct call *call, const imh_request *request)
{
    struct request sent = {.flags = request->flags, .method = method_of(request)};
    return request_is_repeatable(&sent)
               ? no_reply(call, IMH_CANCELED, "no time left for an answer")
               : no_reply(call, IMH_UNKNOWN, "sent, and no time left for an answer");
}

/* May so many be sent now? If not none is, and each has a reply that says why. */
static imh_status admit(struct call *call, uint32_t count, const imh_reply **replies)
{
    imh_status status = IMH_OK;
    const char *why = "";
    if (call->creating) {
        status = IMH_BROKEN;
        why = "create() may not use the network";
    } else if (call_left_ms(call) <= 0) {
        status = IMH_CANCELED;
        why = "no time left for a request";
    } else if (!call_admit(call, count)) {
        status = IMH_BROKEN;
        why = "a call with too many requests";
    }
    for (uint32_t i = 0; i < count; i++) {
        replies[i] = status == IMH_OK ? NULL : no_reply(call, status, why);
    }
    return status;
}

imh_status call_http_many(imh_call *api, const imh_request *const *requests, uint32_t count,
                          const imh_reply **replies)
{
    struct call *call = call_of(api);
    imh_status worst = IMH_OK;
    uint64_t first = call->requests;
    imh_status refused = admit(call, count, replies);
    if (refused != IMH_OK) {
        return refused;
    }
    call->requests += count;
    for (uint32_t i = 0; i < count; i++) {
        if (!send_request(call, requests[i], first + i)) {
            replies[i] = no_reply(call, IMH_REJECTED, "a request of more than 9 MiB");
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        struct parcel *parcel = replies[i] ? NULL : call_await(call, first + i);
        if (!replies[i]) {
            replies[i] = parcel ? show_reply(call, parcel) : give_up(call, requests[i]);
        }
        worst = worst == IMH_OK ? replies[i]->status : worst;
    }
    return worst;
}

imh_status call_http(imh_call *api, const imh_request *request, const imh_reply **reply)
{
    return call_http_many(api, &request, 1, reply);
}
