/* http - requests to the outside, many side by side, by libcurl.
 *
 * Never follows a redirect, not even to the same server: whoever configures an address
 * configures the one that answers. Never uses a proxy from the environment, keeps no
 * cookies, always checks TLS certificates, goes to private addresses only when that is
 * allowed. What a remote may send is limited (http_intake), and how long it may take.
 * Connections are kept and used again, but not for what may not be sent twice: a server
 * that closes a kept connection leaves open whether it has read the request.
 *
 * Thread: the one that made it (imh-net has one).
 */
#ifndef HOST_NET_HTTP_H
#define HOST_NET_HTTP_H

#include <poll.h>

#include "base/own.h"
#include "net/http_intake.h"

/* Most bytes of all answers that are coming in. */
enum { HTTP_HELD_BYTES = 64 << 20 };

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
    struct str ca;      /* PEM: whom to trust instead of the system's authorities */
};

/* What came back; lent for the time of the callback. */
struct http_reply {
    imh_status status; /* by the table in imh.h */
    uint32_t after_s;
    uint32_t code;      /* 0: no answer came */
    uint32_t cut_code;  /* of one that came in part; then `code` is 0 */
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

/* Bytes of the answers that are coming in. */
size_t http_held(const struct http *http);

/* Ends it at once; `done` is not called. */
void http_cancel(struct http_exchange *exchange);

/* Waits up to `wait_ms` for remotes and for `fds`, moves everything on, calls `done` for
 * what has ended. The revents of `fds` are set. */
void http_wait(struct http *http, struct pollfd *fds, unsigned fd_count, int64_t wait_ms);

#endif
