#include "smarty/modifiers.h"

#include "base/percent.h"
#include "base/utf8.h"
#include "smarty/base64.h"
#include "smarty/escape.h"

/* Texts in other clothes: HTML, addresses, base64, hexadecimal. */

/* ---- HTML ---- */

/* PHP's ENT_ flags; without one of the last two, text that is no UTF-8 is nothing. */
enum {
    QUOTE_SINGLE = 1,
    QUOTE_DOUBLE = 2,
    BROKEN_IGNORED = 4,
    BROKEN_REPLACED = 8,
    FLAGS_USUAL = QUOTE_SINGLE | QUOTE_DOUBLE | BROKEN_REPLACED
};

static bool keeps_quote(char c, int64_t flags)
{
    return (c == '"' && !(flags & QUOTE_DOUBLE)) || (c == '\'' && !(flags & QUOTE_SINGLE));
}

static void add_unbroken(struct text *out, struct str text)
{
    while (text.len > 0) {
        int32_t ignored;
        size_t bytes = utf8_decode(text.ptr, text.len, &ignored);
        text_add(out, str_before(text, bytes));
        text = str_after(text, bytes ? bytes : 1);
    }
}

/* The text in UTF-8, as the flags want it. */
static bool repair(struct modifier_call *call, const struct value *argument, int64_t flags,
                   struct value *text)
{
    struct number_text room;
    struct str given = value_to_str(argument, &room);
    if (flags & BROKEN_IGNORED) {
        add_unbroken(call->scratch, given);
    } else if ((flags & BROKEN_REPLACED) || utf8_is_valid(given)) {
        utf8_add_valid(call->scratch, given, 0xFFFD);
    }
    bool good = modifier_text(call, text);
    text_clear(call->scratch);
    return good;
}

/* (text, flags, charset, double=true); quotes that stay part the text. */
static bool escape_by(struct modifier_call *call, const struct value *arguments,
                      uint32_t count, struct value *result,
                      void (*escape)(struct text *out, struct str text, bool twice))
{
    int64_t flags = modifier_int(arguments, count, 1, FLAGS_USUAL);
    bool twice = modifier_bool(arguments, count, 3, true);
    struct value text;
    if (!repair(call, &arguments[0], flags, &text)) {
        return false;
    }
    for (struct str rest = value_str(&text); rest.len > 0;) {
        size_t end = 0;
        while (end < rest.len && !keeps_quote(rest.ptr[end], flags)) {
            end++;
        }
        escape(call->scratch, str_before(rest, end), twice);
        text_add(call->scratch, str_before(str_after(rest, end), 1));
        rest = str_after(rest, end + 1);
    }
    return modifier_text(call, result);
}

static void escape_special(struct text *out, struct str text, bool twice)
{
    if (twice) {
        escape_html(out, text);
    } else {
        escape_html_once(out, text);
    }
}

static bool run_htmlspecialchars(struct modifier_call *call, const struct value *arguments,
                                 uint32_t count, struct value *result)
{
    return escape_by(call, arguments, count, result, escape_special);
}

static bool run_htmlentities(struct modifier_call *call, const struct value *arguments,
                             uint32_t count, struct value *result)
{
    return escape_by(call, arguments, count, result, escape_html_all);
}

/* html_entity_decode(text, flags): an entity of a quote that stays is copied. */
static bool run_html_entity_decode(struct modifier_call *call,
                                   const struct value *arguments, uint32_t count,
                                   struct value *result)
{
    struct number_text room;
    struct text *out = call->scratch;
    struct str rest = value_to_str(&arguments[0], &room);
    int64_t flags = modifier_int(arguments, count, 1, FLAGS_USUAL);
    (void)modifier_spend_characters(call, rest, 2);
    while (rest.len > 0) {
        size_t begin = str_find_char(rest, '&');
        text_add(out, str_before(rest, begin));
        rest = str_after(rest, begin);
        struct str entity = str_before(rest, str_find_char(str_after(rest, 1), '&') + 1);
        entity = str_before(entity, str_find_char(entity, ';') + 1);
        size_t before = out->len;
        unescape_html(out, entity, UNESCAPE_ALL);
        if (out->len == before + 1 && keeps_quote(out->ptr[before], flags)) {
            out->len = before;
            text_add(out, entity);
        }
        rest = str_after(rest, entity.len);
    }
    return modifier_text(call, result);
}

