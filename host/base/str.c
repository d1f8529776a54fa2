#include "base/str.h"

int str_compare(struct str a, struct str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common > 0 ? memcmp(a.ptr, b.ptr, common) : 0;
    if (order != 0) {
        return order;
    }
    return (a.len > b.len) - (a.len < b.len);
}

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i])) {
            return false;
        }
    }
    return true;
}

bool str_starts(struct str str, struct str prefix)
{
    return str.len >= prefix.len && str_eq(str_before(str, prefix.len), prefix);
}

bool str_ends(struct str str, struct str suffix)
{
    return str.len >= suffix.len && str_eq(str_after(str, str.len - suffix.len), suffix);
}

size_t str_find(struct str str, struct str what, size_t from)
{
    if (from > str.len || what.len > str.len - from) {
        return str.len;
    }
    if (what.len == 0) {
        return from;
    }
    const char *found = memmem(str.ptr + from, str.len - from, what.ptr, what.len);
    return found ? (size_t)(found - str.ptr) : str.len;
}

size_t str_find_char(struct str str, char what)
{
    const char *found = str.len > 0 ? memchr(str.ptr, what, str.len) : NULL;
    return found ? (size_t)(found - str.ptr) : str.len;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct str str_trim(struct str str)
{
    while (str.len > 0 && is_blank(str.ptr[0])) {
        str = str_after(str, 1);
    }
    while (str.len > 0 && is_blank(str.ptr[str.len - 1])) {
        str.len--;
    }
    return str;
}

bool str_split(struct str *rest, char separator, struct str *piece)
{
    if (rest->ptr == NULL) {
        return false;
    }
    size_t at = str_find_char(*rest, separator);
    *piece = str_before(*rest, at);
    *rest = at < rest->len ? str_after(*rest, at + 1) : (struct str){NULL, 0};
    return true;
}

bool str_word(struct str *rest, struct str *word)
{
    while (rest->len > 0 && is_blank(rest->ptr[0])) {
        *rest = str_after(*rest, 1);
    }
    size_t length = 0;
    while (length < rest->len && !is_blank(rest->ptr[length])) {
        length++;
    }
    *word = str_before(*rest, length);
    *rest = str_after(*rest, length);
    return length > 0;
}

bool str_to_int64(struct str str, int64_t least, int64_t most, int64_t *number)
{
    bool negative = str.len > 0 && str.ptr[0] == '-';
    struct str digits = str_after(str, negative ? 1 : 0);
    if (digits.len == 0 || digits.len > 19) {
        return false;
    }
    uint64_t sum = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9') {
            return false;
        }
        sum = sum * 10 + (uint64_t)(digits.ptr[i] - '0');
    }
    if (sum > (uint64_t)INT64_MAX + (negative ? 1 : 0)) {
        return false;
    }
    int64_t value = negative ? (int64_t)(0 - sum) : (int64_t)sum;
    if (value < least || value > most) {
        return false;
    }
    *number = value;
    return true;
}

struct unit {
    char letter;
    int64_t factor;
};

static bool to_units(struct str str, const struct unit *units, size_t count,
                     int64_t *number)
{
    int64_t factor = 1;
    for (size_t i = 0; i < count && str.len > 1; i++) {
        if (lower(str.ptr[str.len - 1]) == units[i].letter) {
            factor = units[i].factor;
            str.len--;
            break;
        }
    }
    int64_t value;
    if (!str_to_int64(str, 0, INT64_MAX / factor, &value)) {
        return false;
    }
    *number = value * factor;
    return true;
}

bool str_to_seconds(struct str str, int64_t *seconds)
{
    static const struct unit units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    return to_units(str, units, sizeof units / sizeof *units, seconds);
}

bool str_to_bytes(struct str str, int64_t *bytes)
{
    static const struct unit units[] = {
        {'k', (int64_t)1 << 10}, {'m', (int64_t)1 << 20}, {'g', (int64_t)1 << 30}};
    return to_units(str, units, sizeof units / sizeof *units, bytes);
}

bool str_to_bool(struct str str, bool *value)
{
    static const char *const words[][2] = {
        {"no", "yes"}, {"off", "on"}, {"false", "true"}, {"0", "1"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        for (int truth = 0; truth < 2; truth++) {
            if (str_eq_nocase(str, str_from(words[i][truth]))) {
                *value = truth == 1;
                return true;
            }
        }
    }
    return false;
}

enum { DISTANCE_MOST = 64 };

unsigned str_distance(struct str a, struct str b)
{
    unsigned row[DISTANCE_MOST + 1];
    if (a.len > DISTANCE_MOST || b.len > DISTANCE_MOST) {
        return DISTANCE_MOST;
    }
    for (unsigned j = 0; j <= b.len; j++) {
        row[j] = j;
    }
    for (unsigned i = 1; i <= a.len; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= b.len; j++) {
            unsigned replaced = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);
            unsigned shorter = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = replaced < shorter ? replaced : shorter;
        }
    }
    return row[b.len];
}
