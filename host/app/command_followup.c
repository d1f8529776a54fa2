#include "app/command.h"

#include <string.h>

#include "app/asking.h"
#include "app/followup_desk.h"
#include "followup/followup.h"

static json_t *ask_store(const struct asking *asking, const char *what, json_t *arguments,
                         struct error *error)
{
    return followup_desk_ask(asking->context->store, what, arguments, error);
}

static bool is_there(const json_t *items, const char *account, struct str name)
{
    const json_t *item;
    size_t i;
    json_array_foreach(items, i, item)
    {
        if (strcmp(json_string_value(json_object_get(item, "account")), account) == 0 &&
            str_is(name, json_string_value(json_object_get(item, "followup")))) {
            return true;
        }
    }
    return false;
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
            if (!is_there(items, at->name, one->name)) {
                (void)json_array_append_new(items,
                                            followup_desk_blank(at->name, one->name));
            }
        }
    }
    int status = command_problems(&problems);
    config_free(&config);
    problems_done(&problems);
    return status;
}

int command_followup_list(struct context *context, int argc, char **argv)
{
    static const char *const names[] = {"account", "followup", "waiting", "acting",
                                        "done",    "unwanted", "ended",   "needless",
                                        "limited", "loop",     "failed",  "discarded"};
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
    status = asking_print_items(&asking, answer, names, sizeof names / sizeof *names, NULL);
    asking_close(&asking);
    return status == EXIT_DONE ? found : status;
}
