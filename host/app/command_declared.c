#include "app/command.h"

#include <stdio.h>

#include "app/arguments.h"
#include "app/output.h"

/* ---- what plugins declare ---- */

/* A row for each of what an integration's plugin declares. */
typedef void (*add_declared)(const char *identifier, const struct descriptor *descriptor,
                             struct table *table);

/* A list of one kind of it. */
struct declared {
    add_declared add;
    const char *const *names;
    unsigned columns;
};

static void add_variables(const char *identifier, const struct descriptor *descriptor,
                          struct table *table)
{
    for (uint32_t i = 0; i < descriptor->variable_count; i++) {
        const imh_variable *variable = &descriptor->variables[i];
        char name[256];
        if (variable->flags & IMH_PART) {
            continue;
        }
        (void)snprintf(name, sizeof name, "{$%s.%s%s}", identifier, variable->name,
                       variable->flags & IMH_KEYED ? ".KEY" : "");
        const char *const cells[] = {name, descriptor_type_name(variable->type),
                                     variable->help, variable->example};
        table_add(table, cells);
    }
}

static void add_event_types(const char *identifier, const struct descriptor *descriptor,
                            struct table *table)
{
    for (uint32_t i = 0; i < descriptor->event_type_count; i++) {
        const imh_event_type *type = &descriptor->event_types[i];
        char name[256];
        (void)snprintf(name, sizeof name, "%s.%s", identifier, type->name);
        const char *const cells[] = {name, type->help, type->example};
        table_add(table, cells);
    }
}

/* ---- of an account's integrations ---- */

static void add_integration(struct context *context, struct configured *configured,
                            add_declared add, struct table *table,
                            struct problems *problems)
{
    struct text ignored;
    config_check(&context->config, configured, context->supervisor, problems);
    text_init(&ignored, 16 << 10);
    const struct descriptor *descriptor =
        supervisor_plugin(context->supervisor, configured->integration.plugin, &ignored);
    if (descriptor) {
        add(configured->integration.identifier, descriptor, table);
    }
    text_done(&ignored);
}

/* false when there is no integration `only`. */
static bool has(const struct account *account, const char *only, struct problems *problems)
{
    bool good = !only || config_integration(account, str_from(only));
    if (!good) {
        config_miss(account, str_from(only), problems);
    }
    return good;
}

static int list(struct context *context, int argc, char **argv,
                const struct declared *declared)
{
    struct words words;
    struct problems problems;
    struct table table;
    int status = command_words(context, argc, argv, NULL, 0, &words);
    if (status != EXIT_DONE) {
        return status;
    }
    problems_init(&problems);
    table_init(&table, declared->columns);
    status = context_config(context, words.items[0], &problems);
    status = status == EXIT_DONE ? context_supervisor(context) : status;
    struct account *account =
        status == EXIT_DONE ? config_account(&context->config, str_from(words.items[0]))
                            : NULL;
    const char *only = words.count == 2 ? words.items[1] : NULL;
    if (account && has(account, only, &problems)) {
        for (struct configured *at = account->integrations; at; at = at->next) {
            if (!only || str_is(str_from(only), at->integration.identifier)) {
                add_integration(context, at, declared->add, &table, &problems);
            }
        }
        status = command_print_table(context, &table, declared->names);
    }
    int found = command_problems(&problems);
    table_done(&table);
    problems_done(&problems);
    return status == EXIT_DONE || found != EXIT_DONE ? found : status;
}

int command_variable_list(struct context *context, int argc, char **argv)
{
    static const char *const names[] = {"variable", "type", "help", "example"};
    return list(context, argc, argv, &(struct declared){add_variables, names, 4});
}

int command_event_types(struct context *context, int argc, char **argv)
{
    static const char *const names[] = {"event", "help", "example"};
    return list(context, argc, argv, &(struct declared){add_event_types, names, 3});
}
