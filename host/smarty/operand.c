#include "smarty/modifiers.h"
#include "smarty/parser.h"

/* ---- literals ---- */

static bool parse_single_quoted(struct parser *parser, struct expression **out)
{
    struct lexer *lexer = &parser->lexer;
    uint32_t line = lexer_line(lexer);
    size_t start = ++lexer->at;
    while (!lexer_is_end(lexer) && lexer_peek(lexer, 0) != '\'') {
        lexer->at +=
            lexer_peek(lexer, 0) == '\\' && lexer->at + 1 < lexer->source.len ? 2 : 1;
    }
    if (lexer_is_end(lexer)) {
        return lexer_fail(lexer, line, "this string has no end: \"'\" is missing");
    }
    size_t end = lexer->at++;
    char *copy = arena_alloc(parser->arena, end - start);
    size_t len = 0;
    for (size_t i = start; copy && i < end; i++) {
        char next = i + 1 < end ? lexer->source.ptr[i + 1] : '\0';
        i += lexer->source.ptr[i] == '\\' && (next == '\'' || next == '\\');
        copy[len++] = lexer->source.ptr[i];
    }
    *out = copy ? new_constant(parser, value_text((struct str){copy, len})) : NULL;
    return *out || fail_here(parser, "the template is too large");
}

/* Digits with a 0 in front are octal, as in PHP; what does not fit is a float. */
static bool number_from(struct parser *parser, struct str text, struct value *number)
{
    bool octal = text.len > 1 && text.ptr[0] == '0' && str_find_char(text, '.') == text.len;
    if (!octal) {
        return text_to_number(text, number) == NUMERIC_WHOLE ||
               fail_here(parser, "a number that is too long");
    }
    int64_t sum = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] > '7' || sum > INT64_MAX / 8 - 7) {
            return fail_here(parser, "a number that begins with 0 is octal: digits 0 to 7");
        }
        sum = sum * 8 + (text.ptr[i] - '0');
    }
    *number = value_int(sum);
    return true;
}

static bool parse_number(struct parser *parser, struct expression **out)
{
    struct lexer *lexer = &parser->lexer;
    size_t start = lexer->at;
    struct value number;
    while (is_digit_char(lexer_peek(lexer, 0))) {
        lexer->at++;
    }
    if (lexer_peek(lexer, 0) == '.') {
        lexer->at++;
        while (is_digit_char(lexer_peek(lexer, 0))) {
            lexer->at++;
        }
    }
    struct str text = {lexer->source.ptr + start, lexer->at - start};
    if (!number_from(parser, text, &number)) {
        return false;
    }
    *out = new_constant(parser, number);
    return *out != NULL;
}

/* word => value: any word is text there, even `true`. */
static bool parse_word_key(struct parser *parser, struct expression **key)
{
    struct lexer here = parser->lexer;
    struct str word;
    if (!is_name_start(lexer_peek(&here, 0)) || !lexer_name(&here, &word)) {
        return true;
    }
    (void)lexer_skip(&here);
    if (lexer_peek(&here, 0) != '=' || lexer_peek(&here, 1) != '>') {
        return true;
    }
    parser->lexer.at += word.len;
    *key = new_constant(parser, value_text(word));
    return *key != NULL;
}

/* value, key => value */
static bool parse_element(struct parser *parser, struct expression **element)
{
    struct lexer *lexer = &parser->lexer;
    struct expression *key = NULL;
    if (!parse_word_key(parser, &key) || (!key && !parse_expression(parser, element))) {
        return false;
    }
    (void)lexer_skip(lexer);
    if (lexer_take(lexer, "=>")) {
        key = key ? key : *element;
        (void)lexer_skip(lexer);
        if (!parse_expression(parser, element)) {
            return false;
        }
        (void)lexer_skip(lexer);
    }
    (*element)->key = key;
    return true;
}

