#include "smarty/modifiers.h"

#include "base/utf8.h"
#include "smarty/data.h"

/* json_encode() byte for byte as PHP writes it, and json_decode(). */

/* PHP's constants are numbers here. */
enum {
    JSON_HEX_TAG = 1,
    JSON_HEX_AMP = 2,
    JSON_HEX_APOS = 4,
    JSON_HEX_QUOT = 8,
    JSON_FORCE_OBJECT = 16,
    JSON_UNESCAPED_SLASHES = 64,
    JSON_PRETTY_PRINT = 128,
    JSON_UNESCAPED_UNICODE = 256,
    JSON_PRESERVE_ZERO_FRACTION = 1024
};

struct writer {
    struct text *out;
    struct effort *effort;
    int64_t flags;
    unsigned depth;
    bool failed; /* the text is no UTF-8, or a number has no form: PHP gives false */
};

static void add_code(struct text *out, int32_t character)
{
    if (character > 0xFFFF) {
        character -= 0x10000;
        text_print(out, "\\u%04x\\u%04x", 0xD800U + (unsigned)(character >> 10),
                   0xDC00U + (unsigned)(character & 0x3FF));
    } else {
        text_print(out, "\\u%04x", (unsigned)character);
    }
}

/* What flags make of a character; 0: it stays as it is. */
static bool is_hexed(const struct writer *writer, int32_t character)
{
    switch (character) {
    case '<':
    case '>':
        return writer->flags & JSON_HEX_TAG;
    case '&':
        return writer->flags & JSON_HEX_AMP;
    case '\'':
        return writer->flags & JSON_HEX_APOS;
    case '"':
        return writer->flags & JSON_HEX_QUOT;
    default:
        return false;
    }
}

static void add_character(struct writer *writer, int32_t character)
{
    static const char letters[128] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n',  ['\r'] = 'r',
        ['\t'] = 't', ['"'] = '"',  ['\\'] = '\\', ['/'] = '/'};
    char letter = (char)(character < 128 ? letters[character] : '\0');
    bool slash = character == '/' && (writer->flags & JSON_UNESCAPED_SLASHES);
    bool unicode = character >= 128 && !(writer->flags & JSON_UNESCAPED_UNICODE);
    bool line = character == 0x2028 || character == 0x2029;
    if (is_hexed(writer, character)) {
        text_print(writer->out, "\\u%04X", (unsigned)character);
    } else if (letter && !slash) {
        text_add_char(writer->out, '\\');
        text_add_char(writer->out, letter);
    } else if (character < ' ' || unicode || line) {
        add_code(writer->out, character);
    } else {
        utf8_add(writer->out, character);
    }
}

static void write_text(struct writer *writer, struct str text)
{
    text_add_char(writer->out, '"');
    for (size_t at = 0; at < text.len;) {
        int32_t character;
        size_t bytes = utf8_decode(text.ptr + at, text.len - at, &character);
        if (bytes == 0) {
            writer->failed = true;
            return;
        }
        add_character(writer, character);
        at += bytes;
    }
    text_add_char(writer->out, '"');
}

static void write_float(struct writer *writer, double real)
{
    struct number_text room;
    struct str text = float_to_exact_str(real, &room);
    bool finite = real - real == 0;
    writer->failed = writer->failed || !finite;
    for (size_t i = 0; i < text.len; i++) { /* 1.0E+25 is 1.0e+25 there */
        text_add_char(writer->out, (char)(text.ptr[i] == 'E' ? 'e' : text.ptr[i]));
    }
    bool whole =
        str_find_char(text, '.') == text.len && str_find_char(text, 'E') == text.len;
    if (whole && (writer->flags & JSON_PRESERVE_ZERO_FRACTION)) {
        text_add_cstr(writer->out, ".0");
    }
}

static void new_line(struct writer *writer)
{
    if (writer->flags & JSON_PRETTY_PRINT) {
        text_add_char(writer->out, '\n');
        for (unsigned i = 0; i < writer->depth; i++) {
            text_add_cstr(writer->out, "    ");
        }
    }
}

