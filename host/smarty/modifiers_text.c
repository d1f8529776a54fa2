#include "smarty/modifiers.h"

#include "base/utf8.h"
#include "smarty/strip.h"

static bool run_cat(struct modifier_call *call, const struct value *arguments,
                    uint32_t count, struct value *result)
{
    if (count == 1) {
        *result = arguments[0]; /* not even made text */
        return true;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct number_text room;
        text_add(call->scratch, value_to_str(&arguments[i], &room));
    }
    return modifier_text(call, result);
}

static bool run_upper(struct modifier_call *call, const struct value *arguments,
                      uint32_t count, struct value *result)
{
    struct number_text room;
    struct str text = value_to_str(&arguments[0], &room);
    (void)count;
    if (modifier_spend_characters(call, text, 1)) {
        utf8_add_upper(call->scratch, text);
    }
    return modifier_text(call, result);
}

static bool run_lower(struct modifier_call *call, const struct value *arguments,
                      uint32_t count, struct value *result)
{
    struct number_text room;
    struct str text = value_to_str(&arguments[0], &room);
    (void)count;
    if (modifier_spend_characters(call, text, 1)) {
        utf8_add_lower(call->scratch, text);
    }
    return modifier_text(call, result);
}

static bool run_strlen(struct modifier_call *call, const struct value *arguments,
                       uint32_t count, struct value *result)
{
    struct number_text room;
    (void)call;
    (void)count;
    *result = value_int((int64_t)value_to_str(&arguments[0], &room).len);
    return true;
}

static bool run_nl2br(struct modifier_call *call, const struct value *arguments,
                      uint32_t count, struct value *result)
{
    struct number_text room;
    struct str text = value_to_str(&arguments[0], &room);
    bool closed = modifier_bool(arguments, count, 1, true);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        char next = i + 1 < text.len ? text.ptr[i + 1] : '\0';
        bool is_break = c == '\n' || c == '\r';
        if (is_break) {
            text_add_cstr(call->scratch, closed ? "<br />" : "<br>");
        }
        text_add_char(call->scratch, c);
        if (is_break && (next == '\n' || next == '\r') && next != c) {
            text_add_char(call->scratch, next);
            i++;
        }
    }
    return modifier_text(call, result);
}

/* ---- capitalize ---- */

/* One character of a text with what stands before it. */
struct walker {
    struct str text;
    size_t at;                              /* of the character */
    size_t bytes;                           /* its length */
    int32_t character, before, before_that; /* 0 at the start */
};

static bool walk_on(struct walker *walker)
{
    walker->at += walker->bytes;
    if (walker->at >= walker->text.len) {
        return false;
    }
    walker->before_that = walker->before;
    walker->before = walker->character;
    walker->bytes = utf8_read(walker->text.ptr + walker->at, walker->text.len - walker->at,
                              &walker->character);
    return true;
}

static bool is_word_character(int32_t c)
{
    return c == '_' || utf8_is_letter(c) || utf8_is_number(c);
}

/* Bytes of the word at the start if it is letters, digits, letters: "3rd", "X2Y"; else 0.
 */
static size_t word_with_digits(struct str text)
{
    struct walker walker = {.text = text};
    unsigned part = 0; /* 0: letters, 1: digits, 2: letters again, 3: something else */
    bool any_digit = false;
    while (walk_on(&walker) && is_word_character(walker.character)) {
        bool digit = utf8_is_number(walker.character);
        bool letter = utf8_is_letter(walker.character);
        any_digit = any_digit || digit;
        if ((!digit && !letter) || (part == 2 && digit)) {
            part = 3;
        } else if (part == 0 && digit) {
            part = 1;
        } else if (part == 1 && letter) {
            part = 2;
        }
    }
    return any_digit && part < 3 ? walker.at : 0;
}

static void add_one(struct text *out, struct str character, bool upper)
{
    if (upper) {
        utf8_add_upper(out, character);
    } else {
        text_add(out, character);
    }
}

/* A lower-case letter that begins a word: an apostrophe does not end one. */
static bool begins_word(const struct walker *walker)
{
    return !utf8_is_letter(walker->before) && walker->before != '\'' &&
           utf8_is_lower(walker->character);
}

/* The first character behind a quote that opens. */
static bool is_quoted(const struct walker *walker)
{
    bool quote = walker->before == '\'' || walker->before == '"';
    bool opens = walker->before_that == 0 || utf8_is_space(walker->before_that);
    return quote && opens && is_word_character(walker->character);
}

static bool is_case_ignorable(int32_t c)
{
    return c == '\'' || c == '.' || c == ':' || c == '^' || c == '`' || c == 0xAD ||
           c == 0xB7 || c == 0x2018 || c == 0x2019 || utf8_is_mark(c);
}

static bool is_cased(int32_t character)
{
    char bytes[8];
    struct text one = {.ptr = bytes, .capacity = sizeof bytes, .most = sizeof bytes};
    struct text other;
    text_init(&other, 32);
    utf8_add(&one, character);
    struct str str = {one.ptr, one.len};
    utf8_add_upper(&other, str);
    bool cased = !str_eq(str, (struct str){other.ptr, other.len});
    text_clear(&other);
    utf8_add_lower(&other, str);
    cased = cased || !str_eq(str, (struct str){other.ptr, other.len});
    text_done(&other);
    return cased || utf8_is_lower(character);
}

