#include "app/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "app/control_client.h"
#include "app/output.h"
#include "app/queue_desk.h"
#include "app/queue_show.h"

/* What a command was told, and whom it asks. */
struct asking {
    struct context *context;
    struct control_client *daemon; /* NULL: the store itself */
    const char *account, *integration, *since, *limit, *before, *args;
    char since_at[40]; /* RFC 3339, to be compared as a text */
    bool all, dry;
};

/* ---- asking ---- */

/* The daemon that has the store, or the store. */
static int open_queue(struct asking *asking)
{
    struct error ignored;
    struct problems problems;
    problems_init(&problems);
    int status = context_host(asking->context, &problems);
    int found = command_problems(&problems);
    problems_done(&problems);
    status = found != EXIT_DONE ? found : status;
    if (status == EXIT_DONE && !asking->context->in_process) {
        asking->daemon = control_connect(asking->context->config.state, &ignored);
    }
    return status == EXIT_DONE && !asking->daemon ? context_store(asking->context) : status;
}

/* Takes the arguments over. NULL: it was said why. */
static json_t *ask(const struct asking *asking, const char *what, json_t *arguments,
                   int *status)
{
    struct error error;
    char operation[40];
    json_t *answer;
    (void)snprintf(operation, sizeof operation, "queue %s", what);
    if (asking->daemon) {
        answer = control_ask_json(asking->daemon, operation, arguments, STR_OF(""), &error);
    } else {
        const struct queue_asked asked = {
            .what = what, .arguments = arguments, .asker = geteuid()};
        answer = queue_desk_ask(asking->context->store, &asked, &error);
        json_decref(arguments);
    }
    *status = answer ? EXIT_DONE : command_fail_asked(&error);
    return answer;
}

/* 0: it is no number that a job can have. */
static int64_t number_of(const char *word)
{
    int64_t number = 0;
    return str_to_int64(str_from(word), 1, INT64_MAX, &number) ? number : 0;
}

static void set_text(json_t *object, const char *name, const char *value)
{
    if (value) {
        (void)json_object_set_new(object, name, json_string(value));
    }
}

static void set_number(json_t *object, const char *name, const char *value)
{
    if (value) {
        (void)json_object_set_new(object, name, json_integer(number_of(value)));
    }
}

static json_t *filter_of(const struct asking *asking)
{
    json_t *filter = json_object();
    set_text(filter, "account", asking->account);
    set_text(filter, "integration", asking->integration);
    set_number(filter, "limit", asking->limit);
    set_number(filter, "before", asking->before);
    return filter;
}

/* ---- printing ---- */

static int print_json(const json_t *answer)
{
    struct text out;
    char *written = json_dumps(answer, JSON_COMPACT);
    text_init(&out, WIRE_FRAME_BYTES);
    text_print(&out, "%s\n", written ? written : "null");
    int status = command_print(text_str(&out));
    text_done(&out);
    free(written);
    return status;
}

/* A number as a text, null as nothing. */
static const char *cell_of(const json_t *item, const char *name, char *room, size_t bytes)
{
    const json_t *value = json_object_get(item, name);
    if (json_is_integer(value)) {
        (void)snprintf(room, bytes, "%lld", (long long)json_integer_value(value));
        return room;
    }
    const char *text = json_string_value(value);
    return text ? text : "";
}

static int print_jobs(const struct asking *asking, const json_t *answer,
                      const char *const *names, unsigned count)
{
    enum { COLUMNS_MOST = 12, ROOM_BYTES = 24 };
    struct table table;
    const json_t *item;
    size_t i;
    if (asking->context->json) {
        return print_json(answer);
    }
    table_init(&table, count);
    json_array_foreach(json_object_get(answer, "items"), i, item)
    {
        const char *cells[COLUMNS_MOST];
        char rooms[COLUMNS_MOST][ROOM_BYTES];
        for (unsigned column = 0; column < count; column++) {
            cells[column] = cell_of(item, names[column], rooms[column], ROOM_BYTES);
        }
        table_add(&table, cells);
    }
    int status = command_print_table(asking->context, &table, names);
    table_done(&table);
    return status;
}

/* ---- list, failed, show ---- */

