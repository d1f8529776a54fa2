#include "followup/section.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "followup/trigger.h"
#include "smarty/smarty.h"

enum { DAY_S = 86400, SPAN_MOST_S = 3650 * DAY_S, WHAT_BYTES = 400 };

/* A section being taken. */
struct taking {
    struct followup *followup;
    const struct followup_problems *problems;
    const struct followup_entry *entry; /* under way */
    struct followup_step *step;         /* which it belongs to */
    struct str argument;                /* of with.X: X */
    uint32_t wrong;
    bool has_on, has_do[FOLLOWUP_STEPS_MOST]; /* right or wrong */
};

static void tell(struct taking *taking, unsigned line, const char *what, struct str wrong,
                 struct str names)
{
    taking->wrong++;
    taking->problems->tell(taking->problems->self, line, what, wrong, names);
}

PRINTF_LIKE(2, 3) static void complain(struct taking *taking, const char *format, ...)
{
    char what[WHAT_BYTES];
    char whole[2 * WHAT_BYTES];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(what, sizeof what, format, list);
    va_end(list);
    (void)snprintf(whole, sizeof whole, "'%.*s' %s", STR_ARGS(taking->entry->name), what);
    tell(taking, taking->entry->line, whole, STR_OF(""), STR_OF(""));
}

/* ---- expressions ---- */

/* What is put around it to make a template of it; `keeps_type`: its value is JSON when it
 * is one expression. */
struct kind {
    const char *before, *behind;
    bool keeps_type;
};

static const struct kind condition_kind = {"{if ", "}1{/if}", false};
static const struct kind argument_kind = {"", "", true};
static const struct kind text_kind = {"", "", false};

/* A template whose mistakes are told as those of what stands in the file. */
struct wrapped {
    struct taking *taking;
    size_t before; /* bytes on its first line */
    bool told;
};

static void take_mistake(void *self, const struct smarty_problem *problem)
{
    static const struct str brace = STR("unexpected '}'");
    struct wrapped *wrapped = self;
    struct taking *taking = wrapped->taking;
    struct str text = str_from(problem->text);
    size_t shift = problem->line == 1 ? wrapped->before : 0;
    size_t column = problem->column > shift ? problem->column - shift : 1;
    char what[WHAT_BYTES];
    if (wrapped->told) {
        return;
    }
    wrapped->told = true;
    text = str_after(text, str_find(text, STR_OF(": "), 0) + 2); /* "if:1: what" */
    bool ends = shift > 0 && str_starts(text, brace); /* what was put behind it */
    text = ends ? str_after(text, brace.len) : text;
    (void)snprintf(what, sizeof what, "'%.*s', column %zu: %s%.*s",
                   STR_ARGS(taking->entry->name), column, ends ? "unexpected end" : "",
                   STR_ARGS(text));
    tell(taking, taking->entry->line + problem->line - 1, what, STR_OF(""), STR_OF(""));
}

static struct smarty_template *compile(struct taking *taking, const struct kind *kind,
                                       struct str source)
{
    const struct smarty_options options = {.keeps_type = kind->keeps_type};
    struct wrapped wrapped = {taking, strlen(kind->before), false};
    struct error error;
    struct text whole;
    struct text name; /* what fails later says where, too */
    text_init(&whole, FOLLOWUP_TEXT_BYTES);
    text_init(&name, WHAT_BYTES);
    text_print(&whole, "%s%.*s%s", kind->before, STR_ARGS(source), kind->behind);
    text_add(&name, str_before(taking->entry->name, WHAT_BYTES / 2));
    struct smarty_template *template =
        smarty_compile(text_cstr(&name), text_str(&whole), &options, &error);
    if (!template) {
        (void)smarty_check(text_cstr(&name), text_str(&whole), &options, take_mistake,
                           &wrapped);
    }
    if (!template && !wrapped.told) {
        complain(taking, "cannot be used: %s", error.text);
    }
    text_done(&name);
    text_done(&whole);
    return template;
}

static void find_values(const struct taking *taking, struct str source,
                        struct values *values)
{
    struct text whole;
    text_init(&whole, FOLLOWUP_TEXT_BYTES);
    text_print(&whole, "{%.*s}", STR_ARGS(source));
    values_done(values);
    values_find(values, text_str(&whole), &taking->followup->arena);
    text_done(&whole);
}

static void take_condition(struct taking *taking, struct smarty_template **condition,
                           struct values *values, unsigned *line)
{
    struct str source = str_trim(taking->entry->value);
    *line = taking->entry->line;
    if (source.len == 0) {
        complain(taking, "is empty");
    } else if (str_starts(source, STR_OF("{"))) {
        complain(taking, "is an expression, without braces: $trigger.total > 50");
    } else {
        *condition = compile(taking, &condition_kind, source);
        find_values(taking, source, values);
    }
}

static void take_if(struct taking *taking)
{
    struct followup_step *step = taking->step;
    take_condition(taking, &step->condition, &step->condition_values,
                   &step->condition_line);
}

static void take_recheck(struct taking *taking)
{
    struct followup_step *step = taking->step;
    take_condition(taking, &step->recheck, &step->recheck_values, &step->recheck_line);
}

