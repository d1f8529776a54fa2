#include "smarty/tools.h"

#include <stdio.h>

#include "smarty/escape.h"
#include "smarty/format.h"
#include "smarty/moment.h"

/* {html_select_date} and {html_select_time}: lists of years, months, days; of hours,
 * minutes, seconds and am or pm. */

enum { YEARS_MOST = 10000 };
enum { UNCHOSEN = -1 };

/* One <select>. */
struct select {
    struct tool_call *call;
    struct text *out;
    const char *unit; /* "year": its attributes are year_size and so on */
    struct str name;
    struct str line_end; /* option_separator */
    struct str extra;
};

/* The attribute `unit_suffix`, or that of all: all_suffix. */
static const struct value *unit_value(const struct select *select, const char *suffix)
{
    char name[40];
    (void)snprintf(name, sizeof name, "%s_%s", select->unit, suffix);
    return tool_value(select->call, name);
}

static const struct value *all_value(const struct select *select, const char *suffix)
{
    char name[40];
    (void)snprintf(name, sizeof name, "all_%s", suffix);
    return tool_value(select->call, name);
}

static void add_filled(struct text *out, const struct value *value)
{
    struct number_text room;
    struct str text = value ? value_to_str(value, &room) : STR_OF("");
    if (text.len > 0 && !str_is(text, "0")) {
        text_add_char(out, ' ');
        text_add(out, text);
    }
}

/* Its own id, the name when that is empty; or the one of all with the name behind it. */
static void add_id(const struct select *select)
{
    struct number_text room;
    const struct value *own = unit_value(select, "id");
    const struct value *all = all_value(select, "id");
    struct str text = own ? value_to_str(own, &room) : STR_OF("");
    if (!own && !all) {
        return;
    }
    text_add_cstr(select->out, " id=\"");
    if (!own) {
        text = value_to_str(all, &room);
    }
    bool given = text.len > 0 && !str_is(text, "0");
    escape_html_attribute(select->out, given ? text : STR_OF(""));
    escape_html_attribute(select->out, own && given ? STR_OF("") : select->name);
    text_add_char(select->out, '"');
}

static void open_select(const struct select *select)
{
    struct number_text room;
    const struct value *size = unit_value(select, "size");
    const struct value *empty = unit_value(select, "empty");
    empty = empty ? empty : all_value(select, "empty");
    text_print(select->out, "<select name=\"%.*s\"", STR_ARGS(select->name));
    add_id(select);
    if (size && value_truth(size)) {
        text_add_cstr(select->out, " size=\"");
        text_add(select->out, value_to_str(size, &room));
        text_add_char(select->out, '"');
    }
    add_filled(select->out, all_value(select, "extra"));
    add_filled(select->out, unit_value(select, "extra"));
    text_add(select->out, select->extra);
    text_add_char(select->out, '>');
    text_add(select->out, select->line_end);
    if (empty) {
        text_add_cstr(select->out, "<option value=\"\">");
        text_add(select->out, value_to_str(empty, &room));
        text_add_cstr(select->out, "</option>");
        text_add(select->out, select->line_end);
    }
}

static void open_option(const struct select *select)
{
    text_add_cstr(select->out, "<option value=\"");
}

static void middle_option(const struct select *select, bool selected)
{
    text_add_cstr(select->out, selected ? "\" selected=\"selected\">" : "\">");
}

static void close_option(const struct select *select)
{
    text_add_cstr(select->out, "</option>");
    text_add(select->out, select->line_end);
}

static void close_select(const struct select *select)
{
    text_add_cstr(select->out, "</select>");
}

/* `number` by the format of the attribute: "%02d" where it is none. */
static bool add_formatted(const struct select *select, const char *suffix,
                          const char *usual, int64_t number)
{
    struct number_text room;
    struct value value = value_int(number);
    const struct value *format = unit_value(select, suffix);
    const char *problem;
    return format_print(select->out, format ? value_to_str(format, &room) : str_from(usual),
                        &value, 1, &problem) ||
           modifier_fail(select->call->call, "%s_%s: %s", select->unit, suffix, problem);
}

