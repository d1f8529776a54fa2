#include "smarty/tags.h"

/* ---- include, eval ---- */

/* `assign=`: where the text goes instead. */
static bool set_target(struct parser *parser, const struct attributes *attributes,
                       struct statement *statement)
{
    struct expression *assign = find_attribute(attributes, "assign");
    statement->target = assign ? target_from(parser, assign) : NULL;
    return !assign || statement->target;
}

bool parse_include(struct parser *parser, uint32_t line, struct statement **out)
{
    static const struct signature signature = {"include", NULL, "file", "inline caching"};
    static const char own[] = "file assign scope inline caching cache_id compile_id "
                              "cache_lifetime nocache";
    struct attributes attributes;
    struct statement *statement = new_statement(parser, STATEMENT_INCLUDE, line);
    *out = statement;
    if (!statement || !parse_attributes(parser, &signature, &attributes) ||
        !parse_scope(parser, &attributes, &statement->scope) ||
        !list_attributes(parser, &attributes, own, statement)) {
        return false;
    }
    statement->value = find_attribute(&attributes, "file");
    if (!statement->value) {
        return lexer_fail(&parser->lexer, line, "{include} needs file=");
    }
    if (statement->scope == SCOPE_LOCAL) {
        return lexer_fail(&parser->lexer, line,
                          "the scope of an {include} is parent, root or global");
    }
    return set_target(parser, &attributes, statement) && parse_tag_end(parser, true);
}

bool parse_eval(struct parser *parser, uint32_t line, struct statement **out)
{
    static const struct signature signature = {"eval", "var assign", "var assign", NULL};
    struct attributes attributes;
    struct statement *statement = new_statement(parser, STATEMENT_EVAL, line);
    *out = statement;
    if (!statement || !parse_attributes(parser, &signature, &attributes)) {
        return false;
    }
    statement->value = find_attribute(&attributes, "var");
    if (!statement->value) {
        return lexer_fail(&parser->lexer, line, "{eval} needs var=");
    }
    return set_target(parser, &attributes, statement) && parse_tag_end(parser, true);
}

/* ---- functions ---- */

static bool is_function_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (!is_name_char(name.ptr[i]) && (unsigned char)name.ptr[i] < 0x80) {
            return false;
        }
    }
    return name.len > 0;
}

/* The attributes are defaults of its variables. */
static bool set_defaults(struct parser *parser, const struct attributes *attributes,
                         struct part *part)
{
    struct statement list = {.kind = STATEMENT_CALL};
    if (!list_attributes(parser, attributes, "name", &list)) {
        return false;
    }
    part->defaults = list.list;
    part->default_names = list.names;
    part->default_count = list.name_count;
    return true;
}

bool parse_function(struct parser *parser, uint32_t line, struct statement **out)
{
    static const struct signature signature = {"function", NULL, "name", NULL};
    struct attributes attributes;
    struct part_state outer;
    struct str stop;
    struct part *part = parser_open(parser, &outer);
    *out = NULL;
    if (!part || !parse_attributes(parser, &signature, &attributes) ||
        !constant_text(parser, find_attribute(&attributes, "name"), "a name",
                       &part->name) ||
        !set_defaults(parser, &attributes, part)) {
        return false;
    }
    if (!is_function_name(part->name)) {
        return lexer_fail(&parser->lexer, line, "{function} needs name=, of letters");
    }
    part->is_function = true;
    part->next = outer.part; /* so that it can call itself */
    bool eat_newline = parser->eat_newline;
    bool good = parse_tag_end(parser, false) && parse_body(parser, &part->tree, &stop) &&
                check_close(parser, stop, "function", line) &&
                parser_close(parser, &outer) && parse_tag_close(parser);
    parser->eat_newline = eat_newline;
    return good;
}

static bool parse_call_rest(struct parser *parser, const struct attributes *attributes,
                            struct statement *statement)
{
    return list_attributes(parser, attributes, "name assign nocache", statement) &&
           set_target(parser, attributes, statement) && parse_tag_end(parser, false);
}

