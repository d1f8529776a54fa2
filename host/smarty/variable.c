#include "smarty/parser.h"
#include "smarty/property.h"

/* ---- variables ---- */

/* {expression}, the lexer at its brace. */
static bool parse_braced(struct parser *parser, struct expression **out)
{
    struct lexer *lexer = &parser->lexer;
    lexer->at++;
    (void)lexer_skip(lexer);
    if (!parse_expression(parser, out)) {
        return false;
    }
    (void)lexer_skip(lexer);
    return lexer_take(lexer, "}") || fail_unexpected(parser, "'}'");
}

/* Behind `$`: a name, or one that is put together: {$color_{$kind}}. */
static bool parse_root(struct parser *parser, struct expression **out)
{
    struct lexer *lexer = &parser->lexer;
    struct str name;
    if (lexer_peek_name(lexer, &name) && lexer_peek(lexer, name.len) != '{') {
        lexer->at += name.len;
        *out = new_variable(parser, name);
        return *out != NULL;
    }
    struct expression *concat = new_expression(parser, EXPRESSION_CONCAT);
    struct expression *dynamic = new_expression(parser, EXPRESSION_DYNAMIC);
    if (!concat || !dynamic) {
        return false;
    }
    struct expression **last = &concat->first;
    dynamic->first = concat;
    for (;;) {
        size_t len = 0;
        struct expression *part;
        while (is_name_char(lexer_peek(lexer, len))) {
            len++;
        }
        if (len > 0) {
            part = new_constant(
                parser, value_text((struct str){lexer->source.ptr + lexer->at, len}));
            lexer->at += len;
        } else if (lexer_peek(lexer, 0) != '{') {
            break;
        } else if (!parse_braced(parser, &part)) {
            return false;
        }
        if (!part) {
            return false;
        }
        *last = part;
        last = &part->next;
    }
    *out = dynamic;
    return concat->first || fail_unexpected(parser, "the name of a variable");
}

static bool new_member(struct parser *parser, struct expression *key,
                       struct expression **out)
{
    struct expression *member = new_expression(parser, EXPRESSION_MEMBER);
    if (!member) {
        return false;
    }
    member->first = *out;
    member->second = key;
    *out = member;
    return true;
}

/* `$shop.product.24-MB01`: by the rules a member, less a word that is no number, which no
 * template can mean. False: it looks like that, and is refused. */
static bool refuse_key(struct parser *parser)
{
    enum { KEY_SHOWN = 40 };
    struct lexer *lexer = &parser->lexer;
    size_t number = 0;
    while (is_name_char(lexer_peek(lexer, number))) {
        number++;
    }
    size_t len = number + 1;
    while (is_name_char(lexer_peek(lexer, len)) ||
           (lexer_peek(lexer, len) == '-' && is_name_char(lexer_peek(lexer, len + 1)))) {
        len++;
    }
    if (!is_digit_char(lexer_peek(lexer, 0)) || lexer_peek(lexer, number) != '-' ||
        !is_name_start(lexer_peek(lexer, number + 1)) || lexer_peek(lexer, len) == '(') {
        return true;
    }
    struct str key = {lexer->source.ptr + lexer->at, len < KEY_SHOWN ? len : KEY_SHOWN};
    return lexer_fail(lexer, lexer_line(lexer),
                      "'%.*s' is no name behind a dot: write [\"%.*s\"]", STR_ARGS(key),
                      STR_ARGS(key));
}

/* Behind a dot: name, number, $variable or {expression}. */
static bool parse_dot(struct parser *parser, struct expression **out)
{
    struct lexer *lexer = &parser->lexer;
    struct expression *key;
    size_t len = 0;
    if (lexer_peek(lexer, 0) == '$') {
        lexer->at++;
        if (!parse_root(parser, &key)) {
            return false;
        }
    } else if (lexer_peek(lexer, 0) == '{') {
        if (!parse_braced(parser, &key)) {
            return false;
        }
    } else {
        if (!refuse_key(parser)) {
            return false;
        }
        while (is_name_char(lexer_peek(lexer, len))) {
            len++;
        }
        if (len == 0) {
            return fail_unexpected(parser, "a name behind the dot");
        }
        key = new_constant(parser,
                           value_text((struct str){lexer->source.ptr + lexer->at, len}));
        lexer->at += len;
    }
    return key && new_member(parser, key, out);
}

