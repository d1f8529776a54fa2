#include "smarty/tags.h"

/* {assign value to $x}, as the mailing platform has it. */
static bool parse_setter_to(struct parser *parser, const struct attributes *attributes,
                            struct statement *statement)
{
    struct expression *word = find_attribute(attributes, "value");
    struct expression *target = find_attribute(attributes, "to");
    statement->value = find_attribute(attributes, "var");
    statement->target = target;
    if (!word || word->kind != EXPRESSION_CONSTANT || word->constant.type != VALUE_TEXT ||
        !str_is(value_str(&word->constant), "to") || target->kind != EXPRESSION_VARIABLE) {
        return fail_here(parser,
                         "this assigns 'var=name value=value', or 'value to $name'");
    }
    return parse_tag_end(parser, true);
}

static bool parse_setter(struct parser *parser, const char *tag, const char *names,
                         struct statement *statement)
{
    const struct signature signature = {tag, names, "var value to", NULL};
    struct attributes attributes;
    if (!statement || !parse_attributes(parser, &signature, &attributes) ||
        !parse_scope(parser, &attributes, &statement->scope)) {
        return false;
    }
    struct expression *name = find_attribute(&attributes, "var");
    if (find_attribute(&attributes, "to")) {
        return parse_setter_to(parser, &attributes, statement);
    }
    statement->value = find_attribute(&attributes, "value");
    statement->key = find_attribute(&attributes, "index");
    if (!name || !statement->value) {
        return lexer_fail(&parser->lexer, statement->line,
                          "{%s} needs var= and value=", tag);
    }
    statement->target = target_from(parser, name);
    return statement->target && parse_tag_end(parser, true);
}

bool parse_assign(struct parser *parser, uint32_t line, struct statement **out)
{
    *out = new_statement(parser, STATEMENT_ASSIGN, line);
    return parse_setter(parser, "assign", "var value scope to", *out);
}

bool parse_append(struct parser *parser, uint32_t line, struct statement **out)
{
    *out = new_statement(parser, STATEMENT_APPEND, line);
    return parse_setter(parser, "append", "var value index scope", *out);
}

/* Both append= and assign=: what was appended is assigned, too. */
static bool assign_captured(struct parser *parser, struct expression *assign,
                            struct statement **out)
{
    struct statement *capture = *out;
    struct statement *group = new_statement(parser, STATEMENT_GROUP, capture->line);
    struct statement *copy = new_statement(parser, STATEMENT_ASSIGN, capture->line);
    struct expression *captured = new_expression(parser, EXPRESSION_CAPTURED);
    if (!group || !copy || !captured) {
        return false;
    }
    captured->first = capture->key;
    copy->value = captured;
    copy->target = target_from(parser, assign);
    capture->next = copy;
    group->body = capture;
    group->item_loop = SLOT_NONE;
    *out = group;
    return copy->target != NULL;
}

static bool parse_capture_of(struct parser *parser, const char *tag, uint32_t line,
                             struct statement **out)
{
    const struct signature signature = {tag, "name assign append", "name", NULL};
    struct attributes attributes;
    struct str stop;
    struct statement *statement = new_statement(parser, STATEMENT_CAPTURE, line);
    *out = statement;
    if (!statement || !parse_attributes(parser, &signature, &attributes)) {
        return false;
    }
    struct expression *append = find_attribute(&attributes, "append");
    struct expression *assign = find_attribute(&attributes, "assign");
    struct expression *target = append ? append : assign;
    statement->append = append != NULL;
    statement->key = find_attribute(&attributes, "name");
    if (!statement->key) {
        statement->key = new_constant(parser, value_text(STR_OF("default")));
    }
    statement->target = target ? target_from(parser, target) : NULL;
    if (!statement->key || (target && !statement->target)) {
        return false;
    }
    return parse_tag_end(parser, true) && parse_body(parser, &statement->body, &stop) &&
           check_close(parser, stop, tag, line) && parse_tag_end(parser, true) &&
           (!append || !assign || assign_captured(parser, assign, out));
}

bool parse_capture(struct parser *parser, uint32_t line, struct statement **out)
{
    return parse_capture_of(parser, "capture", line, out);
}

/* The mailing platform's own: what is printed in it is not escaped. */
bool parse_raw_capture(struct parser *parser, uint32_t line, struct statement **out)
{
    bool outer = parser->escape_html;
    parser->escape_html = false;
    bool good = parse_capture_of(parser, "rawcapture", line, out);
    parser->escape_html = outer;
    return good;
}