/* "2h" ago, or a moment: "2026-11-28T10:00:00Z". */
static int read_since(struct asking *asking)
{
    int64_t ago_s = 0;
    struct tm utc = {0};
    if (str_to_seconds(str_from(asking->since), &ago_s)) {
        time_t then = (time_t)(clock_now_ms(&clock_real) / 1000 - ago_s);
        (void)gmtime_r(&then, &utc);
        (void)strftime(asking->since_at, sizeof asking->since_at, "%Y-%m-%dT%H:%M:%SZ",
                       &utc);
        return EXIT_DONE;
    }
    if (strptime(asking->since, "%Y-%m-%d", &utc) == NULL) {
        return command_fail(EXIT_WRONG_USE, "--since: say 2h, or 2026-11-28T10:00:00Z");
    }
    (void)snprintf(asking->since_at, sizeof asking->since_at, "%s", asking->since);
    return EXIT_DONE;
}

static int read_words(struct asking *asking, int argc, char **argv, struct words *words)
{
    const struct flag flags[] = {{"--account", &asking->account, NULL},
                                 {"--integration", &asking->integration, NULL},
                                 {"--since", &asking->since, NULL},
                                 {"--limit", &asking->limit, NULL},
                                 {"--before", &asking->before, NULL},
                                 {"--args", &asking->args, NULL},
                                 {"--all", NULL, &asking->all},
                                 {"--dry-run", NULL, &asking->dry}};
    int status = command_words(asking->context, argc, argv, flags,
                               sizeof flags / sizeof *flags, words);
    const struct {
        const char *name, *value;
    } numbers[] = {{"--limit", asking->limit}, {"--before", asking->before}};
    for (size_t i = 0; status == EXIT_DONE && i < sizeof numbers / sizeof *numbers; i++) {
        if (numbers[i].value && number_of(numbers[i].value) == 0) {
            status = command_fail(EXIT_WRONG_USE, "%s: '%s' is no number above 0",
                                  numbers[i].name, numbers[i].value);
        }
    }
    if (status == EXIT_DONE && asking->since) {
        status = read_since(asking);
    }
    return status == EXIT_DONE ? open_queue(asking) : status;
}

static void done(struct asking *asking)
{
    control_client_free(asking->daemon);
}

static int list(struct context *context, int argc, char **argv, const char *what,
                const char *const *names, unsigned count)
{
    struct words words;
    struct asking asking = {.context = context};
    int status = read_words(&asking, argc, argv, &words);
    json_auto_t *answer =
        status == EXIT_DONE ? ask(&asking, what, filter_of(&asking), &status) : NULL;
    if (answer) {
        status = print_jobs(&asking, answer, names, count);
    }
    done(&asking);
    return status;
}

int command_queue_list(struct context *context, int argc, char **argv)
{
    static const char *const names[] = {"id",  "account", "integration", "what",
                                        "key", "state",   "attempts",    "due_at"};
    return list(context, argc, argv, "list", names, sizeof names / sizeof *names);
}

int command_queue_failed(struct context *context, int argc, char **argv)
{
    static const char *const names[] = {"id",    "account",  "integration", "what", "key",
                                        "state", "attempts", "code",        "error"};
    return list(context, argc, argv, "failed", names, sizeof names / sizeof *names);
}

int command_queue_show(struct context *context, int argc, char **argv)
{
    struct words words;
    struct asking asking = {.context = context};
    int status = read_words(&asking, argc, argv, &words);
    json_auto_t *answer =
        status == EXIT_DONE
            ? ask(&asking, "show",
                  json_pack("{s:I}", "id", (json_int_t)number_of(words.items[0])), &status)
            : NULL;
    if (answer) {
        status = queue_show_print(answer, context->json);
    }
    done(&asking);
    return status;
}

/* ---- retry, discard ---- */

/* How many, and of which causes: before anything is done about all of them. */
static int tell_counts(const struct asking *asking, int64_t *failed)
{
    int status;
    const json_t *cause;
    size_t i;
    json_auto_t *answer = ask(asking, "counts", filter_of(asking), &status);
    if (!answer) {
        return status;
    }
    *failed = json_integer_value(json_object_get(answer, "failed"));
    (void)fprintf(stderr, "%lld failed job%s", (long long)*failed, *failed == 1 ? "" : "s");
    json_array_foreach(json_object_get(answer, "causes"), i, cause)
    {
        long long code = (long long)json_integer_value(json_object_get(cause, "code"));
        (void)fprintf(stderr, "%s%lld %s", i == 0 ? ": " : ", ",
                      (long long)json_integer_value(json_object_get(cause, "count")),
                      json_string_value(json_object_get(cause, "category")));
        if (code > 0) {
            (void)fprintf(stderr, " (%lld)", code);
        }
    }
    (void)fprintf(stderr, "\n");
    return EXIT_DONE;
}

