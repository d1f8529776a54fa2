#include "app/config.h"

struct account *config_account(const struct config *config, struct str name)
{
    struct account *account = config->accounts;
    while (account && !str_is(name, account->name)) {
        account = account->next;
    }
    return account;
}

void config_miss(const struct account *account, struct str identifier,
                 struct problems *problems)
{
    struct text names;
    struct text hint;
    text_init(&names, 1 << 20);
    text_init(&hint, 256);
    for (const struct configured *at = account->integrations; at; at = at->next) {
        text_print(&names, "%s ", at->integration.identifier);
    }
    problems_suggest(&hint, identifier, text_str(&names));
    problems_add(problems, account->file, 0, "there is no integration '%.*s'%s",
                 STR_ARGS(identifier), text_cstr(&hint));
    text_done(&hint);
    text_done(&names);
}

struct configured *config_integration(const struct account *account, struct str identifier)
{
    struct configured *configured = account->integrations;
    while (configured && !str_is(identifier, configured->integration.identifier)) {
        configured = configured->next;
    }
    return configured;
}

struct configured *config_actor(const struct account *account, struct str identifier)
{
    struct configured *found = config_integration(account, identifier);
    struct configured *builtin = account->builtins;
    while (!found && builtin && !str_is(identifier, builtin->integration.identifier)) {
        builtin = builtin->next;
    }
    return found ? found : builtin;
}
