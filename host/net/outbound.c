#include "net/outbound.h"

#include "base/json.h"

bool outbound_resolve(const struct remote *remote, struct str url, struct text *absolute,
                      struct error *error)
{
    struct origin origin;
    struct str base = remote->address_count > 0 ? remote->addresses[0] : STR_OF("");
    if (!url_resolve(base, url, absolute, &origin, error)) {
        return false;
    }
    for (uint32_t i = 0; i < remote->address_count; i++) {
        struct origin allowed;
        struct error ignored;
        struct text room;
        text_init(&room, URL_BYTES);
        bool good =
            url_resolve(STR_OF(""), remote->addresses[i], &room, &allowed, &ignored);
        text_done(&room);
        if (good && origin_eq(&allowed, &origin)) {
            return true;
        }
    }
    return error_set(error, IMH_REJECTED,
                     "%s://%s:%u is not an address of the integration '%.*s'",
                     origin.scheme, origin.host, origin.port, STR_ARGS(remote->identifier));
}

const struct remote_auth *outbound_auth(const struct remote *remote, struct str name)
{
    for (uint32_t i = 0; i < remote->auth_count; i++) {
        if (str_eq(remote->auths[i].name, name)) {
            return &remote->auths[i];
        }
    }
    return NULL;
}

static bool is_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_') {
            return false;
        }
    }
    return name.len > 0;
}

static bool is_value(struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7F) {
            return false;
        }
    }
    return true;
}

/* What frames the message, belongs to the connection, or says who we are: ours. */
static bool is_reserved(struct str name)
{
    static const struct str reserved[] = {STR("host"),
                                          STR("content-length"),
                                          STR("transfer-encoding"),
                                          STR("connection"),
                                          STR("proxy-connection"),
                                          STR("keep-alive"),
                                          STR("upgrade"),
                                          STR("authorization"),
                                          STR("proxy-authorization"),
                                          STR("expect"),
                                          STR("te"),
                                          STR("trailer"),
                                          STR("x-request-id")};
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
        if (str_eq_nocase(name, reserved[i])) {
            return true;
        }
    }
    return false;
}

static bool add_header(struct str name, struct str value, struct text *lines,
                       struct error *error)
{
    if (!is_name(name) || !is_value(value)) {
        return error_set(error, IMH_REJECTED, "a request header that cannot be sent");
    }
    if (is_reserved(name)) {
        return error_set(error, IMH_REJECTED, "the header '%.*s' is set by the host",
                         STR_ARGS(str_before(name, 40)));
    }
    text_add(lines, name);
    text_add_cstr(lines, ": ");
    text_add(lines, value);
    text_add_char(lines, '\n');
    return true;
}

bool outbound_headers(struct str json, struct arena *arena, struct text *lines,
                      struct error *error)
{
    struct json_reader reader;
    if (json.len == 0) {
        return true;
    }
    json_open(&reader, json, &json_limits_input);
    enum json_event event = json_next(&reader);
    bool good = event == JSON_OBJECT;
    while (good && (event = json_next(&reader)) == JSON_KEY) {
        struct str name = json_decode(reader.token, reader.escaped, arena);
        event = json_next(&reader);
        struct str value = json_decode(reader.token, reader.escaped, arena);
        good = event == JSON_STRING && name.ptr && value.ptr;
        if (good && !add_header(name, value, lines, error)) {
            return false;
        }
    }
    if (!good || event != JSON_OBJECT_END || json_next(&reader) != JSON_END) {
        return error_set(error, IMH_BROKEN,
                         "request headers must be a JSON object of texts");
    }
    return text_ok(lines, "the request's head", error);
}
