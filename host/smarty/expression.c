#include "smarty/modifiers.h"
#include "smarty/parser.h"

/* ---- operators ---- */

/* From loose to tight, as PHP has them. */
enum level {
    LEVEL_XOR,
    LEVEL_CHOICE,
    LEVEL_COALESCE,
    LEVEL_OR,
    LEVEL_AND,
    LEVEL_BIT_XOR,
    LEVEL_BIT_AND,
    LEVEL_EQUAL,
    LEVEL_ORDER,
    LEVEL_TEST,
    LEVEL_SHIFT,
    LEVEL_SUM,
    LEVEL_PRODUCT
};

struct infix {
    const char *text; /* a word needs white space around it */
    enum level level;
    enum expression_kind kind;
    int which; /* operation or comparison */
};

/* Longer ones first where one begins another. */
static const struct infix operators[] = {
    {"===", LEVEL_EQUAL, EXPRESSION_COMPARE, COMPARISON_IDENTICAL},
    {"!==", LEVEL_EQUAL, EXPRESSION_COMPARE, COMPARISON_NOT_IDENTICAL},
    {"=~", LEVEL_EQUAL, EXPRESSION_CALL, 0},
    {"matches", LEVEL_EQUAL, EXPRESSION_CALL, 0},
    {"==", LEVEL_EQUAL, EXPRESSION_COMPARE, COMPARISON_EQUAL},
    {"!=", LEVEL_EQUAL, EXPRESSION_COMPARE, COMPARISON_NOT_EQUAL},
    {"<>", LEVEL_EQUAL, EXPRESSION_COMPARE, COMPARISON_NOT_EQUAL},
    {"eq", LEVEL_EQUAL, EXPRESSION_COMPARE, COMPARISON_EQUAL},
    {"neq", LEVEL_EQUAL, EXPRESSION_COMPARE, COMPARISON_NOT_EQUAL},
    {"ne", LEVEL_EQUAL, EXPRESSION_COMPARE, COMPARISON_NOT_EQUAL},
    {"<<", LEVEL_SHIFT, EXPRESSION_COMPUTE, OPERATION_SHIFT_LEFT},
    {">>", LEVEL_SHIFT, EXPRESSION_COMPUTE, OPERATION_SHIFT_RIGHT},
    {"<=", LEVEL_ORDER, EXPRESSION_COMPARE, COMPARISON_LESS_OR_EQUAL},
    {">=", LEVEL_ORDER, EXPRESSION_COMPARE, COMPARISON_GREATER_OR_EQUAL},
    {"<", LEVEL_ORDER, EXPRESSION_COMPARE, COMPARISON_LESS},
    {">", LEVEL_ORDER, EXPRESSION_COMPARE, COMPARISON_GREATER},
    {"lte", LEVEL_ORDER, EXPRESSION_COMPARE, COMPARISON_LESS_OR_EQUAL},
    {"le", LEVEL_ORDER, EXPRESSION_COMPARE, COMPARISON_LESS_OR_EQUAL},
    {"lt", LEVEL_ORDER, EXPRESSION_COMPARE, COMPARISON_LESS},
    {"gte", LEVEL_ORDER, EXPRESSION_COMPARE, COMPARISON_GREATER_OR_EQUAL},
    {"ge", LEVEL_ORDER, EXPRESSION_COMPARE, COMPARISON_GREATER_OR_EQUAL},
    {"gt", LEVEL_ORDER, EXPRESSION_COMPARE, COMPARISON_GREATER},
    {"&&", LEVEL_AND, EXPRESSION_AND, 0},
    {"and", LEVEL_AND, EXPRESSION_AND, 0},
    {"||", LEVEL_OR, EXPRESSION_OR, 0},
    {"or", LEVEL_OR, EXPRESSION_OR, 0},
    {"xor", LEVEL_XOR, EXPRESSION_XOR, 0},
    {"&", LEVEL_BIT_AND, EXPRESSION_COMPUTE, OPERATION_BIT_AND},
    {"^", LEVEL_BIT_XOR, EXPRESSION_COMPUTE, OPERATION_BIT_XOR},
    {"??", LEVEL_COALESCE, EXPRESSION_COALESCE, 0},
    {"?", LEVEL_CHOICE, EXPRESSION_CHOICE, 0},
    {"+", LEVEL_SUM, EXPRESSION_COMPUTE, OPERATION_ADD},
    {"-", LEVEL_SUM, EXPRESSION_COMPUTE, OPERATION_SUBTRACT},
    {"*", LEVEL_PRODUCT, EXPRESSION_COMPUTE, OPERATION_MULTIPLY},
    {"/", LEVEL_PRODUCT, EXPRESSION_COMPUTE, OPERATION_DIVIDE},
    {"%", LEVEL_PRODUCT, EXPRESSION_COMPUTE, OPERATION_MODULO},
    {"mod", LEVEL_PRODUCT, EXPRESSION_COMPUTE, OPERATION_MODULO},
    {"is", LEVEL_TEST, EXPRESSION_TEST, 0},
};
enum { OPERATOR_COUNT = sizeof operators / sizeof *operators };

