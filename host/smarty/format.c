#include "smarty/format.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

#include "smarty/juggle.h"

enum { PRECISION_MOST = 53, FIELD_BYTES = 512 };

/* One % directive. */
struct field {
    uint32_t argument; /* number, from 1 on; 0: the next */
    size_t width;
    int precision; /* -1: none given */
    char pad;
    bool left;
    bool plus;
};

static bool read_number(struct str *rest, size_t *number)
{
    size_t count = 0;
    *number = 0;
    while (count < rest->len && rest->ptr[count] >= '0' && rest->ptr[count] <= '9') {
        *number = *number * 10 + (size_t)(rest->ptr[count] - '0');
        if (*number > FORMAT_WIDTH_MOST) {
            return false;
        }
        count++;
    }
    *rest = str_after(*rest, count);
    return true;
}

static bool read_argument_number(struct str *rest, struct field *field)
{
    struct str ahead = *rest;
    size_t number;
    if (!read_number(&ahead, &number)) {
        return false;
    }
    if (number > 0 && ahead.len > 0 && ahead.ptr[0] == '$') {
        field->argument = (uint32_t)number;
        *rest = str_after(ahead, 1);
    }
    return true;
}

static void read_flags(struct str *rest, struct field *field)
{
    for (; rest->len > 0; *rest = str_after(*rest, 1)) {
        char c = rest->ptr[0];
        if (c == '-') {
            field->left = true;
        } else if (c == '+') {
            field->plus = true;
        } else if (c == '0' || c == ' ') {
            field->pad = c;
        } else if (c == '\'' && rest->len > 1) {
            field->pad = rest->ptr[1];
            *rest = str_after(*rest, 1);
        } else {
            return;
        }
    }
}

/* Behind the `%`, up to the letter. */
static bool read_field(struct str *rest, struct field *field)
{
    *field = (struct field){.precision = -1, .pad = ' '};
    if (!read_argument_number(rest, field)) {
        return false;
    }
    read_flags(rest, field);
    if (!read_number(rest, &field->width)) {
        return false;
    }
    if (rest->len > 0 && rest->ptr[0] == '.') {
        size_t precision;
        *rest = str_after(*rest, 1);
        if (!read_number(rest, &precision)) {
            return false;
        }
        field->precision = precision > PRECISION_MOST ? PRECISION_MOST : (int)precision;
    }
    return true;
}

/* Zeros go between a sign and the digits. */
static void add_padded(struct text *out, struct str text, const struct field *field,
                       bool is_number)
{
    size_t fill = field->width > text.len ? field->width - text.len : 0;
    bool sign = is_number && field->pad == '0' && text.len > 0 &&
                (text.ptr[0] == '-' || text.ptr[0] == '+');
    if (sign && !field->left && fill > 0) {
        text_add_char(out, text.ptr[0]);
        text = str_after(text, 1);
    }
    for (size_t i = 0; i < fill && !field->left; i++) {
        text_add_char(out, field->pad);
    }
    text_add(out, text);
    for (size_t i = 0; i < fill && field->left; i++) {
        text_add_char(out, field->pad);
    }
}

/* ---- the letters ---- */

/* A value on its way into a field: what is printed is lent from here or from the value. */
struct printing {
    const struct field *field;
    const struct value *value;
    char letter;
    char room[FIELD_BYTES];
    struct number_text number;
};

static struct str print_text(struct printing *printing)
{
    struct str text = value_to_str(printing->value, &printing->number);
    int precision = printing->field->precision;
    return precision >= 0 ? str_before(text, (size_t)precision) : text;
}

static struct str print_int(struct printing *printing)
{
    int64_t integer = value_to_int(printing->value);
    char *room = printing->room;
    int length = printing->letter == 'u'
                     ? snprintf(room, FIELD_BYTES, "%" PRIu64, (uint64_t)integer)
                 : printing->field->plus ? snprintf(room, FIELD_BYTES, "%+" PRId64, integer)
                                         : snprintf(room, FIELD_BYTES, "%" PRId64, integer);
    return (struct str){room, (size_t)length};
}

/* x, X, o and b: of the 64 bits, without a sign. PHP prints nothing with a precision. */
static struct str print_bits(struct printing *printing)
{
    char letter = printing->letter;
    unsigned bits = letter == 'b' ? 1 : letter == 'o' ? 3 : 4;
    const char *digits = letter == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    uint64_t rest = (uint64_t)value_to_int(printing->value);
    char *end = printing->room + FIELD_BYTES;
    char *at = end;
    do {
        *--at = digits[rest & ((1U << bits) - 1)];
        rest >>= bits;
    } while (rest > 0);
    return (struct str){at, printing->field->precision < 0 ? (size_t)(end - at) : 0};
}

static struct str print_char(struct printing *printing)
{
    printing->room[0] = (char)value_to_int(printing->value);
    return (struct str){printing->room, 1};
}

