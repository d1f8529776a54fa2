#include "app/command.h"

#include <string.h>

#include "app/asking.h"
#include "app/event_desk.h"
#include "app/queue_show.h"

/* What a command about events was told. */
struct event_words {
    struct asking asking;
    const char *account, *integration, *type, *limit, *before;
};

static json_t *ask_store(const struct asking *asking, const char *what, json_t *arguments,
                         struct error *error)
{
    return event_desk_ask(asking->context->store, what, arguments, error);
}

static int read_words(struct event_words *told, struct context *context, int argc,
                      char **argv, struct words *words)
{
    const struct flag flags[] = {{"--account", &told->account, NULL},
                                 {"--integration", &told->integration, NULL},
                                 {"--type", &told->type, NULL},
                                 {"--limit", &told->limit, NULL},
                                 {"--before", &told->before, NULL}};
    int status =
        command_words(context, argc, argv, flags, sizeof flags / sizeof *flags, words);
    const struct {
        const char *name, *value;
    } numbers[] = {{"--limit", told->limit}, {"--before", told->before}};
    for (size_t i = 0; status == EXIT_DONE && i < sizeof numbers / sizeof *numbers; i++) {
        if (numbers[i].value && asking_number(numbers[i].value) == 0) {
            status = command_fail(EXIT_WRONG_USE, "%s: '%s' is no number above 0",
                                  numbers[i].name, numbers[i].value);
        }
    }
    return status == EXIT_DONE ? asking_open(&told->asking, context) : status;
}

static json_t *filter_of(const struct event_words *told)
{
    json_t *filter = json_object();
    asking_set_text(filter, "account", told->account);
    asking_set_text(filter, "integration", told->integration);
    asking_set_text(filter, "type", told->type);
    asking_set_number(filter, "limit", told->limit);
    asking_set_number(filter, "before", told->before);
    return filter;
}

static int print_list(struct context *context, int argc, char **argv, const char *what,
                      const char *const *names, unsigned count)
{
    struct words words;
    struct event_words told = {.asking = {.context = context}};
    int status = read_words(&told, context, argc, argv, &words);
    json_auto_t *answer =
        status == EXIT_DONE
            ? asking_ask(&told.asking, "event", what, filter_of(&told), ask_store, &status)
            : NULL;
    if (answer) {
        status = asking_print_items(&told.asking, answer, names, count, "--before");
        if (json_array_size(json_object_get(answer, "items")) == 0) {
            int known = asking_check_names(&told.asking, told.account, told.integration);
            status = status == EXIT_DONE ? known : status;
        }
    }
    asking_close(&told.asking);
    return status;
}

int command_event_list(struct context *context, int argc, char **argv)
{
    static const char *const names[] = {"id",  "account", "integration", "type",
                                        "key", "at",      "seen_at"};
    return print_list(context, argc, argv, "list", names, 7);
}

int command_event_sources(struct context *context, int argc, char **argv)
{
    static const char *const names[] = {"account", "integration", "source",  "state",
                                        "read_to", "failures",    "skipped", "error"};
    return print_list(context, argc, argv, "sources", names, 8);
}

int command_event_show(struct context *context, int argc, char **argv)
{
    struct words words;
    struct event_words told = {.asking = {.context = context}};
    int status = read_words(&told, context, argc, argv, &words);
    int64_t id = status == EXIT_DONE ? asking_number(words.items[0]) : 0;
    if (status == EXIT_DONE && id == 0) {
        status = command_fail(EXIT_WRONG_USE, "'%s' is no event: see 'imh event list'",
                              words.items[0]);
    }
    json_auto_t *answer =
        status == EXIT_DONE
            ? asking_ask(&told.asking, "event", "show",
                         json_pack("{s:I}", "id", (json_int_t)id), ask_store, &status)
            : NULL;
    if (answer) {
        status = queue_show_print(answer, context->json);
    }
    asking_close(&told.asking);
    return status;
}