static void take_argument(struct taking *taking)
{
    struct followup_step *step = taking->step;
    struct arena *arena = &taking->followup->arena;
    if (step->argument_count == FOLLOWUP_ARGUMENTS_MOST) {
        complain(taking, "is one too many: a step has at most %d arguments",
                 FOLLOWUP_ARGUMENTS_MOST);
        return;
    }
    if (!step->arguments) {
        step->arguments =
            arena_zero(arena, FOLLOWUP_ARGUMENTS_MOST, sizeof *step->arguments);
    }
    struct str name = arena_copy(arena, taking->argument);
    struct str source = arena_copy(arena, str_trim(taking->entry->value));
    if (!step->arguments || !name.ptr || !source.ptr) {
        complain(taking, "has no memory");
        return;
    }
    struct followup_argument *argument = &step->arguments[step->argument_count];
    argument->line = taking->entry->line;
    argument->name = name;
    argument->source = source;
    argument->value = compile(taking, &argument_kind, source);
    step->argument_count += argument->value != NULL;
}

/* ---- events ---- */

/* "shop.order-create": identifiers have no dots. */
static bool split_name(struct str whole, struct str *first, struct str *second)
{
    size_t dot = str_find_char(whole, '.');
    *first = str_before(whole, dot);
    *second = str_after(whole, dot + 1);
    return first->len > 0 && second->len > 0;
}

static void add_event(struct taking *taking, struct followup_events *events,
                      struct str name, struct str field)
{
    struct arena *arena = &taking->followup->arena;
    struct followup_event event = {.line = taking->entry->line};
    if (!split_name(name, &event.integration, &event.type)) {
        complain(taking, "wants IDENTIFIER.TYPE, not '%.*s'",
                 STR_ARGS(str_before(name, 100)));
        return;
    }
    if (events->count == FOLLOWUP_EVENTS_MOST) {
        complain(taking, "names more than %d events", FOLLOWUP_EVENTS_MOST);
        return;
    }
    if (!events->items) {
        events->items = arena_zero(arena, FOLLOWUP_EVENTS_MOST, sizeof *events->items);
    }
    event.integration = arena_copy(arena, event.integration);
    event.type = arena_copy(arena, event.type);
    event.field = arena_copy(arena, field);
    if (!events->items || !event.integration.ptr || !event.type.ptr || !event.field.ptr) {
        complain(taking, "has no memory");
        return;
    }
    events->items[events->count++] = event;
}

static void take_on(struct taking *taking)
{
    struct str rest = taking->entry->value;
    struct str word;
    taking->has_on = true;
    if (str_trim(rest).len == 0) {
        complain(taking, "is empty: which events start it?");
    }
    while (str_word(&rest, &word)) {
        add_event(taking, &taking->followup->on, word, STR_OF(""));
    }
}

/* "shop.order-create same cart_id", several. */
static void take_watched(struct taking *taking, struct followup_events *events)
{
    struct str rest = taking->entry->value;
    struct str name;
    if (str_trim(rest).len == 0) {
        complain(taking, "is empty: IDENTIFIER.TYPE same FIELD is wanted");
    }
    while (str_word(&rest, &name)) {
        struct str same = STR("");
        struct str field = STR("");
        if (!str_word(&rest, &same) || !str_is(same, "same") || !str_word(&rest, &field)) {
            complain(taking, "wants IDENTIFIER.TYPE same FIELD");
            return;
        }
        if (field.len > TRIGGER_FIELD_BYTES) {
            complain(taking, "names a field of more than %d bytes", TRIGGER_FIELD_BYTES);
            return;
        }
        add_event(taking, events, name, field);
    }
}

static void take_until(struct taking *taking)
{
    take_watched(taking, &taking->followup->until);
}

static void take_restart(struct taking *taking)
{
    take_watched(taking, &taking->followup->restart);
}

/* ---- the rest ---- */

static void take_wait(struct taking *taking)
{
    struct str value = str_trim(taking->entry->value);
    struct followup_wait *wait = &taking->step->wait;
    int64_t seconds;
    if (!str_to_seconds(value, &seconds) || seconds > SPAN_MOST_S) {
        complain(taking, "must be a duration such as 90s, 5m, 2h or 30d, at most 3650d");
    } else if (str_ends(value, STR_OF("d"))) {
        wait->days = seconds / DAY_S;
    } else {
        wait->seconds = seconds;
    }
}

/* "1 per 30d per {$trigger.customer.email}" */
static void take_limit(struct taking *taking)
{
    struct followup_limit *limit = &taking->followup->limit;
    struct str rest = taking->entry->value;
    struct str words[4] = {STR(""), STR(""), STR(""), STR("")};
    int64_t most = 0;
    for (unsigned i = 0; i < 4; i++) {
        (void)str_word(&rest, &words[i]);
    }
    rest = str_trim(rest);
    limit->line = taking->entry->line;
    if (!str_to_int64(words[0], 1, FOLLOWUP_LIMIT_MOST, &most) ||
        !str_is(words[1], "per") || !str_to_seconds(words[2], &limit->period_s) ||
        limit->period_s < 1 || limit->period_s > SPAN_MOST_S || !str_is(words[3], "per") ||
        rest.len == 0) {
        complain(taking,
                 "wants NUMBER per DURATION per WHOM, at most %d per 3650d: 1 per "
                 "30d per {$trigger.customer.email}",
                 FOLLOWUP_LIMIT_MOST);
        return;
    }
    limit->most = (uint32_t)most;
    limit->per = compile(taking, &text_kind, rest);
}

