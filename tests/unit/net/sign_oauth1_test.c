#include "net/sign_oauth1.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "net/sign_base.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { HEADERS_BYTES = 64 << 10 };

/* ---- without a token, HMAC-SHA1 ---- */

#define SPOTLER "https://restapi.mailplus.nl/integrationservice-1.1.0/contact"

static const struct {
    struct str user, secret;
    struct str method, url, nonce;
    int64_t time_s;
    const char *signature; /* as it stands in the header */
} spotler[] = {
    {STR("k7f3d2a91c"), STR("s0m3S3cr3tValue"), STR("POST"), STR(SPOTLER),
     STR("4f1c8e7a2b9d"), 1772352000, "hmtUG7UoypyfahIYSs5%2BgZckfco%3D"},
    {STR("k7f3d2a91c"), STR("s0m3S3cr3tValue"), STR("GET"),
     STR(SPOTLER "/updates/list?fromDate=2026-03-01T08%3A00%3A00Z"
                 "&toDate=2026-03-01T09%3A50%3A00Z&after=0&pageSize=100"),
     STR("9d8c7b6a5f4e"), 1772359200, "uMV6zL9KRhD3ZrA%2BCMit6mcppfQ%3D"},
    {STR("key&1"), STR("s%e/c ret+="), STR("GET"),
     STR(SPOTLER "/search?pageSize=1&MPSearchQuery=email%3Da%2Bb%40example.com"),
     STR("n~1"), 1772359201, "wVyNoy2XhKmf9dZ3TlckqOeggHk%3D"},
    {STR("k7f3d2a91c"), STR("s0m3S3cr3tValue"), STR("PUT"), STR(SPOTLER "/cust%2F42"),
     STR("00ff00ff"), 1772359202, "6UJ20R0j3aAo5BAmtmnfmVPSYSE%3D"},
    {STR("k7f3d2a91c"), STR("s0m3S3cr3tValue"), STR("GET"),
     STR(SPOTLER "/bounces/list?fromDate=2026-03-01T09%3A00%3A00%2B01%3A00"
                 "&toDate=2026-03-01T10%3A50%3A00%2B01%3A00&pageSize=100"),
     STR("aa11bb22"), 1772359203, "b1dLG1Ixzv%2FCesad0Gny2P%2BmAKs%3D"},
};

/* Each was computed by three independent programs. The body, JSON, is not signed. */
static void the_vectors_without_a_token_come_out_to_the_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(spotler); i++) {
        const struct remote_auth auth = {.type = IMH_AUTH_OAUTH1_SHA1,
                                         .user = spotler[i].user,
                                         .secret = spotler[i].secret};
        const struct signing signing = {.method = spotler[i].method,
                                        .url = spotler[i].url,
                                        .content_type = STR_OF("application/json"),
                                        .body = STR_OF("{\"update\":true}"),
                                        .nonce = spotler[i].nonce,
                                        .time_s = spotler[i].time_s};
        struct error error;
        struct text headers;
        struct text wanted;
        text_init(&headers, HEADERS_BYTES);
        text_init(&wanted, HEADERS_BYTES);
        assert_true(sign_oauth1(&auth, &signing, &headers, &error));
        text_print(&wanted,
                   "Authorization: OAuth oauth_consumer_key=\"%s\", oauth_nonce=\"%s\", "
                   "oauth_signature=\"%s\", oauth_signature_method=\"HMAC-SHA1\", "
                   "oauth_timestamp=\"%" PRId64 "\", oauth_version=\"1.0\"\n",
                   i == 2 ? "key%261" : spotler[i].user.ptr, spotler[i].nonce.ptr,
                   spotler[i].signature, spotler[i].time_s);
        assert_string_equal(text_cstr(&headers), text_cstr(&wanted));
        text_done(&wanted);
        text_done(&headers);
    }
}

/* ---- with a token, HMAC-SHA256: what a Magento 2.4.7 shop took and refused ---- */

static json_t *vectors(void)
{
    json_error_t error;
    json_t *root = json_load_file(FIXTURES "/magento2/auth/oauth-vectors.json", 0, &error);
    assert_non_null(root);
    return root;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    assert_non_null(text);
    return text;
}

/* What this program makes of a request on the wire. */
struct made {
    struct text base, header;
};

static void made_done(struct made *made)
{
    text_done(&made->base);
    text_done(&made->header);
}

