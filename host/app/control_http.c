#include "app/control_http.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/exposition.h"

struct control_http {
    int fd;
    struct text request, reply;
    size_t sent;
    bool answered;
};

enum control_speech control_http_begins(int fd)
{
    static const struct str get = STR("GET ");
    char first[4];
    ssize_t got = recv(fd, first, sizeof first, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return CONTROL_SILENT;
    }
    return got == (ssize_t)get.len && str_eq((struct str){first, get.len}, get)
               ? CONTROL_HTTP
               : CONTROL_FRAMES;
}

struct control_http *control_http_make(int fd)
{
    struct control_http *http = calloc(1, sizeof *http);
    if (http) {
        http->fd = fd;
        text_init(&http->request, CONTROL_HTTP_BYTES);
        text_init(&http->reply, CONTROL_METRICS_BYTES);
    }
    return http;
}

void control_http_free(struct control_http *http)
{
    if (http) {
        text_done(&http->request);
        text_done(&http->reply);
        free(http);
    }
}

short control_http_events(const struct control_http *http)
{
    return http->answered ? POLLOUT : POLLIN;
}

/* ---- the answer ---- */

static void write_reply(struct control_http *http, const char *status, const char *type,
                        struct text *body)
{
    text_print(&http->reply,
               "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
               "Connection: close\r\n\r\n",
               status, type, body->len);
    text_add(&http->reply, text_str(body));
    http->answered = true;
}

static void refuse(struct control_http *http, const char *status, const char *why)
{
    struct text body;
    text_init(&body, ERROR_TEXT_BYTES + 2);
    text_print(&body, "%s\n", why);
    write_reply(http, status, "text/plain; charset=utf-8", &body);
    text_done(&body);
}

static void answer(struct control_http *http,
                   bool (*metrics)(void *self, struct text *out, struct error *error),
                   void *self)
{
    struct error error;
    struct text body;
    text_init(&body, CONTROL_METRICS_BYTES - CONTROL_HTTP_BYTES);
    if (metrics(self, &body, &error) && text_ok(&body, "the answer", &error)) {
        write_reply(http, "200 OK", EXPOSITION_TYPE, &body);
    } else {
        refuse(http, "503 Service Unavailable", error.text);
    }
    text_done(&body);
}

/* ---- the request ---- */

/* "GET /metrics HTTP/1.1"; what follows the line does not matter. */
static bool read_target(struct str request, struct str *target)
{
    struct str line = str_before(request, str_find_char(request, '\n'));
    struct str words[3];
    for (unsigned i = 0; i < 3; i++) {
        if (!str_word(&line, &words[i])) {
            return false;
        }
    }
    *target = str_before(words[1], str_find_char(words[1], '?'));
    return str_is(words[0], "GET") && str_starts(words[2], STR_OF("HTTP/1.")) &&
           str_trim(line).len == 0;
}

static bool is_whole(struct str request)
{
    return str_find(request, STR_OF("\r\n\r\n"), 0) < request.len;
}

/* false: it hung up. */
static bool read_some(struct control_http *http)
{
    char bytes[4096];
    ssize_t got = recv(http->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got > 0) {
        text_add_bytes(&http->request, bytes, (size_t)got);
    }
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

static bool send_some(struct control_http *http)
{
    size_t left = http->reply.len - http->sent;
    ssize_t sent =
        send(http->fd, http->reply.ptr + http->sent, left, MSG_DONTWAIT | MSG_NOSIGNAL);
    http->sent += sent > 0 ? (size_t)sent : 0;
    return sent > 0 || (sent < 0 && (errno == EAGAIN || errno == EINTR));
}

bool control_http_serve(struct control_http *http,
                        bool (*metrics)(void *self, struct text *out, struct error *error),
                        void *self)
{
    struct str target;
    if (!http->answered && !read_some(http)) {
        return false;
    }
    if (http->answered) {
        return send_some(http) && http->sent < http->reply.len;
    }
    if (http->request.failed) {
        refuse(http, "431 Request Header Fields Too Large", "the request is too large");
    } else if (!is_whole(text_str(&http->request))) {
        return true;
    } else if (!read_target(text_str(&http->request), &target)) {
        refuse(http, "400 Bad Request", "this is no request");
    } else if (!str_is(target, "/metrics")) {
        refuse(http, "404 Not Found", "only /metrics is here");
    } else {
        answer(http, metrics, self);
    }
    return send_some(http) && http->sent < http->reply.len;
}
