#include "net/gate.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/inbox.h"
#include "net/gate_mail.h"
#include "net/gate_rest.h"
#include "net/http_url.h"

enum {
    WORKERS_MOST = 200, /* with a channel of their own */
    IDLE_MS = 60000
};

static int64_t now_ms(void)
{
    return clock_mono_ms(&clock_real);
}

/* ---- workers ---- */

static void drop_worker(struct gate *gate, struct gate_worker *worker)
{
    struct gate_worker **at = &gate->workers;
    query_drop(gate, NULL, worker);
    while (*at != worker) {
        at = &(*at)->next;
    }
    *at = worker->next;
    channel_free(worker->channel);
    free(worker);
}

/* ---- the supervisor ---- */

static struct gate_remote *find_remote(const struct gate *gate, uint64_t instance)
{
    struct gate_remote *remote = gate->remotes;
    while (remote && remote->instance != instance) {
        remote = remote->next;
    }
    return remote;
}

static struct gate_remote *add_remote(struct gate *gate, uint64_t instance)
{
    struct gate_remote *remote = calloc(1, sizeof *remote);
    if (remote) {
        remote->instance = instance;
        arena_init(&remote->arena, GATE_ARENA_BYTES, GATE_MEMORY_BYTES);
        remote->next = gate->remotes;
        gate->remotes = remote;
    }
    return remote;
}

static bool origin_of(const struct remote *remote, struct origin *origin)
{
    struct error ignored;
    struct text room;
    text_init(&room, URL_BYTES);
    bool good = remote->address_count > 0 &&
                url_resolve(STR_OF(""), remote->addresses[0], &room, origin, &ignored);
    text_done(&room);
    return good;
}

/* Other accounts have other credentials, and a server counts these. */
static bool same_server(const struct remote *a, const struct remote *b)
{
    struct origin origins[2];
    return str_eq(a->account, b->account) && origin_of(a, &origins[0]) &&
           origin_of(b, &origins[1]) && origin_eq(&origins[0], &origins[1]);
}

/* Two store views of a shop are two integrations, and one server: the strictest limits of
 * all that share it count for all together. Who leads whom stays as it was found first:
 * turns that were taken are given back there. */
static struct gate_remote *leader_of(const struct gate *gate, struct gate_remote *remote)
{
    struct gate_remote *leader = remote->leader;
    for (struct gate_remote *at = gate->remotes; at && !leader; at = at->next) {
        leader =
            at != remote && same_server(&at->remote, &remote->remote) ? at->leader : NULL;
    }
    return leader ? leader : remote;
}

/* 0 is no limit. */
static uint32_t stricter(uint32_t rate, uint32_t other)
{
    return rate == 0 || (other > 0 && other < rate) ? other : rate;
}

static void share_budget(struct gate *gate, struct gate_remote *remote)
{
    uint32_t parallel = remote->remote.parallel;
    uint32_t rate = remote->remote.rate_a_minute;
    remote->leader = leader_of(gate, remote);
    for (const struct gate_remote *at = gate->remotes; at; at = at->next) {
        if (at->leader == remote->leader) {
            parallel = at->remote.parallel < parallel ? at->remote.parallel : parallel;
            rate = stricter(rate, at->remote.rate_a_minute);
        }
    }
    budget_change(&remote->leader->budget, parallel, rate);
}

/* A remote that is known already gets new settings; its budget goes on, and its tokens as
 * far as the settings leave them. */
static bool take_remote(struct gate *gate, const struct frame *frame)
{
    struct gate_remote *remote = find_remote(gate, frame->id);
    struct arena arena;
    struct remote settings;
    struct error ignored;
    OWN(secret) kept = secret_copy(frame->payload, &ignored);
    remote = remote ? remote : add_remote(gate, frame->id);
    arena_init(&arena, GATE_ARENA_BYTES, GATE_MEMORY_BYTES);
    if (!remote || !kept || !remote_get(secret_reveal(kept), &arena, &settings)) {
        arena_done(&arena);
        return false;
    }
    token_settle(remote, &settings);
    arena_done(&remote->arena);
    secret_free(remote->kept);
    remote->arena = arena;
    remote->kept = GIVE(kept);
    remote->remote = settings;
    rest_settle(remote);
    share_budget(gate, remote);
    return true;
}

