#include "app/command.h"

#include <stdio.h>

#include <jansson.h>

#include "app/control_client.h"
#include "app/daemon.h"
#include "app/output.h"

/* ---- imh run ---- */

int command_run(struct context *context, int argc, char **argv)
{
    struct words words;
    struct problems problems;
    int status = command_words(context, argc, argv, NULL, 0, &words);
    if (status != EXIT_DONE) {
        return status;
    }
    problems_init(&problems);
    status = context_host(context, &problems);
    int found = command_problems(&problems);
    problems_done(&problems);
    log_init(&context->log, context->config.log_level);
    status = found != EXIT_DONE ? found : status;
    return status == EXIT_DONE ? daemon_run(context) : status;
}

/* ---- asking a daemon ---- */

/* The daemon's answer, or NULL and what to exit with. */
static json_t *ask(struct context *context, const char *operation, struct text *json,
                   int *status)
{
    struct error error;
    struct problems problems;
    json_t *answer = NULL;
    const struct control_question question = {.operation = str_from(operation)};
    problems_init(&problems);
    *status = context_host(context, &problems);
    int found = command_problems(&problems);
    problems_done(&problems);
    *status = found != EXIT_DONE ? found : *status;
    if (*status != EXIT_DONE) {
        return NULL;
    }
    OWN(control_client) daemon = control_connect(context->config.state, &error);
    if (daemon && strcmp(operation, "reload") != 0) {
        control_be_quick(daemon);
    }
    if (!daemon || !control_ask(daemon, &question, json, &error)) {
        *status = command_fail_store(&error);
        return NULL;
    }
    answer = json_loadb(json->ptr, json->len, 0, NULL);
    *status = answer ? EXIT_DONE : command_fail(EXIT_OUR_BUG, "the daemon answers no JSON");
    return answer;
}

/* What the daemon said, as it said it. */
static int print_json(struct text *json)
{
    text_add_char(json, '\n');
    return command_print(text_str(json));
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/* ---- imh status ---- */

/* Columns of the objects in a list of the answer; nothing when it is empty. */
static int print_list(const struct context *context, const json_t *list,
                      const char *const *names, unsigned count)
{
    enum { COLUMNS_MOST = 8 };
    struct table table;
    const json_t *item;
    size_t i;
    table_init(&table, count);
    json_array_foreach(list, i, item)
    {
        const char *cells[COLUMNS_MOST];
        for (unsigned column = 0; column < count; column++) {
            cells[column] = text_of(item, names[column]);
        }
        table_add(&table, cells);
    }
    int status = table.rows > 0 ? command_print_table(context, &table, names) : EXIT_DONE;
    table_done(&table);
    return status;
}

/* Plugins that are well are no news. */
static json_t *unwell(const json_t *plugins)
{
    json_t *list = json_array();
    json_t *item;
    size_t i;
    json_array_foreach(plugins, i, item)
    {
        if (strcmp(text_of(item, "state"), "well") != 0) {
            (void)json_array_append(list, item);
        }
    }
    return list;
}

/* "queue: 3 waiting, 1 running, 0 failed" */
static void add_counts(struct text *out, const json_t *queue)
{
    static const char *const names[] = {"waiting", "held", "running", "failed"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        text_print(out, "%s%lld %s", i == 0 ? "queue: " : ", ",
                   (long long)json_integer_value(json_object_get(queue, names[i])),
                   names[i]);
    }
    text_add_char(out, '\n');
}

/* A disk with room is no news. */
static void add_disk(struct text *out, const json_t *disk)
{
    if (strcmp(text_of(disk, "state"), "short") == 0) {
        text_print(out, "disk: nearly full, %lld MiB free: nothing new is accepted\n",
                   (long long)json_integer_value(json_object_get(disk, "free_bytes")) >>
                       20);
    }
}

/* "cache: 12 answers, 340 KiB, 5 of 17 lookups answered from it" */
static void add_cache(struct text *out, const json_t *cache)
{
    json_int_t hits = json_integer_value(json_object_get(cache, "hits"));
    json_int_t misses = json_integer_value(json_object_get(cache, "misses"));
    if (hits + misses > 0) {
        text_print(
            out, "cache: %lld answers, %lld KiB, %lld of %lld lookups answered from it\n",
            (long long)json_integer_value(json_object_get(cache, "answers")),
            ((long long)json_integer_value(json_object_get(cache, "bytes")) + 1023) >> 10,
            (long long)hits, (long long)(hits + misses));
    }
}

static int print_status(const struct context *context, const json_t *answer)
{
    static const char *const names[] = {"account", "integration", "plugin", "state",
                                        "problem"};
    static const char *const plugin_names[] = {"plugin", "state", "of", "last_death"};
    json_auto_t *ill = unwell(json_object_get(answer, "plugins"));
    struct text out;
    text_init(&out, 1024);
    text_print(&out, "imh %s, process %lld, %s since %s\n", text_of(answer, "version"),
               (long long)json_integer_value(json_object_get(answer, "pid")),
               text_of(answer, "state"), text_of(answer, "started_at"));
    add_counts(&out, json_object_get(answer, "queue"));
    add_cache(&out, json_object_get(answer, "cache"));
    add_disk(&out, json_object_get(answer, "disk"));
    int status = command_print(text_str(&out));
    text_done(&out);
    if (status == EXIT_DONE) {
        status = print_list(context, json_object_get(answer, "integrations"), names, 5);
    }
    return status == EXIT_DONE ? print_list(context, ill, plugin_names, 4) : status;
}

static int show(struct context *context, bool metrics)
{
    struct text json;
    int status;
    text_init(&json, WIRE_FRAME_BYTES);
    json_auto_t *answer = ask(context, metrics ? "metrics" : "status", &json, &status);
    if (answer && metrics) {
        status = command_print(str_from(text_of(answer, "text")));
    } else if (answer) {
        status = context->json ? print_json(&json) : print_status(context, answer);
    }
    text_done(&json);
    return status;
}

int command_status_show(struct context *context, int argc, char **argv)
{
    bool metrics = false;
    struct words words;
    const struct flag flags[] = {{"--metrics", NULL, &metrics}};
    int status = command_words(context, argc, argv, flags, 1, &words);
    return status == EXIT_DONE ? show(context, metrics) : status;
}

/* ---- imh reload ---- */

static void tell_problems(const json_t *answer)
{
    json_t *item;
    size_t i;
    json_array_foreach(json_object_get(answer, "problems"), i, item)
    {
        const char *file = text_of(item, "file");
        long long line = (long long)json_integer_value(json_object_get(item, "line"));
        if (line > 0) {
            command_tell("%s:%lld: %s", file, line, text_of(item, "text"));
        } else {
            command_tell("%s: %s", *file ? file : "imh", text_of(item, "text"));
        }
    }
}

int command_reload(struct context *context, int argc, char **argv)
{
    struct text json;
    struct words words;
    int status = command_words(context, argc, argv, NULL, 0, &words);
    if (status != EXIT_DONE) {
        return status;
    }
    text_init(&json, WIRE_FRAME_BYTES);
    json_auto_t *answer = ask(context, "reload", &json, &status);
    if (answer) {
        bool loaded = json_is_true(json_object_get(answer, "loaded"));
        if (!loaded) {
            tell_problems(answer);
            status = command_fail(EXIT_BAD_CONFIG, "the old configuration stays");
        }
        int printed = context->json ? print_json(&json)
                      : loaded      ? command_print(STR_OF("configuration loaded\n"))
                                    : EXIT_DONE;
        status = printed == EXIT_DONE ? status : printed;
    }
    text_done(&json);
    return status;
}
