#include "app/command.h"

#include <stdio.h>
#include <time.h>

#include "app/output.h"
#include "app/prompt.h"
#include "base/json.h"

/* ---- for all ---- */

static struct seal_place place_of(const struct words *words)
{
    return (struct seal_place){str_from(words->items[0]), str_from(words->items[1]),
                               str_from(words->items[2])};
}

/* Reads imh.ini alone; EXIT_DONE or what to exit with. */
static int open_host(struct context *context)
{
    struct problems problems;
    problems_init(&problems);
    int status = context_host(context, &problems);
    int found = command_problems(&problems);
    problems_done(&problems);
    return found != EXIT_DONE ? found : status;
}

/* "kept: acme mywebshop token"; for programs an object. */
static int print_place(const struct context *context, const char *done,
                       const struct seal_place *place)
{
    struct text out;
    text_init(&out, 8 << 10);
    if (context->json) {
        text_add_cstr(&out, "{\"account\":");
        json_add_string(&out, place->account);
        text_add_cstr(&out, ",\"integration\":");
        json_add_string(&out, place->integration);
        text_add_cstr(&out, ",\"name\":");
        json_add_string(&out, place->name);
        text_add_cstr(&out, "}\n");
    } else {
        text_print(&out, "%s: %.*s %.*s %.*s\n", done, STR_ARGS(place->account),
                   STR_ARGS(place->integration), STR_ARGS(place->name));
    }
    int status = command_print(text_str(&out));
    text_done(&out);
    return status;
}

/* ---- set ---- */

int command_keep_secret(struct context *context, const struct seal_place *place,
                        const struct secret *value)
{
    struct error error;
    bool made_key = false;
    if (!safe_set(context->safe, place, value, &made_key, &error)) {
        return command_fail_store(&error);
    }
    if (made_key) {
        (void)fprintf(stderr,
                      "imh: made the vault's key, %s: keep a copy of it, away from copies "
                      "of %s\n",
                      context->config.key, context->config.state);
    }
    return EXIT_DONE;
}

/* Complains that the plugin has no such option, or that it is no secret. */
static void miss_option(const struct integration *integration,
                        const struct descriptor *descriptor, struct str name,
                        struct problems *problems)
{
    struct text names;
    struct text hint;
    text_init(&names, 64 << 10);
    text_init(&hint, 512);
    for (uint32_t i = 0; i < descriptor->option_count; i++) {
        if (descriptor->options[i].flags & IMH_SECRET) {
            text_print(&names, "%s ", descriptor->options[i].name);
        }
    }
    problems_suggest(&hint, name, text_str(&names));
    if (names.len > 0 && hint.len == 0) {
        text_print(&hint, "; its secrets are: %.*s", STR_ARGS(str_trim(text_str(&names))));
    }
    const imh_option *option = descriptor_option(descriptor, name);
    problems_add(problems, integration->file, integration->line,
                 "integration '%s': %s '%.*s'%s%s", integration->identifier,
                 option ? "its option" : "it has no option", STR_ARGS(name),
                 option ? " is no secret" : "", text_cstr(&hint));
    text_done(&hint);
    text_done(&names);
}

/* The option, when the integration has it and it is a secret. */
static const imh_option *find_option(struct context *context,
                                     const struct integration *integration, struct str name,
                                     struct problems *problems)
{
    struct text refusal;
    text_init(&refusal, 16 << 10);
    const struct descriptor *descriptor =
        supervisor_plugin(context->supervisor, integration->plugin, &refusal);
    if (!descriptor) {
        problems_add(problems, integration->file, integration->line,
                     "integration '%s': %.*s", integration->identifier,
                     STR_ARGS(str_trim(text_str(&refusal))));
    }
    text_done(&refusal);
    const imh_option *option = descriptor ? descriptor_option(descriptor, name) : NULL;
    if (descriptor && !(option && option->flags & IMH_SECRET)) {
        miss_option(integration, descriptor, name, problems);
        return NULL;
    }
    return option;
}

/* Other mistakes in the account's file are no reason not to keep a secret of it. */
static const struct configured *find_integration(struct context *context,
                                                 const struct seal_place *place,
                                                 struct problems *problems)
{
    char account_name[256];
    (void)snprintf(account_name, sizeof account_name, "%.*s", STR_ARGS(place->account));
    (void)context_config(context, account_name, problems);
    const struct account *account = config_account(&context->config, place->account);
    const struct configured *configured =
        account ? config_integration(account, place->integration) : NULL;
    if (account && !configured) {
        config_miss(account, place->integration, problems);
    }
    return configured;
}

