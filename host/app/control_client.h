/* control_client - a command's end of the control socket: asks the daemon and waits.
 *
 * Thread: the one that made it.
 */
#ifndef HOST_APP_CONTROL_CLIENT_H
#define HOST_APP_CONTROL_CLIENT_H

#include <jansson.h>

#include "app/control.h"
#include "base/own.h"

enum {
    CONTROL_PATIENCE_MS = 60000, /* so long an answer is waited for ... */
    CONTROL_QUICK_MS = 5000      /* ... or, by who is in a hurry, so long */
};

struct control_client;

/* NULL: IMH_MISSING when no daemon has this state directory, else what is in the way. */
struct control_client *control_connect(const char *state, struct error *error);
void control_client_free(struct control_client *client);
OWN_BY(control_client);

void control_be_quick(struct control_client *client);

/* The answer is added to `json`, which may be NULL when nobody wants it. Errors: those of
 * the operation; IMH_WAIT when the daemon does not answer, IMH_UNKNOWN when it ended. */
bool control_ask(struct control_client *client, const struct control_question *question,
                 struct text *json, struct error *error);

/* The same with JSON; takes the arguments over. NULL, and the error as above. */
json_t *control_ask_json(struct control_client *client, const char *operation,
                         json_t *arguments, struct str secret, struct error *error);

#endif
