#include "base/json.h"

#include <string.h>

#include "base/json_names.h"
#include "base/utf8.h"

const struct json_limits json_limits_input = {.bytes = (size_t)1 << 20, .values = 50000};
const struct json_limits json_limits_reply = {.bytes = (size_t)8 << 20, .values = 500000};

/* What may come next. */
enum { VALUE, VALUE_OR_END, KEY, KEY_OR_END, COMMA_OR_END, NOTHING, BROKEN };

void json_open(struct json_reader *reader, struct str text,
               const struct json_limits *limits)
{
    *reader = (struct json_reader){.start = text.ptr,
                                   .at = text.ptr,
                                   .end = text.ptr + text.len,
                                   .limits = *limits,
                                   .expect = VALUE};
    if (str_starts(text, STR_OF("\xEF\xBB\xBF"))) {
        reader->at += 3;
    }
}

static enum json_event problem(struct json_reader *reader, const char *what)
{
    if (reader->expect != BROKEN) {
        reader->problem = what;
        reader->expect = BROKEN;
    }
    return JSON_PROBLEM;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static void skip_blanks(struct json_reader *reader)
{
    while (reader->at < reader->end && is_blank(*reader->at)) {
        reader->at++;
    }
}

static int hex4(const char *at, const char *end)
{
    int number = 0;
    if (end - at < 4) {
        return -1;
    }
    for (int i = 0; i < 4; i++) {
        int digit = str_hex_digit(at[i]);
        if (digit < 0) {
            return -1;
        }
        number = number * 16 + digit;
    }
    return number;
}

/* One \uXXXX or a surrogate pair of them, `at` behind the u; 0 bytes when it is neither. */
static size_t unicode_escape(const char *at, const char *end, int32_t *character)
{
    int first = hex4(at, end);
    if (first < 0 || (first >= 0xDC00 && first <= 0xDFFF)) {
        return 0;
    }
    if (first < 0xD800 || first > 0xDBFF) {
        *character = first;
        return 4;
    }
    int second = end - at >= 10 && at[4] == '\\' && at[5] == 'u' ? hex4(at + 6, end) : -1;
    if (second < 0xDC00 || second > 0xDFFF) {
        return 0;
    }
    *character = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
    return 10;
}

/* What the letter behind a backslash stands for; 0 for none, 'u' is done elsewhere. */
static const char escapes[256] = {['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
                                  ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t'};

static const char *skip_escape(struct json_reader *reader, const char *at)
{
    reader->escaped = true;
    if (at + 1 >= reader->end) {
        return NULL;
    }
    if (at[1] != 'u') {
        return escapes[(unsigned char)at[1]] ? at + 2 : NULL;
    }
    int32_t character;
    size_t bytes = unicode_escape(at + 2, reader->end, &character);
    return bytes ? at + 2 + bytes : NULL;
}

/* Eight bytes at once: are all what they stand for, ASCII in a string? */
static bool are_plain(uint64_t word)
{
    const uint64_t each = 0x0101010101010101U;
    uint64_t quote = word ^ (each * '"');
    uint64_t backslash = word ^ (each * '\\');
    uint64_t below = (word - each * 0x20) | (quote - each) | (backslash - each);
    return !((word | below) & (each * 0x80));
}

static const char *skip_plain(const char *at, const char *end)
{
    uint64_t word;
    while (end - at >= (ptrdiff_t)sizeof word) {
        memcpy(&word, at, sizeof word);
        if (!are_plain(word)) {
            break;
        }
        at += sizeof word;
    }
    return at;
}

/* Behind the opening quote; leaves `at` behind the closing one. */
static bool read_string(struct json_reader *reader)
{
    const char *at = skip_plain(reader->at + 1, reader->end);
    reader->escaped = false;
    while (at < reader->end && *at != '"') {
        unsigned char c = (unsigned char)*at;
        if (c == '\\') {
            at = skip_escape(reader, at);
            if (!at) {
                return problem(reader, "an escape that means nothing in a string");
            }
        } else if (c < 0x20) {
            return problem(reader, "a control character in a string");
        } else if (c < 0x80) {
            at++;
        } else {
            int32_t character;
            size_t bytes = utf8_decode(at, (size_t)(reader->end - at), &character);
            if (bytes == 0) {
                reader->at = at;
                return problem(reader, "bytes that are no UTF-8");
            }
            at = skip_plain(at + bytes, reader->end);
        }
    }
    if (at >= reader->end) {
        return problem(reader, "a string without an end");
    }
    reader->token = (struct str){reader->at + 1, (size_t)(at - reader->at - 1)};
    reader->at = at + 1;
    return true;
}

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9') {
        at++;
    }
    return at;
}

static enum json_event read_number(struct json_reader *reader)
{
    enum json_event event = JSON_INTEGER;
    const char *first = reader->at + (*reader->at == '-');
    const char *at = skip_digits(first, reader->end);
    bool good = at > first && !(*first == '0' && at > first + 1);
    if (good && at < reader->end && *at == '.') {
        const char *fraction = at + 1;
        at = skip_digits(fraction, reader->end);
        good = at > fraction;
        event = JSON_DECIMAL;
    }
    if (good && at < reader->end && (*at == 'e' || *at == 'E')) {
        const char *exponent = at + 1;
        exponent += exponent < reader->end && (*exponent == '+' || *exponent == '-');
        at = skip_digits(exponent, reader->end);
        good = at > exponent;
        event = JSON_DECIMAL;
    }
    if (!good) {
        return problem(reader, "a number that is none");
    }
    reader->token = (struct str){reader->at, (size_t)(at - reader->at)};
    reader->at = at;
    return event;
}

static enum json_event read_word(struct json_reader *reader)
{
    static const struct {
        struct str word;
        enum json_event event;
    } words[] = {
        {STR("null"), JSON_NULL}, {STR("false"), JSON_FALSE}, {STR("true"), JSON_TRUE}};
    struct str rest = {reader->at, (size_t)(reader->end - reader->at)};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (str_starts(rest, words[i].word)) {
            reader->token = str_before(rest, words[i].word.len);
            reader->at += reader->token.len;
            return words[i].event;
        }
    }
    return problem(reader, "something that is no JSON value");
}

