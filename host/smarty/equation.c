#include "smarty/equation.h"

#include <math.h>

#include "smarty/lexer.h"
#include "smarty/round.h"

enum { ARGUMENTS_AT_ONCE = 16 };

struct equation {
    struct str rest;
    struct tool_call *call;
    enum equation_result result; /* SOLVED as long as nothing was wrong */
};

static bool stop(struct equation *equation, enum equation_result result)
{
    if (equation->result == EQUATION_SOLVED) {
        equation->result = result;
    }
    return false;
}

static bool fail(struct equation *equation, const char *problem)
{
    if (equation->result == EQUATION_SOLVED) {
        (void)modifier_fail(equation->call->call, "{math}: %s", problem);
    }
    return stop(equation, EQUATION_FAILED);
}

static char peek(struct equation *equation)
{
    while (equation->rest.len > 0 && is_blank_char(equation->rest.ptr[0])) {
        equation->rest = str_after(equation->rest, 1);
    }
    return (char)(equation->rest.len > 0 ? equation->rest.ptr[0] : '\0');
}

static bool take(struct equation *equation, char c)
{
    bool here = peek(equation) == c;
    equation->rest = str_after(equation->rest, here);
    return here;
}

static bool read_sum(struct equation *equation, struct value *number);

/* ---- functions ---- */

static double ratio(void)
{
    return acos(-1.0) / 180;
}

static double to_radians(double degrees)
{
    return degrees * ratio();
}

static double to_degrees(double radians)
{
    return radians / ratio();
}

static const struct {
    const char *name;
    double (*compute)(double);
} functions[] = {{"acos", acos},   {"acosh", acosh}, {"asin", asin},
                 {"asinh", asinh}, {"atan", atan},   {"atanh", atanh},
                 {"cos", cos},     {"cosh", cosh},   {"deg2rad", to_radians},
                 {"exp", exp},     {"log10", log10}, {"rad2deg", to_degrees},
                 {"sin", sin},     {"sinh", sinh},   {"tan", tan},
                 {"tanh", tanh}};

/* Functions that templates have, too. */
static const char *const shared[] = {"abs", "ceil", "floor", "max",
                                     "min", "pow",  "round", "sqrt"};

/* A number that looks random; the same in each render of the same data. */
static struct value any_number(const struct equation *equation, const struct value *ends,
                               uint32_t count)
{
    uint64_t dice = equation->call->call->effort.left * 6364136223846793005U +
                    (uint64_t)equation->call->call->now_s;
    int64_t from = count == 2 ? value_to_int(&ends[0]) : 0;
    int64_t to = count == 2 ? value_to_int(&ends[1]) : INT32_MAX;
    uint64_t span = to > from ? (uint64_t)to - (uint64_t)from : 0;
    return value_int(from + (int64_t)(span == UINT64_MAX ? 0 : (dice >> 20) % (span + 1)));
}

static bool call_shared(struct equation *equation, struct str name,
                        const struct value *arguments, uint32_t count, struct value *number)
{
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++) {
        const struct function *function = function_find(name, AS_FUNCTION);
        if (str_is(name, shared[i])) {
            return (count >= function->least && count <= function->most &&
                    function_call(function, equation->call->call, arguments, count,
                                  number)) ||
                   fail(equation, "a function with the wrong arguments");
        }
    }
    return stop(equation, EQUATION_NOTHING);
}

/* pi(), log(x, base) and rand(from, to). */
static bool call_special(struct equation *equation, struct str name,
                         const struct value *arguments, uint32_t count,
                         struct value *number)
{
    if (str_is(name, "pi") && count == 0) {
        *number = value_float(acos(-1.0));
    } else if (str_is(name, "log") && (count == 1 || count == 2)) {
        double base = count == 2 ? log(value_to_float(&arguments[1])) : 1;
        *number = value_float(log(value_to_float(&arguments[0])) / base);
    } else if (str_is(name, "rand") && (count == 0 || count == 2)) {
        *number = any_number(equation, arguments, count);
    } else {
        return false;
    }
    return true;
}

static bool call_function(struct equation *equation, struct str name,
                          const struct value *arguments, uint32_t count,
                          struct value *number)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (!str_is(name, functions[i].name)) {
            continue;
        }
        if (count != 1) {
            return fail(equation, "a function with the wrong arguments");
        }
        *number = value_float(functions[i].compute(value_to_float(&arguments[0])));
        return true;
    }
    return call_special(equation, name, arguments, count, number) ||
           call_shared(equation, name, arguments, count, number);
}

/* Behind `(`: arguments and the `)`. */
static bool read_call(struct equation *equation, struct str name, struct value *number)
{
    struct value arguments[ARGUMENTS_AT_ONCE];
    uint32_t count = 0;
    if (!take(equation, ')')) {
        do {
            if (count == ARGUMENTS_AT_ONCE) {
                return fail(equation, "a function with too many arguments");
            }
            if (!read_sum(equation, &arguments[count++])) {
                return false;
            }
        } while (take(equation, ','));
        if (!take(equation, ')')) {
            return stop(equation, EQUATION_NOTHING);
        }
    }
    return call_function(equation, name, arguments, count, number);
}

