#include "app/help.h"

#include <stdio.h>

enum { HELP_BYTES = 16 << 10 };

/* How many words at the front of `argv` are those of the name, in order. */
static int common_words(struct str name, int argc, char **argv)
{
    struct str word;
    int count = 0;
    while (count < argc && str_word(&name, &word) && str_is(word, argv[count])) {
        count++;
    }
    return count;
}

static int word_count(struct str name)
{
    struct str word;
    int count = 0;
    while (str_word(&name, &word)) {
        count++;
    }
    return count;
}

const struct command *help_find(const struct commands *commands, int argc, char **argv,
                                int *words)
{
    for (size_t i = 0; i < commands->count; i++) {
        struct str name = str_from(commands->items[i].name);
        int count = word_count(name);
        if (common_words(name, argc, argv) == count) {
            *words = count;
            return &commands->items[i];
        }
    }
    return NULL;
}

/* ---- what there is ---- */

static void add_all(const struct commands *commands, struct text *out)
{
    text_add_cstr(out, "usage: imh [-c imh.ini] [--json] COMMAND\n\n");
    for (size_t i = 0; i < commands->count; i++) {
        const struct command *command = &commands->items[i];
        text_print(out, "  imh %s%s%s%s\n      %s\n", command->name,
                   *command->words ? " " : "", command->words,
                   command->options ? " [OPTION...]" : "", command->help);
    }
    text_add_cstr(out,
                  "\n"
                  "  COMMAND --help  what one command takes\n"
                  "  -c FILE         the host's configuration (default: imh.ini here, else "
                  "/etc/imh/imh.ini)\n"
                  "  --json          output for programs\n"
                  "  --in-process    plugins run inside imh, for a debugger\n"
                  "  --version       prints the version\n");
}

static void add_one(const struct command *command, struct text *out)
{
    const char *options = command->options;
    text_print(out, "usage: imh %s%s%s%s\n\n%s\n%s%s", command->name,
               *command->words ? " " : "", command->words, options ? " [OPTION...]" : "",
               command->help, options ? "\n" : "", options ? options : "");
}

/* All commands whose names begin with the words; how many these are. */
static unsigned add_group(const struct commands *commands, int argc, char **argv,
                          struct text *out)
{
    unsigned count = 0;
    for (size_t i = 0; i < commands->count; i++) {
        struct str name = str_from(commands->items[i].name);
        if (common_words(name, argc, argv) == argc) {
            text_add_cstr(out, count++ > 0 ? "\n" : "");
            add_one(&commands->items[i], out);
        }
    }
    return count;
}

int help_print(const struct commands *commands, int argc, char **argv)
{
    struct text out;
    int words;
    bool found = true;
    const struct command *command = help_find(commands, argc, argv, &words);
    text_init(&out, HELP_BYTES);
    if (argc == 0) {
        add_all(commands, &out);
    } else if (command) {
        add_one(command, &out);
    } else {
        found = add_group(commands, argc, argv, &out) > 0;
    }
    int status = found ? command_print(text_str(&out)) : help_unknown(commands, argc, argv);
    text_done(&out);
    return status;
}

/* ---- what there is not ---- */

/* Word number `at` of all commands that begin with the same words. */
static void list_words(const struct commands *commands, int at, char **argv,
                       struct text *names)
{
    for (size_t i = 0; i < commands->count; i++) {
        struct str rest = str_from(commands->items[i].name);
        struct str word = {"", 0};
        if (common_words(rest, at, argv) == at) {
            for (int skip = 0; skip <= at; skip++) {
                (void)str_word(&rest, &word);
            }
            text_print(names, "%.*s ", STR_ARGS(word));
        }
    }
}

int help_unknown(const struct commands *commands, int argc, char **argv)
{
    struct text names;
    int at = 0;
    for (size_t i = 0; i < commands->count; i++) {
        int same = common_words(str_from(commands->items[i].name), argc, argv);
        at = same > at ? same : at;
    }
    text_init(&names, HELP_BYTES);
    list_words(commands, at, argv, &names);
    const char *group = at > 0 ? argv[0] : "";
    const char *blank = at > 0 ? " " : "";
    struct str nearest = {"", 0};
    if (at < argc) {
        nearest = problems_nearest(str_from(argv[at]), text_str(&names));
    }
    int status =
        nearest.len > 0
            ? command_fail(EXIT_WRONG_USE,
                           "unknown command '%s%s%s': did you mean '%s%s%.*s'?", group,
                           blank, argv[at], group, blank, STR_ARGS(nearest))
        : at < argc
            ? command_fail(EXIT_WRONG_USE, "unknown command '%s%s%s': see 'imh %s%s--help'",
                           group, blank, argv[at], group, blank)
            : command_fail(EXIT_WRONG_USE,
                           "'%s' is not a command by itself: see 'imh %s --help'", group,
                           group);
    text_done(&names);
    return status;
}