/* The job with other arguments: another command to its remote. */
static int edit(const struct asking *asking, const struct words *words, unsigned *count)
{
    int status;
    json_auto_t *args = json_loads(asking->args, 0, NULL);
    int64_t id = number_of(words->items[0]);
    if (!args || words->count != 1 || id == 0) {
        return command_fail(EXIT_BAD_DATA, "--args: a JSON object, for one job");
    }
    json_t *ids = json_pack("[I]", (json_int_t)id);
    json_auto_t *answer = ask(
        asking, "edit", json_pack("{s:o,s:s}", "ids", ids, "args", asking->args), &status);
    const char *why = json_string_value(
        json_object_get(json_array_get(json_object_get(answer, "items"), 0), "error"));
    *count = answer && !why ? 1 : 0;
    return why ? command_fail(EXIT_NO, "%s", why) : status;
}

/* One request's worth; what cannot be is told. */
static int decide(const struct asking *asking, const char *what, json_t *ids,
                  unsigned *count)
{
    int status;
    const json_t *item;
    size_t i;
    bool refused = false;
    json_auto_t *answer = ask(asking, what, json_pack("{s:o}", "ids", ids), &status);
    json_array_foreach(json_object_get(answer, "items"), i, item)
    {
        const char *why = json_string_value(json_object_get(item, "error"));
        refused = refused || why;
        *count += why ? 0 : 1;
        if (why) {
            (void)command_fail(EXIT_NO, "%s", why);
        }
    }
    return status == EXIT_DONE && refused ? EXIT_NO : status;
}

/* Those of the page that are young enough. */
static json_t *ids_of(const struct asking *asking, const json_t *page)
{
    const json_t *item;
    size_t i;
    json_t *ids = json_array();
    json_array_foreach(json_object_get(page, "items"), i, item)
    {
        const char *made = json_string_value(json_object_get(item, "created_at"));
        if (made && strcmp(made, asking->since_at) >= 0) {
            (void)json_array_append(ids, json_object_get(item, "id"));
        }
    }
    return ids;
}

/* Every failed job of the filter, a page at a time, newest first. */
static int decide_all(struct asking *asking, const char *what, unsigned *count)
{
    int64_t failed = 0;
    char before[24];
    int status = tell_counts(asking, &failed);
    bool more = failed > 0 && !asking->dry;
    while (status == EXIT_DONE && more) {
        json_auto_t *page = ask(asking, "failed", filter_of(asking), &status);
        const json_t *next = json_object_get(page, "next");
        int decided = page ? decide(asking, what, ids_of(asking, page), count) : status;
        status = status == EXIT_DONE ? decided : status;
        more = json_is_integer(next);
        (void)snprintf(before, sizeof before, "%lld", (long long)json_integer_value(next));
        asking->before = before;
    }
    return status;
}

static int decide_some(struct asking *asking, const char *what, const struct words *words,
                       unsigned *count)
{
    json_t *ids = json_array();
    for (int i = 0; i < words->count; i++) {
        int64_t id = number_of(words->items[i]);
        if (id == 0) {
            json_decref(ids);
            return command_fail(EXIT_WRONG_USE, "'%s' is no job: see 'imh queue failed'",
                                words->items[i]);
        }
        (void)json_array_append_new(ids, json_integer(id));
    }
    return decide(asking, what, ids, count);
}

static int decide_command(struct context *context, int argc, char **argv, const char *what,
                          const char *said)
{
    struct words words;
    struct text out;
    unsigned count = 0;
    struct asking asking = {.context = context};
    int status = read_words(&asking, argc, argv, &words);
    if (status == EXIT_DONE && asking.all == (words.count > 0)) {
        status =
            command_fail(EXIT_WRONG_USE, "which jobs? imh queue %s ID... or --all", what);
    } else if (status == EXIT_DONE) {
        status = asking.all    ? decide_all(&asking, what, &count)
                 : asking.args ? edit(&asking, &words, &count)
                               : decide_some(&asking, what, &words, &count);
        text_init(&out, 256);
        text_print(&out, context->json ? "{\"%s\":%u}\n" : "%s: %u\n", said, count);
        int printed = command_print(text_str(&out));
        status = status == EXIT_DONE ? printed : status;
        text_done(&out);
    }
    done(&asking);
    return status;
}

int command_queue_retry(struct context *context, int argc, char **argv)
{
    return decide_command(context, argc, argv, "retry", "retried");
}

int command_queue_discard(struct context *context, int argc, char **argv)
{
    return decide_command(context, argc, argv, "discard", "discarded");
}
