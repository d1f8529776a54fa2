#include <stdlib.h>

#include "base/utf8.h"
#include "plugin/call.h"

/* What the plugin put in this call: it is read back before it is kept for good. */
struct call_state {
    struct call_state *next;
    struct str key, value;
};

static struct str keep(struct call *call, struct str str)
{
    struct str copy = arena_copy(&call->arena, str);
    if (!copy.ptr) {
        abort(); /* a worker without memory is replaced by one that has some */
    }
    return copy;
}

/* Only what commits something keeps state: a variable must not depend on who asked before.
 */
static imh_status admit(struct call *call, imh_str key)
{
    if (call->order.kind != CALL_POLL || call->creating) {
        return call_fail(call, IMH_BROKEN, 0, "there is no state in this kind of call");
    }
    if (key.len == 0 || key.len > CALL_STATE_KEY_BYTES || !utf8_is_valid(str_of(key))) {
        return call_fail(call, IMH_BROKEN, 0,
                         "a key of state that is no text of 1 to %d bytes",
                         CALL_STATE_KEY_BYTES);
    }
    return IMH_OK;
}

static const struct call_state *find(const struct call *call, imh_str key)
{
    const struct call_state *state = call->states;
    while (state && !str_eq(state->key, str_of(key))) {
        state = state->next;
    }
    return state;
}

static imh_status ask(struct call *call, imh_str key, imh_str *value)
{
    struct text payload;
    struct state_question question = {.number = call->requests++, .key = str_of(key)};
    struct state_answer answer;
    text_init(&payload, WIRE_FRAME_BYTES);
    state_question_put(&payload, &question);
    imh_status sent = call_send(call, MESSAGE_STATE, &payload);
    if (sent != IMH_OK) {
        return sent;
    }
    struct parcel *parcel = call_await(call, question.number);
    if (!parcel) {
        return call_fail(call, IMH_CANCELED, 0, "no time left for the state");
    }
    if (!state_answer_get(text_str(&parcel->payload), &answer)) {
        return call_fail(call, IMH_BROKEN, 0, "the host sent no state");
    }
    if (answer.outcome.status != IMH_OK) {
        return call_fail(call, answer.outcome.status, answer.outcome.after_s, "%.*s",
                         STR_ARGS(answer.outcome.text));
    }
    *value = imh_str_of(keep(call, answer.value));
    parcel_empty(parcel);
    return IMH_OK;
}

imh_status call_state(imh_call *api, imh_str key, imh_str *value)
{
    struct call *call = call_of(api);
    *value = imh_text("");
    imh_status admitted = admit(call, key);
    const struct call_state *put = admitted == IMH_OK ? find(call, key) : NULL;
    if (put && put->value.len > 0) {
        *value = imh_str_of(put->value);
    } else if (put) {
        return call_fail(call, IMH_MISSING, 0, "there is no such state");
    }
    return admitted == IMH_OK && !put ? ask(call, key, value) : admitted;
}

imh_status call_state_put(imh_call *api, imh_str key, imh_str value)
{
    struct call *call = call_of(api);
    struct text payload;
    imh_status admitted = admit(call, key);
    if (admitted != IMH_OK) {
        return admitted;
    }
    if (value.len > CALL_STATE_BYTES) {
        return call_fail(call, IMH_BROKEN, 0, "a state of more than %d bytes",
                         CALL_STATE_BYTES);
    }
    struct call_state *put = arena_zero(&call->arena, 1, sizeof *put);
    if (!put) {
        abort();
    }
    *put = (struct call_state){.next = call->states,
                               .key = keep(call, str_of(key)),
                               .value = keep(call, str_of(value))};
    call->states = put;
    struct state_item item = {.key = put->key, .value = put->value};
    text_init(&payload, WIRE_FRAME_BYTES);
    state_item_put(&payload, &item);
    return call_send(call, MESSAGE_STATE_PUT, &payload);
}