static enum json_event enter(struct json_reader *reader, bool object)
{
    if (reader->depth == JSON_DEPTH_MOST) {
        return problem(reader, "more than 64 levels");
    }
    reader->objects = (reader->objects << 1) | (object ? 1 : 0);
    reader->depth++;
    reader->at++;
    reader->expect = object ? KEY_OR_END : VALUE_OR_END;
    return object ? JSON_OBJECT : JSON_ARRAY;
}

static enum json_event leave(struct json_reader *reader)
{
    bool object = reader->objects & 1;
    if (*reader->at != (object ? '}' : ']')) {
        return problem(reader,
                       object ? "an object without an end" : "an array without an end");
    }
    reader->objects >>= 1;
    reader->depth--;
    reader->at++;
    reader->expect = reader->depth ? COMMA_OR_END : NOTHING;
    return object ? JSON_OBJECT_END : JSON_ARRAY_END;
}

static enum json_event read_value(struct json_reader *reader)
{
    if (++reader->values > reader->limits.values) {
        return problem(reader, "too many values");
    }
    char c = *reader->at;
    if (c == '{' || c == '[') {
        return enter(reader, c == '{');
    }
    reader->expect = reader->depth ? COMMA_OR_END : NOTHING;
    if (c == '"') {
        return read_string(reader) ? JSON_STRING : JSON_PROBLEM;
    }
    return c == '-' || (c >= '0' && c <= '9') ? read_number(reader) : read_word(reader);
}

static enum json_event read_key(struct json_reader *reader)
{
    if (*reader->at != '"' || !read_string(reader)) {
        return problem(reader, "a member without a name");
    }
    skip_blanks(reader);
    if (reader->at == reader->end || *reader->at != ':') {
        return problem(reader, "a member without a colon");
    }
    reader->at++;
    reader->expect = VALUE;
    return JSON_KEY;
}

static enum json_event after_value(struct json_reader *reader)
{
    if (*reader->at != ',') {
        return leave(reader);
    }
    reader->at++;
    skip_blanks(reader);
    reader->expect = reader->objects & 1 ? KEY : VALUE;
    if (reader->at == reader->end) {
        return problem(reader, "nothing behind a comma");
    }
    return reader->expect == KEY ? read_key(reader) : read_value(reader);
}

