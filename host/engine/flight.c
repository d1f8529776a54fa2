#include "engine/flight.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "engine/veil.h"

enum { LINE_BYTES = 4096 /* of what a plugin says in the log */ };

static int64_t now_ms(void)
{
    return clock_mono_ms(&clock_real);
}

struct flight *flight_make(struct supervisor *supervisor,
                           const struct integration *integration, struct call_order *order,
                           int64_t time_ms, const struct call_watcher *watcher)
{
    struct flight *flight = calloc(1, sizeof *flight);
    char secret[TICKET_BYTES];
    char trace[32];
    if (!flight || getrandom(secret, sizeof secret, 0) != sizeof secret) {
        free(flight);
        return NULL;
    }
    flight->id = ++supervisor->last_id;
    flight->kind = order->kind;
    flight->since_ms = now_ms();
    flight->worker = crew_worker_of(supervisor, integration);
    flight->integration = integration;
    flight->watcher = *watcher;
    flight->lookup_count = order->lookup_count;
    flight->record_count = order->record_count;
    flight->time_ms = time_ms;
    flight->deadline_ms = flight->since_ms + START_MS;
    (void)snprintf(trace, sizeof trace, "%" PRIx64 "-%" PRIu64,
                   (uint64_t)clock_now_ms(&clock_real), flight->id);
    order->instance = integration->id;
    order->attempt = 1;
    order->left_ms = time_ms;
    order->ticket = (struct str){secret, sizeof secret};
    order->trace = str_from(trace);
    text_init(&flight->order, WIRE_FRAME_BYTES);
    order_put(&flight->order, order);
    if (!flight->worker || flight->order.failed) {
        flight_free(flight);
        return NULL;
    }
    return flight;
}

void flight_free(struct flight *flight)
{
    text_wipe(&flight->order);
    free(flight);
}

/* ---- starting ---- */

static bool open_ticket(struct supervisor *supervisor, const struct flight *flight)
{
    struct text payload;
    struct arena arena;
    struct call_order order;
    arena_init(&arena, 4096, 0);
    text_init(&payload, WIRE_FRAME_BYTES);
    bool good =
        order_get((struct str){flight->order.ptr, flight->order.len}, &arena, &order);
    if (good) {
        struct ticket ticket = {.secret = order.ticket,
                                .trace = order.trace,
                                .instance = flight->integration->id,
                                .worker = flight->worker->id,
                                .left_ms = flight->time_ms};
        ticket_put(&payload, &ticket);
        good =
            channel_send(supervisor->net.channel, MESSAGE_TICKET, flight->id, &payload, -1);
    }
    text_wipe(&payload);
    arena_done(&arena);
    return good;
}

/* The ticket first: a request may follow it at once. */
static void run(struct supervisor *supervisor, struct flight *flight)
{
    struct worker_process *worker = flight->worker;
    bool good = crew_tell(supervisor, worker, flight->integration) &&
                open_ticket(supervisor, flight) &&
                channel_send(worker->channel, MESSAGE_CALL, flight->id, &flight->order, -1);
    flight->state = FLIGHT_RUNNING;
    flight->deadline_ms = now_ms() + flight->time_ms + ANSWER_MS;
    if (!good) {
        flight_end(supervisor, flight, IMH_RETRY, 0,
                   STR_OF("the plugin's process is gone"));
    }
}

/* A worker that rests only for a moment is worth waiting for. */
static bool waits_for_rest(const struct supervisor *supervisor, struct flight *flight)
{
    int64_t until_ms = crew_rests_until(supervisor, flight->worker);
    int64_t rest_ms = until_ms - now_ms();
    if (rest_ms <= 0 || rest_ms > PATIENCE_MS) {
        return false;
    }
    flight->deadline_ms = until_ms + START_MS;
    return true;
}

void flight_start(struct supervisor *supervisor, struct flight *flight)
{
    struct error error;
    if (flight->state != FLIGHT_WAITING || waits_for_rest(supervisor, flight)) {
        return;
    }
    if (!crew_start_worker(supervisor, flight->worker, &error)) {
        flight_end(supervisor, flight, error.status, error.after_s, str_from(error.text));
    } else if (flight->worker->state == WORKER_READY) {
        run(supervisor, flight);
    }
}

