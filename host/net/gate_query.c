#include "net/gate_query.h"

#include <stdlib.h>

#include "base/clock.h"
#include "net/outbound.h"
#include "net/sign.h"
#include "net/sign_digest.h"

enum { SECRET_LEAST_BYTES = 8 /* a shorter one could be any word of an answer */ };

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

/* What the remote said, without the secret it got: some show what they were sent. `room`
 * is for the words that change, most often none. */
static struct str without_secret(const struct query *query, struct str words,
                                 struct text *room)
{
    const struct remote_auth *auth =
        outbound_auth(&query->ticket->remote->remote, query->request.auth);
    text_init(room, words.len); /* what is put in is no longer than what is taken out */
    if (!auth || auth->secret.len < SECRET_LEAST_BYTES) {
        return words;
    }
    size_t at = str_find(words, auth->secret, 0);
    size_t from = 0;
    for (; at < words.len; at = str_find(words, auth->secret, from)) {
        text_add(room, str_after(str_before(words, at), from));
        text_add_cstr(room, "[secret]");
        from = at + auth->secret.len;
    }
    text_add(room, str_after(words, from));
    return from == 0 ? words : text_str(room);
}

static void query_done(void *self, const struct http_reply *got)
{
    struct query *query = self;
    struct error sentence = {.text = ""};
    struct text headers;
    struct text body;
    if (got->status != IMH_OK) {
        describe(query, got->text, &sentence);
    }
    struct reply reply = {.outcome = {.status = got->status,
                                      .after_s = got->after_s,
                                      .text = str_from(sentence.text)},
                          .code = got->code,
                          .headers = without_secret(query, got->headers, &headers),
                          .body = without_secret(query, got->body, &body)};
    send_reply(query->worker, query->id, &reply);
    text_done(&headers);
    text_done(&body);
    budget_give_back(&query->ticket->remote->budget);
    query_free(query);
}

/* ---- starting ---- */

/* The value of the header Content-Type among lines. */
static struct str content_type(struct str lines)
{
    struct str line;
    while (lines.len > 0 && str_split(&lines, '\n', &line)) {
        size_t colon = str_find_char(line, ':');
        if (str_eq_nocase(str_before(line, colon), STR_OF("content-type"))) {
            return str_trim(str_after(line, colon + 1));
        }
    }
    return STR_OF("");
}

/* Adds the credential the plugin names, by a nonce and a time of this attempt's own. */
static bool sign(const struct query *query, struct str url, struct text *headers,
                 struct error *error)
{
    const struct remote *remote = &query->ticket->remote->remote;
    const struct remote_auth *auth = outbound_auth(remote, query->request.auth);
    char nonce[SIGN_NONCE_BYTES];
    if (!auth) {
        return error_set(error, IMH_BROKEN,
                         "the plugin names a credential '%.*s' it does not have",
                         STR_ARGS(str_before(query->request.auth, 40)));
    }
    struct signing signing = {.method = query->request.method,
                              .url = url,
                              .content_type = content_type(text_str(headers)),
                              .body = query->request.body,
                              .base = remote->address_count > 0 ? remote->addresses[0]
                                                                : STR_OF(""),
                              .nonce = {nonce, sizeof nonce - 1},
                              .time_s = clock_now_ms(&clock_real) / 1000};
    return sign_nonce(nonce, error) && sign_request(auth, &signing, headers, error);
}

static bool make_headers(const struct query *query, struct str url, struct text *headers,
                         struct error *error)
{
    struct arena arena;
    arena_init(&arena, GATE_ARENA_BYTES, GATE_MEMORY_BYTES);
    bool good = outbound_headers(query->request.headers, &arena, headers, error);
    arena_done(&arena);
    text_print(headers, "X-Request-Id: %s\n", query->ticket->trace);
    return good &&
           (query->request.auth.len == 0 ? text_ok(headers, "the request's head", error)
                                         : sign(query, url, headers, error));
}

static uint32_t timeout_of(const struct query *query, int64_t now)
{
    int64_t left = query->deadline_ms - now;
    uint32_t most = query->ticket->remote->remote.timeout_ms;
    if (query->request.timeout_ms > 0 && query->request.timeout_ms < most) {
        most = query->request.timeout_ms;
    }
    return left < 1 ? 1 : left < most ? (uint32_t)left : most;
}

