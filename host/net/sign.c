#include "net/sign.h"

#include "net/sign_digest.h"
#include "net/sign_header.h"
#include "net/sign_oauth1.h"

static const struct str authorization = STR("Authorization");

/* A secret with a newline would begin a header of its own. */
static bool is_header_value(struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (c < 0x20 || c == 0x7F) {
            return false;
        }
    }
    return value.len > 0;
}

bool sign_add_header(const struct remote_auth *auth, struct str name, const char *scheme,
                     struct str value, struct text *headers, struct error *error)
{
    if (!is_header_value(value)) {
        return error_set(error, IMH_DENIED,
                         "the secret '%.*s' is empty or has a control character in it",
                         STR_ARGS(auth->name));
    }
    text_add(headers, name);
    text_add_cstr(headers, ": ");
    text_add_cstr(headers, scheme);
    text_add(headers, value);
    text_add_char(headers, '\n');
    return text_ok(headers, "the request's head", error);
}

bool sign_need(const struct remote_auth *auth, const char *what, struct str value,
               struct error *error)
{
    return value.len > 0 ||
           error_set(error, IMH_DENIED, "the credential '%.*s' has no %s: configure it",
                     STR_ARGS(auth->name), what);
}

static bool sign_bearer(const struct remote_auth *auth, const struct signing *signing,
                        struct text *headers, struct error *error)
{
    (void)signing;
    return sign_add_header(auth, authorization, "Bearer ", auth->secret, headers, error);
}

/* RFC 7617: the first colon ends the name. An empty password is one. */
static bool sign_basic(const struct remote_auth *auth, const struct signing *signing,
                       struct text *headers, struct error *error)
{
    struct text pair;
    struct text code;
    (void)signing;
    if (!sign_need(auth, "user name", auth->user, error)) {
        return false;
    }
    if (str_find_char(auth->user, ':') < auth->user.len) {
        return error_set(error, IMH_DENIED, "the user name of '%.*s' has a colon in it",
                         STR_ARGS(auth->name));
    }
    size_t room = auth->user.len + 1 + auth->secret.len;
    text_init_wiped(&pair, room);
    text_init_wiped(&code, 2 * room + 4);
    text_add(&pair, auth->user);
    text_add_char(&pair, ':');
    text_add(&pair, auth->secret);
    sign_add_base64(&code, text_str(&pair));
    bool good =
        text_ok(&pair, "the credential", error) &&
        text_ok(&code, "the credential", error) &&
        sign_add_header(auth, authorization, "Basic ", text_str(&code), headers, error);
    text_done(&pair);
    text_done(&code);
    return good;
}

static bool sign_header(const struct remote_auth *auth, const struct signing *signing,
                        struct text *headers, struct error *error)
{
    (void)signing;
    return sign_add_header(auth, auth->header, "", auth->secret, headers, error);
}

static bool sign_oauth2(const struct remote_auth *auth, const struct signing *signing,
                        struct text *headers, struct error *error)
{
    return sign_add_header(auth, authorization, "Bearer ", signing->access, headers, error);
}

bool sign_request(const struct remote_auth *auth, const struct signing *signing,
                  struct text *headers, struct error *error)
{
    static bool (*const kinds[])(const struct remote_auth *auth,
                                 const struct signing *signing, struct text *headers,
                                 struct error *error) = {
        [IMH_AUTH_BEARER] = sign_bearer,           [IMH_AUTH_BASIC] = sign_basic,
        [IMH_AUTH_HEADER] = sign_header,           [IMH_AUTH_OAUTH1_SHA1] = sign_oauth1,
        [IMH_AUTH_OAUTH1_SHA256] = sign_oauth1,    [IMH_AUTH_OAUTH2] = sign_oauth2,
        [IMH_AUTH_HMAC_SHA256] = sign_hmac_header,
    };
    if (auth->type >= sizeof kinds / sizeof *kinds) {
        return error_set(error, IMH_BROKEN,
                         "'%.*s' is a kind of authentication that is not known",
                         STR_ARGS(auth->name));
    }
    return kinds[auth->type](auth, signing, headers, error);
}
