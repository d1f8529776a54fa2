#include "app/config.h"

#include <dirent.h>
#include <stdlib.h>

#include "app/authority.h"
#include "app/config_builtin.h"
#include "app/config_retry.h"
#include "app/settings.h"
#include "engine/builtin.h"
#include "engine/health.h"
#include "plugin/options.h"

/* One integration being checked. */
struct checking {
    struct config *config;
    struct integration *integration;
    struct ini_section *section;
    const struct descriptor *descriptor;
    struct problems *problems;
    bool alone;   /* its plugin's failure is its own, see config_admit() */
    bool blocked; /* a secret cannot be read now */
};

static void complain(struct checking *checking, unsigned line, const char *what,
                     const char *hint)
{
    problems_add(checking->problems, checking->integration->file, line,
                 "integration '%s': %s%s", checking->integration->identifier, what, hint);
}

/* The files may be right: what was said last is about what they speak of. */
static void blame_outside(struct checking *checking)
{
    checking->problems->outside++;
}

/* What everything needs cannot be used: that is no fault of this integration's. */
static void stop_at(struct checking *checking, const struct error *failure)
{
    if (checking->problems->blocked == IMH_OK) {
        problems_add(checking->problems, "", 0, "%s", failure->text);
        checking->problems->blocked = failure->status;
    }
    checking->blocked = true;
}

/* ---- the plugin ---- */

static int is_plugin(const struct dirent *entry)
{
    return str_ends(str_from(entry->d_name), STR_OF(".so"));
}

/* Names of the plugins that are there, as a list of words. */
static void list_plugins(const char *folders, struct text *names)
{
    struct str rest = str_from(folders);
    struct str folder;
    while (str_split(&rest, ':', &folder)) {
        char path[4096];
        (void)snprintf(path, sizeof path, "%.*s", STR_ARGS(folder));
        struct dirent **entries = NULL;
        int count = scandir(path, &entries, is_plugin, alphasort);
        for (int i = 0; i < count; i++) {
            struct str name = str_from(entries[i]->d_name);
            text_print(names, "%.*s ", STR_ARGS(str_before(name, name.len - 3)));
            free(entries[i]);
        }
        free(entries);
    }
}

void config_suggest_plugin(const struct config *config, struct str name, struct text *hint)
{
    struct text names;
    text_init(&names, 16 << 10);
    list_plugins(config->plugins, &names);
    problems_suggest(hint, name, text_str(&names));
    text_done(&names);
}

/* Each line of the refusal is a problem of its own. */
static void complain_of_plugin(struct checking *checking, struct str lines, bool absent)
{
    const struct ini_entry *entry = ini_take(checking->section, "plugin");
    struct text hint;
    struct str line;
    text_init(&hint, 256);
    if (absent) {
        config_suggest_plugin(checking->config, entry->value, &hint);
    }
    while (str_split(&lines, '\n', &line)) {
        char text[600];
        (void)snprintf(text, sizeof text, "%.*s", STR_ARGS(line));
        complain(checking, entry->line, text, text_cstr(&hint));
        blame_outside(checking);
    }
    text_done(&hint);
}

/* The first line says enough; `imh check` has all of them. */
static void note_unusable(struct checking *checking, const struct health *health,
                          struct str lines)
{
    struct error *unusable = &checking->integration->unusable;
    (void)error_set(unusable, health_status(health), "%.*s",
                    STR_ARGS(str_before(lines, str_find_char(lines, '\n'))));
    unusable->after_s = health->left_s;
}

