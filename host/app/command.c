#include "app/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "app/control.h"
#include "app/halted.h"
#include "app/output.h"
#include "base/utf8.h"

enum { STORE_WAIT_MS = 5000 /* for another command; a daemon would be asked instead */ };

void command_tell(const char *format, ...)
{
    enum { LONGER = 6 }; /* at most so many times what it was */
    char words[4096];
    struct text line;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    text_init(&line, LONGER * sizeof words);
    utf8_add_shown(&line, str_from(words));
    text_add_char(&line, '\n');
    (void)output_write(STDERR_FILENO, text_str(&line));
    text_done(&line);
}

int command_fail(int status, const char *format, ...)
{
    char words[2048];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    command_tell("imh: %s", words);
    return status;
}

int command_misused(const struct context *context, const struct error *error)
{
    return command_fail(EXIT_WRONG_USE, "%s: see 'imh %s --help'", error->text,
                        context->command->name);
}

/* Number `at` of the words it takes: "TEMPLATE". */
static struct str word_at(const struct command *command, int at)
{
    struct str rest = str_from(command->words);
    struct str word = {"", 0};
    for (int i = 0; i <= at; i++) {
        (void)str_word(&rest, &word);
    }
    return word;
}

int command_words(const struct context *context, int argc, char **argv,
                  const struct flag *flags, size_t flag_count, struct words *words)
{
    struct error error;
    const struct command *command = context->command;
    bool good = arguments_read(argc, argv, flags, flag_count, words, &error);
    if (good && words->count < command->least) {
        good = error_set(&error, IMH_REJECTED, "which %.*s? imh %s %s",
                         STR_ARGS(word_at(command, words->count)), command->name,
                         command->words);
    }
    if (good && words->count > command->most) {
        good = error_set(&error, IMH_REJECTED, "what is '%s'? imh %s%s%s",
                         words->items[command->most], command->name,
                         *command->words ? " " : "", command->words);
    }
    return good ? EXIT_DONE : command_misused(context, &error);
}

int command_status(imh_status status)
{
    static const int statuses[] = {
        [IMH_OK] = EXIT_DONE,
        [IMH_RETRY] = EXIT_UNAVAILABLE,
        [IMH_WAIT] = EXIT_LATER,
        [IMH_MISSING] = EXIT_NO,
        [IMH_REJECTED] = EXIT_BAD_DATA,
        [IMH_DENIED] = EXIT_DENIED,
        [IMH_CANCELED] = EXIT_LATER,
        [IMH_BROKEN] = EXIT_OUR_BUG,
        [IMH_UNKNOWN] = EXIT_UNAVAILABLE,
        [IMH_TOO_LARGE] = EXIT_BAD_DATA,
    };
    bool known = status >= IMH_OK && status <= IMH_TOO_LARGE;
    return known ? statuses[status] : EXIT_OUR_BUG;
}

const char *command_remedy(const struct error *error, struct remedy *room)
{
    if (error->status == IMH_DENIED || error->status == IMH_REJECTED ||
        error->status == IMH_TOO_LARGE) {
        return "correct that and try again";
    }
    if (error->status == IMH_BROKEN) {
        return "tell the plugin's maker";
    }
    if (error->status == IMH_UNKNOWN) {
        return "it may have been done: look there before you try again";
    }
    (void)snprintf(room->text, sizeof room->text, "try again in %u s", error->after_s);
    return error->after_s > 0 ? room->text : "try again later";
}

int command_fail_remote(const struct error *error)
{
    struct remedy room;
    return command_fail(command_status(error->status), "%s: %s", error->text,
                        command_remedy(error, &room));
}