/* As mb_convert_case to title case: first letter of each word upper, the rest lower. */
static void add_titled(struct text *out, const struct walker *walker, struct str character,
                       bool inside)
{
    if (inside) {
        utf8_add_lower(out, character);
    } else {
        utf8_add_title(out, walker->character);
    }
}

/* The first letter of a word in upper case, others as they are. The reference runs
 * stripslashes() over what it found. */
static void add_first(struct text *out, const struct walker *walker, struct str character,
                      bool quoted, bool title)
{
    bool first = !title && begins_word(walker);
    if (first && walker->before == '\\' && out->len > 0) {
        out->len--;
    }
    add_one(out, character, first || quoted);
}

/* First letters of words in upper case, with `title` all others in lower case; words with
 * digits as a whole in lower case unless `digits`. */
static void capitalize(struct text *out, struct str text, bool digits, bool title)
{
    struct walker walker = {.text = text};
    size_t lower_until = 0;
    bool inside = false; /* a word, for `title` */
    while (walk_on(&walker)) {
        struct str character = {text.ptr + walker.at, walker.bytes};
        bool word_start = walker.at >= lower_until && !is_word_character(walker.before);
        if (!digits && word_start && is_word_character(walker.character)) {
            lower_until = walker.at + word_with_digits(str_after(text, walker.at));
        }
        bool quoted = is_quoted(&walker);
        if (walker.at < lower_until && !quoted) {
            utf8_add_lower(out, character);
        } else if (title && !quoted) {
            add_titled(out, &walker, character, inside);
        } else {
            add_first(out, &walker, character, quoted, title);
        }
        bool broken = walker.character == '?' && character.ptr[0] != '?';
        inside = broken || is_case_ignorable(walker.character) ? inside
                                                               : is_cased(walker.character);
    }
}

/* capitalize:digits=false:title=false. Text that is no UTF-8 is nothing for the regular
 * expressions of the reference; mb_convert_case, which makes titles, takes it. */
static bool run_capitalize(struct modifier_call *call, const struct value *arguments,
                           uint32_t count, struct value *result)
{
    struct number_text room;
    struct str text = value_to_str(&arguments[0], &room);
    bool digits = modifier_bool(arguments, count, 1, false);
    bool title = modifier_bool(arguments, count, 2, false);
    bool valid = utf8_is_valid(text);
    if (modifier_spend_characters(call, text, 4) && (title || valid)) {
        capitalize(call->scratch, text, digits || !valid, title);
    }
    return modifier_text(call, result);
}

/* ---- truncate ---- */

static bool is_space_at(struct str text, size_t at)
{
    int32_t character = 0;
    (void)utf8_read(text.ptr + at, text.len - at, &character);
    return utf8_is_space(character);
}

/* Is the character before `at` white space? `at` becomes its start. */
static bool step_back(struct str text, size_t *at)
{
    int32_t character = 0;
    size_t end = *at;
    do {
        --*at;
    } while (*at > 0 && ((unsigned char)text.ptr[*at] & 0xC0) == 0x80);
    (void)utf8_read(text.ptr + *at, end - *at, &character);
    return utf8_is_space(character);
}

/* Drops the last run of white space and the word behind it. A newline that ends the text
 * goes too: the `$` of the reference's regular expression also stands before it, so that it
 * matches twice. `text` is UTF-8. */
static void drop_last_word(struct text *out, struct str text)
{
    bool newline = text.len > 0 && text.ptr[text.len - 1] == '\n';
    struct str inner = newline ? str_before(text, text.len - 1) : text;
    size_t run = inner.len;
    size_t at = inner.len;
    while (at > 0 && !step_back(inner, &at)) {
    }
    for (bool space = at < inner.len && is_space_at(inner, at); space;) {
        run = at;
        space = at > 0 && step_back(inner, &at);
    }
    text_add(out, str_before(inner, run));
}

/* The words that fit into `keep` characters; the reference finds none in bytes that are no
 * UTF-8. */
static bool keep_words(struct modifier_call *call, struct str text, size_t keep,
                       struct str *words)
{
    struct value kept;
    if (utf8_is_valid(text)) {
        drop_last_word(call->scratch, str_before(text, utf8_offset(text, keep + 1)));
    }
    if (!modifier_text(call, &kept)) {
        return false;
    }
    *words = value_str(&kept);
    text_clear(call->scratch);
    return true;
}

