#include "smarty/parser.h"

/* ---- attributes ---- */

enum { ATTRIBUTES_MOST = 16 };

struct attribute {
    struct str name;
    struct expression *value;
};

struct attributes {
    struct attribute items[ATTRIBUTES_MOST];
    unsigned count;
};

/* `name =` here, and no comparison? */
static bool is_named(const struct lexer *lexer)
{
    struct lexer here = *lexer;
    struct str name;
    if (!lexer_name(&here, &name)) {
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
        (void)lexer_name(lexer, &attribute->name);
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

static bool is_flag(const struct expression *value)
{
    return value->kind == EXPRESSION_CONSTANT && value->constant.type == VALUE_TEXT &&
           str_is(value_str(&value->constant), "nocache");
}

static bool has_word(const char *words, struct str wanted)
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

/* What a tag says of its attributes. */
struct signature {
    const char *tag;
    const char *names;       /* all there are */
    const char *short_names; /* of those that may stand without a name, in order */
};

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
    return has_word(signature->names, attribute->name) ||
           lexer_fail(&parser->lexer, lexer_line(&parser->lexer),
                      "{%s} has no attribute '%.*s'", signature->tag,
                      STR_ARGS(str_before(attribute->name, NAME_SHOWN)));
}

/* All attributes up to the `}`. */
static bool parse_attributes(struct parser *parser, const struct signature *signature,
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
        bool flag = attribute->name.len == 0 && is_flag(attribute->value);
        if (!flag && !name_attribute(parser, signature, position, attribute)) {
            return false;
        }
        attributes->count += !flag;
    }
}

static struct expression *find_attribute(const struct attributes *attributes,
                                         const char *name)
{
    for (unsigned i = 0; i < attributes->count; i++) {
        if (str_is(attributes->items[i].name, name)) {
            return attributes->items[i].value;
        }
    }
    return NULL;
}

/* The text of an attribute that must be a plain word or string; empty when it is absent. */
static bool constant_text(struct parser *parser, const struct expression *value,
                          const char *what, struct str *text)
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

/* The variable that `name` names: known now, or only when it is rendered. */
static struct expression *target_from(struct parser *parser, struct expression *name)
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

/* ---- blocks ---- */

/* The end of a block named `tag` must be here. */
static bool check_close(struct parser *parser, struct str stop, const char *tag,
                        uint32_t line)
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

/* White space, and something behind it. */
static bool need_blank(struct parser *parser, const char *wanted)
{
    return lexer_skip(&parser->lexer) || fail_unexpected(parser, wanted);
}

/* Behind {else: is it {else if ...}? */
static bool take_else_if(struct lexer *lexer)
{
    struct lexer here = *lexer;
    struct str name;
    if (!lexer_skip(&here) || !lexer_name(&here, &name) ||
        !str_eq_nocase(name, STR_OF("if"))) {
        return false;
    }
    *lexer = here;
    return true;
}

static bool parse_branch(struct parser *parser, struct statement *statement,
                         struct str *stop)
{
    return need_blank(parser, "a condition behind a space") &&
           parse_expression(parser, &statement->value) && parse_tag_end(parser, true) &&
           parse_body(parser, &statement->body, stop);
}

/* Is another condition here: {elseif}, or {else if}? */
static bool take_next_condition(struct parser *parser, struct str stop)
{
    return str_eq_nocase(stop, STR_OF("elseif")) ||
           (str_eq_nocase(stop, STR_OF("else")) && take_else_if(&parser->lexer));
}

/* An {elseif} is an {if} in the {else} of the one before. */
static bool parse_if(struct parser *parser, uint32_t line, struct statement **out)
{
    struct statement **place = out;
    struct str stop;
    do {
        *place = new_statement(parser, STATEMENT_IF,
                               place == out ? line : lexer_line(&parser->lexer));
        if (!*place || !parse_branch(parser, *place, &stop)) {
            return false;
        }
        place = &(*place)->otherwise;
    } while (take_next_condition(parser, stop));
    if (str_eq_nocase(stop, STR_OF("else")) &&
        (!parse_tag_end(parser, true) || !parse_body(parser, place, &stop))) {
        return false;
    }
    return check_close(parser, stop, "if", line) && parse_tag_end(parser, true);
}

static bool parse_loop_variable(struct parser *parser, struct str *name)
{
    (void)lexer_skip(&parser->lexer);
    return (lexer_take(&parser->lexer, "$") && lexer_name(&parser->lexer, name)) ||
           fail_unexpected(parser, "the variable of the loop, as in $list as $item");
}

