#include "smarty/parser.h"

#include "base/utf8.h"
#include "smarty/height.h"
#include "smarty/modifiers.h"
#include "smarty/stripped.h"
#include "smarty/tags.h"

/* ---- nodes ---- */

struct expression *new_expression(struct parser *parser, enum expression_kind kind)
{
    struct expression *expression = arena_zero(parser->arena, 1, sizeof *expression);
    uint32_t line = lexer_line(&parser->lexer);
    if (!expression) {
        (void)lexer_fail(&parser->lexer, line, "the template is too large");
        return NULL;
    }
    expression->kind = kind;
    expression->line = line;
    return expression;
}

struct statement *new_statement(struct parser *parser, enum statement_kind kind,
                                uint32_t line)
{
    struct statement *statement = arena_zero(parser->arena, 1, sizeof *statement);
    if (!statement) {
        (void)lexer_fail(&parser->lexer, line, "the template is too large");
        return NULL;
    }
    statement->kind = kind;
    statement->line = line;
    return statement;
}

struct expression *new_constant(struct parser *parser, struct value value)
{
    struct expression *expression = new_expression(parser, EXPRESSION_CONSTANT);
    if (expression) {
        expression->constant = value;
    }
    return expression;
}

bool names_number(struct parser *parser, struct names *names, struct str name,
                  uint32_t *number)
{
    struct key key = key_named(name);
    if (!names->numbers) {
        names->numbers = array_make(parser->arena, 0);
    }
    struct value *place =
        names->numbers ? array_place(parser->arena, names->numbers, &key) : NULL;
    if (!place) {
        return fail_here(parser, "the template is too large");
    }
    if (place->type == VALUE_UNDEFINED) {
        *place = value_int(names->numbers->count - 1);
    }
    *number = (uint32_t)place->integer;
    return true;
}

struct expression *new_variable(struct parser *parser, struct str name)
{
    struct expression *expression = new_expression(parser, EXPRESSION_VARIABLE);
    if (!expression ||
        !names_number(parser, &parser->part->variables, name, &expression->slot)) {
        return NULL;
    }
    expression->name = name;
    return expression;
}

/* ---- parts ---- */

struct part *parser_open(struct parser *parser, struct part_state *outer)
{
    struct part *part = arena_zero(parser->arena, 1, sizeof *part);
    if (!part) {
        (void)fail_here(parser, "the template is too large");
        return NULL;
    }
    *outer = (struct part_state){parser->part, parser->filter, parser->open_loops,
                                 parser->strip};
    part->line = lexer_line(&parser->lexer);
    parser->part = part;
    parser->open_loops = 0;
    return part;
}

bool parser_close(struct parser *parser, const struct part_state *outer)
{
    struct part *part = parser->part;
    const struct array *names = part->variables.numbers;
    parser->part = outer->part;
    parser->open_loops = outer->open_loops;
    for (uint32_t i = 0; names && i < names->count; i++) {
        struct key key;
        uint32_t ignored;
        (void)array_at(names, i, &key);
        if (!names_number(parser, &parser->part->variables, (struct str){key.name, key.len},
                          &ignored)) {
            return false;
        }
    }
    part->next = parser->parts;
    parser->parts = part;
    return true;
}

bool parser_knows_function(const struct parser *parser, struct str name)
{
    for (const struct part *part = parser->parts; part; part = part->next) {
        if (part->is_function && str_eq(part->name, name)) {
            return true;
        }
    }
    for (const struct part *part = parser->part; part; part = part->next) {
        if (part->is_function && str_eq(part->name, name)) {
            return true;
        }
    }
    return parser->known.knows && parser->known.knows(parser->known.self, name);
}

/* ---- places ---- */

bool parser_enter(struct parser *parser)
{
    if (++parser->depth > PARSER_DEPTH_MOST) {
        return lexer_fail(&parser->lexer, lexer_line(&parser->lexer),
                          "nested more than %d levels deep", PARSER_DEPTH_MOST);
    }
    return true;
}

void parser_leave(struct parser *parser)
{
    parser->depth--;
}

bool fail_unexpected(struct parser *parser, const char *wanted)
{
    struct lexer *lexer = &parser->lexer;
    uint32_t line = lexer_line(lexer);
    if (lexer_is_end(lexer)) {
        return lexer_fail(lexer, line, "the template ends where %s was expected", wanted);
    }
    struct str name;
    if (lexer_peek_name(lexer, &name)) {
        return lexer_fail(lexer, line, "unexpected '%.*s', expected %s",
                          STR_ARGS(str_before(name, NAME_SHOWN)), wanted);
    }
    struct str rest = str_after(lexer->source, lexer->at);
    int32_t character;
    size_t bytes = utf8_decode(rest.ptr, rest.len, &character);
    unsigned char byte = (unsigned char)rest.ptr[0];
    if (byte == '\n') {
        return lexer_fail(lexer, line, "unexpected end of line, expected %s", wanted);
    }
    if (bytes == 0 || byte < ' ') {
        return lexer_fail(lexer, line, "unexpected byte 0x%02X, expected %s", byte, wanted);
    }
    return lexer_fail(lexer, line, "unexpected '%.*s', expected %s", (int)bytes, rest.ptr,
                      wanted);
}

