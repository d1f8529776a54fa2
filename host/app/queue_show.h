/* queue_show - one job of the queue, printed: its own JSON as it is kept, every digit. */
#ifndef HOST_APP_QUEUE_SHOW_H
#define HOST_APP_QUEUE_SHOW_H

#include <stdbool.h>

#include <jansson.h>

#include "base/text.h"

/* The answer to "queue show" (queue_desk.h): one line for programs, or a member a line for
 * people. Gives what to exit with. */
int queue_show_print(json_t *job, bool for_programs);

/* Adds a value as JSON; texts with JSON in them, as those of a job have, are that. */
void queue_show_add(struct text *out, const char *name, json_t *value);

/* Prints lines as people may see them. */
int queue_show_lines(struct str lines);

#endif
