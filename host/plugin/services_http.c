#include <stdlib.h>

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

static void send_request(struct call *call, const imh_request *request, uint64_t id)
{
    struct parcel *parcel = parcel_make(PARCEL_REQUEST, call);
    if (!parcel) {
        abort();
    }
    struct request out = {.ticket = call->order.ticket,
                          .flags = request->flags,
                          .method = str_from(request->method ? request->method : "GET"),
                          .url = str_of(request->url),
                          .headers = str_of(request->headers),
                          .body = str_of(request->body),
                          .auth = str_from(request->auth),
                          .timeout_ms = request->timeout_ms};
    request_put(&parcel->payload, &out);
    parcel->id = id;
    inbox_put(call->outbox, &parcel->item);
}

static imh_str keep(struct call *call, struct str str)
{
    struct str copy = arena_copy(&call->arena, str);
    if (!copy.ptr) {
        abort();
    }
    return imh_str_of(copy);
}

/* What the plugin sees of a reply. Its texts are lent from the parcel, which stays until
 * the call is over; the body is followed by a zero, as the parcel's last field. */
static imh_status show_reply(struct call *call, struct parcel *parcel,
                             const imh_reply **out)
{
    struct reply reply = {0};
    imh_reply *shown = arena_zero(&call->arena, 1, sizeof *shown);
    if (!shown) {
        abort();
    }
    shown->size = sizeof *shown;
    *out = shown;
    shown->body = shown->headers = shown->text = imh_text("");
    if (!parcel || !reply_get(text_str(&parcel->payload), &reply)) {
        const char *why = parcel ? "imh-net sent no reply" : "no time left for an answer";
        shown->status = call_fail(call, parcel ? IMH_BROKEN : IMH_CANCELED, 0, "%s", why);
        shown->text = imh_text(why);
        return shown->status;
    }
    shown->code = reply.code;
    shown->body = imh_str_of(reply.body);
    shown->headers = keep(call, reply.headers);
    shown->status = reply.outcome.status;
    shown->after_s = reply.outcome.after_s;
    shown->text = keep(call, reply.outcome.text);
    return shown->status == IMH_OK
               ? IMH_OK
               : call_fail(call, shown->status, shown->after_s, "%s", shown->text.ptr);
}

static struct parcel *wait_for(struct call *call, uint64_t id)
{
    for (;;) {
        struct parcel *parcel = take_reply(call, id);
        int64_t left = call_left_ms(call) + GRACE_MS;
        if (parcel || call->canceled || left <= 0) {
            return parcel ? parcel : take_reply(call, id);
        }
        call_read_inbox(call, left);
    }
}

imh_status call_http_many(imh_call *api, const imh_request *const *requests, uint32_t count,
                          const imh_reply **replies)
{
    struct call *call = call_of(api);
    imh_status worst = IMH_OK;
    uint64_t first = call->requests;
    if (call->parcels + count > CALL_PARCELS_MOST) {
        return call_fail(call, IMH_BROKEN, 0, "a call with too many requests");
    }
    call->parcels += count;
    call->requests += count;
    for (uint32_t i = 0; i < count; i++) {
        send_request(call, requests[i], first + i);
    }
    for (uint32_t i = 0; i < count; i++) {
        imh_status status = show_reply(call, wait_for(call, first + i), &replies[i]);
        worst = worst == IMH_OK ? status : worst;
    }
    return worst;
}

imh_status call_http(imh_call *api, const imh_request *request, const imh_reply **reply)
{
    return call_http_many(api, &request, 1, reply);
}
