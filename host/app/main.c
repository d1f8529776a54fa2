/* imh: all that a user types. */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/help.h"
#include "base/cage.h"

static const char check_options[] =
    "  --connect  asks every remote whether it can be used\n"
    "  --store    reads the whole store too, while nobody uses it\n";

static const char render_options[] =
    "  --data JSON|FILE     variables for all messages: an object, or a file with one;\n"
    "                       without --recipients, the fields of the one who gets it\n"
    "  --recipients FILE    a message for each: JSON lines, or .csv with a header; - is "
    "stdin\n"
    "  --output DIR         where messages go, a file each; else the one goes to stdout\n"
    "  --escape html|none   what is printed is escaped, or not; default: none for .txt\n"
    "  --include FOLDER     templates that it may include\n"
    "  --stats              what it cost, as JSON on stderr\n";

static const char template_render_options[] =
    "  --data JSON|FILE     the variables: an object, or a file with one\n"
    "  --escape html|none   what is printed is escaped, or not; default: none\n"
    "  --include FOLDER     templates that it may include\n"
    "  --now TIME           what $smarty.now is; default: 2026-01-01 00:00\n"
    "  --limit NAME=VALUE   what it may take: steps, effort, regex_steps, memory, output,\n"
    "                       depth, include_depth; may be given often\n";

static const char template_check_options[] =
    "  --warn               also variables that nothing sets\n"
    "  --data JSON|FILE     the variables that --warn may count on\n"
    "  --include FOLDER     also the templates that it includes, from there\n";

static const char template_variables_options[] =
    "  --include FOLDER     also of the templates that it includes, from there\n";

static const char status_options[] =
    "  --metrics  figures for Prometheus, as GET /metrics on control.sock tells them\n";

static const char variable_get_options[] = "  --data JSON|FILE   fields of the recipient, "
                                           "for variables that need some: an object,\n"
                                           "                     or a file with one\n";

static const char integration_add_options[] =
    "  --plugin NAME  which plugin it is; 'imh plugin inspect NAME' shows its options\n"
    "  --no-test      does not ask the remote whether it can be used\n"
    "\n"
    "Secrets are no arguments, others could read them: on a terminal they are asked for,\n"
    "and so is what is missing. KEY=env:NAME and KEY=file:PATH say where one is.\n";

static const char enable_options[] =
    "  --skip             what happened at the remote until now raises no events\n";
static const char vault_rekey_options[] =
    "  --new-key SOURCE   file:PATH, env:NAME or credential:NAME of the new key; default: "
    "a "
    "fresh\n"
    "                     one, which takes the place of the old one in its file\n";

static const char action_options[] =
    "  --args JSON   the arguments: an object\n"
    "  --key KEY     the same command with it is not made twice\n"
    "  --no-wait     says the job's number and does not wait\n";

static const char record_options[] =
    "  --fields JSON   what is to be written: an object; other fields stay as they are\n"
    "\n"
    "Without KEY, records come from standard input, a line of JSON each:\n"
    "  {\"key\": \"42\", \"fields\": {\"email\": \"a@b.nl\"}}\n"
    "  {\"key\": \"43\", \"remove\": true}\n"
    "All up to the last are on the disk when it ends well. Of one that waits already, the\n"
    "newest value of each field is written.\n";

static const char queue_options[] = "  --account ACCOUNT, --integration IDENTIFIER\n"
                                    "                only theirs\n"
                                    "  --since TIME  only those made since: 2h ago, or "
                                    "2026-11-28T10:00:00Z\n"
                                    "  --limit N     so many; default: 50, at most 256\n"
                                    "  --after NEXT  of list: the page behind, as it says\n"
                                    "  --before ID   of failed: the page behind that one\n";

static const char decide_options[] =
    "  --all         all failed ones of the filter, after saying how many of which cause\n"
    "  --dry-run     only says it\n"
    "  --account ACCOUNT, --integration IDENTIFIER\n"
    "                only theirs\n"
    "  --since TIME  only those made since: 2h ago, or 2026-11-28T10:00:00Z\n"
    "  --args JSON   of retry: one job, with other arguments\n";

static const char event_options[] = "  --account ACCOUNT, --integration IDENTIFIER\n"
                                    "                only theirs\n"
                                    "  --type TYPE   only of that type\n"
                                    "  --limit N     so many; default: 50\n"
                                    "  --before ID   the page behind that one\n";

static const char rehearse_options[] =
    "  --since TIME, --until TIME\n"
    "                 only events that happened then: 2h ago, or 2026-11-28T10:00:00Z\n"
    "  --event ID     only that event, as if nothing came after it\n"
    "  --events FILE  events from a file, a line of JSON each\n"
    "  --data JSON    one event with these data, of what starts the follow-up\n"
    "  --summary      only how many of each\n";

static const char why_options[] =
    "  --key KEY    the event's key, or the e-mail address, customer or cart it is about\n"
    "  --limit N    so many events, newest first; default: 10\n";

static const char emit_options[] =
    "  --data JSON      the event's data: an object\n"
    "  --subject JSON   whom or what it is about: {\"email\": \"a@b.nl\", \"cart_id\": "
    "17}\n"
    "  --key KEY        the same event with it does not happen twice\n";

