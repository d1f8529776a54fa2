/* imh integration add: a section for the account's file, checked and tried before it is
 * written. */
#include "app/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/connect.h"
#include "app/control.h"
#include "app/ini_append.h"
#include "app/prompt.h"
#include "app/settings.h"
#include "base/json.h"

enum { NAMES_BYTES = 64 << 10, QUESTION_BYTES = 1024, NAME_BYTES = 512 };

/* The integration that is being added. */
struct adding {
    struct context *context;
    struct account *account;
    struct configured *configured;
    const struct descriptor *descriptor;
    struct ini_section section;
    struct ini_entry **last;
    struct path_mark mark; /* of the account's file */
    struct text missing;   /* secrets that are still to be kept, a list of words */
    unsigned typed;        /* those from here on in its secrets are to be kept now */
    bool tested;
    unsigned line;
};

static struct str keep(struct adding *adding, struct str text)
{
    struct str copy = arena_copy(&adding->context->config.arena, text);
    if (!copy.ptr) {
        abort();
    }
    return copy;
}

static bool add_entry(struct adding *adding, struct str name, struct str value,
                      struct error *error)
{
    struct ini_entry *entry = arena_zero(&adding->context->config.arena, 1, sizeof *entry);
    if (!entry) {
        abort();
    }
    if (!ini_value_fits(name, value, error)) {
        return error_wrap(error, "the value of '%.*s'", STR_ARGS(name));
    }
    for (const struct ini_entry *at = adding->section.entries; at; at = at->next) {
        if (str_eq(at->name, name)) {
            return error_set(error, IMH_REJECTED, "'%.*s' is given twice", STR_ARGS(name));
        }
    }
    entry->name = keep(adding, name);
    entry->value = keep(adding, value);
    *adding->last = entry;
    adding->last = &entry->next;
    return true;
}

/* ---- what was typed ---- */

/* "url=https://shop.example.com/" */
static bool take_word(struct adding *adding, const char *word, struct error *error)
{
    struct str text = str_from(word);
    size_t equals = str_find_char(text, '=');
    if (equals == 0 || equals == text.len) {
        return error_set(error, IMH_REJECTED, "what is '%s'? KEY=VALUE", word);
    }
    return add_entry(adding, str_trim(str_before(text, equals)),
                     str_trim(str_after(text, equals + 1)), error);
}

static bool take_words(struct adding *adding, const struct words *words, const char *plugin,
                       struct error *error)
{
    char name[NAME_BYTES];
    (void)snprintf(name, sizeof name, "integration %s", words->items[1]);
    adding->section.name = keep(adding, str_from(name));
    adding->last = &adding->section.entries;
    bool good = plugin ? add_entry(adding, STR_OF("plugin"), str_from(plugin), error)
                       : error_set(error, IMH_REJECTED,
                                   "which plugin? --plugin NAME, see 'imh plugin list'");
    for (int i = 2; good && i < words->count; i++) {
        good = take_word(adding, words->items[i], error);
    }
    return good;
}

/* Nearly called so, and all there are. */
static bool miss_option(const struct adding *adding, struct str name, struct error *error)
{
    struct text names;
    struct text hint;
    text_init(&names, NAMES_BYTES);
    text_init(&hint, NAMES_BYTES);
    for (uint32_t i = 0; i < adding->descriptor->option_count; i++) {
        text_print(&names, "%s ", adding->descriptor->options[i].name);
    }
    text_add(&names, settings_names());
    problems_suggest(&hint, name, text_str(&names));
    if (hint.len == 0) {
        text_print(&hint, "; there are: %s", text_cstr(&names));
    }
    (void)command_fail(EXIT_WRONG_USE, "unknown option '%.*s'%s", STR_ARGS(name),
                       text_cstr(&hint));
    text_done(&hint);
    text_done(&names);
    return error_set(error, IMH_REJECTED, "%s", "");
}

static bool is_source(struct str value)
{
    return str_is(value, "vault:") || str_starts(value, STR_OF("env:")) ||
           str_starts(value, STR_OF("file:"));
}

static bool check_words(const struct adding *adding, struct error *error)
{
    for (const struct ini_entry *at = adding->section.entries->next; at; at = at->next) {
        const imh_option *option = descriptor_option(adding->descriptor, at->name);
        if (!option && !settings_has(at->name)) {
            return miss_option(adding, at->name, error);
        }
        if (option && option->flags & IMH_SECRET && !is_source(at->value)) {
            return error_set(
                error, IMH_REJECTED,
                "'%s' is a secret, and others can read arguments: leave it out "
                "to be asked for it, or say %s=env:NAME or %s=file:PATH",
                option->name, option->name, option->name);
        }
    }
    return true;
}

/* ---- what is missing ---- */

