#include "app/plugin_show.h"

#include "app/plugin_show_params.h"
#include "base/json.h"
#include "base/utf8.h"

enum { COLUMNS = 92 };

/* ---- comments ---- */

/* "; " and the text, broken between words: a line of an INI file has an end. */
static void write_comment(struct text *out, const char *comment)
{
    struct str rest = str_from(comment);
    struct str word;
    size_t column = 0;
    while (str_word(&rest, &word)) {
        size_t width = utf8_count(word);
        bool fits = column > 0 && column + 1 + width <= COLUMNS;
        text_add_cstr(out, fits ? " " : column > 0 ? "\n;   " : "; ");
        text_add(out, word);
        column = (fits ? column + 1 : column > 0 ? 4 : 2) + width;
    }
    text_add_char(out, '\n');
}

PRINTF_LIKE(2, 3) static void comment(struct text *out, const char *format, ...)
{
    char line[4096];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    write_comment(out, line);
}

/* ": what it is", or nothing. */
static const char *before(const char *separator, const char *text)
{
    return text && *text ? separator : "";
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

/* ---- options ---- */

static bool is_one_line(const char *text)
{
    return text && *text && !strchr(text, '\n') && strlen(text) < COLUMNS;
}

/* A value that `imh check` takes. */
static void write_example(struct text *out, const imh_option *option)
{
    static const char *const examples[] = {
        [IMH_TEXT] = "...",
        [IMH_INTEGER] = "1",
        [IMH_NUMBER] = "1.5",
        [IMH_BOOLEAN] = "yes",
        [IMH_SECONDS] = "5m",
        [IMH_BYTES] = "1m",
        [IMH_URL] = "https://example.com/",
    };
    if (option->flags & IMH_SECRET) {
        text_print(out, "file:%s.txt", option->name);
    } else if (is_one_line(option->fallback)) {
        text_add_cstr(out, option->fallback);
    } else if (option->type == IMH_CHOICE) {
        struct str choices = str_from(option->choices);
        text_add(out, str_before(choices, str_find_char(choices, '|')));
    } else if (option->type != IMH_URL && (option->min != 0 || option->max != 0)) {
        text_print(out, "%" PRId64, option->min);
    } else {
        text_add_cstr(out, option->type < IMH_CHOICE ? examples[option->type] : "...");
    }
}

static void write_option(struct text *out, const imh_option *option)
{
    bool required = (option->flags & IMH_REQUIRED) != 0;
    if (option->help || required) {
        comment(out, "%s%s", or_empty(option->help), required ? " (required)" : "");
    }
    if (option->when) {
        comment(out, "only with %s", option->when);
    }
    if (option->choices) {
        comment(out, "one of %s", option->choices);
    }
    if (option->min != 0 || option->max != 0) {
        comment(out, "from %" PRId64 " to %" PRId64, option->min, option->max);
    }
    text_print(out, "%s%s = ", required && !option->when ? "" : "; ", option->name);
    write_example(out, option);
    text_add_char(out, '\n');
}

/* ---- the section ---- */

static void write_variables(struct text *out, const struct descriptor *descriptor)
{
    for (uint32_t i = 0; i < descriptor->variable_count; i++) {
        const imh_variable *variable = &descriptor->variables[i];
        if (variable->flags & IMH_PART) {
            continue;
        }
        comment(out, "{$mine.%s%s}: %s", variable->name,
                variable->flags & IMH_KEYED ? ".KEY" : "",
                variable->help ? variable->help : descriptor_type_name(variable->type));
    }
}

/* Every table of imh.h begins so. */
struct described {
    const char *name, *help;
};

static struct described described_at(const void *items, size_t bytes, uint32_t i)
{
    struct described described;
    memcpy(&described, (const char *)items + i * bytes, sizeof described);
    return described;
}

static void write_list(struct text *out, const char *kind, const void *items, size_t bytes,
                       uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct described one = described_at(items, bytes, i);
        comment(out, "%s %s%s%s", kind, one.name, before(": ", one.help),
                or_empty(one.help));
    }
}

static void write_actions(struct text *out, const struct descriptor *descriptor)
{
    for (uint32_t i = 0; i < descriptor->action_count; i++) {
        const imh_action *action = &descriptor->actions[i];
        write_list(out, "action", action, sizeof *action, 1);
        plugin_show_params(action->params, out, write_comment);
    }
}

void plugin_show_section(const struct descriptor *descriptor, struct text *out)
{
    comment(out, "%s %s%s%s", descriptor->name, descriptor->version,
            before(": ", descriptor->summary), or_empty(descriptor->summary));
    comment(out, "built for interface %u.%u", descriptor->abi_major, descriptor->abi_minor);
    text_print(out, "[integration mine]\nplugin = %s\n", descriptor->name);
    for (uint32_t i = 0; i < descriptor->option_count; i++) {
        write_option(out, &descriptor->options[i]);
    }
    write_variables(out, descriptor);
    write_list(out, "event", descriptor->event_types, sizeof(imh_event_type),
               descriptor->event_type_count);
    write_actions(out, descriptor);
    write_list(out, "entity", descriptor->entities, sizeof(imh_entity),
               descriptor->entity_count);
}