/* Numbers from `from` to `to`. */
struct numbers {
    int64_t from, to, step;
    int64_t chosen; /* UNCHOSEN: none */
    const char *value_format;
};

static bool add_numbers(const struct select *select, const struct numbers *numbers)
{
    open_select(select);
    for (int64_t i = numbers->from; i <= numbers->to; i += numbers->step) {
        open_option(select);
        if (!add_formatted(select, "value_format", numbers->value_format, i)) {
            return false;
        }
        middle_option(select, i == numbers->chosen);
        if (!add_formatted(select, "format", "%02d", i)) {
            return false;
        }
        close_option(select);
    }
    close_select(select);
    return true;
}

/* ---- what both have in common ---- */

struct picker {
    struct tool_call *call;
    struct text name, extra, made; /* `made`: what is complete */
    struct str prefix, field_array, separator, line_end;
    struct number_text rooms[4];
    bool any;
};

static void open_picker(struct picker *picker, struct tool_call *call, const char *prefix,
                        const char *known)
{
    size_t most = call->call->scratch->most;
    *picker = (struct picker){.call = call};
    text_init(&picker->name, most);
    text_init(&picker->extra, most);
    text_init(&picker->made, most);
    picker->prefix = tool_str(call, "prefix", prefix, &picker->rooms[0]);
    picker->field_array = tool_str(call, "field_array", "", &picker->rooms[1]);
    picker->separator = tool_str(call, "field_separator", "\n", &picker->rooms[2]);
    picker->line_end = tool_str(call, "option_separator", "\n", &picker->rooms[3]);
    tool_extra(call, known, &picker->extra);
}

static bool close_picker(struct picker *picker, bool good)
{
    struct text *out = picker->call->call->scratch;
    text_clear(out);
    text_add(out, text_str(&picker->made));
    text_fail_with(out, &picker->made);
    text_done(&picker->name);
    text_done(&picker->extra);
    text_done(&picker->made);
    return good;
}

/* Prefix_Unit, or field[Prefix_Unit]. */
static struct select next_select(struct picker *picker, const char *unit,
                                 const char *suffix)
{
    struct text *name = &picker->name;
    bool in_array = picker->field_array.len > 0 && !str_is(picker->field_array, "0");
    text_clear(name);
    if (in_array) {
        text_add(name, picker->field_array);
        text_add_char(name, '[');
    }
    text_add(name, picker->prefix);
    text_add_cstr(name, suffix);
    text_add_cstr(name, in_array ? "]" : "");
    if (picker->any) {
        text_add(&picker->made, picker->separator);
    }
    picker->any = true;
    return (struct select){.call = picker->call,
                           .out = &picker->made,
                           .unit = unit,
                           .name = text_str(name),
                           .line_end = picker->line_end,
                           .extra = text_str(&picker->extra)};
}

/* The member of an array `time`, by its name in the form. */
static const struct value *time_member(const struct picker *picker,
                                       const struct array *array, const char *suffix)
{
    char name[200];
    (void)snprintf(name, sizeof name, "%.*s%s", STR_ARGS(picker->prefix), suffix);
    struct key key = key_from_text(str_from(name));
    const struct value *found = array_get(array, &key);
    return found && !value_is_nothing(found) ? found : NULL;
}

/* The array that has the members: `time`, or that of its member called field_array. */
static const struct array *time_array(const struct picker *picker, const char *suffix)
{
    const struct value *time = tool_value(picker->call, "time");
    struct key key = key_from_text(picker->field_array);
    if (time_member(picker, time->array, suffix)) {
        return time->array;
    }
    const struct value *inner = array_get(time->array, &key);
    return inner && inner->type == VALUE_ARRAY && time_member(picker, inner->array, suffix)
               ? inner->array
               : NULL;
}

static int64_t member_or(const struct picker *picker, const struct array *array,
                         const char *suffix, int64_t otherwise)
{
    const struct value *value = array ? time_member(picker, array, suffix) : NULL;
    return value ? value_to_int(value) : otherwise;
}

/* ---- dates ---- */