static bool take_worker(struct gate *gate, const struct frame *frame)
{
    int file = channel_take_file(gate->supervisor);
    struct gate_worker *worker = file >= 0 ? calloc(1, sizeof *worker) : NULL;
    if (!worker) {
        return false;
    }
    worker->id = frame->id;
    worker->channel = channel_make(file, false);
    if (!worker->channel) {
        free(worker);
        return false;
    }
    channel_gather(worker->channel);
    worker->next = gate->workers;
    gate->workers = worker;
    return true;
}

static bool take_ticket(struct gate *gate, const struct frame *frame)
{
    struct ticket got;
    if (!ticket_get(frame->payload, &got)) {
        return false;
    }
    struct gate_remote *remote = find_remote(gate, got.instance);
    struct gate_ticket *ticket = remote ? calloc(1, sizeof *ticket) : NULL;
    if (!ticket) {
        return false;
    }
    ticket->call = frame->id;
    memcpy(ticket->secret, got.secret.ptr, TICKET_BYTES);
    memcpy(ticket->trace, got.trace.ptr, got.trace.len < TRACE_BYTES ? got.trace.len : 0);
    ticket->worker = got.worker;
    ticket->remote = remote;
    ticket->deadline_ms = now_ms() + got.left_ms;
    ticket->next = gate->tickets;
    gate->tickets = ticket;
    return true;
}

static bool end_ticket(struct gate *gate, const struct frame *frame)
{
    struct gate_ticket **at = &gate->tickets;
    struct text payload;
    struct spent spent = {0};
    while (*at && (*at)->call != frame->id) {
        at = &(*at)->next;
    }
    struct gate_ticket *ticket = *at;
    if (ticket) {
        query_drop(gate, ticket, NULL);
        spent = ticket->spent;
        *at = ticket->next;
        explicit_bzero(ticket->secret, sizeof ticket->secret);
        free(ticket);
    }
    text_init(&payload, WIRE_FRAME_BYTES);
    spent_put(&payload, &spent);
    bool good = channel_send(gate->supervisor, MESSAGE_SPENT, frame->id, &payload, -1);
    text_done(&payload);
    return good;
}

static bool take_mail(struct gate *gate, const struct frame *frame)
{
    struct mail mail;
    return mail_get(frame->payload, &mail) &&
           mail_take(gate, find_remote(gate, mail.instance), frame->id, &mail);
}

static bool take_order(struct gate *gate, const struct frame *frame)
{
    static const struct {
        uint32_t kind;
        bool (*take)(struct gate *gate, const struct frame *frame);
    } orders[] = {{MESSAGE_REMOTE, take_remote},
                  {MESSAGE_WORKER, take_worker},
                  {MESSAGE_TICKET, take_ticket},
                  {MESSAGE_TICKET_END, end_ticket},
                  {MESSAGE_MAIL, take_mail}};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        if (orders[i].kind == frame->kind) {
            return orders[i].take(gate, frame);
        }
    }
    return false;
}

static void serve_supervisor(struct gate *gate)
{
    struct frame frame;
    enum channel_state state;
    while ((state = channel_receive(gate->supervisor, &frame)) == CHANNEL_FRAME) {
        if (!take_order(gate, &frame)) {
            gate->over = true; /* it cannot be trusted to be understood any more */
            return;
        }
    }
    gate->over = gate->over || state == CHANNEL_CLOSED || !channel_flush(gate->supervisor);
}

/* Cut off, which the supervisor is told: for what it said (IMH_BROKEN), or because it hung
 * up, most often as it ends (IMH_RETRY). */
static void lose_worker(struct gate *gate, struct gate_worker *worker, imh_status status,
                        const char *why)
{
    struct text payload;
    struct outcome outcome = {.status = status, .text = str_from(why)};
    text_init(&payload, WIRE_FRAME_BYTES);
    outcome_put(&payload, &outcome);
    if (!channel_send(gate->supervisor, MESSAGE_LOST, worker->id, &payload, -1)) {
        gate->over = true;
    }
    text_done(&payload);
    drop_worker(gate, worker);
}

