#include "app/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/asking.h"
#include "app/edit_check.h"
#include "app/presence.h"
#include "app/queue_desk.h"
#include "app/queue_show.h"

/* What a command was told, and whom it asks. */
struct queue_words {
    struct asking asking;
    const char *account, *integration, *since, *limit, *before, *after, *args;
    int64_t since_ms;
    bool all, dry;
};

/* ---- asking ---- */

/* Without a daemon the files say whose jobs would run. Wrong ones say nothing. */
static void mark(const struct context *context, json_t *answer)
{
    struct problems problems;
    struct config config;
    problems_init(&problems);
    config_read(&config, context->config_file, NULL, &problems);
    if (problems.count == 0) {
        presence_mark(&config, answer);
    }
    config_free(&config);
    problems_done(&problems);
}

static json_t *ask_store(const struct asking *asking, const char *what, json_t *arguments,
                         struct error *error)
{
    const struct queue_asked asked = {
        .what = what, .arguments = arguments, .asker = geteuid()};
    json_t *answer = queue_desk_ask(asking->context->store, &asked, error);
    if (answer && !queue_desk_changes(what)) {
        mark(asking->context, answer);
    }
    return answer;
}

/* Takes the arguments over. NULL: it was said why. */
static json_t *ask(const struct queue_words *told, const char *what, json_t *arguments,
                   int *status)
{
    return asking_ask(&told->asking, "queue", what, arguments, ask_store, status);
}

static json_t *filter_of(const struct queue_words *told)
{
    json_t *filter = json_object();
    asking_set_text(filter, "account", told->account);
    asking_set_text(filter, "integration", told->integration);
    asking_set_number(filter, "limit", told->limit);
    asking_set_number(filter, "before", told->before);
    asking_set_text(filter, "after", told->after);
    (void)json_object_set_new(filter, "since_ms", json_integer(told->since_ms));
    return filter;
}

/* ---- list, failed, show ---- */

static int read_words(struct queue_words *told, int argc, char **argv, struct words *words)
{
    const struct flag flags[] = {
        {"--account", &told->account, NULL}, {"--integration", &told->integration, NULL},
        {"--since", &told->since, NULL},     {"--limit", &told->limit, NULL},
        {"--before", &told->before, NULL},   {"--after", &told->after, NULL},
        {"--args", &told->args, NULL},       {"--all", NULL, &told->all},
        {"--dry-run", NULL, &told->dry}};
    int status = command_words(told->asking.context, argc, argv, flags,
                               sizeof flags / sizeof *flags, words);
    const struct {
        const char *name, *value;
    } numbers[] = {{"--limit", told->limit}, {"--before", told->before}};
    for (size_t i = 0; status == EXIT_DONE && i < sizeof numbers / sizeof *numbers; i++) {
        if (numbers[i].value && asking_number(numbers[i].value) == 0) {
            status = command_fail(EXIT_WRONG_USE, "%s: '%s' is no number above 0",
                                  numbers[i].name, numbers[i].value);
        }
    }
    if (status == EXIT_DONE && told->since) {
        status = asking_since(told->since, &told->since_ms);
    }
    return status == EXIT_DONE ? asking_open(&told->asking, told->asking.context) : status;
}

struct list {
    const char *what;
    const char *option; /* for the page behind */
    const char *const *names;
    unsigned count;
};

static int show_list(struct context *context, int argc, char **argv,
                     const struct list *list)
{
    struct words words;
    struct queue_words told = {.asking = {.context = context}};
    int status = read_words(&told, argc, argv, &words);
    bool after = strcmp(list->option, "--after") == 0;
    if (status == EXIT_DONE && (after ? told.before : told.after)) {
        status = command_fail(EXIT_WRONG_USE, "pages of 'queue %s' go on with %s",
                              list->what, list->option);
    }
    json_auto_t *answer =
        status == EXIT_DONE ? ask(&told, list->what, filter_of(&told), &status) : NULL;
    if (answer) {
        status = asking_print_items(&told.asking, answer, list->names, list->count,
                                    list->option);
        if (json_array_size(json_object_get(answer, "items")) == 0) {
            int known = asking_check_names(&told.asking, told.account, told.integration);
            status = status == EXIT_DONE ? known : status;
        }
    }
    asking_close(&told.asking);
    return status;
}

