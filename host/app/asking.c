#include "app/asking.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/output.h"
#include "app/when.h"
#include "engine/followup_store.h"

int asking_open(struct asking *asking, struct context *context)
{
    struct error ignored;
    struct problems problems;
    *asking = (struct asking){.context = context};
    problems_init(&problems);
    int status = context_host(context, &problems);
    int found = command_problems(&problems);
    problems_done(&problems);
    status = found != EXIT_DONE ? found : status;
    if (status == EXIT_DONE && !context->in_process) {
        asking->daemon = control_connect(context->config.state, &ignored);
    }
    return status == EXIT_DONE && !asking->daemon ? context_store(context) : status;
}

void asking_close(struct asking *asking)
{
    control_client_free(asking->daemon);
}

json_t *asking_ask(const struct asking *asking, const char *desk, const char *what,
                   json_t *arguments,
                   json_t *(*alone)(const struct asking *asking, const char *what,
                                    json_t *arguments, struct error *error),
                   int *status)
{
    struct error error;
    char operation[40];
    json_t *answer;
    (void)snprintf(operation, sizeof operation, "%s %s", desk, what);
    if (asking->daemon) {
        answer = control_ask_json(asking->daemon, operation, arguments, STR_OF(""), &error);
    } else {
        answer = alone(asking, what, arguments, &error);
        json_decref(arguments);
    }
    *status = answer ? EXIT_DONE : command_fail_asked(&error);
    /* cppcheck-suppress returnDanglingLifetime ; an answer lends nothing from the error */
    return answer;
}

int64_t asking_number(const char *word)
{
    int64_t number = 0;
    return str_to_int64(str_from(word), 1, INT64_MAX, &number) ? number : 0;
}

int asking_since(const char *word, int64_t *since_ms)
{
    return when_read(word, since_ms)
               ? EXIT_DONE
               : command_fail(EXIT_WRONG_USE, "--since: say " WHEN_FORMS);
}

void asking_set_text(json_t *question, const char *name, const char *value)
{
    if (value) {
        (void)json_object_set_new(question, name, json_string(value));
    }
}

void asking_set_number(json_t *question, const char *name, const char *value)
{
    if (value) {
        (void)json_object_set_new(question, name, json_integer(asking_number(value)));
    }
}

static void look_for(const struct config *config, const char *account,
                     const char *integration, struct problems *problems)
{
    const struct account *found =
        account ? config_account(config, str_from(account)) : NULL;
    bool known = !integration || strcmp(integration, FOLLOWUP_PLACE) == 0;
    for (const struct account *at = config->accounts; at && !known; at = at->next) {
        known = (!account || at == found) && config_actor(at, str_from(integration));
    }
    if (!known && found) {
        config_miss(found, str_from(integration), problems);
    } else if (!known && !account) {
        problems_add(problems, "", 0,
                     "there is no integration '%s': 'imh integration list' has all",
                     integration);
    }
}

int asking_check_names(const struct asking *asking, const char *account,
                       const char *integration)
{
    struct problems problems;
    struct config config;
    if (!account && !integration) {
        return EXIT_DONE;
    }
    problems_init(&problems);
    config_read(&config, asking->context->config_file, account, &problems);
    look_for(&config, account, integration, &problems);
    int status = command_problems(&problems);
    config_free(&config);
    problems_done(&problems);
    return status;
}

static int print_json(const json_t *answer)
{
    struct text out;
    char *written = json_dumps(answer, JSON_COMPACT);
    text_init(&out, WIRE_FRAME_BYTES);
    text_print(&out, "%s\n", written ? written : "null");
    int status = command_print_json(text_str(&out));
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

static void tell_more(const json_t *answer, const char *option)
{
    enum { ROOM_BYTES = 24 };
    char room[ROOM_BYTES];
    const char *next = cell_of(answer, "next", room, sizeof room);
    if (option && *next) {
        command_tell("more: %s %s", option, next);
    }
}

int asking_print_items(const struct asking *asking, const json_t *answer,
                       const char *const *names, unsigned count, const char *option)
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
    tell_more(answer, option);
    return status;
}