/* Elements up to `close`; the lexer stands behind what opens the array. */
static bool parse_array(struct parser *parser, const char *close, struct expression **out)
{
    struct lexer *lexer = &parser->lexer;
    struct expression *array = new_expression(parser, EXPRESSION_ARRAY);
    if (!array) {
        return false;
    }
    struct expression **last = &array->first;
    for (;;) {
        struct expression *element;
        (void)lexer_skip(lexer);
        if (lexer_take(lexer, close)) {
            *out = array;
            return true;
        }
        if (!parse_element(parser, &element)) {
            return false;
        }
        *last = element;
        last = &element->next;
        if (!lexer_take(lexer, ",") &&
            !str_starts(str_after(lexer->source, lexer->at), str_from(close))) {
            return fail_unexpected(parser, "',' or the end of the array");
        }
    }
}

/* ---- calls ---- */

static bool fail_unknown(struct parser *parser, const char *kind, struct str name,
                         unsigned use)
{
    struct str near = function_nearest(name, use);
    name = str_before(name, NAME_SHOWN);
    uint32_t line = lexer_line(&parser->lexer);
    if (near.len > 0) {
        (void)lexer_fail(&parser->lexer, line, "unknown %s '%.*s'; did you mean '%.*s'?",
                         kind, STR_ARGS(name), STR_ARGS(near));
    } else {
        (void)lexer_fail(&parser->lexer, line, "unknown %s '%.*s'", kind, STR_ARGS(name));
    }
    lexer_fail_at(&parser->lexer, name.ptr);
    return false;
}

/* What is no ordinary function: their arguments may be missing, or are not evaluated. */
static const struct function specials[] = {
    FUNCTION_RUN("default", 1, ARGUMENTS_MANY, AS_MODIFIER, NULL, NULL),
    FUNCTION_RUN("empty", 1, 1, AS_BOTH, NULL, NULL),
    FUNCTION_RUN("isset", 1, ARGUMENTS_MANY, AS_BOTH, NULL, NULL),
    FUNCTION_RUN("noprint", 1, ARGUMENTS_MANY, AS_MODIFIER, NULL, NULL),
};

static const enum expression_kind special_kinds[] = {EXPRESSION_DEFAULT, EXPRESSION_EMPTY,
                                                     EXPRESSION_ISSET, EXPRESSION_NOPRINT};

const struct family family_special = {specials, sizeof specials / sizeof *specials};

static bool check_count(struct parser *parser, struct str name, uint32_t count,
                        unsigned least, unsigned most)
{
    if (count < least || (most != ARGUMENTS_MANY && count > most)) {
        return lexer_fail(&parser->lexer, lexer_line(&parser->lexer),
                          "'%.*s' does not take %u argument%s", STR_ARGS(name), count,
                          count == 1 ? "" : "s");
    }
    return true;
}

/* A call of `name` with `count` arguments from `first` on. */
static bool make_call(struct parser *parser, struct str name, unsigned use,
                      struct expression *first, uint32_t count, struct expression **out)
{
    const struct function *function = function_find(name, use);
    if (!function) {
        return fail_unknown(parser, use == AS_MODIFIER ? "modifier" : "function", name,
                            use);
    }
    bool special =
        function >= specials && function < specials + sizeof specials / sizeof *specials;
    *out = new_expression(parser,
                          special ? special_kinds[function - specials] : EXPRESSION_CALL);
    if (*out) {
        (*out)->first = first;
        (*out)->function = function;
    }
    return *out && check_count(parser, name, count, function->least, function->most);
}

/* name(argument, ...), the lexer at the name. */
static bool parse_call(struct parser *parser, struct str name, struct expression **out)
{
    struct lexer *lexer = &parser->lexer;
    struct expression *arguments;
    uint32_t count = 0;
    lexer->at += name.len + 1;
    if (str_eq_nocase(name, STR_OF("array"))) {
        return parse_array(parser, ")", out);
    }
    if (!parse_array(parser, ")", &arguments)) {
        return false;
    }
    for (struct expression *at = arguments->first; at; at = at->next) {
        if (at->key) {
            return fail_here(parser, "an argument cannot have a key");
        }
        count++;
    }
    return make_call(parser, name, AS_FUNCTION, arguments->first, count, out);
}