int command_store_status(imh_status status)
{
    static const int statuses[] = {
        [IMH_OK] = EXIT_OUR_BUG,          [IMH_RETRY] = EXIT_CANNOT_WRITE,
        [IMH_WAIT] = EXIT_LATER,          [IMH_MISSING] = EXIT_NO,
        [IMH_REJECTED] = EXIT_BAD_CONFIG, [IMH_DENIED] = EXIT_DENIED,
        [IMH_CANCELED] = EXIT_LATER,      [IMH_BROKEN] = EXIT_OUR_BUG,
        [IMH_UNKNOWN] = EXIT_LATER,       [IMH_TOO_LARGE] = EXIT_BAD_DATA,
    };
    bool known = status >= IMH_OK && status <= IMH_TOO_LARGE;
    return known ? statuses[status] : EXIT_OUR_BUG;
}

int command_fail_store(const struct error *error)
{
    return command_fail(command_store_status(error->status), "%s", error->text);
}

int command_fail_asked(const struct error *error)
{
    return error->status == IMH_REJECTED ? command_fail(EXIT_BAD_DATA, "%s", error->text)
                                         : command_fail_store(error);
}

void command_warn(const struct integration *integration, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    command_tell("%s:%u: warning: integration '%s' %s", integration->file,
                 integration->line, integration->identifier, text);
}

int command_print(struct str text)
{
    if (output_write(STDOUT_FILENO, text)) {
        return EXIT_DONE;
    }
    if (errno == EPIPE) { /* who reads has had enough, as `head` */
        return EXIT_CANNOT_WRITE;
    }
    return command_fail(EXIT_CANNOT_WRITE, "cannot write the result: %s", strerror(errno));
}

int command_print_json(struct str json)
{
    struct text shown;
    text_init(&shown, 6 * json.len + 1);
    utf8_add_shown_json(&shown, json);
    int status = command_print(text_str(&shown));
    text_done(&shown);
    return status;
}

int command_print_table(const struct context *context, const struct table *table,
                        const char *const *names)
{
    struct text out;
    text_init(&out, 64 << 20);
    table_write(table, names, context->json, &out);
    int status = command_print(text_str(&out));
    text_done(&out);
    return status;
}

int command_problems_status(const struct problems *problems)
{
    if (problems->count == 0) {
        return EXIT_DONE;
    }
    bool blocked = problems->count == 1 && problems->blocked != IMH_OK;
    return blocked ? command_store_status(problems->blocked) : EXIT_BAD_CONFIG;
}

int command_problems(struct problems *problems)
{
    struct text out;
    if (problems->count == 0) {
        return EXIT_DONE;
    }
    text_init(&out, PROBLEMS_BYTES);
    problems_write(problems, &out);
    (void)output_write(STDERR_FILENO, text_str(&out));
    text_done(&out);
    return command_problems_status(problems);
}

void context_default_plugins(struct context *context)
{
    context->has_config = true;
    if (!context->config.plugins) {
        context->config.plugins = context->plugins;
    }
}

/* What a configuration that was read says of everything else. */
static int take_config(struct context *context, const struct problems *problems)
{
    context_default_plugins(context);
    /* A command says what it did by itself; of the log only what went wrong is wanted. */
    uint32_t least = context->config.log_level;
    log_init(&context->log,
             least == IMH_DEBUG || least > IMH_WARNING ? least : IMH_WARNING);
    context->log.for_people = true;
    if (geteuid() == 0 && !context->config.user) {
        log_notice(&context->log, "everything runs as root", "so",
                   "name a 'user' in [host] of imh.ini", NULL);
    }
    const struct safe_settings settings = {.state = context->config.state,
                                           .place = context->config.store,
                                           .key = context->config.key,
                                           .environment = context->environment,
                                           .log = &context->log,
                                           .alone = context->in_process};
    context->safe = safe_make(&settings);
    context->config.sources =
        (struct secret_sources){.environment = context->environment, .safe = context->safe};
    if (!context->safe || !context->environment) {
        return command_fail(EXIT_OUR_BUG, "no memory");
    }
    return problems->count > 0 ? EXIT_BAD_CONFIG : EXIT_DONE;
}

int context_config(struct context *context, const char *only, struct problems *problems)
{
    config_read(&context->config, context->config_file, only, problems);
    return take_config(context, problems);
}

int context_host(struct context *context, struct problems *problems)
{
    (void)config_read_host(&context->config, context->config_file, problems);
    return take_config(context, problems);
}