/* The number of a loop by a name of another kind than that of {foreach name=}. */
static bool prefixed_loop(struct parser *parser, const char *prefix, struct str name,
                          uint32_t *slot)
{
    struct str text = arena_join(parser->arena, str_from(prefix), name);
    return text.ptr ? names_number(parser, &parser->part->loops, text, slot)
                    : fail_here(parser, "the template is too large");
}

/* [name] and [name.property]: the index of the {section} called so, even if it reads like a
 * word that means something; or another property. */
static bool take_section(struct lexer *lexer, struct str *name, struct str *property)
{
    struct lexer here = *lexer;
    *property = STR_OF("index");
    bool found = lexer_name(&here, name) &&
                 (!lexer_take(&here, ".") || lexer_name(&here, property)) &&
                 lexer_peek(&here, 0) == ']';
    if (found) {
        *lexer = here;
    }
    return found;
}

bool ask_property(struct parser *parser, const char *prefix, struct str loop,
                  struct str property)
{
    struct str text = arena_join(parser->arena, str_from(prefix), loop);
    if (!parser->asked) {
        parser->asked = array_make(parser->arena, 0);
    }
    if (!text.ptr || !parser->asked) {
        return fail_here(parser, "the template is too large");
    }
    struct key key = key_named(text);
    struct value *bits = array_place(parser->arena, parser->asked, &key);
    if (!bits) {
        return fail_here(parser, "the template is too large");
    }
    int64_t before = bits->type == VALUE_INT ? bits->integer : 0;
    *bits = value_int(before | property_bits(property_find(property)));
    return true;
}

bool section_loop(struct parser *parser, struct str name, uint32_t *slot)
{
    return prefixed_loop(parser, "#", name, slot);
}

/* What $smarty.foreach.name and $smarty.section.name have: another word is a mistake. */
static bool check_property(struct parser *parser, const char *tag, struct str name,
                           bool section)
{
    enum property property = property_find(name);
    bool of_section = property == PROPERTY_ROWNUM || property == PROPERTY_LOOP ||
                      property == PROPERTY_PREVIOUS || property == PROPERTY_NEXT;
    bool of_both = property <= PROPERTY_SHOW && property != PROPERTY_KEY;
    return of_both || (section && of_section) ||
           lexer_fail(&parser->lexer, lexer_line(&parser->lexer),
                      "a {%s} has no property '%.*s'", tag,
                      STR_ARGS(str_before(name, NAME_SHOWN)));
}

static bool new_section_property(struct parser *parser, struct str name,
                                 struct str property, struct expression **out)
{
    struct expression *loop = new_expression(parser, EXPRESSION_LOOP);
    if (!loop) {
        return false;
    }
    loop->name = name;
    loop->first = new_constant(parser, value_text(property));
    *out = loop;
    return loop->first && check_property(parser, "section", property, true) &&
           ask_property(parser, "#", name, property) &&
           section_loop(parser, name, &loop->slot);
}

/* [12345678901234567890]: more digits than a number has. As a key they are a text, as they
 * are behind a dot: rounded they would name another thing, or none. */
static bool take_digits(struct lexer *lexer, struct str *digits)
{
    struct lexer here = *lexer;
    int64_t number;
    while (is_digit_char(lexer_peek(&here, 0))) {
        here.at++;
    }
    *digits = (struct str){lexer->source.ptr + lexer->at, here.at - lexer->at};
    (void)lexer_skip(&here);
    bool found = digits->len > 0 && digits->ptr[0] != '0' && lexer_peek(&here, 0) == ']' &&
                 !str_to_int64(*digits, 0, INT64_MAX, &number);
    if (found) {
        *lexer = here;
    }
    return found;
}

