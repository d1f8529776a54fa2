#include "fake.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

enum { CONNECTIONS_MOST = 64, REQUEST_BYTES = 16 << 20, SEEN_BYTES = 64 << 20 };

struct connection {
    int fd; /* -1: none */
    struct text in;
    struct fake_reply reply;
    size_t sent;
    bool answering;
    int64_t next_ms; /* with a pace: when the next byte is due */
};

struct fake {
    int listener, stop;
    unsigned port;
    char url[FAKE_URL_BYTES];
    fake_answer *answer;
    void *self;
    pthread_t thread;
    struct connection connections[CONNECTIONS_MOST];
    pthread_mutex_t mutex; /* over what is below, which tests read */
    struct text seen;
    unsigned request_count, connection_count;
};

static int64_t now_ms(void)
{
    return clock_mono_ms(&clock_real);
}

/* ---- one connection ---- */

static void close_connection(struct connection *connection)
{
    (void)close(connection->fd);
    text_done(&connection->in);
    text_done(&connection->reply.bytes);
    *connection = (struct connection){.fd = -1};
}

static struct str header_value(struct str headers, struct str name)
{
    struct str line;
    while (str_split(&headers, '\n', &line)) {
        size_t colon = str_find_char(line, ':');
        if (str_eq_nocase(str_before(line, colon), name)) {
            return str_trim(str_after(line, colon + 1));
        }
    }
    return (struct str){"", 0};
}

/* The request at the front of what came, and its length; false while it is not all there.
 */
static bool read_request(struct str came, struct fake_request *request, size_t *length)
{
    static const struct str blank_line = STR("\r\n\r\n");
    int64_t body_bytes = 0;
    size_t end = str_find(came, blank_line, 0);
    if (end == came.len) {
        return false;
    }
    struct str head = str_before(came, end + 2);
    struct str line;
    (void)str_split(&head, '\n', &line);
    line = str_trim(line);
    (void)str_split(&line, ' ', &request->method);
    (void)str_split(&line, ' ', &request->target);
    request->headers = head;
    (void)str_to_int64(header_value(head, STR_OF("content-length")), 0, REQUEST_BYTES,
                       &body_bytes);
    *length = end + blank_line.len + (size_t)body_bytes;
    request->body = str_after(str_before(came, *length), end + blank_line.len);
    return came.len >= *length;
}

/* Waits for the answer's bytes, or takes the next request off what came. */
static void begin_answer(struct fake *fake, struct connection *connection)
{
    struct fake_request request;
    size_t length = 0;
    struct str came = text_str(&connection->in);
    if (connection->answering || !read_request(came, &request, &length)) {
        return;
    }
    (void)pthread_mutex_lock(&fake->mutex);
    fake->request_count++;
    text_add(&fake->seen, str_before(came, length));
    (void)pthread_mutex_unlock(&fake->mutex);
    text_clear(&connection->reply.bytes);
    connection->reply.pace_ms = 0;
    connection->reply.at_once = 0;
    connection->reply.then = FAKE_KEEP;
    fake->answer(fake->self, &request, &connection->reply);
    memmove(connection->in.ptr, connection->in.ptr + length, came.len - length);
    connection->in.len -= length;
    connection->answering = true;
    connection->sent = 0;
    connection->next_ms = now_ms() + connection->reply.pace_ms;
}

/* How many bytes are due now. */
static size_t due(struct connection *connection)
{
    const struct fake_reply *reply = &connection->reply;
    size_t left = reply->bytes.len - connection->sent;
    if (reply->pace_ms == 0) {
        return left;
    }
    if (connection->sent < reply->at_once) {
        return reply->at_once - connection->sent;
    }
    bool time = now_ms() >= connection->next_ms;
    return time && left > 0 ? 1 : 0;
}