/* "2024-03-05", parts of which may be missing. */
static bool read_dashed(struct str text, int64_t parts[3])
{
    size_t at = 0;
    for (; at < text.len; at++) {
        size_t end = at;
        unsigned count = 0;
        for (; count < 3; count++) {
            size_t start = end;
            while (end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9') {
                end++;
            }
            struct str digits = {text.ptr + start, end - start};
            parts[count] = UNCHOSEN;
            (void)str_to_int64(digits, 0, INT32_MAX, &parts[count]);
            if (count < 2 && !(end < text.len && text.ptr[end] == '-')) {
                break;
            }
            end += count < 2;
        }
        if (count == 3) {
            return true;
        }
    }
    return false;
}

struct date {
    int64_t parts[3]; /* year, month, day */
};

static struct date date_at(const struct picker *picker, int64_t seconds)
{
    struct moment_wall wall = moment_wall_at(seconds, picker->call->call->zone);
    return (struct date){{wall.year, wall.month, wall.day}};
}

static struct date chosen_date(const struct picker *picker)
{
    struct number_text room;
    const struct value *time = tool_value(picker->call, "time");
    struct modifier_call *call = picker->call->call;
    struct date date = date_at(picker, call->now_s);
    if (time && value_is_nothing(time)) {
        return (struct date){{UNCHOSEN, UNCHOSEN, UNCHOSEN}};
    }
    if (time && time->type == VALUE_ARRAY) {
        const struct array *array = time_array(picker, "Year");
        date.parts[0] = member_or(picker, array, "Year", date.parts[0]);
        date.parts[1] = member_or(picker, array, "Month", date.parts[1]);
        date.parts[2] = member_or(picker, array, "Day", date.parts[2]);
    } else if (time && !read_dashed(value_to_str(time, &room), date.parts)) {
        date = date_at(picker, date_seconds(call, time));
    }
    return date;
}

/* A year as such, or "+5" and "-5" from now on. */
static int64_t read_year(const struct picker *picker, const char *name)
{
    struct number_text room;
    int64_t now = date_at(picker, picker->call->call->now_s).parts[0];
    struct str text = tool_str(picker->call, name, "", &room);
    if (!tool_value(picker->call, name)) {
        return now;
    }
    struct value rest = value_text(str_trim(str_after(text, 1)));
    struct value whole = value_text(text);
    char sign = (char)(text.len > 0 ? text.ptr[0] : '\0');
    return sign == '+'   ? now + value_to_int(&rest)
           : sign == '-' ? now - value_to_int(&rest)
                         : value_to_int(&whole);
}

static bool add_year_list(const struct picker *picker, const struct select *select,
                          int64_t chosen)
{
    int64_t from = read_year(picker, "start_year");
    int64_t to = read_year(picker, "end_year");
    bool reverse = tool_bool(picker->call, "reverse_years", false);
    if (from > to ? !reverse : from < to && reverse) {
        int64_t other = from;
        from = to;
        to = other;
    }
    int64_t step = from > to ? -1 : 1;
    if ((to - from) * step > YEARS_MOST) {
        return modifier_fail(picker->call->call, "{html_select_date}: more than %d years",
                             YEARS_MOST);
    }
    open_select(select);
    for (int64_t i = from; step > 0 ? i <= to : i >= to; i += step) {
        struct number_text room;
        struct str year = int_to_str(i, &room);
        open_option(select);
        text_add(select->out, year);
        middle_option(select, i == chosen);
        text_add(select->out, year);
        close_option(select);
    }
    close_select(select);
    return true;
}

static bool add_years(struct picker *picker, int64_t chosen)
{
    struct select select = next_select(picker, "year", "Year");
    if (!tool_bool(picker->call, "year_as_text", false)) {
        return add_year_list(picker, &select, chosen);
    }
    struct number_text room;
    struct str year = chosen == UNCHOSEN ? STR_OF("") : int_to_str(chosen, &room);
    text_print(select.out, "<input type=\"text\" name=\"%.*s\" value=\"%.*s\"",
               STR_ARGS(select.name), STR_ARGS(year));
    text_add_cstr(select.out, " size=\"4\" maxlength=\"4\"");
    add_filled(select.out, all_value(&select, "extra"));
    add_filled(select.out, unit_value(&select, "extra"));
    text_add(select.out, select.extra);
    text_add_cstr(select.out, " />");
    return true;
}

