#include "net/sign.h"

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

static bool sign_bearer(const struct remote_auth *auth, struct text *headers,
                        struct error *error)
{
    if (!is_header_value(auth->secret)) {
        return error_set(error, IMH_DENIED,
                         "the secret '%.*s' is empty or has a control character in it",
                         STR_ARGS(auth->name));
    }
    text_add_cstr(headers, "Authorization: Bearer ");
    text_add(headers, auth->secret);
    text_add_char(headers, '\n');
    return text_ok(headers, "the request's head", error);
}

bool sign_request(const struct remote_auth *auth, struct text *headers, struct error *error)
{
    if (auth->type != IMH_AUTH_BEARER) {
        return error_set(error, IMH_BROKEN,
                         "'%.*s' is a kind of authentication that is not known",
                         STR_ARGS(auth->name));
    }
    return sign_bearer(auth, headers, error);
}