bool fail_here(struct parser *parser, const char *what)
{
    return lexer_fail(&parser->lexer, lexer_line(&parser->lexer), "%s", what);
}

bool parse_tag_close(struct parser *parser)
{
    (void)lexer_skip(&parser->lexer);
    return lexer_take(&parser->lexer, "}") || fail_unexpected(parser, "'}'");
}

bool parse_tag_end(struct parser *parser, bool eats_newline)
{
    if (!parse_tag_close(parser)) {
        return false;
    }
    parser->eat_newline = eats_newline && !parser->in_string;
    return true;
}

/* ---- text ---- */

static bool strip_text(struct parser *parser, struct str *text)
{
    struct text stripped;
    text_init(&stripped, PARSER_TREE_BYTES);
    bool good = stripped_add(&stripped, *text);
    struct str copy = arena_copy(parser->arena, text_str(&stripped));
    text_done(&stripped);
    *text = copy;
    return (good && copy.ptr) || fail_here(parser, "the text in {strip} is too large");
}

bool add_text(struct parser *parser, struct body *body, struct str text)
{
    if (text.len > 0 && parser->eat_newline) {
        text = str_after(text, text.ptr[0] == '\n' ? 1 : 0);
        parser->eat_newline = false;
    }
    if (text.len == 0) {
        return true;
    }
    struct statement *statement =
        new_statement(parser, STATEMENT_TEXT, lexer_line(&parser->lexer));
    if (!statement) {
        return false;
    }
    statement->text = text;
    *body->last = statement;
    body->last = &statement->next;
    return true;
}

/* Text in {strip} that only a comment parts from the text before is stripped with it. */
static bool add_stripped_text(struct parser *parser, struct body *body, struct str text)
{
    struct statement *before = parser->stripped;
    bool joins = before && body->last == &before->next;
    struct str whole = joins ? arena_join(parser->arena, parser->unstripped, text) : text;
    struct str stripped = whole;
    if (!whole.ptr) {
        return fail_here(parser, "the template is too large");
    }
    parser->unstripped = whole;
    if (!strip_text(parser, &stripped)) {
        return false;
    }
    if (joins) {
        before->text = stripped;
        return true;
    }
    parser->eat_newline = false; /* it is gone already */
    parser->stripped = new_statement(parser, STATEMENT_TEXT, lexer_line(&parser->lexer));
    if (!parser->stripped) {
        return false;
    }
    parser->stripped->text = stripped;
    *body->last = parser->stripped;
    body->last = &parser->stripped->next;
    return true;
}

static bool add_template_text(struct parser *parser, struct body *body, struct str text)
{
    return parser->strip ? add_stripped_text(parser, body, text)
                         : add_text(parser, body, text);
}

static bool parse_comment(struct parser *parser)
{
    struct lexer *lexer = &parser->lexer;
    uint32_t line = lexer_line(lexer);
    size_t end = str_find(lexer->source, STR_OF("*}"), lexer->at + 1);
    if (end == lexer->source.len) {
        return lexer_fail(lexer, line, "this comment has no end: '*}' is missing");
    }
    lexer->at = end + 2;
    if (lexer_peek(lexer, 0) == '\n') {
        lexer->at++;
    }
    return true;
}

/* Is `word` (with its braces) here, letters in any case? */
static bool is_here(const struct lexer *lexer, struct str word)
{
    return str_eq_nocase(str_before(str_after(lexer->source, lexer->at), word.len), word);
}

/* Behind {literal}: text up to the {/literal} that closes it. */
static bool parse_literal(struct parser *parser, struct body *body)
{
    static const struct str open = STR("{literal}");
    static const struct str close = STR("{/literal}");
    struct lexer *lexer = &parser->lexer;
    uint32_t line = lexer_line(lexer);
    lexer->at += open.len;
    size_t start = lexer->at;
    for (unsigned depth = 1;;) {
        lexer->at += str_find_char(str_after(lexer->source, lexer->at), '{');
        if (lexer_is_end(lexer)) {
            return lexer_fail(lexer, line, "{literal} without {/literal}");
        }
        if (is_here(lexer, close) && --depth == 0) {
            break;
        }
        depth += is_here(lexer, open);
        lexer->at++;
    }
    struct str text = {lexer->source.ptr + start, lexer->at - start};
    lexer->at += close.len;
    return add_text(parser, body, text);
}

/* ---- tags ---- */

/* Does the name begin an expression and no tag: a call, a constant, or `1e3` before an
 * operator? Such a word is a text that can be computed with. */
static bool is_value_name(const struct parser *parser, struct str name)
{
    static const struct str constants[] = {STR("true"), STR("false"), STR("null"),
                                           STR("not")};
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++) {
        if (str_eq_nocase(name, constants[i])) {
            return true;
        }
    }
    struct lexer behind = parser->lexer;
    behind.at += name.len;
    return lexer_peek(&behind, 0) == '(' ||
           (is_digit_char(name.ptr[0]) && operator_follows(&behind));
}

