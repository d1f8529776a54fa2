#include "net/gate_send.h"

#include "base/clock.h"
#include "net/outbound.h"
#include "net/secrets.h"
#include "net/sign.h"
#include "net/sign_digest.h"

/* The parts of one attempt. */
struct sending {
    struct query *query;
    const struct token *token;
    const struct remote_auth *auth; /* NULL for none */
    struct remote remote;           /* the integration's, at the token's address */
    struct secrets secrets;
    struct text url, headers, body;
};

/* ---- where it goes ---- */

/* A token that came with an address: relative ones begin there, and it is allowed. */
static bool set_remote(struct sending *sending, struct error *error)
{
    const struct remote *own = &sending->query->ticket->remote->remote;
    sending->remote = *own;
    if (!sending->token || sending->token->base.len == 0) {
        return true;
    }
    struct str *addresses =
        arena_zero(&sending->query->arena, own->address_count + 1, sizeof *addresses);
    if (!addresses) {
        return error_set(error, IMH_RETRY, "no memory for a request");
    }
    addresses[0] = sending->token->base;
    for (uint32_t i = 0; i < own->address_count; i++) {
        addresses[i + 1] = own->addresses[i];
    }
    sending->remote.addresses = addresses;
    sending->remote.address_count = own->address_count + 1;
    return true;
}

static bool make_url(struct sending *sending, struct error *error)
{
    const struct query *query = sending->query;
    struct error ignored;
    struct text plain;
    struct text room;
    text_init(&plain, URL_BYTES);
    text_init(&room, URL_BYTES);
    bool good = outbound_resolve(&sending->remote, query->request.url, &plain, error);
    if (good) {
        sending->secrets.allowed = outbound_resolve(&query->ticket->remote->remote,
                                                    text_str(&plain), &room, &ignored);
        good = secrets_fill_url(&sending->secrets, text_str(&plain), &sending->url, error);
    }
    text_done(&room);
    text_done(&plain);
    return good;
}

/* ---- head and body ---- */

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

static bool make_headers(struct sending *sending, struct error *error)
{
    const struct query *query = sending->query;
    struct arena arena;
    struct text plain;
    arena_init(&arena, GATE_ARENA_BYTES, GATE_MEMORY_BYTES);
    text_init(&plain, HTTP_HEADERS_BYTES);
    bool good =
        outbound_headers(query->request.headers, &arena, &plain, error) &&
        secrets_fill_headers(&sending->secrets, text_str(&plain), &sending->headers, error);
    text_print(&sending->headers, "X-Request-Id: %s\n", query->ticket->trace);
    text_done(&plain);
    arena_done(&arena);
    return good;
}

/* Most bodies have no secret in them and are not copied. */
static bool make_body(struct sending *sending, struct str *body, struct error *error)
{
    struct str plain = sending->query->request.body;
    if (!secrets_has(&sending->secrets, plain)) {
        *body = plain;
        return true;
    }
    if (!secrets_fill_body(&sending->secrets, content_type(text_str(&sending->headers)),
                           plain, &sending->body, error)) {
        return false;
    }
    *body = text_str(&sending->body);
    return true;
}

/* ---- the credential ---- */

static bool find_auth(struct sending *sending, struct error *error)
{
    struct str name = sending->query->request.auth;
    sending->auth = outbound_auth(&sending->remote, name);
    return name.len == 0 || sending->auth ||
           error_set(error, IMH_BROKEN,
                     "the plugin names a credential '%.*s' it does not have",
                     STR_ARGS(str_before(name, 40)));
}

/* What the signature adds that could come back: the values themselves, and what Basic
 * makes of them. */
