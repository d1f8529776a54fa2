#include "smarty/modifiers.h"

#include "base/utf8.h"
#include "smarty/pattern.h"
#include "smarty/shape.h"

/* Smarty's modifiers that count parts of a text, and those that change its layout. Most are
 * regular expressions in the reference, for which text that is no UTF-8 is nothing. */

static bool is_line_end(char c)
{
    return c == '\r' || c == '\n';
}

/* One character at a time; false at the end. */
struct reader {
    struct str rest;
    struct str bytes; /* of the character */
    int32_t character;
};

static bool read_on(struct reader *reader)
{
    if (reader->rest.len == 0) {
        return false;
    }
    size_t len = utf8_read(reader->rest.ptr, reader->rest.len, &reader->character);
    reader->bytes = str_before(reader->rest, len);
    reader->rest = str_after(reader->rest, len);
    return true;
}

/* ---- counting ---- */

/* count_characters:spaces=false; only the word `true` itself counts as true. */
static bool run_count_characters(struct modifier_call *call, const struct value *arguments,
                                 uint32_t count, struct value *result)
{
    struct number_text room;
    struct str text = value_to_str(&arguments[0], &room);
    bool all =
        count > 1 &&
        ((arguments[1].type == VALUE_BOOL && arguments[1].truth) ||
         (arguments[1].type == VALUE_TEXT && str_is(value_str(&arguments[1]), "true")));
    (void)modifier_spend_characters(call, text, 1);
    if (all || !utf8_is_valid(text)) {
        *result = all ? value_int((int64_t)utf8_count(text)) : value_bool(false);
        return true;
    }
    struct reader reader = {.rest = text};
    int64_t characters = 0;
    while (read_on(&reader)) {
        characters += !utf8_is_space(reader.character);
    }
    *result = value_int(characters);
    return true;
}

static bool is_word_part(int32_t c)
{
    return utf8_is_letter(c) || utf8_is_nonspacing(c) || utf8_is_dash(c) || c == '\'' ||
           c == 0x2019;
}

static bool run_count_words(struct modifier_call *call, const struct value *arguments,
                            uint32_t count, struct value *result)
{
    struct number_text room;
    struct reader reader = {.rest = value_to_str(&arguments[0], &room)};
    int64_t words = 0;
    bool inside = false;
    (void)modifier_spend_characters(call, reader.rest, 1);
    (void)count;
    if (!utf8_is_valid(reader.rest)) {
        *result = value_bool(false);
        return true;
    }
    while (read_on(&reader)) {
        bool begins = !inside && utf8_is_letter(reader.character);
        words += begins;
        inside = begins || (inside && is_word_part(reader.character));
    }
    *result = value_int(words);
    return true;
}

/* A word character, a mark that ends a sentence, and no word character behind it. */
static bool run_count_sentences(struct modifier_call *call, const struct value *arguments,
                                uint32_t count, struct value *result)
{
    struct number_text room;
    struct reader reader = {.rest = value_to_str(&arguments[0], &room)};
    int64_t sentences = 0;
    unsigned seen = 0; /* 1: a word character, 2: and a mark */
    (void)modifier_spend_characters(call, reader.rest, 1);
    (void)count;
    if (!utf8_is_valid(reader.rest)) {
        *result = value_bool(false);
        return true;
    }
    while (read_on(&reader)) {
        int32_t c = reader.character;
        bool word = c == '_' || utf8_is_letter(c) || utf8_is_number(c);
        bool mark = c == '.' || c == '?' || c == '!';
        sentences += seen == 2 && !word;
        seen = word ? 1 : seen == 1 && mark ? 2 : 0;
    }
    *result = value_int(sentences + (seen == 2));
    return true;
}

static bool run_count_paragraphs(struct modifier_call *call, const struct value *arguments,
                                 uint32_t count, struct value *result)
{
    struct number_text room;
    struct str text = value_to_str(&arguments[0], &room);
    int64_t paragraphs = 1;
    (void)call;
    (void)count;
    for (size_t i = 0; i < text.len; i++) {
        paragraphs += is_line_end(text.ptr[i]) && (i == 0 || !is_line_end(text.ptr[i - 1]));
    }
    *result = value_int(paragraphs);
    return true;
}

/* ---- layout ---- */

/* Before every line, empty ones too, but not behind a newline that ends the text. */
static bool run_indent(struct modifier_call *call, const struct value *arguments,
                       uint32_t count, struct value *result)
{
    struct number_text room;
    struct number_text unit_room;
    struct str text = value_to_str(&arguments[0], &room);
    struct str unit = modifier_str(arguments, count, 2, " ", &unit_room);
    int64_t times = modifier_int(arguments, count, 1, 4);
    if (times < 0) {
        return modifier_fail(call, "indent takes a number of 0 or more");
    }
    for (size_t at = 0; at == 0 || at < text.len;) {
        size_t end = at + str_find_char(str_after(text, at), '\n');
        end = end < text.len ? end + 1 : text.len;
        for (int64_t i = 0; i < times && unit.len > 0 && !call->scratch->failed; i++) {
            text_add(call->scratch, unit);
        }
        text_add_bytes(call->scratch, text.ptr + at, end - at);
        at = end > 0 ? end : 1;
    }
    return modifier_text(call, result);
}

