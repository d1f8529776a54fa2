#include "smarty/modifiers.h"
#include "smarty/moment.h"

static bool is_digits(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
    }
    return text.len > 0;
}

/* What Smarty takes for no date at all. */
static bool is_empty_date(const struct value *value)
{
    value = value_plain(value);
    return !value_truth(value) ||
           (value->type == VALUE_TEXT && (str_is(value_str(value), "0000-00-00") ||
                                          str_is(value_str(value), "0000-00-00 00:00:00")));
}

static int digits_at(struct str text, size_t at, size_t count)
{
    int64_t number = 0;
    (void)str_to_int64(str_before(str_after(text, at), count), 0, INT32_MAX, &number);
    return (int)number;
}

enum { WORDS_EFFORT = 100 }; /* a date in words may open the file of a zone */

/* 14 digits are YYYYMMDDhhmmss, other numbers seconds since 1970, anything else a date in
 * words; what cannot be read is now. */
int64_t date_seconds(struct modifier_call *call, const struct value *value)
{
    struct number_text room;
    struct str text = value_to_str(value, &room);
    struct value number;
    int64_t seconds = 0;
    bool read;
    if (text.len == 14 && is_digits(text)) {
        struct moment_wall wall = {.year = digits_at(text, 0, 4),
                                   .month = digits_at(text, 4, 2),
                                   .day = digits_at(text, 6, 2),
                                   .hour = digits_at(text, 8, 2),
                                   .minute = digits_at(text, 10, 2),
                                   .second = digits_at(text, 12, 2)};
        read = moment_make(&wall, call->now_s, call->zone, &seconds);
        return read ? seconds : call->now_s;
    }
    if (value->type != VALUE_BOOL && text_to_number(text, &number) == NUMERIC_WHOLE) {
        return value_to_int(value); /* of a text, not as its number: that is capped */
    }
    (void)effort_spend(&call->effort, WORDS_EFFORT);
    read = moment_parse(text, call->now_s, call->zone, &seconds);
    return read && seconds != -1 ? seconds : call->now_s;
}

/* date_format:format="%b %e, %Y":default:formatter=auto */
static bool run_date_format(struct modifier_call *call, const struct value *arguments,
                            uint32_t count, struct value *result)
{
    struct number_text format_room;
    struct number_text formatter_room;
    bool has_format = count > 1 && !value_is_nothing(&arguments[1]);
    struct str format =
        has_format ? value_to_str(&arguments[1], &format_room) : STR_OF("%b %e, %Y");
    struct str formatter = modifier_str(arguments, count, 3, "auto", &formatter_room);
    const struct value *date = &arguments[0];
    if (is_empty_date(date)) {
        if (count < 3 || !value_truth(&arguments[2])) {
            *result = value_null();
            return true;
        }
        date = &arguments[2];
    }
    int64_t seconds = date_seconds(call, date);
    bool percent = str_find_char(format, '%') < format.len;
    if (str_is(formatter, "strftime") || (str_is(formatter, "auto") && percent)) {
        moment_strftime(call->scratch, format, seconds, call->zone);
    } else {
        moment_date(call->scratch, format, seconds, call->zone);
    }
    return modifier_text(call, result);
}

/* date(format, seconds=now) */
static bool date(struct modifier_call *call, const struct value *arguments, uint32_t count,
                 struct value *result, const struct zone *zone)
{
    struct number_text room;
    bool given = count > 1 && !value_is_nothing(&arguments[1]);
    moment_date(call->scratch, value_to_str(&arguments[0], &room),
                given ? value_to_int(&arguments[1]) : call->now_s, zone);
    return modifier_text(call, result);
}

static bool run_date(struct modifier_call *call, const struct value *arguments,
                     uint32_t count, struct value *result)
{
    return date(call, arguments, count, result, call->zone);
}

static bool run_gmdate(struct modifier_call *call, const struct value *arguments,
                       uint32_t count, struct value *result)
{
    return date(call, arguments, count, result, NULL);
}

/* strtotime(text, now) */
static bool run_strtotime(struct modifier_call *call, const struct value *arguments,
                          uint32_t count, struct value *result)
{
    struct number_text room;
    int64_t seconds;
    bool given = count > 1 && !value_is_nothing(&arguments[1]);
    int64_t now_s = given ? value_to_int(&arguments[1]) : call->now_s;
    (void)effort_spend(&call->effort, WORDS_EFFORT);
    bool read =
        moment_parse(value_to_str(&arguments[0], &room), now_s, call->zone, &seconds);
    *result = read ? value_int(seconds) : value_bool(false);
    return true;
}

static bool run_time(struct modifier_call *call, const struct value *arguments,
                     uint32_t count, struct value *result)
{
    (void)arguments;
    (void)count;
    *result = value_int(call->now_s);
    return true;
}

/* mktime(hour, minute, second, month, day, year): what is left out is as it is now. */
static bool run_mktime(struct modifier_call *call, const struct value *arguments,
                       uint32_t count, struct value *result)
{
    struct moment_wall wall = moment_wall_at(call->now_s, call->zone);
    int64_t *const fields[] = {&wall.hour,  &wall.minute, &wall.second,
                               &wall.month, &wall.day,    &wall.year};
    int64_t seconds;
    for (uint32_t i = 0; i < count; i++) {
        if (!value_is_nothing(&arguments[i])) {
            *fields[i] = value_to_int(&arguments[i]);
        }
    }
    bool good = moment_make(&wall, call->now_s, call->zone, &seconds);
    *result = good ? value_int(seconds) : value_bool(false);
    return true;
}

/* checkdate(month, day, year) */
static bool run_checkdate(struct modifier_call *call, const struct value *arguments,
                          uint32_t count, struct value *result)
{
    (void)call;
    (void)count;
    *result =
        value_bool(moment_is_date(value_to_int(&arguments[0]), value_to_int(&arguments[1]),
                                  value_to_int(&arguments[2])));
    return true;
}

static const struct function functions[] = {
    FUNCTION_RUN("checkdate", 3, 3, AS_FUNCTION, "i", run_checkdate),
    FUNCTION_RUN("date", 1, 2, AS_BOTH, "ti", run_date),
    FUNCTION_RUN("date_format", 1, 4, AS_MODIFIER, NULL, run_date_format),
    FUNCTION_RUN("gmdate", 1, 2, AS_BOTH, "ti", run_gmdate),
    FUNCTION_RUN("mktime", 1, 6, AS_FUNCTION, "i", run_mktime),
    FUNCTION_RUN("strtotime", 1, 2, AS_BOTH, "ti", run_strtotime),
    FUNCTION_RUN("time", 0, 0, AS_FUNCTION, NULL, run_time),
};

const struct family family_date = {functions, sizeof functions / sizeof *functions};
