/* address - which internet addresses are the public's, and which lead inside.
 *
 * Judged is what is connected to, after every name and odd spelling was resolved: so a name
 * that points to loopback, or points elsewhere the second time, is no way in. Pure.
 */
#ifndef HOST_NET_ADDRESS_H
#define HOST_NET_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* Reachable for everybody: not loopback, private, link-local, shared, multicast, reserved,
 * nor an IPv6 address that stands for such an IPv4 one. */
bool address_is_public(const struct sockaddr *address);

/* As above, of "127.0.0.1" or "::1"; false for what is no address. */
bool address_text_is_public(const char *text);

/* The address as text; "?" for other families than the internet's. */
const char *address_text(const struct sockaddr *address, char *room, socklen_t bytes);

#endif