static void write_value(struct writer *writer, const struct value *value);

/* Is it a list: keys 0, 1, 2 and so on? */
static bool is_list(const struct array *array)
{
    for (uint32_t i = 0; !array->is_list && i < array->count; i++) {
        struct key key;
        (void)array_at(array, i, &key);
        if (key.name || key.number != i) {
            return false;
        }
    }
    return true;
}

static void write_array(struct writer *writer, const struct array *array)
{
    bool list = is_list(array) && !(writer->flags & JSON_FORCE_OBJECT);
    if (!effort_spend(writer->effort, array->count) || !effort_enter(writer->effort)) {
        return;
    }
    text_add_char(writer->out, list ? '[' : '{');
    writer->depth++;
    for (uint32_t i = 0; i < array->count && !writer->failed && !writer->out->failed; i++) {
        struct number_text room;
        struct key key;
        const struct value *value = array_at(array, i, &key);
        struct value name = key_value(&key);
        text_add(writer->out, i > 0 ? STR_OF(",") : STR_OF(""));
        new_line(writer);
        if (!list) {
            write_text(writer, value_to_str(&name, &room));
            text_add_cstr(writer->out, writer->flags & JSON_PRETTY_PRINT ? ": " : ":");
        }
        write_value(writer, value);
    }
    writer->depth--;
    if (array->count > 0) {
        new_line(writer);
    }
    text_add_char(writer->out, list ? ']' : '}');
    effort_leave(writer->effort);
}

static void write_value(struct writer *writer, const struct value *value)
{
    struct number_text room;
    value = value_plain(value);
    switch (value->type) {
    case VALUE_BOOL:
        text_add_cstr(writer->out, value->truth ? "true" : "false");
        break;
    case VALUE_INT:
        text_add(writer->out, int_to_str(value->integer, &room));
        break;
    case VALUE_FLOAT:
        write_float(writer, value->real);
        break;
    case VALUE_TEXT:
        if (value->flags & VALUE_IS_NUMBER) {
            text_add(writer->out, value_str(value));
        } else {
            (void)effort_spend_text(writer->effort, value->len);
            write_text(writer, value_str(value));
        }
        break;
    case VALUE_ARRAY:
        write_array(writer, value->array);
        break;
    default:
        text_add_cstr(writer->out, "null");
    }
}

/* json_encode(value, flags=0) */
static bool run_json_encode(struct modifier_call *call, const struct value *arguments,
                            uint32_t count, struct value *result)
{
    struct writer writer = {.out = call->scratch,
                            .effort = &call->effort,
                            .flags = modifier_int(arguments, count, 1, 0)};
    write_value(&writer, &arguments[0]);
    if (writer.failed) {
        *result = value_bool(false);
        return true;
    }
    return modifier_text(call, result);
}

/* json_decode(text): objects are arrays; what is no JSON is null. */
static bool run_json_decode(struct modifier_call *call, const struct value *arguments,
                            uint32_t count, struct value *result)
{
    struct number_text room;
    struct value copy;
    struct error ignored;
    (void)count;
    if (!modifier_copy(call, value_to_str(&arguments[0], &room), &copy)) {
        return false;
    }
    *result = value_null();
    if (!data_read(value_str(&copy), &json_limits_reply, DATA_PLAIN, call->arena, result,
                   &ignored)) {
        *result = value_null();
    }
    return true;
}

static const struct function functions[] = {
    FUNCTION_RUN("json_decode", 1, 4, AS_BOTH, "t...", run_json_decode),
    FUNCTION_RUN("json_encode", 1, 2, AS_BOTH, ".i", run_json_encode),
    FUNCTION_RUN("jsondecode", 1, 1, AS_MODIFIER, "t", run_json_decode),
    FUNCTION_RUN("jsonencode", 1, 1, AS_MODIFIER, NULL, run_json_encode),
};

const struct family family_json = {functions, sizeof functions / sizeof *functions};
