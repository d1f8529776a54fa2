#include "net/sign_oauth1.h"

#include <stdio.h>

#include "base/percent.h"
#include "net/sign_base.h"
#include "net/sign_digest.h"

enum {
    PARAMETERS_MOST = 7,
    BASE_BYTES = 4 << 20, /* a byte of a form may become nine */
    ARENA_BYTES = 4096,
    ARENA_MOST = 8 << 20
};

/* By name, as they stand in the header. */
struct protocol {
    struct sign_parameter items[PARAMETERS_MOST];
    size_t count;
};

static void add(struct protocol *protocol, const char *name, struct str value)
{
    protocol->items[protocol->count++] = (struct sign_parameter){name, value};
}

static void fill(struct protocol *protocol, const struct remote_auth *auth,
                 const struct signing *signing, struct str time)
{
    bool sha1 = auth->type == IMH_AUTH_OAUTH1_SHA1;
    add(protocol, "oauth_consumer_key", auth->user);
    add(protocol, "oauth_nonce", signing->nonce);
    add(protocol, "oauth_signature_method",
        sha1 ? STR_OF("HMAC-SHA1") : STR_OF("HMAC-SHA256"));
    add(protocol, "oauth_timestamp", time);
    if (auth->token.len > 0) {
        add(protocol, "oauth_token", auth->token);
    }
    add(protocol, "oauth_version", STR_OF("1.0"));
}

/* "secret&token secret", both escaped: base64 of the HMAC by it. */
static bool make_signature(const struct remote_auth *auth, struct str base,
                           struct text *signature)
{
    unsigned char digest[SIGN_DIGEST_MOST];
    struct text key;
    size_t room = 3 * (auth->secret.len + auth->token_secret.len) + 1;
    enum sign_hash hash = auth->type == IMH_AUTH_OAUTH1_SHA1 ? SIGN_SHA1 : SIGN_SHA256;
    text_init_wiped(&key, room);
    percent_encode(&key, auth->secret);
    text_add_char(&key, '&');
    percent_encode(&key, auth->token_secret);
    size_t length = key.failed ? 0 : sign_hmac(hash, text_str(&key), base, digest);
    sign_add_base64(signature, (struct str){(const char *)digest, length});
    text_done(&key);
    return length > 0;
}

static void write_header(const struct protocol *protocol, struct str signature,
                         struct text *headers)
{
    bool signature_written = false;
    text_add_cstr(headers, "Authorization: OAuth ");
    for (size_t i = 0; i < protocol->count; i++) {
        const struct sign_parameter *parameter = &protocol->items[i];
        text_add_cstr(headers, i > 0 ? ", " : "");
        if (!signature_written && strcmp(parameter->name, "oauth_signature") > 0) {
            text_add_cstr(headers, "oauth_signature=\"");
            percent_encode(headers, signature);
            text_add_cstr(headers, "\", ");
            signature_written = true;
        }
        text_print(headers, "%s=\"", parameter->name);
        percent_encode(headers, parameter->value);
        text_add_char(headers, '"');
    }
    text_add_char(headers, '\n');
}

bool sign_oauth1(const struct remote_auth *auth, const struct signing *signing,
                 struct text *headers, struct error *error)
{
    char time[24];
    struct protocol protocol = {.count = 0};
    struct arena arena;
    struct text base;
    struct text signature;
    if (!sign_need(auth, "consumer key", auth->user, error) ||
        !sign_need(auth, "consumer secret", auth->secret, error)) {
        return false;
    }
    (void)snprintf(time, sizeof time, "%" PRId64, signing->time_s);
    fill(&protocol, auth, signing, str_from(time));
    arena_init(&arena, ARENA_BYTES, ARENA_MOST);
    text_init_wiped(&base, BASE_BYTES);
    text_init(&signature, 2 * SIGN_DIGEST_MOST);
    const struct sign_protocol signed_too = {auth->variant, protocol.items, protocol.count};
    bool good = sign_base(&signed_too, signing, &arena, &base, error);
    if (good && !make_signature(auth, text_str(&base), &signature)) {
        good = error_set(error, IMH_RETRY, "a signature could not be made");
    }
    if (good) {
        write_header(&protocol, text_str(&signature), headers);
        good = text_ok(headers, "the request's head", error);
    }
    text_done(&signature);
    text_done(&base);
    arena_done(&arena);
    return good;
}
