/* operation - what a running daemon can be asked to do: a name, JSON in, JSON out.
 *
 * Thread: the daemon's.
 */
#ifndef HOST_APP_OPERATION_H
#define HOST_APP_OPERATION_H

#include <jansson.h>

#include "app/daemon.h"

/* What was asked, and of whom. */
struct operation {
    struct daemon *daemon;
    json_t *arguments;
    struct str secret; /* what came beside the arguments */
    uid_t asker;
};

/* Answers questions of the control socket; `self` is the daemon. Errors: those of the
 * operation; IMH_REJECTED when there is none of that name. */
bool operation_answer(void *self, const struct control_question *question,
                      struct text *json, struct error *error);

/* Begins what need not be waited for; its answer is sent when it has ended. false: it is
 * none of these. */
bool operation_later(void *self, const struct control_question *question);

/* An empty object, for an operation with nothing to say; NULL when memory is out. */
json_t *operation_done(struct error *error);

#endif
