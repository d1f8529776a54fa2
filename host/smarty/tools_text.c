#include "smarty/tools.h"

#include "base/utf8.h"
#include "smarty/equation.h"
#include "smarty/escape.h"
#include "smarty/format.h"
#include "smarty/shape.h"

/* {mailto}, {math} and {textformat}. */

/* ---- mailto ---- */

/* Raw-url-encoded; in lists of addresses `@` and `,` stay. */
static void add_parameter(struct text *out, const char *name, struct str value)
{
    bool list = !str_is(str_from(name), "subject") && !str_is(str_from(name), "newsgroups");
    text_add_cstr(out, name);
    text_add_char(out, '=');
    escape_url(out, value, list ? "-_.~@," : "-_.~");
}

/* The address with what stands behind it: ?cc=..&subject=.., in the template's order. */
static void add_address(const struct tool_call *call, struct text *out)
{
    static const char *const names[] = {"cc", "bcc", "followupto", "subject", "newsgroups"};
    struct number_text room;
    char separator = '?';
    text_add(out, tool_str(call, "address", "", &room));
    for (uint32_t i = 0; i < call->count; i++) {
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
            bool list = k < 3;
            if (str_is(call->names[i], names[k]) &&
                (!list || value_truth(&call->values[i]))) {
                text_add_char(out, separator);
                add_parameter(out, names[k], value_to_str(&call->values[i], &room));
                separator = '&';
            }
        }
    }
}

/* <a href="mailto:..." extra>text</a> */
static void add_link(const struct tool_call *call, struct str address, struct text *out)
{
    struct number_text rooms[3];
    struct str plain = tool_str(call, "address", "", &rooms[0]);
    text_add_cstr(out, "<a href=\"mailto:");
    escape_html(out, address);
    text_add_cstr(out, "\" ");
    text_add(out, tool_str(call, "extra", "", &rooms[1]));
    text_add_char(out, '>');
    escape_html(out,
                tool_value(call, "text") ? tool_str(call, "text", "", &rooms[2]) : plain);
    text_add_cstr(out, "</a>");
}

static bool is_ascii_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           c == '_';
}

static void encode_none(const struct tool_call *call, struct str address, struct text *out)
{
    add_link(call, address, out);
}

/* As its pattern finds them: a newline inside hides them. */
static bool has_parameters(struct str address)
{
    return str_find_char(address, '?') < address.len &&
           str_find_char(address, '\n') + 1 >= address.len;
}

static void encode_hex(const struct tool_call *call, struct str address, struct text *out)
{
    struct number_text rooms[3];
    struct str plain = tool_str(call, "address", "", &rooms[0]);
    struct str text =
        tool_value(call, "text") ? tool_str(call, "text", "", &rooms[1]) : plain;
    if (has_parameters(address)) {
        return; /* as in the reference: no parameters this way */
    }
    text_add_cstr(out, "<a href=\"&#109;&#97;&#105;&#108;&#116;&#111;&#58;");
    for (size_t i = 0; i < address.len; i++) {
        if (is_ascii_word(address.ptr[i])) {
            text_print(out, "%%%02x", (unsigned)(unsigned char)address.ptr[i]);
        } else {
            text_add_char(out, address.ptr[i]);
        }
    }
    text_add_cstr(out, "\" ");
    text_add(out, tool_str(call, "extra", "", &rooms[2]));
    text_add_char(out, '>');
    for (size_t i = 0; i < text.len; i++) {
        text_print(out, "&#x%02x;", (unsigned)(unsigned char)text.ptr[i]);
    }
    text_add_cstr(out, "</a>");
}

static void encode_javascript(const struct tool_call *call, struct str address,
                              struct text *out)
{
    struct text link;
    text_init(&link, out->most);
    add_link(call, address, &link);
    text_add_cstr(out, "<script type=\"text/javascript\">document.write(unescape('");
    for (size_t i = 0; i < link.len; i++) {
        text_print(out, "%%%02x", (unsigned)(unsigned char)link.ptr[i]);
    }
    text_add_cstr(out, "'))</script>");
    text_fail_with(out, &link);
    text_done(&link);
}

static void encode_charcode(const struct tool_call *call, struct str address,
                            struct text *out)
{
    struct text link;
    text_init(&link, out->most);
    add_link(call, address, &link);
    text_add_cstr(out,
                  "<script type=\"text/javascript\">document.write(String.fromCharCode(");
    for (size_t i = 0; i < link.len; i++) {
        text_print(out, "%s%u", i > 0 ? "," : "", (unsigned)(unsigned char)link.ptr[i]);
    }
    text_add_cstr(out, "))</script>");
    text_fail_with(out, &link);
    text_done(&link);
}

/* {mailto address text subject cc bcc followupto newsgroups extra encode} */
static bool run_mailto(struct tool_call *call)
{
    static const struct {
        const char *name;
        void (*encode)(const struct tool_call *call, struct str address, struct text *out);
    } encodings[] = {{"none", encode_none},
                     {"hex", encode_hex},
                     {"javascript", encode_javascript},
                     {"javascript_charcode", encode_charcode}};
    struct number_text room;
    struct str encode =
        tool_filled(call, "encode") ? tool_str(call, "encode", "", &room) : STR_OF("none");
    struct text address;
    if (!tool_filled(call, "address")) {
        return true;
    }
    text_init(&address, call->call->scratch->most);
    add_address(call, &address);
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
        if (str_is(encode, encodings[i].name)) {
            encodings[i].encode(call, text_str(&address), call->call->scratch);
        }
    }
    text_fail_with(call->call->scratch, &address);
    text_done(&address);
    return true;
}

