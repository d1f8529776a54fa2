#include "net/gate_query.h"

#include <stdlib.h>

#include "base/clock.h"
#include "net/gate_rest.h"
#include "net/gate_room.h"
#include "net/gate_send.h"
#include "net/outbound.h"

/* ---- tickets ---- */

/* Every byte is looked at, whatever the first ones are. */
static bool same_secret(const char *a, const char *b)
{
    unsigned char difference = 0;
    for (size_t i = 0; i < TICKET_BYTES; i++) {
        difference |= (unsigned char)(a[i] ^ b[i]);
    }
    return difference == 0;
}

static struct gate_ticket *find_ticket(const struct gate *gate, struct str secret,
                                       uint64_t worker)
{
    struct gate_ticket *ticket = gate->tickets;
    while (ticket &&
           !(ticket->worker == worker && same_secret(ticket->secret, secret.ptr))) {
        ticket = ticket->next;
    }
    return ticket;
}

/* ---- replies ---- */

static void query_free(struct query *query)
{
    struct query **at = &query->gate->queries;
    while (*at != query) {
        at = &(*at)->next;
    }
    *at = query->next;
    query->worker->queries--;
    room_give_back(query);
    redact_wipe(&query->redact);
    arena_done(&query->arena);
    free(query);
}

static void send_reply(struct gate_worker *worker, uint64_t id, const struct reply *reply)
{
    struct text payload;
    text_init(&payload, WIRE_FRAME_BYTES);
    reply_put(&payload, reply);
    (void)channel_send(worker->channel, MESSAGE_REPLY, id, &payload, -1);
    text_done(&payload);
}

static void send_failure(struct gate_worker *worker, uint64_t id, const struct error *error)
{
    struct reply reply = {.outcome = {.status = error->status,
                                      .after_s = error->after_s,
                                      .text = str_from(error->text)},
                          .headers = STR_OF("{}"),
                          .body = STR_OF("")};
    send_reply(worker, id, &reply);
}

/* "GET /rest/V1/orders: 503 Service Unavailable", without what follows a question mark. */
static void describe(const struct query *query, const char *what, struct error *error)
{
    struct str url = query->request.url;
    (void)error_set(error, IMH_OK, "%.*s %.*s: %s", STR_ARGS(query->request.method),
                    STR_ARGS(str_before(url, str_find_char(url, '?'))), what);
}

/* A 401 that says how to sign in was not acted on (RFC 9110, 15.5.2): so was nothing else
 * of the request, whatever its method. */
static bool is_safe(const struct query *query, const struct http_reply *got)
{
    struct str challenge = STR_OF("\"www-authenticate\":");
    return query->repeatable || str_find(got->headers, challenge, 0) < got->headers.len;
}

/* A token that was refused may have been withdrawn: the query goes out once more, with a
 * new one. */
static bool renew_token(struct query *query, const struct http_reply *got, int64_t now)
{
    struct gate_remote *remote = query->ticket->remote;
    if (got->code != 401) {
        return false;
    }
    if (query->again) {
        token_doubt(remote, query->request.auth, now);
        return false;
    }
    return token_refused(remote, query->request.auth, query->token, now) &&
           is_safe(query, got);
}

/* A signature that was refused in so many words may be wanted in another form. */
static bool change_form(struct query *query, const struct remote_auth *auth,
                        const struct http_reply *got, int64_t now)
{
    struct gate_remote *remote = query->ticket->remote;
    bool refused = form_is_refusal(auth, got->code, got->body);
    if (query->again && got->code < 500) {
        form_learn(remote, auth, query->variant, refused, now);
        return false;
    }
    return refused && !query->again && form_other(remote, auth, now, &query->variant);
}

static bool goes_again(struct query *query, const struct http_reply *got)
{
    const struct remote_auth *auth =
        outbound_auth(&query->ticket->remote->remote, query->request.auth);
    int64_t now = clock_mono_ms(&clock_real);
    if (!auth || got->code == 0) {
        return false;
    }
    query->again = query->token != 0 ? renew_token(query, got, now)
                                     : change_form(query, auth, got, now);
    return query->again;
}

static bool take_turn(const struct query *query, int64_t now)
{
    bool taken = budget_take(&query->ticket->remote->leader->budget, now);
    query->gate->running += taken;
    return taken;
}

static void give_back_turn(const struct query *query)
{
    budget_give_back(&query->ticket->remote->leader->budget);
    query->gate->running--;
}

static void note_answer(const struct query *query, uint32_t code)
{
    uint32_t hundreds = code / 100;
    bool known = hundreds >= 2 && hundreds <= 5;
    enum request_class class =
        known ? (enum request_class)(REQUEST_2XX + hundreds - 2) : REQUEST_UNANSWERED;
    query->ticket->spent.answers[class]++;
}

/* The worker may be gone before it reads the reply, so what became of the query is noted
 * here too. */
