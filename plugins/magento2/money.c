#include "money.h"

enum { PLACES = 4, UNIT = 10000 }; /* amounts are counted in units of 0.0001 */

#define AMOUNT_MOST (INT64_MAX / UNIT / 16)

/* A number with at most four places that count; more are rounded. 0 when it is none. */
static int read_amount(imh_str text, int64_t *amount)
{
    size_t at = text.len > 0 && text.ptr[0] == '-';
    int64_t units = 0;
    int places = -1; /* behind the point; -1 before it */
    size_t digits = 0;
    for (; at < text.len; at++) {
        char c = text.ptr[at];
        if (c == '.' && places < 0) {
            places = 0;
        } else if (c < '0' || c > '9' || units > AMOUNT_MOST) {
            return 0;
        } else if (places < PLACES) {
            units = units * 10 + (c - '0');
            places += places >= 0;
            digits++;
        } else {
            units += places == PLACES && c >= '5';
            places++;
        }
    }
    for (int i = places < 0 ? 0 : places; i < PLACES; i++) {
        units *= 10;
    }
    *amount = text.len > 0 && text.ptr[0] == '-' ? -units : units;
    return digits > 0;
}

static struct money_text write_amount(int64_t amount)
{
    struct money_text money;
    int64_t size = amount < 0 ? -amount : amount;
    int length = snprintf(money.text, sizeof money.text, "%s%" PRId64 ".%04" PRId64,
                          amount < 0 ? "-" : "", size / UNIT, size % UNIT);
    while (length > 0 && money.text[length - 1] == '0') {
        money.text[--length] = '\0';
    }
    if (length > 0 && money.text[length - 1] == '.') {
        money.text[--length] = '\0';
    }
    return money;
}

enum { CENT = UNIT / 100 };

struct money_text money_round(imh_str decimal)
{
    int64_t amount;
    if (!read_amount(decimal, &amount)) {
        return (struct money_text){""};
    }
    int64_t half = amount < 0 ? -CENT / 2 : CENT / 2;
    return write_amount((amount + half) / CENT * CENT);
}

struct money_text money_times(imh_str price, imh_str quantity)
{
    int64_t one;
    int64_t many;
    int64_t product;
    if (!read_amount(price, &one) || !read_amount(quantity, &many) ||
        __builtin_mul_overflow(one, many, &product)) {
        return (struct money_text){""};
    }
    int64_t half = product < 0 ? -UNIT / 2 : UNIT / 2;
    return write_amount((product + half) / UNIT);
}

/* A rate is read with four places more, moved before its point, unless it has many digits
 * there. */
struct money_text money_convert(imh_str price, imh_str rate)
{
    enum { DIGITS_MOST = 3, MOVED_BYTES = 32 };
    char moved[MOVED_BYTES];
    int64_t one;
    int64_t many;
    int64_t product;
    size_t point = strcspn(rate.ptr, ".");
    const char *part = rate.ptr + point + (rate.ptr[point] == '.');
    int places = (int)strnlen(part, PLACES);
    int is_moved = point <= DIGITS_MOST;
    (void)snprintf(moved, sizeof moved, "%.*s%.*s%.*s.%.4s", is_moved ? (int)point : 0,
                   rate.ptr, places, part, PLACES - places, "0000", part + places);
    if (!read_amount(price, &one) ||
        !read_amount(is_moved ? imh_text(moved) : rate, &many) ||
        __builtin_mul_overflow(one, many, &product)) {
        return (struct money_text){""};
    }
    int64_t units = product / UNIT / (is_moved ? UNIT : 1);
    return money_round(imh_text(write_amount(units).text));
}

int money_compare(struct money_text a, struct money_text b)
{
    int64_t left = INT64_MIN;
    int64_t right = INT64_MIN;
    (void)read_amount(imh_text(a.text), &left);
    (void)read_amount(imh_text(b.text), &right);
    return (left > right) - (left < right);
}

/* Amounts below zero, and of more places, are none. */
static int read_exactly(imh_str decimal, int64_t *amount)
{
    const char *point = strchr(decimal.ptr, '.');
    return (!point || strlen(point + 1) <= PLACES) && read_amount(decimal, amount) &&
           *amount >= 0;
}

struct money_text money_half_below(imh_str decimal)
{
    int64_t amount;
    return read_exactly(decimal, &amount)
               ? write_amount((amount + CENT - 1) / CENT * CENT - CENT / 2)
               : (struct money_text){""};
}

struct money_text money_half_above(imh_str decimal)
{
    int64_t amount;
    return read_exactly(decimal, &amount) ? write_amount(amount / CENT * CENT + CENT / 2)
                                          : (struct money_text){""};
}
