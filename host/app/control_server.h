/* control_server - the daemon's end of the control socket: who is connected, what they ask.
 *
 * Never blocks. One that asks more than it reads answers of is let go; of too many at once
 * the last is told to come again.
 *
 * Thread: the one that made it.
 */
#ifndef HOST_APP_CONTROL_SERVER_H
#define HOST_APP_CONTROL_SERVER_H

#include <poll.h>

#include "app/control.h"
#include "base/own.h"

enum { CONTROL_CLIENTS_MOST = 64, CONTROL_FDS_MOST = CONTROL_CLIENTS_MOST + 1 };

struct control_server;

/* What is done with what comes. Everything is lent for the call. */
struct control_handler {
    void *self;
    /* Any other question, answered at once: true and JSON, or false and why not. */
    bool (*answer)(void *self, const struct control_question *question, struct text *json,
                   struct error *error);
    /* Is it one that is answered later, by control_server_send()? Then it is under way. */
    bool (*later)(void *self, const struct control_question *question);
    /* Figures, in the text format of Prometheus, for who asks by HTTP: control_http.h. */
    bool (*metrics)(void *self, struct text *out, struct error *error);
    /* Any other message, of the peer with that number; false: it has to go. */
    bool (*message)(void *self, uint64_t peer, const struct frame *frame);
};

/* The state directory has to be claimed. Errors: IMH_REJECTED the socket cannot be made. */
struct control_server *control_server_make(const char *state,
                                           const struct control_handler *handler,
                                           struct error *error);

/* Who connects later finds nobody; answers that were not read are lost. */
void control_server_free(struct control_server *server);
OWN_BY(control_server);

/* What to poll() for; at most CONTROL_FDS_MOST are filled. */
unsigned control_server_fds(const struct control_server *server, struct pollfd *fds);

/* Who is connected. */
unsigned control_server_count(const struct control_server *server);

/* Is the peer still there? */
bool control_server_has(const struct control_server *server, uint64_t peer);

/* Sends the peer a message, if it is still there: it may have hung up. */
void control_server_send(struct control_server *server, uint64_t peer, uint32_t kind,
                         uint64_t id, struct text *payload);

/* Takes who comes, answers who asks. */
void control_server_turn(struct control_server *server);

#endif
