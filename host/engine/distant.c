#include "engine/distant.h"

#include <stdlib.h>

#include "base/channel.h"
#include "base/clock.h"

enum {
    GRACE_MS = 10000,  /* beyond a call's time, for the daemon to tell what came of it */
    PLUGIN_MS = 15000, /* for the daemon to load a plugin */
    TURN_MS = 1000
};

/* An errand under way. */
struct trip {
    struct trip *next;
    uint64_t id;
    struct call_watcher watcher;
    int64_t deadline_ms;
    bool over; /* its watcher is told at the next turn */
    struct error outcome;
    struct spent spent;
};

/* A plugin that was asked for. */
struct known {
    struct known *next;
    char *plugin;
    uint64_t id;
    struct descriptor *descriptor;
    struct text refusal;
    bool answered;
};

struct distant {
    struct channel *channel;
    uint64_t last_id;
    struct trip *trips;
    struct known *known;
    bool lost;
};

struct distant *distant_make(int fd)
{
    struct distant *distant = calloc(1, sizeof *distant);
    struct channel *channel = channel_make(fd, false);
    if (!distant || !channel) {
        channel_free(channel);
        free(distant);
        return NULL;
    }
    distant->channel = channel;
    return distant;
}

void distant_free(struct distant *distant)
{
    if (!distant) {
        return;
    }
    while (distant->trips) {
        struct trip *trip = distant->trips;
        distant->trips = trip->next;
        free(trip);
    }
    while (distant->known) {
        struct known *known = distant->known;
        distant->known = known->next;
        descriptor_free(known->descriptor);
        text_done(&known->refusal);
        free(known->plugin);
        free(known);
    }
    channel_free(distant->channel);
    free(distant);
}

bool distant_is_busy(const struct distant *distant)
{
    return distant->trips != NULL;
}

bool distant_is_lost(const struct distant *distant)
{
    return distant->lost;
}

/* ---- errands ---- */

static void end_trip(struct trip *trip, imh_status status, const char *why)
{
    (void)error_set(&trip->outcome, status, "%s", why);
    trip->over = true;
}

static bool send_errand(struct distant *distant, const struct integration *integration,
                        struct call_order *order, int64_t time_ms, uint64_t id)
{
    static const char no_ticket[TICKET_BYTES];
    struct text written;
    struct text payload;
    text_init(&written, WIRE_FRAME_BYTES);
    text_init(&payload, WIRE_FRAME_BYTES);
    order->ticket = (struct str){no_ticket, sizeof no_ticket};
    order_put(&written, order);
    const struct errand errand = {.account = str_from(integration->account),
                                  .identifier = str_from(integration->identifier),
                                  .time_ms = time_ms,
                                  .order = text_str(&written)};
    errand_put(&payload, &errand);
    bool good = !written.failed && !payload.failed &&
                channel_send(distant->channel, MESSAGE_ERRAND, id, &payload, -1);
    text_done(&payload);
    text_done(&written);
    return good;
}

void distant_call(struct distant *distant, const struct integration *integration,
                  struct call_order *order, int64_t time_ms,
                  const struct call_watcher *watcher)
{
    struct trip *trip = calloc(1, sizeof *trip);
    if (!trip) {
        struct outcome outcome = {.status = IMH_RETRY,
                                  .text = STR_OF("no memory for a call")};
        struct spent spent = {0};
        watcher->end(watcher->self, &outcome, &spent);
        return;
    }
    trip->id = ++distant->last_id;
    trip->watcher = *watcher;
    trip->deadline_ms = clock_mono_ms(&clock_real) + time_ms + GRACE_MS;
    trip->next = distant->trips;
    distant->trips = trip;
    if (!send_errand(distant, integration, order, time_ms, trip->id)) {
        end_trip(trip, IMH_RETRY, "the daemon takes no calls: see 'imh status'");
    }
}

/* ---- what the daemon says ---- */

static bool take_answer(struct trip *trip, struct str payload)
{
    struct answer answer;
    if (!answer_get(payload, &answer)) {
        return false;
    }
    if (trip->watcher.answer) {
        trip->watcher.answer(trip->watcher.self, &answer);
    }
    return true;
}

static bool take_unanswered(struct trip *trip, struct str payload)
{
    struct unanswered unanswered;
    if (!unanswered_get(payload, &unanswered)) {
        return false;
    }
    if (trip->watcher.unanswered) {
        trip->watcher.unanswered(trip->watcher.self, &unanswered);
    }
    return true;
}

static bool take_result(struct trip *trip, struct str payload)
{
    struct str json;
    if (!result_get(payload, &json)) {
        return false;
    }
    if (trip->watcher.result) {
        trip->watcher.result(trip->watcher.self, json);
    }
    return true;
}

static bool take_return(struct trip *trip, struct str payload)
{
    struct errand_end end;
    if (!errand_end_get(payload, &end)) {
        return false;
    }
    (void)error_set(&trip->outcome, end.outcome.status, "%.*s", STR_ARGS(end.outcome.text));
    trip->outcome.after_s = end.outcome.after_s;
    trip->spent = end.spent;
    trip->over = true;
    return true;
}