int64_t flight_due_ms(const struct supervisor *supervisor, const struct flight *flight)
{
    int64_t rests_until = crew_rests_until(supervisor, flight->worker);
    switch (flight->state) {
    case FLIGHT_OVER:
        return 0;
    case FLIGHT_WAITING:
        return rests_until > 0 ? rests_until : flight->deadline_ms;
    case FLIGHT_RUNNING:
        return flight->deadline_ms + (flight->canceled ? OVERSTAY_MS : 0);
    default:
        return flight->deadline_ms;
    }
}

bool flight_hangs(const struct flight *flight, int64_t now_ms)
{
    struct told *told = flight->state == FLIGHT_RUNNING
                            ? crew_told(flight->worker, flight->integration)
                            : NULL;
    if (!told || told->created) {
        return false;
    }
    if (told->creating_since_ms == 0) {
        told->creating_since_ms = now_ms;
    }
    return now_ms >= told->creating_since_ms + CREATE_MS + OVERSTAY_MS;
}

/* ---- ending ---- */

/* The next call tries create() again, if this one did not succeed, and has its time. */
static void stop_creating(const struct flight *flight)
{
    struct told *told = crew_told(flight->worker, flight->integration);
    if (told) {
        told->creating_since_ms = 0;
    }
}

void flight_end(struct supervisor *supervisor, struct flight *flight, imh_status status,
                uint32_t after_s, struct str text)
{
    bool ran = flight->state == FLIGHT_RUNNING;
    if (flight->state >= FLIGHT_ENDING) {
        return;
    }
    (void)error_set(&flight->outcome, status, "%.*s", STR_ARGS(text));
    flight->outcome.after_s = after_s;
    flight->state = FLIGHT_OVER;
    stop_creating(flight);
    if (ran && supervisor->net.channel) {
        /* When imh-net is gone, that is seen where its last words are read. */
        (void)channel_send(supervisor->net.channel, MESSAGE_TICKET_END, flight->id, NULL,
                           -1);
        flight->state = FLIGHT_ENDING;
        flight->deadline_ms = now_ms() + SPENT_MS;
    }
}

/* Nobody will say any more what it did. */
static void end_untold(struct flight *flight)
{
    flight->state = FLIGHT_OVER;
    if (flight->unsafe && flight->outcome.status != IMH_OK) {
        flight->outcome.status = IMH_UNKNOWN;
    }
}

void flight_end_all(struct supervisor *supervisor, const struct worker_process *worker,
                    imh_status status, struct str why)
{
    for (struct flight *flight = supervisor->flights; flight; flight = flight->next) {
        bool ends = flight->state < FLIGHT_OVER;
        if (!worker || flight->worker == worker) {
            flight->died = flight->died || flight->state == FLIGHT_RUNNING;
            flight_end(supervisor, flight, status, 0, why);
        }
        if (!worker && ends) {
            end_untold(flight);
        }
    }
}

static struct flight *find(const struct supervisor *supervisor, uint64_t id)
{
    struct flight *flight = supervisor->flights;
    while (flight && flight->id != id) {
        flight = flight->next;
    }
    return flight;
}

/* Is it unknown what the call did over there? When a request was sent that may not be
 * repeated, and no answer came; or when it was done, but the call ended as if it had not
 * been tried. */
static bool is_unknown(const struct flight *flight)
{
    bool untried = flight->died || flight->outcome.status == IMH_CANCELED;
    return flight->outcome.status != IMH_OK &&
           (flight->spent.unsafe > 0 || (untried && flight->spent.done > 0));
}

bool flight_spent(struct supervisor *supervisor, const struct frame *frame)
{
    struct flight *flight = find(supervisor, frame->id);
    struct spent spent;
    if (frame->kind != MESSAGE_SPENT || !spent_get(frame->payload, &spent)) {
        return false;
    }
    if (flight && flight->state == FLIGHT_ENDING) {
        flight->spent = spent;
        flight->state = FLIGHT_OVER;
        if (is_unknown(flight)) {
            flight->outcome.status = IMH_UNKNOWN;
        }
    }
    return true;
}

bool flight_unsafe(struct supervisor *supervisor, const struct frame *frame)
{
    struct flight *flight = find(supervisor, frame->id);
    if (flight) {
        flight->unsafe = true;
    }
    return frame->payload.len == 0;
}

