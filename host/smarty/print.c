#include "smarty/modifiers.h"
#include "smarty/tags.h"

/* ---- printed values ---- */

/* `=name`, behind `assign`: the value is not printed but stored. */
static bool parse_print_target(struct parser *parser, struct statement *statement)
{
    struct lexer *lexer = &parser->lexer;
    (void)lexer_skip(lexer);
    if (!lexer_take(lexer, "=")) {
        return fail_unexpected(parser, "'='");
    }
    (void)lexer_skip(lexer);
    statement->kind = STATEMENT_ASSIGN;
    statement->target = new_expression(parser, EXPRESSION_DYNAMIC);
    return statement->target && parse_expression(parser, &statement->target->first);
}

/* `nofilter`, or `nofilter=true`. */
static bool parse_flag(struct parser *parser, bool *on)
{
    struct lexer *lexer = &parser->lexer;
    struct expression *value;
    *on = true;
    if (!lexer_take(lexer, "=")) {
        return true;
    }
    if (!parse_value(parser, &value)) {
        return false;
    }
    *on = value->kind == EXPRESSION_CONSTANT && value_truth(&value->constant);
    return value->kind == EXPRESSION_CONSTANT || fail_here(parser, "this is true or false");
}

static bool parse_print_option(struct parser *parser, struct str word,
                               struct statement *statement)
{
    bool on;
    if (str_is(word, "assign")) {
        return parse_print_target(parser, statement);
    }
    if (!str_is(word, "nofilter") && !str_is(word, "nocache")) {
        return lexer_fail(&parser->lexer, lexer_line(&parser->lexer),
                          "unexpected '%.*s' in a printing tag",
                          STR_ARGS(str_before(word, NAME_SHOWN)));
    }
    if (!parse_flag(parser, &on)) {
        return false;
    }
    if (on && str_is(word, "nofilter")) {
        statement->escape = false;
        statement->levels = 1;
    }
    return true;
}

/* What may stand behind a printed expression: nofilter, nocache, assign=name. */
static bool parse_print_options(struct parser *parser, struct statement *statement)
{
    struct lexer *lexer = &parser->lexer;
    struct str word;
    while (lexer_skip(lexer) && lexer_peek_name(lexer, &word)) {
        lexer->at += word.len;
        if (!parse_print_option(parser, word, statement)) {
            return false;
        }
    }
    return true;
}

/* {$name}, with a tab or newline before the brace: real Smarty takes that for a part of the
 * name, and such a variable does not exist. */
static bool is_odd_name(const struct lexer *lexer)
{
    struct lexer here = *lexer;
    struct str name;
    here.at++;
    if (!lexer_name(&here, &name)) {
        return false;
    }
    size_t end = here.at;
    (void)lexer_skip(&here);
    struct str blank = {lexer->source.ptr + end, here.at - end};
    return lexer_peek(&here, 0) == '}' && (str_find_char(blank, '\n') < blank.len ||
                                           str_find_char(blank, '\t') < blank.len);
}

/* The modifiers of {setfilter} around a printed value, read again where they stand. */
static bool filter_print(struct parser *parser, struct statement *statement)
{
    struct lexer here = parser->lexer;
    const char *filter = parser->filter;
    if (!filter || statement->levels > 0) {
        return true;
    }
    parser->filter = NULL; /* for what is printed in its own strings */
    parser->lexer.at = parser->lexer.counted = (size_t)(filter - here.source.ptr);
    parser->lexer.line = statement->line;
    if (statement->escape) { /* what is filtered is escaped already */
        struct expression *escaped = new_expression(parser, EXPRESSION_CALL);
        if (!escaped) {
            return false;
        }
        escaped->first = statement->value;
        escaped->function = function_find(STR_OF("escape"), AS_MODIFIER);
        statement->value = escaped;
        statement->escape = false;
    }
    bool good = parse_filter(parser, &statement->value);
    parser->filter = filter;
    if (good) {
        parser->lexer = here;
    }
    return good;
}

/* {$path} in a quoted string, maybe computed with: a part of the string, no printed value
 * that a {setfilter} would change. What has a modifier or an option is one. */