/* The first of a month in 2000, by a format of strftime(). */
static void add_month(const struct select *select, const char *suffix, const char *usual,
                      int64_t month)
{
    struct number_text room;
    const struct value *format = unit_value(select, suffix);
    const struct moment_wall wall = {.year = 2000, .month = month, .day = 1};
    int64_t seconds = 0;
    struct str text = format ? value_to_str(format, &room) : str_from(usual);
    struct modifier_call *call = select->call->call;
    (void)moment_make(&wall, call->now_s, call->zone, &seconds);
    moment_strftime(select->out, text, seconds, call->zone);
}

static bool add_months(struct picker *picker, int64_t chosen)
{
    struct select select = next_select(picker, "month", "Month");
    const struct value *names = tool_value(picker->call, "month_names");
    bool named = names && names->type == VALUE_ARRAY && names->array->count == 12;
    open_select(&select);
    for (int64_t i = 1; i <= 12; i++) {
        struct key key = {.number = i};
        const struct value *name = named ? array_get(names->array, &key) : NULL;
        open_option(&select);
        add_month(&select, "value_format", "%m", i);
        middle_option(&select, i == chosen);
        if (named) {
            struct number_text room;
            escape_html_attribute(select.out,
                                  name ? value_to_str(name, &room) : STR_OF(""));
        } else {
            add_month(&select, "format", "%B", i);
        }
        close_option(&select);
    }
    close_select(&select);
    return true;
}

static bool add_days(struct picker *picker, int64_t chosen)
{
    struct select select = next_select(picker, "day", "Day");
    const struct numbers days = {
        .from = 1, .to = 31, .step = 1, .chosen = chosen, .value_format = "%d"};
    return add_numbers(&select, &days);
}

static bool run_html_select_date(struct tool_call *call)
{
    static const char known[] =
        "time month_names prefix field_array start_year end_year day_format "
        "day_value_format month_format month_value_format day_size month_size year_size "
        "all_extra day_extra month_extra year_extra field_order field_separator "
        "option_separator all_empty month_empty day_empty year_empty all_id month_id "
        "day_id "
        "year_id display_days display_months display_years year_as_text reverse_years";
    static const struct {
        char letter;
        const char *display;
        bool (*add)(struct picker *picker, int64_t chosen);
    } units[3] = {{'Y', "display_years", add_years},
                  {'M', "display_months", add_months},
                  {'D', "display_days", add_days}};
    struct picker picker;
    struct number_text room;
    bool good = true;
    open_picker(&picker, call, "Date_", known);
    struct date date = chosen_date(&picker);
    struct str order = str_before(tool_str(call, "field_order", "MDY", &room), 3);
    for (size_t i = 0; i < order.len * 3 && good; i++) {
        size_t unit = i % 3;
        if ((order.ptr[i / 3] & ~0x20) == units[unit].letter &&
            tool_bool(call, units[unit].display, true)) {
            good = units[unit].add(&picker, date.parts[unit]);
        }
    }
    return close_picker(&picker, good);
}

/* ---- times ---- */

struct clock_time {
    int64_t parts[3]; /* hour, minute, second */
};

static struct clock_time clock_at(const struct picker *picker, int64_t seconds)
{
    struct moment_wall wall = moment_wall_at(seconds, picker->call->call->zone);
    return (struct clock_time){{wall.hour, wall.minute, wall.second}};
}

static struct clock_time chosen_time(const struct picker *picker)
{
    const struct value *time = tool_value(picker->call, "time");
    struct modifier_call *call = picker->call->call;
    struct clock_time chosen = clock_at(picker, call->now_s);
    if (time && value_is_nothing(time)) {
        return (struct clock_time){{UNCHOSEN, UNCHOSEN, UNCHOSEN}};
    }
    if (time && time->type == VALUE_ARRAY) {
        const struct array *array = time_array(picker, "Hour");
        const struct value *meridian =
            array ? time_member(picker, array, "Meridian") : NULL;
        struct number_text room;
        chosen.parts[0] = member_or(picker, array, "Hour", chosen.parts[0]);
        chosen.parts[1] = member_or(picker, array, "Minute", chosen.parts[1]);
        chosen.parts[2] = member_or(picker, array, "Second", chosen.parts[2]);
        if (meridian) {
            bool pm = str_eq_nocase(value_to_str(meridian, &room), STR_OF("pm"));
            chosen.parts[0] = chosen.parts[0] % 12 + (pm ? 12 : 0);
        }
    } else if (time) {
        chosen =
            clock_at(picker, value_truth(time) ? date_seconds(call, time) : call->now_s);
    }
    return chosen;
}

