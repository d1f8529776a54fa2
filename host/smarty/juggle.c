#include "smarty/juggle.h"

#include <math.h>

/* ---- to text, number, truth ---- */

struct str value_to_str(const struct value *value, struct number_text *room)
{
    switch (value->type) {
    case VALUE_BOOL:
        return value->truth ? STR_OF("1") : STR_OF("");
    case VALUE_INT:
        return int_to_str(value->integer, room);
    case VALUE_FLOAT:
        return float_to_str(value->real, room);
    case VALUE_TEXT:
        return value_str(value);
    case VALUE_ARRAY:
        return value->array->plain ? value_to_str(value->array->plain, room)
                                   : STR_OF("Array");
    default:
        return STR_OF("");
    }
}

bool value_to_number(const struct value *value, struct value *number)
{
    value = value_plain(value);
    switch (value->type) {
    case VALUE_INT:
    case VALUE_FLOAT:
        *number = *value;
        return true;
    case VALUE_BOOL:
        *number = value_int(value->truth ? 1 : 0);
        return true;
    case VALUE_TEXT:
        return text_to_number(value_str(value), number) != NUMERIC_NOT;
    case VALUE_ARRAY:
        return false;
    default:
        *number = value_int(0);
        return true;
    }
}

/* What does not fit wraps around as in PHP on 64 bits; infinities and NAN are 0. */
static int64_t float_to_int(double real)
{
    if (real >= -9223372036854775808.0 && real < 9223372036854775808.0) {
        return (int64_t)real;
    }
    if (!isfinite(real)) {
        return 0;
    }
    double wrapped = fmod(real, 18446744073709551616.0);
    if (wrapped < 0) {
        wrapped += 18446744073709551616.0;
    }
    return (int64_t)(uint64_t)wrapped;
}

/* What does not fit stays at the end of the range: so PHP reads numbers in a text. */
static int64_t float_to_int_capped(double real)
{
    bool fits = !isfinite(real) || fabs(real) < 9223372036854775808.0;
    return fits ? float_to_int(real) : real < 0 ? INT64_MIN : INT64_MAX;
}

int64_t value_to_int(const struct value *value)
{
    struct value number;
    value = value_plain(value);
    if (value->type == VALUE_ARRAY) {
        return value->array->count > 0 ? 1 : 0;
    }
    if (!value_to_number(value, &number)) {
        return 0;
    }
    if (number.type == VALUE_INT) {
        return number.integer;
    }
    return value->type == VALUE_TEXT ? float_to_int_capped(number.real)
                                     : float_to_int(number.real);
}

double value_to_float(const struct value *value)
{
    struct value number;
    if (value->type == VALUE_ARRAY && !value->array->plain) {
        return value->array->count > 0 ? 1 : 0;
    }
    if (!value_to_number(value, &number)) {
        return 0;
    }
    return number.type == VALUE_INT ? (double)number.integer : number.real;
}

/* "0.0" is true in PHP; the number 0.00 of a remote is not, although it is kept as text. */
static bool text_truth(const struct value *value)
{
    struct value number;
    if (value->flags & VALUE_IS_NUMBER &&
        text_to_number(value_str(value), &number) != NUMERIC_NOT) {
        return value_truth(&number);
    }
    return value->len > 1 || (value->len == 1 && value->text[0] != '0');
}

bool value_truth(const struct value *value)
{
    switch (value->type) {
    case VALUE_BOOL:
        return value->truth;
    case VALUE_INT:
        return value->integer != 0;
    case VALUE_FLOAT:
        return value->real != 0;
    case VALUE_TEXT:
        return text_truth(value);
    case VALUE_ARRAY:
        return value->array->plain ? value_truth(value->array->plain)
                                   : value->array->count > 0;
    case VALUE_LAZY:
        return true;
    default:
        return false;
    }
}

/* ---- order ---- */

enum { UNCOMPARABLE = 1 };