/* ---- modifiers ---- */

/* `:argument:argument` */
static bool parse_arguments(struct parser *parser, struct expression **last,
                            uint32_t *count)
{
    struct lexer *lexer = &parser->lexer;
    for (;;) {
        size_t before = lexer->at;
        (void)lexer_skip(lexer);
        if (lexer_peek(lexer, 0) != ':' || lexer_peek(lexer, 1) == ':') {
            lexer->at = before;
            return true;
        }
        lexer->at++;
        (void)lexer_skip(lexer);
        if (!parse_argument(parser, last)) {
            return false;
        }
        last = &(*last)->next;
        ++*count;
    }
}

/* Of the kinds of escaping these are not for HTML, or more than that: instead of the
 * automatic one. Of any other kind HTML would get through. */
static bool is_kind_of_its_own(struct str kind)
{
    static const struct str kinds[] = {
        STR("htmlall"),    STR("url"),    STR("urlpathinfo"), STR("quotes"),
        STR("javascript"), STR("base64"), STR("json")};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (str_eq(kinds[i], kind)) {
            return true;
        }
    }
    return false;
}

/* With automatic escaping, `|escape` for HTML is what happens anyway (`force`: twice), and
 * some other kinds, or `|raw`, are instead of it. */
static void note_escaping(struct parser *parser, struct str name, struct expression *call)
{
    bool escape = str_is(name, "escape");
    if (!parser->escape_html || parser->in_string || (!escape && !str_is(name, "raw"))) {
        return;
    }
    const struct expression *type = call->first->next;
    bool known =
        type && type->kind == EXPRESSION_CONSTANT && type->constant.type == VALUE_TEXT;
    struct str kind = known ? value_str(&type->constant) : STR_OF("");
    parser->raw = parser->raw || !escape || is_kind_of_its_own(kind);
    if (escape && (!type || str_is(kind, "html"))) {
        call->escapes = parser->escapes;
        parser->escapes = call;
    }
}

/* Smarty's own modifiers take no notice of arguments that they do not know; PHP's functions
 * refuse them. */
static void drop_surplus(struct str name, struct expression *first, uint32_t *count)
{
    const struct function *function = function_find(name, AS_MODIFIER);
    if (function && !(function->use & AS_FUNCTION) && function->most < *count &&
        function->most != ARGUMENTS_MANY) {
        for (uint32_t i = 1; i < function->most; i++) {
            first = first->next;
        }
        first->next = NULL;
        *count = function->most;
    }
}

/* One modifier, behind its bar. */
static bool parse_modifier(struct parser *parser, struct expression **out)
{
    struct lexer *lexer = &parser->lexer;
    struct str name;
    uint32_t count = 1;
    while (lexer_take(lexer, "@")) {
    }
    if (!is_name_start(lexer_peek(lexer, 0)) || !lexer_name(lexer, &name)) {
        return fail_unexpected(parser, "the name of a modifier");
    }
    if (!parse_arguments(parser, &(*out)->next, &count)) {
        return false;
    }
    drop_surplus(name, *out, &count);
    if (!make_call(parser, name, AS_MODIFIER, *out, count, out)) {
        return false;
    }
    note_escaping(parser, name, *out);
    return true;
}

static bool parse_modifiers(struct parser *parser, struct expression **out)
{
    struct lexer *lexer = &parser->lexer;
    while (lexer_peek(lexer, 0) == '|' && lexer_peek(lexer, 1) != '|') {
        lexer->at++;
        if (!parse_modifier(parser, out)) {
            return false;
        }
    }
    return true;
}

bool parse_filter(struct parser *parser, struct expression **expression)
{
    return parse_modifier(parser, expression) && parse_modifiers(parser, expression);
}