static bool hide(const struct sending *sending, struct str added)
{
    const struct remote_auth *auth = sending->auth;
    const struct str values[] = {auth->secret, auth->token, auth->token_secret,
                                 auth->password,
                                 sending->token ? sending->token->access : STR_OF("")};
    struct query *query = sending->query;
    bool good = true;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        good = good && redact_add(&query->redact, &query->arena, values[i]);
    }
    if (auth->type == IMH_AUTH_BASIC) {
        struct str scheme = STR_OF("Basic ");
        size_t at = str_find(added, scheme, 0) + scheme.len;
        good = good &&
               redact_add(&query->redact, &query->arena, str_trim(str_after(added, at)));
    }
    return good;
}

/* By a nonce and a time of this attempt's own. */
static bool sign(struct sending *sending, struct str body, struct error *error)
{
    char nonce[SIGN_NONCE_BYTES];
    const struct remote *remote = &sending->remote;
    size_t before = sending->headers.len;
    struct signing signing = {
        .method = sending->query->request.method,
        .url = text_str(&sending->url),
        .content_type = content_type(text_str(&sending->headers)),
        .body = body,
        .base = remote->address_count > 0 ? remote->addresses[0] : STR_OF(""),
        .access = sending->token ? sending->token->access : STR_OF(""),
        .nonce = {nonce, sizeof nonce - 1},
        .time_s = clock_now_ms(&clock_real) / 1000};
    if (!sending->auth) {
        return text_ok(&sending->headers, "the request's head", error);
    }
    struct remote_auth auth = *sending->auth;
    auth.variant = sending->query->variant;
    return sign_nonce(nonce, error) &&
           sign_request(&auth, &signing, &sending->headers, error) &&
           (hide(sending, str_after(text_str(&sending->headers), before)) ||
            error_set(error, IMH_RETRY, "no memory, or too many secrets in a request"));
}

/* ---- all of it ---- */

static uint32_t timeout_of(const struct query *query, int64_t now)
{
    int64_t left = query->deadline_ms - now;
    uint32_t most = query->ticket->remote->remote.timeout_ms;
    if (query->request.timeout_ms > 0 && query->request.timeout_ms < most) {
        most = query->request.timeout_ms;
    }
    return left < 1 ? 1 : left < most ? (uint32_t)left : most;
}

static bool make(struct sending *sending, struct str *body, struct error *error)
{
    return set_remote(sending, error) && find_auth(sending, error) &&
           make_url(sending, error) && make_headers(sending, error) &&
           make_body(sending, body, error) && sign(sending, *body, error);
}

static void sending_init(struct sending *sending, struct query *query,
                         const struct token *token)
{
    *sending = (struct sending){
        .query = query,
        .token = token,
        .secrets = {.remote = &query->ticket->remote->remote,
                    .ticket = {query->ticket->secret, sizeof query->ticket->secret},
                    .redact = &query->redact,
                    .arena = &query->arena}};
    text_init_wiped(&sending->url, URL_BYTES);
    text_init_wiped(&sending->headers, HTTP_HEADERS_BYTES);
    text_init_wiped(&sending->body, HTTP_BODY_BYTES);
}

static void sending_done(struct sending *sending)
{
    text_done(&sending->url);
    text_done(&sending->headers);
    text_done(&sending->body);
}

bool query_send(struct query *query, const struct token *token,
                void (*done)(void *self, const struct http_reply *reply),
                struct error *error)
{
    struct sending sending;
    struct str body;
    sending_init(&sending, query, token);
    if (make(&sending, &body, error)) {
        query->time_ms = timeout_of(query, clock_mono_ms(&clock_real));
        struct http_request request = {.method = query->request.method,
                                       .url = text_str(&sending.url),
                                       .headers = text_str(&sending.headers),
                                       .body = body,
                                       .timeout_ms = query->time_ms,
                                       .repeatable = query->repeatable,
                                       .allow_private = sending.remote.allow_private,
                                       .ca = sending.remote.ca};
        query->exchange = http_start(query->gate->http, &request, done, query, error);
    }
    sending_done(&sending);
    return query->exchange != NULL;
}