/* Behind a bracket. */
static bool parse_bracket(struct parser *parser, bool target, struct expression **out)
{
    struct lexer *lexer = &parser->lexer;
    struct expression *key = NULL;
    (void)lexer_skip(lexer);
    struct str name;
    struct str property;
    if (take_section(lexer, &name, &property)) {
        if (!new_section_property(parser, name, property, &key)) {
            return false;
        }
    } else if (take_digits(lexer, &name)) {
        key = new_constant(parser, value_text(name));
        if (!key) {
            return false;
        }
    } else if (!(target && lexer_peek(lexer, 0) == ']') &&
               !parse_expression(parser, &key)) {
        return false;
    }
    (void)lexer_skip(lexer);
    return (lexer_take(lexer, "]") || fail_unexpected(parser, "']'")) &&
           new_member(parser, key, out);
}

bool item_loop(struct parser *parser, struct str item, uint32_t *slot)
{
    return prefixed_loop(parser, "@", item, slot);
}

/* $name@property: of the loop whose item or key is $name. */
static bool parse_property(struct parser *parser, struct expression **out)
{
    struct str name;
    if ((*out)->kind != EXPRESSION_VARIABLE || !lexer_name(&parser->lexer, &name)) {
        return fail_unexpected(parser, "a property of a loop's variable");
    }
    struct expression *property = *out;
    property->kind = EXPRESSION_PROPERTY;
    property->first = new_constant(parser, value_text(name));
    return property->first && ask_property(parser, "@", property->name, name) &&
           item_loop(parser, property->name, &property->slot);
}

bool refuse_code(struct parser *parser)
{
    static const struct {
        const char *text;
        const char *what;
    } refused[] = {{"->", "templates cannot use methods and properties of objects"},
                   {"::", "templates cannot use classes"},
                   {"(", "templates cannot call a function by a variable name"}};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        if (lexer_take(&parser->lexer, refused[i].text)) {
            return fail_here(parser, refused[i].what);
        }
    }
    return true;
}

static bool parse_path(struct parser *parser, bool target, struct expression **out)
{
    struct lexer *lexer = &parser->lexer;
    for (unsigned steps = 0; steps < PARSER_DEPTH_MOST; steps++) {
        bool good;
        if (lexer_take(lexer, ".")) {
            good = parse_dot(parser, out);
        } else if (lexer_take(lexer, "[")) {
            good = parse_bracket(parser, target, out);
        } else if (lexer_take(lexer, "@")) {
            good = parse_property(parser, out);
        } else {
            return refuse_code(parser);
        }
        if (!good) {
            return false;
        }
    }
    return fail_here(parser, "a path with too many steps");
}

/* ---- $smarty ---- */

/* .name, ["name"] or ['name'] */
static bool parse_special_name(struct parser *parser, struct str *name)
{
    struct lexer *lexer = &parser->lexer;
    const char *quotes[] = {"\"", "'"};
    struct lexer here = *lexer;
    for (size_t i = 0; i < 2 && lexer_take(&here, "["); i++) {
        if (lexer_take(&here, quotes[i]) && lexer_name(&here, name) &&
            lexer_take(&here, quotes[i]) && lexer_take(&here, "]")) {
            *lexer = here;
            return true;
        }
        here = *lexer;
    }
    return (lexer_take(lexer, ".") && lexer_name(lexer, name)) ||
           fail_unexpected(parser, "a name behind the dot");
}

static bool special_text(struct parser *parser, const char *text, struct expression **out)
{
    *out = new_constant(parser, value_text(str_from(text)));
    return *out != NULL;
}

static bool parse_special_left(struct parser *parser, struct expression **out)
{
    return special_text(parser, "{", out);
}

static bool parse_special_right(struct parser *parser, struct expression **out)
{
    return special_text(parser, "}", out);
}

static bool parse_special_version(struct parser *parser, struct expression **out)
{
    return special_text(parser, "imh", out);
}