static bool is_part_of_string(struct parser *parser, const struct expression *value)
{
    struct lexer here = parser->lexer;
    (void)lexer_skip(&here);
    bool modified = value->kind >= EXPRESSION_CALL && value->kind <= EXPRESSION_NOPRINT;
    return parser->in_string && lexer_peek(&here, 0) == '}' && !modified &&
           value->kind != EXPRESSION_STEP;
}

/* Where automatic escaping happens, `|escape` for HTML does nothing: once is enough. */
static void drop_escapes(struct expression *last)
{
    struct expression *first = NULL;
    while (last) { /* what is escaped twice: from the inside out */
        struct expression *before = last->escapes;
        last->escapes = first;
        first = last;
        last = before;
    }
    while (first) {
        struct expression *next = first->escapes;
        struct expression *value = first->first;
        value->next = first->next;
        value->key = first->key;
        *first = *value;
        first = next;
    }
}

/* {expression}: the lexer stands behind the brace. */
bool parse_print(struct parser *parser, uint32_t line, struct statement **out)
{
    struct statement *statement = new_statement(parser, STATEMENT_PRINT, line);
    bool variable = lexer_peek(&parser->lexer, 0) == '$';
    bool odd = !parser->in_string && variable && is_odd_name(&parser->lexer);
    parser->raw = false;
    parser->escapes = NULL;
    if (!statement || !parse_expression(parser, &statement->value)) {
        return false;
    }
    struct expression *escapes = parser->escapes;
    if (odd) {
        statement->value = new_constant(parser, value_null());
    }
    statement->escape = parser->escape_html && !parser->raw && !parser->in_string;
    *out = statement;
    if (variable && statement->value && is_part_of_string(parser, statement->value)) {
        return parse_tag_end(parser, false);
    }
    if (!statement->value || !parse_print_options(parser, statement) ||
        !parse_tag_end(parser, statement->kind == STATEMENT_ASSIGN)) {
        return false;
    }
    if (statement->escape && statement->kind == STATEMENT_PRINT) {
        drop_escapes(escapes);
    }
    return filter_print(parser, statement);
}

/* ---- assignments ---- */

/* $list[]: no value, but where one can go. */
static bool target_has_end(const struct expression *target)
{
    while (target->kind == EXPRESSION_MEMBER && target->second) {
        target = target->first;
    }
    return target->kind == EXPRESSION_MEMBER;
}

/* What turns out to be no assignment is not read again: tags in strings in the keys of
 * other variables would double at each level. */
bool parse_target(struct parser *parser, struct expression **target)
{
    struct lexer *lexer = &parser->lexer;
    struct lexer start = *lexer;
    struct expression *variable;
    *target = NULL;
    if (!parse_variable(parser, true, &variable)) {
        return false;
    }
    size_t end = lexer->at;
    (void)lexer_skip(lexer);
    char next = lexer_peek(lexer, 1);
    if (lexer_peek(lexer, 0) != '=' || next == '=' || next == '>' || next == '~') {
        if (!target_has_end(variable)) {
            parser->variable = variable;
            parser->variable_from = start.at;
            parser->variable_to = end;
        }
        *lexer = start;
        return true;
    }
    lexer->at++;
    (void)lexer_skip(lexer);
    *target = variable;
    return true;
}

bool parse_assignment(struct parser *parser, uint32_t line, struct statement **out)
{
    static const struct signature signature = {"$variable =", "scope", "", NULL};
    struct attributes attributes;
    struct expression *target;
    *out = NULL;
    if (!parse_target(parser, &target)) {
        return false;
    }
    if (!target) {
        return true;
    }
    struct statement *statement = new_statement(parser, STATEMENT_ASSIGN, line);
    if (!statement || !parse_expression(parser, &statement->value) ||
        !parse_attributes(parser, &signature, &attributes) ||
        !parse_scope(parser, &attributes, &statement->scope)) {
        return false;
    }
    statement->target = target;
    *out = statement;
    return parse_tag_end(parser, true);
}
