/* Renders a template with data, by the library alone: no host, no network.
 *
 *     render 'Dear {$name|default:"friend"}' '{"name": "Ann"}'
 */
#include <stdio.h>

#include "smarty/data.h"
#include "smarty/smarty.h"

/* A store with one template: {include "sign"} has it. */
static bool read_template(void *self, struct str name, struct text *source,
                          struct error *error)
{
    (void)self;
    if (!str_is(name, "sign")) {
        return error_set(error, IMH_MISSING, "no such template");
    }
    text_add_cstr(source, "Yours, {$sender|default:\"imh\"}");
    return true;
}

static bool render(const char *source, struct value *variables, struct text *out,
                   struct error *error)
{
    static const struct smarty_store store = {.read = read_template};
    const struct smarty_options options = {.escape_html = true};
    const struct smarty_data data = {
        .self = variables, .root = smarty_array_root, .store = &store, .now_s = 1767225600};
    OWN(smarty_template) template =
        smarty_compile("template", str_from(source), &options, error);
    OWN(smarty_renderer) renderer = smarty_renderer_make();
    if (!template || !renderer) {
        return false;
    }
    const struct smarty_limits limits = {.steps = 10000, .memory_bytes = 1 << 20};
    smarty_renderer_limit(renderer, &limits);
    return smarty_render(renderer, template, &data, out, error) == SMARTY_DONE;
}

int main(int argc, char **argv)
{
    struct error error = {.text = "usage: render TEMPLATE JSON"};
    struct arena arena;
    struct value variables;
    struct text out;
    arena_init(&arena, 4096, 0);
    text_init(&out, SMARTY_OUTPUT_BYTES);
    bool good = argc == 3 &&
                data_read(str_from(argv[2]), &json_limits_input, DATA_PLAIN, &arena,
                          &variables, &error) &&
                render(argv[1], &variables, &out, &error);
    (void)fprintf(good ? stdout : stderr, "%s\n", good ? text_cstr(&out) : error.text);
    text_done(&out);
    arena_done(&arena);
    return good ? 0 : 1;
}