/* A secret that the configuration does not look for would be missed. */
static void warn_unused(const struct configured *configured, const imh_option *option)
{
    const struct integration *integration = &configured->integration;
    const struct ini_entry *entry = configured->section->entries;
    while (entry && !str_is(entry->name, option->name)) {
        entry = entry->next;
    }
    bool given = entry && entry->value.len > 0;
    if (given && !str_is(entry->value, "vault:")) {
        command_warn(integration, "takes '%s' from elsewhere: say %s = vault: to use this",
                     option->name, option->name);
    } else if (!given && !(option->flags & IMH_REQUIRED)) {
        command_warn(integration, "does not use '%s': say %s = vault: to use this",
                     option->name, option->name);
    }
}

static int set_secret(struct context *context, const struct configured *configured,
                      const struct seal_place *place, const imh_option *option)
{
    struct error error;
    char question[256];
    (void)snprintf(question, sizeof question, "%.40s of %.60s/%.60s", option->name,
                   configured->integration.account, configured->integration.identifier);
    OWN(secret) value = prompt_secret(question, &error);
    if (!value) {
        return command_fail(EXIT_BAD_DATA, "%s", error.text);
    }
    int status = command_keep_secret(context, place, value);
    if (status != EXIT_DONE) {
        return status;
    }
    warn_unused(configured, option);
    return print_place(context, "kept", place);
}

int command_vault_set(struct context *context, int argc, char **argv)
{
    struct words words;
    struct problems problems;
    int status = command_words(context, argc, argv, NULL, 0, &words);
    if (status != EXIT_DONE) {
        return status;
    }
    const struct seal_place place = place_of(&words);
    problems_init(&problems);
    const struct configured *configured = find_integration(context, &place, &problems);
    status = configured ? context_supervisor(context) : EXIT_DONE;
    const imh_option *option =
        configured && status == EXIT_DONE
            ? find_option(context, &configured->integration, place.name, &problems)
            : NULL;
    if (status == EXIT_DONE) {
        status = option ? set_secret(context, configured, &place, option)
                        : command_problems(&problems);
    }
    problems_done(&problems);
    return status;
}

/* ---- list ---- */

/* Rows of one account, or all; made by the store's thread while this one waits. */
struct listing {
    struct table table;
    struct str only;
};

static void add_record(void *self, const struct vault_record *record)
{
    struct listing *listing = self;
    const struct str parts[] = {record->place.account, record->place.integration,
                                record->place.name};
    char texts[3][VAULT_NAME_BYTES + 1];
    char time[32];
    time_t seconds = (time_t)(record->updated_at_ms / 1000);
    struct tm utc = {0};
    if (listing->only.len > 0 && !str_eq(listing->only, record->place.account)) {
        return;
    }
    for (unsigned i = 0; i < 3; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "%.*s", STR_ARGS(parts[i]));
    }
    (void)gmtime_r(&seconds, &utc);
    (void)strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%SZ", &utc);
    const char *const cells[] = {texts[0], texts[1], texts[2], time};
    table_add(&listing->table, cells);
}

int command_vault_list(struct context *context, int argc, char **argv)
{
    static const char *const names[] = {"account", "integration", "name", "updated_at"};
    struct error error;
    struct words words;
    struct listing listing;
    int status = command_words(context, argc, argv, NULL, 0, &words);
    status = status == EXIT_DONE ? open_host(context) : status;
    if (status != EXIT_DONE) {
        return status;
    }
    listing.only = str_from(words.count > 0 ? words.items[0] : "");
    table_init(&listing.table, 4);
    status = safe_list(context->safe, add_record, &listing, &error)
                 ? command_print_table(context, &listing.table, names)
                 : command_fail_store(&error);
    table_done(&listing.table);
    return status;
}

/* ---- unset ---- */

/* What could have been meant: names of the same integration, else integrations of the same
 * account, else accounts. */
struct nearest {
    struct seal_place place;
    struct text names[3];
};