static int compare_ints(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* NAN is greater than everything, itself included: never equal, never smaller. */
static int compare_floats(double a, double b)
{
    return a < b ? -1 : a == b ? 0 : 1;
}

static int compare_numbers(const struct value *a, const struct value *b)
{
    if (a->type == VALUE_INT && b->type == VALUE_INT) {
        return compare_ints(a->integer, b->integer);
    }
    return compare_floats(a->type == VALUE_INT ? (double)a->integer : a->real,
                          b->type == VALUE_INT ? (double)b->integer : b->real);
}

/* Of a text that is a number: 1 for an integer beyond 64 bits, -1 below, 0 for others. */
static int overflow_of(struct str text, const struct value *number)
{
    text = str_trim(text);
    bool sign = text.len > 0 && (text.ptr[0] == '-' || text.ptr[0] == '+');
    for (size_t i = sign ? 1 : 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return 0;
        }
    }
    return number->type == VALUE_INT ? 0 : number->real > 0 ? 1 : -1;
}

/* Two texts that are both numbers compare as numbers. Where doubles are not exact enough,
 * what does not fit into 64 bits is beyond what does, and two that do not fit compare as
 * texts when their doubles are equal. */
static int compare_texts(struct str a, struct str b)
{
    struct value x;
    struct value y;
    if (text_to_number(a, &x) != NUMERIC_WHOLE || text_to_number(b, &y) != NUMERIC_WHOLE) {
        return str_compare(a, b);
    }
    int over_a = overflow_of(a, &x);
    int over_b = overflow_of(b, &y);
    if (x.type == VALUE_INT && over_b) {
        return -over_b;
    }
    if (y.type == VALUE_INT && over_a) {
        return over_a;
    }
    bool both = x.type == VALUE_FLOAT && y.type == VALUE_FLOAT && x.real == y.real;
    return both && ((over_a && over_a == over_b) || isinf(x.real))
               ? str_compare(a, b)
               : compare_numbers(&x, &y);
}

static int compare_number_and_text(const struct value *number, const struct value *text)
{
    struct value other;
    if (text_to_number(value_str(text), &other) == NUMERIC_WHOLE) {
        return compare_numbers(number, &other);
    }
    struct number_text room;
    return str_compare(value_to_str(number, &room), value_str(text));
}

static int compare_elements(const struct array *a, const struct array *b,
                            struct effort *effort)
{
    int order = 0;
    for (uint32_t i = 0; i < a->count && order == 0; i++) {
        struct key key;
        const struct value *left = array_at(a, i, &key);
        const struct value *right = array_get(b, &key);
        order = right ? value_compare(left, right, effort) : UNCOMPARABLE;
    }
    return order;
}

static int compare_arrays(const struct array *a, const struct array *b,
                          struct effort *effort)
{
    if (a->count != b->count) {
        return a->count < b->count ? -1 : 1;
    }
    if (!effort_enter(effort)) {
        return UNCOMPARABLE;
    }
    int order = compare_elements(a, b, effort);
    effort_leave(effort);
    return order;
}

static bool is_number(const struct value *value)
{
    return value->type == VALUE_INT || value->type == VALUE_FLOAT;
}

/* What compares by truth when it meets anything (but null and text, which are special). */
static bool is_truthlike(const struct value *value)
{
    return value->type <= VALUE_BOOL || value->type >= VALUE_LAZY;
}

/* Before two values are looked at. */
static bool spend(struct effort *effort, const struct value *a, const struct value *b)
{
    size_t bytes = a->type == VALUE_TEXT ? a->len : 0;
    return effort_spend_text(effort, bytes + (b->type == VALUE_TEXT ? b->len : 0));
}

/* Two kinds that are not equal: null is the empty text, an array is greater than anything.
 */
static int compare_kinds(const struct value *a, const struct value *b)
{
    if (value_is_nothing(a) && b->type == VALUE_TEXT) {
        return b->len == 0 ? 0 : -1;
    }
    if (a->type == VALUE_TEXT && value_is_nothing(b)) {
        return a->len == 0 ? 0 : 1;
    }
    if (is_truthlike(a) || is_truthlike(b)) {
        return (int)value_truth(a) - (int)value_truth(b);
    }
    if (a->type == VALUE_ARRAY || b->type == VALUE_ARRAY) {
        return a->type == VALUE_ARRAY ? 1 : -1;
    }
    return is_number(a) ? compare_number_and_text(a, b) : -compare_number_and_text(b, a);
}