static bool find_plugin(struct checking *checking, struct supervisor *supervisor)
{
    const struct integration *integration = checking->integration;
    struct text refusal;
    if (!*integration->plugin) {
        return false; /* config_read() said so */
    }
    text_init(&refusal, 16 << 10);
    checking->descriptor = supervisor_plugin(supervisor, integration->plugin, &refusal);
    if (!checking->descriptor) {
        struct str lines = str_trim(text_str(&refusal));
        if (supervisor_is_lost(supervisor)) {
            const struct error lost = {.status = IMH_WAIT,
                                       .text = "the daemon ended: try again"};
            stop_at(checking, &lost);
            text_done(&refusal);
            return false;
        }
        struct health health = health_of(supervisor, integration->plugin);
        bool absent = health.state == HEALTH_ABSENT;
        if (checking->alone && !absent) {
            note_unusable(checking, &health, lines);
        } else {
            complain_of_plugin(checking, lines, absent);
        }
    }
    text_done(&refusal);
    return checking->descriptor != NULL;
}

/* ---- its options ---- */

static void add_value(struct checking *checking, const char *name, struct text *value)
{
    struct name_values *options = &checking->integration->options;
    struct str copy = arena_copy(&checking->config->arena, text_str(value));
    if (!copy.ptr) {
        abort(); /* half a configuration is worse than none */
    }
    options->items[options->count++] = (struct name_value){str_from(name), copy};
}

static void complain_of(struct checking *checking, const imh_option *option, unsigned line,
                        const char *colon, const char *why)
{
    char what[800];
    (void)snprintf(what, sizeof what, "option '%s'%s %s", option->name, colon, why);
    complain(checking, line, what, "");
}

/* Reads it; false when it could not be had, and something has to be said about that. */
static bool read_secret(struct checking *checking, const imh_option *option,
                        struct str source, struct error *error)
{
    struct integration *integration = checking->integration;
    struct secret_values *secrets = &integration->secrets;
    const struct secret_wanted wanted = {.sources = &checking->config->sources,
                                         .place = {str_from(integration->account),
                                                   str_from(integration->identifier),
                                                   str_from(option->name)},
                                         .ini_file = integration->file};
    struct secret *value = secret_source_read(&wanted, source, error);
    if (value) {
        secrets->items[secrets->count++] =
            (struct secret_value){str_from(option->name), value};
        return true;
    }
    const struct error *failure = safe_failure(checking->config->sources.safe);
    if (failure && str_is(source, "vault:")) {
        stop_at(checking, failure);
        return true;
    }
    /* Not there yet: that is a reason to disable it. */
    return !integration->enabled && error->status == IMH_MISSING;
}

/* ": imh vault set acme mywebshop token" */
static void add_remedy(const struct checking *checking, const imh_option *option,
                       struct text *text)
{
    text_print(text, ": imh vault set %s %s %s", checking->integration->account,
               checking->integration->identifier, option->name);
}

static void complain_of_secret(struct checking *checking, const imh_option *option,
                               unsigned line, struct str source, const struct error *error)
{
    struct text why;
    text_init(&why, 2048);
    text_add_cstr(&why, error->text);
    if (str_starts(source, STR_OF("vault:"))) {
        add_remedy(checking, option, &why);
    }
    complain_of(checking, option, line, ":", text_cstr(&why));
    blame_outside(checking);
    text_done(&why);
}

static void take_given(struct checking *checking, const imh_option *option,
                       const struct ini_entry *entry)
{
    struct error error;
    struct text value;
    if (option->flags & IMH_SECRET) {
        if (!read_secret(checking, option, entry->value, &error)) {
            complain_of_secret(checking, option, entry->line, entry->value, &error);
        }
        return;
    }
    text_init(&value, OPTION_BYTES);
    if (options_check(option, entry->value, &value, &error)) {
        add_value(checking, option->name, &value);
    } else {
        complain_of(checking, option, entry->line, "", error.text);
    }
    text_done(&value);
}

static void take_fallback(struct checking *checking, const imh_option *option)
{
    struct error error;
    struct text value;
    text_init(&value, OPTION_BYTES);
    if (options_check(option, str_from(option->fallback), &value, &error)) {
        add_value(checking, option->name, &value);
    } else {
        char what[600];
        (void)snprintf(what, sizeof what, "the plugin's own value for '%s' %s",
                       option->name, error.text);
        complain(checking, checking->integration->line, what, "");
    }
    text_done(&value);
}

