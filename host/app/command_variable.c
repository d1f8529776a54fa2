#include "app/command.h"

#include <stdio.h>

#include "app/arguments.h"
#include "app/output.h"
#include "engine/variables.h"
#include "smarty/data.h"

/* The integration is checked; NULL and what to exit with when it cannot be used. */
static struct configured *open_integration(struct context *context,
                                           const char *account_name, struct str identifier,
                                           int *status)
{
    struct problems problems;
    struct configured *configured = NULL;
    problems_init(&problems);
    *status = context_config(context, account_name, &problems);
    *status = *status == EXIT_DONE ? context_supervisor(context) : *status;
    struct account *account = *status == EXIT_DONE
                                  ? config_account(&context->config, str_from(account_name))
                                  : NULL;
    if (account) {
        configured = config_integration(account, identifier);
        if (configured) {
            config_check(&context->config, configured, context->supervisor, &problems);
        } else {
            problems_add(&problems, account->file, 0, "there is no integration '%.*s'",
                         STR_ARGS(identifier));
        }
    }
    int found = command_problems(&problems);
    *status = *status == EXIT_DONE ? found : *status;
    problems_done(&problems);
    return *status == EXIT_DONE ? configured : NULL;
}

/* ---- get ---- */

/* The next step of a path: up to a dot, or ["anything"] . */
static bool next_step(struct str *rest, struct str *step)
{
    if (rest->ptr == NULL || rest->len == 0) {
        return false;
    }
    bool quoted = str_starts(*rest, STR_OF("[\"")) || str_starts(*rest, STR_OF("['"));
    if (!quoted) {
        size_t end = 0;
        while (end < rest->len && rest->ptr[end] != '.' && rest->ptr[end] != '[') {
            end++;
        }
        *step = str_before(*rest, end);
        *rest = str_after(*rest, end);
    } else {
        char close[2] = {rest->ptr[1], ']'};
        size_t end = str_find(*rest, (struct str){close, 2}, 2);
        *step = str_before(str_after(*rest, 2), end - 2);
        *rest = str_after(*rest, end + 2);
    }
    if (rest->len > 0 && rest->ptr[0] == '.') {
        *rest = str_after(*rest, 1);
    }
    return true;
}

/* One step further into a value. */
static bool step_into(struct value *value, struct str step, struct arena *arena,
                      struct error *error)
{
    struct key key = key_from_text(step);
    if (value->type == VALUE_LAZY) {
        return value->lazy->type->member(value->lazy, &key, arena, value, error);
    }
    const struct value *found =
        value->type == VALUE_ARRAY ? array_get(value->array, &key) : NULL;
    *value = found ? *found : value_null();
    return true;
}

/* Walks until something is missing, fetches it, and walks again. */
static int walk(struct variables *variables, const struct integration *integration,
                struct str path, struct text *out)
{
    enum { PASSES_MOST = 20 };
    struct error error;
    struct arena arena;
    int status = EXIT_OUR_BUG;
    arena_init(&arena, 4096, 0);
    variables_window(variables);
    for (unsigned pass = 0; pass < PASSES_MOST; pass++) {
        struct value value;
        struct str rest = path;
        struct str step;
        variables_begin(variables, NULL);
        bool good = variables_root(variables, integration, &value, &error);
        while (good && value.type != VALUE_PENDING && next_step(&rest, &step)) {
            good = step_into(&value, step, &arena, &error);
        }
        if (!good) {
            status = command_fail(command_status(error.status), "%s", error.text);
            break;
        }
        if (value.type != VALUE_PENDING) {
            data_write(out, &value);
            status = EXIT_DONE;
            break;
        }
        variables_fetch(variables);
    }
    arena_done(&arena);
    return status;
}

int command_variable_get(struct context *context, int argc, char **argv)
{
    struct error error;
    struct words words;
    struct text out;
    int status;
    if (!arguments_read(argc, argv, NULL, 0, &words, &error)) {
        return command_misused(&error);
    }
    if (words.count != 2) {
        return command_fail(EXIT_WRONG_USE,
                            "imh variable get ACCOUNT PATH: shop.product.24-MB01.name");
    }
    struct str path = str_from(words.items[1]);
    struct str identifier;
    path = str_after(path, str_starts(path, STR_OF("$")) ? 1 : 0);
    if (!next_step(&path, &identifier)) {
        return command_fail(EXIT_WRONG_USE,
                            "a path begins with an integration's identifier");
    }
    struct configured *configured =
        open_integration(context, words.items[0], identifier, &status);
    if (!configured) {
        return status;
    }
    /* There is nobody to wait and nothing to send: say what is wrong. */
    configured->integration.on_failure = ON_FAILURE_STOP;
    OWN(variables) variables = variables_make(context->supervisor, &clock_real);
    if (!variables) {
        return command_fail(EXIT_OUR_BUG, "no memory");
    }
    text_init(&out, 64 << 20);
    status = walk(variables, &configured->integration, path, &out);
    text_add_char(&out, '\n');
    status = status == EXIT_DONE ? command_print(text_str(&out)) : status;
    text_done(&out);
    return status;
}

/* ---- list ---- */

static void add_variables(struct context *context, struct configured *configured,
                          struct table *table, struct problems *problems)
{
    struct text ignored;
    config_check(&context->config, configured, context->supervisor, problems);
    text_init(&ignored, 16 << 10);
    const struct descriptor *descriptor =
        supervisor_plugin(context->supervisor, configured->integration.plugin, &ignored);
    for (uint32_t i = 0; descriptor && i < descriptor->variable_count; i++) {
        const imh_variable *variable = &descriptor->variables[i];
        char name[256];
        (void)snprintf(name, sizeof name, "{$%s.%s%s}", configured->integration.identifier,
                       variable->name, variable->flags & IMH_KEYED ? ".KEY" : "");
        const char *const cells[] = {name, descriptor_type_name(variable->type),
                                     variable->help, variable->example};
        table_add(table, cells);
    }
    text_done(&ignored);
}

int command_variable_list(struct context *context, int argc, char **argv)
{
    static const char *const names[] = {"variable", "type", "help", "example"};
    struct error error;
    struct words words;
    struct problems problems;
    struct table table;
    struct text out;
    if (!arguments_read(argc, argv, NULL, 0, &words, &error)) {
        return command_misused(&error);
    }
    if (words.count < 1 || words.count > 2) {
        return command_fail(EXIT_WRONG_USE, "imh variable list ACCOUNT [IDENTIFIER]");
    }
    problems_init(&problems);
    table_init(&table, 4);
    text_init(&out, 64 << 20);
    int status = context_config(context, words.items[0], &problems);
    status = status == EXIT_DONE ? context_supervisor(context) : status;
    struct account *account =
        status == EXIT_DONE ? config_account(&context->config, str_from(words.items[0]))
                            : NULL;
    for (struct configured *at = account ? account->integrations : NULL; at;
         at = at->next) {
        if (words.count == 1 ||
            str_is(str_from(words.items[1]), at->integration.identifier)) {
            add_variables(context, at, &table, &problems);
        }
    }
    if (status == EXIT_DONE) {
        table_write(&table, names, context->json, &out);
        status = command_print(text_str(&out));
    }
    int found = command_problems(&problems);
    text_done(&out);
    table_done(&table);
    problems_done(&problems);
    return status == EXIT_DONE ? found : status;
}
