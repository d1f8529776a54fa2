#include "smarty/lexer.h"

#include <stdarg.h>
#include <stdio.h>

bool lexer_init(struct lexer *lexer, const char *name, struct str source,
                struct arena *arena, struct error *error)
{
    if (str_starts(source, STR_OF("\xEF\xBB\xBF"))) {
        source = str_after(source, 3);
    }
    char *copy = arena_alloc(arena, source.len);
    if (!copy) {
        return error_set(error, IMH_REJECTED, "%s:1: the template is too large", name);
    }
    size_t len = 0;
    for (size_t i = 0; i < source.len; i++) {
        bool is_return = source.ptr[i] == '\r';
        if (is_return && i + 1 < source.len && source.ptr[i + 1] == '\n') {
            continue;
        }
        copy[len++] = is_return ? '\n' : source.ptr[i];
    }
    *lexer = (struct lexer){.source = {copy, len}, .line = 1, .name = name, .error = error};
    return true;
}

uint32_t lexer_line(struct lexer *lexer)
{
    for (; lexer->counted < lexer->at && lexer->counted < lexer->source.len;
         lexer->counted++) {
        lexer->line += lexer->source.ptr[lexer->counted] == '\n';
    }
    return lexer->line;
}

bool lexer_fail(struct lexer *lexer, uint32_t line, const char *format, ...)
{
    char what[ERROR_TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    lexer->failed_line = line;
    lexer->failed_at = lexer->at < lexer->source.len ? lexer->at : lexer->source.len;
    return error_set(lexer->error, IMH_REJECTED, "%s:%u: %s", lexer->name, line, what);
}

bool lexer_skip(struct lexer *lexer)
{
    size_t before = lexer->at;
    while (is_blank_char(lexer_peek(lexer, 0))) {
        lexer->at++;
    }
    return lexer->at > before;
}

bool lexer_take(struct lexer *lexer, const char *what)
{
    struct str rest = str_after(lexer->source, lexer->at);
    struct str wanted = str_from(what);
    if (!str_starts(rest, wanted)) {
        return false;
    }
    lexer->at += wanted.len;
    return true;
}

bool lexer_peek_name(const struct lexer *lexer, struct str *name)
{
    size_t len = 0;
    while (is_digit_char(lexer_peek(lexer, len))) {
        len++;
    }
    if (!is_name_start(lexer_peek(lexer, len))) {
        return false;
    }
    while (is_name_char(lexer_peek(lexer, len))) {
        len++;
    }
    *name = (struct str){lexer->source.ptr + lexer->at, len};
    return true;
}

bool lexer_name(struct lexer *lexer, struct str *name)
{
    if (!lexer_peek_name(lexer, name)) {
        return false;
    }
    lexer->at += name->len;
    return true;
}

bool lexer_is_tag(const struct lexer *lexer)
{
    char next = lexer_peek(lexer, 1);
    return lexer_peek(lexer, 0) == '{' && lexer->at + 1 < lexer->source.len &&
           !is_blank_char(next) && next != '}';
}

struct str lexer_text(struct lexer *lexer)
{
    size_t start = lexer->at;
    while (!lexer_is_end(lexer)) {
        lexer->at += str_find_char(str_after(lexer->source, lexer->at), '{');
        if (lexer_is_end(lexer) || lexer_is_tag(lexer)) {
            break;
        }
        lexer->at++;
    }
    return (struct str){lexer->source.ptr + start, lexer->at - start};
}
