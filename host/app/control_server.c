#include "app/control_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/control_http.h"
#include "base/channel.h"

/* Of answers: who leaves more is let go. More than all that is kept for commands: one may
 * ask for it at once. */
enum { UNREAD_BYTES = 32 << 20 };

struct client {
    struct client *next;
    struct channel *channel;
    enum control_speech speech;
    struct control_http *http; /* it speaks that, and nothing else */
    uint64_t number;
    uid_t user;
    bool asked; /* anything, ever */
    bool lost;  /* it does not read: it goes at the next turn */
};

struct control_server {
    int fd;
    char *state;          /* the directory of the socket ... */
    struct stat listened; /* ... which is this */
    struct control_handler handler;
    struct client *clients;
    unsigned count;
    uint64_t last;
};

struct control_server *control_server_make(const char *state,
                                           const struct control_handler *handler,
                                           struct error *error)
{
    struct control_server *server = calloc(1, sizeof *server);
    if (!server) {
        (void)error_set(error, IMH_RETRY, "no memory");
        return NULL;
    }
    *server = (struct control_server){.handler = *handler};
    server->state = strdup(state);
    server->fd = server->state ? control_listen(state) : -1;
    if (server->fd < 0 || !control_look(state, &server->listened)) {
        (void)error_set(error, IMH_REJECTED, "%s/control.sock: %s", state, strerror(errno));
        free(server->state);
        free(server);
        return NULL;
    }
    return server;
}

static void free_client(struct client *client)
{
    control_http_free(client->http);
    channel_free(client->channel);
    free(client);
}

void control_server_free(struct control_server *server)
{
    if (!server) {
        return;
    }
    while (server->clients) {
        struct client *client = server->clients;
        server->clients = client->next;
        (void)channel_flush(client->channel);
        free_client(client);
    }
    control_remove(server->state,
                   &server->listened); /* before the next daemon has its own */
    (void)close(server->fd); /* who connects now is refused, whatever lies in the folder */
    free(server->state);
    free(server);
}

unsigned control_server_fds(const struct control_server *server, struct pollfd *fds)
{
    unsigned count = 0;
    fds[count++] = (struct pollfd){.fd = server->fd, .events = POLLIN};
    for (const struct client *at = server->clients; at; at = at->next) {
        short events =
            at->http ? control_http_events(at->http) : channel_events(at->channel);
        fds[count++] = (struct pollfd){.fd = channel_fd(at->channel), .events = events};
    }
    return count;
}

unsigned control_server_count(const struct control_server *server)
{
    return server->count;
}

/* ---- who comes ---- */

static bool is_welcome(int fd, uid_t *user)
{
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) {
        return false;
    }
    *user = peer.uid;
    return peer.uid == geteuid() || peer.uid == 0;
}

/* Of those that only connected, the one that did so first goes: commands ask at once. */
static void drop_silent(struct control_server *server)
{
    struct client **last = NULL;
    for (struct client **at = &server->clients; *at; at = &(*at)->next) {
        last = (*at)->asked ? last : at;
    }
    if (last) {
        struct client *client = *last;
        *last = client->next;
        server->count--;
        free_client(client);
    }
}

/* Says so, as the answer to whatever it asks first. */
static void refuse(int fd)
{
    struct error error;
    struct text payload;
    struct channel *channel = channel_make(fd, false);
    (void)error_set(&error, IMH_WAIT, "too many commands at once: try again");
    text_init(&payload, 4096);
    control_failure_put(&payload, &error);
    if (channel) {
        (void)channel_send(channel, CONTROL_FAILURE, 0, &payload, -1);
    }
    text_done(&payload);
    channel_free(channel);
}

