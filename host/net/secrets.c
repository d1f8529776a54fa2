#include "net/secrets.h"

#include "base/json.h"
#include "base/percent.h"
#include "base/stand_in.h"

/* Adds a secret as it may stand in one kind of place; false when it cannot. */
typedef bool escaper(struct text *out, struct str secret);

static bool escape_url(struct text *out, struct str secret)
{
    percent_encode(out, secret);
    return true;
}

static bool escape_header(struct text *out, struct str secret)
{
    for (size_t i = 0; i < secret.len; i++) {
        unsigned char c = (unsigned char)secret.ptr[i];
        if (c < 0x20 || c == 0x7F) {
            return false;
        }
    }
    text_add(out, secret);
    return true;
}

static bool escape_json(struct text *out, struct str secret)
{
    struct text quoted;
    text_init_wiped(&quoted, 6 * secret.len + 2);
    json_add_string(&quoted, secret);
    struct str text = text_str(&quoted);
    text_add(out, str_after(str_before(text, text.len - 1), 1));
    text_fail_with(out, &quoted);
    text_done(&quoted);
    return true;
}

/* XML has no way to write most control characters. */
static bool escape_xml(struct text *out, struct str secret)
{
    for (size_t i = 0; i < secret.len; i++) {
        unsigned char c = (unsigned char)secret.ptr[i];
        if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') {
            return false;
        }
        if (strchr("<>&\"'\t\n\r", c)) {
            text_print(out, "&#%u;", c);
        } else {
            text_add_char(out, (char)c);
        }
    }
    return true;
}

/* ---- finding ---- */

static const struct remote_auth *find_option(const struct remote *remote, struct str name)
{
    for (uint32_t i = 0; i < remote->auth_count; i++) {
        if (remote->auths[i].is_option && str_eq(remote->auths[i].name, name)) {
            return &remote->auths[i];
        }
    }
    return NULL;
}

static bool add_secret(const struct secrets *secrets, struct str name, escaper *escape,
                       struct text *out, struct error *error)
{
    const struct remote_auth *option = find_option(secrets->remote, name);
    if (!option) {
        return error_set(error, IMH_BROKEN, "the integration has no secret '%.*s'",
                         STR_ARGS(name));
    }
    if (!secrets->allowed) {
        return error_set(error, IMH_REJECTED,
                         "the secret '%.*s' goes to the integration's own addresses only",
                         STR_ARGS(name));
    }
    if (option->secret.len == 0) {
        return error_set(error, IMH_DENIED, "the secret '%.*s' has no value: configure it",
                         STR_ARGS(name));
    }
    if (!escape(out, option->secret)) {
        return error_set(error, IMH_DENIED,
                         "the secret '%.*s' has a control character in it, which cannot "
                         "be sent there",
                         STR_ARGS(name));
    }
    return redact_add(secrets->redact, secrets->arena, option->secret) ||
           error_set(error, IMH_RETRY, "no memory, or too many secrets in a request");
}

static bool fill(const struct secrets *secrets, struct str text, escaper *escape,
                 struct text *out, struct error *error)
{
    struct stand_in stand_in;
    size_t from = 0;
    while (stand_in_find(text, from, secrets->ticket, &stand_in)) {
        text_add(out, str_after(str_before(text, stand_in.at), from));
        if (!add_secret(secrets, stand_in.name, escape, out, error)) {
            return false;
        }
        from = stand_in.at + stand_in.len;
    }
    text_add(out, str_after(text, from));
    return true;
}

bool secrets_has(const struct secrets *secrets, struct str text)
{
    struct stand_in stand_in;
    return stand_in_find(text, 0, secrets->ticket, &stand_in);
}

/* ---- places ---- */

bool secrets_fill_url(const struct secrets *secrets, struct str url, struct text *out,
                      struct error *error)
{
    return fill(secrets, url, escape_url, out, error) && text_ok(out, "the address", error);
}

bool secrets_fill_headers(const struct secrets *secrets, struct str lines, struct text *out,
                          struct error *error)
{
    struct str line;
    while (lines.len > 0 && str_split(&lines, '\n', &line)) {
        size_t colon = str_find_char(line, ':');
        text_add(out, str_before(line, colon));
        if (!fill(secrets, str_after(line, colon), escape_header, out, error)) {
            return false;
        }
        text_add_char(out, '\n');
    }
    return text_ok(out, "the request's head", error);
}

/* How secrets are escaped in a body of this kind; NULL when there is no way. */
static escaper *escape_of(struct str content_type)
{
    static const struct {
        struct str ending;
        escaper *escape;
    } kinds[] = {{STR("/json"), escape_json},
                 {STR("+json"), escape_json},
                 {STR("/xml"), escape_xml},
                 {STR("+xml"), escape_xml},
                 {STR("/x-www-form-urlencoded"), escape_url}};
    struct str media = str_trim(str_before(content_type, str_find_char(content_type, ';')));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct str ending = kinds[i].ending;
        if (media.len >= ending.len &&
            str_eq_nocase(str_after(media, media.len - ending.len), ending)) {
            return kinds[i].escape;
        }
    }
    return media.len == 0 ? escape_url : NULL;
}

bool secrets_fill_body(const struct secrets *secrets, struct str content_type,
                       struct str body, struct text *out, struct error *error)
{
    escaper *escape = escape_of(content_type);
    if (!escape) {
        return error_set(error, IMH_BROKEN,
                         "secrets can stand in JSON, XML and forms, not in '%.*s'",
                         STR_ARGS(str_before(content_type, 60)));
    }
    return fill(secrets, body, escape, out, error) &&
           text_ok(out, "the request's body", error);
}