int value_compare(const struct value *a, const struct value *b, struct effort *effort)
{
    a = value_plain(a);
    b = value_plain(b);
    if (!spend(effort, a, b)) {
        return UNCOMPARABLE;
    }
    if (is_number(a) && is_number(b)) {
        return compare_numbers(a, b);
    }
    if (a->type == VALUE_TEXT && b->type == VALUE_TEXT) {
        return compare_texts(value_str(a), value_str(b));
    }
    if (a->type == VALUE_ARRAY && b->type == VALUE_ARRAY) {
        return compare_arrays(a->array, b->array, effort);
    }
    return compare_kinds(a, b);
}

bool value_equal(const struct value *a, const struct value *b, struct effort *effort)
{
    return value_compare(a, b, effort) == 0;
}

static bool identical_elements(const struct array *a, const struct array *b,
                               struct effort *effort)
{
    bool same = true;
    for (uint32_t i = 0; i < a->count && same; i++) {
        struct key left_key;
        struct key right_key;
        const struct value *left = array_at(a, i, &left_key);
        const struct value *right = array_at(b, i, &right_key);
        same = key_eq(&left_key, &right_key) && value_identical(left, right, effort);
    }
    return same;
}

static bool identical_arrays(const struct array *a, const struct array *b,
                             struct effort *effort)
{
    if (a == b || a->count != b->count || !effort_enter(effort)) {
        return a == b;
    }
    bool same = identical_elements(a, b, effort);
    effort_leave(effort);
    return same;
}

bool value_identical(const struct value *a, const struct value *b, struct effort *effort)
{
    a = value_plain(a);
    b = value_plain(b);
    if (!spend(effort, a, b)) {
        return false;
    }
    if (value_is_nothing(a) && value_is_nothing(b)) {
        return true;
    }
    if (a->type != b->type) {
        return false;
    }
    switch (a->type) {
    case VALUE_BOOL:
        return a->truth == b->truth;
    case VALUE_TEXT:
        return str_eq(value_str(a), value_str(b));
    case VALUE_ARRAY:
        return identical_arrays(a->array, b->array, effort);
    case VALUE_INT:
    case VALUE_FLOAT:
        return compare_numbers(a, b) == 0;
    default:
        return a->lazy == b->lazy;
    }
}

bool value_holds(enum comparison comparison, const struct value *a, const struct value *b,
                 struct effort *effort)
{
    switch (comparison) {
    case COMPARISON_EQUAL:
        return value_equal(a, b, effort);
    case COMPARISON_NOT_EQUAL:
        return !value_equal(a, b, effort);
    case COMPARISON_IDENTICAL:
        return value_identical(a, b, effort);
    case COMPARISON_NOT_IDENTICAL:
        return !value_identical(a, b, effort);
    case COMPARISON_LESS:
        return value_compare(a, b, effort) < 0;
    case COMPARISON_LESS_OR_EQUAL:
        return value_compare(a, b, effort) <= 0;
    case COMPARISON_GREATER: /* as PHP: the smaller side first, which matters for NAN */
        return value_compare(b, a, effort) < 0;
    default:
        return value_compare(b, a, effort) <= 0;
    }
}

/* ---- arithmetic ---- */

typedef bool compute_ints(int64_t a, int64_t b, struct value *result, const char **problem);
typedef bool compute_floats(double a, double b, struct value *result, const char **problem);

static bool add_ints(int64_t a, int64_t b, struct value *result, const char **problem)
{
    (void)problem;
    int64_t sum;
    *result = __builtin_add_overflow(a, b, &sum) ? value_float((double)a + (double)b)
                                                 : value_int(sum);
    return true;
}

static bool subtract_ints(int64_t a, int64_t b, struct value *result, const char **problem)
{
    (void)problem;
    int64_t difference;
    *result = __builtin_sub_overflow(a, b, &difference) ? value_float((double)a - (double)b)
                                                        : value_int(difference);
    return true;
}

static bool multiply_ints(int64_t a, int64_t b, struct value *result, const char **problem)
{
    (void)problem;
    int64_t product;
    *result = __builtin_mul_overflow(a, b, &product) ? value_float((double)a * (double)b)
                                                     : value_int(product);
    return true;
}

static bool divide_ints(int64_t a, int64_t b, struct value *result, const char **problem)
{
    if (b == 0) {
        *problem = "division by zero";
        return false;
    }
    bool whole = !(a == INT64_MIN && b == -1) && a % b == 0;
    *result = whole ? value_int(a / b) : value_float((double)a / (double)b);
    return true;
}