static bool add_hours(struct picker *picker, int64_t chosen)
{
    struct select select = next_select(picker, "hour", "Hour");
    bool all = tool_bool(picker->call, "use_24_hours", true);
    if (!all && chosen != UNCHOSEN) {
        chosen = chosen == 0 ? 12 : chosen <= 12 ? chosen : chosen - 12;
    }
    const struct numbers hours = {.from = all ? 0 : 1,
                                  .to = all ? 23 : 12,
                                  .step = 1,
                                  .chosen = chosen,
                                  .value_format = "%02d"};
    return add_numbers(&select, &hours);
}

/* Minutes or seconds, maybe only every fifth one. */
static bool add_sixty(struct picker *picker, const struct select *select,
                      const char *interval, int64_t chosen)
{
    int64_t step = tool_int(picker->call, interval, 1);
    if (step < 1) {
        return modifier_fail(picker->call->call, "%s must be 1 or more", interval);
    }
    const struct numbers numbers = {.to = 59,
                                    .step = step > 60 ? 60 : step,
                                    .chosen = chosen < 0 ? chosen : chosen - chosen % step,
                                    .value_format = "%02d"};
    return add_numbers(select, &numbers);
}

static bool add_minutes(struct picker *picker, int64_t chosen)
{
    struct select select = next_select(picker, "minute", "Minute");
    return add_sixty(picker, &select, "minute_interval", chosen);
}

static bool add_seconds(struct picker *picker, int64_t chosen)
{
    struct select select = next_select(picker, "second", "Second");
    return add_sixty(picker, &select, "second_interval", chosen);
}

static void add_meridian(struct picker *picker, int64_t hour)
{
    struct select select = next_select(picker, "meridian", "Meridian");
    bool am = hour > 0 && hour < 12;
    open_select(&select);
    for (unsigned i = 0; i < 2; i++) {
        open_option(&select);
        text_add_cstr(select.out, i == 0 ? "am" : "pm");
        middle_option(&select, i == 0 ? am : hour >= 12);
        text_add_cstr(select.out, i == 0 ? "AM" : "PM");
        close_option(&select);
    }
    close_select(&select);
}

static bool run_html_select_time(struct tool_call *call)
{
    static const char known[] =
        "time prefix field_array field_separator option_separator all_extra hour_extra "
        "minute_extra second_extra meridian_extra all_empty hour_empty minute_empty "
        "second_empty meridian_empty all_id hour_id minute_id second_id meridian_id "
        "hour_format hour_value_format minute_format minute_value_format second_format "
        "second_value_format display_hours display_minutes display_seconds "
        "display_meridian use_24_hours minute_interval second_interval hour_size "
        "minute_size second_size meridian_size";
    static const struct {
        const char *display;
        bool (*add)(struct picker *picker, int64_t chosen);
    } units[3] = {{"display_hours", add_hours},
                  {"display_minutes", add_minutes},
                  {"display_seconds", add_seconds}};
    struct picker picker;
    bool good = true;
    open_picker(&picker, call, "Time_", known);
    struct clock_time chosen = chosen_time(&picker);
    for (size_t i = 0; i < 3 && good; i++) {
        if (tool_bool(call, units[i].display, true)) {
            good = units[i].add(&picker, chosen.parts[i]);
        }
    }
    if (good && tool_bool(call, "display_meridian", true) &&
        !tool_bool(call, "use_24_hours", true)) {
        add_meridian(&picker, chosen.parts[0]);
    }
    return close_picker(&picker, good);
}

const struct tool tools_date[] = {
    {.name = "html_select_date", .run = run_html_select_date},
    {.name = "html_select_time", .run = run_html_select_time},
    {.name = NULL},
};
