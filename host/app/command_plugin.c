#include "app/command.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/output.h"
#include "app/plugin_show.h"
#include "engine/health.h"

/* The configuration only says where plugins are; without one, where packages put them. */
static int start(struct context *context)
{
    struct problems problems;
    bool there = access(context->config_file, R_OK) == 0;
    problems_init(&problems);
    (void)config_read_host(&context->config, there ? context->config_file : NULL,
                           &problems);
    context_default_plugins(context);
    int status = command_problems(&problems);
    problems_done(&problems);
    return status == EXIT_DONE ? context_supervisor(context) : status;
}

/* ---- list ---- */

static void add_plugin(struct context *context, struct str file, struct table *table)
{
    char name[256];
    struct text refusal;
    (void)snprintf(name, sizeof name, "%.*s", STR_ARGS(str_before(file, file.len - 3)));
    text_init(&refusal, 16 << 10);
    const struct descriptor *descriptor =
        supervisor_plugin(context->supervisor, name, &refusal);
    struct str why = str_trim(text_str(&refusal));
    why = str_before(why, str_find_char(why, '\n'));
    char reason[512];
    (void)snprintf(reason, sizeof reason, "refused: %.*s", STR_ARGS(why));
    struct health health = health_of(context->supervisor, name);
    const char *const cells[] = {name, descriptor ? descriptor->version : "",
                                 health_state_name(health.state),
                                 descriptor ? descriptor->summary : reason};
    table_add(table, cells);
    text_done(&refusal);
}

static int is_plugin(const struct dirent *entry)
{
    return str_ends(str_from(entry->d_name), STR_OF(".so"));
}

/* The first folder that has a plugin wins, here as when one is used. */
static bool is_listed(const struct table *table, struct str file)
{
    const char *cell = table->cells.ptr;
    for (unsigned i = 0; i < table->rows * table->columns; i++, cell += strlen(cell) + 1) {
        if (i % table->columns == 0 && str_is(str_before(file, file.len - 3), cell)) {
            return true;
        }
    }
    return false;
}

static void add_folder(struct context *context, struct str folder, struct table *table)
{
    struct dirent **entries = NULL;
    char path[4096];
    (void)snprintf(path, sizeof path, "%.*s", STR_ARGS(folder));
    int count = scandir(path, &entries, is_plugin, alphasort);
    for (int i = 0; i < count; i++) {
        if (!is_listed(table, str_from(entries[i]->d_name))) {
            add_plugin(context, str_from(entries[i]->d_name), table);
        }
        free(entries[i]);
    }
    free(entries);
}

int command_plugin_list(struct context *context, int argc, char **argv)
{
    static const char *const names[] = {"plugin", "version", "state", "summary"};
    struct words words;
    struct table table;
    int status = command_words(context, argc, argv, NULL, 0, &words);
    status = status == EXIT_DONE ? start(context) : status;
    if (status != EXIT_DONE) {
        return status;
    }
    table_init(&table, 4);
    struct str rest = str_from(context->config.plugins);
    struct str folder;
    while (str_split(&rest, ':', &folder)) {
        add_folder(context, folder, &table);
    }
    status = command_print_table(context, &table, names);
    table_done(&table);
    return status;
}

/* ---- inspect ---- */

/* A line each: "imh: shop.so: not a plugin: ...". */
static int print_refusal(const struct context *context, const char *plugin,
                         struct text *refusal)
{
    struct str lines = str_trim(text_str(refusal));
    struct str line;
    struct text hint;
    text_init(&hint, 256);
    if (str_starts(lines, STR_OF("there is no plugin"))) {
        config_suggest_plugin(&context->config, str_from(plugin), &hint);
    }
    while (str_split(&lines, '\n', &line)) {
        (void)command_fail(EXIT_NO, "%.*s%s", STR_ARGS(line), text_cstr(&hint));
    }
    text_done(&hint);
    return EXIT_NO;
}

/* A file here is a file, also without a path in front. */
static const char *plugin_file(const char *word, char *path, size_t bytes)
{
    bool bare = str_ends(str_from(word), STR_OF(".so")) && !strchr(word, '/');
    (void)snprintf(path, bytes, "./%s", word);
    return bare ? path : word;
}

int command_plugin_inspect(struct context *context, int argc, char **argv)
{
    struct words words;
    struct text refusal;
    struct text out;
    int status = command_words(context, argc, argv, NULL, 0, &words);
    status = status == EXIT_DONE ? start(context) : status;
    if (status != EXIT_DONE) {
        return status;
    }
    text_init(&refusal, 16 << 10);
    text_init(&out, 4 << 20);
    char path[PATH_MAX];
    const char *plugin = plugin_file(words.items[0], path, sizeof path);
    const struct descriptor *descriptor =
        supervisor_plugin(context->supervisor, plugin, &refusal);
    if (!descriptor) {
        status = print_refusal(context, plugin, &refusal);
    } else {
        if (context->json) {
            plugin_show_json(descriptor, &out);
        } else {
            plugin_show_section(descriptor, &out);
        }
        status = command_print(text_str(&out));
    }
    text_done(&out);
    text_done(&refusal);
    return status;
}