/* {/strip}, which may close nothing. */
static bool parse_strip_end(struct parser *parser, struct str *stop)
{
    *stop = (struct str){"", 0};
    parser->strip = false;
    return parse_tag_close(parser);
}

/* {/name}. */
static bool parse_closing(struct parser *parser, struct str *stop)
{
    struct str name;
    if (!lexer_name(&parser->lexer, &name)) {
        return fail_unexpected(parser, "the name of a block that ends here");
    }
    *stop = (struct str){name.ptr - 1, name.len + 1};
    return !str_is(*stop, "/strip") || parse_strip_end(parser, stop);
}

/* {$...}: an assignment, or printed. */
static bool parse_variable_tag(struct parser *parser, uint32_t line,
                               struct statement **statement)
{
    if (lexer_take(&parser->lexer, "$smarty.block.parent")) {
        return parse_block_parent(parser, line, statement);
    }
    if (lexer_take(&parser->lexer, "$smarty.block.child")) {
        return parse_block_child(parser, line, statement);
    }
    return parse_assignment(parser, line, statement) &&
           (*statement || parse_print(parser, line, statement));
}

bool parse_any_tag(struct parser *parser, struct body *body, struct str *stop)
{
    struct lexer *lexer = &parser->lexer;
    uint32_t line = lexer_line(lexer);
    struct statement *statement = NULL;
    struct str name;
    struct parser start = *parser;
    bool good;
    lexer->at++;
    if (lexer_take(lexer, "/")) {
        return parse_closing(parser, stop);
    }
    if (lexer_peek(lexer, 0) == '$') {
        good = parse_variable_tag(parser, line, &statement);
    } else if (lexer_peek_name(lexer, &name) && !is_value_name(parser, name)) {
        lexer->at += name.len;
        if (is_divider(name)) {
            *stop = name;
            return true;
        }
        good = parse_tag(parser, name, line, &statement);
    } else {
        good = parse_print(parser, line, &statement);
    }
    if (good && statement) {
        *body->last = statement;
        body->last = &statement->next;
    }
    return good || parser_recover(parser, &start);
}

/* ---- bodies ---- */

static bool parse_piece(struct parser *parser, struct body *body, struct str *stop)
{
    struct lexer *lexer = &parser->lexer;
    if (parser->in_string) {
        return is_tag_in_string(lexer) ? parse_any_tag(parser, body, stop)
                                       : parse_string_piece(parser, body);
    }
    if (!lexer_is_tag(lexer)) {
        return add_template_text(parser, body, lexer_text(lexer));
    }
    if (lexer_peek(lexer, 1) == '*') {
        return parse_comment(parser);
    }
    return is_here(lexer, STR_OF("{literal}")) ? parse_literal(parser, body)
                                               : parse_any_tag(parser, body, stop);
}

bool parse_body(struct parser *parser, struct statement **first, struct str *stop)
{
    struct lexer *lexer = &parser->lexer;
    struct body body = {.last = &body.first};
    *stop = (struct str){"", 0};
    if (!parser_enter(parser)) {
        return false;
    }
    while (stop->len == 0 && !lexer_is_end(lexer) &&
           !(parser->in_string && lexer_peek(lexer, 0) == '"')) {
        if (!parse_piece(parser, &body, stop)) {
            return false;
        }
    }
    parser_leave(parser);
    *first = body.first;
    return true;
}

/* {mode=html} at the start, as the mailing platform has it, and the like. */
static void take_mode(struct parser *parser)
{
    static const struct {
        const char *tag;
        bool escape_html;
    } modes[] = {{"{mode=html}", true},
                 {"{mode=\"html\"}", true},
                 {"{escape}", true},
                 {"{mode=raw}", false},
                 {"{mode=\"raw\"}", false}};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (lexer_take(&parser->lexer, modes[i].tag)) {
            parser->escape_html = modes[i].escape_html;
            return;
        }
    }
}

bool parse_template(struct parser *parser, struct part **whole)
{
    struct str stop;
    struct part *part = arena_zero(parser->arena, 1, sizeof *part);
    if (!part) {
        return fail_here(parser, "the template is too large");
    }
    part->line = 1;
    parser->part = part;
    parser->eat_newline = true; /* the start of a template is like a tag */
    take_mode(parser);
    if (!parse_body(parser, &part->tree, &stop)) {
        return false;
    }
    if (stop.len > 0) {
        return lexer_fail(&parser->lexer, lexer_line(&parser->lexer),
                          "{%.*s} without a block that it could belong to",
                          STR_ARGS(str_before(stop, NAME_SHOWN)));
    }
    part->next = parser->parts;
    *whole = part;
    for (const struct part *at = part; at; at = at->next) {
        if (!height_check(parser, at->tree)) {
            return false;
        }
    }
    return true;
}
