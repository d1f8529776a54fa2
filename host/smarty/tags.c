#include "smarty/tags.h"

#include "smarty/tools.h"

/* ---- attributes ---- */

/* A name here that may have dashes and colons in it: data-id. */
static bool attribute_name(struct lexer *lexer, struct str *name)
{
    if (!lexer_name(lexer, name)) {
        return false;
    }
    while (is_name_char(lexer_peek(lexer, 0)) || lexer_peek(lexer, 0) == '-' ||
           lexer_peek(lexer, 0) == ':') {
        lexer->at++;
        name->len++;
    }
    return true;
}

bool is_named(const struct lexer *lexer)
{
    struct lexer here = *lexer;
    struct str name;
    if (!attribute_name(&here, &name)) {
        return false;
    }
    (void)lexer_skip(&here);
    char next = lexer_peek(&here, 1);
    return lexer_peek(&here, 0) == '=' && next != '=' && next != '>';
}

static bool parse_attribute(struct parser *parser, struct attribute *attribute)
{
    struct lexer *lexer = &parser->lexer;
    attribute->name = (struct str){"", 0};
    if (is_named(lexer)) {
        (void)attribute_name(lexer, &attribute->name);
        (void)lexer_skip(lexer);
        lexer->at++;
        (void)lexer_skip(lexer);
    }
    return parse_expression(parser, &attribute->value);
}

/* The tag's own name for a nameless attribute at this position, named ones counted too:
 * {assign var=x 5} gives a value. Empty when it has none. */
static struct str short_name(const char *names, unsigned position)
{
    struct str rest = str_from(names);
    struct str name = {"", 0};
    for (unsigned i = 0; i <= position; i++) {
        if (!str_word(&rest, &name)) {
            return (struct str){"", 0};
        }
    }
    return name;
}

bool has_word(const char *words, struct str wanted)
{
    struct str rest = str_from(words);
    struct str word;
    while (str_word(&rest, &word)) {
        if (str_eq(word, wanted)) {
            return true;
        }
    }
    return false;
}

/* A word without a value that says something by itself. */
static bool is_flag(const struct signature *signature, const struct expression *value)
{
    const char *flags = signature->flags ? signature->flags : "";
    return value->kind == EXPRESSION_CONSTANT && value->constant.type == VALUE_TEXT &&
           (str_is(value_str(&value->constant), "nocache") ||
            has_word(flags, value_str(&value->constant)));
}

/* Gives a nameless attribute its name; a name that the tag does not have is an error. */
static bool name_attribute(struct parser *parser, const struct signature *signature,
                           unsigned position, struct attribute *attribute)
{
    if (attribute->name.len == 0) {
        attribute->name = short_name(signature->short_names, position);
        if (attribute->name.len == 0) {
            return lexer_fail(&parser->lexer, lexer_line(&parser->lexer),
                              "{%s} has too many attributes without a name",
                              signature->tag);
        }
    }
    return !signature->names || has_word(signature->names, attribute->name) ||
           lexer_fail(&parser->lexer, lexer_line(&parser->lexer),
                      "{%s} has no attribute '%.*s'", signature->tag,
                      STR_ARGS(str_before(attribute->name, NAME_SHOWN)));
}

bool parse_attributes(struct parser *parser, const struct signature *signature,
                      struct attributes *attributes)
{
    struct lexer *lexer = &parser->lexer;
    attributes->count = 0;
    for (unsigned position = 0;; position++) {
        struct attribute *attribute = &attributes->items[attributes->count];
        bool blank = lexer_skip(lexer);
        if (lexer_is_end(lexer) || lexer_peek(lexer, 0) == '}') {
            return true;
        }
        if (!blank || attributes->count == ATTRIBUTES_MOST) {
            return fail_unexpected(parser, "an attribute");
        }
        if (!parse_attribute(parser, attribute)) {
            return false;
        }
        if (attribute->name.len == 0 && is_flag(signature, attribute->value)) {
            attribute->name = value_str(&attribute->value->constant);
            attribute->value->constant = value_bool(true);
        } else if (!name_attribute(parser, signature, position, attribute)) {
            return false;
        }
        attributes->count++;
    }
}

struct expression *find_attribute(const struct attributes *attributes, const char *name)
{
    for (unsigned i = attributes->count; i > 0; i--) {
        if (str_is(attributes->items[i - 1].name, name)) {
            return attributes->items[i - 1].value;
        }
    }
    return NULL;
}

bool constant_text(struct parser *parser, const struct expression *value, const char *what,
                   struct str *text)
{
    *text = (struct str){"", 0};
    if (!value) {
        return true;
    }
    if (value->kind != EXPRESSION_CONSTANT || value->constant.type != VALUE_TEXT) {
        return fail_unexpected(parser, what);
    }
    *text = value_str(&value->constant);
    return true;
}

struct expression *target_from(struct parser *parser, struct expression *name)
{
    if (name->kind == EXPRESSION_CONSTANT && name->constant.type == VALUE_TEXT) {
        return new_variable(parser, value_str(&name->constant));
    }
    struct expression *dynamic = new_expression(parser, EXPRESSION_DYNAMIC);
    if (dynamic) {
        dynamic->first = name;
    }
    return dynamic;
}

