#include "smarty/modifiers.h"

#include <math.h>

#include "smarty/round.h"

/* round(number, places=0): as the modifier of anything, as the function of a number. */
static bool run_round(struct modifier_call *call, const struct value *arguments,
                      uint32_t count, struct value *result)
{
    int64_t places = modifier_int(arguments, count, 1, 0);
    places = places > 1000 ? 1000 : places < -1000 ? -1000 : places;
    (void)call;
    *result = value_float(round_to(value_to_float(&arguments[0]), (int)places));
    return true;
}

static bool run_abs(struct modifier_call *call, const struct value *arguments,
                    uint32_t count, struct value *result)
{
    struct value number = value_int(0);
    (void)call;
    (void)count;
    (void)value_to_number(&arguments[0], &number);
    if (number.type == VALUE_FLOAT || number.integer == INT64_MIN) {
        *result = value_float(fabs(value_to_float(&number)));
    } else {
        *result = value_int(number.integer < 0 ? -number.integer : number.integer);
    }
    return true;
}

/* min() and max(): of the arguments, or of the elements of one array. */
static bool extreme(struct modifier_call *call, const struct value *arguments,
                    uint32_t count, struct value *result, bool most)
{
    const struct array *array = count == 1 ? arguments[0].array : NULL;
    if (count == 1 && (arguments[0].type != VALUE_ARRAY || array->count == 0)) {
        return modifier_fail(call, "%s takes an array with elements, or several values",
                             most ? "max" : "min");
    }
    uint32_t size = array ? array->count : count;
    const struct value *best = array ? array_value_at(array, 0) : &arguments[0];
    for (uint32_t i = 1; i < size; i++) {
        const struct value *value = array ? array_value_at(array, i) : &arguments[i];
        int order = most ? value_compare(best, value, &call->effort)
                         : value_compare(value, best, &call->effort);
        if (order < 0) {
            best = value;
        }
    }
    *result = *best;
    return true;
}

static bool run_min(struct modifier_call *call, const struct value *arguments,
                    uint32_t count, struct value *result)
{
    return extreme(call, arguments, count, result, false);
}

static bool run_max(struct modifier_call *call, const struct value *arguments,
                    uint32_t count, struct value *result)
{
    return extreme(call, arguments, count, result, true);
}

static bool run_pow(struct modifier_call *call, const struct value *arguments,
                    uint32_t count, struct value *result)
{
    const char *problem;
    (void)count;
    return value_compute(OPERATION_POWER, &arguments[0], &arguments[1], result, &problem) ||
           modifier_fail(call, "pow: %s", problem);
}

static bool run_fmod(struct modifier_call *call, const struct value *arguments,
                     uint32_t count, struct value *result)
{
    (void)call;
    (void)count;
    *result =
        value_float(fmod(value_to_float(&arguments[0]), value_to_float(&arguments[1])));
    return true;
}

static bool run_intdiv(struct modifier_call *call, const struct value *arguments,
                       uint32_t count, struct value *result)
{
    int64_t number = value_to_int(&arguments[0]);
    int64_t by = value_to_int(&arguments[1]);
    (void)count;
    if (by == 0 || (by == -1 && number == INT64_MIN)) {
        return modifier_fail(call, "intdiv: division by zero, or beyond 64 bits");
    }
    *result = value_int(number / by);
    return true;
}

/* ---- bases ---- */

static bool run_dechex(struct modifier_call *call, const struct value *arguments,
                       uint32_t count, struct value *result)
{
    (void)count;
    text_print(call->scratch, "%llx", (unsigned long long)value_to_int(&arguments[0]));
    return modifier_text(call, result);
}

/* What is no digit is passed over; beyond 64 bits it is a float. */
static bool run_hexdec(struct modifier_call *call, const struct value *arguments,
                       uint32_t count, struct value *result)
{
    struct number_text room;
    struct str text = value_to_str(&arguments[0], &room);
    int64_t number = 0;
    double real = 0;
    bool large = false;
    (void)call;
    (void)count;
    for (size_t i = 0; i < text.len; i++) {
        int digit = str_hex_digit(text.ptr[i]);
        if (digit >= 0) {
            large = large || number > (INT64_MAX - digit) / 16;
            number = large ? 0 : number * 16 + digit;
            real = real * 16 + digit;
        }
    }
    *result = large ? value_float(real) : value_int(number);
    return true;
}

static const struct function functions[] = {
    FUNCTION_CALCULATE("ceil", ceil),
    FUNCTION_CALCULATE("floor", floor),
    FUNCTION_CALCULATE("sqrt", sqrt),
    FUNCTION_RUN("abs", 1, 1, AS_BOTH, "n", run_abs),
    FUNCTION_RUN("dechex", 1, 1, AS_BOTH, "i", run_dechex),
    FUNCTION_RUN("fmod", 2, 2, AS_BOTH, "n", run_fmod),
    FUNCTION_RUN("hexdec", 1, 1, AS_BOTH, "t", run_hexdec),
    FUNCTION_RUN("intdiv", 2, 2, AS_BOTH, "i", run_intdiv),
    FUNCTION_RUN("max", 1, ARGUMENTS_MANY, AS_BOTH, NULL, run_max),
    FUNCTION_RUN("min", 1, ARGUMENTS_MANY, AS_BOTH, NULL, run_min),
    FUNCTION_RUN("pow", 2, 2, AS_BOTH, NULL, run_pow),
    FUNCTION_RUN("round", 1, 3, AS_MODIFIER, NULL, run_round),
    FUNCTION_RUN("round", 1, 2, AS_FUNCTION, "ni", run_round),
};

const struct family family_math = {functions, sizeof functions / sizeof *functions};