static bool parse_special_now(struct parser *parser, struct expression **out)
{
    *out = new_expression(parser, EXPRESSION_NOW);
    return *out != NULL;
}

static bool parse_special_template(struct parser *parser, struct expression **out)
{
    *out = new_expression(parser, EXPRESSION_TEMPLATE);
    return *out != NULL;
}

/* $smarty.foreach.name.property */
static bool parse_special_foreach(struct parser *parser, struct expression **out)
{
    struct str name;
    struct str property;
    if (!parse_special_name(parser, &name) || !parse_special_name(parser, &property)) {
        return false;
    }
    struct expression *loop = new_expression(parser, EXPRESSION_LOOP);
    if (!loop) {
        return false;
    }
    loop->name = name;
    loop->first = new_constant(parser, value_text(property));
    *out = loop;
    return loop->first && check_property(parser, "foreach", property, false) &&
           ask_property(parser, "", name, property) &&
           names_number(parser, &parser->part->loops, name, &loop->slot);
}

/* $smarty.section.name.property */
static bool parse_special_section(struct parser *parser, struct expression **out)
{
    struct str name;
    struct str property;
    return parse_special_name(parser, &name) && parse_special_name(parser, &property) &&
           new_section_property(parser, name, property, out);
}

/* $smarty.capture.name; without a name all of them. */
static bool parse_special_capture(struct parser *parser, struct expression **out)
{
    struct expression *captured = new_expression(parser, EXPRESSION_CAPTURED);
    if (!captured) {
        return false;
    }
    *out = captured;
    struct expression *member = captured;
    bool good = lexer_take(&parser->lexer, ".")   ? parse_dot(parser, &member)
                : lexer_take(&parser->lexer, "[") ? parse_bracket(parser, false, &member)
                                                  : true;
    captured->first = good ? member->second : NULL;
    return good;
}

static bool parse_special_config(struct parser *parser, struct expression **out)
{
    struct str ignored;
    *out = new_constant(parser, value_null());
    return parse_special_name(parser, &ignored) && *out;
}

/* Behind `$smarty`. */
static bool parse_special(struct parser *parser, struct expression **out)
{
    static const struct {
        const char *name;
        bool (*parse)(struct parser *parser, struct expression **out);
    } specials[] = {
        {"now", parse_special_now},           {"foreach", parse_special_foreach},
        {"section", parse_special_section},   {"capture", parse_special_capture},
        {"ldelim", parse_special_left},       {"rdelim", parse_special_right},
        {"template", parse_special_template}, {"version", parse_special_version},
        {"config", parse_special_config}};
    struct str name;
    if (!parse_special_name(parser, &name)) {
        return false;
    }
    for (size_t i = 0; i < sizeof specials / sizeof *specials; i++) {
        if (str_is(name, specials[i].name)) {
            return specials[i].parse(parser, out);
        }
    }
    return lexer_fail(&parser->lexer, lexer_line(&parser->lexer),
                      "$smarty.%.*s is not offered to templates",
                      STR_ARGS(str_before(name, NAME_SHOWN)));
}

/* What parse_target() read here and left; it is used once. */
static bool take_known(struct parser *parser, struct expression **expression)
{
    if (!parser->variable || parser->variable_from != parser->lexer.at) {
        return false;
    }
    *expression = parser->variable;
    parser->lexer.at = parser->variable_to;
    parser->variable = NULL;
    return true;
}

bool parse_variable(struct parser *parser, bool target, struct expression **expression)
{
    struct lexer *lexer = &parser->lexer;
    struct str name;
    if (take_known(parser, expression)) {
        return true;
    }
    lexer->at++; /* the dollar sign */
    bool special = lexer_peek_name(lexer, &name) && str_is(name, "smarty") &&
                   lexer_peek(lexer, name.len) != '{';
    lexer->at += special ? name.len : 0;
    return (special ? parse_special(parser, expression) : parse_root(parser, expression)) &&
           parse_path(parser, target, expression);
}
