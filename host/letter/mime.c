#include "letter/mime.h"

#include "base/utf8.h"

enum {
    BLOCK_BYTES = 57, /* of a line in base64 */
    ODD_SHARE = 6     /* base64 takes less when one in so many bytes is odd */
};

static const char hexadecimal[] = "0123456789ABCDEF";

/* ---- base64 ---- */

static void add_triple(struct text *out, struct str bytes)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    for (size_t i = 0; i < 3; i++) {
        bits = bits << 8 | (i < bytes.len ? (unsigned char)bytes.ptr[i] : 0);
    }
    for (size_t i = 0; i < 4; i++) {
        text_add_char(out, i <= bytes.len ? digits[bits >> (18 - 6 * i) & 63] : '=');
    }
}

static void add_base64(struct text *out, struct str bytes)
{
    for (; bytes.len > 0; bytes = str_after(bytes, 3)) {
        add_triple(out, str_before(bytes, 3));
    }
}

/* ---- bodies ---- */

/* A line of the body without its end, which is CR LF, LF or CR. */
static struct str take_line(struct str *rest)
{
    size_t end = 0;
    while (end < rest->len && rest->ptr[end] != '\n' && rest->ptr[end] != '\r') {
        end++;
    }
    struct str line = str_before(*rest, end);
    struct str behind = str_after(*rest, end);
    *rest = str_after(behind, str_starts(behind, STR_OF("\r\n")) ? 2 : 1);
    return line;
}

static bool is_plain(char c)
{
    return (c >= ' ' && c <= '~' && c != '=') || c == '\t';
}

static void add_quoted_line(struct text *out, struct str line)
{
    size_t used = 0;
    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.ptr[i];
        bool last = i + 1 == line.len;
        bool plain = is_plain(line.ptr[i]) && !(last && (c == ' ' || c == '\t'));
        size_t width = plain ? 1 : 3;
        if (used + width > MIME_LINE_BYTES - 1) {
            text_add_cstr(out, "=\r\n");
            used = 0;
        }
        used += width;
        if (plain) {
            text_add_char(out, line.ptr[i]);
        } else {
            const char code[] = {'=', hexadecimal[c >> 4], hexadecimal[c & 15]};
            text_add_bytes(out, code, sizeof code);
        }
    }
}

void mime_add_quoted(struct text *out, struct str body)
{
    while (body.len > 0) {
        add_quoted_line(out, take_line(&body));
        text_add_cstr(out, "\r\n");
    }
}

/* Lines of a text end in CR LF also below base64. */
void mime_add_base64(struct text *out, struct str body)
{
    struct text lines;
    text_init(&lines, 2 * body.len + 2);
    while (body.len > 0) {
        text_add(&lines, take_line(&body));
        text_add_cstr(&lines, "\r\n");
    }
    text_fail_with(out, &lines);
    for (struct str rest = text_str(&lines); rest.len > 0 && !out->failed;
         rest = str_after(rest, BLOCK_BYTES)) {
        add_base64(out, str_before(rest, BLOCK_BYTES));
        text_add_cstr(out, "\r\n");
    }
    text_done(&lines);
}

struct mime_body mime_body(struct str body)
{
    size_t odd = 0;
    for (size_t i = 0; i < body.len; i++) {
        char c = body.ptr[i];
        odd += !is_plain(c) && c != '\r' && c != '\n';
    }
    return odd > body.len / ODD_SHARE
               ? (struct mime_body){"base64", mime_add_base64}
               : (struct mime_body){"quoted-printable", mime_add_quoted};
}

/* ---- headers ---- */

static bool is_readable(struct str value, size_t used)
{
    bool good = used + value.len + 2 <= MIME_LINE_BYTES && str_trim(value).len == value.len;
    for (size_t i = 0; good && i < value.len; i++) {
        good = value.ptr[i] >= ' ' && value.ptr[i] <= '~';
    }
    return good && str_find(value, STR_OF("=?"), 0) == value.len;
}

/* So many bytes of a character and the next ones fit into a word behind `used`. */
static size_t room_of_word(size_t used)
{
    enum { FRAME = 12 }; /* "=?UTF-8?B?" and "?=" */
    size_t left = used + FRAME < MIME_LINE_BYTES ? MIME_LINE_BYTES - used - FRAME : 0;
    return left / 4 * 3;
}

static void add_words(struct text *out, struct str value, size_t used)
{
    const char *before = "";
    while (value.len > 0) {
        size_t bytes = 0;
        int32_t ignored;
        size_t next;
        while (bytes < value.len &&
               (next = utf8_read(value.ptr + bytes, value.len - bytes, &ignored)) > 0 &&
               bytes + next <= room_of_word(used)) {
            bytes += next;
        }
        text_print(out, "%s=?UTF-8?B?", before);
        add_base64(out, str_before(value, bytes));
        text_add_cstr(out, "?=");
        value = str_after(value, bytes);
        before = "\r\n ";
        used = 1;
    }
}

static void add_quoted_phrase(struct text *out, struct str value)
{
    text_add_char(out, '"');
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '"' || value.ptr[i] == '\\') {
            text_add_char(out, '\\');
        }
        text_add_char(out, value.ptr[i]);
    }
    text_add_char(out, '"');
}

void mime_add_value(struct text *out, struct str value, size_t used, bool phrase)
{
    enum { PHRASE_USUAL = 40 }; /* quotes and escapes may double it */
    bool readable = is_readable(value, used) && (!phrase || value.len <= PHRASE_USUAL);
    if (!readable) {
        add_words(out, value, used);
    } else if (phrase) {
        add_quoted_phrase(out, value);
    } else {
        text_add(out, value);
    }
}