/* unescape:type="html" */
static bool run_unescape(struct modifier_call *call, const struct value *arguments,
                         uint32_t count, struct value *result)
{
    struct number_text room;
    struct number_text type_room;
    struct str text = value_to_str(&arguments[0], &room);
    struct str type = modifier_str(arguments, count, 1, "html", &type_room);
    (void)modifier_spend_characters(call, text, 2);
    if (str_is(type, "url")) {
        percent_decode(call->scratch, text, false);
    } else if (str_is(type, "html")) {
        unescape_html(call->scratch, text, UNESCAPE_SPECIAL);
    } else if (str_is(type, "htmlall") || str_is(type, "entity")) {
        struct value whole;
        utf8_add_valid(call->scratch, text, '?');
        if (!modifier_text(call, &whole)) {
            return false;
        }
        text_clear(call->scratch);
        unescape_html(call->scratch, value_str(&whole), UNESCAPE_ALL);
    } else {
        *result = arguments[0];
        return true;
    }
    return modifier_text(call, result);
}

/* ---- addresses ---- */

static void map_rawurlencode(struct text *out, struct str text)
{
    escape_url(out, text, "-_.~");
}

static void map_urlencode(struct text *out, struct str text)
{
    while (text.len > 0) {
        size_t blank = str_find_char(text, ' ');
        escape_url(out, str_before(text, blank), "-_.");
        text_add(out, blank < text.len ? STR_OF("+") : STR_OF(""));
        text = str_after(text, blank + 1);
    }
}

static void map_rawurldecode(struct text *out, struct str text)
{
    percent_decode(out, text, false);
}

static void map_urldecode(struct text *out, struct str text)
{
    percent_decode(out, text, true);
}

/* ---- http_build_query ---- */

enum { QUERY_PATH_BYTES = 4096 };

struct query {
    struct modifier_call *call;
    struct text path; /* a[b][c], encoded already */
};

static bool add_query(struct query *query, const struct array *array);

static void add_query_value(struct query *query, const struct value *value)
{
    struct text *out = query->call->scratch;
    struct number_text room;
    text_add(out, out->len > 0 ? STR_OF("&") : STR_OF(""));
    text_add(out, text_str(&query->path));
    text_add_char(out, '=');
    map_urlencode(out, value->type == VALUE_BOOL ? str_from(value->truth ? "1" : "0")
                                                 : value_to_str(value, &room));
}

static bool add_query(struct query *query, const struct array *array)
{
    struct text *path = &query->path;
    size_t before = path->len;
    if (!effort_spend(&query->call->effort, array->count) ||
        !effort_enter(&query->call->effort)) {
        return false;
    }
    for (uint32_t i = 0; i < array->count; i++) {
        struct number_text room;
        struct key key;
        const struct value *value = value_plain(array_at(array, i, &key));
        struct value name = key_value(&key);
        text_add(path, before > 0 ? STR_OF("%5B") : STR_OF(""));
        map_urlencode(path, value_to_str(&name, &room));
        text_add(path, before > 0 ? STR_OF("%5D") : STR_OF(""));
        if (value->type == VALUE_ARRAY) {
            (void)add_query(query, value->array);
        } else if (!value_is_nothing(value)) {
            add_query_value(query, value);
        }
        path->len = before;
    }
    effort_leave(&query->call->effort);
    return true;
}

static bool run_http_build_query(struct modifier_call *call, const struct value *arguments,
                                 uint32_t count, struct value *result)
{
    struct query query = {.call = call};
    (void)count;
    text_init(&query.path, QUERY_PATH_BYTES);
    (void)add_query(&query, arguments[0].array);
    bool fits = !query.path.failed;
    text_done(&query.path);
    return fits ? modifier_text(call, result)
                : modifier_fail(call, "http_build_query: a name is too long");
}

/* ---- bytes and characters ---- */

static void map_bin2hex(struct text *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        text_print(out, "%02x", (unsigned)(unsigned char)text.ptr[i]);
    }
}

static bool run_chr(struct modifier_call *call, const struct value *arguments,
                    uint32_t count, struct value *result)
{
    char byte = (char)(value_to_int(&arguments[0]) & 0xFF);
    (void)count;
    return modifier_copy(call, (struct str){&byte, 1}, result);
}

