#include "smarty/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- numbers to text ---- */

struct str int_to_str(int64_t integer, struct number_text *room)
{
    char *end = room->bytes + sizeof room->bytes;
    char *at = end;
    uint64_t rest = integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (integer < 0) {
        *--at = '-';
    }
    return (struct str){at, (size_t)(end - at)};
}

/* The digits of `whole` with a point before the last `decimals`: 5 with 2 is 0.05. */
static struct str place_point(int64_t whole, unsigned decimals, bool negative,
                              struct number_text *room)
{
    struct str digits = int_to_str(whole, room);
    char *end = room->bytes + sizeof room->bytes;
    char *at = end - digits.len;
    while ((size_t)(end - at) <= decimals) {
        *--at = '0';
    }
    if (decimals > 0) {
        size_t before = (size_t)(end - at) - decimals;
        memmove(at - 1, at, before);
        at--;
        at[before] = '.';
    }
    if (negative) {
        *--at = '-';
    }
    return (struct str){at, (size_t)(end - at)};
}

/* Numbers as shops write them, at most six decimals and 14 digits: such a double is printed
 * by its decimals if they lead back to it exactly. */
static bool short_decimal(double real, struct number_text *room, struct str *out)
{
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
    enum { DECIMALS_MOST = 6 };
    double size = fabs(real);
    bool tiny = size < 1e-4 && real != 0;
    bool minus_zero = real == 0 && signbit(real);
    if (!(size < 1e7) || tiny || minus_zero) {
        return false;
    }
    for (unsigned decimals = 0; decimals <= DECIMALS_MOST; decimals++) {
        double whole = nearbyint(size * powers[decimals]);
        if (whole / powers[decimals] == size) {
            *out = place_point((int64_t)whole, decimals, real < 0, room);
            return true;
        }
    }
    return false;
}

/* "1.5000e+07" to PHP's "1.5E+7"; `digits` are those of the mantissa. */
static struct str scientific(struct number_text *room, const char *mantissa, size_t digits,
                             int exponent, char mark)
{
    char *at = room->bytes;
    bool negative = *mantissa == '-';
    mantissa += negative;
    while (digits > 1 && mantissa[digits] == '0') { /* mantissa[1] is the point */
        digits--;
    }
    int length = snprintf(at, sizeof room->bytes, "%s%c.%.*s%c%+d", negative ? "-" : "",
                          mantissa[0], digits > 1 ? (int)digits - 1 : 1,
                          digits > 1 ? mantissa + 2 : "0", mark, exponent);
    return (struct str){at, length > 0 ? (size_t)length : 0};
}

/* "1.5e+07" to "15000000". */
static struct str padded(struct number_text *room, const char *mantissa, int exponent)
{
    size_t len = 0;
    for (const char *at = mantissa; *at && *at != 'e'; at++) {
        if (*at != '.') {
            room->bytes[len++] = *at;
        }
    }
    size_t whole = (size_t)exponent + 1 + (mantissa[0] == '-' ? 1 : 0);
    while (len < whole && len < sizeof room->bytes) {
        room->bytes[len++] = '0';
    }
    return (struct str){room->bytes, len};
}

static struct str special(double real)
{
    return isnan(real) ? STR_OF("NAN") : real < 0 ? STR_OF("-INF") : STR_OF("INF");
}

/* How a number is written: with an exponent from that one on, marked so. */
struct form {
    int digits, exponent;
    char mark;
};

/* Without trailing zeros. */
static struct str write_form(double real, const struct form *form, struct number_text *room)
{
    char mantissa[40];
    (void)snprintf(mantissa, sizeof mantissa, "%.*e", form->digits - 1, real);
    const char *mark = strchr(mantissa, 'e');
    int exponent = mark ? (int)strtol(mark + 1, NULL, 10) : 0;
    if (exponent < -4 || exponent >= form->exponent) {
        return scientific(room, mantissa, (size_t)form->digits, exponent, form->mark);
    }
    if (exponent >= form->digits) {
        return padded(room, mantissa, exponent);
    }
    int decimals = form->digits - 1 - exponent;
    int length = snprintf(room->bytes, sizeof room->bytes, "%.*f", decimals, real);
    struct str out = {room->bytes, length > 0 ? (size_t)length : 0};
    if (decimals > 0) {
        while (out.ptr[out.len - 1] == '0') {
            out.len--;
        }
        out.len -= out.ptr[out.len - 1] == '.';
    }
    return out;
}

struct str float_to_digits(double real, int digits, struct number_text *room)
{
    struct form form = {.digits = digits, .exponent = digits, .mark = 'E'};
    return write_form(real, &form, room);
}

struct str float_to_str(double real, struct number_text *room)
{
    enum { PRECISION = 14 };
    struct str out;
    if (!isfinite(real)) {
        return special(real);
    }
    return short_decimal(real, room, &out) ? out : float_to_digits(real, PRECISION, room);
}

