#include "app/config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/config_alert.h"
#include "app/config_builtin.h"
#include "app/config_followup.h"
#include "app/config_render.h"
#include "app/config_retry.h"
#include "app/settings.h"
#include "base/path.h"
#include "base/user.h"
#include "engine/builtin.h"
#include "engine/herald.h"
#include "engine/reserved.h"
#include "store/db.h"

enum {
    BLOCK_BYTES = 16 << 10,
    TIMEOUT_MS = 10000,
    MAIL_MS = 60000, /* servers look at mails before they take them */
    STALE_S = 300,
    ACCOUNTS_MOST = 100000,
    ACCOUNT_BYTES = 64 /* longest name of an account */
};

static const char *keep(struct config *config, struct str text)
{
    struct str copy = arena_copy(&config->arena, text);
    if (!copy.ptr) {
        abort(); /* half a configuration is worse than none */
    }
    return copy.ptr;
}

/* A path of imh.ini is relative to it. */
static const char *keep_path(struct config *config, struct str path)
{
    struct text whole;
    text_init(&whole, 4096);
    path_beside(&whole, config->file, path);
    const char *kept = keep(config, text_str(&whole));
    text_done(&whole);
    return kept;
}

/* ---- imh.ini ---- */

static void set_state(struct config *config, struct str value)
{
    config->state = keep_path(config, value);
}

static void set_accounts(struct config *config, struct str value)
{
    config->accounts_folder = keep_path(config, value);
}

/* Several folders, each relative to imh.ini. */
static void set_plugins(struct config *config, struct str value)
{
    struct text all;
    struct str folder;
    text_init(&all, 16 << 10);
    while (str_split(&value, ':', &folder)) {
        text_add_cstr(&all, all.len > 0 ? ":" : "");
        path_beside(&all, config->file, folder);
    }
    config->plugins = keep(config, text_str(&all));
    text_done(&all);
}

static void set_user(struct config *config, struct str value)
{
    config->user = keep(config, value);
}

static bool check_user(struct str value, struct error *error)
{
    char name[USER_NAME_BYTES] = "";
    struct user user;
    (void)snprintf(name, sizeof name, "%.*s", STR_ARGS(value));
    return user_find(name, &user, error) || error_wrap(error, "names nobody");
}

static bool check_log(struct str value, struct error *error)
{
    uint32_t level;
    return log_level(value, &level) ||
           error_set(error, IMH_REJECTED, "must be error, warning, notice, info or debug");
}

static void set_log(struct config *config, struct str value)
{
    (void)log_level(value, &config->log_level);
}

static bool check_free(struct str value, struct error *error)
{
    int64_t bytes;
    return str_to_bytes(value, &bytes) ||
           error_set(error, IMH_REJECTED, "must be a size such as 256m or 2g");
}

static void set_free(struct config *config, struct str value)
{
    (void)str_to_bytes(value, &config->free_bytes);
}

static void set_store(struct config *config, struct str value)
{
    config->store = keep(config, value);
}

/* The path of a file: source is relative to imh.ini. */
static void set_key(struct config *config, struct str source)
{
    struct str path = key_path(source);
    struct text whole;
    text_init(&whole, 4096);
    text_add(&whole, str_before(source, source.len - path.len));
    if (path.len > 0) {
        path_beside(&whole, config->file, path);
    }
    config->key = keep(config, text_str(&whole));
    text_done(&whole);
}

/* What a key of imh.ini may be. NULL in `check`: any text; in `set`: obeyed by later parts
 * of the host. */
static const struct host_key {
    const char *section, *name;
    bool (*check)(struct str value, struct error *error);
    void (*set)(struct config *config, struct str value);
} host_keys[] = {
    {"host", "state", NULL, set_state},
    {"host", "accounts", NULL, set_accounts},
    {"host", "plugins", NULL, set_plugins},
    {"host", "key", key_is_source, set_key},
    {"host", "store", db_place_is_known, set_store},
    {"host", "min_free", check_free, set_free},
    {"host", "user", check_user, set_user},
    {"host", "log", check_log, set_log},
    {"listen", "address", NULL, NULL},
    {"listen", "public", NULL, NULL},
    {"listen", "tls_cert", NULL, NULL},
    {"listen", "tls_key", NULL, NULL},
    {"retry", "ladder", settings_check_ladder, config_retry_set_ladder},
    {"retry", "on_exhausted", settings_check_on_exhausted, config_retry_set_on_exhausted},
    {"retry", "margin", settings_check_duration, config_retry_set_margin},
    {"alert", "action", config_alert_check, config_alert_set},
    {"alert", "command", herald_check, config_alert_set_command},
    {"alert", "every", config_alert_check_every, config_alert_set_every},
    {"alert", "waiting", config_alert_check_waiting, config_alert_set_waiting},
};
enum { HOST_KEY_COUNT = sizeof host_keys / sizeof *host_keys };

