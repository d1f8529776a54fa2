#include "net/sign_oauth2.h"

#include "base/json.h"
#include "base/percent.h"
#include "net/sign.h"
#include "net/sign_digest.h"

enum { HEADERS_BYTES = 16 << 10, CLAIMS_BYTES = 8 << 10, ASSERTION_LIFE_S = 180 };

void oauth2_question_init(struct oauth2_question *question)
{
    text_init_wiped(&question->headers, HEADERS_BYTES);
    text_init_wiped(&question->body, OAUTH2_BODY_BYTES);
}

void oauth2_question_done(struct oauth2_question *question)
{
    text_done(&question->headers);
    text_done(&question->body);
}

/* ---- asking ---- */

static void add_field(struct text *form, const char *name, struct str value)
{
    if (value.len > 0) {
        text_print(form, "%s%s=", form->len > 0 ? "&" : "", name);
        percent_encode(form, value);
    }
}

/* RFC 6749, 2.3.1: both escaped as in a form, then as for Basic. */
static bool add_basic(const struct remote_auth *auth, struct text *headers)
{
    struct text pair;
    struct text code;
    size_t room = 3 * (auth->user.len + auth->secret.len) + 1;
    text_init_wiped(&pair, room);
    text_init_wiped(&code, 2 * room + 4);
    percent_encode(&pair, auth->user);
    text_add_char(&pair, ':');
    percent_encode(&pair, auth->secret);
    sign_add_base64(&code, text_str(&pair));
    text_add_cstr(headers, "Authorization: Basic ");
    text_add(headers, text_str(&code));
    text_add_char(headers, '\n');
    bool good = !pair.failed && !code.failed;
    text_done(&pair);
    text_done(&code);
    return good;
}

/* A client without a secret only says its name. */
static bool add_client(const struct remote_auth *auth, struct oauth2_question *question)
{
    if (auth->client == IMH_CLIENT_BASIC && auth->secret.len > 0) {
        return add_basic(auth, &question->headers);
    }
    add_field(&question->body, "client_id", auth->user);
    add_field(&question->body, "client_secret", auth->secret);
    return true;
}

static void add_claim(struct text *claims, const char *name, struct str value)
{
    if (value.len > 0) {
        text_print(claims, "%s\"%s\":", claims->len > 1 ? "," : "", name);
        json_add_string(claims, value);
    }
}

static void write_claims(const struct remote_auth *auth, struct str url, int64_t time_s,
                         struct text *claims)
{
    text_add_char(claims, '{');
    add_claim(claims, "iss", auth->user);
    add_claim(claims, "sub", auth->username.len > 0 ? auth->username : auth->user);
    add_claim(claims, "aud", auth->audience.len > 0 ? auth->audience : url);
    add_claim(claims, "scope", auth->scope);
    text_print(claims, ",\"iat\":%" PRId64 ",\"exp\":%" PRId64 "}", time_s,
               time_s + ASSERTION_LIFE_S);
}

static bool add_assertion(const struct remote_auth *auth, struct str url, int64_t time_s,
                          struct text *form, struct error *error)
{
    struct text claims;
    struct text token;
    struct text signature;
    text_init(&claims, CLAIMS_BYTES);
    text_init_wiped(&token, OAUTH2_TOKEN_BYTES);
    text_init(&signature, CLAIMS_BYTES);
    write_claims(auth, url, time_s, &claims);
    sign_add_base64url(&token, STR_OF("{\"alg\":\"RS256\",\"typ\":\"JWT\"}"));
    text_add_char(&token, '.');
    sign_add_base64url(&token, text_str(&claims));
    bool good = text_ok(&claims, "the assertion", error) &&
                sign_rs256(auth->secret, text_str(&token), &signature, error);
    text_add_char(&token, '.');
    sign_add_base64url(&token, text_str(&signature));
    good = good && text_ok(&token, "the assertion", error);
    add_field(form, "assertion", text_str(&token));
    text_done(&signature);
    text_done(&token);
    text_done(&claims);
    return good;
}

