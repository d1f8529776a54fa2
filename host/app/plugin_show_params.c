#include "app/plugin_show_params.h"

#include "plugin/schema_walk.h"

enum { BLOCK_BYTES = 4096 };

/* Text of a member, decoded; empty when there is none, or it is no text. */
static struct str text_in(struct walk *walk, const struct node *schema, const char *name)
{
    struct node found;
    return walk_find(walk, schema, str_from(name), &found) && found.event == JSON_STRING
               ? walk_text(walk, &found)
               : STR_OF("");
}

static bool is_required(struct walk *walk, const struct node *schema, struct str name)
{
    struct json_reader reader;
    struct node list;
    struct node one;
    bool found = false;
    if (!walk_find(walk, schema, STR_OF("required"), &list)) {
        return false;
    }
    walk_open(&reader, &list);
    while (walk_next(walk, &reader, &one)) {
        found = found || str_eq(walk_text(walk, &one), name);
    }
    return found;
}

static void write_param(struct walk *walk, const struct node *schema,
                        const struct node *param, struct text *line)
{
    struct node choices;
    struct str type = text_in(walk, param, "type");
    struct str description = text_in(walk, param, "description");
    bool required = is_required(walk, schema, param->key);
    text_print(line, "with.%.*s", STR_ARGS(param->key));
    if (type.len > 0 || required) {
        text_print(line, " (%.*s%s%s)", STR_ARGS(type),
                   type.len > 0 && required ? ", " : "", required ? "required" : "");
    }
    if (walk_find(walk, param, STR_OF("enum"), &choices)) {
        text_print(line, ", one of %.*s", STR_ARGS(choices.whole));
    }
    text_print(line, "%s%.*s", description.len > 0 ? ": " : "", STR_ARGS(description));
}

void plugin_show_params(const char *params, struct text *out,
                        void (*write)(struct text *out, const char *line))
{
    enum { LINE_BYTES = 4096 };
    struct error error;
    struct walk walk = {.error = &error};
    struct node schema = walk_node(str_from(params ? params : "{}"));
    struct node properties;
    struct node param;
    struct text line;
    arena_init(&walk.arena, BLOCK_BYTES, 0);
    text_init(&line, LINE_BYTES);
    if (walk_find(&walk, &schema, STR_OF("properties"), &properties)) {
        struct json_reader reader;
        walk_open(&reader, &properties);
        while (walk_next(&walk, &reader, &param)) {
            text_clear(&line);
            write_param(&walk, &schema, &param, &line);
            write(out, text_cstr(&line));
        }
    }
    text_done(&line);
    arena_done(&walk.arena);
}
