#include "smarty/tools.h"

#include <stdio.h>

#include "base/utf8.h"
#include "smarty/escape.h"

/* {html_options}, {html_radios} and {html_checkboxes}. */

/* ---- what is chosen ---- */

enum { PATH_BYTES = 64 };

/* Attributes that all three share. */
struct choice {
    struct tool_call *call;
    struct text *out;
    struct array *selected; /* escaped texts; NULL: none, or `single` */
    struct value single;
    struct str name, id, label_class, separator;
    struct number_text rooms[5];
    struct text extra;
    bool labels, label_ids, escape;

    /* Of options: their number in the group, and the numbers of the groups around: "-2-0".
     */
    uint32_t number;
    char path[PATH_BYTES];

    /* Of boxes. */
    const char *type, *brackets;
    struct array *made;
};

static bool escape_to(struct modifier_call *call, const struct value *value,
                      struct value *escaped)
{
    struct number_text room;
    text_clear(call->scratch);
    escape_html_attribute(call->scratch, value_to_str(value, &room));
    bool good = modifier_text(call, escaped);
    text_clear(call->scratch);
    return good;
}

/* `selected` or `checked`: one value, or an array of them. */
static bool read_selected(struct choice *choice, const struct value *selected)
{
    struct modifier_call *call = choice->call->call;
    if (!selected) {
        return true;
    }
    if (value_plain(selected)->type != VALUE_ARRAY) {
        return escape_to(call, selected, &choice->single);
    }
    choice->selected = array_make(call->arena, 0);
    for (uint32_t i = 0; choice->selected && i < selected->array->count; i++) {
        static const struct value yes = {.type = VALUE_BOOL, .truth = true};
        struct value text;
        if (!escape_to(call, array_value_at(selected->array, i), &text)) {
            return false;
        }
        struct key key = key_from_text(value_str(&text));
        if (!array_set(call->arena, choice->selected, &key, &yes)) {
            return modifier_memory(call);
        }
    }
    return choice->selected || modifier_memory(call);
}

/* `value` is escaped already. */
static bool is_selected(const struct choice *choice, struct str value)
{
    if (choice->selected) {
        struct key key = key_from_text(value);
        return array_get(choice->selected, &key) != NULL;
    }
    return choice->single.type == VALUE_TEXT && str_eq(value, value_str(&choice->single));
}

static bool open_choice(struct choice *choice, struct tool_call *call, const char *known)
{
    const struct value *selected = tool_value(call, "selected");
    *choice = (struct choice){.call = call,
                              .out = call->call->scratch,
                              .labels = tool_bool(call, "labels", true),
                              .label_ids = tool_bool(call, "label_ids", false),
                              .escape = tool_bool(call, "escape", true)};
    text_init(&choice->extra, call->call->scratch->most);
    tool_extra(call, known, &choice->extra);
    choice->id = tool_str(call, "id", "", &choice->rooms[0]);
    choice->label_class = tool_str(call, "class", "", &choice->rooms[1]);
    choice->separator = tool_str(call, "separator", "", &choice->rooms[2]);
    return read_selected(choice, selected ? selected : tool_value(call, "checked"));
}

static bool close_choice(struct choice *choice, bool good)
{
    text_fail_with(choice->out, &choice->extra);
    text_done(&choice->extra);
    return good;
}

/* ---- options, as pairs of key and text ---- */

typedef bool each_option(struct choice *choice, const struct value *key,
                         const struct value *text);

/* A scalar is a list of one; null is none. */
static const struct value *element(const struct value *list, uint32_t i)
{
    if (list->type != VALUE_ARRAY) {
        return i == 0 && !value_is_nothing(list) ? list : NULL;
    }
    return i < list->array->count ? array_value_at(list->array, i) : NULL;
}

/* From `values` and `output` side by side. */
static bool for_each_value(struct choice *choice, each_option *run)
{
    static const struct value none = {.type = VALUE_TEXT, .text = ""};
    const struct value *values = tool_value(choice->call, "values");
    const struct value *output = tool_value(choice->call, "output");
    const struct value *value;
    for (uint32_t i = 0; (value = element(values, i)); i++) {
        const struct value *text = output ? element(output, i) : NULL;
        if (!effort_spend(&choice->call->call->effort, 1) ||
            !run(choice, value, text ? text : &none)) {
            return false;
        }
    }
    return true;
}