/* A request belongs to a ticket that was sent before it: once the request is here, so is
 * the ticket, on the supervisor's channel. So many at a time: who floods us waits for the
 * others. */
static void serve_worker(struct gate *gate, struct gate_worker *worker)
{
    enum { FRAMES_A_TURN = 200 };
    struct frame frame;
    const char *wrong = NULL;
    enum channel_state state = CHANNEL_FRAME;
    for (unsigned i = 0; i < FRAMES_A_TURN && state == CHANNEL_FRAME && !wrong; i++) {
        state = channel_receive(worker->channel, &frame);
        if (state == CHANNEL_FRAME) {
            serve_supervisor(gate);
            wrong = gate->over ? "" : query_take(gate, worker, &frame);
        }
    }
    if (gate->over) {
        return;
    }
    worker->more = state == CHANNEL_FRAME;
    if (wrong) {
        lose_worker(gate, worker, IMH_BROKEN, wrong);
    } else if (channel_is_foul(worker->channel)) {
        lose_worker(gate, worker, IMH_BROKEN, "it sent imh-net what is no message");
    } else if (state == CHANNEL_CLOSED || !channel_flush(worker->channel)) {
        lose_worker(gate, worker, IMH_RETRY, "it closed its connection to imh-net");
    }
}

/* ---- the loop ---- */

static bool has_more(const struct gate *gate)
{
    const struct gate_worker *worker = gate->workers;
    while (worker && !worker->more) {
        worker = worker->next;
    }
    return worker != NULL;
}

static void serve_once(struct gate *gate)
{
    struct pollfd fds[WORKERS_MOST + 2];
    struct gate_worker *served[WORKERS_MOST];
    unsigned count = 0;
    (void)channel_flush(gate->supervisor); /* who is gone is noticed at reading */
    fds[0] = (struct pollfd){.fd = channel_fd(gate->supervisor),
                             .events = channel_events(gate->supervisor)};
    for (struct gate_worker *at = gate->workers; at && count < WORKERS_MOST;
         at = at->next) {
        served[count++] = at;
        (void)channel_flush(at->channel);
        fds[count] = (struct pollfd){.fd = channel_fd(at->channel),
                                     .events = channel_events(at->channel)};
    }
    int64_t now = now_ms();
    int64_t next =
        has_more(gate) ? now : mail_next_ms(gate, query_next_ms(gate, now + IDLE_MS));
    fds[count + 1] = (struct pollfd){.fd = inbox_fd(gate->mailed), .events = POLLIN};
    http_wait(gate->http, fds, count + 2, next - now);
    serve_supervisor(gate);
    for (unsigned i = 0; i < count && !gate->over; i++) {
        if (fds[i + 1].revents || served[i]->more) {
            serve_worker(gate, served[i]);
        }
    }
    query_start_waiting(gate);
    mail_turn(gate);
}

static void free_all(struct gate *gate)
{
    mail_free_all(gate);
    while (gate->workers) {
        drop_worker(gate, gate->workers);
    }
    while (gate->tickets) {
        struct gate_ticket *ticket = gate->tickets;
        gate->tickets = ticket->next;
        free(ticket);
    }
    while (gate->remotes) {
        struct gate_remote *remote = gate->remotes;
        gate->remotes = remote->next;
        token_free_all(remote);
        form_free_all(remote);
        arena_done(&remote->arena);
        secret_free(remote->kept);
        free(remote);
    }
    channel_free(gate->supervisor);
    http_free(gate->http);
}

bool gate_serve(int supervisor, struct error *error)
{
    struct gate gate = {.supervisor = channel_make(supervisor, true),
                        .http = http_make(),
                        .mailed = inbox_make()};
    bool good = gate.supervisor && gate.http && gate.mailed;
    if (!good) {
        (void)error_set(error, IMH_RETRY, "imh-net cannot start: no memory");
    }
    if (gate.supervisor) {
        channel_wipe(gate.supervisor); /* secrets come through it */
        channel_gather(gate.supervisor);
    }
    while (good && !gate.over) {
        serve_once(&gate);
    }
    free_all(&gate);
    return good;
}