/* ---- frames of a worker ---- */

/* Twice by mistake does no harm, again and again does. What it says is new. */
static bool may_answer(struct flight *flight, uint64_t token, int64_t age_ms)
{
    return age_ms == 0 && token < flight->lookup_count &&
           flight->answers++ < 2 * flight->lookup_count;
}

static bool take_answer(struct supervisor *supervisor, struct flight *flight,
                        const struct frame *frame)
{
    struct answer answer;
    (void)supervisor;
    if (!answer_get(frame->payload, &answer) || answer.is_old ||
        !may_answer(flight, answer.token, answer.age_ms)) {
        return false;
    }
    if (flight->watcher.answer) {
        flight->watcher.answer(flight->watcher.self, &answer);
    }
    return true;
}

static bool take_unanswered(struct supervisor *supervisor, struct flight *flight,
                            const struct frame *frame)
{
    struct unanswered unanswered;
    (void)supervisor;
    if (!unanswered_get(frame->payload, &unanswered) ||
        !may_answer(flight, unanswered.token, unanswered.age_ms)) {
        return false;
    }
    if (flight->watcher.unanswered) {
        flight->watcher.unanswered(flight->watcher.self, &unanswered);
    }
    return true;
}

static bool take_event(struct supervisor *supervisor, struct flight *flight,
                       const struct frame *frame)
{
    struct call_event event;
    (void)supervisor;
    if (!event_get(frame->payload, &event) ||
        event.type >= flight->worker->descriptor->event_type_count) {
        return false;
    }
    if (flight->watcher.event) {
        flight->watcher.event(flight->watcher.self, &event);
    }
    return true;
}

static bool take_cursor(struct supervisor *supervisor, struct flight *flight,
                        const struct frame *frame)
{
    struct cursor cursor;
    (void)supervisor;
    if (!cursor_get(frame->payload, &cursor)) {
        return false;
    }
    if (flight->watcher.cursor) {
        flight->watcher.cursor(flight->watcher.self, &cursor);
    }
    return true;
}

void flight_state(struct supervisor *supervisor, uint64_t call,
                  const struct state_answer *answer)
{
    struct flight *flight = find(supervisor, call);
    struct text payload;
    if (!flight || flight->state != FLIGHT_RUNNING) {
        return;
    }
    text_init(&payload, WIRE_FRAME_BYTES);
    state_answer_put(&payload, answer);
    if (!channel_send(flight->worker->channel, MESSAGE_STATE_IS, call, &payload, -1)) {
        flight_end(supervisor, flight, IMH_RETRY, 0,
                   STR_OF("the plugin's process is gone"));
    }
    text_done(&payload);
}

static bool take_state(struct supervisor *supervisor, struct flight *flight,
                       const struct frame *frame)
{
    struct state_question question;
    if (!state_question_get(frame->payload, &question)) {
        return false;
    }
    if (flight->watcher.state) {
        flight->watcher.state(flight->watcher.self, flight->id, &question);
        return true;
    }
    const struct state_answer none = {
        .number = question.number,
        .outcome = {.status = IMH_MISSING, .text = STR_OF("nobody keeps state here")},
        .value = STR_OF("")};
    flight_state(supervisor, flight->id, &none);
    return true;
}

static bool take_state_put(struct supervisor *supervisor, struct flight *flight,
                           const struct frame *frame)
{
    struct state_item item;
    (void)supervisor;
    if (!state_item_get(frame->payload, &item)) {
        return false;
    }
    if (flight->watcher.state_put) {
        flight->watcher.state_put(flight->watcher.self, &item);
    }
    return true;
}

static bool take_result(struct supervisor *supervisor, struct flight *flight,
                        const struct frame *frame)
{
    struct str json;
    (void)supervisor;
    if (!result_get(frame->payload, &json)) {
        return false;
    }
    if (flight->watcher.result) {
        flight->watcher.result(flight->watcher.self, json);
    }
    return true;
}

/* Twice by mistake does no harm here, either. */
static bool take_done(struct supervisor *supervisor, struct flight *flight,
                      const struct frame *frame)
{
    struct call_done done;
    (void)supervisor;
    if (!done_get(frame->payload, &done) || done.index >= flight->record_count ||
        flight->answers++ >= 2 * flight->record_count) {
        return false;
    }
    if (flight->watcher.done) {
        flight->watcher.done(flight->watcher.self, &done);
    }
    return true;
}

