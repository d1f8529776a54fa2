/* edit_check - may the arguments of a failed job become these?
 *
 * What its plugin declares says so (engine/fit.h). A daemon asks that of whom it serves; a
 * command that works alone asks the plugin.
 */
#ifndef HOST_APP_EDIT_CHECK_H
#define HOST_APP_EDIT_CHECK_H

#include <jansson.h>

#include "app/command.h"
#include "queue/job.h"

/* What is asked of a job that the store shows; lent from it. */
struct edited {
    struct str account, integration;
    struct job job; /* kind, part and flags */
};

struct edited edit_read(const json_t *job);

/* For a command that works alone; the job's integration must be configured. EXIT_DONE, or
 * it was said what is wrong. */
int edit_check(struct context *context, const json_t *job, const char *args);

#endif
