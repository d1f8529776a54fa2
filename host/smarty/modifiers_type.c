#include "smarty/modifiers.h"

/* What kind of value is this? */

static bool ask_array(const struct value *value)
{
    return value->type == VALUE_ARRAY;
}

static bool ask_bool(const struct value *value)
{
    return value->type == VALUE_BOOL;
}

static bool ask_float(const struct value *value)
{
    return value->type == VALUE_FLOAT;
}

static bool ask_int(const struct value *value)
{
    return value->type == VALUE_INT;
}

static bool ask_null(const struct value *value)
{
    return value_is_nothing(value);
}

static bool ask_numeric(const struct value *value)
{
    struct value number;
    return value->type == VALUE_INT || value->type == VALUE_FLOAT ||
           (value->type == VALUE_TEXT &&
            text_to_number(value_str(value), &number) == NUMERIC_WHOLE);
}

static bool ask_string(const struct value *value)
{
    return value->type == VALUE_TEXT && !(value->flags & VALUE_IS_NUMBER);
}

/* ---- ctype: of a text that is not empty, all bytes ---- */

enum { BYTE_LEAST = -128, BYTE_MOST = 255 };

/* PHP takes a whole number for the byte with that number, a larger one for its digits. */
static struct str ctype_text(const struct value *value, struct number_text *room)
{
    if (value->type == VALUE_TEXT && !(value->flags & VALUE_IS_NUMBER)) {
        return value_str(value);
    }
    if (value->type != VALUE_INT) {
        return (struct str){NULL, 0};
    }
    if (value->integer > BYTE_MOST || value->integer < BYTE_LEAST) {
        return value_to_str(value, room);
    }
    room->bytes[0] = (char)value->integer;
    return (struct str){room->bytes, 1};
}

static bool each_byte(const struct value *value, char from, char to, char other_from,
                      char other_to)
{
    struct number_text room;
    struct str text = ctype_text(value, &room);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!(c >= from && c <= to) && !(c >= other_from && c <= other_to)) {
            return false;
        }
    }
    return text.len > 0;
}

static bool ask_digits(const struct value *value)
{
    return each_byte(value, '0', '9', '0', '9');
}

static bool ask_letters(const struct value *value)
{
    return each_byte(value, 'A', 'Z', 'a', 'z');
}

static bool ask_upper(const struct value *value)
{
    return each_byte(value, 'A', 'Z', 'A', 'Z');
}

static bool ask_lower(const struct value *value)
{
    return each_byte(value, 'a', 'z', 'a', 'z');
}

/* ---- other kinds ---- */

/* The value of a letter as a digit; 36 for none. */
static int digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'z' ? lower - 'a' + 10 : 36;
}

/* The base that 0x, 0b or 0o asks for; 0 for none. */
static int64_t prefix_base(struct str text)
{
    if (text.len < 2 || text.ptr[0] != '0') {
        return 0;
    }
    char letter = (char)(text.ptr[1] | 0x20);
    return letter == 'x' ? 16 : letter == 'b' ? 2 : letter == 'o' ? 8 : 0;
}

/* Digits up to what is none, at most INT64_MAX. */
static int64_t read_digits(struct str text, int64_t base)
{
    int64_t number = 0;
    for (size_t i = 0; i < text.len && digit_of(text.ptr[i]) < base; i++) {
        int digit = digit_of(text.ptr[i]);
        if (number > (INT64_MAX - digit) / base) {
            return INT64_MAX;
        }
        number = number * base + digit;
    }
    return number;
}

/* As strtol(): white space, a sign, a prefix of the base, digits. */
static int64_t text_to_base(struct str text, int64_t base)
{
    text = str_trim(text);
    bool negative = text.len > 0 && text.ptr[0] == '-';
    text = str_after(text, text.len > 0 && (text.ptr[0] == '-' || text.ptr[0] == '+'));
    int64_t prefix = prefix_base(text);
    if (prefix && (base == 0 || base == prefix)) {
        text = str_after(text, 2);
        base = prefix;
    } else if (base == 0) {
        base = text.len > 0 && text.ptr[0] == '0' ? 8 : 10;
    }
    int64_t number = read_digits(text, base);
    return negative ? -number : number;
}

/* intval(value, base=10) */
static bool run_intval(struct modifier_call *call, const struct value *arguments,
                       uint32_t count, struct value *result)
{
    const struct value *value = value_plain(&arguments[0]);
    int64_t base = modifier_int(arguments, count, 1, 10);
    if (base < 0 || base > 36 || base == 1) {
        return modifier_fail(call, "intval takes a base between 2 and 36");
    }
    bool other = base != 10 && value->type == VALUE_TEXT;
    *result = value_int(other ? text_to_base(value_str(value), base) : value_to_int(value));
    return true;
}

static bool run_floatval(struct modifier_call *call, const struct value *arguments,
                         uint32_t count, struct value *result)
{
    (void)call;
    (void)count;
    *result = value_float(value_to_float(&arguments[0]));
    return true;
}

static bool run_strval(struct modifier_call *call, const struct value *arguments,
                       uint32_t count, struct value *result)
{
    struct number_text room;
    (void)count;
    return modifier_copy(call, value_to_str(&arguments[0], &room), result);
}

static const struct function functions[] = {
    FUNCTION_ASK("boolval", value_truth),
    FUNCTION_ASK("ctype_alpha", ask_letters),
    FUNCTION_ASK("ctype_digit", ask_digits),
    FUNCTION_ASK("ctype_lower", ask_lower),
    FUNCTION_ASK("ctype_upper", ask_upper),
    FUNCTION_ASK("is_array", ask_array),
    FUNCTION_ASK("is_bool", ask_bool),
    FUNCTION_ASK("is_float", ask_float),
    FUNCTION_ASK("is_int", ask_int),
    FUNCTION_ASK("is_null", ask_null),
    FUNCTION_ASK("is_numeric", ask_numeric),
    FUNCTION_ASK("is_string", ask_string),
    FUNCTION_RUN("floatval", 1, 1, AS_BOTH, NULL, run_floatval),
    FUNCTION_RUN("intval", 1, 2, AS_BOTH, ".i", run_intval),
    FUNCTION_RUN("strval", 1, 1, AS_BOTH, NULL, run_strval),
};

const struct family family_type = {functions, sizeof functions / sizeof *functions};
