#include "net/gate_token.h"

#include <stdlib.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "net/gate_query.h"
#include "net/outbound.h"
#include "net/sign_oauth2.h"

enum { SECOND_MS = 1000 };

static const int64_t never_ms = INT64_MAX / 2;

struct gate_token {
    struct gate_token *next;
    struct gate *gate;
    struct gate_remote *remote;
    struct text name;    /* of the credential */
    struct text access;  /* the token in use */
    struct text refresh; /* the newest refresh token; empty: the configured one */
    struct text base;
    uint64_t number;
    int64_t renew_ms, end_ms; /* monotonic; 0: there is no token */
    int64_t believe_until_ms;
    struct http_exchange *exchange; /* a question under way */
    uint32_t failures;
    int64_t rest_until_ms;
    struct error failure; /* of the last question, during the pause */
};

static int64_t now_ms(void)
{
    return clock_mono_ms(&clock_real);
}

static struct gate_token *find(const struct gate_remote *remote, struct str name)
{
    struct gate_token *token = remote->tokens;
    while (token && !str_eq(text_str(&token->name), name)) {
        token = token->next;
    }
    return token;
}

static void free_one(struct gate_token *token)
{
    if (token->exchange) {
        http_cancel(token->exchange);
    }
    text_done(&token->name);
    text_done(&token->access);
    text_done(&token->refresh);
    text_done(&token->base);
    free(token);
}

static struct gate_token *add(struct gate *gate, struct gate_remote *remote,
                              struct str name)
{
    struct gate_token *token = calloc(1, sizeof *token);
    if (!token) {
        return NULL;
    }
    token->gate = gate;
    token->remote = remote;
    text_init(&token->name, name.len);
    text_add(&token->name, name);
    text_init_wiped(&token->access, OAUTH2_TOKEN_BYTES);
    text_init_wiped(&token->refresh, OAUTH2_TOKEN_BYTES);
    text_init(&token->base, URL_BYTES);
    if (token->name.failed) {
        free_one(token);
        return NULL;
    }
    token->next = remote->tokens;
    remote->tokens = token;
    return token;
}

/* ---- the end of a question ---- */

static void rest(struct gate_token *token, const struct error *error)
{
    static const struct backoff backoff = {.first_s = 1,
                                           .most_s = TOKEN_REST_MOST_MS / SECOND_MS};
    token->failures++;
    uint32_t rest_s = backoff_rest_s(&backoff, token->failures, 0);
    rest_s = error->after_s > rest_s ? error->after_s : rest_s;
    token->rest_until_ms = now_ms() + (int64_t)rest_s * SECOND_MS;
    token->failure = *error;
}

/* Where the token's requests go: https, or an address of the integration's own. */
static bool take_base(struct gate_token *token, struct str base, struct error *error)
{
    struct origin origin;
    struct error ignored;
    struct text room;
    text_clear(&token->base);
    if (base.len == 0) {
        return true;
    }
    text_init(&room, URL_BYTES);
    bool own = outbound_resolve(&token->remote->remote, base, &room, &ignored);
    text_done(&room);
    if (!url_resolve(STR_OF(""), base, &token->base, &origin, error)) {
        return error_wrap(error, "the address in its answer");
    }
    return own || strcmp(origin.scheme, "https") == 0 ||
           error_set(error, IMH_REJECTED, "the address in its answer is not https://");
}

static void tell_refresh(const struct gate_token *token, struct str option,
                         struct str value)
{
    struct renewal secret = {.option = option, .value = value};
    struct text payload;
    text_init_wiped(&payload, WIRE_FRAME_BYTES);
    renewal_put(&payload, &secret);
    (void)channel_send(token->gate->supervisor, MESSAGE_SECRET, token->remote->instance,
                       &payload, -1);
    (void)channel_flush(token->gate->supervisor); /* the old one is good no more */
    text_done(&payload);
}

