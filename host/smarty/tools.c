#include "smarty/tools.h"

#include "smarty/escape.h"

static const struct tool *const families[] = {tools_count, tools_choice, tools_date,
                                              tools_table, tools_text};
enum { FAMILY_COUNT = sizeof families / sizeof *families };

const struct tool *tool_at(size_t index)
{
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        for (const struct tool *tool = families[i]; tool->name; tool++) {
            if (index-- == 0) {
                return tool;
            }
        }
    }
    return NULL;
}

const struct tool *tool_find(struct str name)
{
    const struct tool *tool;
    for (size_t i = 0; (tool = tool_at(i)) && !str_is(name, tool->name); i++) {
    }
    return tool;
}

const struct value *tool_value(const struct tool_call *call, const char *name)
{
    for (uint32_t i = call->count; i > 0; i--) {
        if (str_is(call->names[i - 1], name)) {
            return &call->values[i - 1];
        }
    }
    return NULL;
}

const struct value *tool_set(const struct tool_call *call, const char *name)
{
    const struct value *value = tool_value(call, name);
    return value && !value_is_nothing(value) ? value : NULL;
}

const struct value *tool_filled(const struct tool_call *call, const char *name)
{
    const struct value *value = tool_value(call, name);
    return value && value_truth(value) ? value : NULL;
}

struct str tool_str(const struct tool_call *call, const char *name, const char *otherwise,
                    struct number_text *room)
{
    const struct value *value = tool_value(call, name);
    return value ? value_to_str(value, room) : str_from(otherwise);
}

int64_t tool_int(const struct tool_call *call, const char *name, int64_t otherwise)
{
    const struct value *value = tool_value(call, name);
    return value ? value_to_int(value) : otherwise;
}

bool tool_bool(const struct tool_call *call, const char *name, bool otherwise)
{
    const struct value *value = tool_value(call, name);
    return value ? value_truth(value) : otherwise;
}

static bool has_word(const char *words, struct str wanted)
{
    struct str rest = str_from(words);
    struct str word;
    while (str_word(&rest, &word)) {
        if (str_eq(word, wanted)) {
            return true;
        }
    }
    return false;
}

/* With `strict`, `disabled` and `readonly` are there only when they are true. */
static bool is_off(const struct tool_call *call, uint32_t i)
{
    struct str name = call->names[i];
    const struct value *value = &call->values[i];
    bool on = (value->type == VALUE_BOOL && value->truth) ||
              (value->type == VALUE_TEXT && str_eq(value_str(value), name));
    return (str_is(name, "disabled") || str_is(name, "readonly")) && !on &&
           tool_filled(call, "strict");
}

void tool_extra(const struct tool_call *call, const char *known, struct text *out)
{
    for (uint32_t i = 0; i < call->count; i++) {
        struct number_text room;
        struct str name = call->names[i];
        if (has_word(known, name) || value_plain(&call->values[i])->type == VALUE_ARRAY ||
            is_off(call, i)) {
            continue;
        }
        bool named = str_is(name, "disabled") || str_is(name, "readonly");
        bool strict = named && tool_filled(call, "strict");
        text_add_char(out, ' ');
        text_add(out, name);
        text_add_cstr(out, "=\"");
        escape_html_attribute(out, strict ? name : value_to_str(&call->values[i], &room));
        text_add_char(out, '"');
    }
}

struct value *tool_memory(struct tool_call *call, const char *kind, struct str name)
{
    struct arena *arena = call->call->arena;
    struct str text = arena_join(arena, str_from(kind), name);
    if (!*call->memory) {
        *call->memory = array_make(arena, 0);
    }
    if (!text.ptr || !*call->memory) {
        return NULL;
    }
    struct key key = key_named(text);
    return array_place(arena, *call->memory, &key);
}
