/* The network: going out, and letting in. */
#include <errno.h>
#include <netdb.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "rogue.h"

static struct sockaddr_in canary(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)rogue_target.port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    return address;
}

static int making(int family, int type)
{
    int fd = socket(family, type | SOCK_CLOEXEC, 0);
    return fd < 0 ? errno : close(fd);
}

static int connect_tcp(void)
{
    struct sockaddr_in address = canary();
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int failed =
        fd < 0 ? errno
               : rogue_errno(connect(fd, (struct sockaddr *)&address, sizeof address));
    return fd < 0 ? failed : failed | close(fd);
}

static int send_udp(void)
{
    struct sockaddr_in address = canary();
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int failed = fd < 0 ? errno
                        : rogue_errno(sendto(fd, "rogue", 5, 0, (struct sockaddr *)&address,
                                             sizeof address));
    return fd < 0 ? failed : failed | close(fd);
}

static int connect_unix(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", rogue_target.socket);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int failed =
        fd < 0 ? errno
               : rogue_errno(connect(fd, (struct sockaddr *)&address, sizeof address));
    return fd < 0 ? failed : failed | close(fd);
}

/* By a channel we have: it leads where it leads. */
static int send_elsewhere(void)
{
    struct sockaddr_in address = canary();
    struct iovec part = {"", 0};
    struct msghdr message = {.msg_name = &address,
                             .msg_namelen = sizeof address,
                             .msg_iov = &part,
                             .msg_iovlen = 0};
    return rogue_errno(sendto(3, "", 0, 0, (struct sockaddr *)&address, sizeof address)) &&
                   sendmsg(4, &message, MSG_NOSIGNAL) < 0
               ? EPERM
               : 0;
}

static int reconnect_channel(void)
{
    struct sockaddr_in address = canary();
    return rogue_errno(connect(4, (struct sockaddr *)&address, sizeof address));
}

static int make_socket_6(void)
{
    return making(AF_INET6, SOCK_STREAM);
}

static int make_netlink(void)
{
    return making(AF_NETLINK, SOCK_RAW);
}

static int make_raw(void)
{
    return making(AF_PACKET, SOCK_RAW);
}

static int make_vsock(void)
{
    return making(AF_VSOCK, SOCK_STREAM);
}

static int make_crypto(void)
{
    return making(AF_ALG, SOCK_SEQPACKET);
}

static int make_pair(void)
{
    int fds[2];
    return rogue_errno(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
}

static int bind_channel(void)
{
    struct sockaddr_in address = canary();
    return rogue_errno(bind(3, (struct sockaddr *)&address, sizeof address));
}

static int listen_at_channel(void)
{
    return rogue_errno(listen(3, 1));
}

static int resolve_name(void)
{
    struct addrinfo *found = NULL;
    return getaddrinfo("localhost", "http", NULL, &found) != 0 ? EPERM : 0;
}

static const struct rogue_act acts[] = {
    {"connect-tcp", connect_tcp, false},
    {"send-udp", send_udp, false},
    {"connect-unix", connect_unix, false},
    {"send-elsewhere", send_elsewhere, false},
    {"reconnect-channel", reconnect_channel, false},
    {"make-socket-6", make_socket_6, false},
    {"make-netlink", make_netlink, false},
    {"make-raw", make_raw, false},
    {"make-vsock", make_vsock, false},
    {"make-crypto", make_crypto, false},
    {"make-pair", make_pair, false},
    {"bind-channel", bind_channel, false},
    {"listen-at-channel", listen_at_channel, false},
    {"resolve-name", resolve_name, false},
};

const struct rogue_table rogue_net = {acts, sizeof acts / sizeof *acts};
