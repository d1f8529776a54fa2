/* command - what a user types: one row a command, one function a row.
 *
 * A function gets the words behind the command and gives the exit status. Errors are one
 * line on stderr: "imh: what went wrong: what to do".
 */
#ifndef HOST_APP_COMMAND_H
#define HOST_APP_COMMAND_H

#include <limits.h>

#include "app/arguments.h"
#include "app/config.h"
#include "store/store.h"

enum {
    EXIT_DONE = 0,
    EXIT_NO = 1, /* the thing asked about is not so */
    EXIT_WRONG_USE = 2,
    EXIT_BAD_DATA = 65,    /* template, JSON */
    EXIT_UNAVAILABLE = 69, /* a remote cannot be used */
    EXIT_OUR_BUG = 70,
    EXIT_CANNOT_WRITE = 73,
    EXIT_LATER = 75, /* try again later */
    EXIT_DENIED = 77,
    EXIT_BAD_CONFIG = 78
};

struct command;

/* What all commands share. */
struct context {
    const struct command *command; /* which one this is */
    const char *config_file;
    char programs[PATH_MAX]; /* the folder of imh-net and imh-worker */
    char plugins[PATH_MAX];  /* the folder of the plugins that came with them */
    bool json, in_process, help;
    struct log log;
    struct environment *environment; /* secrets that came by it */
    struct safe *safe;               /* after context_config() */
    struct config config;            /* after context_config() */
    bool has_config;
    struct supervisor *supervisor; /* after context_supervisor() */
    struct supervisor_settings settings;
    struct store *store; /* after context_store() */
};

struct command {
    const char *name;  /* "plugin inspect" */
    const char *words; /* "NAME|FILE" */
    const char *help;  /* one sentence */
    int (*run)(struct context *context, int argc, char **argv);
    int least, most;     /* how many words it takes */
    const char *options; /* what --help tells of its own, a line each; NULL: it has none */
};

int command_action_run(struct context *context, int argc, char **argv);
int command_check(struct context *context, int argc, char **argv);
int command_consent_show(struct context *context, int argc, char **argv);
int command_account_list(struct context *context, int argc, char **argv);
int command_integration_add(struct context *context, int argc, char **argv);
int command_integration_disable(struct context *context, int argc, char **argv);
int command_integration_enable(struct context *context, int argc, char **argv);
int command_integration_list(struct context *context, int argc, char **argv);
int command_integration_test(struct context *context, int argc, char **argv);
int command_plugin_list(struct context *context, int argc, char **argv);
int command_plugin_inspect(struct context *context, int argc, char **argv);
int command_followup_list(struct context *context, int argc, char **argv);
int command_followup_test(struct context *context, int argc, char **argv);
int command_followup_why(struct context *context, int argc, char **argv);
int command_event_emit(struct context *context, int argc, char **argv);
int command_event_replay(struct context *context, int argc, char **argv);
int command_event_list(struct context *context, int argc, char **argv);
int command_event_show(struct context *context, int argc, char **argv);
int command_event_sources(struct context *context, int argc, char **argv);
int command_event_types(struct context *context, int argc, char **argv);
int command_queue_discard(struct context *context, int argc, char **argv);
int command_queue_failed(struct context *context, int argc, char **argv);
int command_queue_list(struct context *context, int argc, char **argv);
int command_queue_retry(struct context *context, int argc, char **argv);
int command_queue_show(struct context *context, int argc, char **argv);
int command_record_put(struct context *context, int argc, char **argv);
int command_record_remove(struct context *context, int argc, char **argv);
int command_reload(struct context *context, int argc, char **argv);
int command_render(struct context *context, int argc, char **argv);
int command_run(struct context *context, int argc, char **argv);
int command_status_show(struct context *context, int argc, char **argv);
int command_template_render(struct context *context, int argc, char **argv);
int command_template_check(struct context *context, int argc, char **argv);
int command_template_variables(struct context *context, int argc, char **argv);
int command_variable_get(struct context *context, int argc, char **argv);
int command_variable_list(struct context *context, int argc, char **argv);
int command_vault_list(struct context *context, int argc, char **argv);
int command_vault_rekey(struct context *context, int argc, char **argv);
int command_vault_set(struct context *context, int argc, char **argv);
int command_vault_unset(struct context *context, int argc, char **argv);