static bool ask(struct adding *adding, const imh_option *option, struct error *error)
{
    char question[QUESTION_BYTES];
    struct text line;
    (void)snprintf(question, sizeof question, "%s%s%.900s%s", option->name,
                   option->help ? " (" : "", option->help ? option->help : "",
                   option->help ? ")" : "");
    text_init(&line, INI_LINE_BYTES);
    bool good = !prompt_line(question, &line) ||
                add_entry(adding, str_from(option->name), text_str(&line), error);
    text_done(&line);
    return good;
}

/* A secret goes to the vault, anything else is asked for. */
static bool fill(struct adding *adding, struct error *error)
{
    bool good = true;
    for (uint32_t i = 0; good && i < adding->descriptor->option_count; i++) {
        const imh_option *option = &adding->descriptor->options[i];
        if (!config_wants(adding->descriptor, &adding->section, option)) {
            continue;
        }
        good = option->flags & IMH_SECRET
                   ? add_entry(adding, str_from(option->name), STR_OF("vault:"), error)
                   : ask(adding, option, error);
    }
    return good;
}

static bool has_secret(const struct adding *adding, struct str name)
{
    const struct secret_values *secrets = &adding->configured->integration.secrets;
    for (uint32_t i = 0; i < secrets->count; i++) {
        if (str_eq(secrets->items[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* Of the vault's. On a terminal they are typed now; else they come later. */
static bool ask_secret(struct adding *adding, const imh_option *option, struct error *error)
{
    struct integration *integration = &adding->configured->integration;
    struct secret_values *secrets = &integration->secrets;
    char question[QUESTION_BYTES];
    if (isatty(STDIN_FILENO) != 1) {
        text_print(&adding->missing, "%s ", option->name);
        return true;
    }
    (void)snprintf(question, sizeof question, "%.40s of %.60s/%.60s", option->name,
                   integration->account, integration->identifier);
    struct secret *value = prompt_secret(question, error);
    if (value) {
        secrets->items[secrets->count++] =
            (struct secret_value){str_from(option->name), value};
    }
    return value != NULL;
}

static bool ask_secrets(struct adding *adding, struct error *error)
{
    adding->typed = adding->configured->integration.secrets.count;
    for (const struct ini_entry *at = adding->section.entries; at; at = at->next) {
        const imh_option *option = descriptor_option(adding->descriptor, at->name);
        if (!option || !(option->flags & IMH_SECRET) || has_secret(adding, at->name)) {
            continue;
        }
        if (!str_is(at->value, "vault:")) {
            return error_set(error, IMH_REJECTED, "'%s': there is nothing at %.*s",
                             option->name, STR_ARGS(at->value));
        }
        if (!ask_secret(adding, option, error)) {
            return false;
        }
    }
    return true;
}

/* ---- checking ---- */

/* The account, read with nothing wrong in it; the integration in it, by its words alone. */
static int place(struct adding *adding, const struct words *words, const char *plugin,
                 struct problems *problems)
{
    struct context *context = adding->context;
    struct error error;
    int status = context_config(context, words->items[0], problems);
    adding->account = config_account(&context->config, str_from(words->items[0]));
    if (!adding->account || problems->count > 0) {
        return status == EXIT_DONE ? EXIT_BAD_CONFIG : status; /* told by its problems */
    }
    adding->mark = path_mark(adding->account->file);
    const struct configured *old =
        config_integration(adding->account, str_from(words->items[1]));
    if (old) {
        return command_fail(EXIT_NO,
                            "%s:%u: integration '%s' is there already: change it "
                            "there, or choose another name",
                            adding->account->file, old->integration.line,
                            old->integration.identifier);
    }
    if (!take_words(adding, words, plugin, &error)) {
        return command_misused(context, &error);
    }
    adding->configured =
        config_add(&context->config, adding->account, &adding->section, problems);
    context->config.sources.here = true;
    return context_own_supervisor(context);
}

/* By the plugin's own table. Its secrets may still be missing: as in one that is disabled.
 */
static int check(struct adding *adding, struct problems *problems)
{
    struct context *context = adding->context;
    struct integration *integration = &adding->configured->integration;
    struct error error = {.status = IMH_OK};
    struct text refusal;
    text_init(&refusal, NAMES_BYTES);
    adding->descriptor =
        supervisor_plugin(context->supervisor, integration->plugin, &refusal);
    text_done(&refusal); /* config_check() tells it, with what may be meant */
    if (adding->descriptor && !(check_words(adding, &error) && fill(adding, &error))) {
        return *error.text ? command_misused(context, &error) : EXIT_WRONG_USE;
    }
    bool enabled = integration->enabled;
    integration->enabled = false;
    config_check(&context->config, adding->configured, context->supervisor, problems);
    integration->enabled = enabled;
    safe_rest(context->safe);
    if (problems->count > 0) {
        return command_problems_status(problems);
    }
    return ask_secrets(adding, &error) ? EXIT_DONE
                                       : command_fail(EXIT_BAD_DATA, "%s", error.text);
}

static int test(struct adding *adding)
{
    const struct integration *integration = &adding->configured->integration;
    struct connection connection;
    connect_test(adding->context->supervisor, integration, &connection);
    adding->tested = true;
    return connection.error.status == IMH_OK
               ? EXIT_DONE
               : command_fail(EXIT_NO,
                              "%s.%s is not added: %s: correct that, or add it with "
                              "--no-test",
                              integration->account, integration->identifier,
                              connection.error.text);
}

/* ---- writing ---- */

static struct seal_place place_of(const struct integration *integration, struct str name)
{
    return (struct seal_place){str_from(integration->account),
                               str_from(integration->identifier), name};
}

/* The secrets that were typed; without the section they are none. */
static int store(struct adding *adding)
{
    struct context *context = adding->context;
    const struct integration *integration = &adding->configured->integration;
    const struct secret_values *secrets = &integration->secrets;
    struct error error;
    struct error ignored;
    int status = EXIT_DONE;
    uint32_t kept = adding->typed;
    for (; status == EXIT_DONE && kept < secrets->count; kept++) {
        const struct seal_place place = place_of(integration, secrets->items[kept].name);
        status = command_keep_secret(context, &place, secrets->items[kept].value);
    }
    if (status == EXIT_DONE && !ini_append(adding->account->file, &adding->mark,
                                           &adding->section, &adding->line, &error)) {
        status = command_fail(error.status == IMH_RETRY ? EXIT_LATER : EXIT_CANNOT_WRITE,
                              "nothing is added: %s", error.text);
    }
    while (status != EXIT_DONE && kept-- > adding->typed) {
        const struct seal_place place = place_of(integration, secrets->items[kept].name);
        (void)safe_unset(context->safe, &place, &ignored);
    }
    return status;
}

static void add_json(const struct adding *adding, struct text *out)
{
    struct str rest = {adding->missing.ptr, adding->missing.len};
    struct str name;
    text_add_cstr(out, "{\"account\":");
    json_add_string(out, str_from(adding->account->name));
    text_add_cstr(out, ",\"integration\":");
    json_add_string(out, str_from(adding->configured->integration.identifier));
    text_add_cstr(out, ",\"file\":");
    json_add_string(out, str_from(adding->account->file));
    text_print(out, ",\"line\":%u,\"tested\":%s,\"missing\":[", adding->line,
               adding->tested ? "true" : "false");
    for (const char *comma = ""; str_word(&rest, &name); comma = ",") {
        text_add_cstr(out, comma);
        json_add_string(out, name);
    }
    text_add_cstr(out, "]}\n");
}

/* A daemon that runs knows its files as they were. */
static void tell_daemon(const struct context *context)
{
    int daemon = control_dial(context->config.state);
    if (daemon >= 0) {
        (void)close(daemon);
        command_tell("imh: the daemon that runs does not know it yet: imh reload");
    }
}

/* "added: acme.shop, in accounts.d/acme.ini:12", and what it still needs. */
static int tell(const struct adding *adding)
{
    const char *account = adding->account->name;
    const char *identifier = adding->configured->integration.identifier;
    struct str rest = {adding->missing.ptr, adding->missing.len};
    struct str name;
    struct text out;
    text_init(&out, NAMES_BYTES);
    if (adding->context->json) {
        add_json(adding, &out);
    } else {
        text_print(&out, "added: %s.%s, in %s:%u%s\n", account, identifier,
                   adding->account->file, adding->line,
                   adding->tested ? "; its remote can be used" : "");
    }
    int status = command_print(text_str(&out));
    while (str_word(&rest, &name)) {
        command_tell("imh: it needs a secret yet: imh vault set %s %s %.*s", account,
                     identifier, STR_ARGS(name));
    }
    tell_daemon(adding->context);
    text_done(&out);
    return status;
}

int command_integration_add(struct context *context, int argc, char **argv)
{
    const char *plugin = NULL;
    bool no_test = false;
    const struct flag flags[] = {{"--plugin", &plugin, NULL},
                                 {"--no-test", NULL, &no_test}};
    struct adding adding = {.context = context};
    struct words words;
    struct problems problems;
    int status = command_words(context, argc, argv, flags, 2, &words);
    if (status != EXIT_DONE) {
        return status;
    }
    problems_init(&problems);
    text_init(&adding.missing, NAMES_BYTES);
    status = place(&adding, &words, plugin, &problems);
    status = status == EXIT_DONE ? check(&adding, &problems) : status;
    bool test_it = !no_test && adding.missing.len == 0;
    status = status == EXIT_DONE && test_it ? test(&adding) : status;
    status = status == EXIT_DONE ? store(&adding) : status;
    status = status == EXIT_DONE ? tell(&adding) : status;
    int found = command_problems(&problems);
    text_done(&adding.missing);
    problems_done(&problems);
    return found != EXIT_DONE ? found : status;
}
