#include "smarty/parser.h"
#include "smarty/smarty.h"

/* ---- going on behind a mistake ---- */

/* Tags whose end is another tag: a mistake in one leaves the rest without a meaning. */
static bool opens_block(struct str name)
{
    static const struct str names[] = {
        STR("if"),      STR("foreach"),   STR("for"),        STR("while"),
        STR("section"), STR("capture"),   STR("rawcapture"), STR("function"),
        STR("block"),   STR("setfilter"), STR("nocache"),    STR("textformat")};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (str_eq_nocase(name, names[i])) {
            return true;
        }
    }
    return false;
}

bool parser_recover(struct parser *parser, const struct parser *start)
{
    struct lexer here = start->lexer;
    struct str name;
    size_t failed_at = parser->lexer.failed_at;
    struct mistakes *mistakes = parser->mistakes;
    here.at++;
    struct str source = parser->lexer.source;
    size_t next = failed_at + str_find_char(str_after(source, failed_at), '}') + 1;
    if (!mistakes || start->in_string || mistakes->count + 1 >= MISTAKES_MOST ||
        parser->part != start->part || next > source.len ||
        (lexer_peek_name(&here, &name) && opens_block(name))) {
        return false;
    }
    mistakes->count++;
    mistakes->found(mistakes->self, &parser->lexer);
    struct part *parts = parser->parts;
    *parser = *start;
    parser->parts = parts;
    parser->lexer.at = next;
    return true;
}

/* ---- telling ---- */

enum { TREE_BLOCK_BYTES = 16 << 10 };

struct check {
    void (*found)(void *self, const struct smarty_problem *problem);
    void *self;
    const struct error *error;
};

/* Offset of line number `line`, from 1 on. */
static size_t line_start(struct str source, uint32_t line)
{
    size_t at = 0;
    for (; line > 1 && at < source.len; line--) {
        at += str_find_char(str_after(source, at), '\n') + 1;
    }
    return at < source.len ? at : source.len;
}

/* Where the mistake is: the place itself, or the first tag of the line that it belongs to.
 */
static void tell(void *self, const struct lexer *lexer)
{
    const struct check *check = self;
    size_t start = line_start(lexer->source, lexer->failed_line);
    struct str rest = str_after(lexer->source, start);
    struct str line = str_before(rest, str_find_char(rest, '\n'));
    size_t at = lexer->failed_at;
    if (at < start || at > start + line.len) {
        size_t brace = str_find_char(line, '{');
        at = start + (brace < line.len ? brace : 0);
    }
    struct smarty_problem problem = {.text = check->error->text,
                                     .line = lexer->failed_line,
                                     .column = (uint32_t)(at - start) + 1,
                                     .source_line = line};
    check->found(check->self, &problem);
}

uint32_t smarty_check(const char *name, struct str source,
                      const struct smarty_options *options,
                      void (*found)(void *self, const struct smarty_problem *problem),
                      void *self)
{
    struct arena arena;
    struct part *whole;
    struct error error;
    struct check check = {found, self, &error};
    struct mistakes mistakes = {.self = &check, .found = tell};
    struct parser parser = {
        .arena = &arena, .escape_html = options->escape_html, .mistakes = &mistakes};
    arena_init(&arena, TREE_BLOCK_BYTES, PARSER_TREE_BYTES);
    if (!lexer_init(&parser.lexer, name, source, &arena, &error) ||
        !parse_template(&parser, &whole)) {
        mistakes.count++;
        tell(&check, &parser.lexer);
    }
    arena_done(&arena);
    return mistakes.count;
}