enum json_event json_next(struct json_reader *reader)
{
    if ((size_t)(reader->end - reader->start) > reader->limits.bytes) {
        return problem(reader, "too many bytes");
    }
    skip_blanks(reader);
    if (reader->at == reader->end) {
        return reader->expect == NOTHING ? JSON_END : problem(reader, "no end");
    }
    char c = *reader->at;
    switch (reader->expect) {
    case VALUE:
        return read_value(reader);
    case VALUE_OR_END:
        return c == ']' ? leave(reader) : read_value(reader);
    case KEY:
        return read_key(reader);
    case KEY_OR_END:
        return c == '}' ? leave(reader) : read_key(reader);
    case COMMA_OR_END:
        return after_value(reader);
    default:
        return problem(reader, "something behind the end");
    }
}

bool json_whole(struct json_reader *reader, enum json_event event, struct str *whole)
{
    const char *first = reader->at - 1;
    if (event != JSON_OBJECT && event != JSON_ARRAY) {
        if (event < JSON_NULL || event > JSON_STRING) {
            return false;
        }
        size_t quote = event == JSON_STRING ? 1 : 0;
        *whole = (struct str){reader->token.ptr - quote, reader->token.len + 2 * quote};
        return true;
    }
    for (uint32_t depth = reader->depth; event != JSON_PROBLEM && reader->depth >= depth;) {
        event = json_next(reader);
    }
    if (event == JSON_PROBLEM) {
        return false;
    }
    *whole = (struct str){first, (size_t)(reader->at - first)};
    return true;
}

struct str json_decode(struct str token, bool escaped, struct arena *arena)
{
    char *out = escaped ? arena_alloc(arena, token.len + 1) : NULL;
    if (!out) {
        return escaped ? (struct str){NULL, 0} : token;
    }
    struct text decoded = {.ptr = out, .capacity = token.len, .most = token.len};
    const char *end = token.ptr + token.len;
    for (const char *at = token.ptr; at < end;) {
        if (*at != '\\') {
            text_add_char(&decoded, *at++);
        } else if (at[1] != 'u') {
            text_add_char(&decoded, escapes[(unsigned char)at[1]]);
            at += 2;
        } else {
            int32_t character = 0;
            at += 2 + unicode_escape(at + 2, end, &character);
            utf8_add(&decoded, character);
        }
    }
    out[decoded.len] = '\0';
    return (struct str){out, decoded.len};
}

/* One step of a pointer decoded: ~1 is a slash, ~0 a tilde, any other tilde an error. ptr
 * is NULL then, and when memory is out. */
static struct str pointer_step(struct str step, struct arena *arena)
{
    char *out = arena_alloc(arena, step.len + 1);
    size_t len = 0;
    for (size_t i = 0; out && i < step.len; i++) {
        bool tilde = step.ptr[i] == '~';
        i += tilde;
        if (tilde && (i == step.len || (step.ptr[i] != '0' && step.ptr[i] != '1'))) {
            return (struct str){NULL, 0};
        }
        out[len++] = !tilde ? step.ptr[i] : step.ptr[i] == '1' ? '/' : '~';
    }
    return (struct str){out, len};
}

/* RFC 6901: digits without a leading zero. */
static bool to_index(struct str step, int64_t *index)
{
    bool zero_first = step.len > 1 && (step.ptr[0] == '0' || step.ptr[0] == '-');
    return !zero_first && str_to_int64(step, 0, INT32_MAX, index);
}

/* After a JSON_KEY: reads on to the member's value; is it the one that `step` names? */
static enum json_event read_member(struct json_reader *reader, struct str step,
                                   struct arena *arena, bool *found)
{
    struct str key = json_decode(reader->token, reader->escaped, arena);
    if (!key.ptr) {
        return JSON_PROBLEM; /* no memory: else it would be taken for the member "" */
    }
    *found = str_eq(key, step);
    return json_next(reader);
}

/* Inside an object or array: moves to the member or element that `step` names. */
static enum json_event find_child(struct json_reader *reader, enum json_event event,
                                  struct str step, struct arena *arena)
{
    int64_t index = -1;
    bool object = event == JSON_OBJECT;
    if (!step.ptr || (!object && (event != JSON_ARRAY || !to_index(step, &index)))) {
        return JSON_PROBLEM;
    }
    for (;;) {
        bool found = index-- == 0;
        event = json_next(reader);
        if (event == JSON_KEY) {
            event = read_member(reader, step, arena, &found);
        }
        struct str ignored;
        if (event == JSON_PROBLEM || event == JSON_OBJECT_END || event == JSON_ARRAY_END) {
            return JSON_PROBLEM;
        }
        if (found) {
            return event;
        }
        if (!json_whole(reader, event, &ignored)) {
            return JSON_PROBLEM;
        }
    }
}