/* ---- operands ---- */

static bool read_name(struct equation *equation, struct value *number)
{
    size_t len = 0;
    while (len < equation->rest.len && is_name_char(equation->rest.ptr[len])) {
        len++;
    }
    struct str name = str_before(equation->rest, len);
    equation->rest = str_after(equation->rest, len);
    if (take(equation, '(')) {
        return read_call(equation, name, number);
    }
    for (uint32_t i = equation->call->count; i > 0; i--) {
        if (str_eq(equation->call->names[i - 1], name)) {
            *number = equation->call->values[i - 1];
            return true;
        }
    }
    return stop(equation, EQUATION_NOTHING);
}

static bool read_hex(struct equation *equation, struct value *number)
{
    int64_t sum = 0;
    size_t len = 2;
    for (; len < equation->rest.len && str_hex_digit(equation->rest.ptr[len]) >= 0; len++) {
        if (sum > INT64_MAX / 16) {
            return fail(equation, "a number that is too long");
        }
        sum = sum * 16 + str_hex_digit(equation->rest.ptr[len]);
    }
    equation->rest = str_after(equation->rest, len);
    *number = value_int(sum);
    return len > 2 || stop(equation, EQUATION_NOTHING);
}

static bool read_number(struct equation *equation, struct value *number)
{
    struct str rest = equation->rest;
    size_t len = 0;
    if (rest.len > 1 && rest.ptr[0] == '0' && rest.ptr[1] == 'x') {
        return read_hex(equation, number);
    }
    while (len < rest.len && is_digit_char(rest.ptr[len])) {
        len++;
    }
    if (len + 1 < rest.len && rest.ptr[len] == '.' && is_digit_char(rest.ptr[len + 1])) {
        len++;
        while (len < rest.len && is_digit_char(rest.ptr[len])) {
            len++;
        }
    }
    equation->rest = str_after(rest, len);
    return text_to_number(str_before(rest, len), number) == NUMERIC_WHOLE ||
           fail(equation, "a number that is too long");
}

static bool read_operand(struct equation *equation, struct value *number)
{
    char first = peek(equation);
    if (is_digit_char(first)) {
        return read_number(equation, number);
    }
    if (is_name_start(first)) {
        return read_name(equation, number);
    }
    if (!take(equation, '(') || !read_sum(equation, number)) {
        return stop(equation, EQUATION_NOTHING);
    }
    return take(equation, ')') || stop(equation, EQUATION_NOTHING);
}

/* ---- operators ---- */

struct sign {
    char sign;
    unsigned level; /* larger binds tighter */
    enum operation operation;
};

static const struct sign *find_sign(struct equation *equation)
{
    static const struct sign signs[] = {
        {'^', 0, OPERATION_BIT_XOR},  {'+', 1, OPERATION_ADD},
        {'-', 1, OPERATION_SUBTRACT}, {'*', 2, OPERATION_MULTIPLY},
        {'/', 2, OPERATION_DIVIDE},   {'%', 2, OPERATION_MODULO}};
    char c = peek(equation);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (signs[i].sign == c) {
            return &signs[i];
        }
    }
    return NULL;
}

static bool read_level(struct equation *equation, unsigned level, struct value *number)
{
    const struct sign *sign;
    struct effort *effort = &equation->call->call->effort;
    if (!effort_spend(effort, 1) || !effort_enter(effort)) {
        return stop(equation, EQUATION_FAILED);
    }
    bool good = read_operand(equation, number);
    while (good && (sign = find_sign(equation)) && sign->level >= level) {
        struct value right;
        const char *problem;
        equation->rest = str_after(equation->rest, 1);
        good = read_level(equation, sign->level + 1, &right);
        if (good && !value_compute(sign->operation, number, &right, number, &problem)) {
            good = fail(equation, problem);
        }
    }
    effort_leave(effort);
    return good;
}

static bool read_sum(struct equation *equation, struct value *number)
{
    return read_level(equation, 0, number);
}

/* Every attribute that can be a name in the equation must be a number. */
static bool has_numbers(const struct tool_call *call)
{
    for (uint32_t i = 0; i < call->count; i++) {
        struct value number;
        struct number_text room;
        struct str name = call->names[i];
        bool ours =
            str_is(name, "equation") || str_is(name, "format") || str_is(name, "assign");
        if (!ours && text_to_number(value_to_str(&call->values[i], &room), &number) !=
                         NUMERIC_WHOLE) {
            return false;
        }
    }
    return true;
}

enum equation_result equation_solve(struct str equation, struct tool_call *call,
                                    struct value *number)
{
    struct equation state = {.rest = equation, .call = call};
    if (!has_numbers(call)) {
        return EQUATION_NOTHING;
    }
    if (read_sum(&state, number) && peek(&state) != '\0') {
        (void)stop(&state, EQUATION_NOTHING);
    }
    return state.result;
}
