#include "smarty/modifiers.h"

/* PHP's functions of a text that see bytes: only ASCII letters have a case. */

static char upper(char c)
{
    return (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
}

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static void map_upper(struct text *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        text_add_char(out, upper(text.ptr[i]));
    }
}

static void map_lower(struct text *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        text_add_char(out, lower(text.ptr[i]));
    }
}

static void map_upper_first(struct text *out, struct str text)
{
    map_upper(out, str_before(text, 1));
    text_add(out, str_after(text, 1));
}

static void map_lower_first(struct text *out, struct str text)
{
    map_lower(out, str_before(text, 1));
    text_add(out, str_after(text, 1));
}

static void map_reverse(struct text *out, struct str text)
{
    for (size_t i = text.len; i > 0; i--) {
        text_add_char(out, text.ptr[i - 1]);
    }
}

static void map_add_slashes(struct text *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\'' || c == '"' || c == '\\' || c == '\0') {
            text_add_char(out, '\\');
        }
        text_add_char(out, (char)(c == '\0' ? '0' : c));
    }
}

static void map_strip_slashes(struct text *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        bool slash = text.ptr[i] == '\\';
        i += slash;
        if (i < text.len) {
            bool zero = slash && text.ptr[i] == '0';
            text_add_char(out, (char)(zero ? '\0' : text.ptr[i]));
        }
    }
}

/* ---- sets of bytes ---- */

struct bytes {
    bool has[256];
};

/* "a..z" is a range. */
static struct bytes bytes_from(struct str list)
{
    struct bytes bytes = {{false}};
    for (size_t i = 0; i < list.len; i++) {
        unsigned first = (unsigned char)list.ptr[i];
        unsigned last = first;
        if (i + 3 < list.len && list.ptr[i + 1] == '.' && list.ptr[i + 2] == '.' &&
            (unsigned char)list.ptr[i + 3] >= first) {
            last = (unsigned char)list.ptr[i + 3];
            i += 3;
        }
        for (unsigned c = first; c <= last; c++) {
            bytes.has[c] = true;
        }
    }
    return bytes;
}

static bool has(const struct bytes *bytes, char c)
{
    return bytes->has[(unsigned char)c];
}

static bool trim(struct modifier_call *call, const struct value *arguments, uint32_t count,
                 struct value *result, bool left, bool right)
{
    static const char blank[] = " \n\r\t\v";
    struct number_text room;
    struct number_text list_room;
    struct str text = value_to_str(&arguments[0], &room);
    struct str usual = {blank, sizeof blank}; /* the zero byte, too */
    struct str list = count > 1 ? value_to_str(&arguments[1], &list_room) : usual;
    struct bytes bytes = bytes_from(list);
    while (left && text.len > 0 && has(&bytes, text.ptr[0])) {
        text = str_after(text, 1);
    }
    while (right && text.len > 0 && has(&bytes, text.ptr[text.len - 1])) {
        text.len--;
    }
    return modifier_copy(call, text, result);
}

static bool run_trim(struct modifier_call *call, const struct value *arguments,
                     uint32_t count, struct value *result)
{
    return trim(call, arguments, count, result, true, true);
}

static bool run_ltrim(struct modifier_call *call, const struct value *arguments,
                      uint32_t count, struct value *result)
{
    return trim(call, arguments, count, result, true, false);
}

static bool run_rtrim(struct modifier_call *call, const struct value *arguments,
                      uint32_t count, struct value *result)
{
    return trim(call, arguments, count, result, false, true);
}

/* ucwords(text, delimiters) */
static bool run_ucwords(struct modifier_call *call, const struct value *arguments,
                        uint32_t count, struct value *result)
{
    struct number_text room;
    struct number_text list_room;
    struct str text = value_to_str(&arguments[0], &room);
    struct bytes bytes =
        bytes_from(modifier_str(arguments, count, 1, " \t\r\n\f\v", &list_room));
    for (size_t i = 0; i < text.len; i++) {
        bool first = i == 0 || has(&bytes, text.ptr[i - 1]);
        text_add_char(call->scratch, first ? upper(text.ptr[i]) : text.ptr[i]);
    }
    return modifier_text(call, result);
}

/* ---- parts and copies ---- */

/* substr(text, start, length): negative numbers count from the end. */
static bool run_substr(struct modifier_call *call, const struct value *arguments,
                       uint32_t count, struct value *result)
{
    struct number_text room;
    struct str text = value_to_str(&arguments[0], &room);
    struct str part = text;
    bool has_length = count > 2 && !value_is_nothing(&arguments[2]);
    struct span span = modifier_span((int64_t)text.len, value_to_int(&arguments[1]),
                                     has_length, modifier_int(arguments, count, 2, 0));
    if (span.to <= span.from) {
        part.len = 0;
    } else {
        part =
            str_before(str_after(text, (size_t)span.from), (size_t)(span.to - span.from));
    }
    return modifier_copy(call, part, result);
}

