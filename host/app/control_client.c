#include "app/control_client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "base/channel.h"
#include "base/clock.h"

struct control_client {
    struct channel *channel;
    uint64_t last;
    int64_t patience_ms;
};

static bool is_absent(int why)
{
    return why == ENOENT || why == ECONNREFUSED || why == ENOTDIR;
}

struct control_client *control_connect(const char *state, struct error *error)
{
    int fd = control_dial(state);
    if (fd < 0) {
        (void)(is_absent(errno)
                   ? error_set(error, IMH_MISSING, "imh is not running: imh run")
                   : error_set(error, IMH_DENIED, "%s/control.sock: %s", state,
                               strerror(errno)));
        return NULL;
    }
    struct control_client *client = calloc(1, sizeof *client);
    struct channel *channel = channel_make(fd, false);
    if (!client || !channel) {
        channel_free(channel);
        free(client);
        (void)error_set(error, IMH_RETRY, "no memory");
        return NULL;
    }
    channel_wipe(channel); /* secrets may go through it */
    client->channel = channel;
    client->patience_ms = CONTROL_PATIENCE_MS;
    return client;
}

void control_client_free(struct control_client *client)
{
    if (client) {
        channel_free(client->channel);
        free(client);
    }
}

void control_be_quick(struct control_client *client)
{
    client->patience_ms = CONTROL_QUICK_MS;
}

static bool send_question(struct control_client *client,
                          const struct control_question *question, struct error *error)
{
    struct text payload;
    text_init_wiped(&payload, WIRE_FRAME_BYTES);
    control_question_put(&payload, question);
    bool good = !payload.failed &&
                channel_send(client->channel, CONTROL_ASK, ++client->last, &payload, -1);
    text_done(&payload);
    return good || error_set(error, IMH_CANCELED, "the daemon does not take the question");
}

/* The next frame, until the time is over. */
static enum channel_state wait_for_frame(struct control_client *client, int64_t until_ms,
                                         struct frame *frame)
{
    enum channel_state state;
    while ((state = channel_receive(client->channel, frame)) == CHANNEL_IDLE) {
        struct pollfd fd = {.fd = channel_fd(client->channel),
                            .events = channel_events(client->channel)};
        int64_t left = until_ms - clock_mono_ms(&clock_real);
        if (left <= 0) {
            return CHANNEL_IDLE;
        }
        (void)poll(&fd, 1, (int)left);
        (void)channel_flush(client->channel);
    }
    return state;
}

static bool take_answer(const struct frame *frame, struct text *json, struct error *error)
{
    if (frame->kind == CONTROL_ANSWER) {
        if (json) {
            text_add(json, frame->payload);
        }
        return true;
    }
    return frame->kind == CONTROL_FAILURE && control_failure_get(frame->payload, error)
               ? false
               : error_set(error, IMH_BROKEN, "the daemon answers what is no answer");
}

bool control_ask(struct control_client *client, const struct control_question *question,
                 struct text *json, struct error *error)
{
    struct frame frame;
    int64_t until_ms = clock_mono_ms(&clock_real) + client->patience_ms;
    if (!send_question(client, question, error)) {
        return false;
    }
    enum channel_state state = wait_for_frame(client, until_ms, &frame);
    while (state == CHANNEL_FRAME && frame.id != client->last && frame.id != 0) {
        state = wait_for_frame(client, until_ms, &frame);
    }
    if (state == CHANNEL_FRAME) {
        return take_answer(&frame, json, error);
    }
    return state == CHANNEL_IDLE
               ? error_set(
                     error, IMH_WAIT,
                     "the daemon does not answer: its process hangs, or has too much to do")
               : error_set(error, IMH_UNKNOWN,
                           "the daemon ended before it answered: see what was done");
}

json_t *control_ask_json(struct control_client *client, const char *operation,
                         json_t *arguments, struct str secret, struct error *error)
{
    json_auto_t *taken = arguments;
    char *written = json_dumps(taken, JSON_COMPACT);
    const struct control_question question = {
        .operation = str_from(operation), .arguments = str_from(written), .secret = secret};
    json_t *answer = NULL;
    struct text json;
    text_init(&json, WIRE_FRAME_BYTES);
    if (!written) {
        (void)error_set(error, IMH_REJECTED, "a name is not UTF-8");
    } else if (control_ask(client, &question, &json, error)) {
        answer = json_loads(text_cstr(&json), 0, NULL);
        if (!answer) {
            (void)error_set(error, IMH_BROKEN, "the daemon answers what is no JSON");
        }
    }
    text_done(&json);
    free(written);
    return answer;
}