static bool run_ord(struct modifier_call *call, const struct value *arguments,
                    uint32_t count, struct value *result)
{
    struct number_text room;
    struct str text = value_to_str(&arguments[0], &room);
    (void)call;
    (void)count;
    *result = value_int(text.len > 0 ? (unsigned char)text.ptr[0] : 0);
    return true;
}

/* ---- character sets ---- */

/* Latin 1 and its relatives by their names. */
static bool is_latin1(struct str name)
{
    return str_eq_nocase(name, STR_OF("ISO-8859-1")) ||
           str_eq_nocase(name, STR_OF("latin1")) ||
           str_eq_nocase(name, STR_OF("ISO8859-1"));
}

static bool is_utf8(struct str name)
{
    return str_eq_nocase(name, STR_OF("UTF-8")) || str_eq_nocase(name, STR_OF("UTF8"));
}

static void from_latin1(struct text *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        utf8_add(out, (unsigned char)text.ptr[i]);
    }
}

static void to_latin1(struct text *out, struct str text)
{
    for (size_t at = 0; at < text.len;) {
        int32_t character;
        at += utf8_read(text.ptr + at, text.len - at, &character);
        text_add_char(out, (char)(character < 256 ? character : '?'));
    }
}

static bool convert(struct modifier_call *call, const struct value *arguments,
                    uint32_t count, struct value *result,
                    void (*latin1)(struct text *out, struct str text))
{
    struct number_text room;
    struct number_text set_room;
    struct str text = value_to_str(&arguments[0], &room);
    struct str set = modifier_str(arguments, count, 1, "ISO-8859-1", &set_room);
    if (arguments[0].type == VALUE_ARRAY) {
        *result = arguments[0]; /* as it is, in the reference */
        return true;
    }
    if (is_latin1(set)) {
        latin1(call->scratch, text);
    } else if (is_utf8(set)) {
        utf8_add_valid(call->scratch, text, '?');
    } else {
        return modifier_fail(call, "unknown character set '%.*s': ISO-8859-1 or UTF-8",
                             STR_ARGS(str_before(set, 40)));
    }
    return modifier_text(call, result);
}

static bool run_from_charset(struct modifier_call *call, const struct value *arguments,
                             uint32_t count, struct value *result)
{
    return convert(call, arguments, count, result, from_latin1);
}

static bool run_to_charset(struct modifier_call *call, const struct value *arguments,
                           uint32_t count, struct value *result)
{
    return convert(call, arguments, count, result, to_latin1);
}

static const struct function functions[] = {
    FUNCTION_MAP("base64_decode", AS_BOTH, base64_decode),
    FUNCTION_MAP("base64_encode", AS_BOTH, base64_encode),
    FUNCTION_MAP("bin2hex", AS_BOTH, map_bin2hex),
    FUNCTION_MAP("rawurldecode", AS_BOTH, map_rawurldecode),
    FUNCTION_MAP("rawurlencode", AS_BOTH, map_rawurlencode),
    FUNCTION_MAP("urldecode", AS_BOTH, map_urldecode),
    FUNCTION_MAP("urlencode", AS_BOTH, map_urlencode),
    FUNCTION_RUN("chr", 1, 1, AS_BOTH, "i", run_chr),
    FUNCTION_RUN("from_charset", 1, 2, AS_MODIFIER, ".t", run_from_charset),
    FUNCTION_RUN("html_entity_decode", 1, 3, AS_BOTH, "t", run_html_entity_decode),
    FUNCTION_RUN("htmlentities", 1, 4, AS_BOTH, "t...", run_htmlentities),
    FUNCTION_RUN("htmlspecialchars", 1, 4, AS_BOTH, "t...", run_htmlspecialchars),
    FUNCTION_RUN("http_build_query", 1, 1, AS_BOTH, "a", run_http_build_query),
    FUNCTION_RUN("ord", 1, 1, AS_BOTH, "t", run_ord),
    FUNCTION_RUN("to_charset", 1, 2, AS_MODIFIER, ".t", run_to_charset),
    FUNCTION_RUN("unescape", 1, 3, AS_MODIFIER, "t", run_unescape),
};

const struct family family_code = {functions, sizeof functions / sizeof *functions};