static bool set_loop_variables(struct parser *parser, struct str item, struct str key,
                               struct statement *statement)
{
    statement->item_key = SLOT_NONE;
    return names_number(parser, &parser->variables, item, &statement->item) &&
           item_loop(parser, item, &statement->item_loop) &&
           (key.len == 0 ||
            names_number(parser, &parser->variables, key, &statement->item_key));
}

/* $list as $item, $list as $key => $item */
static bool parse_as(struct parser *parser, struct statement *statement)
{
    struct lexer *lexer = &parser->lexer;
    struct str word;
    struct str item;
    struct str key = {"", 0};
    if (!parse_expression(parser, &statement->value)) {
        return false;
    }
    if (!lexer_skip(lexer) || !lexer_name(lexer, &word) ||
        !str_eq_nocase(word, STR_OF("as"))) {
        return fail_unexpected(parser, "'as' and a variable");
    }
    if (!parse_loop_variable(parser, &item)) {
        return false;
    }
    struct lexer here = *lexer;
    (void)lexer_skip(&here);
    if (lexer_take(&here, "=>")) {
        *lexer = here;
        key = item;
        if (!parse_loop_variable(parser, &item)) {
            return false;
        }
    }
    return set_loop_variables(parser, item, key, statement);
}

/* from=$list item=name key=name */
static bool set_from_attributes(struct parser *parser, const struct attributes *attributes,
                                struct statement *statement)
{
    struct expression *item = find_attribute(attributes, "item");
    struct str item_name;
    struct str key_name;
    statement->value = find_attribute(attributes, "from");
    if (!statement->value || !item) {
        return fail_here(parser, "{foreach} needs from= and item=");
    }
    return constant_text(parser, item, "a name", &item_name) &&
           constant_text(parser, find_attribute(attributes, "key"), "a name", &key_name) &&
           set_loop_variables(parser, item_name, key_name, statement);
}

static bool parse_foreach_head(struct parser *parser, struct statement *statement)
{
    struct attributes attributes;
    if (!need_blank(parser, "a list behind a space")) {
        return false;
    }
    if (is_named(&parser->lexer)) {
        parser->lexer.at--; /* the blank that must stand before an attribute */
    } else if (!parse_as(parser, statement)) {
        return false;
    }
    bool is_new = statement->value != NULL;
    const struct signature signature = {"foreach", is_new ? "name" : "from item key name",
                                        ""};
    struct str name;
    if (!parse_attributes(parser, &signature, &attributes) ||
        !constant_text(parser, find_attribute(&attributes, "name"), "a name", &name)) {
        return false;
    }
    statement->name_loop = SLOT_NONE;
    if (name.len > 0 &&
        !names_number(parser, &parser->loops, name, &statement->name_loop)) {
        return false;
    }
    return (is_new || set_from_attributes(parser, &attributes, statement)) &&
           parse_tag_end(parser, true);
}

static bool parse_foreach(struct parser *parser, uint32_t line, struct statement **out)
{
    struct statement *statement = new_statement(parser, STATEMENT_FOREACH, line);
    struct str stop;
    *out = statement;
    if (!statement || !parse_foreach_head(parser, statement)) {
        return false;
    }
    parser->open_loops++;
    bool good = parse_body(parser, &statement->body, &stop);
    parser->open_loops--;
    if (good && str_eq_nocase(stop, STR_OF("foreachelse"))) {
        good =
            parse_tag_end(parser, true) && parse_body(parser, &statement->otherwise, &stop);
    }
    return good && check_close(parser, stop, "foreach", line) &&
           parse_tag_end(parser, true);
}

static bool parse_jump(struct parser *parser, const char *tag, struct statement *statement)
{
    const struct signature signature = {tag, "levels", "levels"};
    struct attributes attributes;
    if (!statement || !parse_attributes(parser, &signature, &attributes)) {
        return false;
    }
    struct expression *levels = find_attribute(&attributes, "levels");
    statement->levels = 1;
    if (levels) {
        if (levels->kind != EXPRESSION_CONSTANT || levels->constant.type != VALUE_INT ||
            levels->constant.integer < 1) {
            return fail_here(parser, "how many loops to leave must be a number, 1 or more");
        }
        int64_t count = levels->constant.integer;
        statement->levels = count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
    }
    if (statement->levels > parser->open_loops) {
        return lexer_fail(&parser->lexer, lexer_line(&parser->lexer),
                          "{%s} of %u loop%s, but %u are open here", tag, statement->levels,
                          statement->levels == 1 ? "" : "s", parser->open_loops);
    }
    return parse_tag_end(parser, true);
}

