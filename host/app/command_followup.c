#include "app/command.h"

#include <string.h>

#include "app/asking.h"
#include "app/followup_desk.h"
#include "followup/followup_run.h"

static json_t *ask_store(const struct asking *asking, const char *what, json_t *arguments,
                         struct error *error)
{
    return followup_desk_ask(asking->context->store, what, arguments, error);
}

static json_t *find(const json_t *items, const char *account, struct str name)
{
    json_t *item;
    size_t i;
    json_array_foreach(items, i, item)
    {
        if (strcmp(json_string_value(json_object_get(item, "account")), account) == 0 &&
            str_is(name, json_string_value(json_object_get(item, "followup")))) {
            return item;
        }
    }
    return NULL;
}

/* What starts it, as the file says it. */
static void set_configured(json_t *item, const struct followup *followup)
{
    (void)json_object_set_new(item, "on", followup_desk_on(followup));
    (void)json_object_set_new(item, "state",
                              json_string(followup->disabled ? "disabled" : "enabled"));
}

/* Also those of which nothing ran yet. */
static int add_configured(const struct context *context, const char *only, json_t *items)
{
    struct problems problems;
    struct config config;
    problems_init(&problems);
    config_read(&config, context->config_file, only, &problems);
    for (const struct account *at = config.accounts; at; at = at->next) {
        for (const struct followup *one = at->followups; one; one = one->next) {
            json_t *item = find(items, at->name, one->name);
            if (!item) {
                item = followup_desk_blank(at->name, one->name);
                (void)json_array_append_new(items, item);
            }
            set_configured(item, one);
        }
    }
    int status = command_problems(&problems);
    config_free(&config);
    problems_done(&problems);
    return status;
}

/* For people: "shop.order-create shop.order-paid", "3 done, 1 waiting". */
static void write_words(json_t *item)
{
    struct text words;
    const json_t *event;
    size_t i;
    text_init(&words, FOLLOWUP_TEXT_BYTES);
    json_array_foreach(json_object_get(item, "on"), i, event)
    {
        text_print(&words, "%s%s", i > 0 ? " " : "", json_string_value(event));
    }
    (void)json_object_set_new(item, "on", json_string(text_cstr(&words)));
    text_clear(&words);
    for (unsigned state = RUN_WAITING; state < RUN_STATES; state++) {
        const char *name = run_state_name((enum run_state)state);
        json_int_t runs = json_integer_value(json_object_get(item, name));
        if (runs > 0) {
            text_print(&words, "%s%lld %s", words.len > 0 ? ", " : "", (long long)runs,
                       name);
        }
    }
    (void)json_object_set_new(item, "runs",
                              json_string(words.len > 0 ? text_cstr(&words) : "none"));
    text_done(&words);
}

static int print_list(const struct asking *asking, const json_t *answer)
{
    static const char *const names[] = {"account", "followup", "state", "on", "runs"};
    json_t *item;
    size_t i;
    json_array_foreach(json_object_get(answer, "items"), i, item)
    {
        if (!asking->context->json) {
            write_words(item);
        }
    }
    return asking_print_items(asking, answer, names, sizeof names / sizeof *names, NULL);
}

int command_followup_list(struct context *context, int argc, char **argv)
{
    struct words words;
    struct asking asking = {.context = context};
    int status = command_words(context, argc, argv, NULL, 0, &words);
    if (status != EXIT_DONE) {
        return status;
    }
    const char *account = words.count > 0 ? words.items[0] : NULL;
    json_t *question = json_object();
    asking_set_text(question, "account", account);
    status = asking_open(&asking, context);
    json_auto_t *answer = status == EXIT_DONE ? asking_ask(&asking, "followup", "list",
                                                           question, ask_store, &status)
                                              : NULL;
    if (status != EXIT_DONE && !answer) {
        asking_close(&asking);
        return status;
    }
    int found = add_configured(context, account, json_object_get(answer, "items"));
    status = print_list(&asking, answer);
    asking_close(&asking);
    return status == EXIT_DONE ? found : status;
}