/* $i++, $list.key-- and the like, behind the variable. */
static bool parse_step(struct parser *parser, struct expression *variable, bool before)
{
    struct lexer *lexer = &parser->lexer;
    int by = lexer_take(lexer, "++") ? 1 : lexer_take(lexer, "--") ? -1 : 0;
    if (by == 0) {
        return true;
    }
    const struct expression *root = variable;
    while (root->kind == EXPRESSION_MEMBER) {
        root = root->first;
    }
    if (root->kind != EXPRESSION_VARIABLE) {
        return fail_here(parser,
                         "only a variable and its members can be counted up or down");
    }
    struct step step = {.by = by, .before = before};
    if (variable->kind == EXPRESSION_MEMBER) {
        struct expression *member = new_expression(parser, EXPRESSION_MEMBER);
        if (!member) {
            return false;
        }
        *member = *variable;
        variable->first = member;
        variable->second = NULL;
    }
    variable->kind = EXPRESSION_STEP;
    variable->step = step;
    return true;
}

/* ---- operands ---- */

static bool parse_word(struct parser *parser, struct str word, struct expression **out)
{
    struct lexer *lexer = &parser->lexer;
    struct value value = value_text(word);
    if (lexer_peek(lexer, word.len) == '(') {
        return parse_call(parser, word, out);
    }
    if (str_eq_nocase(word, STR_OF("true")) || str_eq_nocase(word, STR_OF("false"))) {
        value = value_bool(word.len == 4);
    } else if (str_eq_nocase(word, STR_OF("null"))) {
        value = value_null();
    }
    lexer->at += word.len;
    *out = new_constant(parser, value);
    return *out && refuse_code(parser);
}

/* {#name#}: of a configuration file, and there are none. */
static bool parse_config(struct parser *parser, struct expression **out)
{
    struct lexer *lexer = &parser->lexer;
    struct str name;
    lexer->at++;
    if (!lexer_name(lexer, &name) || !lexer_take(lexer, "#")) {
        return fail_unexpected(parser, "a name between two #");
    }
    *out = new_constant(parser, value_null());
    return *out != NULL;
}

static bool parse_parenthesised(struct parser *parser, struct expression **out)
{
    struct lexer *lexer = &parser->lexer;
    lexer->at++;
    (void)lexer_skip(lexer);
    if (!parse_expression(parser, out)) {
        return false;
    }
    (void)lexer_skip(lexer);
    return lexer_take(lexer, ")") || fail_unexpected(parser, "')'");
}

/* ++$i and --$i. */
static bool parse_step_before(struct parser *parser, struct expression **out)
{
    struct lexer *lexer = &parser->lexer;
    size_t sign = lexer->at;
    lexer->at += 2;
    if (lexer_peek(lexer, 0) != '$' || !parse_variable(parser, false, out)) {
        return fail_unexpected(parser, "a variable");
    }
    size_t end = lexer->at;
    lexer->at = sign;
    bool good = parse_step(parser, *out, true);
    lexer->at = end;
    return good;
}

bool parse_value(struct parser *parser, struct expression **out)
{
    struct lexer *lexer = &parser->lexer;
    struct str word;
    char first = lexer_peek(lexer, 0);
    if (first == '$') {
        return parse_variable(parser, false, out) && parse_step(parser, *out, false);
    }
    if (lexer_peek(lexer, 1) == first && (first == '+' || first == '-')) {
        return parse_step_before(parser, out);
    }
    if (first == '"') {
        lexer->at++;
        return parse_quoted(parser, out);
    }
    if (first == '\'') {
        return parse_single_quoted(parser, out);
    }
    if (first == '(') {
        return parse_parenthesised(parser, out);
    }
    if (lexer_take(lexer, "[")) {
        return parse_array(parser, "]", out);
    }
    if (lexer_peek_name(lexer, &word)) {
        return parse_word(parser, word, out);
    }
    if (first == '#') {
        return parse_config(parser, out);
    }
    if (is_digit_char(first) || (first == '.' && is_digit_char(lexer_peek(lexer, 1)))) {
        return parse_number(parser, out);
    }
    return lexer_is_tag(lexer) ? parse_printed(parser, out)
                               : fail_unexpected(parser, "a value");
}

bool parse_operand(struct parser *parser, struct expression **expression)
{
    return parse_value(parser, expression) && parse_modifiers(parser, expression);
}