static bool add_grant(const struct remote_auth *auth, struct str refresh, struct str url,
                      int64_t time_s, struct oauth2_question *question, struct error *error)
{
    struct text *form = &question->body;
    bool jwt = auth->grant == IMH_GRANT_JWT;
    if (refresh.len > 0) {
        add_field(form, "grant_type", STR_OF("refresh_token"));
        add_field(form, "refresh_token", refresh);
    } else if (jwt) {
        add_field(form, "grant_type",
                  STR_OF("urn:ietf:params:oauth:grant-type:jwt-bearer"));
        if (!add_assertion(auth, url, time_s, form, error)) {
            return false;
        }
    } else if (auth->grant == IMH_GRANT_PASSWORD) {
        add_field(form, "grant_type", STR_OF("password"));
        add_field(form, "username", auth->username);
        add_field(form, "password", auth->password);
    } else {
        add_field(form, "grant_type", STR_OF("client_credentials"));
    }
    add_field(form, "scope", auth->scope);
    add_field(form, "audience", jwt ? STR_OF("") : auth->audience);
    return true;
}

static bool has_all(const struct remote_auth *auth, struct str refresh, struct error *error)
{
    bool asks = auth->grant == IMH_GRANT_PASSWORD && refresh.len == 0;
    bool secret = refresh.len == 0 && auth->grant != IMH_GRANT_PASSWORD;
    return sign_need(auth, "client", auth->user, error) &&
           (!secret || sign_need(auth, "client secret", auth->secret, error)) &&
           (!asks || (sign_need(auth, "user name", auth->username, error) &&
                      sign_need(auth, "password", auth->password, error)));
}

bool oauth2_ask(const struct remote_auth *auth, struct str refresh, struct str url,
                int64_t time_s, struct oauth2_question *question, struct error *error)
{
    if (!has_all(auth, refresh, error)) {
        return false;
    }
    text_add_cstr(&question->headers, "Content-Type: application/x-www-form-urlencoded\n"
                                      "Accept: application/json\n");
    if (!add_grant(auth, refresh, url, time_s, question, error)) {
        return error_wrap(error, "the credential '%.*s'", STR_ARGS(auth->name));
    }
    if (auth->grant != IMH_GRANT_JWT && !add_client(auth, question)) {
        return error_set(error, IMH_RETRY, "no memory to ask for a token");
    }
    return text_ok(&question->headers, "the question for a token", error) &&
           text_ok(&question->body, "the question for a token", error);
}

/* ---- reading ---- */

/* The decoded text at a pointer; empty when there is no text. */
static struct str text_at(struct str body, struct str pointer, struct arena *arena)
{
    struct str whole;
    if (json_find(body, pointer, arena, &whole) != JSON_STRING) {
        return STR_OF("");
    }
    struct str token = {whole.ptr + 1, whole.len - 2};
    struct str text = json_decode(token, str_find_char(token, '\\') < token.len, arena);
    return text.ptr ? text : STR_OF("");
}

/* Every byte from `least` to the last visible one. */
static bool is_ascii(struct str text, char least)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < least || text.ptr[i] > 0x7E) {
            return false;
        }
    }
    return text.len <= OAUTH2_TOKEN_BYTES;
}

/* A number, also in quotes; whatever else: it does not say. */
static int64_t read_life(struct str body, struct arena *arena)
{
    struct str whole;
    int64_t life;
    enum json_event event = json_find(body, STR_OF("/expires_in"), arena, &whole);
    if (event == JSON_STRING) {
        whole = text_at(body, STR_OF("/expires_in"), arena);
    }
    if (event == JSON_PROBLEM || !str_to_int64(str_before(whole, str_find_char(whole, '.')),
                                               INT64_MIN, INT64_MAX, &life)) {
        return -1;
    }
    life = life > OAUTH2_LIFE_LEAST_S ? life : OAUTH2_LIFE_LEAST_S;
    return life < OAUTH2_LIFE_MOST_S ? life : OAUTH2_LIFE_MOST_S;
}

