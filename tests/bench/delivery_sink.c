#include "delivery_sink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crew_rig.h"

enum { CALL_BYTES = 16384, EVENTS = 256, TIMES_MOST = 200000 };

struct caller {
    int fd;
    size_t have;
    char bytes[CALL_BYTES + 1];
};

struct sink {
    int listener, epoll, end;
    unsigned port;
    pthread_t thread;
    atomic_uint arrived, doubled, disordered, timed;
    double first_us, last_us;
    uint8_t *seen;  /* of each job */
    uint32_t *last; /* of each stream */
    double *times_us;
};

static void must(bool good, const char *what)
{
    if (!good) {
        (void)fprintf(stderr, "the sink: %s: %s\n", what, strerror(errno));
        exit(EXIT_FAILURE);
    }
}

/* ---- what comes ---- */

static double number_at(const char *body, const char *name)
{
    const char *at = strstr(body, name);
    return at ? strtod(at + strlen(name), NULL) : 0;
}

static void note(struct sink *sink, const char *body)
{
    double now_us = crew_rig_now_us();
    unsigned number = (unsigned)number_at(body, "\"n\":");
    unsigned stream = (unsigned)number_at(body, "\"s\":") % SINK_STREAMS_MOST;
    double at_us = number_at(body, "\"at\":");
    if (number == 0 || number >= SINK_JOBS_MOST) {
        return;
    }
    if (sink->seen[number]) {
        atomic_fetch_add(&sink->doubled, 1);
        return;
    }
    sink->seen[number] = 1;
    if (number < sink->last[stream]) {
        atomic_fetch_add(&sink->disordered, 1);
    }
    sink->last[stream] = number;
    unsigned place = atomic_load(&sink->timed);
    if (at_us > 0 && place < TIMES_MOST) {
        sink->times_us[place] = now_us - at_us;
        atomic_store(&sink->timed, place + 1);
    }
    sink->first_us = sink->first_us > 0 ? sink->first_us : now_us;
    sink->last_us = now_us;
    atomic_fetch_add(&sink->arrived, 1);
}

/* Length of the first whole call; 0: it is not whole yet. */
static size_t call_length(const struct caller *caller, const char **body)
{
    const char *end = strstr(caller->bytes, "\r\n\r\n");
    const char *length = strcasestr(caller->bytes, "\r\ncontent-length:");
    if (!end) {
        return 0;
    }
    size_t head = (size_t)(end - caller->bytes) + 4;
    size_t rest = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
    *body = end + 4;
    return head + rest <= caller->have ? head + rest : 0;
}

static bool answer(struct sink *sink, struct caller *caller)
{
    static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                "Content-Length: 2\r\n\r\n{}";
    const char *body = NULL;
    size_t length;
    while ((length = call_length(caller, &body)) > 0) {
        note(sink, body);
        if (write(caller->fd, reply, sizeof reply - 1) != (ssize_t)sizeof reply - 1) {
            return false;
        }
        caller->have -= length;
        memmove(caller->bytes, caller->bytes + length, caller->have + 1);
    }
    return caller->have < CALL_BYTES;
}

static void serve(struct sink *sink, struct caller *caller)
{
    ssize_t got = read(caller->fd, caller->bytes + caller->have, CALL_BYTES - caller->have);
    if (got < 0 && errno == EAGAIN) {
        return;
    }
    if (got > 0) {
        caller->have += (size_t)got;
        caller->bytes[caller->have] = '\0';
    }
    if (got <= 0 || !answer(sink, caller)) {
        (void)close(caller->fd);
        free(caller);
    }
}

static void watch(const struct sink *sink, int fd, void *data)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = data};
    must(epoll_ctl(sink->epoll, EPOLL_CTL_ADD, fd, &event) == 0, "epoll");
}