/* truncate:length:etc:break:middle */
static bool run_truncate(struct modifier_call *call, const struct value *arguments,
                         uint32_t count, struct value *result)
{
    struct number_text room;
    struct number_text etc_room;
    struct str text = value_to_str(&arguments[0], &room);
    struct str etc = modifier_str(arguments, count, 2, "...", &etc_room);
    int64_t most = modifier_int(arguments, count, 1, 80);
    bool break_words = modifier_bool(arguments, count, 3, false);
    bool middle = modifier_bool(arguments, count, 4, false);
    size_t length = utf8_count(text);
    (void)effort_spend_text(&call->effort, text.len * COUNTED_TIMES);
    bool nothing = count > 1 && arguments[1].type == VALUE_INT && most == 0;
    if (nothing || (int64_t)length <= most) {
        *result = nothing ? value_text(STR_OF("")) : arguments[0];
        return true;
    }
    size_t etc_length = utf8_count(etc);
    size_t keep = most > (int64_t)etc_length ? (size_t)most - etc_length : 0;
    struct str shown = text;
    if (!break_words && !middle && !keep_words(call, text, keep, &shown)) {
        return false;
    }
    size_t head = middle ? keep / 2 : keep;
    text_add(call->scratch, str_before(shown, utf8_offset(shown, head)));
    text_add(call->scratch, etc);
    if (middle && head > 0) {
        text_add(call->scratch, str_after(text, utf8_offset(text, length - head)));
    } else if (middle) { /* the reference's end of -0 characters is the start */
        text_add(call->scratch, str_before(text, utf8_offset(text, keep)));
    }
    return modifier_text(call, result);
}

/* ---- replace ---- */

/* The reference finds nothing, not even the text itself, where one of both is no UTF-8. */
static void replace_all(struct text *out, struct str text, struct str from, struct str to)
{
    if (!utf8_is_valid(text) || !utf8_is_valid(from)) {
        return;
    }
    if (from.len == 0) {
        text_add(out, text);
        return;
    }
    for (size_t at = 0;;) {
        size_t found = str_find(text, from, at);
        text_add_bytes(out, text.ptr + at, found - at);
        if (found == text.len) {
            return;
        }
        text_add(out, to);
        at = found + from.len;
    }
}

/* With lists: each `from` by the `to` at its place, by nothing when there is none. */
static bool run_replace(struct modifier_call *call, const struct value *arguments,
                        uint32_t count, struct value *result)
{
    const struct value *from = value_plain(&arguments[1]);
    const struct value *to = value_plain(&arguments[2]);
    struct number_text room;
    struct value text = value_text(value_to_str(&arguments[0], &room));
    uint32_t rules = from->type == VALUE_ARRAY ? from->array->count : 1;
    (void)count;
    if (from->type != VALUE_ARRAY && to->type == VALUE_ARRAY) {
        return modifier_copy(call, STR_OF(""), result);
    }
    for (uint32_t i = 0; i < rules && !effort_is_spent(&call->effort); i++) {
        struct number_text from_room;
        struct number_text to_room;
        const struct value *what =
            from->type == VALUE_ARRAY ? array_value_at(from->array, i) : from;
        struct str by = STR_OF("");
        if (to->type != VALUE_ARRAY) {
            by = value_to_str(to, &to_room);
        } else if (from->type == VALUE_ARRAY && i < to->array->count) {
            by = value_to_str(array_value_at(to->array, i), &to_room);
        }
        text_clear(call->scratch);
        (void)effort_spend_text(&call->effort, text.len);
        replace_all(call->scratch, value_str(&text), value_to_str(what, &from_room), by);
        if (!modifier_text(call, &text)) {
            return false;
        }
    }
    return modifier_copy(call, value_str(&text), result);
}

/* Smarty asks for the word `true` itself: any other argument means false. */
static bool is_word_true(const struct value *value)
{
    return (value->type == VALUE_BOOL && value->truth) ||
           (value->type == VALUE_TEXT && str_is(value_str(value), "true"));
}

/* strip_tags:space=true */
static bool run_strip_tags(struct modifier_call *call, const struct value *arguments,
                           uint32_t count, struct value *result)
{
    struct number_text room;
    struct str text = value_to_str(&arguments[0], &room);
    (void)modifier_spend_characters(call, text, 1);
    if (count < 2 || is_word_true(&arguments[1])) {
        strip_tags_to_spaces(call->scratch, text);
    } else {
        strip_tags(call->scratch, text);
    }
    return modifier_text(call, result);
}

static const struct function functions[] = {
    FUNCTION_RUN("capitalize", 1, 3, AS_MODIFIER, NULL, run_capitalize),
    FUNCTION_RUN("cat", 1, ARGUMENTS_MANY, AS_MODIFIER, NULL, run_cat),
    FUNCTION_RUN("lower", 1, 1, AS_MODIFIER, NULL, run_lower),
    FUNCTION_RUN("nl2br", 1, 2, AS_BOTH, NULL, run_nl2br),
    FUNCTION_RUN("replace", 3, 3, AS_MODIFIER, NULL, run_replace),
    FUNCTION_RUN("strip_tags", 1, 2, AS_MODIFIER, NULL, run_strip_tags),
    FUNCTION_RUN("strlen", 1, 1, AS_BOTH, NULL, run_strlen),
    FUNCTION_RUN("truncate", 1, 5, AS_MODIFIER, NULL, run_truncate),
    FUNCTION_RUN("upper", 1, 1, AS_MODIFIER, NULL, run_upper),
};

const struct family family_text = {functions, sizeof functions / sizeof *functions};
