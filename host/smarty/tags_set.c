#include "smarty/tags.h"

static bool parse_setter(struct parser *parser, const char *tag, const char *names,
                         struct statement *statement)
{
    const struct signature signature = {tag, names, "var value", NULL};
    struct attributes attributes;
    if (!statement || !parse_attributes(parser, &signature, &attributes) ||
        !parse_scope(parser, &attributes, &statement->scope)) {
        return false;
    }
    struct expression *name = find_attribute(&attributes, "var");
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
    return parse_setter(parser, "assign", "var value scope", *out);
}

bool parse_append(struct parser *parser, uint32_t line, struct statement **out)
{
    *out = new_statement(parser, STATEMENT_APPEND, line);
    return parse_setter(parser, "append", "var value index scope", *out);
}

bool parse_capture(struct parser *parser, uint32_t line, struct statement **out)
{
    static const struct signature signature = {"capture", "name assign append", "name",
                                               NULL};
    struct attributes attributes;
    struct str stop;
    struct statement *statement = new_statement(parser, STATEMENT_CAPTURE, line);
    *out = statement;
    if (!statement || !parse_attributes(parser, &signature, &attributes)) {
        return false;
    }
    struct expression *append = find_attribute(&attributes, "append");
    struct expression *assign = append ? append : find_attribute(&attributes, "assign");
    statement->append = append != NULL;
    statement->key = find_attribute(&attributes, "name");
    if (!statement->key) {
        statement->key = new_constant(parser, value_text(STR_OF("default")));
    }
    statement->target = assign ? target_from(parser, assign) : NULL;
    if (!statement->key || (assign && !statement->target)) {
        return false;
    }
    return parse_tag_end(parser, true) && parse_body(parser, &statement->body, &stop) &&
           check_close(parser, stop, "capture", line) && parse_tag_end(parser, true);
}