/* `part` so often, at once too large when it would be. */
static bool add_often(struct modifier_call *call, struct str part, int64_t times)
{
    if (part.len > 0 && (uint64_t)times > call->scratch->most / part.len) {
        return modifier_large(call);
    }
    (void)effort_spend_text(&call->effort, part.len * (size_t)times);
    for (int64_t i = 0; part.len > 0 && i < times; i++) {
        text_add(call->scratch, part);
    }
    return true;
}

static bool run_str_repeat(struct modifier_call *call, const struct value *arguments,
                           uint32_t count, struct value *result)
{
    struct number_text room;
    int64_t times = modifier_int(arguments, count, 1, 0);
    if (times < 0) {
        return modifier_fail(call, "str_repeat takes a number of times, 0 or more");
    }
    return add_often(call, value_to_str(&arguments[0], &room), times) &&
           modifier_text(call, result);
}

/* So many bytes of `pad`, again and again. */
static void add_padding(struct text *out, struct str pad, size_t bytes)
{
    while (bytes > 0 && !out->failed) {
        struct str part = str_before(pad, bytes);
        text_add(out, part);
        bytes -= part.len;
    }
}

enum pad_side { PAD_LEFT, PAD_RIGHT, PAD_BOTH };

/* str_pad(text, length, pad=" ", side=1): 0 is left, 2 both. */
static bool run_str_pad(struct modifier_call *call, const struct value *arguments,
                        uint32_t count, struct value *result)
{
    struct number_text room;
    struct number_text pad_room;
    struct str text = value_to_str(&arguments[0], &room);
    struct str pad = modifier_str(arguments, count, 2, " ", &pad_room);
    int64_t length = value_to_int(&arguments[1]);
    int64_t side = modifier_int(arguments, count, 3, PAD_RIGHT);
    if (length < 0 || (uint64_t)length <= text.len) {
        return modifier_copy(call, text, result);
    }
    if (pad.len == 0 || side < PAD_LEFT || side > PAD_BOTH) {
        return modifier_fail(call,
                             "str_pad needs something to pad with, on side 0, 1 or 2");
    }
    size_t missing = (size_t)length - text.len;
    size_t left = side == PAD_LEFT ? missing : side == PAD_BOTH ? missing / 2 : 0;
    add_padding(call->scratch, pad, left);
    text_add(call->scratch, text);
    add_padding(call->scratch, pad, missing - left);
    return modifier_text(call, result);
}

/* str_split(text, length=1) */
static bool run_str_split(struct modifier_call *call, const struct value *arguments,
                          uint32_t count, struct value *result)
{
    struct value copy;
    struct number_text room;
    int64_t length = modifier_int(arguments, count, 1, 1);
    struct array *parts = array_make(call->arena, 0);
    if (length < 1) {
        return modifier_fail(call, "str_split takes a length of 1 or more");
    }
    if (!modifier_copy(call, value_to_str(&arguments[0], &room), &copy)) {
        return false;
    }
    struct str rest = value_str(&copy);
    bool good = parts != NULL;
    while (good && rest.len > 0) {
        struct value part = value_text(str_before(rest, (size_t)length));
        rest = str_after(rest, (size_t)length);
        good = array_append(call->arena, parts, &part);
    }
    *result = value_array(parts);
    return good || modifier_memory(call);
}

static const struct function functions[] = {
    FUNCTION_MAP("addslashes", AS_BOTH, map_add_slashes),
    FUNCTION_MAP("lcfirst", AS_BOTH, map_lower_first),
    FUNCTION_RUN("ltrim", 1, 2, AS_BOTH, "t", run_ltrim),
    FUNCTION_RUN("rtrim", 1, 2, AS_BOTH, "t", run_rtrim),
    FUNCTION_RUN("str_pad", 2, 4, AS_BOTH, "titi", run_str_pad),
    FUNCTION_RUN("str_repeat", 2, 2, AS_FUNCTION, "ti", run_str_repeat),
    FUNCTION_RUN("str_repeat", 2, 2, AS_MODIFIER, NULL, run_str_repeat),
    FUNCTION_RUN("str_split", 1, 2, AS_BOTH, "ti", run_str_split),
    FUNCTION_MAP("stripslashes", AS_BOTH, map_strip_slashes),
    FUNCTION_MAP("strrev", AS_BOTH, map_reverse),
    FUNCTION_MAP("strtolower", AS_BOTH, map_lower),
    FUNCTION_MAP("strtoupper", AS_BOTH, map_upper),
    FUNCTION_RUN("substr", 2, 3, AS_BOTH, "tii", run_substr),
    FUNCTION_RUN("trim", 1, 2, AS_BOTH, "t", run_trim),
    FUNCTION_MAP("ucfirst", AS_BOTH, map_upper_first),
    FUNCTION_RUN("ucwords", 1, 2, AS_BOTH, "t", run_ucwords),
};

const struct family family_bytes = {functions, sizeof functions / sizeof *functions};
