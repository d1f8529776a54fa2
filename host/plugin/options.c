#include "plugin/options.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/utf8.h"

/* ---- one function a type: checks, and adds the value as the plugin reads it ---- */

static bool check_range(const imh_option *option, bool inside, struct error *error)
{
    bool limited = option->min != 0 || option->max != 0;
    if (limited && !inside) {
        return error_set(error, IMH_REJECTED, "must be from %" PRId64 " to %" PRId64,
                         option->min, option->max);
    }
    return true;
}

static bool add_number(const imh_option *option, int64_t number, struct text *value,
                       struct error *error)
{
    bool inside = number >= option->min && number <= option->max;
    if (!check_range(option, inside, error)) {
        return false;
    }
    text_print(value, "%" PRId64, number);
    return true;
}

static bool add_text(const imh_option *option, struct str text, struct text *value,
                     struct error *error)
{
    (void)option;
    (void)error;
    text_add(value, text);
    return true;
}

static bool add_integer(const imh_option *option, struct str text, struct text *value,
                        struct error *error)
{
    int64_t number;
    if (!str_to_int64(text, INT64_MIN, INT64_MAX, &number)) {
        return error_set(error, IMH_REJECTED, "must be a whole number");
    }
    return add_number(option, number, value, error);
}

static bool add_decimal(const imh_option *option, struct str text, struct text *value,
                        struct error *error)
{
    struct json_reader reader;
    size_t start = value->len;
    json_open(&reader, text, &json_limits_input);
    enum json_event event = json_next(&reader);
    if ((event != JSON_INTEGER && event != JSON_DECIMAL) ||
        json_next(&reader) != JSON_END) {
        return error_set(error, IMH_REJECTED, "must be a number such as 12.5");
    }
    text_add(value, text);
    double number = strtod(text_cstr(value) + start, NULL);
    bool inside = number >= (double)option->min && number <= (double)option->max;
    return check_range(option, inside, error);
}

static bool add_boolean(const imh_option *option, struct str text, struct text *value,
                        struct error *error)
{
    bool truth;
    (void)option;
    if (!str_to_bool(text, &truth)) {
        return error_set(error, IMH_REJECTED, "must be yes or no");
    }
    text_add_cstr(value, truth ? "1" : "0");
    return true;
}

static bool add_seconds(const imh_option *option, struct str text, struct text *value,
                        struct error *error)
{
    int64_t seconds;
    if (!str_to_seconds(text, &seconds)) {
        return error_set(error, IMH_REJECTED,
                         "must be a duration such as 90s, 5m, 2h or 30d");
    }
    return add_number(option, seconds, value, error);
}

static bool add_bytes(const imh_option *option, struct str text, struct text *value,
                      struct error *error)
{
    int64_t bytes;
    if (!str_to_bytes(text, &bytes)) {
        return error_set(error, IMH_REJECTED, "must be a size such as 512k or 8m");
    }
    return add_number(option, bytes, value, error);
}

/* Up to the path, query or part of an address. */
static struct str host_of(struct str rest)
{
    size_t end = 0;
    while (end < rest.len && !strchr("/?#", rest.ptr[end])) {
        end++;
    }
    return str_before(rest, end);
}

static bool has_blank(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] <= ' ' || text.ptr[i] == 0x7F) {
            return true;
        }
    }
    return false;
}

static bool add_url(const imh_option *option, struct str text, struct text *value,
                    struct error *error)
{
    const char *scheme = option->choices ? option->choices : "http"; /* of our own: smtp */
    size_t plain = strlen(scheme);
    bool named = str_eq_nocase(str_before(text, plain), str_from(scheme));
    bool secure = named && plain < text.len && (text.ptr[plain] | 0x20) == 's';
    size_t start = plain + (secure ? 1 : 0);
    if (!named || !str_starts(str_after(text, start), STR_OF("://"))) {
        return error_set(error, IMH_REJECTED, "must start with %s:// or %ss://", scheme,
                         scheme);
    }
    struct str host = host_of(str_after(text, start + strlen("://")));
    if (host.len == 0 || has_blank(text)) {
        return error_set(error, IMH_REJECTED,
                         "must be an address such as https://host/path/");
    }
    if (str_find_char(host, '@') < host.len) {
        return error_set(
            error, IMH_REJECTED,
            "must not have a user name in it: secrets have options of their own");
    }
    text_add(value, text);
    return true;
}

static bool add_choice(const imh_option *option, struct str text, struct text *value,
                       struct error *error)
{
    struct str rest = str_from(option->choices);
    struct str choice;
    while (str_split(&rest, '|', &choice)) {
        if (str_eq(choice, text)) {
            text_add(value, text);
            return true;
        }
    }
    return error_set(error, IMH_REJECTED, "must be one of %s", option->choices);
}

static bool (*const adders[])(const imh_option *option, struct str text, struct text *value,
                              struct error *error) = {
    [IMH_TEXT] = add_text,       [IMH_INTEGER] = add_integer, [IMH_NUMBER] = add_decimal,
    [IMH_BOOLEAN] = add_boolean, [IMH_SECONDS] = add_seconds, [IMH_BYTES] = add_bytes,
    [IMH_URL] = add_url,         [IMH_CHOICE] = add_choice,
};

static bool add_many(const imh_option *option, struct str text, struct text *value,
                     struct error *error)
{
    struct str word;
    const char *separator = "";
    text_add_char(value, '[');
    while (str_word(&text, &word)) {
        struct text one;
        text_init(&one, OPTION_BYTES);
        bool good = adders[option->type](option, word, &one, error);
        text_add_cstr(value, separator);
        json_add_string(value, text_str(&one));
        text_done(&one);
        if (!good) {
            return false;
        }
        separator = ",";
    }
    text_add_char(value, ']');
    return true;
}

bool options_check(const imh_option *option, struct str text, struct text *value,
                   struct error *error)
{
    if (text.len > OPTION_BYTES) {
        return error_set(error, IMH_REJECTED, "is longer than %d bytes", OPTION_BYTES);
    }
    if (!utf8_is_valid(text)) {
        return error_set(error, IMH_REJECTED, "is not UTF-8");
    }
    if (option->type >= sizeof adders / sizeof *adders) {
        return error_set(error, IMH_BROKEN, "is of a type this host does not know");
    }
    size_t before = value->len;
    bool good = option->flags & IMH_MANY ? add_many(option, text, value, error)
                                         : adders[option->type](option, text, value, error);
    value->len = good ? value->len : before;
    return good;
}

bool options_place(struct str *rest, struct str *before, struct str *name)
{
    size_t open = str_find_char(*rest, '{');
    size_t close = str_find(*rest, STR_OF("}"), open);
    if (close == rest->len) {
        return false;
    }
    if (before) {
        *before = str_before(*rest, open);
    }
    *name = str_after(str_before(*rest, close), open + 1);
    *rest = str_after(*rest, close + 1);
    return true;
}