static void take_host_entry(struct config *config, const struct host_key *key,
                            const struct ini_entry *entry, struct problems *problems)
{
    struct error error;
    if (key->check && !key->check(entry->value, &error)) {
        problems_add(problems, config->file, entry->line, "'%s' in [%s] %s", key->name,
                     key->section, error.text);
        config->nobody = config->nobody || key->set == set_user;
    } else if (key->set) {
        key->set(config, entry->value);
    }
}

static void read_host_entry(struct config *config, const struct ini_section *section,
                            const struct ini_entry *entry, struct problems *problems)
{
    struct text names;
    text_init(&names, 512);
    for (size_t i = 0; i < HOST_KEY_COUNT; i++) {
        if (!str_is(section->name, host_keys[i].section)) {
            continue;
        }
        if (str_is(entry->name, host_keys[i].name)) {
            take_host_entry(config, &host_keys[i], entry, problems);
            text_done(&names);
            return;
        }
        text_print(&names, "%s ", host_keys[i].name);
    }
    struct text hint;
    text_init(&hint, 256);
    problems_suggest(&hint, entry->name, text_str(&names));
    problems_add(problems, config->file, entry->line, "unknown setting '%.*s' in [%.*s]%s",
                 STR_ARGS(entry->name), STR_ARGS(section->name), text_cstr(&hint));
    text_done(&hint);
    text_done(&names);
}

static bool is_host_section(struct str name)
{
    return str_is(name, "host") || str_is(name, "listen") || str_is(name, "retry") ||
           str_is(name, "alert") || str_is(name, "render");
}

/* false: there is none to read. */
static bool read_host(struct config *config, struct problems *problems)
{
    struct ini ini;
    struct stat status;
    if (stat(config->file, &status) != 0 && errno == ENOENT) {
        problems_add(problems, config->file, 0, "%s: write one, or say with -c where it is",
                     strerror(errno));
        return false;
    }
    if (!ini_read(config->file, &config->arena, &ini, problems)) {
        return false;
    }
    for (struct ini_section *section = ini.sections; section; section = section->next) {
        if (!is_host_section(section->name)) {
            ini_miss(config->file, section, section->name,
                     STR_OF("host listen retry alert render"), problems);
            continue;
        }
        if (str_is(section->name, "render")) {
            config_render_read(config, section, problems);
            continue;
        }
        for (struct ini_entry *entry = section->entries; entry; entry = entry->next) {
            read_host_entry(config, section, entry, problems);
        }
    }
    return true;
}

/* ---- an account's file ---- */

static void read_zone(struct config *config, struct account *account,
                      const struct ini_entry *entry, struct problems *problems)
{
    struct error error;
    (void)config;
    account->zone = zone_open(keep(config, entry->value), &error);
    if (!account->zone) {
        problems_add(problems, account->file, entry->line, "'timezone': %s", error.text);
    }
}

static void read_account_section(struct config *config, struct account *account,
                                 struct ini_section *section, struct problems *problems)
{
    for (struct ini_entry *entry = section->entries; entry; entry = entry->next) {
        if (str_is(entry->name, "title")) {
            account->title = keep(config, entry->value);
        } else if (str_is(entry->name, "locale")) {
            account->locale = keep(config, entry->value);
        } else if (str_is(entry->name, "timezone")) {
            read_zone(config, account, entry, problems);
        } else if (str_is(entry->name, "alert")) {
            config_alert_read(config, account, entry, problems);
        } else {
            struct text hint;
            text_init(&hint, 256);
            problems_suggest(&hint, entry->name, STR_OF("title timezone locale alert"));
            problems_add(problems, account->file, entry->line,
                         "unknown setting '%.*s' in [account]%s", STR_ARGS(entry->name),
                         text_cstr(&hint));
            text_done(&hint);
        }
    }
}

