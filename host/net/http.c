#include "net/http.h"

#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include <curl/curl.h>

#include "base/json.h"
#include "net/address.h"
#include "net/http_problem.h"
#include "net/http_sockets.h"
#include "net/http_status.h"
#include "net/trust.h"

enum {
    CONNECTIONS_KEPT = 32,
    CONNECT_MS = 5000,
    FDS_MOST = 256 /* of other things that are waited for at the same time */
};

struct http {
    CURLM *multi;
    struct http_exchange *exchanges;
    size_t held; /* bytes of their bodies */
    struct http_sockets sockets;
};

struct http_exchange {
    struct http *http;
    struct http_exchange *next, **before;
    CURL *easy;
    struct curl_slist *headers_out;
    struct text body_out;
    struct http_intake in;
    bool crowded; /* ended for want of room, not for what it sent */
    bool fresh;   /* by a connection of its own */
    bool stale;   /* the kept connection it got was no good */
    bool repeatable;
    bool allow_private;
    char refused[INET6_ADDRSTRLEN]; /* an address it may not go to; "" for none */
    char problem[CURL_ERROR_SIZE];
    void (*done)(void *self, const struct http_reply *reply);
    void *self;
};

struct http *http_make(void)
{
    struct http *http = calloc(1, sizeof *http);
    if (!http || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(http);
        return NULL;
    }
    http->multi = curl_multi_init();
    if (!http->multi) {
        http_free(http);
        return NULL;
    }
    (void)curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
    return http;
}

/* ---- one exchange ---- */

/* A credential may be among them. */
static void wipe_lines(struct curl_slist *lines)
{
    for (struct curl_slist *at = lines; at; at = at->next) {
        explicit_bzero(at->data, strlen(at->data));
    }
    curl_slist_free_all(lines);
}

static void exchange_free(struct http_exchange *exchange)
{
    if (exchange->before) {
        *exchange->before = exchange->next;
        if (exchange->next) {
            exchange->next->before = exchange->before;
        }
        (void)curl_multi_remove_handle(exchange->http->multi, exchange->easy);
    }
    curl_easy_cleanup(exchange->easy);
    wipe_lines(exchange->headers_out);
    text_done(&exchange->body_out);
    exchange->http->held -= exchange->in.body.len;
    http_intake_done(&exchange->in);
    free(exchange);
}

size_t http_held(const struct http *http)
{
    return http->held;
}

void http_cancel(struct http_exchange *exchange)
{
    exchange_free(exchange);
}

void http_free(struct http *http)
{
    if (!http) {
        return;
    }
    while (http->exchanges) {
        exchange_free(http->exchanges);
    }
    if (http->multi) {
        (void)curl_multi_cleanup(http->multi);
    }
    curl_global_cleanup();
    free(http);
}

/* Its room is free at once: the others that are coming in can go on. */
static size_t give_way(struct http_exchange *exchange)
{
    exchange->crowded = true;
    exchange->http->held -= exchange->in.body.len;
    text_done(&exchange->in.body);
    return 0;
}

/* libcurl hands on what it has decoded: this is where a compressed bomb is noticed. */
/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl's type */
static size_t receive_body(char *bytes, size_t size, size_t count, void *self)
{
    struct http_exchange *exchange = self;
    struct http *http = exchange->http;
    size_t before = exchange->in.body.len;
    if (size * count > HTTP_HELD_BYTES - http->held) {
        return give_way(exchange);
    }
    bool good = http_intake_body(&exchange->in, (struct str){bytes, size * count});
    http->held += exchange->in.body.len - before;
    return good ? size * count : 0;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl's type */
static size_t receive_header(char *bytes, size_t size, size_t count, void *self)
{
    struct http_exchange *exchange = self;
    struct str line = {bytes, size * count};
    return http_intake_line(&exchange->in, line) ? line.len : 0;
}

/* ---- where it may go ---- */

/* Asked for each address that a name stands for, before there is a connection. */
static curl_socket_t open_socket(void *self, curlsocktype purpose,
                                 struct curl_sockaddr *address)
{
    struct http_exchange *exchange = self;
    (void)purpose;
    if (exchange->allow_private || address_is_public(&address->addr)) {
        exchange->refused[0] = '\0'; /* another one of the same name may do */
        return http_sockets_open(&exchange->http->sockets, address->family,
                                 address->socktype, address->protocol);
    }
    char room[INET6_ADDRSTRLEN];
    (void)snprintf(exchange->refused, sizeof exchange->refused, "%s",
                   address_text(&address->addr, room, sizeof room));
    return CURL_SOCKET_BAD;
}

/* Connections outlive exchanges: `self` is the http. */
static int close_socket(void *self, curl_socket_t file)
{
    struct http *http = self;
    return http_sockets_close(&http->sockets, file);
}

/* Asked before anything is sent: a connection that is used again was opened for somebody
 * who may have been allowed more. */
/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl's type */
static int before_sending(void *self, char *address, char *own_address, int port,
                          int own_port)
{
    struct http_exchange *exchange = self;
    (void)port;
    if (!exchange->allow_private && !address_text_is_public(address)) {
        (void)snprintf(exchange->refused, sizeof exchange->refused, "%s", address);
        return CURL_PREREQFUNC_ABORT;
    }
    exchange->stale = !exchange->fresh &&
                      http_sockets_stale(&exchange->http->sockets, own_address, own_port);
    return exchange->stale ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static void set_guards(struct http_exchange *exchange)
{
    CURL *easy = exchange->easy;
    (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, exchange);
    (void)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    (void)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, exchange->http);
    (void)curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_sending);
    (void)curl_easy_setopt(easy, CURLOPT_PREREQDATA, exchange);
}