/* From `options`, with their keys; else as above. */
static bool for_each_option(struct choice *choice, each_option *run)
{
    const struct value *options = tool_value(choice->call, "options");
    const struct value *value;
    if (!options) {
        return for_each_value(choice, run);
    }
    for (uint32_t i = 0; (value = element(options, i)); i++) {
        struct key key = {.number = i};
        if (options->type == VALUE_ARRAY) {
            (void)array_at(options->array, i, &key);
        }
        struct value name = key_value(&key);
        if (!effort_spend(&choice->call->call->effort, 1) || !run(choice, &name, value)) {
            return false;
        }
    }
    return true;
}

/* ---- html_options ---- */

static void add_escaped(struct text *out, const struct value *value)
{
    struct number_text room;
    escape_html_attribute(out, value_to_str(value, &room));
}

static void add_option(struct choice *choice, const struct value *key,
                       const struct value *value)
{
    struct text *out = choice->out;
    text_add_cstr(out, "<option value=\"");
    size_t from = out->len;
    add_escaped(out, key);
    bool selected =
        !out->failed && is_selected(choice, (struct str){out->ptr + from, out->len - from});
    text_add_cstr(out, selected ? "\" selected=\"selected\"" : "\"");
    if (choice->label_class.len > 0) {
        text_print(out, " class=\"%.*s option\"", STR_ARGS(choice->label_class));
    }
    if (choice->id.len > 0) {
        text_print(out, " id=\"%.*s%s-%u\"", STR_ARGS(choice->id), choice->path,
                   choice->number);
    }
    text_add_char(out, '>');
    add_escaped(out, value);
    text_add_cstr(out, "</option>\n");
}

static bool add_any(struct choice *choice, const struct value *key,
                    const struct value *value);

/* An array among the options: a group with a label, numbered on its own. */
static void add_group(struct choice *choice, const struct value *label,
                      const struct array *array)
{
    struct effort *effort = &choice->call->call->effort;
    uint32_t number = choice->number;
    size_t path = strlen(choice->path);
    if (!effort_enter(effort)) {
        return; /* whoever called notices */
    }
    (void)snprintf(choice->path + path, sizeof choice->path - path, "-%u", number);
    choice->number = 0;
    text_add_cstr(choice->out, "<optgroup label=\"");
    add_escaped(choice->out, label);
    text_add_cstr(choice->out, "\">\n");
    for (uint32_t i = 0; i < array->count && effort_spend(effort, 1); i++) {
        struct key key;
        const struct value *value = array_at(array, i, &key);
        struct value name = key_value(&key);
        (void)add_any(choice, &name, value);
    }
    text_add_cstr(choice->out, "</optgroup>\n");
    choice->path[path] = '\0';
    choice->number = number;
    effort_leave(effort);
}

static bool add_any(struct choice *choice, const struct value *key,
                    const struct value *value)
{
    if (value_plain(value)->type == VALUE_ARRAY) {
        add_group(choice, key, value->array);
    } else {
        add_option(choice, key, value);
    }
    choice->number++;
    return true;
}

static void open_select(const struct choice *choice)
{
    struct text *out = choice->out;
    text_print(out, "<select name=\"%.*s\"", STR_ARGS(choice->name));
    if (choice->label_class.len > 0) {
        text_print(out, " class=\"%.*s\"", STR_ARGS(choice->label_class));
    }
    if (choice->id.len > 0) {
        text_print(out, " id=\"%.*s\"", STR_ARGS(choice->id));
    }
    text_add_bytes(out, choice->extra.ptr, choice->extra.len);
    text_add_cstr(out, ">\n");
}

/* {html_options name values options selected output id class ...} */
static bool run_html_options(struct tool_call *call)
{
    struct choice choice;
    if (!tool_value(call, "options") && !tool_value(call, "values")) {
        return true;
    }
    if (!open_choice(&choice, call,
                     "name class id options values output selected strict")) {
        return close_choice(&choice, false);
    }
    choice.name = tool_str(call, "name", "", &choice.rooms[3]);
    bool select = tool_filled(call, "name");
    if (select) {
        open_select(&choice);
    }
    bool good = for_each_option(&choice, add_any);
    text_add_cstr(choice.out, select ? "</select>\n" : "");
    return close_choice(&choice, good);
}

/* ---- html_radios and html_checkboxes ---- */