struct str float_to_exact_str(double real, struct number_text *room)
{
    enum { EXACT_DIGITS = 17 }; /* always lead back */
    struct str out;
    if (!isfinite(real)) {
        return special(real);
    }
    if (short_decimal(real, room, &out)) {
        return out;
    }
    struct form form = {.digits = 1, .exponent = EXACT_DIGITS, .mark = 'e'};
    for (; form.digits < EXACT_DIGITS; form.digits++) {
        char text[40];
        (void)snprintf(text, sizeof text, "%.*e", form.digits - 1, real);
        if (strtod(text, NULL) == real) {
            break;
        }
    }
    return write_form(real, &form, room);
}

/* ---- text to numbers ---- */

enum { NUMBER_TEXT_MOST = 400 }; /* longer text is no number */

/* Where the parts of a number lie. */
struct shape {
    size_t start;  /* behind leading white space */
    size_t end;    /* behind the last byte of the number; start when there is none */
    bool is_float; /* has a point or an exponent */
    unsigned digits;
};

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static size_t skip_digits(struct str text, size_t at)
{
    while (at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9') {
        at++;
    }
    return at;
}

static bool is_sign(struct str text, size_t at)
{
    return at < text.len && (text.ptr[at] == '-' || text.ptr[at] == '+');
}

/* Behind an exponent that stands at `at`; `at` itself when none does. */
static size_t skip_exponent(struct str text, size_t at)
{
    if (at >= text.len || (text.ptr[at] != 'e' && text.ptr[at] != 'E')) {
        return at;
    }
    size_t digits = at + 1 + is_sign(text, at + 1);
    size_t stop = skip_digits(text, digits);
    return stop > digits ? stop : at;
}

static struct shape find_number(struct str text)
{
    struct shape shape = {0};
    size_t at = 0;
    while (at < text.len && is_space(text.ptr[at])) {
        at++;
    }
    shape.start = shape.end = at;
    at += is_sign(text, at);
    size_t whole = at;
    at = skip_digits(text, at);
    size_t digits = at - whole;
    if (at < text.len && text.ptr[at] == '.') {
        size_t fraction = skip_digits(text, at + 1);
        digits += fraction - at - 1;
        if (digits > 0) {
            at = fraction;
            shape.is_float = true;
        }
    }
    if (digits == 0) {
        return shape;
    }
    shape.end = skip_exponent(text, at);
    shape.is_float = shape.is_float || shape.end > at;
    shape.digits = (unsigned)digits;
    return shape;
}

/* At most 15 digits and 15 decimals: both halves are exact doubles and the
 * quotient is rounded once. */
static bool read_short_decimal(struct str number, double *real)
{
    static const double powers[] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    int64_t mantissa = 0;
    unsigned decimals = 0;
    bool point = false;
    size_t first = number.ptr[0] == '-' || number.ptr[0] == '+' ? 1 : 0;
    for (size_t i = first; i < number.len; i++) {
        char c = number.ptr[i];
        if (c == '.') {
            point = true;
        } else if (c >= '0' && c <= '9') {
            mantissa = mantissa * 10 + (c - '0');
            decimals += point;
        } else {
            return false;
        }
    }
    double value = (double)mantissa / powers[decimals];
    *real = number.ptr[0] == '-' ? -value : value;
    return true;
}

static double read_float(struct str number, unsigned digits)
{
    double real;
    if (digits <= 15 && read_short_decimal(number, &real)) {
        return real;
    }
    char copy[NUMBER_TEXT_MOST + 1];
    memcpy(copy, number.ptr, number.len);
    copy[number.len] = '\0';
    return strtod(copy, NULL);
}

enum numeric text_to_number(struct str text, struct value *number)
{
    /* Most texts are words: their first byte says so. */
    if (text.len == 0 || text.ptr[0] > '9' || text.len > NUMBER_TEXT_MOST) {
        return NUMERIC_NOT;
    }
    struct shape shape = find_number(text);
    if (shape.end == shape.start) {
        return NUMERIC_NOT;
    }
    struct str part = {text.ptr + shape.start, shape.end - shape.start};
    struct str plain = part.ptr[0] == '+' ? str_after(part, 1) : part;
    while (plain.len > 1 && plain.ptr[0] == '0') {
        plain = str_after(plain, 1);
    }
    int64_t integer;
    if (!shape.is_float && str_to_int64(plain, INT64_MIN, INT64_MAX, &integer)) {
        *number = value_int(integer);
    } else {
        *number = value_float(read_float(part, shape.digits));
    }
    size_t rest = shape.end;
    while (rest < text.len && is_space(text.ptr[rest])) {
        rest++;
    }
    return rest == text.len ? NUMERIC_WHOLE : NUMERIC_LEADING;
}