static bool run_spacify(struct modifier_call *call, const struct value *arguments,
                        uint32_t count, struct value *result)
{
    struct number_text room;
    struct number_text space_room;
    struct reader reader = {.rest = value_to_str(&arguments[0], &room)};
    struct str space = modifier_str(arguments, count, 1, " ", &space_room);
    if (!utf8_is_valid(reader.rest)) {
        return modifier_fail(call, "spacify takes text in UTF-8");
    }
    while (read_on(&reader)) {
        text_add(call->scratch, reader.bytes);
        text_add(call->scratch, reader.rest.len > 0 ? space : STR_OF(""));
    }
    return modifier_text(call, result);
}

/* strip:by=" ": each run of white space. In `by`, $0 and the like are what was found. */
static bool run_strip(struct modifier_call *call, const struct value *arguments,
                      uint32_t count, struct value *result)
{
    struct number_text room;
    struct number_text by_room;
    struct reader reader = {.rest = value_to_str(&arguments[0], &room)};
    struct str by = modifier_str(arguments, count, 1, " ", &by_room);
    bool inside = false;
    if (str_find_char(by, '$') < by.len || str_find_char(by, '\\') < by.len) {
        return modifier_copy(call, reader.rest, result) &&
               pattern_replace(call, STR_OF("/\\s+/u"), by, result);
    }
    if (!utf8_is_valid(reader.rest)) {
        *result = value_null();
        return true;
    }
    while (read_on(&reader)) {
        bool space = utf8_is_space(reader.character);
        if (!space) {
            text_add(call->scratch, reader.bytes);
        } else if (!inside) {
            text_add(call->scratch, by);
        }
        inside = space;
    }
    return modifier_text(call, result);
}

/* ---- wordwrap, by characters ---- */

struct wrapping {
    struct text *out;
    struct str line_end;
    int64_t width;
    bool cut;
    int64_t length;     /* of the line */
    bool after_space;   /* the token before was white space */
    size_t last_length; /* bytes of the last character of `out` */
};

/* PHP's empty(): also "0". */
static bool is_empty(const struct text *out)
{
    return out->len == 0 || (out->len == 1 && out->ptr[0] == '0');
}

/* One word or one white space character. */
static void wrap_token(struct wrapping *wrapping, struct str token, bool space)
{
    int64_t length = (int64_t)utf8_count(token);
    wrapping->length += length;
    if (wrapping->length > wrapping->width) {
        if (wrapping->after_space && wrapping->out->len > 0) {
            wrapping->out->len -= wrapping->last_length;
        }
        if (!space) {
            text_add(wrapping->out,
                     is_empty(wrapping->out) ? STR_OF("") : wrapping->line_end);
            wrapping->length = length;
        }
    } else if (str_is(token, "\n")) {
        wrapping->length = 0;
    }
    wrapping->after_space = space;
    wrapping->last_length = token.len;
    text_add(wrapping->out, token);
}

static void wrap_word(struct wrapping *wrapping, struct str word)
{
    size_t most = wrapping->width > 0 ? (size_t)wrapping->width : 1;
    while (wrapping->cut && utf8_count(word) > most) {
        size_t bytes = utf8_offset(word, most);
        wrap_token(wrapping, str_before(word, bytes), false);
        word = str_after(word, bytes);
    }
    if (word.len > 0) {
        wrap_token(wrapping, word, false);
    }
}

void shape_wrap(struct text *out, struct str text, const struct shape *shape)
{
    struct wrapping wrapping = {.out = out,
                                .line_end = shape->line_end,
                                .width = shape->width,
                                .cut = shape->cut && shape->width >= 0};
    struct reader reader = {.rest = text};
    const char *start = text.ptr;
    while (read_on(&reader)) {
        if (utf8_is_space(reader.character)) {
            wrap_word(&wrapping, (struct str){start, (size_t)(reader.bytes.ptr - start)});
            wrap_token(&wrapping, reader.bytes, true);
            start = reader.rest.ptr;
        }
    }
    wrap_word(&wrapping, (struct str){start, (size_t)(text.ptr + text.len - start)});
}

/* wordwrap:width=80:line_end="\n":cut=false */
static bool run_wordwrap(struct modifier_call *call, const struct value *arguments,
                         uint32_t count, struct value *result)
{
    struct number_text room;
    struct number_text end_room;
    struct str text = value_to_str(&arguments[0], &room);
    struct shape shape = {.width = modifier_int(arguments, count, 1, 80),
                          .line_end = modifier_str(arguments, count, 2, "\n", &end_room),
                          .cut = modifier_bool(arguments, count, 3, false)};
    if (utf8_is_valid(text)) {
        shape_wrap(call->scratch, text, &shape);
    }
    return modifier_text(call, result);
}

/* ---- wordwrap(), by bytes ---- */