enum json_event json_find(struct str text, struct str pointer, struct arena *arena,
                          struct str *whole)
{
    struct json_reader reader;
    json_open(&reader, text, &json_limits_reply);
    enum json_event event = json_next(&reader);
    if (pointer.len > 0 && pointer.ptr[0] != '/') {
        return JSON_PROBLEM;
    }
    struct str rest = pointer.len > 0 ? str_after(pointer, 1) : (struct str){NULL, 0};
    struct str step;
    while (event != JSON_PROBLEM && str_split(&rest, '/', &step)) {
        event = find_child(&reader, event, pointer_step(step, arena), arena);
    }
    return event != JSON_PROBLEM && json_whole(&reader, event, whole) ? event
                                                                      : JSON_PROBLEM;
}

static bool set_problem(const struct json_reader *reader, const struct json_names *names,
                        struct error *error)
{
    if (names->no_memory) {
        return error_set(error, IMH_RETRY, "out of memory for JSON");
    }
    return error_set(error, IMH_REJECTED, "not JSON at byte %zu: %s",
                     (size_t)(reader->at - reader->start), reader->problem);
}

/* The next event of a document in which no name may come twice. */
static enum json_event next_checked(struct json_reader *reader, struct json_names *names)
{
    enum json_event event = json_next(reader);
    return json_names_note(names, reader, event)
               ? event
               : problem(reader, "a second member of this name");
}

bool json_check(struct str text, const struct json_limits *limits, struct error *error)
{
    struct json_reader reader;
    struct json_names names;
    enum json_event event = JSON_NULL;
    json_open(&reader, text, limits);
    json_names_init(&names);
    while (event != JSON_END && event != JSON_PROBLEM) {
        event = next_checked(&reader, &names);
    }
    json_names_done(&names);
    return event == JSON_END || set_problem(&reader, &names, error);
}

/* Bytes between strings, without the blanks. */
static void add_dense(struct text *out, const char *from, const char *stop)
{
    for (; from < stop; from++) {
        if (!is_blank(*from)) {
            text_add_char(out, *from);
        }
    }
}

/* What lies between `from` and the end of this event's bytes; where that end is. */
static const char *add_event(struct text *out, const struct json_reader *reader,
                             enum json_event event, const char *from)
{
    bool quoted = event == JSON_STRING || event == JSON_KEY;
    const char *stop = quoted ? reader->token.ptr - 1 : reader->at;
    add_dense(out, from, stop);
    if (quoted) {
        text_add_bytes(out, stop, reader->token.len + 2);
        stop += reader->token.len + 2;
    }
    return stop;
}

bool json_rewrite(struct str text, const struct json_limits *limits, struct text *out,
                  struct error *error)
{
    struct json_reader reader;
    struct json_names names;
    enum json_event event = JSON_NULL;
    size_t before = out->len;
    json_open(&reader, text, limits);
    json_names_init(&names);
    const char *from = reader.at;
    while (event != JSON_END && event != JSON_PROBLEM) {
        event = next_checked(&reader, &names);
        from = event == JSON_PROBLEM ? from : add_event(out, &reader, event, from);
    }
    json_names_done(&names);
    if (event == JSON_PROBLEM) {
        out->len = before;
        return set_problem(&reader, &names, error);
    }
    return text_ok(out, "JSON", error);
}

static void add_escaped(struct text *text, unsigned char c)
{
    static const char letters[0x20] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    if (c >= 0x20 || letters[c]) {
        text_add_char(text, '\\');
        text_add_char(text, c >= 0x20 ? (char)c : letters[c]);
    } else {
        text_print(text, "\\u%04x", c);
    }
}

void json_add_string(struct text *text, struct str str)
{
    size_t clean = 0;
    text_add_char(text, '"');
    for (size_t at = 0; at < str.len;) {
        unsigned char c = (unsigned char)str.ptr[at];
        int32_t character;
        size_t bytes = c < 0x80 ? 1 : utf8_decode(str.ptr + at, str.len - at, &character);
        if (bytes != 0 && c >= 0x20 && c != '"' && c != '\\') {
            at += bytes;
            continue;
        }
        text_add_bytes(text, str.ptr + clean, at - clean);
        if (bytes == 0) {
            text_add_cstr(text, "\xEF\xBF\xBD");
        } else {
            add_escaped(text, c);
        }
        clean = ++at;
    }
    text_add_bytes(text, str.ptr + clean, str.len - clean);
    text_add_char(text, '"');
}