/* C writes at least two digits of an exponent, PHP as few as there are. */
static size_t shorten_exponent(char *text, size_t length)
{
    char *mark = strpbrk(text, "eE");
    if (mark && mark[2] == '0' && mark[3] != '\0') {
        memmove(mark + 2, mark + 3, length - (size_t)(mark + 3 - text) + 1);
        return length - 1;
    }
    return length;
}

static struct str print_float(struct printing *printing)
{
    const struct field *field = printing->field;
    char *room = printing->room;
    double real = value_to_float(printing->value);
    int precision = field->precision < 0 ? 6 : field->precision;
    const char *sign = field->plus && real >= 0 ? "+" : "";
    int length;
    if (printing->letter == 'e' || printing->letter == 'E') {
        length = snprintf(room, FIELD_BYTES, printing->letter == 'e' ? "%s%.*e" : "%s%.*E",
                          sign, precision, real);
        return (struct str){room, shorten_exponent(room, (size_t)length)};
    }
    length = snprintf(room, FIELD_BYTES, "%s%.*f", sign, precision, real);
    return (struct str){room, (size_t)length};
}

static struct str print_general(struct printing *printing)
{
    enum { DIGITS_MOST = 17 };
    const struct field *field = printing->field;
    char *room = printing->room;
    int digits = field->precision < 0 ? 6 : field->precision;
    digits = digits < 1 ? 1 : digits > DIGITS_MOST ? DIGITS_MOST : digits;
    double real = value_to_float(printing->value);
    struct str text = float_to_digits(real, digits, &printing->number);
    size_t length = 0;
    if (field->plus && real >= 0) {
        room[length++] = '+';
    }
    for (size_t i = 0; i < text.len; i++) {
        room[length++] =
            islower(printing->letter) && text.ptr[i] == 'E' ? 'e' : text.ptr[i];
    }
    return (struct str){room, length};
}

static const struct {
    char letter;
    bool is_number;
    struct str (*print)(struct printing *printing);
} letters[] = {
    {'s', false, print_text},   {'d', true, print_int},     {'u', true, print_int},
    {'f', true, print_float},   {'F', true, print_float},   {'e', true, print_float},
    {'E', true, print_float},   {'g', true, print_general}, {'G', true, print_general},
    {'h', true, print_general}, {'H', true, print_general}, {'x', false, print_bits},
    {'X', false, print_bits},   {'o', false, print_bits},   {'b', false, print_bits},
    {'c', false, print_char},
};

/* As PHP 8.2 does: three characters, whatever the width, and a sign only over the first of
 * them, where zeros would be put before it. */
static void add_no_number(struct text *out, const struct field *field, double real)
{
    const char *name = isnan(real) ? "NaN" : "INF";
    bool zeros = field->pad == '0' && !field->left;
    if (zeros && (real < 0 || field->plus)) {
        text_add_char(out, real < 0 ? '-' : '+');
        name++;
    }
    text_add_cstr(out, name);
}

static bool is_no_number(struct str (*print)(struct printing *printing),
                         const struct value *value)
{
    return (print == print_float || print == print_general) &&
           !isfinite(value_to_float(value));
}

static bool print_field(struct text *out, const struct field *field, char letter,
                        const struct value *value, const char **problem)
{
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        if (letters[i].letter == letter && is_no_number(letters[i].print, value)) {
            add_no_number(out, field, value_to_float(value));
            return true;
        }
        if (letters[i].letter == letter) {
            struct printing printing = {.field = field, .value = value, .letter = letter};
            struct str text = letters[i].print(&printing);
            struct field padded = *field;
            /* Zeros behind an integer would make it another one. */
            if (padded.left && padded.pad == '0' && letters[i].print == print_int) {
                padded.pad = ' ';
            }
            if (letter == 'c') {
                text_add(out, text);
            } else {
                add_padded(out, text, &padded, letters[i].is_number);
            }
            return true;
        }
    }
    *problem = "a format letter that does not exist";
    return false;
}

bool format_print(struct text *out, struct str format, const struct value *arguments,
                  uint32_t count, const char **problem)
{
    uint32_t next = 0;
    while (format.len > 0) {
        size_t at = str_find_char(format, '%');
        bool last = at == format.len;
        text_add(out, str_before(format, at));
        format = str_after(format, at + 1);
        if (last) {
            break;
        }
        if (format.len > 0 && format.ptr[0] == '%') {
            text_add_char(out, '%');
            format = str_after(format, 1);
            continue;
        }
        struct field field;
        if (!read_field(&format, &field) || format.len == 0) {
            *problem = "a format that is too wide or has no letter";
            return false;
        }
        uint32_t argument = field.argument > 0 ? field.argument - 1 : next++;
        if (argument >= count) {
            *problem = "a format that wants more values than there are";
            return false;
        }
        if (!print_field(out, &field, format.ptr[0], &arguments[argument], problem)) {
            return false;
        }
        format = str_after(format, 1);
    }
    return true;
}
