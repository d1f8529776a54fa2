/* help - the commands as people look them up: all of them, a group, one; and the nearest
 * when there is no such command. */
#ifndef HOST_APP_HELP_H
#define HOST_APP_HELP_H

#include "app/command.h"

struct commands {
    const struct command *items;
    size_t count;
};

/* The command that the first words name, and how many they are; NULL when there is none. */
const struct command *help_find(const struct commands *commands, int argc, char **argv,
                                int *words);

/* Prints the command or the group that the words name; all commands when there are none. */
int help_print(const struct commands *commands, int argc, char **argv);

/* The words name no command: says which one may be meant. */
int help_unknown(const struct commands *commands, int argc, char **argv);

#endif