static void note_near(void *self, const struct vault_record *record)
{
    struct nearest *nearest = self;
    const struct seal_place *place = &record->place;
    bool account = str_eq(place->account, nearest->place.account);
    bool both = account && str_eq(place->integration, nearest->place.integration);
    unsigned level = both ? 0 : account ? 1 : 2;
    struct str word = both ? place->name : account ? place->integration : place->account;
    text_print(&nearest->names[level], "%.*s ", STR_ARGS(word));
}

static int miss_secret(struct context *context, const struct seal_place *place)
{
    struct error ignored;
    struct text hint;
    struct nearest nearest = {.place = *place};
    const struct str words[] = {place->name, place->integration, place->account};
    text_init(&hint, 1024);
    for (unsigned i = 0; i < 3; i++) {
        text_init(&nearest.names[i], 1 << 20);
    }
    (void)safe_list(context->safe, note_near, &nearest, &ignored);
    unsigned level = nearest.names[0].len > 0 ? 0 : nearest.names[1].len > 0 ? 1 : 2;
    problems_suggest(&hint, words[level], text_str(&nearest.names[level]));
    int status = command_fail(EXIT_NO, "the vault has no '%.*s' of %.*s/%.*s%s",
                              STR_ARGS(place->name), STR_ARGS(place->account),
                              STR_ARGS(place->integration),
                              hint.len > 0 ? text_cstr(&hint) : ": see 'imh vault list'");
    for (unsigned i = 0; i < 3; i++) {
        text_done(&nearest.names[i]);
    }
    text_done(&hint);
    return status;
}

int command_vault_unset(struct context *context, int argc, char **argv)
{
    struct error error;
    struct words words;
    int status = command_words(context, argc, argv, NULL, 0, &words);
    status = status == EXIT_DONE ? open_host(context) : status;
    if (status != EXIT_DONE) {
        return status;
    }
    const struct seal_place place = place_of(&words);
    if (safe_unset(context->safe, &place, &error)) {
        return print_place(context, "forgotten", &place);
    }
    return error.status == IMH_MISSING ? miss_secret(context, &place)
                                       : command_fail_store(&error);
}

/* ---- rekey ---- */

/* Written at once: there may be many. */
static void tell_refused(void *self, const struct seal_place *place)
{
    (void)self;
    if (place->account.len > 0) {
        (void)fprintf(stderr,
                      "imh: %.*s/%.*s: '%.*s' does not open and stays as it is: imh vault "
                      "set %.*s %.*s %.*s\n",
                      STR_ARGS(place->account), STR_ARGS(place->integration),
                      STR_ARGS(place->name), STR_ARGS(place->account),
                      STR_ARGS(place->integration), STR_ARGS(place->name));
    }
}

static int print_change(const struct context *context, const struct safe_change *change,
                        const char *source)
{
    const struct vault_rekey *rekey = &change->rekey;
    struct text out;
    text_init(&out, 16 << 10);
    if (context->json) {
        text_print(&out, "{\"sealed\":%u,\"refused\":%u,\"old_key\":", rekey->sealed,
                   rekey->refused);
        if (*change->old_path) {
            json_add_string(&out, str_from(change->old_path));
        } else {
            text_add_cstr(&out, "null");
        }
        text_add_cstr(&out, "}\n");
    } else {
        text_print(&out, "%u secret%s sealed anew; ", rekey->sealed,
                   rekey->sealed == 1 ? "" : "s");
        text_print(&out,
                   source ? "now write it into %s: key = %s\n"
                          : "the old key is %s%s: it opens backups made before\n",
                   source ? context->config.file : change->old_path, source ? source : "");
    }
    int status = command_print(text_str(&out));
    text_done(&out);
    return status == EXIT_DONE && rekey->refused > 0 ? EXIT_NO : status;
}

int command_vault_rekey(struct context *context, int argc, char **argv)
{
    struct error error;
    struct words words;
    const char *source = NULL;
    const struct flag flags[] = {{"--new-key", &source, NULL}};
    struct safe_change change = {.rekey = {.refuse = tell_refused}};
    int status = command_words(context, argc, argv, flags, 1, &words);
    status = status == EXIT_DONE ? open_host(context) : status;
    if (status != EXIT_DONE) {
        return status;
    }
    return safe_rekey(context->safe, source, &change, &error)
               ? print_change(context, &change, source)
               : command_fail_store(&error);
}
