#include "stand.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/path.h"

enum {
    PATH_BYTES = 4096,
    INI_BYTES = 64 << 10,
    PATIENCE_MS = 60000,
    LOOKUPS_A_VARIABLE = 3
};

/* The test of one plugin has one set of arguments. */
static struct {
    bool in_process;
    char plugin[PATH_BYTES]; /* NAME.so, with its folder */
    char folder[PATH_BYTES];
    char name[256];
    const char *recording;
} arguments;

bool stand_arguments(int argc, char **argv)
{
    bool good = argc == 4 &&
                (strcmp(argv[1], "--worker") == 0 || strcmp(argv[1], "--in-process") == 0);
    if (!good || !realpath(argv[2], arguments.plugin)) {
        (void)fprintf(stderr, "usage: %s --worker|--in-process PLUGIN.so contract.json\n",
                      argv[0]);
        return false;
    }
    struct str path = str_from(arguments.plugin);
    struct str file = path_name(path);
    arguments.in_process = strcmp(argv[1], "--in-process") == 0;
    arguments.recording = argv[3];
    (void)snprintf(arguments.folder, sizeof arguments.folder, "%.*s",
                   STR_ARGS(str_before(path, path.len - file.len - 1)));
    (void)snprintf(arguments.name, sizeof arguments.name, "%.*s",
                   STR_ARGS(str_before(file, file.len - (sizeof ".so" - 1))));
    return true;
}

bool stand_in_process(void)
{
    return arguments.in_process;
}

const char *stand_plugin_path(void)
{
    return arguments.plugin;
}

/* ---- files ---- */

static void write_file(const struct stand *stand, const char *name, struct str content)
{
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s/%s", stand->folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content.ptr, content.len), content.len);
    assert_int_equal(close(fd), 0);
}

static int is_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void remove_folder(const char *folder)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_file, alphasort);
    for (int i = 0; i < count; i++) {
        char path[PATH_BYTES];
        (void)snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        (void)unlink(path);
        free(entries[i]);
    }
    free(entries);
    assert_int_equal(rmdir(folder), 0);
}

bool stand_logged(const struct stand *stand, const char *words)
{
    char path[PATH_BYTES];
    struct text log;
    struct error error;
    (void)snprintf(path, sizeof path, "%s/log", stand->folder);
    text_init(&log, 16 << 20);
    assert_true(path_read(path, 16 << 20, &log, &error));
    struct str all = text_str(&log);
    bool found = str_find(all, str_from(words), 0) < all.len;
    text_done(&log);
    return found;
}

/* ---- the configuration ---- */

/* A value that is right for an option of this type. */
static void add_value(const struct stand *stand, const imh_option *option,
                      const char *identifier, struct text *ini)
{
    int64_t least = option->min;
    switch (option->type) {
    case IMH_URL:
        text_print(ini, "%s%s/", remote_url(stand->remote), identifier);
        break;
    case IMH_CHOICE:
        text_add(ini, str_before(str_from(option->choices),
                                 str_find_char(str_from(option->choices), '|')));
        break;
    case IMH_BOOLEAN:
        text_add_cstr(ini, "yes");
        break;
    case IMH_TEXT:
        text_print(ini, "text-of-%s", identifier);
        break;
    default:
        text_print(ini, "%" PRId64, least > 0 ? least : 1);
    }
}

/* "auth=oauth1": has the other option that value? */
static bool applies(struct stand *stand, const char *when)
{
    struct str rest = str_from(when);
    size_t equals = str_find_char(rest, '=');
    const imh_option *other =
        descriptor_option(stand->descriptor, str_before(rest, equals));
    assert_non_null(other);
    struct str given = recording_option(&stand->recording, other->name);
    return str_eq(given.len > 0 ? given : str_from(other->fallback),
                  str_after(rest, equals + 1));
}

bool stand_is_required(struct stand *stand, const imh_option *option)
{
    return (option->flags & IMH_REQUIRED) &&
           (!option->when || applies(stand, option->when));
}

static void add_option(struct stand *stand, const imh_option *option,
                       const char *identifier, struct text *ini)
{
    struct str given = recording_option(&stand->recording, option->name);
    bool secret = (option->flags & IMH_SECRET) != 0;
    if (given.len == 0 && !secret && !stand_is_required(stand, option)) {
        return;
    }
    text_print(ini, "%s = ", option->name);
    if (secret) {
        text_print(ini, "file:../secret-%s.txt", identifier);
    } else if (given.len > 0) {
        text_add(ini, given);
    } else {
        add_value(stand, option, identifier, ini);
    }
    text_add_char(ini, '\n');
}