/* ---- what is sent ---- */

static bool add_line(struct http_exchange *exchange, const char *line)
{
    struct curl_slist *list = curl_slist_append(exchange->headers_out, line);
    exchange->headers_out = list ? list : exchange->headers_out;
    return list != NULL;
}

static bool is_content_type(struct str line)
{
    return str_eq_nocase(str_before(line, str_find_char(line, ':')),
                         STR_OF("content-type"));
}

static bool add_headers(struct http_exchange *exchange, struct str headers)
{
    struct str line;
    struct text copy;
    bool good = true;
    bool typed = false;
    text_init_wiped(&copy, HTTP_HEADERS_BYTES);
    while (good && headers.len > 0 && str_split(&headers, '\n', &line)) {
        if (line.len == 0) {
            continue;
        }
        text_clear(&copy);
        text_add(&copy, line);
        typed = typed || is_content_type(line);
        good = !copy.failed && add_line(exchange, text_cstr(&copy));
    }
    text_done(&copy);
    /* Asking first whether the body is welcome costs a round trip, or a second of silence.
     * And libcurl takes what has no type for a form. */
    return good && add_line(exchange, "Expect:") &&
           (typed || add_line(exchange, "Content-Type:"));
}

static void set_limits(struct http_exchange *exchange, const struct http_request *request)
{
    CURL *easy = exchange->easy;
    long timeout_ms = request->timeout_ms;
    long connect_ms = timeout_ms < CONNECT_MS ? timeout_ms : CONNECT_MS;
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    (void)curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
    /* Else the end of a request waits for a name server that does not answer, and all other
     * requests with it. */
    (void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
    (void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(easy, CURLOPT_USERAGENT, "imh/" IMH_VERSION);
    (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->problem);
}

static void set_request(struct http_exchange *exchange, const struct http_request *request)
{
    CURL *easy = exchange->easy;
    char method[16] = {0};
    memcpy(method, request->method.ptr,
           request->method.len < sizeof method ? request->method.len : 0);
    if (str_is(request->method, "HEAD")) {
        (void)curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (request->body.len > 0 || str_is(request->method, "POST")) {
        (void)curl_easy_setopt(easy, CURLOPT_POST, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, text_cstr(&exchange->body_out));
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                               (curl_off_t)exchange->body_out.len);
        (void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    } else if (!str_is(request->method, "GET")) {
        (void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    }
    /* libcurl sends a request again when a kept connection turns out to be closed. */
    (void)curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, exchange->fresh ? 1L : 0L);
    (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, exchange->headers_out);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive_body);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, receive_header);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
    (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
}

/* A copy ends in a zero, which libcurl wants. */
static bool set_url(struct http_exchange *exchange, struct str url)
{
    struct text copy;
    text_init(&copy, url.len);
    text_add(&copy, url);
    bool good = !copy.failed &&
                curl_easy_setopt(exchange->easy, CURLOPT_URL, text_cstr(&copy)) == CURLE_OK;
    text_done(&copy);
    return good;
}

static bool begin(struct http_exchange *exchange, const struct http_request *request)
{
    struct http *http = exchange->http;
    exchange->easy = curl_easy_init();
    if (!exchange->easy || !set_url(exchange, request->url) ||
        !add_headers(exchange, request->headers) ||
        !trust_set(exchange->easy, request->ca)) {
        return false;
    }
    set_limits(exchange, request);
    set_guards(exchange);
    set_request(exchange, request);
    if (curl_multi_add_handle(http->multi, exchange->easy) != CURLM_OK) {
        return false;
    }
    exchange->next = http->exchanges;
    exchange->before = &http->exchanges;
    if (http->exchanges) {
        http->exchanges->before = &exchange->next;
    }
    http->exchanges = exchange;
    return true;
}

struct http_exchange *http_start(struct http *http, const struct http_request *request,
                                 void (*done)(void *self, const struct http_reply *reply),
                                 void *self, struct error *error)
{
    struct http_exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange) {
        (void)error_set(error, IMH_RETRY, "no memory for a request");
        return NULL;
    }
    exchange->http = http;
    exchange->done = done;
    exchange->self = self;
    exchange->repeatable = request->repeatable;
    exchange->fresh = !request->repeatable;
    exchange->allow_private = request->allow_private;
    text_init_wiped(&exchange->body_out, HTTP_BODY_BYTES); /* secrets may be in it */
    http_intake_init(&exchange->in, str_is(request->method, "HEAD"));
    text_add(&exchange->body_out, request->body);
    bool fits = text_ok(&exchange->body_out, "the request's body", error);
    if (!fits || !begin(exchange, request)) {
        exchange_free(exchange);
        if (fits) {
            (void)error_set(error, IMH_RETRY, "the request could not be started");
        }
        return NULL;
    }
    return exchange;
}

/* ---- the end of an exchange ---- */

static bool was_sent(CURL *easy)
{
    long bytes = 0;
    (void)curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &bytes);
    return bytes > 0;
}