int command_queue_list(struct context *context, int argc, char **argv)
{
    static const char *const names[] = {"id",     "account",  "integration", "what",
                                        "key",    "state",    "attempts",    "due_at",
                                        "behind", "held_why", "error"};
    static const struct list list = {"list", "--after", names, 11};
    return show_list(context, argc, argv, &list);
}

int command_queue_failed(struct context *context, int argc, char **argv)
{
    static const char *const names[] = {"id",    "account",  "integration", "what", "key",
                                        "state", "attempts", "code",        "error"};
    static const struct list list = {"failed", "--before", names, 9};
    return show_list(context, argc, argv, &list);
}

int command_queue_show(struct context *context, int argc, char **argv)
{
    struct words words;
    struct queue_words told = {.asking = {.context = context}};
    int status = read_words(&told, argc, argv, &words);
    if (status == EXIT_DONE && asking_number(words.items[0]) == 0) {
        status = command_fail(EXIT_WRONG_USE, "'%s' is no job: see 'imh queue failed'",
                              words.items[0]);
    }
    json_auto_t *answer =
        status == EXIT_DONE
            ? ask(&told, "show",
                  json_pack("{s:I}", "id", (json_int_t)asking_number(words.items[0])),
                  &status)
            : NULL;
    if (answer) {
        status = queue_show_print(answer, context->json);
    }
    asking_close(&told.asking);
    return status;
}

/* ---- retry, discard ---- */

/* What became of the jobs that were to be decided about; the rest is left. */
struct tally {
    int64_t wanted, done, refused;
};

/* People are told of what is not as it should be. `status` is that of the deciding. */
static int tell_tally(bool for_programs, const char *said, const struct tally *tally,
                      int status)
{
    struct text out;
    int64_t rest = tally->wanted - tally->done - tally->refused;
    long long left = rest > 0 ? (long long)rest : 0;
    long long done = (long long)tally->done;
    long long refused = (long long)tally->refused;
    text_init(&out, 256);
    if (for_programs) {
        text_print(&out, "{\"%s\":%lld,\"refused\":%lld,\"left\":%lld}\n", said, done,
                   refused, left);
    } else if (refused > 0 || left > 0) {
        text_print(&out, "%s: %lld, refused: %lld, left: %lld\n", said, done, refused,
                   left);
    } else {
        text_print(&out, "%s: %lld\n", said, done);
    }
    int printed = command_print(text_str(&out));
    text_done(&out);
    return status != EXIT_DONE ? status : refused > 0 ? EXIT_NO : printed;
}

/* How many, and of which causes: before anything is done about all of them. */
static int tell_counts(const struct queue_words *told, int64_t *failed)
{
    int status;
    const json_t *cause;
    size_t i;
    json_auto_t *answer = ask(told, "counts", filter_of(told), &status);
    if (!answer) {
        return status;
    }
    *failed = json_integer_value(json_object_get(answer, "failed"));
    if (*failed == 0) {
        status = asking_check_names(&told->asking, told->account, told->integration);
    }
    if (status != EXIT_DONE) {
        return status;
    }
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
    if (told->limit && asking_number(told->limit) < *failed) {
        (void)fprintf(stderr, "; only the newest %s", told->limit);
    }
    (void)fprintf(stderr, "\n");
    return EXIT_DONE;
}

/* A daemon checks what it is told itself. */
static int check_alone(const struct queue_words *told, int64_t id)
{
    int status;
    json_auto_t *job = ask(told, "show", json_pack("{s:I}", "id", (json_int_t)id), &status);
    return job ? edit_check(told->asking.context, job, told->args) : status;
}