bool parse_scope(struct parser *parser, const struct attributes *attributes,
                 enum scope *scope)
{
    static const struct {
        struct str name;
        enum scope scope;
    } scopes[] = {{STR(""), SCOPE_OWN},          {STR("local"), SCOPE_LOCAL},
                  {STR("parent"), SCOPE_PARENT}, {STR("root"), SCOPE_ALL},
                  {STR("global"), SCOPE_ALL},    {STR("tpl_root"), SCOPE_ALL},
                  {STR("smarty"), SCOPE_ALL}};
    struct str name;
    if (!constant_text(parser, find_attribute(attributes, "scope"), "a scope", &name)) {
        return false;
    }
    for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++) {
        if (str_eq(name, scopes[i].name)) {
            *scope = scopes[i].scope;
            return true;
        }
    }
    return fail_here(parser, "a scope is local, parent, root or global");
}

bool check_close(struct parser *parser, struct str stop, const char *tag, uint32_t line)
{
    if (stop.len == 0) {
        return lexer_fail(&parser->lexer, line, "{%s} is never closed: {/%s} is missing",
                          tag, tag);
    }
    if (stop.ptr[0] != '/' || !str_eq_nocase(str_after(stop, 1), str_from(tag))) {
        return lexer_fail(&parser->lexer, lexer_line(&parser->lexer),
                          "{%.*s} where {/%s} was expected for the {%s} of line %u",
                          STR_ARGS(str_before(stop, NAME_SHOWN)), tag, tag, line);
    }
    return true;
}

bool need_blank(struct parser *parser, const char *wanted)
{
    return lexer_skip(&parser->lexer) || fail_unexpected(parser, wanted);
}

/* ---- the table ---- */

static const struct {
    struct str name;
    bool any_case;
    parse_named_tag *parse;
} tags[] = {
    {STR("if"), true, parse_if},
    {STR("foreach"), true, parse_foreach},
    {STR("for"), true, parse_for},
    {STR("while"), true, parse_while},
    {STR("section"), false, parse_section},
    {STR("break"), false, parse_break},
    {STR("continue"), false, parse_continue},
    {STR("assign"), false, parse_assign},
    {STR("append"), false, parse_append},
    {STR("capture"), false, parse_capture},
    {STR("rawcapture"), false, parse_raw_capture},
    {STR("include"), false, parse_include},
    {STR("function"), false, parse_function},
    {STR("call"), false, parse_call},
    {STR("extends"), false, parse_extends},
    {STR("block"), false, parse_block},
    {STR("eval"), false, parse_eval},
    {STR("strip"), false, parse_strip},
    {STR("setfilter"), true, parse_setfilter},
    {STR("nocache"), false, parse_nocache},
    {STR("ldelim"), false, parse_ldelim},
    {STR("rdelim"), false, parse_rdelim},
};

/* Tags of Smarty that reach files, code or the server. */
static const struct str refused[] = {STR("php"),       STR("include_php"), STR("insert"),
                                     STR("fetch"),     STR("config_load"), STR("debug"),
                                     STR("html_image")};

bool is_divider(struct str name)
{
    static const struct str dividers[] = {STR("else"), STR("elseif"), STR("foreachelse"),
                                          STR("forelse"), STR("sectionelse")};
    for (size_t i = 0; i < sizeof dividers / sizeof *dividers; i++) {
        if (str_eq_nocase(name, dividers[i])) {
            return true;
        }
    }
    return false;
}

static bool is_refused(struct str name)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        if (str_eq(refused[i], name)) {
            return true;
        }
    }
    return false;
}

/* The name of a tag that was meant, maybe; empty when none is near. */
static struct str nearest_tag(struct str name)
{
    enum { NEAR = 2 };
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        if (name.len > NEAR && str_distance(tags[i].name, name) <= NEAR) {
            return tags[i].name;
        }
    }
    const struct tool *tool;
    for (size_t i = 0; (tool = tool_at(i)); i++) {
        if (name.len > NEAR && str_distance(str_from(tool->name), name) <= NEAR) {
            return str_from(tool->name);
        }
    }
    return (struct str){"", 0};
}

static bool fail_unknown_tag(struct parser *parser, struct str name, uint32_t line)
{
    struct lexer *lexer = &parser->lexer;
    struct str near = nearest_tag(name);
    if (is_refused(name)) {
        (void)lexer_fail(lexer, line, "{%.*s} is not offered to templates", STR_ARGS(name));
    } else if (near.len > 0) {
        (void)lexer_fail(lexer, line, "unknown tag '%.*s'; did you mean '%.*s'?",
                         STR_ARGS(name), STR_ARGS(near));
    } else {
        (void)lexer_fail(lexer, line,
                         "unknown tag '%.*s'; a brace that is meant as text needs a space "
                         "behind it, {literal} or {ldelim}",
                         STR_ARGS(str_before(name, NAME_SHOWN)));
    }
    lexer_fail_at(lexer, name.ptr);
    return false;
}

/* The tag of the table, of a tool, or of a function of the template. */
static bool parse_known_tag(struct parser *parser, struct str name, uint32_t line,
                            struct statement **statement)
{
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        if (tags[i].any_case ? str_eq_nocase(tags[i].name, name)
                             : str_eq(tags[i].name, name)) {
            return tags[i].parse(parser, line, statement);
        }
    }
    const struct tool *tool = tool_find(name);
    if (tool) {
        return parse_tool(parser, tool, line, statement);
    }
    if (parser_knows_function(parser, name)) {
        return parse_call_of(parser, name, line, statement);
    }
    return fail_unknown_tag(parser, name, line);
}

bool parse_tag(struct parser *parser, struct str name, uint32_t line,
               struct statement **statement)
{
    if (!parser_enter(parser) || !parse_known_tag(parser, name, line, statement)) {
        return false;
    }
    parser_leave(parser);
    return true;
}