static void add_section(struct stand *stand, const char *identifier, const char *more,
                        const char *without, struct text *ini)
{
    const struct descriptor *descriptor = stand->descriptor;
    text_print(ini, "[integration %s]\nplugin = %s\nallow_private = yes\n", identifier,
               arguments.name);
    for (uint32_t i = 0; i < descriptor->option_count; i++) {
        if (!without || strcmp(descriptor->options[i].name, without) != 0) {
            add_option(stand, &descriptor->options[i], identifier, ini);
        }
    }
    text_print(ini, "%s\n", more);
}

static struct integration *check(struct stand *stand, const struct account *account,
                                 const char *identifier, struct problems *problems)
{
    struct configured *configured = config_integration(account, str_from(identifier));
    assert_non_null(configured);
    config_check(&stand->config, configured, stand->supervisor, problems);
    return &configured->integration;
}

static void free_config(struct stand *stand)
{
    if (stand->config.file) {
        safe_free(stand->safe);
        environment_free(stand->environment);
        config_free(&stand->config);
    }
}

void stand_configure(struct stand *stand, const char *more, const char *without,
                     struct text *problems)
{
    char path[PATH_BYTES];
    struct text ini;
    struct problems found;
    text_init(&ini, INI_BYTES);
    text_add_cstr(&ini, "[account]\ntitle = Contract\n");
    add_section(stand, "a", more, without, &ini);
    add_section(stand, "b", more, without, &ini);
    assert_false(ini.failed);
    write_file(stand, "accounts.d/acme.ini", text_str(&ini));
    text_done(&ini);
    free_config(stand);
    (void)snprintf(path, sizeof path, "%s/imh.ini", stand->folder);
    problems_init(&found);
    config_read(&stand->config, path, NULL, &found);
    const struct safe_settings settings = {.state = stand->config.state,
                                           .place = stand->config.store,
                                           .key = stand->config.key,
                                           .environment = stand->environment,
                                           .log = &stand->log};
    stand->environment = environment_make();
    stand->safe = safe_make(&settings);
    stand->config.sources =
        (struct secret_sources){.environment = stand->environment, .safe = stand->safe};
    const struct account *account = config_account(&stand->config, STR_OF("acme"));
    assert_non_null(account);
    stand->a = check(stand, account, "a", &found);
    stand->b = check(stand, account, "b", &found);
    problems_write(&found, problems);
    problems_done(&found);
}

/* As it is meant to be: nothing is wrong with it. */
static void configure_well(struct stand *stand)
{
    struct text problems;
    text_init(&problems, INI_BYTES);
    stand_configure(stand, "", NULL, &problems);
    assert_string_equal(text_cstr(&problems), "");
    text_done(&problems);
}

static void write_files(struct stand *stand)
{
    struct text ini;
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s/accounts.d", stand->folder);
    assert_int_equal(mkdir(path, 0700), 0);
    text_init(&ini, INI_BYTES);
    text_print(&ini, "[host]\naccounts = accounts.d\nstate = state\nplugins = %s\n",
               arguments.folder);
    write_file(stand, "imh.ini", text_str(&ini));
    text_done(&ini);
    write_file(stand, "secret-a.txt", STR_OF("secret-of-a"));
    write_file(stand, "secret-b.txt", STR_OF("secret-of-b"));
    write_file(stand, "log", STR_OF(""));
    (void)snprintf(path, sizeof path, "%s/log", stand->folder);
    stand->log = (struct log){.least = IMH_DEBUG,
                              .fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC),
                              .for_people = true,
                              .clock = &clock_real};
    assert_true(stand->log.fd >= 0);
}

int stand_setup(void **state)
{
    struct error error = {.text = ""};
    struct text refusal;
    struct stand *stand = calloc(1, sizeof *stand);
    if (!stand) {
        return -1;
    }
    *state = stand;
    recording_read(&stand->recording, arguments.recording);
    stand->remote = remote_make(&stand->recording);
    (void)snprintf(stand->folder, sizeof stand->folder, "/tmp/imh-contract-XXXXXX");
    assert_non_null(mkdtemp(stand->folder));
    write_files(stand);
    stand->settings = (struct supervisor_settings){.programs = IMH_PROGRAMS,
                                                   .plugins = arguments.folder,
                                                   .log = &stand->log,
                                                   .in_process = arguments.in_process};
    stand->supervisor = supervisor_make(&stand->settings, &error);
    assert_string_equal(error.text, "");
    text_init(&refusal, INI_BYTES);
    stand->descriptor = supervisor_plugin(stand->supervisor, arguments.name, &refusal);
    assert_string_equal(text_cstr(&refusal), "");
    text_done(&refusal);
    configure_well(stand);
    return 0;
}

