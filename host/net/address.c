#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* An address or the beginning of one: `bits` count. */
struct range {
    uint8_t bytes[16];
    unsigned bits;
};

/* IANA's special purpose registry, and multicast. */
static const struct range closed_v4[] = {
    {{0}, 8},             /* this network: connects to this machine */
    {{10}, 8},            /* private */
    {{100, 64}, 10},      /* shared by customers of a provider */
    {{127}, 8},           /* loopback */
    {{169, 254}, 16},     /* link-local: clouds tell their secrets there */
    {{172, 16}, 12},      /* private */
    {{192, 0, 0}, 24},    /* protocol assignments */
    {{192, 0, 2}, 24},    /* documentation */
    {{192, 88, 99}, 24},  /* relays to IPv6 */
    {{192, 168}, 16},     /* private */
    {{198, 18}, 15},      /* benchmarks */
    {{198, 51, 100}, 24}, /* documentation */
    {{203, 0, 113}, 24},  /* documentation */
    {{224}, 4},           /* multicast */
    {{240}, 4},           /* reserved, and broadcast */
};

/* All that is global unicast lies here ... */
static const struct range open_v6 = {{0x20}, 3};

/* ... but for these. */
static const struct range closed_v6[] = {
    {{0x20, 0x01}, 23},             /* protocol assignments, Teredo */
    {{0x20, 0x01, 0x0D, 0xB8}, 32}, /* documentation */
    {{0x20, 0x02}, 16},             /* 6to4: an IPv4 address in disguise */
    {{0x3F, 0xFF}, 20},             /* documentation */
};

/* IPv6 that stands for the IPv4 address in its last four bytes: mapped, and NAT64. */
static const struct range holds_v4[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 96},
    {{0x00, 0x64, 0xFF, 0x9B}, 96},
};

static bool is_in(const uint8_t *bytes, const struct range *range)
{
    unsigned whole = range->bits / 8;
    unsigned rest = range->bits % 8;
    uint8_t mask = (uint8_t)(0xFF00 >> rest);
    return memcmp(bytes, range->bytes, whole) == 0 &&
           (rest == 0 || ((bytes[whole] ^ range->bytes[whole]) & mask) == 0);
}

static bool is_in_any(const uint8_t *bytes, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_in(bytes, &ranges[i])) {
            return true;
        }
    }
    return false;
}

static bool is_public_v4(const uint8_t *bytes)
{
    return !is_in_any(bytes, closed_v4, sizeof closed_v4 / sizeof *closed_v4);
}

static bool is_public_v6(const uint8_t *bytes)
{
    if (is_in_any(bytes, holds_v4, sizeof holds_v4 / sizeof *holds_v4)) {
        return is_public_v4(bytes + 12);
    }
    return is_in(bytes, &open_v6) &&
           !is_in_any(bytes, closed_v6, sizeof closed_v6 / sizeof *closed_v6);
}

/* The bytes of the address: where they are differs by family. */
static const uint8_t *bytes_of(const struct sockaddr *address)
{
    const char *start = (const char *)address;
    size_t offset = address->sa_family == AF_INET6
                        ? offsetof(struct sockaddr_in6, sin6_addr)
                        : offsetof(struct sockaddr_in, sin_addr);
    return (const uint8_t *)(start + offset);
}

bool address_is_public(const struct sockaddr *address)
{
    return (address->sa_family == AF_INET && is_public_v4(bytes_of(address))) ||
           (address->sa_family == AF_INET6 && is_public_v6(bytes_of(address)));
}

bool address_text_is_public(const char *text)
{
    uint8_t bytes[16];
    return (inet_pton(AF_INET, text, bytes) == 1 && is_public_v4(bytes)) ||
           (inet_pton(AF_INET6, text, bytes) == 1 && is_public_v6(bytes));
}

const char *address_text(const struct sockaddr *address, char *room, socklen_t bytes)
{
    bool known = address->sa_family == AF_INET || address->sa_family == AF_INET6;
    const char *text =
        known ? inet_ntop(address->sa_family, bytes_of(address), room, bytes) : NULL;
    return text ? text : "?";
}
