#include "condition.h"

#include "moment.h"

#define DIGITS "0123456789"
#define BLANKS " \t\n\r\v\f"

const char *condition_word(imh_str relation)
{
    static const struct {
        const char *relation, *word;
    } rows[] = {{"==", "eq"}, {"<", "lt"}, {"<=", "lteq"}, {">", "gt"}, {">=", "gteq"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].relation, relation.ptr) == 0) {
            return rows[i].word;
        }
    }
    return NULL;
}

static int is_equality(const struct asked *asked)
{
    return strcmp(asked->relation.ptr, "==") == 0;
}

static int is_text(const struct asked *asked)
{
    return asked->type == IMH_JSON_STRING;
}

static int add(struct criteria *criteria, const struct column *column, const char *word,
               imh_str value)
{
    criteria_filter(criteria, CRITERIA_AND, column->field, word, value);
    return 1;
}

/* ---- numbers ---- */

int condition_is_decimal(imh_str value)
{
    enum { DIGITS_MOST = 15 }; /* a double has them all */
    const char *at = value.ptr + (value.ptr[0] == '-');
    size_t whole = strspn(at, DIGITS);
    size_t part = at[whole] == '.' ? strspn(at + whole + 1, DIGITS) : 0;
    size_t end = (size_t)(at - value.ptr) + whole + (part > 0 ? part + 1 : 0);
    return whole > 0 && whole + part <= DIGITS_MOST && end == value.len;
}

static int is_zero(imh_str decimal)
{
    return strspn(decimal.ptr, "-0.") == decimal.len;
}

int condition_number(struct criteria *criteria, const struct column *column,
                     const struct asked *asked)
{
    const char *word = condition_word(asked->relation);
    int none_is_it = column->may_lack && is_equality(asked) && is_zero(asked->value);
    return word && is_text(asked) && condition_is_decimal(asked->value) && !none_is_it &&
           add(criteria, column, word, asked->value);
}

/* ---- texts ---- */

/* Two texts that are numbers are compared as such: "1e1" is "10". */
static int is_numeric(imh_str text)
{
    const char *at = text.ptr + strspn(text.ptr, BLANKS);
    at += *at == '-' || *at == '+';
    size_t whole = strspn(at, DIGITS);
    at += whole;
    size_t part = *at == '.' ? strspn(at + 1, DIGITS) : 0;
    at += *at == '.' && whole + part > 0 ? part + 1 : 0;
    size_t sign = (at[0] == 'e' || at[0] == 'E') && (at[1] == '-' || at[1] == '+');
    size_t power = at[0] == 'e' || at[0] == 'E' ? strspn(at + 1 + sign, DIGITS) : 0;
    at += power > 0 ? 1 + sign + power : 0;
    return whole + part > 0 && at + strspn(at, BLANKS) == text.ptr + text.len;
}

/* "4" is "000000004", too: so long are the numbers of orders, and longer with a prefix. */
static imh_str with_zeros(imh_call *call, imh_str digits)
{
    enum { DIGITS_LEAST = 13 }; /* of what is tried: of an EAN */
    size_t zeros = strspn(digits.ptr, "0");
    const char *number = digits.ptr + zeros;
    size_t len = digits.len - zeros;
    size_t longest = digits.len > DIGITS_LEAST ? digits.len : DIGITS_LEAST;
    imh_str all = imh_print(call, "%s", number);
    for (size_t width = len + 1; width <= longest; width++) {
        all = imh_print(call, "%s,%0*d%s", all.ptr, (int)(width - len), 0, number);
    }
    return all;
}

/* Characters of four bytes are kept as question marks. */
static int can_be_kept(imh_str text)
{
    enum { BYTES_MOST = 255, FOUR_BYTES = 0xF0 };
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] >= FOUR_BYTES || text.ptr[i] == '\0') {
            return 0;
        }
    }
    return text.len > 0 && text.len <= BYTES_MOST;
}

/* Of other numbers, as 1.50 and 1e3, there are too many ways to write them. */
int condition_text(struct criteria *criteria, const struct column *column,
                   const struct asked *asked)
{
    enum { DIGITS_MOST = 18 };
    imh_str value = asked->value;
    if (!is_equality(asked) || !is_text(asked) || !can_be_kept(value)) {
        return 0;
    }
    if (!is_numeric(value)) {
        return add(criteria, column, "eq", value);
    }
    return strspn(value.ptr, DIGITS) == value.len && value.len <= DIGITS_MOST &&
           !is_zero(value) &&
           add(criteria, column, "in", with_zeros(criteria->call, value));
}

int condition_differs(imh_call *call, const struct column *column, imh_str item,
                      imh_str value)
{
    return strcmp(imh_at(call, item, column->at).ptr, value.ptr) != 0;
}

int condition_code(struct criteria *criteria, const struct column *column,
                   const struct asked *asked)
{
    return strspn(asked->value.ptr, "abcdefghijklmnopqrstuvwxyz_") == asked->value.len &&
           condition_text(criteria, column, asked);
}

int condition_own(struct criteria *criteria, const struct column *column,
                  const struct asked *asked)
{
    return is_equality(asked) && is_text(asked) &&
           add(criteria, column, "eq", asked->value);
}

/* ---- times ---- */

/* Of a day, every moment comes behind it, midnight as well: "2026-11-21 00:00:00" is
 * greater than "2026-11-21". */
int condition_moment(struct criteria *criteria, const struct column *column,
                     const struct asked *asked)
{
    const char *word = condition_word(asked->relation);
    if (!word || !is_text(asked)) {
        return 0;
    }
    if (moment_is_time(criteria->call, asked->value)) {
        return add(criteria, column, word, asked->value);
    }
    imh_str midnight = imh_print(criteria->call, "%s 00:00:00", asked->value.ptr);
    return !is_equality(asked) && moment_is_time(criteria->call, midnight) &&
           add(criteria, column, asked->relation.ptr[0] == '<' ? "lt" : "gteq", midnight);
}

int condition_day(struct criteria *criteria, const struct column *column,
                  const struct asked *asked)
{
    const char *word = condition_word(asked->relation);
    return word && is_text(asked) && moment_is_day(criteria->call, asked->value) &&
           add(criteria, column, word, asked->value);
}

/* ---- few values ---- */

/* Every text but "" and "0" is true, as PHP has it. */
int condition_flag(struct criteria *criteria, const struct column *column,
                   const struct asked *asked)
{
    const char *value = asked->value.ptr;
    int on = asked->type == IMH_JSON_BOOLEAN ? strcmp(value, "true") == 0
                                             : *value && strcmp(value, "0") != 0;
    return (is_text(asked) || asked->type == IMH_JSON_BOOLEAN) && is_equality(asked) &&
           add(criteria, column, "eq", imh_text(on ? "1" : "0"));
}

int condition_label(struct criteria *criteria, const struct column *column,
                    const struct asked *asked)
{
    for (unsigned i = 0; is_equality(asked) && is_text(asked) && column->labels[i]; i++) {
        if (column->labels[i][0] && strcmp(column->labels[i], asked->value.ptr) == 0) {
            return add(criteria, column, "eq", imh_print(criteria->call, "%u", i));
        }
    }
    return 0;
}
