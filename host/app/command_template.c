#include "app/command.h"

#include <stdio.h>

#include "app/output.h"
#include "app/template_file.h"
#include "smarty/moment.h"

/* ---- render ---- */

/* The engine alone knows no clock: the same template and data give the same bytes, today
 * and next year. --now sets another time. */
enum { FIXED_NOW_S = 1767225600 }; /* 2026-01-01 00:00 UTC */

/* Everything that `imh template render` is told. */
struct rendering {
    const char *path, *data, *escape, *now;
    const char *include; /* folder of templates */
    bool escape_html;
    int64_t now_s;
};

/* Without --escape: as the data's own "@escape_html" says. */
static bool wants_escape(const struct value *data)
{
    struct key key = key_named(STR_OF("@escape_html"));
    const struct value *wish = array_get(data->array, &key);
    return wish && wish->type == VALUE_BOOL && wish->truth;
}

static bool read_now(struct rendering *rendering, struct error *error)
{
    rendering->now_s = FIXED_NOW_S;
    return !rendering->now ||
           moment_parse(str_from(rendering->now), clock_now_ms(&clock_real) / 1000, NULL,
                        &rendering->now_s) ||
           error_set(error, IMH_REJECTED,
                     "--now %s is no time: try 2026-01-31 12:00 or now", rendering->now);
}

static bool render(const struct rendering *rendering, struct value *data, struct text *out,
                   struct error *error)
{
    struct text source;
    struct smarty_options options = {.escape_html = rendering->escape_html};
    struct smarty_store store = {(void *)rendering->include, template_folder_read};
    struct smarty_data variables = {.self = data,
                                    .root = smarty_array_root,
                                    .store = rendering->include ? &store : NULL,
                                    .now_s = rendering->now_s};
    OWN(smarty_renderer) renderer = smarty_renderer_make();
    text_init(&source, SMARTY_SOURCE_BYTES + 1);
    bool read = template_read(rendering->path, &source, error);
    OWN(smarty_template) template =
        read ? smarty_compile(rendering->path, text_str(&source), &options, error) : NULL;
    text_done(&source);
    if (!template || !renderer) {
        return false;
    }
    return smarty_render(renderer, template, &variables, out, error) == SMARTY_DONE;
}

static int render_and_print(struct rendering *rendering)
{
    struct error error = {.text = "no memory"};
    struct arena arena;
    struct text out;
    struct value data;
    arena_init(&arena, 64 << 10, 0);
    text_init(&out, SMARTY_OUTPUT_BYTES);
    bool good =
        template_data(rendering->data ? rendering->data : "{}", &arena, &data, &error);
    if (good && !rendering->escape) {
        rendering->escape_html = wants_escape(&data);
    }
    good = good && render(rendering, &data, &out, &error);
    int status = good ? command_print(text_str(&out))
                      : command_fail(EXIT_BAD_DATA, "%s", error.text);
    text_done(&out);
    arena_done(&arena);
    return status;
}

int command_template_render(struct context *context, int argc, char **argv)
{
    struct rendering rendering = {0};
    const struct flag flags[] = {{"--data", &rendering.data, NULL},
                                 {"--escape", &rendering.escape, NULL},
                                 {"--include", &rendering.include, NULL},
                                 {"--now", &rendering.now, NULL}};
    struct error error;
    struct words words;
    int status =
        command_words(context, argc, argv, flags, sizeof flags / sizeof *flags, &words);
    if (status != EXIT_DONE) {
        return status;
    }
    if (!template_escapes("", rendering.escape, &rendering.escape_html, &error) ||
        !read_now(&rendering, &error)) {
        return command_misused(context, &error);
    }
    rendering.path = words.items[0];
    return render_and_print(&rendering);
}

/* ---- check ---- */

int command_template_check(struct context *context, int argc, char **argv)
{
    struct error error;
    struct words words;
    struct text source;
    struct smarty_options options = {.escape_html = true};
    int status = command_words(context, argc, argv, NULL, 0, &words);
    if (status != EXIT_DONE) {
        return status;
    }
    text_init(&source, SMARTY_SOURCE_BYTES + 1);
    bool good = template_read(words.items[0], &source, &error);
    struct smarty_template *template =
        good ? smarty_compile(words.items[0], text_str(&source), &options, &error) : NULL;
    text_done(&source);
    if (!template) {
        return command_fail(EXIT_BAD_DATA, "%s", error.text);
    }
    smarty_template_free(template);
    return EXIT_DONE;
}

/* ---- variables ---- */

static void add_path(void *self, const struct smarty_path *path)
{
    struct table *table = self;
    char text[4096];
    char root[256];
    char line[16];
    (void)snprintf(text, sizeof text, "%.*s", STR_ARGS(path->text));
    (void)snprintf(root, sizeof root, "%.*s", STR_ARGS(path->root));
    (void)snprintf(line, sizeof line, "%u", path->line);
    const char *const cells[] = {text, root, path->is_dynamic ? "when rendered" : "now",
                                 line};
    table_add(table, cells);
}

int command_template_variables(struct context *context, int argc, char **argv)
{
    static const char *const names[] = {"path", "root", "known", "line"};
    struct error error;
    struct words words;
    struct text source;
    struct table table;
    int status = command_words(context, argc, argv, NULL, 0, &words);
    if (status != EXIT_DONE) {
        return status;
    }
    table_init(&table, 4);
    table.numbers = 1U << 3;
    text_init(&source, SMARTY_SOURCE_BYTES + 1);
    bool good = template_read(words.items[0], &source, &error) &&
                smarty_paths(words.items[0], text_str(&source), add_path, &table, &error);
    status = good ? command_print_table(context, &table, names)
                  : command_fail(EXIT_BAD_DATA, "%s", error.text);
    text_done(&source);
    table_done(&table);
    return status;
}
