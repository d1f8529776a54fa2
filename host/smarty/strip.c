#include "smarty/strip.h"

void strip_tags_to_spaces(struct text *out, struct str text)
{
    while (text.len > 0) {
        size_t open = str_find_char(text, '<');
        size_t close = str_find_char(str_after(text, open), '>') + open;
        if (close == text.len) {
            text_add(out, text);
            return;
        }
        text_add(out, str_before(text, open));
        text_add_char(out, ' ');
        text = str_after(text, close + 1);
    }
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Behind the first `end` at or after `from`; everything when there is none. */
static size_t behind(struct str text, struct str end, size_t from)
{
    size_t found = str_find(text, end, from);
    return found == text.len ? found : found + end.len;
}

/* Where the tag that opens at 0 ends, its `>` included: quotes hide a `>`, and a `<` inside
 * wants a `>` of its own. Without an end it takes all the rest. */
static size_t tag_end(struct str text)
{
    if (str_starts(text, STR_OF("<!--"))) {
        return behind(text, STR_OF("-->"), 2);
    }
    if (str_starts(text, STR_OF("<?"))) {
        return behind(text, STR_OF("?>"), 1);
    }
    char quote = '\0';
    unsigned depth = 0;
    for (size_t at = 1; at < text.len; at++) {
        char c = text.ptr[at];
        if (quote) {
            quote = c == quote ? '\0' : quote;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '<' && !(at + 1 < text.len && is_space(text.ptr[at + 1]))) {
            depth++;
        } else if (c == '>' && depth-- == 0) {
            return at + 1;
        }
    }
    return text.len;
}

void strip_tags(struct text *out, struct str text)
{
    while (text.len > 0) {
        size_t open = str_find_char(text, '<');
        for (size_t i = 0; i < open; i++) {
            if (text.ptr[i] != '\0') { /* PHP drops them */
                text_add_char(out, text.ptr[i]);
            }
        }
        text = str_after(text, open);
        if (text.len == 0) {
            return;
        }
        if (text.len > 1 && is_space(text.ptr[1])) {
            text_add_char(out, '<');
            text = str_after(text, 1);
        } else {
            text = str_after(text, tag_end(text));
        }
    }
}
