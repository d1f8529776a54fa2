#include "smarty/parser.h"

/* \x41 and \101: at most `most` digits of the base; 0 digits leaves the backslash. */
static unsigned read_code(struct str digits, int base, unsigned most, char *byte)
{
    unsigned count = 0;
    int code = 0;
    while (count < most && count < digits.len) {
        int digit = str_hex_digit(digits.ptr[count]);
        if (digit < 0 || digit >= base) {
            break;
        }
        code = code * base + digit;
        count++;
    }
    *byte = (char)(code & 0xFF);
    return count;
}

/* The byte that an escape stands for, and how long it is; what is none stands for its
 * backslash. */
static unsigned read_escape(struct str escape, char *byte)
{
    static const char letters[256] = {
        ['n'] = '\n', ['t'] = '\t',  ['r'] = '\r', ['v'] = '\v', ['e'] = 27,
        ['f'] = '\f', ['\\'] = '\\', ['$'] = '$',  ['"'] = '"'};
    char letter = escape.len > 1 ? escape.ptr[1] : '\0';
    unsigned prefix = letter == 'x' ? 2 : 1;
    unsigned digits = read_code(str_after(escape, prefix), letter == 'x' ? 16 : 8,
                                letter == 'x' ? 2 : 3, byte);
    if (digits > 0) {
        return prefix + digits;
    }
    bool known = letters[(unsigned char)letter] != '\0';
    *byte = known ? letters[(unsigned char)letter] : '\\';
    return known ? 2 : 1;
}

/* The escapes of a double-quoted string; what is none stays as it is. */
static bool unescape(struct parser *parser, struct str text, struct str *out)
{
    char *copy = arena_alloc(parser->arena, text.len);
    size_t len = 0;
    if (!copy) {
        return fail_here(parser, "the template is too large");
    }
    for (size_t at = 0; at < text.len;) {
        char byte = text.ptr[at];
        at += byte == '\\' ? read_escape(str_after(text, at), &byte) : 1;
        copy[len++] = byte;
    }
    *out = (struct str){copy, len};
    return true;
}

bool is_tag_in_string(const struct lexer *lexer)
{
    struct lexer here = *lexer;
    struct str name;
    if (!lexer_is_tag(lexer)) {
        return false;
    }
    here.at++;
    (void)lexer_take(&here, "/");
    bool literal = lexer_name(&here, &name) && str_eq_nocase(name, STR_OF("literal"));
    (void)lexer_skip(&here);
    return !literal || lexer_peek(&here, 0) != '}';
}

static bool is_string_variable(const struct lexer *lexer)
{
    struct lexer name_here = *lexer;
    struct str name;
    name_here.at++;
    return lexer_peek(lexer, 0) == '$' && lexer_peek_name(&name_here, &name);
}

static bool is_string_expression(const struct lexer *lexer)
{
    return lexer_peek(lexer, 0) == '`' && lexer_peek(lexer, 1) == '$';
}

static bool parse_string_text(struct parser *parser, struct body *body)
{
    struct lexer *lexer = &parser->lexer;
    size_t start = lexer->at;
    while (!lexer_is_end(lexer) && lexer_peek(lexer, 0) != '"' &&
           !is_tag_in_string(lexer) && !is_string_variable(lexer) &&
           !is_string_expression(lexer)) {
        bool escape = lexer_peek(lexer, 0) == '\\' && lexer->at + 1 < lexer->source.len;
        lexer->at += escape ? 2 : 1;
    }
    struct str text = {lexer->source.ptr + start, lexer->at - start};
    bool plain = str_find_char(text, '\\') == text.len;
    return (plain || unescape(parser, text, &text)) && add_text(parser, body, text);
}

/* "... $name ..." and "... `$any.expression` ...". */
static bool parse_string_value(struct parser *parser, struct body *body)
{
    struct lexer *lexer = &parser->lexer;
    struct statement *statement = new_statement(parser, STATEMENT_PRINT, lexer_line(lexer));
    if (!statement) {
        return false;
    }
    if (lexer_take(lexer, "`")) {
        if (!parse_expression(parser, &statement->value)) {
            return false;
        }
        (void)lexer_skip(lexer);
        if (!lexer_take(lexer, "`")) {
            return fail_unexpected(parser, "'`'");
        }
    } else {
        struct str name;
        lexer->at++;
        (void)lexer_name(lexer, &name);
        statement->value = new_variable(parser, name);
    }
    *body->last = statement;
    body->last = &statement->next;
    return statement->value != NULL;
}