static bool parse_break(struct parser *parser, uint32_t line, struct statement **out)
{
    *out = new_statement(parser, STATEMENT_BREAK, line);
    return parse_jump(parser, "break", *out);
}

static bool parse_continue(struct parser *parser, uint32_t line, struct statement **out)
{
    *out = new_statement(parser, STATEMENT_CONTINUE, line);
    return parse_jump(parser, "continue", *out);
}

/* ---- variables ---- */

static bool check_scope(struct parser *parser, const struct attributes *attributes)
{
    static const struct str scopes[] = {STR(""), STR("local"), STR("parent"), STR("root"),
                                        STR("global")};
    struct str scope;
    if (!constant_text(parser, find_attribute(attributes, "scope"), "a scope", &scope)) {
        return false;
    }
    for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++) {
        if (str_eq(scope, scopes[i])) {
            return true;
        }
    }
    return fail_here(parser, "a scope is local, parent, root or global");
}

static bool parse_setter(struct parser *parser, const char *tag, const char *names,
                         struct statement *statement)
{
    const struct signature signature = {tag, names, "var value"};
    struct attributes attributes;
    if (!statement || !parse_attributes(parser, &signature, &attributes) ||
        !check_scope(parser, &attributes)) {
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

static bool parse_assign(struct parser *parser, uint32_t line, struct statement **out)
{
    *out = new_statement(parser, STATEMENT_ASSIGN, line);
    return parse_setter(parser, "assign", "var value scope", *out);
}

static bool parse_append(struct parser *parser, uint32_t line, struct statement **out)
{
    *out = new_statement(parser, STATEMENT_APPEND, line);
    return parse_setter(parser, "append", "var value index scope", *out);
}

static bool parse_capture(struct parser *parser, uint32_t line, struct statement **out)
{
    static const struct signature signature = {"capture", "name assign append", "name"};
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

/* ---- the table ---- */

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

static bool parse_ldelim(struct parser *parser, uint32_t line, struct statement **out)
{
    return parse_brace(parser, line, "{", out);
}

static bool parse_rdelim(struct parser *parser, uint32_t line, struct statement **out)
{
    return parse_brace(parser, line, "}", out);
}

static const struct {
    struct str name;
    bool any_case;
    bool (*parse)(struct parser *parser, uint32_t line, struct statement **statement);
} tags[] = {
    {STR("if"), true, parse_if},
    {STR("foreach"), true, parse_foreach},
    {STR("break"), false, parse_break},
    {STR("continue"), false, parse_continue},
    {STR("assign"), false, parse_assign},
    {STR("append"), false, parse_append},
    {STR("capture"), false, parse_capture},
    {STR("ldelim"), false, parse_ldelim},
    {STR("rdelim"), false, parse_rdelim},
};

/* Tags of Smarty that reach files, code or the server. */
static const struct str refused[] = {STR("php"),       STR("include_php"), STR("insert"),
                                     STR("fetch"),     STR("config_load"), STR("debug"),
                                     STR("html_image")};

bool is_divider(struct str name)
{
    return str_eq_nocase(name, STR_OF("else")) || str_eq_nocase(name, STR_OF("elseif")) ||
           str_eq_nocase(name, STR_OF("foreachelse"));
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
    return (struct str){"", 0};
}

static bool fail_unknown_tag(struct parser *parser, struct str name, uint32_t line)
{
    struct lexer *lexer = &parser->lexer;
    struct str near = nearest_tag(name);
    if (is_refused(name)) {
        return lexer_fail(lexer, line, "{%.*s} is not offered to templates",
                          STR_ARGS(name));
    }
    if (near.len > 0) {
        return lexer_fail(lexer, line, "unknown tag '%.*s'; did you mean '%.*s'?",
                          STR_ARGS(name), STR_ARGS(near));
    }
    return lexer_fail(lexer, line,
                      "unknown tag '%.*s'; a brace that is meant as text needs a space "
                      "behind it, {literal} or {ldelim}",
                      STR_ARGS(str_before(name, NAME_SHOWN)));
}

bool parse_tag(struct parser *parser, struct str name, uint32_t line,
               struct statement **statement)
{
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        if (tags[i].any_case ? str_eq_nocase(tags[i].name, name)
                             : str_eq(tags[i].name, name)) {
            if (parser_enter(parser) && tags[i].parse(parser, line, statement)) {
                parser_leave(parser);
                return true;
            }
            return false;
        }
    }
    return fail_unknown_tag(parser, name, line);
}