static const char replay_options[] =
    "  --all         all events of the filter, after saying how many would start what\n"
    "  --dry-run     only says it\n"
    "  --account ACCOUNT, --integration IDENTIFIER, --type TYPE\n"
    "                only theirs\n"
    "  --since TIME  only those seen since: 2h ago, or 2026-11-28T10:00:00Z\n"
    "  --followup NAME\n"
    "                only that one judges them\n";

static const char source_options[] = "  --account ACCOUNT, --integration IDENTIFIER\n"
                                     "                only theirs\n";

/* Name, words, what it does; the function; how many words; its options. */
static const struct command commands[] = {
    {"run", "", "the daemon, in the foreground: says ready, ends on SIGTERM", command_run,
     0, 0, NULL},
    {"status", "", "how the daemon is: its integrations, and what is wrong with them",
     command_status_show, 0, 0, status_options},
    {"reload", "", "the daemon reads its configuration anew, if there is nothing wrong",
     command_reload, 0, 0, NULL},
    {"check", "", "reads everything, loads every plugin, reports all problems",
     command_check, 0, 0, check_options},
    {"render", "ACCOUNT TEMPLATE", "renders a mailing with live variables", command_render,
     2, 2, render_options},
    {"template render", "TEMPLATE", "renders with given data: no account, no network",
     command_template_render, 1, 1, template_render_options},
    {"template check", "TEMPLATE", "says what is wrong with a template",
     command_template_check, 1, 1, template_check_options},
    {"template variables", "TEMPLATE", "which variables and paths it can touch",
     command_template_variables, 1, 1, template_variables_options},
    {"variable get", "ACCOUNT PATH", "one live value as JSON: shop.product.24-MB01.name",
     command_variable_get, 2, 2, variable_get_options},
    {"variable list", "ACCOUNT [IDENTIFIER]", "every variable, with an example",
     command_variable_list, 1, 2, NULL},
    {"account list", "", "the accounts", command_account_list, 0, 0, NULL},
    {"integration add", "ACCOUNT IDENTIFIER --plugin NAME [KEY=VALUE...]",
     "adds an integration to the account's file, once it is right", command_integration_add,
     2, ARGUMENTS_WORDS_MOST, integration_add_options},
    {"integration disable", "ACCOUNT IDENTIFIER",
     "no calls of it until it is enabled; its jobs wait", command_integration_disable, 2, 2,
     NULL},
    {"integration enable", "ACCOUNT IDENTIFIER",
     "calls and jobs of it go on, whatever held them up", command_integration_enable, 2, 2,
     enable_options},
    {"integration list", "[ACCOUNT]", "the integrations, and whether they can be used",
     command_integration_list, 0, 1, NULL},
    {"integration test", "ACCOUNT IDENTIFIER", "asks the remote, says what is wrong",
     command_integration_test, 2, 2, NULL},
    {"vault set", "ACCOUNT IDENTIFIER NAME",
     "keeps a secret: typed without being seen, or from standard input", command_vault_set,
     3, 3, NULL},
    {"vault list", "[ACCOUNT]", "which secrets are kept, never their values",
     command_vault_list, 0, 1, NULL},
    {"vault unset", "ACCOUNT IDENTIFIER NAME", "forgets a secret", command_vault_unset, 3,
     3, NULL},
    {"vault rekey", "", "seals all secrets by a new key", command_vault_rekey, 0, 0,
     vault_rekey_options},
    {"action run", "ACCOUNT IDENTIFIER.ACTION",
     "runs an action of an integration through the queue, and waits for it",
     command_action_run, 2, 2, action_options},
    {"record put", "ACCOUNT IDENTIFIER.ENTITY [KEY]",
     "writes fields of a record of an integration through the queue, or of many",
     command_record_put, 2, 3, record_options},
    {"record remove", "ACCOUNT IDENTIFIER.ENTITY KEY",
     "removes a record of an integration through the queue", command_record_remove, 3, 3,
     NULL},
    {"queue list", "", "what runs, and what comes next", command_queue_list, 0, 0,
     queue_options},
    {"queue failed", "", "calls that failed for good, and why: to be retried or discarded",
     command_queue_failed, 0, 0, queue_options},
    {"queue show", "ID", "one job: its arguments, each attempt, the remote's words",
     command_queue_show, 1, 1, NULL},
    {"queue retry", "[ID...]", "failed jobs run again, from their first attempt on",
     command_queue_retry, 0, ARGUMENTS_WORDS_MOST, decide_options},
    {"queue discard", "[ID...]", "failed or waiting jobs never run", command_queue_discard,
     0, ARGUMENTS_WORDS_MOST, decide_options},
    {"event emit", "ACCOUNT IDENTIFIER.TYPE",
     "something happened, as a person says: follow-ups start as with any event",
     command_event_emit, 2, 2, emit_options},
    {"event list", "", "what happened, newest first", command_event_list, 0, 0,
     event_options},
    {"followup list", "[ACCOUNT]", "the follow-ups, and how many runs are in which state",
     command_followup_list, 0, 1, NULL},
    {"followup test", "ACCOUNT [NAME...]",
     "what follow-ups would do because of recorded events, without doing it",
     command_followup_test, 1, ARGUMENTS_WORDS_MOST, rehearse_options},
    {"followup why", "ACCOUNT NAME --key KEY",
     "what became of an event, or why nothing did: each stage, as it was then",
     command_followup_why, 2, 2, why_options},
    {"event show", "ID", "one event with all its data", command_event_show, 1, 1, NULL},
    {"event replay", "[ID...]",
     "follow-ups that an event did not start then judge it now, each once for ever",
     command_event_replay, 0, ARGUMENTS_WORDS_MOST, replay_options},
    {"event sources", "", "where events come from, and how far that was read",
     command_event_sources, 0, 0, source_options},
    {"event types", "ACCOUNT [IDENTIFIER]", "what can happen, with an example of each",
     command_event_types, 1, 2, NULL},
    {"consent show", "ACCOUNT ADDRESS",
     "may this person be written to: since when, and because of what", command_consent_show,
     2, 2, NULL},
    {"plugin list", "", "the plugins that are there", command_plugin_list, 0, 0, NULL},
    {"plugin inspect", "NAME|FILE", "what a plugin declares, as a commented INI section",
     command_plugin_inspect, 1, 1, NULL},
};
static const struct commands all = {commands, sizeof commands / sizeof *commands};