static void note_effect(const struct query *query, imh_status status, uint32_t code)
{
    struct spent *spent = &query->ticket->spent;
    spent->unsafe += !query->repeatable && status == IMH_UNKNOWN;
    spent->done += !query->repeatable && status == IMH_OK;
    spent->code = code;
}

static void query_done(void *self, const struct http_reply *got)
{
    struct query *query = self;
    struct error sentence = {.text = ""};
    struct text headers;
    struct text body;
    give_back_turn(query);
    note_answer(query, got->code);
    if (got->status != IMH_OK) {
        describe(query, got->text, &sentence);
    }
    rest_end(query, got, sentence.text, clock_mono_ms(&clock_real));
    if (goes_again(query, got)) {
        query->exchange = NULL;
        return;
    }
    note_effect(query, got->status, got->code > 0 ? got->code : got->cut_code);
    struct reply reply = {.outcome = {.status = got->status,
                                      .after_s = got->after_s,
                                      .text = str_from(sentence.text)},
                          .code = got->code,
                          .headers = redact_words(&query->redact, got->headers, &headers),
                          .body = redact_words(&query->redact, got->body, &body)};
    send_reply(query->worker, query->id, &reply);
    text_done(&headers);
    text_done(&body);
    query_free(query);
}

/* ---- starting ---- */

static void fail_query(struct query *query, const struct error *error)
{
    send_failure(query->worker, query->id, error);
    query_free(query);
}

/* The token its credential wants, when it is one of OAuth 2. */
static enum token_state find_token(struct query *query, int64_t now, struct token *token,
                                   struct error *error)
{
    struct gate_remote *remote = query->ticket->remote;
    const struct remote_auth *auth = outbound_auth(&remote->remote, query->request.auth);
    if (!auth || auth->type != IMH_AUTH_OAUTH2) {
        *token = (struct token){.number = 0};
        query->variant = auth && !query->again ? form_find(remote, auth) : query->variant;
        return TOKEN_READY;
    }
    return token_get(query->gate, remote, auth, now, token, error);
}

/* Should this process die, the supervisor must know that the call may have had effects:
 * that is in its hands before the request leaves. */
static bool tell_unsafe(const struct query *query)
{
    struct gate_ticket *ticket = query->ticket;
    struct channel *supervisor = query->gate->supervisor;
    if (query->repeatable) {
        return true;
    }
    ticket->unsafe_told = ticket->unsafe_told ||
                          channel_send(supervisor, MESSAGE_UNSAFE, ticket->call, NULL, -1);
    return ticket->unsafe_told && channel_is_heard(supervisor);
}

static void send(struct query *query, const struct token *token)
{
    struct error error;
    query->held_up = !tell_unsafe(query);
    if (query->held_up) {
        give_back_turn(query);
        return;
    }
    query->ticket->spent.requests++;
    query->token = token->number;
    rest_start(query);
    if (!query_send(query, token->number ? token : NULL, query_done, &error)) {
        rest_drop(query, clock_mono_ms(&clock_real));
        give_back_turn(query);
        fail_query(query, &error);
    }
}

static void start_now(struct query *query, int64_t now)
{
    struct error error;
    struct token token;
    enum token_state state = find_token(query, now, &token, &error);
    query->wants_token = state == TOKEN_COMING;
    query->held_up = state == TOKEN_READY && !room_may_start(query);
    if (state == TOKEN_NONE ||
        (state == TOKEN_READY && room_puts_off(query, now, &error))) {
        fail_query(query, &error);
    } else if (state == TOKEN_READY && !query->held_up && take_turn(query, now)) {
        send(query, &token);
    } else {
        query->ticket->remote->leader->waiting++;
    }
}

static void start(struct query *query, int64_t now)
{
    struct error error;
    enum breaker_word word =
        rest_asks(query->ticket->remote, query->ticket->call, now, &error);
    query->held_up = word == BREAKER_WAIT;
    if (word == BREAKER_STOP) {
        fail_query(query, &error);
    } else if (word == BREAKER_GO) {
        start_now(query, now);
    }
}

static void fail_late(struct query *query)
{
    struct error error;
    (void)error_set(&error, IMH_RETRY, "no %s to ask '%.*s' within the time",
                    query->wants_token ? "token" : "turn",
                    STR_ARGS(query->ticket->remote->remote.identifier));
    fail_query(query, &error);
}

void query_start_waiting(struct gate *gate)
{
    int64_t now = clock_mono_ms(&clock_real);
    struct query *next;
    for (struct gate_remote *at = gate->remotes; at; at = at->next) {
        at->waiting = 0;
    }
    for (struct query *query = gate->queries; query; query = next) {
        next = query->next;
        if (query->exchange) {
            continue;
        }
        if (now >= query->deadline_ms) {
            fail_late(query);
        } else {
            start(query, now);
        }
    }
}

