#include "smarty/escape.h"

#include "base/utf8.h"
#include "smarty/base64.h"
#include "smarty/entities.h"
#include "smarty/modifiers.h"

/* ---- HTML ---- */

/* ASCII that becomes an entity. */
static const bool is_special[128] = {
    ['&'] = true, ['"'] = true, ['\''] = true, ['<'] = true, ['>'] = true};

static struct str html_entity(char c)
{
    static const struct str entities[128] = {['&'] = STR("&amp;"),
                                             ['"'] = STR("&quot;"),
                                             ['\''] = STR("&#039;"),
                                             ['<'] = STR("&lt;"),
                                             ['>'] = STR("&gt;")};
    return entities[(unsigned char)c];
}

/* Bytes of a word at once: is any of them zero? */
static uint64_t any_zero(uint64_t word)
{
    return (word - 0x0101010101010101U) & ~word & 0x8080808080808080U;
}

/* Is none of eight bytes beyond ASCII, or one that becomes an entity? `&` and `\'` differ
 * in one bit, `<` and `>` in another. Zero bytes are clean. */
static bool is_clean(uint64_t word)
{
    const uint64_t each = 0x0101010101010101U;
    return !((word & (each * 0x80)) | any_zero(word ^ (each * '"')) |
             any_zero((word | each) ^ (each * '\'')) |
             any_zero((word | (each * 2)) ^ (each * '>')));
}

/* How many bytes from the start, eight at a time, stay as they are. */
static size_t clean_bytes(const char *ptr, size_t len)
{
    size_t at = 0;
    for (; at + sizeof(uint64_t) <= len; at += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, ptr + at, sizeof word);
        if (!is_clean(word)) {
            break;
        }
    }
    return at;
}

/* Up to eight bytes. */
static bool is_clean_short(const char *ptr, size_t len)
{
    return is_clean(bytes_short(ptr, len));
}

void escape_html(struct text *out, struct str text)
{
    size_t clean_start = clean_bytes(text.ptr, text.len);
    if (text.len - clean_start < sizeof(uint64_t) &&
        is_clean_short(text.ptr + clean_start, text.len - clean_start)) {
        text_add_short(out, text.ptr, text.len); /* all of it, most of the time */
        return;
    }
    size_t before = out->len;
    size_t clean = 0;
    for (size_t at = clean_start; at < text.len;) {
        unsigned char byte = (unsigned char)text.ptr[at];
        if (byte >= 0x80) {
            int32_t character;
            size_t bytes = utf8_decode(text.ptr + at, text.len - at, &character);
            if (bytes == 0) {
                out->len = before;
                return;
            }
            at += bytes;
        } else if (is_special[byte]) {
            text_add_bytes(out, text.ptr + clean, at - clean);
            text_add(out, html_entity(text.ptr[at]));
            clean = ++at;
            at += clean_bytes(text.ptr + at, text.len - at);
        } else {
            at++;
        }
    }
    text_add_bytes(out, text.ptr + clean, text.len - clean);
}

/* Digits of a numeric entity, behind &# or &#x: its number, or -1. */
static int32_t entity_number(struct str digits, int base)
{
    int32_t number = 0;
    for (size_t i = 0; i < digits.len; i++) {
        int digit = str_hex_digit(digits.ptr[i]);
        if (digit < 0 || digit >= base || number > 0x10FFFF / base) {
            return -1;
        }
        number = number * base + digit;
    }
    return digits.len > 0 && number <= 0x10FFFF ? number : -1;
}

/* Length of a valid entity at the start of the text, 0 for none. */
static size_t entity_length(struct str text)
{
    enum { ENTITY_MOST = 40 };
    size_t end = str_find_char(str_before(text, ENTITY_MOST), ';');
    if (end < 2 || end >= text.len || text.ptr[end] != ';') {
        return 0;
    }
    struct str name = {text.ptr + 1, end - 1};
    bool known;
    if (name.ptr[0] == '#' && name.len > 1) {
        bool hex = (name.ptr[1] | 0x20) == 'x';
        known = entity_number(str_after(name, hex ? 2 : 1), hex ? 16 : 10) >= 0;
    } else {
        known = entity_character(name) != 0;
    }
    return known ? end + 1 : 0;
}

static void escape_once(struct text *out, struct str text, char kept)
{
    if (!utf8_is_valid(text)) {
        return;
    }
    while (text.len > 0) {
        size_t entity = text.ptr[0] == '&' ? entity_length(text) : 0;
        size_t bytes = entity ? entity : 1;
        unsigned char c = (unsigned char)text.ptr[0];
        if (!entity && c < 0x80 && is_special[c] && text.ptr[0] != kept) {
            text_add(out, html_entity(text.ptr[0]));
        } else {
            text_add_bytes(out, text.ptr, bytes);
        }
        text = str_after(text, bytes);
    }
}

