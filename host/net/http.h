/* http - requests to the outside, many side by side, by libcurl.
 *
 * Never follows a redirect, never uses a proxy from the environment, always checks TLS
 * certificates, goes to private addresses only when that is allowed. What a remote may send
 * is limited: headers, decoded body, total time. Connections are kept and used again.
 *
 * Thread: the one that made it (imh-net has one).
 */
#ifndef HOST_NET_HTTP_H
#define HOST_NET_HTTP_H

#include <poll.h>

#include "base/own.h"
#include "base/text.h"

enum {
    HTTP_BODY_BYTES = 8 << 20,    /* decoded */
    HTTP_HEADERS_BYTES = 64 << 10 /* all together */
};

struct http;

/* Starts libcurl; one per process. NULL when it cannot. */
struct http *http_make(void);
void http_free(struct http *http);
OWN_BY(http);

/* What to send; everything is copied. */
struct http_request {
    struct str method;
    struct str url;     /* absolute, by url_resolve() */
    struct str headers; /* "Name: value" lines, each ended by a newline */
    struct str body;
    uint32_t timeout_ms;
    bool repeatable;    /* sending it twice does no harm */
    bool allow_private; /* may go to what address_is_public() does not call public */
};

/* What came back; lent for the time of the callback. */
struct http_reply {
    imh_status status; /* by the table in imh.h */
    uint32_t after_s;
    uint32_t code;      /* 0: no answer came */
    const char *text;   /* what happened, for people; without secrets */
    struct str headers; /* JSON object, names in lower case */
    struct str body;
};

struct http_exchange;

/* Starts a request. `done` is called once, from http_wait(), unless it is canceled. NULL
 * and an error when it cannot be started. */
struct http_exchange *http_start(struct http *http, const struct http_request *request,
                                 void (*done)(void *self, const struct http_reply *reply),
                                 void *self, struct error *error);

/* Ends it at once; `done` is not called. */
void http_cancel(struct http_exchange *exchange);

/* Waits up to `wait_ms` for remotes and for `fds`, moves everything on, calls `done` for
 * what has ended. The revents of `fds` are set. */
void http_wait(struct http *http, struct pollfd *fds, unsigned fd_count, int64_t wait_ms);

#endif
