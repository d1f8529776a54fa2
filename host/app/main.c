/* imh: all that a user types. */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/command.h"

static const struct command commands[] = {
    {"check", "", "reads everything, loads every plugin, reports all problems",
     command_check},
    {"render",
     "ACCOUNT TEMPLATE [--data JSON] [--recipients FILE] [--output DIR]\n"
     "             [--escape html|none] [--stats]",
     "renders a mailing with live variables", command_render},
    {"template render", "TEMPLATE [--data FILE.json] [--escape html|none] [--now TIME]",
     "renders with given data: no account, no network", command_template_render},
    {"template check", "TEMPLATE", "says what is wrong with a template",
     command_template_check},
    {"template variables", "TEMPLATE", "which variables and paths it can touch",
     command_template_variables},
    {"variable get", "ACCOUNT PATH", "one live value as JSON: shop.product.24-MB01.name",
     command_variable_get},
    {"variable list", "ACCOUNT [IDENTIFIER]", "every variable, with an example",
     command_variable_list},
    {"account list", "", "the accounts", command_account_list},
    {"integration list", "[ACCOUNT]", "the integrations, and whether they can be used",
     command_integration_list},
    {"plugin list", "", "the plugins that are there", command_plugin_list},
    {"plugin inspect", "NAME|FILE", "what a plugin declares, as a commented INI section",
     command_plugin_inspect},
};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static int print_help(void)
{
    (void)printf("usage: imh [-c imh.ini] [--json] COMMAND\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        (void)printf("  imh %s %s\n      %s\n", commands[i].name, commands[i].words,
                     commands[i].help);
    }
    (void)printf("\n"
                 "  -c FILE       the host's configuration (default: imh.ini here, else "
                 "/etc/imh/imh.ini)\n"
                 "  --json        output for programs\n"
                 "  --in-process  plugins run inside imh, for a debugger\n"
                 "  --version     prints the version\n");
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_CANNOT_WRITE;
}

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

/* Takes the options that every command has out of the words, wherever they stand. */
static bool take_global(struct context *context, int *argc, char **argv)
{
    int kept = 0;
    for (int i = 0; i < *argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            context->json = true;
        } else if (strcmp(argv[i], "--in-process") == 0) {
            context->in_process = true;
        } else if (strcmp(argv[i], "-c") == 0) {
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

/* How many of the first words are this command; 0 when they are another. */
static int match(const struct command *command, int argc, char **argv)
{
    struct str rest = str_from(command->name);
    struct str word;
    int count = 0;
    while (str_word(&rest, &word)) {
        if (count == argc || !str_is(word, argv[count])) {
            return 0;
        }
        count++;
    }
    return count;
}

static int run_command(struct context *context, int argc, char **argv)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        int words = match(&commands[i], argc, argv);
        if (words > 0) {
            int status = commands[i].run(context, argc - words, argv + words);
            context_done(context);
            return status;
        }
    }
    struct text names;
    struct text hint;
    text_init(&names, 1024);
    text_init(&hint, 256);
    text_add_cstr(&names, "check render template variable account integration plugin");
    problems_suggest(&hint, str_from(argv[0]), text_str(&names));
    int status = command_fail(
        EXIT_WRONG_USE, "unknown command '%s%s%s'%s: see 'imh --help'", argv[0],
        argc > 1 ? " " : "", argc > 1 ? argv[1] : "", text_cstr(&hint));
    text_done(&hint);
    text_done(&names);
    return status;
}

int main(int argc, char **argv)
{
    struct context context = {.config_file = default_config()};
    (void)signal(SIGPIPE, SIG_IGN);
    argc--;
    argv++;
    log_init(&context.log, IMH_WARNING);
    find_programs(&context);
    if (!take_global(&context, &argc, argv)) {
        return command_fail(EXIT_WRONG_USE, "-c needs a file: see 'imh --help'");
    }
    if (argc == 0) {
        (void)print_help();
        return EXIT_WRONG_USE;
    }
    if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "help") == 0 ||
        strcmp(argv[argc - 1], "--help") == 0) {
        return print_help();
    }
    if (strcmp(argv[0], "--version") == 0) {
        return command_print(STR_OF("imh " IMH_VERSION "\n"));
    }
    return run_command(&context, argc, argv);
}
