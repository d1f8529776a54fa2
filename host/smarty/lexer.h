/* lexer - a place in a template's source, and the small steps everything else is made of.
 *
 * What a byte means depends on where it stands (text, tag, quoted string), so there are no
 * tokens: the parser asks for what may come here. White space is significant in places; who
 * allows it skips it.
 */
#ifndef HOST_SMARTY_LEXER_H
#define HOST_SMARTY_LEXER_H

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

struct lexer {
    struct str source; /* CR LF and CR are LF already */
    size_t at;
    size_t counted; /* `line` is that of this offset */
    uint32_t line;
    const char *name; /* of the template, for errors */
    struct error *error;
    uint32_t failed_line; /* of lexer_fail(), */
    size_t failed_at;     /* and its place in the source */
};

/* Copies the source with LF as the only newline and without a byte order mark. */
bool lexer_init(struct lexer *lexer, const char *name, struct str source,
                struct arena *arena, struct error *error);

/* Line of an offset at or behind the last one asked for. */
uint32_t lexer_line(struct lexer *lexer);

/* Always false: "name:line: what". */
PRINTF_LIKE(3, 4)
bool lexer_fail(struct lexer *lexer, uint32_t line, const char *format, ...);

/* The place of the failure is here, in the source, and not where the lexer stood. */
static inline void lexer_fail_at(struct lexer *lexer, const char *place)
{
    lexer->failed_at = (size_t)(place - lexer->source.ptr);
}

/* The byte `ahead` of here, or 0 at the end (a template's own zero bytes are text). */
static inline char lexer_peek(const struct lexer *lexer, size_t ahead)
{
    size_t at = lexer->at + ahead;
    return at < lexer->source.len ? lexer->source.ptr[at] : '\0';
}

static inline bool lexer_is_end(const struct lexer *lexer)
{
    return lexer->at >= lexer->source.len;
}

static inline bool is_blank_char(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static inline bool is_digit_char(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool is_name_char(char c)
{
    return is_name_start(c) || is_digit_char(c);
}

/* Skips white space; true when there was some. */
bool lexer_skip(struct lexer *lexer);

/* Steps over `what` if it stands here. */
bool lexer_take(struct lexer *lexer, const char *what);

/* A name: maybe digits, then a letter or underscore, then name characters. */
bool lexer_name(struct lexer *lexer, struct str *name);

/* As lexer_name, without moving. */
bool lexer_peek_name(const struct lexer *lexer, struct str *name);

/* A `{` here begins a tag: what follows is no white space, no `}`, not the end. */
bool lexer_is_tag(const struct lexer *lexer);

/* The template's text up to the next tag (or the end). */
struct str lexer_text(struct lexer *lexer);

#endif
