#include "app/csv.h"

static const char separators[] = ",;\t";

static bool separates(char c, char separator)
{
    return separator ? c == separator : c && strchr(separators, c) != NULL;
}

enum csv_state csv_step(enum csv_state state, char c, char separator)
{
    if (state == CSV_QUOTED) {
        return c == '"' ? CSV_CLOSED : CSV_QUOTED;
    }
    if (c == '"' && state != CSV_PLAIN) {
        return CSV_QUOTED; /* the field begins, or the quote before was half of a double */
    }
    return separates(c, separator) ? CSV_START
           : state == CSV_CLOSED   ? CSV_CLOSED
                                   : CSV_PLAIN;
}

char csv_separator(struct str header)
{
    bool there[sizeof separators] = {false};
    enum csv_state state = CSV_START;
    for (size_t i = 0; i < header.len; i++) {
        char c = header.ptr[i];
        const char *found = c ? strchr(separators, c) : NULL;
        if (found && state != CSV_QUOTED) {
            there[found - separators] = true;
        }
        state = csv_step(state, c, 0);
    }
    for (size_t i = 0; i + 1 < sizeof separators; i++) {
        if (there[i]) {
            return separators[i];
        }
    }
    return separators[0];
}

/* Behind the opening quote, up to the closing one; `*rest` is what follows that. */
static const char *unquote(struct str *rest, struct arena *arena, struct str *field)
{
    char *out = arena_alloc(arena, rest->len + 1);
    size_t len = 0;
    size_t at = 1;
    if (!out) {
        return "no memory";
    }
    for (;; at++) {
        if (at >= rest->len) {
            return "a quoted field without an end";
        }
        if (rest->ptr[at] == '"') {
            at++;
            if (at >= rest->len || rest->ptr[at] != '"') {
                break;
            }
        }
        out[len++] = rest->ptr[at];
    }
    *rest = str_after(*rest, at);
    *field = (struct str){out, len};
    return NULL;
}

const char *csv_field(struct str *rest, char separator, struct arena *arena,
                      struct str *field)
{
    struct str piece;
    if (rest->len > 0 && rest->ptr[0] == '"') {
        const char *problem = unquote(rest, arena, field);
        if (problem) {
            return problem;
        }
        (void)str_split(rest, separator, &piece);
        return piece.len > 0
                   ? "something behind a closing quote: quotes inside a field are "
                     "doubled"
                   : NULL;
    }
    (void)str_split(rest, separator, &piece);
    if (str_find_char(piece, '"') < piece.len) {
        return "a quote in a field without quotes around it: quote it, and double the "
               "quote";
    }
    if (str_find_char(piece, '\r') < piece.len) {
        return "a carriage return in a field: lines end in a line feed, or in both";
    }
    *field = arena_copy(arena, piece);
    return field->ptr ? NULL : "no memory";
}