void escape_html_once(struct text *out, struct str text)
{
    escape_once(out, text, '\0');
}

void escape_html_attribute(struct text *out, struct str text)
{
    escape_once(out, text, '\'');
}

void escape_url(struct text *out, struct str text, const char *safe)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                     (c >= 'a' && c <= 'z') || (c != '\0' && strchr(safe, c));
        if (plain) {
            text_add_char(out, c);
        } else {
            char code[3] = {'%', hex[(unsigned char)c >> 4], hex[c & 15]};
            text_add_bytes(out, code, sizeof code);
        }
    }
}

/* ---- back ---- */

/* Characters that HTML 4 allows by number. */
static bool is_allowed(int32_t c)
{
    return (c >= 0x20 && c <= 0x7E) || c == '\n' || c == '\t' || c == '\r' ||
           (c >= 0xA0 && c <= 0xD7FF) || c >= 0xE000;
}

/* The character that the entity at the start stands for; 0 for none. */
static int32_t entity_at(struct str text, enum unescape what, size_t *len)
{
    enum { ENTITY_MOST = 40 };
    size_t end = str_find_char(str_before(text, ENTITY_MOST), ';');
    struct str name = {text.ptr + 1, end - 1};
    int32_t character;
    if (end < 2 || end >= text.len || text.ptr[end] != ';') {
        return 0;
    }
    if (name.ptr[0] == '#') {
        bool hex = name.len > 1 && (name.ptr[1] | 0x20) == 'x';
        character = entity_number(str_after(name, hex ? 2 : 1), hex ? 16 : 10);
        character = is_allowed(character) ? character : 0;
    } else {
        character = entity_character(name);
    }
    *len = end + 1;
    bool special = character > 0 && character < 0x80 && is_special[character];
    return special || what == UNESCAPE_ALL ? character : 0;
}

void unescape_html(struct text *out, struct str text, enum unescape what)
{
    while (text.len > 0) {
        size_t plain = str_find_char(text, '&');
        text_add(out, str_before(text, plain));
        text = str_after(text, plain);
        if (text.len == 0) {
            return;
        }
        size_t len = 1;
        int32_t character = entity_at(text, what, &len);
        if (character > 0) {
            utf8_add(out, character);
        } else {
            len = 1;
            text_add_char(out, '&');
        }
        text = str_after(text, len);
    }
}

/* ---- the kinds of |escape ---- */

void escape_html_all(struct text *out, struct str text, bool twice)
{
    for (size_t at = 0; at < text.len;) {
        int32_t character = 0;
        struct str rest = str_after(text, at);
        size_t bytes = utf8_read(rest.ptr, rest.len, &character);
        size_t entity = character == '&' && !twice ? entity_length(rest) : 0;
        struct str name = entity_name(character);
        if (entity) {
            bytes = entity;
            text_add_bytes(out, rest.ptr, bytes);
        } else if (name.len > 0) {
            text_print(out, "&%.*s;", STR_ARGS(name));
        } else if (character == '?') { /* or what cannot be read */
            text_add_char(out, '?');
        } else {
            escape_html(out, str_before(rest, bytes));
        }
        at += bytes;
    }
}

static void kind_html(struct text *out, struct str text, bool twice)
{
    if (twice) {
        escape_html(out, text);
    } else {
        escape_html_once(out, text);
    }
}

static void kind_url(struct text *out, struct str text, bool twice)
{
    (void)twice;
    escape_url(out, text, "-_.~");
}

static void kind_path(struct text *out, struct str text, bool twice)
{
    (void)twice;
    escape_url(out, text, "-_.~/");
}

static void kind_quotes(struct text *out, struct str text, bool twice)
{
    (void)twice;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'' && (i == 0 || text.ptr[i - 1] != '\\')) {
            text_add_char(out, '\\');
        }
        text_add_char(out, text.ptr[i]);
    }
}

static void kind_javascript(struct text *out, struct str text, bool twice)
{
    static const struct {
        struct str from, to;
    } rules[] = {
        /* longest first */
        {STR("<!--"), STR("<\\!--")}, {STR("</"), STR("<\\/")},   {STR("<s"), STR("<\\s")},
        {STR("<S"), STR("<\\S")},     {STR("${"), STR("\\$\\{")}, {STR("\\"), STR("\\\\")},
        {STR("'"), STR("\\'")},       {STR("\""), STR("\\\"")},   {STR("\r"), STR("\\r")},
        {STR("\n"), STR("\\n")},      {STR("`"), STR("\\`")}};
    (void)twice;
    while (text.len > 0) {
        size_t bytes = 1;
        struct str add = str_before(text, 1);
        for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
            if (str_starts(text, rules[i].from)) {
                bytes = rules[i].from.len;
                add = rules[i].to;
                break;
            }
        }
        text_add(out, add);
        text = str_after(text, bytes);
    }
}

