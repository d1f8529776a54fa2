#include "net/http_sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/address.h"

int http_sockets_open(struct http_sockets *sockets, int family, int type, int protocol)
{
    int fd = socket(family, type | SOCK_CLOEXEC, protocol);
    if (fd >= HTTP_SOCKETS_MOST) {
        (void)close(fd);
        return -1;
    }
    if (fd >= 0) {
        sockets->open[fd] = true;
    }
    return fd;
}

int http_sockets_close(struct http_sockets *sockets, int fd)
{
    if (fd < 0) {
        return -1;
    }
    if (fd < HTTP_SOCKETS_MOST) {
        sockets->open[fd] = false;
    }
    return close(fd);
}

/* Is this the socket of that end? Two may have the same, to different servers. */
static bool is_end(int fd, const char *address, int port)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } own = {.any = {0}};
    socklen_t bytes = sizeof own;
    char room[INET6_ADDRSTRLEN];
    if (getsockname(fd, &own.any, &bytes) != 0) {
        return false;
    }
    in_port_t own_port = own.any.sa_family == AF_INET6 ? own.v6.sin6_port : own.v4.sin_port;
    return ntohs(own_port) == port &&
           strcmp(address_text(&own.any, room, sizeof room), address) == 0;
}

static bool is_silent(int fd)
{
    char byte;
    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

bool http_sockets_stale(const struct http_sockets *sockets, const char *address, int port)
{
    for (int fd = 0; fd < HTTP_SOCKETS_MOST; fd++) {
        if (sockets->open[fd] && is_end(fd, address, port) && !is_silent(fd)) {
            return true;
        }
    }
    return false;
}