/* In the build tree and when installed: bin/imh, lib/imh/imh-worker, lib/imh/plugins. */
static void find_programs(struct context *context)
{
    char self[2048];
    char beside[2100];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    self[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(self, '/');
    if (slash) {
        *slash = '\0';
    }
    (void)snprintf(beside, sizeof beside, "%s/../lib/imh", self);
    if (!realpath(beside, context->programs)) {
        (void)snprintf(context->programs, sizeof context->programs, "/usr/lib/imh");
    }
    (void)snprintf(context->plugins, sizeof context->plugins, "%.4000s/plugins",
                   context->programs);
}

static const char *default_config(void)
{
    struct stat status;
    return stat("imh.ini", &status) == 0 ? "imh.ini" : "/etc/imh/imh.ini";
}

/* Sets what the word switches on; false when it is no switch. */
static bool take_switch(struct context *context, const char *word)
{
    const struct {
        const char *name;
        bool *on;
    } switches[] = {{"--json", &context->json},
                    {"--in-process", &context->in_process},
                    {"--help", &context->help},
                    {"-h", &context->help}};
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++) {
        if (strcmp(word, switches[i].name) == 0) {
            *switches[i].on = true;
            return true;
        }
    }
    return false;
}

/* Takes the options that every command has out of the words, wherever they stand. */
static bool take_global(struct context *context, int *argc, char **argv)
{
    int kept = 0;
    bool only_words = false;
    for (int i = 0; i < *argc; i++) {
        only_words = only_words || strcmp(argv[i], "--") == 0;
        if (!only_words && take_switch(context, argv[i])) {
            continue;
        }
        if (!only_words && strcmp(argv[i], "-c") == 0) {
            if (++i == *argc) {
                return false;
            }
            context->config_file = argv[i];
        } else {
            argv[kept++] = argv[i];
        }
    }
    *argc = kept;
    return true;
}

/* A standard file that is closed would be the next one we open, and messages would go into
 * it. In its place stands one that fails. */
static void keep_standard_files(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0) {
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        }
    }
}

/* From now on no other program of our user looks into this one, which may know secrets. */
static bool hide(struct error *error)
{
#ifdef IMH_SANITIZE
    (void)error;
    return true; /* leaks are looked for by attaching to ourselves */
#else
    return cage_hide(error);
#endif
}

static int run_command(struct context *context, int argc, char **argv)
{
    int words;
    const struct command *command = help_find(&all, argc, argv, &words);
    if (!command) {
        return help_unknown(&all, argc, argv);
    }
    context->command = command;
    context->environment = environment_make();
    int status = command->run(context, argc - words, argv + words);
    context_done(context);
    return status;
}

int main(int argc, char **argv)
{
    struct context context = {.config_file = default_config()};
    struct error error;
    keep_standard_files();
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a file at its limit is an error, not the end */
    if (!hide(&error)) {
        return command_fail(EXIT_OUR_BUG, "%s", error.text);
    }
    argc--;
    argv++;
    log_init(&context.log, IMH_WARNING);
    find_programs(&context);
    if (!take_global(&context, &argc, argv)) {
        return command_fail(EXIT_WRONG_USE, "-c needs a file: see 'imh --help'");
    }
    if (argc > 0 && strcmp(argv[0], "help") == 0) {
        return help_print(&all, argc - 1, argv + 1);
    }
    if (context.help) {
        return help_print(&all, argc, argv);
    }
    if (argc == 0) {
        return command_fail(EXIT_WRONG_USE, "no command given: see 'imh --help'");
    }
    if (strcmp(argv[0], "--version") == 0) {
        return command_print(STR_OF("imh " IMH_VERSION "\n"));
    }
    return run_command(&context, argc, argv);
}