/* ---- arriving ---- */

static bool is_method(struct str method)
{
    for (size_t i = 0; i < method.len; i++) {
        if (method.ptr[i] < 'A' || method.ptr[i] > 'Z') {
            return false;
        }
    }
    return method.len > 0 && method.len <= 12;
}

static bool check_request(const struct gate_worker *worker,
                          const struct gate_ticket *ticket, const struct request *request,
                          struct error *error)
{
    if (!ticket) {
        return error_set(error, IMH_CANCELED, "the call this request belongs to is over");
    }
    if (worker->queries >= WORKER_QUERIES_MOST) {
        return error_set(error, IMH_RETRY, "more than %d requests at once",
                         WORKER_QUERIES_MOST);
    }
    if (ticket->spent.requests >= TICKET_REQUESTS_MOST) {
        return error_set(error, IMH_BROKEN, "a call with more than %d requests",
                         TICKET_REQUESTS_MOST);
    }
    if (!is_method(request->method)) {
        return error_set(error, IMH_BROKEN, "a request method that is none");
    }
    return true;
}

/* The request's texts move into the query's own memory. */
static bool keep_request(struct query *query, const struct request *request)
{
    struct str *const to[] = {&query->request.method, &query->request.url,
                              &query->request.headers, &query->request.body,
                              &query->request.auth};
    const struct str from[] = {request->method, request->url, request->headers,
                               request->body, request->auth};
    query->request.flags = request->flags;
    query->request.timeout_ms = request->timeout_ms;
    for (size_t i = 0; i < sizeof to / sizeof *to; i++) {
        *to[i] = arena_copy(&query->arena, from[i]);
        if (!to[i]->ptr) {
            return false;
        }
    }
    return true;
}

static void add_query(struct gate *gate, struct gate_worker *worker,
                      struct gate_ticket *ticket, const struct frame *frame,
                      const struct request *request)
{
    struct error error;
    struct query *query = calloc(1, sizeof *query);
    struct query **last = &gate->queries;
    (void)error_set(&error, IMH_RETRY, "no memory for a request");
    if (!query) {
        send_failure(worker, frame->id, &error);
        return;
    }
    while (*last) {
        last = &(*last)->next;
    }
    *last = query;
    query->gate = gate;
    query->id = frame->id;
    query->worker = worker;
    query->ticket = ticket;
    query->deadline_ms = ticket->deadline_ms;
    query->repeatable = request_is_repeatable(request);
    worker->queries++;
    arena_init(&query->arena, GATE_ARENA_BYTES, GATE_MEMORY_BYTES);
    /* What is sent is copied once more. */
    size_t bytes = sizeof *query + GATE_ARENA_BYTES + 2 * frame->payload.len;
    if (!room_take(query, bytes, &error) || !keep_request(query, request)) {
        fail_query(query, &error);
    }
}

/* A request may come just after its call was ended; many in a row are no accident. */
static bool strays(struct gate_worker *worker, const struct gate_ticket *ticket)
{
    worker->strays = ticket ? 0 : worker->strays + 1;
    return worker->strays > WORKER_STRAYS_MOST;
}

const char *query_take(struct gate *gate, struct gate_worker *worker,
                       const struct frame *frame)
{
    struct error error;
    struct request request;
    if (frame->kind != MESSAGE_REQUEST || !request_get(frame->payload, &request)) {
        return "it sent imh-net what is no request";
    }
    struct gate_ticket *ticket = find_ticket(gate, request.ticket, worker->id);
    if (strays(worker, ticket)) {
        return "it sent imh-net requests of no call";
    }
    if (check_request(worker, ticket, &request, &error)) {
        add_query(gate, worker, ticket, frame, &request);
    } else {
        send_failure(worker, frame->id, &error);
    }
    return NULL;
}

void query_drop(struct gate *gate, const struct gate_ticket *ticket,
                const struct gate_worker *worker)
{
    struct query *next;
    for (struct query *query = gate->queries; query; query = next) {
        next = query->next;
        if (query->ticket != ticket && query->worker != worker) {
            continue;
        }
        if (query->exchange) {
            http_cancel(query->exchange);
            rest_drop(query, clock_mono_ms(&clock_real));
            give_back_turn(query);
            note_effect(query, IMH_UNKNOWN, 0);
        }
        query_free(query);
    }
}

int64_t query_next_ms(const struct gate *gate, int64_t most_ms)
{
    int64_t next = most_ms;
    for (const struct query *query = gate->queries; query; query = query->next) {
        int64_t turn = budget_next_ms(&query->ticket->remote->leader->budget);
        if (query->exchange) {
            continue;
        }
        next = query->deadline_ms < next ? query->deadline_ms : next;
        bool waits = !query->wants_token && !query->held_up;
        next = turn > 0 && turn < next && waits ? turn : next;
    }
    return next;
}