/* false: that is no message for here. What is about an errand that is over is dropped. */
static bool take_of_trip(struct distant *distant, const struct frame *frame)
{
    static const struct {
        uint32_t kind;
        bool (*take)(struct trip *trip, struct str payload);
    } takers[] = {{MESSAGE_ANSWER, take_answer},
                  {MESSAGE_UNANSWERED, take_unanswered},
                  {MESSAGE_RESULT, take_result},
                  {MESSAGE_RETURN, take_return}};
    struct trip *trip = distant->trips;
    while (trip && trip->id != frame->id) {
        trip = trip->next;
    }
    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++) {
        if (takers[i].kind == frame->kind) {
            return !trip || trip->over || takers[i].take(trip, frame->payload);
        }
    }
    return false;
}

static bool take_plugin(struct distant *distant, const struct frame *frame)
{
    struct error error;
    struct outcome outcome;
    struct known *known = distant->known;
    while (known && known->id != frame->id) {
        known = known->next;
    }
    if (!known || known->answered) {
        return false;
    }
    known->answered = true;
    if (frame->kind == MESSAGE_DESCRIPTOR) {
        known->descriptor = descriptor_from_json(frame->payload, &error);
        text_print(&known->refusal, "%s\n", known->descriptor ? "" : error.text);
        return true;
    }
    if (!outcome_get(frame->payload, &outcome)) {
        return false;
    }
    text_add(&known->refusal, outcome.text);
    return true;
}

static bool take(struct distant *distant, const struct frame *frame)
{
    bool plugin = frame->kind == MESSAGE_DESCRIPTOR || frame->kind == MESSAGE_REFUSED;
    return plugin ? take_plugin(distant, frame) : take_of_trip(distant, frame);
}

static void lose(struct distant *distant)
{
    distant->lost = true;
    for (struct trip *trip = distant->trips; trip; trip = trip->next) {
        if (!trip->over) {
            end_trip(trip, IMH_RETRY, "the daemon ended, or is of another version");
        }
    }
    for (struct known *known = distant->known; known; known = known->next) {
        if (!known->answered) {
            known->answered = true;
            text_add_cstr(&known->refusal, "the daemon ended, or is of another version\n");
        }
    }
}

static void read_all(struct distant *distant)
{
    struct frame frame;
    enum channel_state state;
    bool good = true;
    while (good && (state = channel_receive(distant->channel, &frame)) == CHANNEL_FRAME) {
        good = take(distant, &frame);
    }
    if (!good || state == CHANNEL_CLOSED || !channel_flush(distant->channel)) {
        lose(distant);
    }
}

static void tell_ended(struct distant *distant)
{
    struct trip **at = &distant->trips;
    int64_t now = clock_mono_ms(&clock_real);
    while (*at) {
        struct trip *trip = *at;
        if (!trip->over && now >= trip->deadline_ms) {
            end_trip(trip, IMH_RETRY, "the daemon does not answer: see 'imh status'");
        }
        if (!trip->over) {
            at = &trip->next;
            continue;
        }
        struct outcome outcome = {.status = trip->outcome.status,
                                  .after_s = trip->outcome.after_s,
                                  .text = str_from(trip->outcome.text)};
        *at = trip->next;
        trip->watcher.end(trip->watcher.self, &outcome, &trip->spent);
        free(trip);
        at = &distant->trips; /* the watcher may have started others */
    }
}

void distant_turn(struct distant *distant, int64_t wait_ms)
{
    struct pollfd fd = {.fd = channel_fd(distant->channel),
                        .events = channel_events(distant->channel)};
    int64_t now = clock_mono_ms(&clock_real);
    for (const struct trip *trip = distant->trips; trip; trip = trip->next) {
        int64_t left = trip->over ? 0 : trip->deadline_ms - now;
        wait_ms = left < wait_ms ? left : wait_ms;
    }
    (void)poll(&fd, 1, wait_ms > 0 ? (int)wait_ms : 0);
    read_all(distant);
    tell_ended(distant);
}

/* ---- plugins ---- */

static struct known *ask_plugin(struct distant *distant, const char *plugin)
{
    struct text payload;
    struct known *known = calloc(1, sizeof *known);
    char *name = strdup(plugin);
    if (!known || !name) {
        free(known);
        free(name);
        return NULL;
    }
    *known =
        (struct known){.next = distant->known, .plugin = name, .id = ++distant->last_id};
    text_init(&known->refusal, WIRE_FRAME_BYTES);
    distant->known = known;
    text_init(&payload, WIRE_FRAME_BYTES);
    wire_put_str(&payload, str_from(plugin));
    if (!channel_send(distant->channel, MESSAGE_PLUGIN, known->id, &payload, -1)) {
        lose(distant);
    }
    text_done(&payload);
    return known;
}

const struct descriptor *distant_plugin(struct distant *distant, const char *plugin,
                                        struct text *refusal)
{
    int64_t deadline = clock_mono_ms(&clock_real) + PLUGIN_MS;
    struct known *known = distant->known;
    while (known && strcmp(known->plugin, plugin) != 0) {
        known = known->next;
    }
    known = known ? known : ask_plugin(distant, plugin);
    while (known && !known->answered && clock_mono_ms(&clock_real) < deadline) {
        distant_turn(distant, TURN_MS);
    }
    if (!known || !known->answered) {
        text_add_cstr(refusal, "the daemon does not answer: see 'imh status'\n");
        return NULL;
    }
    if (!known->descriptor) {
        text_add(refusal, text_str(&known->refusal));
    }
    return known->descriptor;
}
