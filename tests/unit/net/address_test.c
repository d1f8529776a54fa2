#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/un.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What libcurl hands over. */
static struct sockaddr_storage address_of(const char *text)
{
    struct sockaddr_storage storage = {0};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(80)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(80)};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        memcpy(&storage, &v4, sizeof v4);
    } else {
        assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
        memcpy(&storage, &v6, sizeof v6);
    }
    return storage;
}

static void expect(const char *text, bool wanted)
{
    struct sockaddr_storage storage = address_of(text);
    const struct sockaddr *address = (const struct sockaddr *)&storage;
    char room[INET6_ADDRSTRLEN];
    assert_string_equal(address_text(address, room, sizeof room), text);
    if (address_is_public(address) != wanted || address_text_is_public(text) != wanted) {
        fail_msg("%s should %sbe public", text, wanted ? "" : "not ");
    }
}

/* One of each range that leads inside, and the ends of the wide ones. */
static const char *const inside[] = {
    "0.0.0.0",
    "0.255.255.255",
    "10.0.0.0",
    "10.255.255.255",
    "100.64.0.0",
    "100.127.255.255",
    "127.0.0.0",
    "127.0.0.1",
    "127.255.255.255",
    "169.254.0.0",
    "169.254.169.254",
    "172.16.0.0",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.0",
    "192.168.255.255",
    "198.18.0.0",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.0",
    "255.255.255.255",
    "::",
    "::1",
    "::2",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:0.0.0.0",
    "::ffff:10.1.2.3",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:192.168.1.1",
    "::ffff:0:7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::808:808",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "3fff::1",
    "3fff:fff:ffff::1",
    "4000::1",
    "fc00::1",
    "fd12:3456:789a::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ffff::1",
};

static void what_leads_inside_is_not_public(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(inside); i++) {
        expect(inside[i], false);
    }
}

static void the_rest_of_the_internet_is_public(void **state)
{
    (void)state;
    static const char *const outside[] = {
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.1",
        "192.0.3.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2001:200::1",
        "2001:4860:4860::8888",
        "2001:db7::1",
        "2001:db9::1",
        "2003::1",
        "2a00:1450:400e:80c::200e",
        "3ffe:ffff::1",
        "3fff:1000::1",
    };
    for (size_t i = 0; i < COUNT(outside); i++) {
        expect(outside[i], true);
    }
}

static void what_is_no_internet_address_is_not_public(void **state)
{
    (void)state;
    static const char *const texts[] = {"",           "localhost",   "127.1",
                                        "0x08080808", "8.8.8.8 ",    "[::1]",
                                        "8.8.8.8:80", "2003::1%eth0"};
    static const struct sockaddr_un local = {.sun_family = AF_UNIX, .sun_path = "socket"};
    const struct sockaddr *address = (const struct sockaddr *)&local;
    char room[INET6_ADDRSTRLEN];
    for (size_t i = 0; i < COUNT(texts); i++) {
        assert_false(address_text_is_public(texts[i]));
    }
    assert_false(address_is_public(address));
    assert_string_equal(address_text(address, room, sizeof room), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_leads_inside_is_not_public),
        cmocka_unit_test(the_rest_of_the_internet_is_public),
        cmocka_unit_test(what_is_no_internet_address_is_not_public),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
