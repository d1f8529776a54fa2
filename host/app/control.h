/* control - how commands talk to a running `imh run`: questions and answers over the socket
 * STATE/control.sock.
 *
 * A frame is a message of this room, or an errand (message.h); its id is the asker's own
 * count, and an answer has that of its question. Only the user whom the daemon runs as, and
 * root, are listened to: they could read everything it has anyway.
 */
#ifndef HOST_APP_CONTROL_H
#define HOST_APP_CONTROL_H

#include <sys/stat.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/wire.h"

enum control_kind {
    CONTROL_ASK = 1000, /* struct control_question; below it are those of message.h */
    CONTROL_ANSWER,     /* JSON */
    CONTROL_FAILURE     /* struct error */
};

/* One of the daemon's operations, see operation.h. */
struct control_question {
    struct str operation; /* "vault set" */
    struct str arguments; /* a JSON object, or empty */
    struct str secret;    /* what must not lie around as JSON */
    uid_t asker;          /* who it is: filled by the server, as are ... */
    uint64_t peer, id;    /* ... the numbers of the connection and of the question */
};

void control_question_put(struct text *payload, const struct control_question *question);
bool control_question_get(struct str payload, struct control_question *question);

void control_failure_put(struct text *payload, const struct error *error);
bool control_failure_get(struct str payload, struct error *error);

/* The socket in the state directory, listening or connected; the directory's name may be
 * longer than a socket's address. -1: not possible, and `errno` says why. */
int control_listen(const char *state);

/* What lies there by that name; false: nothing does. */
bool control_look(const char *state, struct stat *found);

/* Takes away what listened there, by whoever still has the directory claimed: unless it is
 * another by now, as in a directory that was moved and made anew. */
void control_remove(const char *state, const struct stat *listened);

int control_dial(const char *state);

#endif