/* A word here, with white space on both sides. */
static bool is_word_here(const struct lexer *lexer, struct str word)
{
    bool blank_before = lexer->at > 0 && is_blank_char(lexer->source.ptr[lexer->at - 1]);
    struct str name;
    return blank_before && lexer_peek_name(lexer, &name) && str_eq_nocase(name, word) &&
           is_blank_char(lexer_peek(lexer, word.len));
}

static bool is_symbol_here(const struct lexer *lexer, struct str symbol)
{
    return str_starts(str_after(lexer->source, lexer->at), symbol);
}

/* The infix that stands here, which is not consumed; NULL for none. */
static const struct infix *find_operator(const struct lexer *lexer)
{
    char first = lexer_peek(lexer, 0);
    bool word = is_name_start(first);
    for (size_t i = 0; i < OPERATOR_COUNT; i++) {
        struct str text = str_from(operators[i].text);
        if (is_name_start(text.ptr[0]) != word || (!word && text.ptr[0] != first)) {
            continue;
        }
        if (word ? is_word_here(lexer, text) : is_symbol_here(lexer, text)) {
            return &operators[i];
        }
    }
    return NULL;
}

bool operator_follows(const struct lexer *lexer)
{
    struct lexer here = *lexer;
    (void)lexer_skip(&here);
    return find_operator(&here) != NULL;
}

static bool parse_level(struct parser *parser, enum level least, struct expression **out);

/* ---- one side ---- */

static bool take_cast(struct lexer *lexer, enum cast *cast)
{
    static const struct {
        const char *name;
        enum cast cast;
    } casts[] = {{"int", CAST_INT},     {"integer", CAST_INT}, {"float", CAST_FLOAT},
                 {"string", CAST_TEXT}, {"bool", CAST_BOOL},   {"boolean", CAST_BOOL},
                 {"array", CAST_ARRAY}};
    struct lexer here = *lexer;
    struct str name;
    here.at++;
    (void)lexer_skip(&here);
    if (!lexer_name(&here, &name)) {
        return false;
    }
    (void)lexer_skip(&here);
    for (size_t i = 0; i < sizeof casts / sizeof *casts; i++) {
        if (str_eq_nocase(name, str_from(casts[i].name)) && lexer_take(&here, ")")) {
            *cast = casts[i].cast;
            *lexer = here;
            return true;
        }
    }
    return false;
}

/* What may come behind signs and casts: a value alone, or with modifiers and a power. */
typedef bool parse_rest(struct parser *parser, struct expression **out);

static bool parse_unary(struct parser *parser, parse_rest *rest, struct expression **out);