/* The job with other arguments: another command to its remote. */
static int edit(const struct queue_words *told, const struct words *words,
                struct tally *tally)
{
    int status;
    struct error error;
    int64_t id = words->count == 1 ? asking_number(words->items[0]) : 0;
    if (id == 0) {
        return command_fail(EXIT_BAD_DATA, "--args: a JSON object, for one job");
    }
    if (!arguments_object("--args", told->args, &error)) {
        return command_fail(EXIT_BAD_DATA, "%s", error.text);
    }
    status = told->asking.daemon ? EXIT_DONE : check_alone(told, id);
    if (status != EXIT_DONE) {
        return status;
    }
    json_t *ids = json_pack("[I]", (json_int_t)id);
    json_auto_t *answer =
        ask(told, "edit", json_pack("{s:o,s:s}", "ids", ids, "args", told->args), &status);
    const char *why = json_string_value(
        json_object_get(json_array_get(json_object_get(answer, "items"), 0), "error"));
    if (answer) {
        *tally = (struct tally){1, .done = !why, .refused = why != NULL};
    }
    return why ? command_fail(EXIT_NO, "%s", why) : status;
}

/* What could not be decided is told. */
static void tell_refused(const json_t *answer, struct tally *tally)
{
    const json_t *item;
    size_t i;
    json_array_foreach(json_object_get(answer, "items"), i, item)
    {
        const char *why = json_string_value(json_object_get(item, "error"));
        tally->refused += why != NULL;
        tally->done += why == NULL;
        if (why) {
            (void)command_fail(EXIT_NO, "%s", why);
        }
    }
}

/* One request's worth. */
static int decide(const struct queue_words *told, const char *what, json_t *ids,
                  struct tally *tally)
{
    int status;
    tally->wanted = (int64_t)json_array_size(ids);
    json_auto_t *answer = ask(told, what, json_pack("{s:o}", "ids", ids), &status);
    tell_refused(answer, tally);
    return status;
}

/* Every failed job of the filter, many at a time, newest first, until the limit. */
static int decide_all(struct queue_words *told, const char *what, struct tally *tally)
{
    int64_t failed = 0;
    char before[24];
    int64_t left = told->limit ? asking_number(told->limit) : INT64_MAX;
    int status = tell_counts(told, &failed);
    bool more = failed > 0 && !told->dry;
    tally->wanted = told->dry ? 0 : failed < left ? failed : left;
    while (status == EXIT_DONE && more) {
        json_t *filter = filter_of(told);
        (void)json_object_set_new(filter, "all", json_true());
        (void)json_object_set_new(filter, "limit", json_integer(left));
        json_auto_t *answer = ask(told, what, filter, &status);
        const json_t *next = json_object_get(answer, "next");
        int64_t decided = json_integer_value(json_object_get(answer, "decided"));
        left -= decided + (int64_t)json_array_size(json_object_get(answer, "items"));
        tally->done += decided;
        tell_refused(answer, tally);
        more = json_is_integer(next) && left > 0;
        (void)snprintf(before, sizeof before, "%lld", (long long)json_integer_value(next));
        told->before = before;
    }
    return status;
}

static int decide_some(struct queue_words *told, const char *what,
                       const struct words *words, struct tally *tally)
{
    json_t *ids = json_array();
    for (int i = 0; i < words->count; i++) {
        int64_t id = asking_number(words->items[i]);
        if (id == 0) {
            json_decref(ids);
            return command_fail(EXIT_WRONG_USE, "'%s' is no job: see 'imh queue failed'",
                                words->items[i]);
        }
        (void)json_array_append_new(ids, json_integer(id));
    }
    return decide(told, what, ids, tally);
}

static int decide_command(struct context *context, int argc, char **argv, const char *what,
                          const char *said)
{
    struct words words;
    struct tally tally = {.wanted = 0};
    struct queue_words told = {.asking = {.context = context}};
    int status = read_words(&told, argc, argv, &words);
    if (status == EXIT_DONE && told.all == (words.count > 0)) {
        status =
            command_fail(EXIT_WRONG_USE, "which jobs? imh queue %s ID... or --all", what);
    } else if (status == EXIT_DONE && told.args &&
               (told.all || strcmp(what, "retry") != 0)) {
        status = command_fail(EXIT_WRONG_USE, "--args: only 'imh queue retry ID' takes it");
    } else if (status == EXIT_DONE) {
        status = told.all    ? decide_all(&told, what, &tally)
                 : told.args ? edit(&told, &words, &tally)
                             : decide_some(&told, what, &words, &tally);
        status = tell_tally(context->json, said, &tally, status);
    }
    asking_close(&told.asking);
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
