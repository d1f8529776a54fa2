#include "smarty/tags.h"

#include "smarty/tools.h"

/* ---- braces ---- */

static bool parse_brace(struct parser *parser, uint32_t line, const char *brace,
                        struct statement **out)
{
    *out = new_statement(parser, STATEMENT_TEXT, line);
    if (!*out) {
        return false;
    }
    (*out)->text = str_from(brace);
    return parse_tag_end(parser, false);
}

bool parse_ldelim(struct parser *parser, uint32_t line, struct statement **out)
{
    return parse_brace(parser, line, "{", out);
}

bool parse_rdelim(struct parser *parser, uint32_t line, struct statement **out)
{
    return parse_brace(parser, line, "}", out);
}

/* ---- what changes the text between two tags ---- */

/* A body whose statements stand for themselves. */
static bool parse_group(struct parser *parser, const char *tag, uint32_t line,
                        struct statement **out)
{
    struct str stop;
    *out = new_statement(parser, STATEMENT_GROUP, line);
    if (!*out) {
        return false;
    }
    (*out)->item_loop = SLOT_NONE;
    return parse_body(parser, &(*out)->body, &stop) &&
           check_close(parser, stop, tag, line) && parse_tag_close(parser);
}

static bool parse_no_attributes(struct parser *parser, const char *tag)
{
    const struct signature signature = {tag, "", "", NULL};
    struct attributes attributes;
    return parse_attributes(parser, &signature, &attributes) && parse_tag_close(parser);
}

/* Not a block: {strip} may be open at the end, and {/strip} may close nothing. */
bool parse_strip(struct parser *parser, uint32_t line, struct statement **out)
{
    (void)line;
    *out = NULL;
    parser->strip = true;
    return parse_no_attributes(parser, "strip");
}

bool parse_nocache(struct parser *parser, uint32_t line, struct statement **out)
{
    return parse_no_attributes(parser, "nocache") &&
           parse_group(parser, "nocache", line, out);
}

/* The modifiers are read again at each printed value; here only whether they can be. */
bool parse_setfilter(struct parser *parser, uint32_t line, struct statement **out)
{
    struct lexer *lexer = &parser->lexer;
    const char *outer = parser->filter;
    struct expression *ignored = new_constant(parser, value_null());
    if (!ignored || !need_blank(parser, "a modifier behind a space")) {
        return false;
    }
    const char *filter = lexer->source.ptr + lexer->at;
    if (!parse_filter(parser, &ignored) || !parse_tag_close(parser)) {
        return false;
    }
    parser->filter = filter;
    bool good = parse_group(parser, "setfilter", line, out);
    parser->filter = outer;
    return good;
}

/* ---- tools ---- */

bool list_attributes(struct parser *parser, const struct attributes *attributes,
                     const char *without, struct statement *statement)
{
    struct expression **last = &statement->list;
    statement->names =
        arena_alloc(parser->arena, attributes->count * sizeof *statement->names);
    if (!statement->names) {
        return fail_here(parser, "the template is too large");
    }
    for (unsigned i = 0; i < attributes->count; i++) {
        const struct attribute *attribute = &attributes->items[i];
        if (!has_word(without, attribute->name)) {
            statement->names[statement->name_count++] = attribute->name;
            *last = attribute->value;
            last = &attribute->value->next;
        }
    }
    *last = NULL;
    return true;
}

bool parse_tool(struct parser *parser, const struct tool *tool, uint32_t line,
                struct statement **out)
{
    const struct signature signature = {tool->name, NULL, "", NULL};
    struct attributes attributes;
    struct statement *statement = new_statement(parser, STATEMENT_TOOL, line);
    struct str stop;
    *out = statement;
    if (!statement || !parse_attributes(parser, &signature, &attributes) ||
        !list_attributes(parser, &attributes, "", statement)) {
        return false;
    }
    statement->tool = tool;
    return parse_tag_end(parser, tool->is_block) &&
           (!tool->is_block ||
            (parse_body(parser, &statement->body, &stop) &&
             check_close(parser, stop, tool->name, line) && parse_tag_end(parser, true)));
}