static void take_refresh(struct gate_token *token, const struct remote_auth *auth,
                         struct str refresh)
{
    bool known =
        str_eq(refresh, token->refresh.len > 0 ? text_str(&token->refresh) : auth->token);
    if (refresh.len == 0 || known) {
        return;
    }
    text_clear(&token->refresh);
    text_add(&token->refresh, refresh);
    if (auth->grant == IMH_GRANT_CLIENT && auth->token.len > 0) {
        tell_refresh(token, auth->token_option, refresh);
    }
}

static void take_life(struct gate_token *token, int64_t life_s)
{
    int64_t life = life_s < 0 ? never_ms : life_s * SECOND_MS;
    int64_t margin = life / 5 < TOKEN_MARGIN_MS ? life / 5 : TOKEN_MARGIN_MS;
    token->end_ms = now_ms() + life - margin / 4;
    token->renew_ms = now_ms() + life - margin;
}

static bool take_answer(struct gate_token *token, const struct remote_auth *auth,
                        const struct http_reply *reply, struct arena *arena,
                        struct error *error)
{
    struct oauth2_answer answer;
    if (reply->code == 0 || reply->status == IMH_RETRY || reply->status == IMH_WAIT) {
        (void)error_set(error, reply->status == IMH_UNKNOWN ? IMH_RETRY : reply->status,
                        "%s", reply->text);
        error->after_s = reply->after_s;
        return false;
    }
    if (!oauth2_read(auth, reply->code, reply->body, arena, &answer, error) ||
        !take_base(token, answer.base, error)) {
        return false;
    }
    text_clear(&token->access);
    text_add(&token->access, answer.access);
    if (token->access.failed) {
        return error_set(error, IMH_RETRY, "no memory for its token");
    }
    take_refresh(token, auth, answer.refresh);
    take_life(token, answer.life_s);
    token->number++;
    token->failures = 0;
    token->rest_until_ms = 0;
    return true;
}

/* A server may show what it was sent: that must not get into a sentence. */
static void clean(const struct gate_token *token, const struct remote_auth *auth,
                  struct arena *arena, struct error *error)
{
    struct text refresh = token->refresh;
    const struct str secrets[] = {auth->secret, auth->token, auth->password,
                                  text_str(&refresh)};
    struct redact redact = {.count = 0};
    struct text room;
    bool good = true;
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        good = good && redact_add(&redact, arena, secrets[i]);
    }
    struct error dirty = *error;
    struct str words = redact_words(&redact, str_from(dirty.text), &room);
    (void)error_set(error, dirty.status, "%.*s", good ? (int)words.len : 0, words.ptr);
    error->after_s = dirty.after_s;
    text_done(&room);
    redact_wipe(&redact);
}

static void token_done(void *self, const struct http_reply *reply)
{
    struct gate_token *token = self;
    const struct remote *remote = &token->remote->remote;
    const struct remote_auth *auth = outbound_auth(remote, text_str(&token->name));
    struct error error = {.after_s = 0};
    struct arena arena;
    token->exchange = NULL;
    arena_init(&arena, GATE_ARENA_BYTES, GATE_MEMORY_BYTES);
    if (!take_answer(token, auth, reply, &arena, &error)) {
        bool used_up = error.status == IMH_DENIED && auth->grant == IMH_GRANT_PASSWORD;
        clean(token, auth, &arena, &error);
        (void)error_wrap(&error, "the token server of '%.*s'",
                         STR_ARGS(remote->identifier));
        if (used_up && token->refresh.len > 0) {
            text_clear(&token->refresh); /* the password may still do */
        } else {
            rest(token, &error);
        }
    }
    arena_done(&arena);
}

/* ---- asking ---- */