/* "auth=oauth1": has the other option that value? A missing `when` always counts. */
static bool applies(const struct descriptor *descriptor, struct ini_section *section,
                    const char *when)
{
    struct str rest = str_from(when);
    size_t equals = str_find_char(rest, '=');
    const imh_option *other = descriptor_option(descriptor, str_before(rest, equals));
    if (!when || !other) {
        return true;
    }
    const struct ini_entry *entry = ini_take(section, other->name);
    bool given = entry && entry->value.len > 0;
    return str_eq(given ? entry->value : str_from(other->fallback),
                  str_after(rest, equals + 1));
}

bool config_wants(const struct descriptor *descriptor, struct ini_section *section,
                  const imh_option *option)
{
    const struct ini_entry *entry = ini_take(section, option->name);
    bool given = (entry && entry->value.len > 0) || option->fallback;
    return !given && option->flags & IMH_REQUIRED &&
           applies(descriptor, section, option->when);
}

static void complain_missing(struct checking *checking, const imh_option *option,
                             unsigned line)
{
    struct text what;
    size_t equals = str_find_char(str_from(option->when), '=');
    text_init(&what, 2048);
    text_print(&what, "option '%s' is missing", option->name);
    if (option->when) {
        text_print(&what, ", with '%.*s = %s'", (int)equals, option->when,
                   option->when + equals + 1);
    }
    text_print(&what, "%s%s", option->help ? ": " : "", option->help ? option->help : "");
    if (option->flags & IMH_SECRET) {
        add_remedy(checking, option, &what);
        blame_outside(checking);
    }
    complain(checking, line, text_cstr(&what), "");
    text_done(&what);
}

/* Required, and not given: secrets may be in the vault then. */
static void take_missing(struct checking *checking, const imh_option *option, unsigned line)
{
    struct error error = {.status = IMH_MISSING};
    struct str vault = STR_OF("vault:");
    bool secret = (option->flags & IMH_SECRET) != 0;
    if (secret && read_secret(checking, option, vault, &error)) {
        return;
    }
    if (error.status == IMH_MISSING) {
        complain_missing(checking, option, line);
    } else {
        complain_of_secret(checking, option, line, vault, &error);
    }
}

static void take_option(struct checking *checking, const imh_option *option)
{
    const struct ini_entry *entry = ini_take(checking->section, option->name);
    if (entry && entry->value.len > 0) {
        take_given(checking, option, entry);
    } else if (option->fallback) {
        take_fallback(checking, option);
    } else if (config_wants(checking->descriptor, checking->section, option)) {
        take_missing(checking, option, entry ? entry->line : checking->integration->line);
    }
}

/* settings_take() complains when there is no path. */
static void take_authority(struct checking *checking)
{
    const struct ini_entry *entry = ini_take(checking->section, "ca_file");
    struct integration *integration = checking->integration;
    struct error error;
    struct text pem;
    if (!entry || entry->value.len == 0) {
        return;
    }
    text_init(&pem, AUTHORITY_BYTES);
    if (authority_read(entry->value, integration->file, &pem, &error)) {
        integration->ca = arena_copy(&checking->config->arena, text_str(&pem));
        if (!integration->ca.ptr) {
            abort(); /* half a configuration is worse than none */
        }
    } else {
        char what[600];
        (void)snprintf(what, sizeof what, "'ca_file': %s", error.text);
        complain(checking, entry->line, what, "");
    }
    text_done(&pem);
}

