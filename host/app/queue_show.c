#include "app/queue_show.h"

#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "base/utf8.h"

/* Members that are texts with JSON in them. */
static bool is_kept(const char *name)
{
    static const char *const kept[] = {"args",   "data",    "origin",
                                       "result", "subject", "values"};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        if (strcmp(name, kept[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void add_plain(struct text *out, const json_t *value)
{
    char *written = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    text_add_cstr(out, written ? written : "null");
    free(written);
}

static void add_object(struct text *out, json_t *value)
{
    const char *separator = "";
    const char *member;
    json_t *inner;
    text_add_char(out, '{');
    json_object_foreach(value, member, inner)
    {
        text_print(out, "%s\"%s\":", separator, member);
        queue_show_add(out, member, inner);
        separator = ",";
    }
    text_add_char(out, '}');
}

static void add_array(struct text *out, const json_t *value)
{
    json_t *inner;
    size_t i;
    text_add_char(out, '[');
    json_array_foreach(value, i, inner)
    {
        text_add_cstr(out, i > 0 ? "," : "");
        queue_show_add(out, "", inner);
    }
    text_add_char(out, ']');
}

void queue_show_add(struct text *out, const char *name, json_t *value)
{
    if (json_is_object(value)) {
        add_object(out, value);
    } else if (json_is_array(value)) {
        add_array(out, value);
    } else if (is_kept(name) && json_is_string(value)) {
        text_add_cstr(out, json_string_value(value));
    } else {
        add_plain(out, value);
    }
}

/* Each thing that happened on a line of its own. */
static void add_history(struct text *out, const json_t *history)
{
    json_t *item;
    size_t i;
    json_array_foreach(history, i, item)
    {
        text_add_cstr(out, "\n  ");
        queue_show_add(out, "", item);
    }
    text_add_char(out, '\n');
}

int queue_show_lines(struct str lines)
{
    struct str line;
    struct text shown;
    text_init(&shown, 2 * WIRE_FRAME_BYTES);
    while (lines.len > 0 && str_split(&lines, '\n', &line)) {
        utf8_add_shown(&shown, line);
        text_add_char(&shown, '\n');
    }
    int status = command_print(text_str(&shown));
    text_done(&shown);
    return status;
}

int queue_show_print(json_t *job, bool for_programs)
{
    const char *name;
    json_t *value;
    const char *separator = "{";
    struct text out;
    text_init(&out, WIRE_FRAME_BYTES);
    json_object_foreach(job, name, value)
    {
        if (for_programs) {
            text_print(&out, "%s\"%s\":", separator, name);
            queue_show_add(&out, name, value);
            separator = ",";
        } else if (json_is_array(value)) {
            text_print(&out, "%s:", name);
            add_history(&out, value);
        } else if (!json_is_null(value)) {
            text_print(&out, "%s: ", name);
            queue_show_add(&out, name, value);
            text_add_char(&out, '\n');
        }
    }
    text_add_cstr(&out, for_programs ? "}\n" : "");
    int status = (for_programs ? command_print_json : queue_show_lines)(text_str(&out));
    text_done(&out);
    return status;
}