static void take_callers(struct sink *sink)
{
    int fd;
    int on = 1;
    /* cppcheck-suppress nullPointer ; accept4() takes NULL when no address is wanted */
    while ((fd = accept4(sink->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct caller *caller = calloc(1, sizeof *caller);
        must(caller != NULL, "memory");
        caller->fd = fd;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(sink, fd, caller);
    }
}

static void *run(void *data)
{
    struct sink *sink = data;
    struct epoll_event events[EVENTS];
    for (;;) {
        int count = epoll_wait(sink->epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == &sink->end) {
                return NULL;
            }
            if (events[i].data.ptr == sink) {
                take_callers(sink);
            } else {
                serve(sink, events[i].data.ptr);
            }
        }
    }
}

/* ---- from start to end ---- */

struct sink *sink_make(void)
{
    struct sink *sink = calloc(1, sizeof *sink);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    must(sink != NULL, "memory");
    sink->seen = calloc(SINK_JOBS_MOST, sizeof *sink->seen);
    sink->last = calloc(SINK_STREAMS_MOST, sizeof *sink->last);
    sink->times_us = calloc(TIMES_MOST, sizeof *sink->times_us);
    must(sink->seen && sink->last && sink->times_us, "memory");
    sink->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    must(bind(sink->listener, (struct sockaddr *)&address, sizeof address) == 0 &&
             listen(sink->listener, SOMAXCONN) == 0 &&
             getsockname(sink->listener, (struct sockaddr *)&address, &length) == 0,
         "its socket");
    sink->port = ntohs(address.sin_port);
    sink->epoll = epoll_create1(EPOLL_CLOEXEC);
    sink->end = eventfd(0, EFD_CLOEXEC);
    watch(sink, sink->listener, sink);
    watch(sink, sink->end, &sink->end);
    must(pthread_create(&sink->thread, NULL, run, sink) == 0, "a thread");
    return sink;
}

/* Callers that are still there end with the program. */
void sink_free(struct sink *sink)
{
    (void)eventfd_write(sink->end, 1);
    (void)pthread_join(sink->thread, NULL);
    (void)close(sink->listener);
    (void)close(sink->epoll);
    (void)close(sink->end);
    free(sink->seen);
    free(sink->last);
    free(sink->times_us);
    free(sink);
}

unsigned sink_port(const struct sink *sink)
{
    return sink->port;
}

void sink_reset(struct sink *sink)
{
    memset(sink->seen, 0, SINK_JOBS_MOST * sizeof *sink->seen);
    memset(sink->last, 0, SINK_STREAMS_MOST * sizeof *sink->last);
    sink->first_us = sink->last_us = 0;
    atomic_store(&sink->doubled, 0);
    atomic_store(&sink->disordered, 0);
    atomic_store(&sink->timed, 0);
    atomic_store(&sink->arrived, 0);
}

struct sink_figures sink_figures(struct sink *sink)
{
    unsigned timed = atomic_load(&sink->timed);
    struct sink_figures figures = {.arrived = atomic_load(&sink->arrived),
                                   .doubled = atomic_load(&sink->doubled),
                                   .disordered = atomic_load(&sink->disordered),
                                   .first_us = sink->first_us,
                                   .last_us = sink->last_us};
    crew_rig_sort(sink->times_us, timed);
    figures.p50_us = crew_rig_part(sink->times_us, timed, 0.5);
    figures.p99_us = crew_rig_part(sink->times_us, timed, 0.99);
    return figures;
}

int sink_wait(struct sink *sink, unsigned jobs, int64_t most_ms)
{
    double until_us = crew_rig_now_us() + (double)most_ms * 1000;
    while (atomic_load(&sink->arrived) < jobs && crew_rig_now_us() < until_us) {
        (void)usleep(1000);
    }
    return atomic_load(&sink->arrived) >= jobs;
}

void sink_body(char body[SINK_BODY_BYTES + 1], unsigned number, unsigned stream,
               double at_us)
{
    int length =
        snprintf(body, SINK_BODY_BYTES + 1, "{\"n\":%u,\"s\":%u,\"at\":%.0f,\"text\":\"",
                 number, stream, at_us);
    memset(body + length, 'x', (size_t)(SINK_BODY_BYTES - length - 2));
    memcpy(body + SINK_BODY_BYTES - 2, "\"}", 3);
}