static bool ask(struct gate_token *token, const struct remote_auth *auth,
                struct error *error)
{
    const struct remote *remote = &token->remote->remote;
    struct oauth2_question question;
    struct text url;
    text_init(&url, URL_BYTES);
    oauth2_question_init(&question);
    bool good =
        outbound_resolve(remote, auth->token_url, &url, error) &&
        oauth2_ask(auth, token->refresh.len > 0 ? text_str(&token->refresh) : auth->token,
                   text_str(&url), clock_now_ms(&clock_real) / SECOND_MS, &question, error);
    if (good) {
        struct http_request request = {.method = STR_OF("POST"),
                                       .url = text_str(&url),
                                       .headers = text_str(&question.headers),
                                       .body = text_str(&question.body),
                                       .timeout_ms = remote->timeout_ms,
                                       .allow_private = remote->allow_private,
                                       .ca = remote->ca};
        token->exchange = http_start(token->gate->http, &request, token_done, token, error);
    }
    oauth2_question_done(&question);
    text_done(&url);
    return token->exchange != NULL;
}

/* One question at a time, and none during a pause. */
static void renew(struct gate_token *token, const struct remote_auth *auth, int64_t now)
{
    struct error error;
    if (!token->exchange && now >= token->rest_until_ms && !ask(token, auth, &error)) {
        (void)error_wrap(&error, "no token for '%.*s'",
                         STR_ARGS(token->remote->remote.identifier));
        rest(token, &error);
    }
}

enum token_state token_get(struct gate *gate, struct gate_remote *remote,
                           const struct remote_auth *auth, int64_t now, struct token *token,
                           struct error *error)
{
    struct gate_token *kept = find(remote, auth->name);
    kept = kept ? kept : add(gate, remote, auth->name);
    if (!kept) {
        (void)error_set(error, IMH_RETRY, "no memory for a token");
        return TOKEN_NONE;
    }
    if (now >= kept->renew_ms) {
        renew(kept, auth, now);
    }
    if (now < kept->end_ms) {
        *token = (struct token){.number = kept->number,
                                .access = text_str(&kept->access),
                                .base = text_str(&kept->base)};
        return TOKEN_READY;
    }
    if (kept->exchange) {
        return TOKEN_COMING;
    }
    *error = kept->failure;
    return TOKEN_NONE;
}

/* ---- refusals ---- */

bool token_refused(struct gate_remote *remote, struct str name, uint64_t number,
                   int64_t now)
{
    struct gate_token *token = find(remote, name);
    if (!token || now < token->believe_until_ms) {
        return false;
    }
    if (token->number == number) {
        token->end_ms = 0;
        token->renew_ms = 0;
    }
    return true;
}

void token_doubt(struct gate_remote *remote, struct str name, int64_t now)
{
    struct gate_token *token = find(remote, name);
    if (token) {
        token->believe_until_ms = now + TOKEN_BELIEVE_MS;
    }
}

/* ---- settings ---- */

/* A refresh token that was told to the supervisor may come back as the configured one. */
static bool is_same(struct gate_token *token, const struct remote_auth *old,
                    const struct remote_auth *new)
{
    const struct str pairs[][2] = {
        {old->user, new->user},           {old->secret, new->secret},
        {old->username, new->username},   {old->password, new->password},
        {old->token_url, new->token_url}, {old->scope, new->scope},
        {old->audience, new->audience},   {old->base, new->base}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (!str_eq(pairs[i][0], pairs[i][1])) {
            return false;
        }
    }
    return old->type == new->type && old->grant == new->grant &&
           old->client == new->client &&
           (str_eq(old->token, new->token) ||
            str_eq(text_str(&token->refresh), new->token));
}

void token_settle(struct gate_remote *remote, const struct remote *settings)
{
    struct gate_token **at = &remote->tokens;
    while (*at) {
        struct gate_token *token = *at;
        struct str name = text_str(&token->name);
        const struct remote_auth *old = outbound_auth(&remote->remote, name);
        const struct remote_auth *new = outbound_auth(settings, name);
        if (old && new &&is_same(token, old, new)) {
            at = &token->next;
        } else {
            *at = token->next;
            free_one(token);
        }
    }
}

void token_free_all(struct gate_remote *remote)
{
    while (remote->tokens) {
        struct gate_token *token = remote->tokens;
        remote->tokens = token->next;
        free_one(token);
    }
}
