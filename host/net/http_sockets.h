/* http_sockets - the sockets that libcurl has open, so that one can be looked at before it
 * is used again.
 *
 * libcurl takes what a kept connection has to say for the answer to the next request, also
 * when it was said before that was asked: then an answer goes to the wrong question.
 *
 * Thread: the one of their http.
 */
#ifndef HOST_NET_HTTP_SOCKETS_H
#define HOST_NET_HTTP_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>

enum { HTTP_SOCKETS_MOST = 4096 /* numbers of descriptors, from 0 */ };

struct http_sockets {
    bool open[HTTP_SOCKETS_MOST];
    uint16_t ports[HTTP_SOCKETS_MOST]; /* our own end's; 0: not known yet */
};

/* As socket(), close-on-exec; -1 when there is none. */
int http_sockets_open(struct http_sockets *sockets, int family, int type, int protocol);

/* As close(). */
int http_sockets_close(struct http_sockets *sockets, int fd);

/* Has the connection from this end ("192.0.2.7", 40123) something to say, or was it closed?
 * Nothing was asked of it. */
bool http_sockets_stale(struct http_sockets *sockets, const char *address, int port);

#endif