static void make(const json_t *root, const json_t *vector, uint32_t variant,
                 struct made *made)
{
    const json_t *oauth = json_object_get(vector, "oauth");
    const struct remote_auth auth = {.type = IMH_AUTH_OAUTH1_SHA256,
                                     .variant = variant,
                                     .user = str_from(text_of(root, "consumer_key")),
                                     .secret = str_from(text_of(root, "consumer_secret")),
                                     .token = str_from(text_of(root, "token")),
                                     .token_secret =
                                         str_from(text_of(root, "token_secret"))};
    int64_t time_s;
    assert_true(
        str_to_int64(str_from(text_of(oauth, "oauth_timestamp")), 0, INT64_MAX, &time_s));
    const struct signing signing = {.method = str_from(text_of(vector, "method")),
                                    .url = str_from(text_of(vector, "url")),
                                    .content_type = STR_OF("application/json"),
                                    .body = STR_OF("{}"),
                                    .nonce = str_from(text_of(oauth, "oauth_nonce")),
                                    .time_s = time_s};
    const char *const names[] = {
        "oauth_consumer_key", "oauth_nonce", "oauth_signature_method",
        "oauth_timestamp",    "oauth_token", "oauth_version"};
    struct sign_parameter protocol[COUNT(names)];
    size_t count = 0;
    struct error error;
    struct arena arena;
    for (size_t i = 0; i < COUNT(names); i++) {
        const char *value = json_string_value(json_object_get(oauth, names[i]));
        if (value) {
            protocol[count++] = (struct sign_parameter){names[i], str_from(value)};
        }
    }
    const struct sign_protocol all = {variant, protocol, count};
    arena_init(&arena, 4096, 0);
    text_init(&made->base, HEADERS_BYTES);
    text_init(&made->header, HEADERS_BYTES);
    assert_true(sign_base(&all, &signing, &arena, &made->base, &error));
    assert_true(sign_oauth1(&auth, &signing, &made->header, &error));
    arena_done(&arena);
}

/* Does the header say this signature, as it stands in the recorded one? */
static bool has_signature(struct text *header, const json_t *vector)
{
    struct str recorded = str_from(text_of(vector, "authorization"));
    struct str name = STR_OF("oauth_signature=\"");
    struct str signature =
        str_after(recorded, str_find(recorded, STR_OF("oauth_signature=\""), 0));
    signature = str_before(signature, str_find(signature, STR_OF("\""), name.len) + 1);
    assert_true(signature.len > name.len);
    return str_find(text_str(header), signature, 0) < header->len;
}

static void requests_a_shop_accepted_are_signed_the_same(void **state)
{
    (void)state;
    json_t *root = vectors();
    const json_t *list = json_object_get(root, "vectors");
    unsigned accepted = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *vector = json_array_get(list, i);
        struct made made;
        if (!json_is_true(json_object_get(vector, "accepted"))) {
            continue;
        }
        make(root, vector, IMH_OAUTH1_LAMINAS, &made);
        assert_string_equal(text_cstr(&made.base), text_of(vector, "base_string"));
        /* Without its version a request is as good; ours always have one. */
        bool versionless = strcmp(text_of(vector, "name"), "no-version") == 0;
        assert_int_equal(has_signature(&made.header, vector), !versionless);
        made_done(&made);
        accepted++;
    }
    assert_int_equal(accepted, 25);
    json_decref(root);
}

/* What a shop refused was signed in another form: by the RFC, or with what it cannot see.
 */
static void requests_a_shop_refused_are_signed_otherwise(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool by_the_rfc;
    } refused[] = {{"query-12-groups-bytes", true},
                   {"path-slash-as-sent", true},
                   {"port-80-as-sent", false}};
    json_t *root = vectors();
    const json_t *list = json_object_get(root, "vectors");
    unsigned seen = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *vector = json_array_get(list, i);
        for (size_t j = 0; j < COUNT(refused); j++) {
            struct made made;
            if (strcmp(text_of(vector, "name"), refused[j].name) != 0) {
                continue;
            }
            make(root, vector, IMH_OAUTH1_LAMINAS, &made);
            assert_string_not_equal(text_cstr(&made.base), text_of(vector, "base_string"));
            assert_false(has_signature(&made.header, vector));
            made_done(&made);
            make(root, vector, IMH_OAUTH1_RFC, &made);
            assert_int_equal(has_signature(&made.header, vector), refused[j].by_the_rfc);
            made_done(&made);
            seen++;
        }
    }
    assert_int_equal(seen, COUNT(refused));
    json_decref(root);
}

/* ---- the rest ---- */

static void every_attempt_has_another_signature(void **state)
{
    (void)state;
    static const struct remote_auth auth = {.type = IMH_AUTH_OAUTH1_SHA256,
                                            .user = STR("key"),
                                            .secret = STR("secret"),
                                            .token = STR("a token"),
                                            .token_secret = STR("its secret")};
    struct signing signing = {.method = STR_OF("GET"),
                              .url = STR_OF("https://shop.example/"),
                              .nonce = STR_OF("one"),
                              .time_s = 1};
    struct error error;
    struct text first;
    struct text second;
    text_init(&first, HEADERS_BYTES);
    text_init(&second, HEADERS_BYTES);
    assert_true(sign_oauth1(&auth, &signing, &first, &error));
    signing.nonce = STR_OF("two");
    assert_true(sign_oauth1(&auth, &signing, &second, &error));
    assert_string_not_equal(strstr(text_cstr(&first), "oauth_signature"),
                            strstr(text_cstr(&second), "oauth_signature"));
    assert_non_null(strstr(text_cstr(&first), "oauth_token=\"a%20token\""));
    assert_null(strstr(text_cstr(&first), "its"));
    text_done(&second);
    text_done(&first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_without_a_token_come_out_to_the_byte),
        cmocka_unit_test(requests_a_shop_accepted_are_signed_the_same),
        cmocka_unit_test(requests_a_shop_refused_are_signed_otherwise),
        cmocka_unit_test(every_attempt_has_another_signature),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
