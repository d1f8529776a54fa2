#include "app/command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/config_render.h"
#include "app/output.h"
#include "app/template_follow.h"
#include "engine/template_folder.h"
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
    const char *limit[ARGUMENTS_WORDS_MOST];
    bool is_limited;
    struct smarty_limits limits;
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
    smarty_renderer_limit(renderer, &rendering->limits);
    return smarty_render(renderer, template, &variables, out, error) == SMARTY_DONE;
}

static int render_and_print(struct rendering *rendering)
{
    struct error error = {.text = "no memory"};
    struct arena arena;
    struct text out;
    struct value data;
    arena_init(&arena, 64 << 10, 0);
    text_init(&out, SMARTY_OUTPUT_MOST);
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
    struct rendering rendering = {.limits.set_by = "with --limit"};
    const struct flag flags[] = {{"--data", &rendering.data, NULL},
                                 {"--escape", &rendering.escape, NULL},
                                 {"--include", &rendering.include, NULL},
                                 {"--now", &rendering.now, NULL},
                                 {"--limit", rendering.limit, &rendering.is_limited}};
    struct error error;
    struct words words;
    int status =
        command_words(context, argc, argv, flags, sizeof flags / sizeof *flags, &words);
    if (status != EXIT_DONE) {
        return status;
    }
    if (!template_escapes("", rendering.escape, &rendering.escape_html, &error) ||
        !read_now(&rendering, &error) ||
        !config_render_limits(rendering.limit, &rendering.limits, &error)) {
        return command_misused(context, &error);
    }
    rendering.path = words.items[0];
    return render_and_print(&rendering);
}

/* ---- check ---- */

/* A tab stays one, so that the caret stands below its place. */
static void print_caret(const struct smarty_problem *problem)
{
    (void)fprintf(stderr, "  %.*s\n  ", STR_ARGS(problem->source_line));
    for (uint32_t i = 0; i + 1 < problem->column; i++) {
        bool tab = i < problem->source_line.len && problem->source_line.ptr[i] == '\t';
        (void)fputc(tab ? '\t' : ' ', stderr);
    }
    (void)fputs("^\n", stderr);
}

/* "name:line: what" with the column behind the line; on a terminal the place, too. */
static void print_problem(void *self, const struct smarty_problem *problem)
{
    const char *name = self;
    char line[24];
    (void)snprintf(line, sizeof line, "%u:", problem->line);
    size_t skip = strlen(name) + 1 + strlen(line);
    const char *what = strlen(problem->text) > skip ? problem->text + skip : problem->text;
    (void)command_fail(EXIT_BAD_DATA, "%s:%s%u:%s", name, line, problem->column, what);
    if (isatty(STDERR_FILENO)) {
        print_caret(problem);
    }
}

/* Variables that nothing sets: neither the template nor, with --data, the data. */
struct unset {
    const char *name;
    const struct value *data; /* NULL: not told */
    char last[128];           /* root that was told, so that each is told once in a row */
};

static void print_unset(void *self, const struct smarty_path *path)
{
    struct unset *unset = self;
    struct key key = key_named(path->root);
    char root[sizeof unset->last];
    (void)snprintf(root, sizeof root, "%.*s", STR_ARGS(path->root));
    if ((unset->data && array_get(unset->data->array, &key)) ||
        strcmp(root, unset->last) == 0) {
        return;
    }
    memcpy(unset->last, root, sizeof root);
    command_tell("%s:%u: warning: $%s is never set%s", unset->name, path->line, root,
                 unset->data ? ", and not in the data" : " by the template");
}

static int warn(const char *path, struct str source, const char *json)
{
    struct error error;
    struct arena arena;
    struct value data;
    struct unset unset = {.name = path};
    arena_init(&arena, 64 << 10, 0);
    bool good = !json || template_data(json, &arena, &data, &error);
    unset.data = json && good ? &data : NULL;
    good = good && smarty_paths(path, source, print_unset, &unset, &error);
    arena_done(&arena);
    return good ? EXIT_DONE : command_fail(EXIT_BAD_DATA, "%s", error.text);
}

/* What is wrong is told by the visit itself: the error stays empty. */
static bool check_one(void *self, const char *name, struct str source, struct error *error)
{
    static const struct smarty_options options = {.escape_html = true};
    struct text *warned = self; /* the first one's source: what --warn is about */
    error->text[0] = '\0';
    if (!warned->ptr) {
        text_add(warned, source);
    }
    return smarty_check(name, source, &options, print_problem, (void *)name) == 0;
}

int command_template_check(struct context *context, int argc, char **argv)
{
    const char *data = NULL;
    const char *include = NULL;
    bool warns = false;
    const struct flag flags[] = {
        {"--data", &data, NULL}, {"--include", &include, NULL}, {"--warn", NULL, &warns}};
    struct error error = {.text = ""};
    struct words words;
    struct text source;
    int status =
        command_words(context, argc, argv, flags, sizeof flags / sizeof *flags, &words);
    if (status != EXIT_DONE) {
        return status;
    }
    text_init(&source, SMARTY_SOURCE_BYTES + 1);
    const struct template_visitor visitor = {&source, check_one};
    const char *path = words.items[0];
    if (!template_follow(path, include, &visitor, &error)) {
        status =
            error.text[0] ? command_fail(EXIT_BAD_DATA, "%s", error.text) : EXIT_BAD_DATA;
    } else if (warns) {
        status = warn(path, text_str(&source), data);
    }
    text_done(&source);
    return status;
}

/* ---- variables ---- */

/* Where a path is, when there are several templates. */
struct told {
    struct table table;
    const char *file;
};

static void add_path(void *self, const struct smarty_path *path)
{
    struct told *told = self;
    char text[4096];
    char root[256];
    char line[16];
    (void)snprintf(text, sizeof text, "%.*s", STR_ARGS(path->text));
    (void)snprintf(root, sizeof root, "%.*s", STR_ARGS(path->root));
    (void)snprintf(line, sizeof line, "%u", path->line);
    const char *const cells[] = {text, root, path->is_dynamic ? "when rendered" : "now",
                                 line, told->file};
    table_add(&told->table, cells);
}

static bool add_paths(void *self, const char *name, struct str source, struct error *error)
{
    struct told *told = self;
    told->file = name;
    return smarty_paths(name, source, add_path, told, error);
}

/* With --include a fifth column: the template. */
int command_template_variables(struct context *context, int argc, char **argv)
{
    static const char *const names[] = {"path", "root", "known", "line", "template"};
    const char *include = NULL;
    const struct flag flags[] = {{"--include", &include, NULL}};
    struct error error;
    struct words words;
    struct told told;
    int status = command_words(context, argc, argv, flags, 1, &words);
    if (status != EXIT_DONE) {
        return status;
    }
    table_init(&told.table, include ? 5 : 4);
    told.table.numbers = 1U << 3;
    const struct template_visitor visitor = {&told, add_paths};
    status = template_follow(words.items[0], include, &visitor, &error)
                 ? command_print_table(context, &told.table, names)
                 : command_fail(EXIT_BAD_DATA, "%s", error.text);
    table_done(&told.table);
    return status;
}
