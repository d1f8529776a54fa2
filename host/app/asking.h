/* asking - a command asks the daemon that has the store or, when there is none, the store.
 */
#ifndef HOST_APP_ASKING_H
#define HOST_APP_ASKING_H

#include <jansson.h>

#include "app/command.h"
#include "app/control_client.h"

struct asking {
    struct context *context;
    struct control_client *daemon; /* NULL: the store itself */
};

/* What to exit with when neither can be asked; then it was said why. */
int asking_open(struct asking *asking, struct context *context);
void asking_close(struct asking *asking);

/* Asks the daemon "<desk> <what>", or `alone` the store. Takes the arguments over. NULL: it
 * was said why, and `status` is what to exit with. */
json_t *asking_ask(const struct asking *asking, const char *desk, const char *what,
                   json_t *arguments,
                   json_t *(*alone)(const struct asking *asking, const char *what,
                                    json_t *arguments, struct error *error),
                   int *status);

/* 0: the word is no number that a job or an event can have. */
int64_t asking_number(const char *word);

/* "2h" ago, a day, or a moment: "2026-11-28T10:00:00Z". EXIT_DONE, or what to exit with. */
int asking_since(const char *word, int64_t *since_ms);

/* Members of a question; NULL sets none. */
void asking_set_text(json_t *question, const char *name, const char *value);
void asking_set_number(json_t *question, const char *name, const char *value);

/* Nothing was found: are these names that the configuration has? NULL: none was said. Only
 * then, as the store still has things of those that have left it. */
int asking_check_names(const struct asking *asking, const char *account,
                       const char *integration);

/* The answer's "items" as a table with these members, or as JSON. When more are behind
 * them, people are told how to get there: by this option; NULL: there are never more. */
int asking_print_items(const struct asking *asking, const json_t *answer,
                       const char *const *names, unsigned count, const char *option);

#endif
