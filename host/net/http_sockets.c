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
        sockets->ports[fd] = 0;
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

union end {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static in_port_t port_of(const union end *end)
{
    return ntohs(end->any.sa_family == AF_INET6 ? end->v6.sin6_port : end->v4.sin_port);
}

/* Is this the socket of that end? Two may have the same, to different servers. A port is
 * asked for once: it stays. */
static bool is_end(struct http_sockets *sockets, int fd, const char *address, int port)
{
    union end own = {.any = {0}};
    socklen_t bytes = sizeof own;
    char room[INET6_ADDRSTRLEN];
    in_port_t known = sockets->ports[fd];
    if ((known != 0 && known != port) || getsockname(fd, &own.any, &bytes) != 0) {
        return false;
    }
    sockets->ports[fd] = port_of(&own);
    return sockets->ports[fd] == port &&
           strcmp(address_text(&own.any, room, sizeof room), address) == 0;
}

static bool is_silent(int fd)
{
    char byte;
    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

bool http_sockets_stale(struct http_sockets *sockets, const char *address, int port)
{
    for (int fd = 0; fd < HTTP_SOCKETS_MOST; fd++) {
        if (sockets->open[fd] && is_end(sockets, fd, address, port) && !is_silent(fd)) {
            return true;
        }
    }
    return false;
}