int context_checked(struct context *context, struct problems *problems)
{
    safe_rest(context->safe);
    return command_problems(problems);
}

static bool keep_renewed(void *self, const struct integration *integration,
                         struct str option, struct str value, struct error *error)
{
    struct context *context = self;
    return config_renew(&context->config, integration, option, value, error);
}

/* Where a daemon is at work it makes the calls: it has the secrets, and one budget for all.
 */
static struct supervisor *join_daemon(const struct context *context, struct error *error)
{
    int daemon =
        context->in_process || !context->safe ? -1 : control_dial(context->config.state);
    return daemon >= 0 ? supervisor_join(&context->settings, daemon, error) : NULL;
}

static int make_supervisor(struct context *context, bool may_join)
{
    struct error error;
    context->settings = (struct supervisor_settings){.programs = context->programs,
                                                     .plugins = context->config.plugins,
                                                     .log = &context->log,
                                                     .in_process = context->in_process,
                                                     .self = context,
                                                     .secret = keep_renewed};
    if (context->environment) {
        config_take_environment(&context->config, context->environment);
    }
    context->supervisor = may_join ? join_daemon(context, &error) : NULL;
    if (!context->supervisor) {
        context->supervisor = supervisor_make(&context->settings, &error);
    }
    return context->supervisor ? EXIT_DONE : command_fail(EXIT_OUR_BUG, "%s", error.text);
}

int context_supervisor(struct context *context)
{
    return make_supervisor(context, true);
}

int context_own_supervisor(struct context *context)
{
    return make_supervisor(context, false);
}

void context_halts(struct context *context, struct error *unread)
{
    if (halted_read(&context->config, context->safe, unread)) {
        *unread = (struct error){.status = IMH_OK};
    }
}

void context_unread(const struct error *unread, struct problems *problems)
{
    if (unread->status != IMH_OK && problems->blocked == IMH_OK) {
        problems->blocked = unread->status;
        problems_add(problems, "", 0, "%s", unread->text);
    }
}

static void refuse(const struct integration *integration, struct problems *problems)
{
    struct error error;
    integration_refuse(integration, &error);
    problems_add(problems, integration->file, integration->line, "integration '%s': %s",
                 integration->identifier, error.text);
}

int context_integration(struct context *context, const char *account_name,
                        struct str identifier, struct configured **configured)
{
    struct problems problems;
    struct error unread = {.status = IMH_OK};
    problems_init(&problems);
    int status = context_config(context, account_name, &problems);
    status = status == EXIT_DONE ? context_supervisor(context) : status;
    struct account *account = status == EXIT_DONE
                                  ? config_account(&context->config, str_from(account_name))
                                  : NULL;
    *configured = account ? config_integration(account, identifier) : NULL;
    if (*configured) {
        context_halts(context, &unread);
    }
    if (account && !*configured) {
        config_miss(account, identifier, &problems);
    } else if (account && !integration_is_on(&(*configured)->integration)) {
        refuse(&(*configured)->integration, &problems);
    } else if (account) {
        config_check(&context->config, *configured, context->supervisor, &problems);
    }
    context_unread(&unread, &problems);
    int found = context_checked(context, &problems);
    problems_done(&problems);
    return status == EXIT_DONE ? found : status;
}

struct store_settings context_store_settings(const struct context *context, int64_t wait_ms)
{
    return (struct store_settings){.folder = context->config.state,
                                   .place = context->config.store,
                                   .wait_ms = wait_ms,
                                   .clock = &clock_real,
                                   .log = &context->log};
}

int context_store(struct context *context)
{
    struct error error;
    const struct store_settings settings = context_store_settings(context, STORE_WAIT_MS);
    context->store = store_open(&settings, &error);
    return context->store ? EXIT_DONE : command_fail_store(&error);
}

void context_done(struct context *context)
{
    store_close(context->store);
    safe_free(context->safe);
    supervisor_free(context->supervisor);
    if (context->has_config) {
        config_free(&context->config);
    }
    environment_free(context->environment);
}