/* As replacing does: text that is no UTF-8 is nothing. */
static void kind_mail(struct text *out, struct str text, bool twice)
{
    (void)twice;
    if (!utf8_is_valid(text)) {
        return;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        text_add(out, c == '@'   ? STR_OF(" [AT] ")
                      : c == '.' ? STR_OF(" [DOT] ")
                                 : (struct str){text.ptr + i, 1});
    }
}

static void kind_hex(struct text *out, struct str text, bool twice)
{
    (void)twice;
    for (size_t i = 0; i < text.len; i++) {
        text_print(out, "%%%02x", (unsigned)(unsigned char)text.ptr[i]);
    }
}

/* Each character through `format`, from `least` on; others as they are. */
static void each_character(struct text *out, struct str text, const char *prefix, bool hex,
                           int32_t least)
{
    for (size_t at = 0; at < text.len;) {
        int32_t character;
        at += utf8_read(text.ptr + at, text.len - at, &character);
        if (character < least) {
            text_add_char(out, (char)character);
        } else if (hex) {
            text_print(out, "%s%X;", prefix, (unsigned)character);
        } else {
            text_print(out, "%s%d;", prefix, character);
        }
    }
}

static void kind_hex_entity(struct text *out, struct str text, bool twice)
{
    (void)twice;
    each_character(out, text, "&#x", true, 0);
}

static void kind_decimal_entity(struct text *out, struct str text, bool twice)
{
    (void)twice;
    each_character(out, text, "&#", false, 0);
}

static void kind_nonstd(struct text *out, struct str text, bool twice)
{
    (void)twice;
    each_character(out, text, "&#", false, 126);
}

/* The mailing platform's own two. */
static void kind_base64(struct text *out, struct str text, bool twice)
{
    (void)twice;
    base64_encode(out, text);
}

/* The inside of a JSON string, without its quotes. */
static void kind_json(struct text *out, struct str text, bool twice)
{
    static const char letters[] = "\b\f\n\r\t";
    (void)twice;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        const char *letter = c == '\0' ? NULL : strchr(letters, c);
        if (letter) {
            text_print(out, "\\%c", "bfnrt"[letter - letters]);
        } else if ((unsigned char)c < ' ') {
            text_print(out, "\\u%04x", (unsigned)c);
        } else {
            text_add(out, c == '"' || c == '\\' ? STR_OF("\\") : STR_OF(""));
            text_add_char(out, c);
        }
    }
}

static const struct {
    struct str name;
    void (*escape)(struct text *out, struct str text, bool twice);
} kinds[] = {
    {STR("html"), kind_html},
    {STR("force"), kind_html},
    {STR("htmlall"), escape_html_all},
    {STR("url"), kind_url},
    {STR("urlpathinfo"), kind_path},
    {STR("quotes"), kind_quotes},
    {STR("javascript"), kind_javascript},
    {STR("mail"), kind_mail},
    {STR("hex"), kind_hex},
    {STR("hexentity"), kind_hex_entity},
    {STR("decentity"), kind_decimal_entity},
    {STR("nonstd"), kind_nonstd},
    {STR("base64"), kind_base64},
    {STR("json"), kind_json},
};

enum { KIND_BYTES = 2 }; /* escaped for one unit of effort */

/* escape:type:charset:double; the character set is always UTF-8. */
static bool run_escape(struct modifier_call *call, const struct value *arguments,
                       uint32_t count, struct value *result)
{
    struct number_text room;
    struct number_text type_room;
    struct str text = value_to_str(&arguments[0], &room);
    struct str type = modifier_str(arguments, count, 1, "html", &type_room);
    bool twice = modifier_bool(arguments, count, 3, true);
    (void)effort_spend(&call->effort, text.len / KIND_BYTES);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (str_eq(kinds[i].name, type)) {
            kinds[i].escape(call->scratch, text, twice);
            return modifier_text(call, result);
        }
    }
    return modifier_copy(call, text, result);
}

/* Says that the value needs no automatic escaping; the value stays as it is. */
static bool run_raw(struct modifier_call *call, const struct value *arguments,
                    uint32_t count, struct value *result)
{
    (void)call;
    (void)count;
    *result = arguments[0];
    return true;
}

static const struct function functions[] = {
    FUNCTION_RUN("escape", 1, 4, AS_MODIFIER, NULL, run_escape),
    FUNCTION_RUN("raw", 1, 1, AS_MODIFIER, NULL, run_raw),
};

const struct family family_escape = {functions, sizeof functions / sizeof *functions};