/* What was sent and may not be sent twice: nobody knows what became of it. */
static imh_status unless_sent(const struct http_exchange *exchange, imh_status status)
{
    return !exchange->repeatable && was_sent(exchange->easy) ? IMH_UNKNOWN : status;
}

/* Why no answer came, in words and in what it means. `room` is for the words. */
static void explain(const struct http_exchange *exchange, CURLcode result, char *room,
                    size_t bytes, struct http_reply *reply)
{
    reply->text = room;
    if (exchange->refused[0]) {
        (void)snprintf(room, bytes,
                       "%s is not public: 'allow_private = yes' lets the integration go "
                       "there",
                       exchange->refused);
        reply->status = IMH_REJECTED;
    } else if (exchange->in.problem) {
        reply->status = unless_sent(exchange, exchange->in.status);
        reply->text = exchange->in.problem;
    } else if (exchange->crowded) {
        reply->status = unless_sent(exchange, IMH_RETRY);
        reply->text = "imh-net holds 64 MiB of answers already";
    } else {
        bool begun = exchange->in.begun && exchange->in.headers_whole;
        imh_status status =
            http_problem(exchange->easy, result, begun, exchange->problem, room, bytes);
        reply->status = unless_sent(exchange, status);
    }
    reply->cut_code = exchange->in.headers_whole ? reply->code : 0;
    reply->code = 0;
    reply->body = (struct str){"", 0};
}

/* Nothing was sent yet: once more, by another connection. */
static bool start_again(struct http_exchange *exchange)
{
    CURLM *multi = exchange->http->multi;
    exchange->stale = false;
    exchange->fresh = true;
    exchange->problem[0] = '\0';
    (void)curl_multi_remove_handle(multi, exchange->easy);
    (void)curl_easy_setopt(exchange->easy, CURLOPT_FRESH_CONNECT, 1L);
    return curl_multi_add_handle(multi, exchange->easy) == CURLM_OK;
}

static void finish(struct http_exchange *exchange, CURLcode result)
{
    long code = 0;
    char text[CURL_ERROR_SIZE + 160];
    struct text headers;
    struct http_reply reply = {0};
    (void)curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &code);
    text_init(&headers, 4 * (size_t)HTTP_HEADERS_BYTES);
    reply.code = code > 0 ? (uint32_t)code : 0;
    http_headers_to_json(text_str(&exchange->in.headers), &headers);
    reply.headers = text_str(&headers);
    reply.body = text_str(&exchange->in.body);
    /* libcurl takes an answer that breaks off in its headers for one without a body. */
    if (result == CURLE_OK && exchange->in.headers_whole) {
        reply.status =
            http_status(reply.code, text_str(&exchange->in.headers), &reply.after_s);
        reply.text =
            reply.status == IMH_OK ? "" : http_status_text(reply.code, text, sizeof text);
    } else {
        explain(exchange, result, text, sizeof text, &reply);
    }
    exchange->done(exchange->self, &reply);
    text_done(&headers);
    exchange_free(exchange);
}

static void finish_all(struct http *http)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
        struct http_exchange *exchange = NULL;
        if (message->msg == CURLMSG_DONE) {
            CURLcode result = message->data.result;
            (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
            if (!exchange->stale || !start_again(exchange)) {
                finish(exchange, result);
            }
        }
    }
}

void http_wait(struct http *http, struct pollfd *fds, unsigned fd_count, int64_t wait_ms)
{
    struct curl_waitfd extra[FDS_MOST];
    int running;
    int ready;
    fd_count = fd_count < FDS_MOST ? fd_count : FDS_MOST;
    for (unsigned i = 0; i < fd_count; i++) {
        bool writes = (fds[i].events & POLLOUT) != 0;
        short events = (short)(CURL_WAIT_POLLIN | (writes ? CURL_WAIT_POLLOUT : 0));
        extra[i] = (struct curl_waitfd){.fd = fds[i].fd, .events = events};
    }
    int wait = wait_ms > INT_MAX ? INT_MAX : wait_ms < 0 ? 0 : (int)wait_ms;
    (void)curl_multi_poll(http->multi, extra, fd_count, wait, &ready);
    for (unsigned i = 0; i < fd_count; i++) {
        bool in = (extra[i].revents & CURL_WAIT_POLLIN) != 0;
        bool out = (extra[i].revents & CURL_WAIT_POLLOUT) != 0;
        fds[i].revents = (short)((in ? POLLIN : 0) | (out ? POLLOUT : 0));
    }
    (void)curl_multi_perform(http->multi, &running);
    finish_all(http);
}