/* As an id: other characters are `_`. */
static void add_id(struct text *out, struct str name, struct str value)
{
    const struct str parts[] = {name, STR("_"), value};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        for (size_t at = 0; at < parts[i].len;) {
            int32_t c;
            struct str rest = str_after(parts[i], at);
            size_t bytes = utf8_read(rest.ptr, rest.len, &c);
            bool word =
                c == '_' || c == '-' || c == '.' || utf8_is_letter(c) || utf8_is_number(c);
            text_add(out, word ? str_before(rest, bytes) : STR_OF("_"));
            at += bytes;
        }
    }
}

static void add_label(const struct choice *choice, struct str value)
{
    struct text *out = choice->out;
    if (choice->labels && choice->label_ids) {
        text_add_cstr(out, "<label for=\"");
        add_id(out, choice->name, value);
        text_add_cstr(out, "\">");
    } else if (choice->labels) {
        text_add_cstr(out, "<label>");
    }
}

static void add_input(const struct choice *choice, struct str value)
{
    struct text *out = choice->out;
    text_print(out, "<input type=\"%s\" name=\"", choice->type);
    escape_html_attribute(out, choice->name);
    text_print(out, "%s\" value=\"", choice->brackets);
    size_t from = out->len;
    escape_html_attribute(out, value);
    bool checked =
        !out->failed && is_selected(choice, (struct str){out->ptr + from, out->len - from});
    text_add_char(out, '"');
    if (choice->labels && choice->label_ids) {
        text_add_cstr(out, " id=\"");
        add_id(out, choice->name, value);
        text_add_char(out, '"');
    }
    text_add_cstr(out, checked ? " checked=\"checked\"" : "");
    text_add_bytes(out, choice->extra.ptr, choice->extra.len);
    text_add_cstr(out, " />");
}

/* One box with its label, as an element of `made`. */
static bool add_box(struct choice *choice, const struct value *key,
                    const struct value *text)
{
    struct number_text rooms[2];
    struct text *out = choice->out;
    struct str value = value_to_str(key, &rooms[0]);
    struct str label = value_to_str(text, &rooms[1]);
    struct value made;
    text_clear(out);
    add_label(choice, value);
    add_input(choice, value);
    if (choice->escape) {
        escape_html_attribute(out, label);
    } else {
        text_add(out, label);
    }
    text_add_cstr(out, choice->labels ? "</label>" : "");
    text_add(out, choice->separator);
    return modifier_text(choice->call->call, &made) &&
           (array_append(choice->call->call->arena, choice->made, &made) ||
            modifier_memory(choice->call->call));
}

/* Printed a line each, or assigned as an array. */
static void give_boxes(struct choice *choice)
{
    const struct value *assign = tool_filled(choice->call, "assign");
    text_clear(choice->out);
    if (assign) {
        choice->call->target = *assign;
        choice->call->assigned = value_array(choice->made);
        return;
    }
    for (uint32_t i = 0; i < choice->made->count; i++) {
        text_add_cstr(choice->out, i > 0 ? "\n" : "");
        text_add(choice->out, value_str(array_value_at(choice->made, i)));
    }
}

static bool run_boxes(struct tool_call *call, const char *type, const char *brackets)
{
    struct choice choice;
    if (!tool_value(call, "options") && !tool_value(call, "values")) {
        return true;
    }
    if (!open_choice(&choice, call,
                     "name separator checked selected escape labels label_ids options "
                     "values output assign strict")) {
        return close_choice(&choice, false);
    }
    if (brackets[0] == '\0') {
        choice.selected = NULL; /* one value only, of a list none */
    }
    choice.type = type;
    choice.brackets = brackets;
    choice.name = tool_str(call, "name", type, &choice.rooms[3]);
    choice.made = array_make(call->call->arena, 0);
    bool good =
        choice.made ? for_each_option(&choice, add_box) : modifier_memory(call->call);
    if (good) {
        give_boxes(&choice);
    }
    return close_choice(&choice, good);
}

/* {html_radios name values options selected output separator labels label_ids assign} */
static bool run_html_radios(struct tool_call *call)
{
    return run_boxes(call, "radio", "");
}

static bool run_html_checkboxes(struct tool_call *call)
{
    return run_boxes(call, "checkbox", "[]");
}

const struct tool tools_choice[] = {
    {.name = "html_checkboxes", .run = run_html_checkboxes},
    {.name = "html_options", .run = run_html_options},
    {.name = "html_radios", .run = run_html_radios},
    {.name = NULL},
};