static struct configured *read_integration(struct config *config, struct account *account,
                                           struct ini_section *section,
                                           struct str identifier, struct problems *problems)
{
    const char *own = str_is(section->name, "mail") ? BUILTIN_MAIL : NULL;
    struct error error;
    struct configured **last = &account->integrations;
    unsigned before = problems->count;
    const char *name = keep(config, identifier);
    if (!reserved_check_identifier(identifier, &error)) {
        problems_add(problems, account->file, section->line, "integration '%s': %s", name,
                     error.text);
    }
    for (; *last; last = &(*last)->next) {
        if (strcmp((*last)->integration.identifier, name) == 0 &&
            !str_eq((*last)->section->name, section->name)) { /* else ini_read() said so */
            problems_add(problems, account->file, section->line,
                         "integration '%s' stands in line %u already", name,
                         (*last)->integration.line);
        }
    }
    const struct ini_entry *plugin = own ? NULL : ini_take(section, "plugin");
    struct configured *configured = arena_zero(&config->arena, 1, sizeof *configured);
    if (!configured) {
        abort();
    }
    *last = configured;
    configured->section = section;
    configured->integration =
        (struct integration){.id = ++config->last_id,
                             .account = account->name,
                             .identifier = name,
                             .plugin = own      ? own
                                       : plugin ? keep(config, plugin->value)
                                                : "",
                             .file = account->file,
                             .line = section->line,
                             .enabled = true,
                             .cache_s = -1,
                             .stale_s = STALE_S,
                             .retry.usual = config->retry,
                             .margin_s = config->margin_s,
                             .rate_a_minute = -1,
                             .timeout_ms = own ? MAIL_MS : TIMEOUT_MS};
    settings_take(section, account->file, &configured->integration, problems);
    if (!*configured->integration.plugin) {
        problems_add(problems, account->file, plugin ? plugin->line : section->line,
                     "integration '%s': 'plugin' is missing: which one is it?", name);
    }
    configured->wrong = problems->count > before;
    return configured;
}

static void read_section(struct config *config, struct account *account,
                         struct ini_section *section, struct problems *problems)
{
    struct str rest = section->name;
    struct str kind = {"", 0};
    (void)str_word(&rest, &kind);
    struct str name = str_trim(rest);
    if (str_is(section->name, "account")) {
        read_account_section(config, account, section, problems);
    } else if (str_is(kind, "integration")) {
        (void)read_integration(config, account, section, name, problems);
    } else if (str_is(kind, "followup")) {
        config_followup_read(account, section, name, problems);
    } else if (str_is(section->name, "mail")) {
        (void)read_integration(config, account, section, section->name, problems);
    } else {
        ini_miss(account->file, section, kind, STR_OF("account integration followup mail"),
                 problems);
    }
}

/* It stands in addresses of webhooks and in messages. */
static bool is_account_name(struct str name)
{
    bool good = name.len > 0 && name.len <= ACCOUNT_BYTES;
    for (size_t i = 0; good && i < name.len; i++) {
        char c = name.ptr[i];
        bool plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        good = plain || (i > 0 && (c == '-' || c == '_' || c == '.'));
    }
    return good;
}

static void read_account(struct config *config, struct str name, struct problems *problems)
{
    struct ini ini;
    struct text path;
    struct account **last = &config->accounts;
    while (*last) {
        last = &(*last)->next;
    }
    struct account *account = arena_zero(&config->arena, 1, sizeof *account);
    if (!account) {
        abort();
    }
    *last = account;
    text_init(&path, 4096);
    text_print(&path, "%s/%.*s.ini", config->accounts_folder, STR_ARGS(name));
    account->name = keep(config, name);
    account->title = account->name;
    account->locale = "";
    account->file = keep(config, text_str(&path));
    text_done(&path);
    if (!is_account_name(name)) {
        problems_add(problems, account->file, 0,
                     "the name of an account is letters, digits, '-', '_' and '.', at most "
                     "%d, and begins with a letter or digit: rename the file",
                     ACCOUNT_BYTES);
    } else if (ini_read(account->file, &config->arena, &ini, problems)) {
        for (struct ini_section *at = ini.sections; at; at = at->next) {
            read_section(config, account, at, problems);
        }
    }
    for (struct configured *at = account->integrations; at; at = at->next) {
        at->integration.zone = account->zone; /* known only now: sections have no order */
        at->integration.limits = &config->render;
    }
    config_add_builtins(config, account);
}

struct configured *config_add(struct config *config, struct account *account,
                              struct ini_section *section, struct problems *problems)
{
    struct str identifier = section->name;
    struct str kind;
    (void)str_word(&identifier, &kind);
    struct configured *configured =
        read_integration(config, account, section, str_trim(identifier), problems);
    configured->integration.zone = account->zone;
    configured->integration.limits = &config->render;
    return configured;
}

/* ---- all of it ---- */