static bool parse_prefixed(struct parser *parser, enum expression_kind kind,
                           parse_rest *rest, struct expression **out)
{
    struct expression *expression = new_expression(parser, kind);
    if (!expression || !parser_enter(parser)) {
        return false;
    }
    (void)lexer_skip(&parser->lexer);
    if (!parse_unary(parser, rest, &expression->first)) {
        return false;
    }
    parser_leave(parser);
    *out = expression;
    return true;
}

/* An operand and, binding tighter than what stands before it, `**`. */
static bool parse_power(struct parser *parser, struct expression **out)
{
    struct lexer *lexer = &parser->lexer;
    if (!parse_operand(parser, out)) {
        return false;
    }
    size_t before = lexer->at;
    (void)lexer_skip(lexer);
    if (!lexer_take(lexer, "**")) {
        lexer->at = before;
        return true;
    }
    struct expression *power = new_expression(parser, EXPRESSION_COMPUTE);
    (void)lexer_skip(lexer);
    if (!power || !parser_enter(parser) ||
        !parse_unary(parser, parse_power, &power->second)) {
        return false;
    }
    parser_leave(parser);
    power->operation = OPERATION_POWER;
    power->first = *out;
    *out = power;
    return true;
}

static bool is_not_word(const struct lexer *lexer)
{
    struct str name;
    return lexer_peek_name(lexer, &name) && str_eq_nocase(name, STR_OF("not")) &&
           is_blank_char(lexer_peek(lexer, name.len));
}

/* `-value`; `+value` still makes a number of it: it is once the value. */
static bool parse_sign(struct parser *parser, char sign, parse_rest *rest,
                       struct expression **out)
{
    parser->lexer.at++;
    if (sign == '-') {
        return parse_prefixed(parser, EXPRESSION_NEGATE, rest, out);
    }
    struct expression *one = new_constant(parser, value_int(1));
    if (!one || !parse_prefixed(parser, EXPRESSION_COMPUTE, rest, out)) {
        return false;
    }
    (*out)->operation = OPERATION_MULTIPLY;
    (*out)->second = one;
    return true;
}

static bool parse_unary(struct parser *parser, parse_rest *rest, struct expression **out)
{
    struct lexer *lexer = &parser->lexer;
    char first = lexer_peek(lexer, 0);
    bool doubled = lexer_peek(lexer, 1) == first;
    enum cast cast;
    bool word = is_not_word(lexer);
    if (word || first == '!') {
        lexer->at += word ? 3 : 1;
        return parse_prefixed(parser, EXPRESSION_NOT, rest, out);
    }
    if ((first == '-' || first == '+') && !doubled) {
        return parse_sign(parser, first, rest, out);
    }
    if (first == '(' && take_cast(lexer, &cast)) {
        if (!parse_prefixed(parser, EXPRESSION_CAST, rest, out)) {
            return false;
        }
        (*out)->cast = cast;
        return true;
    }
    return rest(parser, out);
}

bool parse_argument(struct parser *parser, struct expression **expression)
{
    return parse_unary(parser, parse_value, expression);
}

/* ---- both sides ---- */

/* `a ? b : c` and `a ?: c`, behind the question mark. What stands between the two signs may
 * be anything, as if in parentheses. */
static bool parse_choice(struct parser *parser, struct expression *choice)
{
    struct lexer *lexer = &parser->lexer;
    (void)lexer_skip(lexer);
    if (lexer_peek(lexer, 0) != ':' && !parse_level(parser, LEVEL_XOR, &choice->second)) {
        return false;
    }
    (void)lexer_skip(lexer);
    if (!lexer_take(lexer, ":")) {
        return fail_unexpected(parser, "':'");
    }
    (void)lexer_skip(lexer);
    return parse_level(parser, LEVEL_COALESCE, &choice->third);
}

/* The word here, with white space behind or the end of the expression. */
static bool take_word(struct lexer *lexer, const char *word)
{
    struct lexer here = *lexer;
    struct str name;
    (void)lexer_skip(&here);
    if (!lexer_name(&here, &name) || !str_eq_nocase(name, str_from(word))) {
        return false;
    }
    *lexer = here;
    return true;
}

