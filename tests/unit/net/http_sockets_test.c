#include "net/http_sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* A connection over loopback: ours, and the server's end of it. */
struct line {
    struct http_sockets sockets;
    int ours, theirs;
    char address[INET6_ADDRSTRLEN];
    int port; /* of our end */
};

static void connect_line(struct line *line, int family)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    bool six = family == AF_INET6;
    struct sockaddr *address = six ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
    socklen_t bytes = six ? sizeof v6 : sizeof v4;
    int listener = socket(family, SOCK_STREAM, 0);
    *line = (struct line){.ours = -1};
    assert_int_equal(bind(listener, address, bytes), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, address, &bytes), 0);
    line->ours = http_sockets_open(&line->sockets, family, SOCK_STREAM, 0);
    assert_true(line->ours >= 0);
    assert_int_equal(connect(line->ours, address, bytes), 0);
    line->theirs = accept(listener, NULL, NULL);
    assert_true(line->theirs >= 0);
    assert_int_equal(getsockname(line->ours, address, &bytes), 0);
    assert_int_equal(close(listener), 0);
    line->port = ntohs(six ? v6.sin6_port : v4.sin_port);
    (void)snprintf(line->address, sizeof line->address, "%s", six ? "::1" : "127.0.0.1");
}

static bool is_stale(struct line *line)
{
    return http_sockets_stale(&line->sockets, line->address, line->port);
}

/* Over loopback what was sent is there, but not before the kernel says so. */
static void wait_for_stale(struct line *line)
{
    for (int i = 0; i < 1000 && !is_stale(line); i++) {
        (void)usleep(1000);
    }
    assert_true(is_stale(line));
}

static void a_connection_with_something_to_say_is_stale(void **state)
{
    (void)state;
    static const int families[] = {AF_INET, AF_INET6};
    for (int i = 0; i < 4; i++) {
        struct line line;
        connect_line(&line, families[i % 2]);
        assert_false(is_stale(&line));
        if (i < 2) {
            assert_int_equal(send(line.theirs, "x", 1, 0), 1);
        } else {
            assert_int_equal(shutdown(line.theirs, SHUT_WR), 0);
        }
        wait_for_stale(&line);
        line.port++;
        assert_false(is_stale(&line)); /* another one's */
        line.port--;
        (void)snprintf(line.address, sizeof line.address, "192.0.2.7");
        assert_false(is_stale(&line));
        assert_int_equal(http_sockets_close(&line.sockets, line.ours), 0);
        assert_int_equal(close(line.theirs), 0);
    }
}

static void a_socket_that_was_closed_is_forgotten(void **state)
{
    (void)state;
    struct line line;
    connect_line(&line, AF_INET);
    assert_int_equal(send(line.theirs, "x", 1, 0), 1);
    wait_for_stale(&line);
    int copy = dup(line.ours);
    assert_int_equal(http_sockets_close(&line.sockets, line.ours), 0);
    assert_false(is_stale(&line));
    assert_int_equal(http_sockets_close(&line.sockets, -1), -1);
    assert_int_equal(close(copy), 0);
    assert_int_equal(close(line.theirs), 0);
}

/* A number is given again: the port that was known is another's. */
static void a_number_that_is_used_again_has_another_port(void **state)
{
    (void)state;
    struct line line;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t bytes = sizeof address;
    connect_line(&line, AF_INET);
    assert_false(is_stale(&line)); /* from now on its port is known */
    for (int i = 0; i < HTTP_SOCKETS_MOST; i++) {
        line.sockets.ports[i] = line.sockets.ports[line.ours]; /* whichever comes next */
    }
    assert_int_equal(http_sockets_close(&line.sockets, line.ours), 0);
    int fd = http_sockets_open(&line.sockets, AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, bytes), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &bytes), 0);
    line.port = ntohs(address.sin_port);
    assert_true(is_stale(&line)); /* it is not connected */
    assert_int_equal(http_sockets_close(&line.sockets, fd), 0);
    assert_int_equal(close(line.theirs), 0);
}

static void sockets_do_not_outlive_the_program(void **state)
{
    (void)state;
    struct http_sockets sockets = {.open = {false}};
    int fd = http_sockets_open(&sockets, AF_INET, SOCK_STREAM, 0);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(http_sockets_close(&sockets, fd), 0);
    assert_int_equal(http_sockets_open(&sockets, AF_INET, -1, 0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_with_something_to_say_is_stale),
        cmocka_unit_test(a_socket_that_was_closed_is_forgotten),
        cmocka_unit_test(a_number_that_is_used_again_has_another_port),
        cmocka_unit_test(sockets_do_not_outlive_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