/* PHP's own: looks for the last blank that fits. */
static void wrap_bytes(struct text *out, struct str text, const struct shape *shape)
{
    size_t width = shape->width > 0 ? (size_t)shape->width : 0;
    size_t start = 0;
    size_t blank = 0;
    for (size_t at = 0; at < text.len; at++) {
        struct str end = shape->line_end;
        if (at + end.len < text.len && str_starts(str_after(text, at), end)) {
            text_add_bytes(out, text.ptr + start, at - start + end.len);
            at += end.len - 1;
            start = blank = at + 1;
        } else if (text.ptr[at] == ' ') {
            if (at - start >= width) {
                text_add_bytes(out, text.ptr + start, at - start);
                text_add(out, end);
                start = at + 1;
            }
            blank = at;
        } else if (at - start >= width && shape->cut && start >= blank) {
            text_add_bytes(out, text.ptr + start, at - start);
            text_add(out, end);
            start = blank = at;
        } else if (at - start >= width && start < blank) {
            text_add_bytes(out, text.ptr + start, blank - start);
            text_add(out, end);
            start = blank = blank + 1;
        }
    }
    text_add_bytes(out, text.ptr + start, text.len - start);
}

/* wordwrap(text, width=75, line_end="\n", cut=false) */
static bool run_wordwrap_bytes(struct modifier_call *call, const struct value *arguments,
                               uint32_t count, struct value *result)
{
    struct number_text room;
    struct number_text end_room;
    struct str text = value_to_str(&arguments[0], &room);
    struct shape shape = {.width = modifier_int(arguments, count, 1, 75),
                          .line_end = modifier_str(arguments, count, 2, "\n", &end_room),
                          .cut = modifier_bool(arguments, count, 3, false)};
    if (shape.line_end.len == 0 || (shape.width == 0 && shape.cut)) {
        return modifier_fail(call, "wordwrap needs an end of line, and a width to cut at");
    }
    wrap_bytes(call->scratch, text, &shape);
    return modifier_text(call, result);
}

/* ---- words ---- */

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '\'' || c == '-';
}

/* What PHP looks at: no quotes and dashes in front, no dash at the end. */
static struct str trim_words(struct str text, size_t *start)
{
    *start = 0;
    while (*start < text.len && (text.ptr[*start] == '\'' || text.ptr[*start] == '-')) {
        ++*start;
    }
    text.len -= text.len > *start && text.ptr[text.len - 1] == '-';
    return text;
}

static bool find_words(struct arena *arena, struct str text, bool by_place,
                       struct array *words)
{
    size_t at;
    bool good = words != NULL;
    text = trim_words(text, &at);
    while (good && at < text.len) {
        size_t start = at;
        while (at < text.len && is_word_byte(text.ptr[at])) {
            at++;
        }
        struct value word = value_text((struct str){text.ptr + start, at - start});
        struct key key = {.number = (int64_t)start};
        if (at > start) {
            good = by_place ? array_set(arena, words, &key, &word)
                            : array_append(arena, words, &word);
        } else {
            at++;
        }
    }
    return good;
}

/* str_word_count(text, format=0): how many; 1 the words, 2 by their places. */
static bool run_str_word_count(struct modifier_call *call, const struct value *arguments,
                               uint32_t count, struct value *result)
{
    struct number_text room;
    struct value copy;
    int64_t format = modifier_int(arguments, count, 1, 0);
    struct array *words = array_make(call->arena, 0);
    if (format < 0 || format > 2) {
        return modifier_fail(call, "str_word_count takes 0, 1 or 2");
    }
    if (!modifier_copy(call, value_to_str(&arguments[0], &room), &copy)) {
        return false;
    }
    if (!find_words(call->arena, value_str(&copy), format == 2, words)) {
        return modifier_memory(call);
    }
    *result = format == 0 ? value_int(words->count) : value_array(words);
    return true;
}

static const struct function functions[] = {
    FUNCTION_RUN("count_characters", 1, 2, AS_MODIFIER, "t.", run_count_characters),
    FUNCTION_RUN("count_paragraphs", 1, 1, AS_MODIFIER, "t", run_count_paragraphs),
    FUNCTION_RUN("count_sentences", 1, 1, AS_MODIFIER, "t", run_count_sentences),
    FUNCTION_RUN("count_words", 1, 1, AS_MODIFIER, "t", run_count_words),
    FUNCTION_RUN("indent", 1, 3, AS_MODIFIER, ".it", run_indent),
    FUNCTION_RUN("spacify", 1, 2, AS_MODIFIER, "t", run_spacify),
    FUNCTION_RUN("str_word_count", 1, 2, AS_BOTH, "ti", run_str_word_count),
    FUNCTION_RUN("strip", 1, 2, AS_MODIFIER, ".t", run_strip),
    FUNCTION_RUN("wordwrap", 1, 4, AS_MODIFIER, "tit.", run_wordwrap),
    FUNCTION_RUN("wordwrap", 1, 4, AS_FUNCTION, "tit.", run_wordwrap_bytes),
};

const struct family family_shape = {functions, sizeof functions / sizeof *functions};