/* ---- math ---- */

/* {math equation format assign}, and a parameter each name in the equation. */
static bool run_math(struct tool_call *call)
{
    struct number_text rooms[2];
    struct value number;
    const char *problem;
    struct str equation = tool_str(call, "equation", "", &rooms[0]);
    enum equation_result solved = equation_solve(equation, call, &number);
    if (solved != EQUATION_SOLVED) {
        return solved == EQUATION_NOTHING;
    }
    if (tool_filled(call, "format")) {
        if (!format_print(call->call->scratch, tool_str(call, "format", "", &rooms[1]),
                          &number, 1, &problem)) {
            return modifier_fail(call->call, "{math}: %s", problem);
        }
        if (!modifier_text(call->call, &number)) {
            return false;
        }
        text_clear(call->call->scratch);
    }
    if (tool_filled(call, "assign")) {
        call->target = *tool_filled(call, "assign");
        call->assigned = number;
    } else {
        call->printed = number;
    }
    return true;
}

/* ---- textformat ---- */

struct layout {
    struct shape shape;
    struct str indent_char;
    int64_t indent, indent_first;
};

static void add_often(struct text *out, struct str part, int64_t times)
{
    for (int64_t i = 0; i < times && part.len > 0 && !out->failed; i++) {
        text_add(out, part);
    }
}

/* White space runs become one space each, ends are trimmed. */
static void squeeze(struct text *out, struct str text)
{
    size_t start = out->len;
    bool space = false;
    while (text.len > 0) {
        int32_t character;
        size_t bytes = utf8_read(text.ptr, text.len, &character);
        if (utf8_is_space(character)) {
            space = out->len > start;
        } else {
            text_add(out, space ? STR_OF(" ") : STR_OF(""));
            text_add(out, str_before(text, bytes));
            space = false;
        }
        text = str_after(text, bytes);
    }
}

/* Each line of what is at `from` and behind it is indented. */
static void indent_lines(struct text *out, struct str text, const struct layout *layout)
{
    bool first = true;
    while (first || text.len > 0) {
        size_t end = str_find_char(text, '\n');
        end += end < text.len;
        add_often(out, layout->indent_char, layout->indent);
        text_add(out, str_before(text, end));
        text = str_after(text, end);
        first = false;
    }
}

/* One paragraph; `0` alone is none for the reference. */
static void add_paragraph(struct text *out, struct str text, const struct layout *layout,
                          struct text room[2])
{
    if (text.len == 0 || str_is(text, "0")) {
        text_add(out, text);
        return;
    }
    text_clear(&room[0]);
    text_clear(&room[1]);
    if (utf8_is_valid(text)) {
        add_often(&room[0], layout->indent_char, layout->indent_first);
        squeeze(&room[1], text);
        text_add(&room[0], text_str(&room[1]));
        text_clear(&room[1]);
    }
    shape_wrap(&room[1], text_str(&room[0]), &layout->shape);
    if (layout->indent > 0) {
        indent_lines(out, text_str(&room[1]), layout);
    } else {
        text_add(out, text_str(&room[1]));
    }
    text_fail_with(out, &room[0]);
    text_fail_with(out, &room[1]);
}

static bool is_line_end(struct str text, size_t at)
{
    return at < text.len && (text.ptr[at] == '\r' || text.ptr[at] == '\n');
}

/* Paragraphs lie between two line ends. */
static void add_paragraphs(struct text *out, struct str text, const struct layout *layout)
{
    struct text room[2];
    text_init(&room[0], out->most);
    text_init(&room[1], out->most);
    for (size_t at = 0;;) {
        size_t end = at;
        while (end < text.len && !(is_line_end(text, end) && is_line_end(text, end + 1))) {
            end++;
        }
        add_paragraph(out, str_before(str_after(text, at), end - at), layout, room);
        if (end >= text.len || out->failed) {
            break;
        }
        text_add(out, layout->shape.line_end);
        text_add(out, layout->shape.line_end);
        at = end + 2;
    }
    text_done(&room[0]);
    text_done(&room[1]);
}

/* {textformat style indent indent_first indent_char wrap wrap_char wrap_cut assign} */
static bool run_textformat(struct tool_call *call)
{
    struct number_text rooms[3];
    bool email = str_is(tool_str(call, "style", "", &rooms[0]), "email");
    struct layout layout = {.indent = tool_int(call, "indent", 0),
                            .indent_first = tool_int(call, "indent_first", 0),
                            .indent_char = tool_str(call, "indent_char", " ", &rooms[1])};
    layout.shape.line_end = tool_str(call, "wrap_char", "\n", &rooms[2]);
    layout.shape.width = (email ? 72 : tool_int(call, "wrap", 80)) - layout.indent;
    layout.shape.cut = tool_bool(call, "wrap_cut", false);
    add_paragraphs(call->call->scratch, value_str(call->content), &layout);
    if (tool_filled(call, "assign")) {
        call->target = *tool_filled(call, "assign");
        return modifier_text(call->call, &call->assigned);
    }
    return true;
}

const struct tool tools_text[] = {
    {.name = "mailto", .run = run_mailto},
    {.name = "math", .run = run_math},
    {.name = "textformat", .is_block = true, .run = run_textformat},
    {.name = NULL},
};