/* What nobody took: misspelled, most likely. */
static void refuse_unknown(struct checking *checking)
{
    struct text names;
    text_init(&names, 64 << 10);
    text_add(&names, settings_names());
    for (uint32_t i = 0; i < checking->descriptor->option_count; i++) {
        text_print(&names, " %s", checking->descriptor->options[i].name);
    }
    for (const struct ini_entry *at = checking->section->entries; at; at = at->next) {
        struct text hint;
        char what[256];
        if (at->used) {
            continue;
        }
        text_init(&hint, 256);
        problems_suggest(&hint, at->name, text_str(&names));
        (void)snprintf(what, sizeof what, "unknown option '%.*s'", STR_ARGS(at->name));
        complain(checking, at->line, what, text_cstr(&hint));
        text_done(&hint);
    }
    text_done(&names);
}

static bool has_source(const struct descriptor *descriptor, struct str name)
{
    uint32_t i = 0;
    while (i < descriptor->source_count && !str_is(name, descriptor->sources[i].name)) {
        i++;
    }
    return i < descriptor->source_count;
}

/* "poll.oders" */
static void check_sources(struct checking *checking)
{
    const struct descriptor *descriptor = checking->descriptor;
    struct text names;
    text_init(&names, 16 << 10);
    for (uint32_t i = 0; i < descriptor->source_count; i++) {
        text_print(&names, "%s ", descriptor->sources[i].name);
    }
    for (const struct ini_entry *at = checking->section->entries; at; at = at->next) {
        size_t dot = str_find_char(at->name, '.');
        struct str setting = str_before(at->name, dot);
        struct str source = str_after(at->name, dot + 1);
        bool paces = str_is(setting, "poll") || str_is(setting, "margin");
        struct text hint;
        char what[256];
        if (!paces || dot >= at->name.len || has_source(descriptor, source)) {
            continue;
        }
        text_init(&hint, 256);
        problems_suggest(&hint, source, text_str(&names));
        (void)snprintf(what, sizeof what, "'%.*s': the plugin has no source '%.*s'",
                       STR_ARGS(at->name), STR_ARGS(source));
        complain(checking, at->line, what, text_cstr(&hint));
        text_done(&hint);
    }
    text_done(&names);
}

static void take_options(struct checking *checking)
{
    struct integration *integration = checking->integration;
    struct arena *arena = &checking->config->arena;
    uint32_t count = checking->descriptor->option_count;
    integration->options.items = arena_zero(arena, count, sizeof(struct name_value));
    integration->secrets.items = arena_zero(arena, count, sizeof(struct secret_value));
    if (!integration->options.items || !integration->secrets.items) {
        abort();
    }
    for (uint32_t i = 0; i < count; i++) {
        take_option(checking, &checking->descriptor->options[i]);
    }
}

static void check(struct checking *checking, struct configured *configured,
                  struct supervisor *supervisor)
{
    unsigned before = checking->problems->count;
    checking->integration = &configured->integration;
    checking->section = configured->section;
    if (configured->checked) {
        return;
    }
    configured->checked = true;
    if (!find_plugin(checking, supervisor)) {
        return;
    }
    take_options(checking);
    take_authority(checking);
    if (strcmp(checking->integration->plugin, BUILTIN_MAIL) == 0 &&
        checking->problems->count == before) {
        config_check_mail(checking->integration, checking->problems);
    }
    check_sources(checking);
    config_retry_take(checking->section, checking->descriptor, &checking->config->arena,
                      checking->integration, checking->problems);
    refuse_unknown(checking);
    configured->usable =
        !configured->wrong && !checking->blocked && checking->problems->count == before;
}

void config_check(struct config *config, struct configured *configured,
                  struct supervisor *supervisor, struct problems *problems)
{
    struct checking checking = {.config = config, .problems = problems};
    check(&checking, configured, supervisor);
}

void config_admit(struct config *config, struct configured *configured,
                  struct supervisor *supervisor, struct problems *problems)
{
    struct checking checking = {.config = config, .problems = problems, .alone = true};
    check(&checking, configured, supervisor);
}