static bool read_token(const struct remote_auth *auth, struct str body, struct arena *arena,
                       struct oauth2_answer *answer, struct error *error)
{
    struct str type = text_at(body, STR_OF("/token_type"), arena);
    struct oauth2_answer got = {.access = text_at(body, STR_OF("/access_token"), arena),
                                .refresh = text_at(body, STR_OF("/refresh_token"), arena),
                                .base = STR_OF(""),
                                .life_s = read_life(body, arena)};
    if (got.access.len == 0 || !is_ascii(got.access, 0x21)) {
        return error_set(error, IMH_REJECTED, "its answer has no token that can be used");
    }
    if (type.len > 0 && !str_eq_nocase(type, STR_OF("bearer"))) {
        return error_set(error, IMH_REJECTED, "its token is no bearer token");
    }
    if (!is_ascii(got.refresh, 0x20)) {
        return error_set(error, IMH_REJECTED, "its refresh token cannot be used");
    }
    if (auth->base.len > 0) {
        got.base = text_at(body, auth->base, arena);
        if (got.base.len == 0) {
            return error_set(error, IMH_REJECTED, "its answer has no address at '%.*s'",
                             STR_ARGS(auth->base));
        }
    }
    *answer = got;
    return true;
}

/* RFC 6749, 5.2, as far as a person can do something about it. */
static const char *remedy_of(struct str code)
{
    static const struct {
        struct str code;
        const char *remedy;
    } remedies[] = {
        {STR("invalid_client"), "check client and secret"},
        {STR("invalid_grant"), "what it was given does not count any more: link it again"},
        {STR("invalid_scope"), "give the client this scope"},
        {STR("unauthorized_client"), "allow the client this grant"},
        {STR("unsupported_grant_type"), "allow the client this grant"},
    };
    for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++) {
        if (str_eq(remedies[i].code, code)) {
            return remedies[i].remedy;
        }
    }
    return "check the credential";
}

/* A word of the server's, if it is one. */
static struct str word(struct str text)
{
    return is_ascii(text, 0x20) ? str_before(text, 160) : STR_OF("");
}

static bool read_refusal(uint32_t code, struct str body, struct arena *arena,
                         struct error *error)
{
    struct str kind = word(text_at(body, STR_OF("/error"), arena));
    struct str words = word(text_at(body, STR_OF("/error_description"), arena));
    if (str_is(kind, "temporarily_unavailable") || str_is(kind, "server_error")) {
        return error_set(error, IMH_RETRY, "it is busy (%.*s)", STR_ARGS(kind));
    }
    return error_set(error, IMH_DENIED, "it refuses (%u%s%.*s%s%.*s): %s", code,
                     kind.len > 0 ? " " : "", STR_ARGS(kind), words.len > 0 ? ", " : "",
                     STR_ARGS(words), remedy_of(kind));
}

bool oauth2_read(const struct remote_auth *auth, uint32_t code, struct str body,
                 struct arena *arena, struct oauth2_answer *answer, struct error *error)
{
    static const struct json_limits limits = {.bytes = OAUTH2_BODY_BYTES, .values = 1000};
    struct error ignored;
    bool json = json_check(body, &limits, &ignored);
    if (code == 400 || code == 401 || code == 403) {
        return read_refusal(code, json ? body : STR_OF(""), arena, error);
    }
    if (code < 200 || code > 299) {
        return error_set(error, IMH_REJECTED,
                         "it answers %u: is 'token_url' where tokens come from?", code);
    }
    return json ? read_token(auth, body, arena, answer, error)
                : error_set(error, IMH_REJECTED, "its answer is not the JSON of a token");
}