static int is_account_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && str_ends(str_from(entry->d_name), STR_OF(".ini"));
}

static int list_accounts(const struct config *config, struct dirent ***entries)
{
    return scandir(config->accounts_folder, entries, is_account_file, alphasort);
}

static void read_accounts(struct config *config, struct problems *problems)
{
    struct stat status;
    struct dirent **entries = NULL;
    int count = list_accounts(config, &entries);
    if (count < 0) {
        problems_add(problems, config->accounts_folder, 0, "%s", strerror(errno));
        return;
    }
    if (stat(config->accounts_folder, &status) == 0 && status.st_mode & S_IWOTH) {
        problems_add(problems, config->accounts_folder, 0,
                     "everybody can add accounts: chmod o-w %s", config->accounts_folder);
    }
    for (int i = 0; i < count; i++) {
        struct str name = str_from(entries[i]->d_name);
        if (i < ACCOUNTS_MOST) {
            read_account(config, str_before(name, name.len - 4), problems);
        }
        free(entries[i]);
    }
    free(entries);
}

/* There is no such account; perhaps one nearly called so. */
static void miss_account(const struct config *config, const char *name, const char *file,
                         struct problems *problems)
{
    struct dirent **entries = NULL;
    struct text names;
    struct text hint;
    text_init(&names, 1 << 20);
    text_init(&hint, 256);
    int count = list_accounts(config, &entries);
    for (int i = 0; i < count; i++) {
        struct str entry = str_from(entries[i]->d_name);
        text_print(&names, "%.*s ", STR_ARGS(str_before(entry, entry.len - 4)));
        free(entries[i]);
    }
    free(entries);
    problems_suggest(&hint, str_from(name), text_str(&names));
    problems_add(problems, "", 0, "there is no account '%s': %s does not exist%s", name,
                 file, text_cstr(&hint));
    text_done(&hint);
    text_done(&names);
}

/* The folder for what imh remembers is made as root, who can. If it cannot be made, whoever
 * needs it says so. */
static bool become_user(const struct config *config, struct problems *problems)
{
    struct user user;
    struct error error;
    if (!config->user || !user_find(config->user, &user, &error)) {
        return !config->nobody;
    }
    if (geteuid() == 0 && user.id != 0) {
        (void)user_make_folder(&user, config->state, &error);
    }
    if (!user_become(&user, &error)) {
        problems_add(problems, config->file, 0, "'user' in [host]: %s", error.text);
        return false;
    }
    return true;
}

bool config_read_host(struct config *config, const char *file, struct problems *problems)
{
    *config = (struct config){.file = file ? file : "imh.ini",
                              .state = "/var/lib/imh",
                              .store = "sqlite:imh.db",
                              .free_bytes = -1,
                              .log_level = IMH_INFO,
                              .retry.ladder = ladder_usual,
                              .margin_s = MARGIN_USUAL_S,
                              .alert_every_s = 3600,
                              .render.set_by = "in [render] of imh.ini"};
    arena_init(&config->arena, BLOCK_BYTES, 0);
    config->accounts_folder = keep_path(config, STR_OF("accounts.d"));
    set_key(config, STR_OF("file:vault.key"));
    return !file || (read_host(config, problems) && become_user(config, problems));
}

/* The account's file is there, and its name is no path. */
static bool has_account(const struct config *config, const char *name, struct text *path)
{
    struct stat status;
    text_print(path, "%s/%s.ini", config->accounts_folder, name);
    return *name && *name != '.' && !strchr(name, '/') &&
           stat(text_cstr(path), &status) == 0;
}

void config_read(struct config *config, const char *file, const char *only,
                 struct problems *problems)
{
    struct text path;
    if (!config_read_host(config, file, problems)) {
        return;
    }
    if (!only) {
        read_accounts(config, problems);
        return;
    }
    text_init(&path, 4096);
    if (has_account(config, only, &path)) {
        read_account(config, str_from(only), problems);
    } else {
        miss_account(config, only, text_cstr(&path), problems);
    }
    text_done(&path);
}

static void free_secrets(struct secret_values *secrets)
{
    for (uint32_t i = 0; i < secrets->count; i++) {
        secret_free(secrets->items[i].value);
    }
    secrets->count = 0;
}

void config_free(struct config *config)
{
    for (struct account *account = config->accounts; account; account = account->next) {
        config_followup_free(account);
        zone_free(account->zone);
        for (struct configured *at = account->integrations; at; at = at->next) {
            free_secrets(&at->integration.secrets);
        }
    }
    arena_done(&config->arena);
}
