#include "app/command.h"

#include "app/asking.h"
#include "app/consent_desk.h"

static json_t *ask_store(const struct asking *asking, const char *what, json_t *arguments,
                         struct error *error)
{
    (void)what;
    return consent_desk_ask(asking->context->store, arguments, error);
}

/* What was said of each list, a row each. */
static json_t *rows_of(const json_t *answer)
{
    json_t *rows = json_array();
    const json_t *list;
    size_t i;
    json_array_foreach(json_object_get(answer, "items"), i, list)
    {
        json_t *said;
        size_t j;
        json_array_foreach(json_object_get(list, "history"), j, said)
        {
            json_t *row = json_copy(said);
            (void)json_object_set(row, "channel", json_object_get(list, "channel"));
            (void)json_object_set(row, "list", json_object_get(list, "list"));
            (void)json_array_append_new(rows, row);
        }
    }
    return json_pack("{s:o,s:n}", "items", rows, "next");
}

static int print_for_people(const struct asking *asking, const json_t *answer)
{
    static const char *const names[] = {"channel", "list", "state", "since", "because"};
    static const char *const said_names[] = {"channel", "list", "said", "at", "because"};
    json_auto_t *rows = rows_of(answer);
    int status = asking_print_items(asking, answer, names, 5, NULL);
    status = status == EXIT_DONE ? command_print(STR_OF("\n")) : status;
    return status == EXIT_DONE ? asking_print_items(asking, rows, said_names, 5, NULL)
                               : status;
}

/* Of whom nothing is known an account that is not there may be the reason. */
static int print_nothing(const struct asking *asking, const char *account)
{
    int status = asking_check_names(asking, account, NULL);
    return status == EXIT_DONE
               ? command_print(
                     STR_OF("unknown: neither a consent nor an opt-out was seen\n"))
               : status;
}

static int print(const struct asking *asking, const json_t *answer, const char *account)
{
    bool none = json_array_size(json_object_get(answer, "items")) == 0;
    if (!asking->context->json) {
        return none ? print_nothing(asking, account) : print_for_people(asking, answer);
    }
    int known = none ? asking_check_names(asking, account, NULL) : EXIT_DONE;
    int status = asking_print_items(asking, answer, NULL, 0, NULL);
    return status == EXIT_DONE ? known : status;
}

int command_consent_show(struct context *context, int argc, char **argv)
{
    struct words words;
    struct asking asking = {.context = context};
    int status = command_words(context, argc, argv, NULL, 0, &words);
    status = status == EXIT_DONE ? asking_open(&asking, context) : status;
    json_auto_t *answer = status == EXIT_DONE
                              ? asking_ask(&asking, "consent", "show",
                                           json_pack("{s:s,s:s}", "account", words.items[0],
                                                     "contact", words.items[1]),
                                           ask_store, &status)
                              : NULL;
    if (answer) {
        status = print(&asking, answer, words.items[0]);
    }
    asking_close(&asking);
    return status;
}
