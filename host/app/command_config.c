#include "app/command.h"

#include <stdio.h>

#include "app/output.h"

/* What could be read is shown although something is wrong; nothing at all is not. */
static int print_table(const struct context *context, const struct table *table,
                       const char *const *names, const struct problems *problems)
{
    if (table->rows == 0 && problems->count > 0) {
        return EXIT_DONE;
    }
    return command_print_table(context, table, names);
}

int command_account_list(struct context *context, int argc, char **argv)
{
    static const char *const names[] = {"account", "title", "integrations"};
    struct words words;
    struct problems problems;
    struct table table;
    int status = command_words(context, argc, argv, NULL, 0, &words);
    if (status != EXIT_DONE) {
        return status;
    }
    problems_init(&problems);
    table_init(&table, 3);
    table.numbers = 1U << 2;
    (void)context_config(context, NULL, &problems);
    for (const struct account *at = context->config.accounts; at; at = at->next) {
        char count[16];
        unsigned integrations = 0;
        for (const struct configured *one = at->integrations; one; one = one->next) {
            integrations++;
        }
        (void)snprintf(count, sizeof count, "%u", integrations);
        const char *const cells[] = {at->name, at->title, count};
        table_add(&table, cells);
    }
    status = print_table(context, &table, names, &problems);
    int found = command_problems(&problems);
    table_done(&table);
    problems_done(&problems);
    return status == EXIT_DONE ? found : status;
}

static void add_integrations(struct context *context, const struct account *account,
                             struct table *table, struct problems *problems)
{
    for (struct configured *one = account->integrations; one; one = one->next) {
        const struct integration *integration = &one->integration;
        config_check(&context->config, one, context->supervisor, problems);
        const char *state = !one->usable                     ? "refused"
                            : integration_is_on(integration) ? "enabled"
                                                             : "disabled";
        const char *const cells[] = {account->name, integration->identifier,
                                     integration->plugin, state};
        table_add(table, cells);
    }
}

int command_integration_list(struct context *context, int argc, char **argv)
{
    static const char *const names[] = {"account", "integration", "plugin", "state"};
    struct words words;
    struct problems problems;
    struct table table;
    struct error unread;
    int status = command_words(context, argc, argv, NULL, 0, &words);
    if (status != EXIT_DONE) {
        return status;
    }
    problems_init(&problems);
    table_init(&table, 4);
    (void)context_config(context, words.count > 0 ? words.items[0] : NULL, &problems);
    status = context_supervisor(context);
    context_halts(context, &unread);
    context_unread(&unread, &problems);
    for (const struct account *at = context->config.accounts; status == EXIT_DONE && at;
         at = at->next) {
        add_integrations(context, at, &table, &problems);
    }
    if (status == EXIT_DONE) {
        status = print_table(context, &table, names, &problems);
    }
    int found = command_problems(&problems);
    table_done(&table);
    problems_done(&problems);
    return status == EXIT_DONE ? found : status;
}