static void take_do(struct taking *taking)
{
    struct followup_step *step = taking->step;
    struct arena *arena = &taking->followup->arena;
    struct str value = str_trim(taking->entry->value);
    struct str integration;
    struct str action;
    taking->has_do[step - taking->followup->steps] = true;
    if (!split_name(value, &integration, &action) ||
        str_find_char(value, ' ') < value.len) {
        complain(taking, "wants IDENTIFIER.ACTION");
        return;
    }
    step->line = taking->entry->line;
    step->integration = arena_copy(arena, integration);
    step->action = arena_copy(arena, action);
}

static void take_enabled(struct taking *taking)
{
    bool enabled = true;
    if (!str_to_bool(str_trim(taking->entry->value), &enabled)) {
        complain(taking, "must be yes or no");
    }
    taking->followup->disabled = !enabled;
}

static const struct setting {
    const char *name;
    bool of_step; /* "if.2" is another step's */
    void (*take)(struct taking *taking);
} settings[] = {
    {"on", false, take_on},        {"if", true, take_if},
    {"wait", true, take_wait},     {"recheck", true, take_recheck},
    {"until", false, take_until},  {"restart", false, take_restart},
    {"limit", false, take_limit},  {"do", true, take_do},
    {"with", true, take_argument}, {"enabled", false, take_enabled},
};
enum { SETTING_COUNT = sizeof settings / sizeof *settings };

/* ---- names ---- */

static const struct setting *find(struct str name)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (str_is(name, settings[i].name)) {
            return &settings[i];
        }
    }
    return NULL;
}

static void refuse_name(struct taking *taking)
{
    tell(taking, taking->entry->line, "unknown setting", taking->entry->name,
         STR_OF("on if wait recheck until restart limit do with enabled"));
}

/* "with.2.email": the step, and what is left of the name. */
static bool read_number(struct taking *taking, struct str *rest)
{
    size_t dot = str_find_char(*rest, '.');
    struct str digits = str_before(*rest, dot);
    int64_t number = 1;
    bool numbered = digits.len > 0;
    for (size_t i = 0; i < digits.len; i++) {
        numbered = numbered && digits.ptr[i] >= '0' && digits.ptr[i] <= '9';
    }
    if (numbered) {
        if (digits.ptr[0] == '0' ||
            !str_to_int64(digits, 2, FOLLOWUP_STEPS_MOST, &number)) {
            complain(taking, "has a step's number, which is 2 to %d", FOLLOWUP_STEPS_MOST);
            return false;
        }
        *rest = str_after(*rest, dot + 1);
    }
    taking->step = &taking->followup->steps[number - 1];
    if (taking->followup->step_count < number) {
        taking->followup->step_count = (uint32_t)number;
    }
    return true;
}

static void take_entry(struct taking *taking, const struct followup_entry *entry)
{
    size_t dot = str_find_char(entry->name, '.');
    struct str rest = str_after(entry->name, dot + 1);
    const struct setting *setting = find(str_before(entry->name, dot));
    taking->entry = entry;
    bool ends = str_ends(entry->name, STR_OF(".")); /* "if." would be a second "if" */
    if (!setting || (!setting->of_step && dot < entry->name.len) || ends) {
        refuse_name(taking);
        return;
    }
    if (setting->of_step && !read_number(taking, &rest)) {
        return;
    }
    taking->argument = rest;
    if ((setting->take == take_argument) != (rest.len > 0)) {
        refuse_name(taking);
        return;
    }
    setting->take(taking);
}

/* ---- all of it ---- */

static void check_steps(struct taking *taking)
{
    const struct followup *followup = taking->followup;
    for (uint32_t i = 0; i < (followup->step_count ? followup->step_count : 1); i++) {
        char what[64] = "'do' is missing: what is to be done?";
        if (i > 0) {
            (void)snprintf(what, sizeof what, "'do.%u' is missing", i + 1);
        }
        if (!taking->has_do[i]) {
            tell(taking, 0, what, STR_OF(""), STR_OF(""));
        }
    }
}

bool section_take(struct followup *followup, const struct followup_entry *entries,
                  uint32_t count, const struct followup_problems *problems)
{
    struct taking taking = {.followup = followup, .problems = problems};
    for (uint32_t i = 0; i < count; i++) {
        take_entry(&taking, &entries[i]);
    }
    if (followup->on.count == 0 && !taking.has_on) {
        tell(&taking, 0, "'on' is missing: which events start it?", STR_OF(""), STR_OF(""));
    }
    check_steps(&taking);
    return taking.wrong == 0;
}
