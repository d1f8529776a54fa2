/* juggle - how PHP turns values into other kinds, compares them and computes with them.
 *
 * Byte for byte as PHP 8: `"10" == "1e1"`, `0 != "abc"`, 0.1 + 0.2 prints 0.3. An array
 * with a plain form ({"$value": ...}) counts as that. Neither argument is ever PENDING.
 * Pure; what is made lies in the arena.
 */
#ifndef HOST_SMARTY_JUGGLE_H
#define HOST_SMARTY_JUGGLE_H

#include "smarty/effort.h"
#include "smarty/number.h"
#include "smarty/value.h"

/* ---- to other kinds ---- */

/* The text as printed. Lent: from the value, from `room`, or static. */
struct str value_to_str(const struct value *value, struct number_text *room);

/* As arithmetic sees it; false for arrays and for text without a leading number. */
bool value_to_number(const struct value *value, struct value *number);

/* As (int) and (float) see it: what is no number is 0. */
int64_t value_to_int(const struct value *value);
double value_to_float(const struct value *value);

/* ---- truth and order ---- */

bool value_truth(const struct value *value);

/* == and ===; when the effort is spent, any of both. */
bool value_equal(const struct value *a, const struct value *b, struct effort *effort);
bool value_identical(const struct value *a, const struct value *b, struct effort *effort);

/* <0, 0, >0 as PHP's <=>; 1 also for what has no order (arrays of different keys, NAN). */
int value_compare(const struct value *a, const struct value *b, struct effort *effort);

enum comparison {
    COMPARISON_EQUAL,
    COMPARISON_NOT_EQUAL,
    COMPARISON_IDENTICAL,
    COMPARISON_NOT_IDENTICAL,
    COMPARISON_LESS,
    COMPARISON_LESS_OR_EQUAL,
    COMPARISON_GREATER,
    COMPARISON_GREATER_OR_EQUAL,
    COMPARISON_COUNT
};

/* As PHP compares; NAN is never equal, smaller or greater. */
bool value_holds(enum comparison comparison, const struct value *a, const struct value *b,
                 struct effort *effort);

/* ---- arithmetic ---- */

enum operation {
    OPERATION_ADD,
    OPERATION_SUBTRACT,
    OPERATION_MULTIPLY,
    OPERATION_DIVIDE,
    OPERATION_MODULO,
    OPERATION_POWER,
    OPERATION_SHIFT_LEFT,
    OPERATION_SHIFT_RIGHT,
    OPERATION_BIT_AND,
    OPERATION_BIT_XOR,
    OPERATION_COUNT
};

/* false: division by zero, text that is no number, an array; `problem` is a clause that
 * fits behind "cannot compute". */
bool value_compute(enum operation operation, const struct value *a, const struct value *b,
                   struct value *result, const char **problem);

/* What a value with a plain form stands for; any other value itself. */
static inline const struct value *value_plain(const struct value *value)
{
    return value->type == VALUE_ARRAY && value->array->plain ? value->array->plain : value;
}

/* What `is even` and the like ask, and what (int) and the like make. */
enum test { TEST_EVEN, TEST_ODD, TEST_DIVISIBLE, TEST_IN, TEST_COUNT };
enum cast { CAST_INT, CAST_FLOAT, CAST_TEXT, CAST_BOOL, CAST_ARRAY, CAST_COUNT };

#endif