/* ---- JSON: a member a line of code, commas by what stands before ---- */

static void add_name(struct text *out, const char *name)
{
    char last = out->len > 0 ? out->ptr[out->len - 1] : '{';
    text_add_cstr(out, last == '{' || last == '[' ? "" : ",");
    json_add_string(out, str_from(name));
    text_add_char(out, ':');
}

static void add_text(struct text *out, const char *name, const char *value)
{
    add_name(out, name);
    if (value) {
        json_add_string(out, str_from(value));
    } else {
        text_add_cstr(out, "null");
    }
}

static void add_truth(struct text *out, const char *name, bool value)
{
    add_name(out, name);
    text_add_cstr(out, value ? "true" : "false");
}

static void add_number(struct text *out, const char *name, int64_t value)
{
    add_name(out, name);
    text_print(out, "%" PRId64, value);
}

static void begin(struct text *out)
{
    char last = out->len > 0 ? out->ptr[out->len - 1] : '[';
    text_add_cstr(out, last == '[' ? "{" : ",{");
}

static void add_choices(struct text *out, const char *choices)
{
    struct str rest = str_from(choices);
    struct str choice;
    add_name(out, "choices");
    text_add_char(out, '[');
    while (str_split(&rest, '|', &choice)) {
        text_add_cstr(out, out->ptr[out->len - 1] == '[' ? "" : ",");
        json_add_string(out, choice);
    }
    text_add_char(out, ']');
}

static void add_option(struct text *out, const void *item)
{
    const imh_option *option = item;
    add_text(out, "type", descriptor_type_name(option->type));
    add_truth(out, "required", option->flags & IMH_REQUIRED);
    add_truth(out, "secret", option->flags & IMH_SECRET);
    add_truth(out, "many", option->flags & IMH_MANY);
    add_text(out, "default", option->fallback);
    add_text(out, "when", option->when);
    if (option->choices) {
        add_choices(out, option->choices);
    }
    if (option->min != 0 || option->max != 0) {
        add_number(out, "min", option->min);
        add_number(out, "max", option->max);
    }
}

static void add_variable(struct text *out, const void *item)
{
    const imh_variable *variable = item;
    add_text(out, "type", descriptor_type_name(variable->type));
    add_truth(out, "keyed", variable->flags & IMH_KEYED);
    add_text(out, "subject", variable->subject);
    add_number(out, "ttl_s", variable->ttl_s);
    add_name(out, "example");
    text_add_cstr(out, variable->example ? variable->example : "null");
}

static void add_source(struct text *out, const void *item)
{
    const imh_source *source = item;
    add_number(out, "every_s", source->every_s);
}

static void add_action(struct text *out, const void *item)
{
    const imh_action *action = item;
    add_text(out, "stream", action->stream);
    add_truth(out, "repeatable", action->flags & IMH_REPEATABLE);
    add_name(out, "params");
    text_add_cstr(out, action->params ? action->params : "null");
}

static void add_nothing(struct text *out, const void *item)
{
    (void)out;
    (void)item;
}

static void add_list(struct text *out, const char *name, const void *items, size_t bytes,
                     uint32_t count, void (*add)(struct text *out, const void *item))
{
    add_name(out, name);
    text_add_char(out, '[');
    for (uint32_t i = 0; i < count; i++) {
        struct described one = described_at(items, bytes, i);
        begin(out);
        add_text(out, "name", one.name);
        add_text(out, "help", one.help);
        add(out, (const char *)items + i * bytes);
        text_add_char(out, '}');
    }
    text_add_char(out, ']');
}

void plugin_show_json(const struct descriptor *descriptor, struct text *out)
{
    text_add_char(out, '{');
    add_text(out, "name", descriptor->name);
    add_text(out, "version", descriptor->version);
    add_text(out, "vendor", descriptor->vendor);
    add_text(out, "summary", descriptor->summary);
    add_name(out, "interface");
    text_print(out, "\"%u.%u\"", descriptor->abi_major, descriptor->abi_minor);
    add_truth(out, "concurrent", descriptor->flags & IMH_CONCURRENT);
    add_number(out, "parallel", descriptor->parallel);
    add_number(out, "rate_a_minute", descriptor->rate_a_minute);
    add_list(out, "options", descriptor->options, sizeof(imh_option),
             descriptor->option_count, add_option);
    add_list(out, "variables", descriptor->variables, sizeof(imh_variable),
             descriptor->variable_count, add_variable);
    add_list(out, "events", descriptor->event_types, sizeof(imh_event_type),
             descriptor->event_type_count, add_nothing);
    add_list(out, "sources", descriptor->sources, sizeof(imh_source),
             descriptor->source_count, add_source);
    add_list(out, "actions", descriptor->actions, sizeof(imh_action),
             descriptor->action_count, add_action);
    add_list(out, "entities", descriptor->entities, sizeof(imh_entity),
             descriptor->entity_count, add_nothing);
    text_add_cstr(out, "}\n");
}