bool parse_call(struct parser *parser, uint32_t line, struct statement **out)
{
    static const struct signature signature = {"call", NULL, "name", NULL};
    struct attributes attributes;
    struct statement *statement = new_statement(parser, STATEMENT_CALL, line);
    *out = statement;
    if (!statement || !parse_attributes(parser, &signature, &attributes)) {
        return false;
    }
    statement->value = find_attribute(&attributes, "name");
    if (!statement->value) {
        return lexer_fail(&parser->lexer, line, "{call} needs name=");
    }
    return parse_call_rest(parser, &attributes, statement);
}

bool parse_call_of(struct parser *parser, struct str name, uint32_t line,
                   struct statement **out)
{
    static const struct signature signature = {"call", NULL, "", NULL};
    struct attributes attributes;
    struct statement *statement = new_statement(parser, STATEMENT_CALL, line);
    *out = statement;
    if (!statement || !parse_attributes(parser, &signature, &attributes)) {
        return false;
    }
    statement->value = new_constant(parser, value_text(name));
    return statement->value && parse_call_rest(parser, &attributes, statement);
}

/* ---- inheritance ---- */

/* The template that this one is a child of. */
bool parse_extends(struct parser *parser, uint32_t line, struct statement **out)
{
    static const struct signature signature = {"extends", "file", "file", NULL};
    struct attributes attributes;
    *out = NULL;
    if (!parse_attributes(parser, &signature, &attributes)) {
        return false;
    }
    if (parser->depth > 3 || parser->part->extends) {
        return lexer_fail(&parser->lexer, line, "{extends} stands at the start, once");
    }
    parser->part->extends = find_attribute(&attributes, "file");
    if (!parser->part->extends) {
        return lexer_fail(&parser->lexer, line, "{extends} needs file=");
    }
    return parse_tag_close(parser);
}

/* Is the word there, and not false? */
static bool has_flag(const struct attributes *attributes, const char *word)
{
    const struct expression *value = find_attribute(attributes, word);
    return value && value->kind == EXPRESSION_CONSTANT && value_truth(&value->constant);
}

bool parse_block(struct parser *parser, uint32_t line, struct statement **out)
{
    static const struct signature signature = {"block", "name assign hide append prepend",
                                               "name", "hide append prepend"};
    struct attributes attributes;
    struct part_state outer;
    struct str stop;
    struct statement *statement = new_statement(parser, STATEMENT_BLOCK, line);
    *out = statement;
    if (!statement || !parse_attributes(parser, &signature, &attributes)) {
        return false;
    }
    statement->value = find_attribute(&attributes, "name");
    if (!statement->value) {
        return lexer_fail(&parser->lexer, line, "{block} needs name=");
    }
    if (!set_target(parser, &attributes, statement)) {
        return false;
    }
    struct part *part = parser_open(parser, &outer);
    if (!part) {
        return false;
    }
    part->hides = has_flag(&attributes, "hide");
    part->appends = has_flag(&attributes, "append") && parser->open_blocks == 0;
    part->prepends = has_flag(&attributes, "prepend") && parser->open_blocks == 0;
    statement->part = part;
    outer.part->has_blocks = true;
    parser->open_blocks++;
    bool good = parse_tag_end(parser, false) && parse_body(parser, &part->tree, &stop) &&
                check_close(parser, stop, "block", line);
    parser->open_blocks--;
    return good && parser_close(parser, &outer) && parse_tag_end(parser, false);
}

/* {$smarty.block.parent} and {$smarty.block.child}, the lexer behind the word. */
static bool parse_relative(struct parser *parser, uint32_t line, enum statement_kind kind,
                           struct statement **out)
{
    if (parser->open_blocks == 0) {
        return lexer_fail(&parser->lexer, line, "this stands in a {block} only");
    }
    *out = new_statement(parser, kind, line);
    parser->part->calls_child = parser->part->calls_child || kind == STATEMENT_BLOCK_CHILD;
    return *out && parse_tag_end(parser, false);
}

bool parse_block_parent(struct parser *parser, uint32_t line, struct statement **out)
{
    return parse_relative(parser, line, STATEMENT_BLOCK_PARENT, out);
}

bool parse_block_child(struct parser *parser, uint32_t line, struct statement **out)
{
    return parse_relative(parser, line, STATEMENT_BLOCK_CHILD, out);
}