static bool start(struct query *query, struct error *error)
{
    struct text url;
    struct text headers;
    const struct remote *remote = &query->ticket->remote->remote;
    text_init(&url, URL_BYTES);
    text_init(&headers, HTTP_HEADERS_BYTES);
    (void)text_reserve(&headers, HTTP_HEADERS_BYTES); /* a secret goes in: no copies */
    bool good = outbound_resolve(remote, query->request.url, &url, error) &&
                make_headers(query, text_str(&url), &headers, error);
    if (good) {
        struct http_request request = {.method = query->request.method,
                                       .url = text_str(&url),
                                       .headers = text_str(&headers),
                                       .body = query->request.body,
                                       .timeout_ms =
                                           timeout_of(query, clock_mono_ms(&clock_real)),
                                       .repeatable = query->repeatable,
                                       .allow_private = remote->allow_private};
        query->exchange = http_start(query->gate->http, &request, query_done, query, error);
        good = query->exchange != NULL;
    }
    text_wipe(&headers);
    text_done(&url);
    return good;
}

static void fail_query(struct query *query, const struct error *error)
{
    send_failure(query->worker, query->id, error);
    query_free(query);
}

void query_start_waiting(struct gate *gate)
{
    int64_t now = clock_mono_ms(&clock_real);
    struct query *next;
    for (struct query *query = gate->queries; query; query = next) {
        struct error error;
        next = query->next;
        if (query->exchange) {
            continue;
        }
        if (now >= query->deadline_ms) {
            (void)error_set(&error, IMH_RETRY, "no turn to ask '%.*s' within the time",
                            STR_ARGS(query->ticket->remote->remote.identifier));
            fail_query(query, &error);
        } else if (budget_take(&query->ticket->remote->budget, now)) {
            query->ticket->requests++;
            if (!start(query, &error)) {
                budget_give_back(&query->ticket->remote->budget);
                fail_query(query, &error);
            }
        }
    }
}

/* ---- arriving ---- */

static bool is_repeatable(const struct request *request)
{
    static const struct str methods[] = {STR("GET"), STR("HEAD"), STR("PUT"),
                                         STR("DELETE")};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (str_eq(request->method, methods[i])) {
            return true;
        }
    }
    return (request->flags & IMH_REPEATABLE) != 0;
}

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
                      struct gate_ticket *ticket, uint64_t id,
                      const struct request *request)
{
    struct error error;
    struct query *query = calloc(1, sizeof *query);
    struct query **last = &gate->queries;
    (void)error_set(&error, IMH_RETRY, "no memory for a request");
    if (!query) {
        send_failure(worker, id, &error);
        return;
    }
    while (*last) {
        last = &(*last)->next;
    }
    *last = query;
    query->gate = gate;
    query->id = id;
    query->worker = worker;
    query->ticket = ticket;
    query->deadline_ms = ticket->deadline_ms;
    query->repeatable = is_repeatable(request);
    worker->queries++;
    arena_init(&query->arena, GATE_ARENA_BYTES, GATE_MEMORY_BYTES);
    if (!keep_request(query, request)) {
        fail_query(query, &error);
    }
}

void query_take(struct gate *gate, struct gate_worker *worker, const struct frame *frame)
{
    struct error error;
    struct request request;
    if (frame->kind != MESSAGE_REQUEST || !request_get(frame->payload, &request)) {
        (void)error_set(&error, IMH_BROKEN, "a message that is no request");
        send_failure(worker, frame->id, &error);
        return;
    }
    struct gate_ticket *ticket = find_ticket(gate, request.ticket, worker->id);
    if (check_request(worker, ticket, &request, &error)) {
        add_query(gate, worker, ticket, frame->id, &request);
    } else {
        send_failure(worker, frame->id, &error);
    }
}

uint32_t query_drop(struct gate *gate, const struct gate_ticket *ticket,
                    const struct gate_worker *worker)
{
    uint32_t unsafe = 0;
    struct query *next;
    for (struct query *query = gate->queries; query; query = next) {
        next = query->next;
        if (query->ticket != ticket && query->worker != worker) {
            continue;
        }
        if (query->exchange) {
            http_cancel(query->exchange);
            budget_give_back(&query->ticket->remote->budget);
            unsafe += !query->repeatable;
        }
        query_free(query);
    }
    return unsafe;
}

int64_t query_next_ms(const struct gate *gate, int64_t most_ms)
{
    int64_t next = most_ms;
    for (const struct query *query = gate->queries; query; query = query->next) {
        int64_t turn = budget_next_ms(&query->ticket->remote->budget);
        if (query->exchange) {
            continue;
        }
        next = query->deadline_ms < next ? query->deadline_ms : next;
        next = turn > 0 && turn < next ? turn : next;
    }
    return next;
}