/* ---- for the commands ---- */

/* Prints the line on stderr; what would steer a terminal or break the line is escaped. */
PRINTF_LIKE(1, 2) void command_tell(const char *format, ...);

/* The same, behind "imh: ", and gives the status back. */
PRINTF_LIKE(2, 3) int command_fail(int status, const char *format, ...);

/* As command_fail() with EXIT_WRONG_USE and a pointer to the command's --help. */
int command_misused(const struct context *context, const struct error *error);

/* The words behind the command, as many as it takes, and its options. EXIT_DONE, or it was
 * said what is wrong: what to exit with. */
int command_words(const struct context *context, int argc, char **argv,
                  const struct flag *flags, size_t flag_count, struct words *words);

/* The exit status for what went wrong at a remote. */
int command_status(imh_status status);

/* What can be done about that: "try again in 7 s". */
struct remedy {
    char text[40];
};
const char *command_remedy(const struct error *error, struct remedy *room);

/* Prints what went wrong at a remote and the remedy; gives the exit status. */
int command_fail_remote(const struct error *error);

/* The exit status for what went wrong with the store or the vault. */
int command_store_status(imh_status status);

/* Prints why the store cannot be used; gives the exit status. */
int command_fail_store(const struct error *error);

/* The same, where what was asked for may be refused: that is bad data. */
int command_fail_asked(const struct error *error);

/* Keeps it in the vault, and says so when that made the vault's key; EXIT_DONE or what to
 * exit with. */
int command_keep_secret(struct context *context, const struct seal_place *place,
                        const struct secret *value);

/* Something that is no error, but not what people expect: "acme.ini:12: warning: ...". */
PRINTF_LIKE(2, 3)
void command_warn(const struct integration *integration, const char *format, ...);

/* Writes to stdout; EXIT_CANNOT_WRITE when that is not possible. */
int command_print(struct str text);

/* JSON; what may steer a terminal, in texts of remotes, is escaped in it. */
int command_print_json(struct str json);

/* The table as --json says. */
struct table;
int command_print_table(const struct context *context, const struct table *table,
                        const char *const *names);

/* EXIT_DONE when there are no problems, else EXIT_BAD_CONFIG or what else they mean. */
int command_problems_status(const struct problems *problems);

/* Asks the integration's remote whether it can be used, and tells; EXIT_NO if it cannot. */
int command_connect(struct context *context, const struct integration *integration);

/* Prints all problems; gives their status. */
int command_problems(struct problems *problems);

/* Reads the configuration, of one account or all; EXIT_DONE or what to exit with. */
int context_config(struct context *context, const char *only, struct problems *problems);

/* Only imh.ini: for commands that need no account. */
int context_host(struct context *context, struct problems *problems);

/* The last integration was checked: lets others have the store, prints all problems, gives
 * their status. */
int context_checked(struct context *context, struct problems *problems);

/* After a configuration was read: plugins come from where imh's own are, unless it says
 * otherwise. */
void context_default_plugins(struct context *context);

/* Takes secrets out of the environment, starts imh-net and makes ready for plugins;
 * EXIT_DONE or what to exit with. */
int context_supervisor(struct context *context);

/* The same, with processes of our own where a daemon is at work, too. */
int context_own_supervisor(struct context *context);

/* Which integrations of the configuration are disabled for a while; what keeps that from
 * being known goes into `unread`, else IMH_OK ... */
void context_halts(struct context *context, struct error *unread);

/* ... and is a problem, unless secrets could not be read for the same reason. */
void context_unread(const struct error *unread, struct problems *problems);

/* Reads the account's configuration, starts what is needed and checks one integration;
 * EXIT_DONE, or it was said what is wrong: what to exit with. */
int context_integration(struct context *context, const char *account_name,
                        struct str identifier, struct configured **configured);

/* Where the configured store is, and how long to wait for another process that has it. */
struct store_settings context_store_settings(const struct context *context,
                                             int64_t wait_ms);

/* Opens the store, after waiting some seconds for another command that has it; EXIT_DONE or
 * what to exit with. */
int context_store(struct context *context);

void context_done(struct context *context);

#endif