static bool modulo_ints(int64_t a, int64_t b, struct value *result, const char **problem)
{
    if (b == 0) {
        *problem = "modulo by zero";
        return false;
    }
    *result = value_int(b == -1 ? 0 : a % b);
    return true;
}

static bool power_ints(int64_t a, int64_t b, struct value *result, const char **problem)
{
    (void)problem;
    int64_t product = 1;
    int64_t base = a;
    bool overflow = b < 0;
    for (int64_t rest = b; rest > 0 && !overflow; rest >>= 1) {
        overflow = (rest & 1) && __builtin_mul_overflow(product, base, &product);
        overflow = overflow || (rest > 1 && __builtin_mul_overflow(base, base, &base));
    }
    *result = overflow ? value_float(pow((double)a, (double)b)) : value_int(product);
    return true;
}

static bool shift_ints(int64_t a, int64_t b, struct value *result, const char **problem)
{
    if (b < 0) {
        *problem = "shift by a negative number";
        return false;
    }
    *result = value_int(b > 63 ? 0 : (int64_t)((uint64_t)a << b));
    return true;
}

static bool shift_right_ints(int64_t a, int64_t b, struct value *result,
                             const char **problem)
{
    if (b < 0) {
        *problem = "shift by a negative number";
        return false;
    }
    *result = value_int(a >> (b > 63 ? 63 : b));
    return true;
}

static bool and_ints(int64_t a, int64_t b, struct value *result, const char **problem)
{
    (void)problem;
    *result = value_int(a & b);
    return true;
}

static bool xor_ints(int64_t a, int64_t b, struct value *result, const char **problem)
{
    (void)problem;
    *result = value_int(a ^ b);
    return true;
}

static bool add_floats(double a, double b, struct value *result, const char **problem)
{
    (void)problem;
    *result = value_float(a + b);
    return true;
}

static bool subtract_floats(double a, double b, struct value *result, const char **problem)
{
    (void)problem;
    *result = value_float(a - b);
    return true;
}

static bool multiply_floats(double a, double b, struct value *result, const char **problem)
{
    (void)problem;
    *result = value_float(a * b);
    return true;
}

static bool divide_floats(double a, double b, struct value *result, const char **problem)
{
    if (b == 0) {
        *problem = "division by zero";
        return false;
    }
    *result = value_float(a / b);
    return true;
}

static bool power_floats(double a, double b, struct value *result, const char **problem)
{
    (void)problem;
    *result = value_float(pow(a, b));
    return true;
}

/* Without a form for floats the operands are cut to integers. */
static const struct {
    compute_ints *ints;
    compute_floats *floats;
} operations[OPERATION_COUNT] = {
    [OPERATION_ADD] = {add_ints, add_floats},
    [OPERATION_SUBTRACT] = {subtract_ints, subtract_floats},
    [OPERATION_MULTIPLY] = {multiply_ints, multiply_floats},
    [OPERATION_DIVIDE] = {divide_ints, divide_floats},
    [OPERATION_MODULO] = {modulo_ints, NULL},
    [OPERATION_POWER] = {power_ints, power_floats},
    [OPERATION_SHIFT_LEFT] = {shift_ints, NULL},
    [OPERATION_SHIFT_RIGHT] = {shift_right_ints, NULL},
    [OPERATION_BIT_AND] = {and_ints, NULL},
    [OPERATION_BIT_XOR] = {xor_ints, NULL},
};

bool value_compute(enum operation operation, const struct value *a, const struct value *b,
                   struct value *result, const char **problem)
{
    struct value x;
    struct value y;
    if (!value_to_number(a, &x) || !value_to_number(b, &y)) {
        bool array =
            value_plain(a)->type == VALUE_ARRAY || value_plain(b)->type == VALUE_ARRAY;
        *problem = array ? "an array is no number" : "a text that is no number";
        return false;
    }
    if (x.type == VALUE_INT && y.type == VALUE_INT) {
        return operations[operation].ints(x.integer, y.integer, result, problem);
    }
    if (!operations[operation].floats) {
        return operations[operation].ints(value_to_int(a), value_to_int(b), result,
                                          problem);
    }
    return operations[operation].floats(value_to_float(&x), value_to_float(&y), result,
                                        problem);
}
