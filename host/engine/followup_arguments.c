#include "base/json.h"
#include "engine/followup_look.h"

enum { POINTER_BYTES = 256 };

/* What the schema says of the type of an argument; empty: nothing. */
static struct str type_of(const struct argument_given *given, struct arena *arena)
{
    struct text pointer;
    struct str type = STR("");
    if (!given->schema) {
        return type;
    }
    text_init(&pointer, POINTER_BYTES);
    text_print(&pointer, "/properties/%.*s/type", STR_ARGS(given->name));
    bool found = !pointer.failed && json_find(str_from(given->schema), text_str(&pointer),
                                              arena, &type) == JSON_STRING;
    text_done(&pointer);
    return found ? str_before(str_after(type, 1), type.len - 2) : STR_OF("");
}

static enum json_event kind_of(struct str json)
{
    struct json_reader reader;
    json_open(&reader, json, &json_limits_reply);
    return json_next(&reader);
}

static bool fits(struct str type, enum json_event kind)
{
    static const struct {
        const char *type;
        enum json_event kinds[2];
    } rows[] = {{"integer", {JSON_INTEGER, JSON_INTEGER}},
                {"number", {JSON_INTEGER, JSON_DECIMAL}},
                {"boolean", {JSON_TRUE, JSON_FALSE}},
                {"object", {JSON_OBJECT, JSON_OBJECT}},
                {"array", {JSON_ARRAY, JSON_ARRAY}}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (str_is(type, rows[i].type)) {
            return kind == rows[i].kinds[0] || kind == rows[i].kinds[1];
        }
    }
    return true;
}

/* Text as the type wants it. */
static bool add_text(struct str type, struct str value, struct text *out, bool *absent,
                     struct error *error)
{
    struct str trimmed = str_trim(value);
    struct error ignored;
    bool truth;
    if (type.len == 0 || str_is(type, "string")) {
        json_add_string(out, value);
        return true;
    }
    if (trimmed.len == 0) {
        *absent = true;
        return true;
    }
    if (str_is(type, "boolean") && str_to_bool(trimmed, &truth)) {
        text_add_cstr(out, truth ? "true" : "false");
        return true;
    }
    if (!json_check(trimmed, &json_limits_input, &ignored) ||
        !fits(type, kind_of(trimmed))) {
        return error_set(error, IMH_REJECTED, "'%.*s' is no %.*s",
                         STR_ARGS(str_before(trimmed, 64)), STR_ARGS(type));
    }
    text_add(out, trimmed);
    return true;
}

/* A value as the type wants it. */
static bool add_json(struct str type, struct str value, struct arena *arena,
                     struct text *out, bool *absent, struct error *error)
{
    enum json_event kind = kind_of(value);
    if (kind == JSON_NULL) {
        *absent = true;
        return true;
    }
    if (kind == JSON_STRING && !str_is(type, "string") && type.len > 0) {
        struct str inside = str_before(str_after(value, 1), value.len - 2);
        bool escaped = str_find_char(inside, '\\') < inside.len;
        struct str text = json_decode(inside, escaped, arena);
        return text.ptr ? add_text(type, text, out, absent, error)
                        : error_set(error, IMH_RETRY, "no memory for it");
    }
    bool scalar = kind != JSON_OBJECT && kind != JSON_ARRAY;
    if (str_is(type, "string") && kind != JSON_STRING && scalar) {
        json_add_string(out, value);
        return true;
    }
    text_add(out, value);
    return true;
}

bool argument_add(const struct argument_given *given, struct text *out, bool *absent,
                  struct error *error)
{
    struct arena arena;
    size_t before = out->len;
    arena_init(&arena, 1024, 0);
    struct str type = type_of(given, &arena);
    *absent = false;
    json_add_string(out, given->name);
    text_add_char(out, ':');
    bool good = given->is_json ? add_json(type, given->value, &arena, out, absent, error)
                               : add_text(type, given->value, out, absent, error);
    if (!good || *absent) {
        out->len = before;
    }
    arena_done(&arena);
    return good || error_wrap(error, "argument '%.*s'", STR_ARGS(given->name));
}