/* Takes the descriptor over. */
static void add_client(struct control_server *server, int fd)
{
    uid_t user = 0;
    if (server->count >= CONTROL_CLIENTS_MOST) {
        drop_silent(server);
    }
    bool welcome = is_welcome(fd, &user);
    if (welcome && server->count >= CONTROL_CLIENTS_MOST) {
        refuse(fd);
        return;
    }
    struct client *client = welcome ? calloc(1, sizeof *client) : NULL;
    if (!client) {
        (void)close(fd);
        return;
    }
    client->user = user;
    client->number = ++server->last;
    client->channel = channel_make(fd, false);
    if (!client->channel) {
        free(client);
        return;
    }
    channel_wipe(client->channel); /* secrets may come through it */
    client->next = server->clients;
    server->clients = client;
    server->count++;
}

/* ---- what they ask ---- */

static bool send_answer(struct client *client, uint64_t id, uint32_t kind,
                        struct text *payload)
{
    return !payload->failed && channel_send(client->channel, kind, id, payload, -1) &&
           channel_waiting(client->channel) <= UNREAD_BYTES;
}

static bool answer(const struct control_server *server, struct client *client,
                   const struct frame *frame)
{
    struct control_question question;
    struct error error = {.status = IMH_BROKEN};
    struct text payload;
    if (frame->kind != CONTROL_ASK) {
        return server->handler.message(server->handler.self, client->number, frame);
    }
    if (!control_question_get(frame->payload, &question)) {
        return false;
    }
    question.asker = client->user;
    question.peer = client->number;
    question.id = frame->id;
    if (server->handler.later(server->handler.self, &question)) {
        return true;
    }
    text_init(&payload, WIRE_FRAME_BYTES);
    bool good = server->handler.answer(server->handler.self, &question, &payload, &error) &&
                text_ok(&payload, "the answer", &error);
    if (!good) {
        text_clear(&payload);
        control_failure_put(&payload, &error);
    }
    good =
        send_answer(client, frame->id, good ? CONTROL_ANSWER : CONTROL_FAILURE, &payload);
    text_done(&payload);
    return good;
}

/* Whoever begins with HTTP goes on with it. What has not come yet is not read: it could
 * come between this look and that. false: no memory. */
static bool listen_to(struct client *client)
{
    int fd = channel_fd(client->channel);
    if (client->speech != CONTROL_SILENT) {
        return true;
    }
    client->speech = control_http_begins(fd);
    if (client->speech == CONTROL_HTTP) {
        client->http = control_http_make(fd);
    }
    return client->speech != CONTROL_HTTP || client->http;
}

/* false: it hung up, or has to go. */
static bool serve(const struct control_server *server, struct client *client)
{
    struct frame frame;
    enum channel_state state;
    if (!listen_to(client)) {
        return false;
    }
    if (client->speech == CONTROL_SILENT) {
        return !client->lost && channel_flush(client->channel);
    }
    if (client->http) {
        return control_http_serve(client->http, server->handler.metrics,
                                  server->handler.self);
    }
    while ((state = channel_receive(client->channel, &frame)) == CHANNEL_FRAME) {
        client->asked = true;
        if (!answer(server, client, &frame)) {
            return false;
        }
    }
    return !client->lost && state != CHANNEL_CLOSED && channel_flush(client->channel);
}

static struct client *find(const struct control_server *server, uint64_t peer)
{
    struct client *client = server->clients;
    while (client && client->number != peer) {
        client = client->next;
    }
    return client;
}

bool control_server_has(const struct control_server *server, uint64_t peer)
{
    return find(server, peer) != NULL;
}

void control_server_send(struct control_server *server, uint64_t peer, uint32_t kind,
                         uint64_t id, struct text *payload)
{
    struct client *client = find(server, peer);
    if (client && !send_answer(client, id, kind, payload)) {
        client->lost = true;
    }
}

void control_server_turn(struct control_server *server)
{
    int fd;
    /* cppcheck-suppress nullPointer ; accept4() takes NULL when no address is wanted */
    while ((fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        add_client(server, fd);
    }
    struct client **at = &server->clients;
    struct client *client;
    while ((client = *at) != NULL) {
        if (serve(server, client)) {
            at = &client->next;
        } else {
            *at = client->next;
            server->count--;
            free_client(client);
        }
    }
}