/* Text and printed expressions only: the parts of a CONCAT; else the whole is a BODY. */
static bool string_to_expression(struct parser *parser, struct statement *statements,
                                 struct expression **out)
{
    for (struct statement *at = statements; at; at = at->next) {
        if (at->kind != STATEMENT_TEXT && at->kind != STATEMENT_PRINT) {
            *out = new_expression(parser, EXPRESSION_BODY);
            if (*out) {
                (*out)->body = statements;
            }
            return *out != NULL;
        }
    }
    struct expression *concat = new_expression(parser, EXPRESSION_CONCAT);
    if (!concat) {
        return false;
    }
    struct expression **last = &concat->first;
    for (struct statement *at = statements; at; at = at->next) {
        *last = at->kind == STATEMENT_TEXT ? new_constant(parser, value_text(at->text))
                                           : at->value;
        if (!*last) {
            return false;
        }
        last = &(*last)->next;
    }
    *out = concat;
    return true;
}

bool parse_string_piece(struct parser *parser, struct body *body)
{
    struct lexer *lexer = &parser->lexer;
    bool value = is_string_variable(lexer) || is_string_expression(lexer);
    return value ? parse_string_value(parser, body) : parse_string_text(parser, body);
}

/* What the parser knows of the text around a string or tag that is read as a value. */
struct around {
    bool in_string, raw, eat_newline;
    struct expression *escapes;
};

static struct around enter_string(struct parser *parser)
{
    struct around around = {parser->in_string, parser->raw, parser->eat_newline,
                            parser->escapes};
    parser->in_string = true;
    parser->eat_newline = false;
    return around;
}

static void leave_string(struct parser *parser, const struct around *around)
{
    parser->in_string = around->in_string;
    parser->raw = around->raw;
    parser->eat_newline = around->eat_newline;
    parser->escapes = around->escapes;
}

bool parse_quoted(struct parser *parser, struct expression **expression)
{
    uint32_t line = lexer_line(&parser->lexer);
    struct around around = enter_string(parser);
    struct statement *statements;
    struct str stop;
    bool good = parse_body(parser, &statements, &stop);
    leave_string(parser, &around);
    if (!good) {
        return false;
    }
    if (stop.len > 0) {
        return lexer_fail(&parser->lexer, line, "{%.*s} in a string closes nothing",
                          STR_ARGS(str_before(stop, NAME_SHOWN)));
    }
    if (!lexer_take(&parser->lexer, "\"")) {
        return lexer_fail(&parser->lexer, line, "this string has no end: '\"' is missing");
    }
    /* A text alone is a constant. */
    if (!statements || (statements->kind == STATEMENT_TEXT && !statements->next)) {
        struct str text = statements ? statements->text : STR_OF("");
        *expression = new_constant(parser, value_text(text));
        return *expression != NULL;
    }
    return string_to_expression(parser, statements, expression);
}

/* Blocks print, too, but real Smarty takes none for a value. */
static bool is_single(const struct statement *statement)
{
    return statement->kind <= STATEMENT_PRINT ||
           (statement->kind >= STATEMENT_ASSIGN && statement->kind <= STATEMENT_APPEND) ||
           (statement->kind >= STATEMENT_TOOL && statement->kind <= STATEMENT_EVAL &&
            !statement->body);
}

bool parse_printed(struct parser *parser, struct expression **expression)
{
    uint32_t line = lexer_line(&parser->lexer);
    struct around around = enter_string(parser);
    struct body body = {.last = &body.first};
    struct str stop = {"", 0};
    bool good = parser_enter(parser) && parse_any_tag(parser, &body, &stop);
    leave_string(parser, &around);
    if (!good) {
        return false;
    }
    parser_leave(parser);
    if (stop.len > 0 || (body.first && !is_single(body.first))) {
        return lexer_fail(&parser->lexer, line, "a block where a value was expected");
    }
    return string_to_expression(parser, body.first, expression);
}