/* Of the plugin's workers: one that died is set apart with whom it served. */
static uint32_t count_deaths(const struct stand *stand)
{
    uint32_t deaths = 0;
    const struct worker_process *at = stand->supervisor->workers;
    for (; at; at = at->next) {
        deaths += strcmp(at->plugin, arguments.name) == 0 ? at->deaths : 0;
    }
    return deaths;
}

int stand_teardown(void **state)
{
    struct stand *stand = *state;
    char accounts[PATH_BYTES];
    assert_int_equal(count_deaths(stand), stand->expected_deaths);
    supervisor_free(stand->supervisor);
    assert_false(stand_logged(stand, "ended badly"));
    assert_int_equal(remote_mixed_up(stand->remote), 0);
    remote_free(stand->remote);
    free_config(stand);
    recording_done(&stand->recording);
    (void)close(stand->log.fd);
    (void)snprintf(accounts, sizeof accounts, "%s/accounts.d", stand->folder);
    remove_folder(accounts);
    remove_folder(stand->folder);
    free(stand);
    return 0;
}

/* ---- lookups ---- */

/* {"email": "email-2@example.com", "city": "city-2@example.com"} for the second. */
static struct str invent_subject(struct stand *stand, const char *fields, uint32_t number)
{
    struct text subject;
    struct str rest = str_from(fields);
    struct str name;
    text_init(&subject, INI_BYTES);
    text_add_char(&subject, '{');
    while (str_word(&rest, &name)) {
        text_print(&subject, "%s\"%.*s\":\"%.*s-%u@example.com\"",
                   subject.len > 1 ? "," : "", STR_ARGS(name), STR_ARGS(name), number);
    }
    text_add_char(&subject, '}');
    struct str kept = arena_copy(&stand->recording.arena, text_str(&subject));
    text_done(&subject);
    return kept;
}

static struct str invent_key(struct stand *stand, uint32_t number)
{
    char key[16];
    (void)snprintf(key, sizeof key, "%u", number);
    return arena_copy(&stand->recording.arena, str_from(key));
}

static bool is_recorded(const struct stand *stand, const char *variable)
{
    bool found = false;
    for (uint32_t i = 0; i < stand->recording.lookup_count; i++) {
        found = found || str_is(stand->recording.lookups[i].variable, variable);
    }
    return found;
}

static uint32_t invent_lookups(struct stand *stand, const imh_variable *variable,
                               struct asked *lookups)
{
    for (uint32_t i = 0; i < LOOKUPS_A_VARIABLE; i++) {
        lookups[i] =
            (struct asked){.variable = str_from(variable->name),
                           .has_key = (variable->flags & IMH_KEYED) != 0,
                           .key = invent_key(stand, i + 1),
                           .subject = invent_subject(stand, variable->subject, i + 1),
                           .made_up = true};
    }
    return LOOKUPS_A_VARIABLE;
}

const struct asked *stand_lookups(struct stand *stand, uint32_t *count)
{
    const struct descriptor *descriptor = stand->descriptor;
    struct recording *recording = &stand->recording;
    struct asked *lookups =
        arena_zero(&recording->arena, STAND_LOOKUPS_MOST, sizeof *lookups);
    *count = recording->lookup_count;
    assert_true(*count + descriptor->variable_count * LOOKUPS_A_VARIABLE <=
                STAND_LOOKUPS_MOST);
    for (uint32_t i = 0; i < recording->lookup_count; i++) {
        lookups[i] = recording->lookups[i];
    }
    for (uint32_t i = 0; i < descriptor->variable_count; i++) {
        const imh_variable *variable = &descriptor->variables[i];
        if (!is_recorded(stand, variable->name) &&
            !recording_is_fickle(recording, variable->name)) {
            *count += invent_lookups(stand, variable, &lookups[*count]);
        }
    }
    return lookups;
}

/* ---- the worker ---- */

struct worker_process *stand_worker(struct stand *stand)
{
    return crew_worker(stand->supervisor, arguments.name);
}

void stand_kill_worker(struct stand *stand)
{
    struct worker_process *worker = stand_worker(stand);
    assert_int_equal(worker->state, WORKER_READY);
    stand->expected_deaths++;
    if (stand_in_process()) { /* a thread is ended by what no supervisor says */
        assert_true(channel_send(worker->channel, MESSAGE_END, 0, NULL, -1));
    } else {
        assert_int_equal(kill(worker->process.pid, SIGKILL), 0);
    }
    int64_t until_ms = clock_mono_ms(&clock_real) + PATIENCE_MS;
    while (worker->state == WORKER_READY) {
        assert_true(clock_mono_ms(&clock_real) < until_ms);
        supervisor_turn(stand->supervisor, PATIENCE_MS);
    }
}