static void write_line(const struct supervisor *supervisor, const struct flight *flight,
                       uint32_t level, const char *event, struct str line)
{
    struct text text;
    text_init(&text, LINE_BYTES);
    text_add(&text, str_before(line, LINE_BYTES));
    log_write(supervisor->settings.log, level, event, "plugin", flight->worker->plugin,
              "account", flight->integration->account, "integration",
              flight->integration->identifier, "text", text_cstr(&text), NULL);
    text_done(&text);
}

/* One that says too much is heard so far, and that is said. */
static bool take_log(struct supervisor *supervisor, struct flight *flight,
                     const struct frame *frame)
{
    struct log_line line;
    if (!log_line_get(frame->payload, &line)) {
        return false;
    }
    flight->lines++;
    if (flight->lines <= FLIGHT_LINES_MOST) {
        write_line(supervisor, flight, line.level, "plugin says", line.text);
    } else if (flight->lines == FLIGHT_LINES_MOST + 1) {
        write_line(supervisor, flight, IMH_WARNING, "plugin says too much",
                   STR_OF("the rest of this call is left out"));
    }
    return true;
}

static bool take_created(struct supervisor *supervisor, struct flight *flight,
                         const struct frame *frame)
{
    struct told *told = crew_told(flight->worker, flight->integration);
    (void)supervisor;
    if (!told || frame->payload.len > 0) {
        return false;
    }
    told->created = true;
    return true;
}

static bool take_end(struct supervisor *supervisor, struct flight *flight,
                     const struct frame *frame)
{
    struct outcome outcome;
    if (!outcome_get(frame->payload, &outcome)) {
        return false;
    }
    flight_end(supervisor, flight, outcome.status, outcome.after_s, outcome.text);
    return true;
}

/* Counts it; one call can only say so much. */
static bool is_flood(struct flight *flight, const struct frame *frame)
{
    flight->frames++;
    flight->bytes += frame->payload.len;
    return flight->frames > FLIGHT_FRAMES_MOST || flight->bytes > FLIGHT_BYTES_MOST;
}

struct taker {
    uint32_t kind;
    bool (*take)(struct supervisor *supervisor, struct flight *flight,
                 const struct frame *frame);
    bool is_shown; /* to people, or kept: no secrets of the integration are in it */
};

static bool take(const struct taker *taker, struct supervisor *supervisor,
                 struct flight *flight, const struct frame *frame)
{
    struct text room;
    struct frame shown = *frame;
    if (!taker->is_shown) {
        return taker->take(supervisor, flight, frame);
    }
    bool good = veil_payload(flight->integration, &shown.payload, &room);
    if (good) {
        good = taker->take(supervisor, flight, &shown);
    } else {
        flight_end(supervisor, flight, IMH_RETRY, 0, STR_OF("no memory for a call"));
    }
    text_wipe(&room);
    return good || flight->state != FLIGHT_RUNNING;
}

const char *flight_frame(struct supervisor *supervisor, const struct worker_process *worker,
                         const struct frame *frame)
{
    static const struct taker takers[] = {
        {MESSAGE_ANSWER, take_answer, true}, {MESSAGE_UNANSWERED, take_unanswered, true},
        {MESSAGE_EVENT, take_event, true},   {MESSAGE_CURSOR, take_cursor, false},
        {MESSAGE_STATE, take_state, false},  {MESSAGE_STATE_PUT, take_state_put, false},
        {MESSAGE_RESULT, take_result, true}, {MESSAGE_LOG, take_log, true},
        {MESSAGE_DONE, take_done, true},     {MESSAGE_CREATED, take_created, false},
        {MESSAGE_END, take_end, true}};
    struct flight *flight = find(supervisor, frame->id);
    if (!flight || flight->worker != worker || flight->state != FLIGHT_RUNNING) {
        return FLIGHT_LIES;
    }
    if (is_flood(flight, frame)) {
        return "it said more than a plugin may";
    }
    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++) {
        if (takers[i].kind == frame->kind) {
            return take(&takers[i], supervisor, flight, frame) ? NULL : FLIGHT_LIES;
        }
    }
    return FLIGHT_LIES;
}