/* Behind `is`: [not] even, odd, div, in; [by number]. */
static bool parse_test(struct parser *parser, struct expression *test)
{
    static const struct {
        const char *word;
        enum test test;
    } tests[] = {
        {"even", TEST_EVEN}, {"odd", TEST_ODD}, {"div", TEST_DIVISIBLE}, {"in", TEST_IN}};
    struct lexer *lexer = &parser->lexer;
    test->negated = take_word(lexer, "not");
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        if (!take_word(lexer, tests[i].word)) {
            continue;
        }
        test->test = tests[i].test;
        bool has_by = test->test == TEST_IN || take_word(lexer, "by");
        if (!has_by && test->test != TEST_DIVISIBLE) {
            return true;
        }
        if (!has_by) {
            return fail_unexpected(parser, "'by'");
        }
        (void)lexer_skip(lexer);
        return parse_level(parser, LEVEL_SHIFT, &test->second);
    }
    (void)lexer_skip(lexer);
    return fail_unexpected(parser, "even, odd, div by or in");
}

/* `text =~ pattern` and `text matches pattern`: preg_match(pattern, text). */
static void make_match(struct expression *expression)
{
    struct expression *text = expression->first;
    expression->first = expression->second;
    expression->first->next = text;
    expression->second = NULL;
    expression->function = function_find(STR_OF("preg_match"), AS_FUNCTION);
}

/* Behind the infix: what it joins `left` with. */
static bool parse_right(struct parser *parser, const struct infix *infix,
                        struct expression *left, struct expression **out)
{
    struct expression *expression = new_expression(parser, infix->kind);
    if (!expression) {
        return false;
    }
    expression->first = left;
    *out = expression;
    if (infix->kind == EXPRESSION_CHOICE) {
        return parse_choice(parser, expression);
    }
    if (infix->kind == EXPRESSION_TEST) {
        return parse_test(parser, expression);
    }
    if (infix->kind == EXPRESSION_COMPUTE) {
        expression->operation = (enum operation)infix->which;
    } else if (infix->kind == EXPRESSION_COMPARE) {
        expression->comparison = (enum comparison)infix->which;
    }
    bool right_first = infix->level == LEVEL_COALESCE;
    (void)lexer_skip(&parser->lexer);
    if (!parse_level(parser, infix->level + (right_first ? 0 : 1), &expression->second)) {
        return false;
    }
    if (infix->kind == EXPRESSION_CALL) {
        make_match(expression);
    }
    return true;
}

static bool is_chainless(const struct infix *infix)
{
    return infix->level == LEVEL_EQUAL || infix->level == LEVEL_ORDER ||
           (infix->level == LEVEL_CHOICE);
}

/* Operators of at least this tightness. */
static bool parse_level(struct parser *parser, enum level least, struct expression **out)
{
    struct lexer *lexer = &parser->lexer;
    const struct infix *last = NULL;
    if (!parser_enter(parser) || !parse_unary(parser, parse_power, out)) {
        return false;
    }
    for (;;) {
        size_t before = lexer->at;
        (void)lexer_skip(lexer);
        const struct infix *infix = find_operator(lexer);
        if (!infix || infix->level < least) {
            lexer->at = before;
            parser_leave(parser);
            return true;
        }
        if (last && is_chainless(last) && last->level == infix->level) {
            return lexer_fail(lexer, lexer_line(lexer),
                              "'%s' behind another comparison: use parentheses",
                              infix->text);
        }
        lexer->at += strlen(infix->text);
        if (!parse_right(parser, infix, *out, out)) {
            return false;
        }
        last = infix;
    }
}

bool parse_expression(struct parser *parser, struct expression **expression)
{
    return parse_level(parser, LEVEL_XOR, expression);
}