/* false: the connection is over. */
static bool send_some(struct connection *connection)
{
    size_t count = due(connection);
    if (count > 0) {
        ssize_t sent = send(connection->fd, connection->reply.bytes.ptr + connection->sent,
                            count, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        connection->sent += (size_t)sent;
        connection->next_ms = now_ms() + connection->reply.pace_ms;
    }
    if (connection->sent < connection->reply.bytes.len) {
        return true;
    }
    connection->answering = connection->reply.then == FAKE_HANG;
    return connection->reply.then != FAKE_CLOSE;
}

static bool receive(struct connection *connection)
{
    char piece[16384];
    ssize_t count = recv(connection->fd, piece, sizeof piece, MSG_DONTWAIT);
    if (count <= 0) {
        return count < 0 && (errno == EAGAIN || errno == EINTR);
    }
    text_add_bytes(&connection->in, piece, (size_t)count);
    return !connection->in.failed;
}

static void serve(struct fake *fake, struct connection *connection, short events)
{
    bool good = (events & (POLLIN | POLLHUP | POLLERR)) == 0 || receive(connection);
    for (bool more = good; more;) {
        begin_answer(fake, connection);
        bool was_answering = connection->answering;
        good = !was_answering || send_some(connection);
        more = good && was_answering && !connection->answering; /* a second request waits */
    }
    if (!good) {
        close_connection(connection);
    }
}

/* ---- the loop ---- */

static void take_connection(struct fake *fake)
{
    /* cppcheck-suppress nullPointer ; accept4() takes NULL: nobody wants the address */
    int fd = accept4(fake->listener, NULL, NULL, SOCK_CLOEXEC);
    struct connection *free_one = &fake->connections[0];
    while (free_one < &fake->connections[CONNECTIONS_MOST] && free_one->fd >= 0) {
        free_one++;
    }
    if (fd < 0 || free_one == &fake->connections[CONNECTIONS_MOST]) {
        (void)(fd >= 0 && close(fd));
        return;
    }
    *free_one = (struct connection){.fd = fd};
    text_init(&free_one->in, REQUEST_BYTES);
    text_init(&free_one->reply.bytes, FAKE_REPLY_BYTES);
    (void)pthread_mutex_lock(&fake->mutex);
    fake->connection_count++;
    (void)pthread_mutex_unlock(&fake->mutex);
}

/* What to wait for; shortens the wait to the next byte that is due. */
static short wanted(const struct connection *connection, int *wait_ms)
{
    const struct fake_reply *reply = &connection->reply;
    if (!connection->answering || connection->sent == reply->bytes.len) {
        return POLLIN;
    }
    if (reply->pace_ms == 0 || connection->sent < reply->at_once) {
        return POLLIN | POLLOUT;
    }
    int64_t left = connection->next_ms - now_ms();
    left = left < 0 ? 0 : left;
    *wait_ms = *wait_ms < 0 || left < *wait_ms ? (int)left : *wait_ms;
    return POLLIN;
}

static bool serve_once(struct fake *fake)
{
    struct pollfd fds[CONNECTIONS_MOST + 2] = {{.fd = fake->stop, .events = POLLIN},
                                               {.fd = fake->listener, .events = POLLIN}};
    int wait_ms = -1;
    for (unsigned i = 0; i < CONNECTIONS_MOST; i++) {
        const struct connection *connection = &fake->connections[i];
        fds[i + 2].fd = connection->fd; /* poll() ignores what is negative */
        fds[i + 2].events = connection->fd >= 0 ? wanted(connection, &wait_ms) : 0;
    }
    (void)poll(fds, CONNECTIONS_MOST + 2, wait_ms);
    for (unsigned i = 0; i < CONNECTIONS_MOST; i++) {
        if (fake->connections[i].fd >= 0) {
            serve(fake, &fake->connections[i], fds[i + 2].revents);
        }
    }
    if (fds[1].revents) {
        take_connection(fake);
    }
    return !fds[0].revents;
}

static void *fake_main(void *self)
{
    while (serve_once(self)) {
    }
    return NULL;
}

/* ---- making and freeing ---- */

static bool listen_somewhere(struct fake *fake)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t bytes = sizeof address;
    struct sockaddr *any = (struct sockaddr *)&address;
    fake->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    fake->stop = eventfd(0, EFD_CLOEXEC);
    if (fake->listener < 0 || fake->stop < 0 ||
        bind(fake->listener, any, sizeof address) != 0 ||
        listen(fake->listener, CONNECTIONS_MOST) != 0 ||
        getsockname(fake->listener, any, &bytes) != 0) {
        return false;
    }
    fake->port = ntohs(address.sin_port);
    (void)snprintf(fake->url, sizeof fake->url, "http://127.0.0.1:%u/", fake->port);
    return true;
}

static void close_both(const struct fake *fake)
{
    if (fake->listener >= 0) {
        (void)close(fake->listener);
    }
    if (fake->stop >= 0) {
        (void)close(fake->stop);
    }
}

struct fake *fake_make(fake_answer *answer, void *self)
{
    struct fake *fake = calloc(1, sizeof *fake);
    if (!fake) {
        return NULL;
    }
    fake->answer = answer;
    fake->self = self;
    text_init(&fake->seen, SEEN_BYTES);
    (void)pthread_mutex_init(&fake->mutex, NULL);
    for (unsigned i = 0; i < CONNECTIONS_MOST; i++) {
        fake->connections[i].fd = -1;
    }
    if (!listen_somewhere(fake) ||
        pthread_create(&fake->thread, NULL, fake_main, fake) != 0) {
        close_both(fake);
        free(fake);
        return NULL;
    }
    return fake;
}

void fake_free(struct fake *fake)
{
    if (!fake) {
        return;
    }
    (void)eventfd_write(fake->stop, 1);
    (void)pthread_join(fake->thread, NULL);
    for (unsigned i = 0; i < CONNECTIONS_MOST; i++) {
        if (fake->connections[i].fd >= 0) {
            close_connection(&fake->connections[i]);
        }
    }
    close_both(fake);
    (void)pthread_mutex_destroy(&fake->mutex);
    text_done(&fake->seen);
    free(fake);
}

/* ---- what tests use ---- */

unsigned fake_port(const struct fake *fake)
{
    return fake->port;
}

const char *fake_url(const struct fake *fake)
{
    return fake->url;
}

void fake_say(struct fake_reply *reply, unsigned code, const char *headers, struct str body)
{
    text_print(&reply->bytes, "HTTP/1.1 %u Said\r\nContent-Length: %zu\r\n%s\r\n", code,
               body.len, headers);
    text_add(&reply->bytes, body);
}

void fake_seen(struct fake *fake, struct text *all)
{
    (void)pthread_mutex_lock(&fake->mutex);
    text_add(all, text_str(&fake->seen));
    (void)pthread_mutex_unlock(&fake->mutex);
}

static unsigned count_of(struct fake *fake, const unsigned *count)
{
    (void)pthread_mutex_lock(&fake->mutex);
    unsigned value = *count;
    (void)pthread_mutex_unlock(&fake->mutex);
    return value;
}

unsigned fake_requests(struct fake *fake)
{
    return count_of(fake, &fake->request_count);
}

unsigned fake_connections(struct fake *fake)
{
    return count_of(fake, &fake->connection_count);
}
