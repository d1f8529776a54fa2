#include "followup/values.h"

#include <stdio.h>

#include "base/json.h"
#include "smarty/smarty.h"

struct finding {
    struct values *values;
    struct arena *arena;
};

/* "shop.order.[$trigger.id].status" as a template spells it. false: a part of it is not
 * known by a name. */
static bool spell(struct str path, struct text *out)
{
    static const struct str unknown[] = {STR("[...]"), STR("[]")};
    for (unsigned i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        if (str_find(path, unknown[i], 0) < path.len) {
            return false;
        }
    }
    text_add_char(out, '$');
    for (size_t i = 0; i < path.len; i++) {
        bool before_key = path.ptr[i] == '.' && i + 1 < path.len && path.ptr[i + 1] == '[';
        if (!before_key) {
            text_add_char(out, path.ptr[i]);
        }
    }
    return !out->failed;
}

static void add(const struct finding *finding, struct str name)
{
    static const struct smarty_options options = {.keeps_type = true};
    struct values *values = finding->values;
    struct values_item *item = &values->items[values->count];
    struct error ignored;
    struct text source;
    text_init(&source, VALUES_BYTES);
    text_print(&source, "{%.*s}", STR_ARGS(name));
    item->name = arena_copy(finding->arena, name);
    item->template = item->name.ptr && !source.failed
                         ? smarty_compile("x", text_str(&source), &options, &ignored)
                         : NULL;
    values->count += item->template ? 1 : 0;
    text_done(&source);
}

static void take(void *self, const struct smarty_path *path)
{
    const struct finding *finding = self;
    struct text name;
    text_init(&name, VALUES_BYTES);
    if (finding->values->count < VALUES_MOST && spell(path->text, &name)) {
        add(finding, text_str(&name));
    }
    text_done(&name);
}

void values_find(struct values *values, struct str template_source, struct arena *arena)
{
    struct finding finding = {values, arena};
    struct error ignored;
    *values = (struct values){arena_zero(arena, VALUES_MOST, sizeof *values->items), 0};
    if (values->items) {
        (void)smarty_paths("x", template_source, take, &finding, &ignored);
    }
}

void values_done(struct values *values)
{
    for (uint32_t i = 0; i < values->count; i++) {
        smarty_template_free(values->items[i].template);
    }
    values->count = 0;
}

/* A long one becomes a text, with its beginning: what stands in `out` from there on. */
static void cut(struct text *out, size_t from)
{
    char start[VALUES_ONE_BYTES + 4];
    size_t len = VALUES_ONE_BYTES;
    while (len > 0 && ((unsigned char)out->ptr[from + len] & 0xc0) == 0x80) {
        len--; /* a whole character */
    }
    (void)snprintf(start, sizeof start, "%.*s...", (int)len, out->ptr + from);
    out->len = from;
    json_add_string(out, str_from(start));
}

bool values_write_one(const struct values_item *item, struct smarty_renderer *renderer,
                      const struct smarty_data *data, struct text *out)
{
    struct error ignored;
    size_t from = out->len;
    if (smarty_render(renderer, item->template, data, out, &ignored) != SMARTY_DONE) {
        return false;
    }
    if (out->len - from > VALUES_ONE_BYTES) {
        cut(out, from);
    }
    return true;
}

/* The next member of the object that began at `start`: its value comes behind that. */
static void begin_member(struct text *out, size_t start, struct str name)
{
    text_add_cstr(out, out->len > start + 1 ? "," : "");
    json_add_string(out, name);
    text_add_char(out, ':');
}

void values_join(const struct values *values, const struct str *written, struct text *out)
{
    size_t start = out->len;
    text_add_char(out, '{');
    for (uint32_t i = 0; i < values->count; i++) {
        size_t before = out->len;
        if (written[i].len == 0) {
            continue;
        }
        begin_member(out, start, values->items[i].name);
        text_add(out, written[i]);
        if (out->len - start > VALUES_BYTES) {
            out->len = before;
        }
    }
    text_add_char(out, '}');
}

void values_write(const struct values *values, struct smarty_renderer *renderer,
                  const struct smarty_data *data, struct text *out)
{
    size_t start = out->len;
    text_add_char(out, '{');
    for (uint32_t i = 0; i < values->count; i++) {
        size_t before = out->len;
        begin_member(out, start, values->items[i].name);
        if (!values_write_one(&values->items[i], renderer, data, out) ||
            out->len - start > VALUES_BYTES) {
            out->len = before;
        }
    }
    text_add_char(out, '}');
}
