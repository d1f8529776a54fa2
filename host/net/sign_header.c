#include "net/sign_header.h"

#include <stdio.h>

#include "net/sign_digest.h"

enum { MESSAGE_BYTES = 9 << 20, VALUE_BYTES = 8 << 10 };

/* What {name} stands for. */
struct place {
    struct str name, value;
};

struct places {
    const struct place *list;
    size_t count;
    struct str headers; /* lines of the request, each of which is a place too */
};

static struct str path_of(struct str url)
{
    struct str rest = str_after(url, str_find(url, STR_OF("://"), 0) + 3);
    rest = str_after(rest, str_find_char(rest, '/') + 1);
    return str_before(rest, str_find_char(rest, '?'));
}

/* "Contact/17" of https://crm.example.com/api/v1/Contact/17 below .../api/v1. */
static struct str path_below(struct str url, struct str base)
{
    struct str path = path_of(url);
    struct str folder = path_of(base);
    if (folder.len > 0 && str_starts(path, folder)) {
        path = str_after(path, folder.len);
        path = str_after(path, str_starts(path, STR_OF("/")) ? 1 : 0);
    }
    return path;
}

static const struct place *find_place(const struct place *places, size_t count,
                                      struct str name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(places[i].name, name)) {
            return &places[i];
        }
    }
    return NULL;
}

/* The value of a header that the request has already: {header.webhook-id}. */
static bool find_header(struct str lines, struct str name, struct str *value)
{
    static const struct str mark = STR("header.");
    struct str line;
    while (str_starts(name, mark) && lines.len > 0 && str_split(&lines, '\n', &line)) {
        size_t colon = str_find_char(line, ':');
        if (str_eq_nocase(str_before(line, colon), str_after(name, mark.len))) {
            *value = str_trim(str_after(line, colon + 1));
            return true;
        }
    }
    return false;
}

static bool find_value(const struct places *places, struct str name, struct str *value)
{
    const struct place *place = find_place(places->list, places->count, name);
    if (place) {
        *value = place->value;
        return true;
    }
    return find_header(places->headers, name, value);
}

static bool fill(struct str pattern, const struct places *places, struct text *out,
                 struct error *error)
{
    while (pattern.len > 0) {
        size_t open = str_find_char(pattern, '{');
        size_t close = str_find(pattern, STR_OF("}"), open);
        struct str name = str_after(str_before(pattern, close), open + 1);
        struct str value = STR("");
        text_add(out, str_before(pattern, open));
        if (open == pattern.len) {
            break;
        }
        if (close >= pattern.len || !find_value(places, name, &value)) {
            return error_set(error, IMH_BROKEN, "a signature has no place {%.*s}",
                             STR_ARGS(str_before(name, 40)));
        }
        text_add(out, value);
        pattern = str_after(pattern, close + 1);
    }
    return text_ok(out, "what is to be signed", error);
}

static bool fill_message(const struct remote_auth *auth, const struct signing *signing,
                         struct str time, struct str headers, struct text *message,
                         struct error *error)
{
    size_t mark = str_find_char(signing->url, '?');
    const struct place list[] = {
        {STR("method"), signing->method},
        {STR("path"), path_below(signing->url, signing->base)},
        {STR("query"), str_after(signing->url, mark + 1)},
        {STR("body"), signing->body},
        {STR("time"), time},
        {STR("user"), auth->user},
    };
    const struct places places = {list, sizeof list / sizeof *list, headers};
    return fill(auth->message, &places, message, error);
}

/* "base64(...)" is the code of what it holds; anything else is what it says. */
static bool fill_value(const struct remote_auth *auth, struct str digest, struct str time,
                       struct text *value, struct error *error)
{
    static const struct str around = STR("base64(");
    struct text hex;
    struct text base64;
    struct text inner;
    text_init(&hex, 4 * SIGN_DIGEST_MOST);
    text_init(&base64, 4 * SIGN_DIGEST_MOST);
    text_init(&inner, VALUE_BYTES);
    sign_add_hex(&hex, digest);
    sign_add_base64(&base64, digest);
    bool coded = str_starts(auth->value, around) && str_ends(auth->value, STR_OF(")"));
    struct str pattern =
        coded ? str_after(str_before(auth->value, auth->value.len - 1), around.len)
              : auth->value;
    const struct place list[] = {
        {STR("user"), auth->user},    {STR("time"), time},
        {STR("hex"), text_str(&hex)}, {STR("base64"), text_str(&base64)},
        {STR("raw"), digest},
    };
    const struct places places = {list, sizeof list / sizeof *list - !coded, STR("")};
    bool good = fill(pattern, &places, &inner, error);
    if (coded) {
        sign_add_base64(value, text_str(&inner));
    } else {
        text_add(value, text_str(&inner));
    }
    text_done(&inner);
    text_done(&base64);
    text_done(&hex);
    return good && text_ok(value, "the signature", error);
}

/* The bytes of the key: the secret itself, or what it is the base64 of. */
static bool read_key(const struct remote_auth *auth, struct text *key, struct error *error)
{
    static const struct str prefix = STR("whsec_");
    struct str secret = auth->secret;
    if (auth->variant == IMH_HMAC_TEXT) {
        text_add(key, secret);
        return text_ok(key, "a key", error);
    }
    secret = str_after(secret, str_starts(secret, prefix) ? prefix.len : 0);
    return (sign_read_base64(secret, key) && key->len > 0) ||
           error_set(error, IMH_DENIED,
                     "the secret of '%.*s' is not base64, with or without whsec_ in front",
                     STR_ARGS(auth->name));
}

static bool add_signature(const struct remote_auth *auth, const struct signing *signing,
                          struct str key, struct text *headers, struct error *error)
{
    unsigned char digest[SIGN_DIGEST_MOST];
    char time[24];
    struct text message;
    struct text value;
    (void)snprintf(time, sizeof time, "%" PRId64, signing->time_s);
    text_init(&message, MESSAGE_BYTES);
    text_init(&value, 2 * VALUE_BYTES);
    bool good =
        fill_message(auth, signing, str_from(time), text_str(headers), &message, error);
    size_t length = good ? sign_hmac(SIGN_SHA256, key, text_str(&message), digest) : 0;
    if (good && length == 0) {
        good = error_set(error, IMH_RETRY, "a signature could not be made");
    }
    good = good &&
           fill_value(auth, (struct str){(const char *)digest, length}, str_from(time),
                      &value, error) &&
           sign_add_header(auth, auth->header, "", text_str(&value), headers, error);
    text_done(&value);
    text_done(&message);
    return good;
}

bool sign_hmac_header(const struct remote_auth *auth, const struct signing *signing,
                      struct text *headers, struct error *error)
{
    struct text key;
    if (!sign_need(auth, "secret", auth->secret, error)) {
        return false;
    }
    text_init_wiped(&key, auth->secret.len);
    bool good = read_key(auth, &key, error) &&
                add_signature(auth, signing, text_str(&key), headers, error);
    text_done(&key);
    return good;
}
