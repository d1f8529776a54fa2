#include "net/sign_oauth2.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define FORM                                            \
    "Content-Type: application/x-www-form-urlencoded\n" \
    "Accept: application/json\n"

static const struct str token_url = STR("https://login.example.com/token");

/* The question, or "! status sentence". */
static void ask(const struct remote_auth *auth, struct str refresh,
                struct oauth2_question *question, struct error *error)
{
    oauth2_question_init(question);
    *error = (struct error){.text = ""};
    (void)oauth2_ask(auth, refresh, token_url, 1772352000, question, error);
}

/* ---- asking ---- */

static const struct {
    struct remote_auth auth;
    struct str refresh;
    const char *headers, *body;
} questions[] = {
    /* RFC 6749, 2.3.1 and 4.4.2. */
    {{.user = STR("s6BhdRkqt3"), .secret = STR("gX1fBat3bV")},
     STR(""),
     FORM "Authorization: Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW\n",
     "grant_type=client_credentials"},
    {{.user = STR("a:b"),
      .secret = STR("c d"),
      .scope = STR("read write"),
      .audience = STR("https://api/")},
     STR(""),
     FORM "Authorization: Basic YSUzQWI6YyUyMGQ=\n",
     "grant_type=client_credentials&scope=read%20write&audience=https%3A%2F%2Fapi%2F"},
    {{.user = STR("cl"), .secret = STR("s&t"), .client = IMH_CLIENT_BODY},
     STR(""),
     FORM,
     "grant_type=client_credentials&client_id=cl&client_secret=s%26t"},
    {{.user = STR("cl"), .secret = STR("se"), .scope = STR("x")},
     STR("r/t"),
     FORM "Authorization: Basic Y2w6c2U=\n",
     "grant_type=refresh_token&refresh_token=r%2Ft&scope=x"},
    /* A client that others can read has no secret. */
    {{.user = STR("cl")},
     STR("rt"),
     FORM,
     "grant_type=refresh_token&refresh_token=rt&client_id=cl"},
    {{.user = STR("cl"),
      .secret = STR("se"),
      .grant = IMH_GRANT_PASSWORD,
      .username = STR("me@x"),
      .password = STR("p w")},
     STR(""),
     FORM "Authorization: Basic Y2w6c2U=\n",
     "grant_type=password&username=me%40x&password=p%20w"},
    {{.user = STR("cl"),
      .secret = STR("se"),
      .grant = IMH_GRANT_PASSWORD,
      .username = STR("me"),
      .password = STR("pw")},
     STR("rt"),
     FORM "Authorization: Basic Y2w6c2U=\n",
     "grant_type=refresh_token&refresh_token=rt"},
};

static void a_question_is_a_form_by_its_grant(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(questions); i++) {
        struct oauth2_question question;
        struct error error;
        ask(&questions[i].auth, questions[i].refresh, &question, &error);
        assert_string_equal(error.text, "");
        assert_string_equal(text_cstr(&question.headers), questions[i].headers);
        assert_string_equal(text_cstr(&question.body), questions[i].body);
        oauth2_question_done(&question);
    }
}

static void what_is_not_configured_is_named(void **state)
{
    (void)state;
    static const struct {
        struct remote_auth auth;
        const char *problem;
    } cases[] = {
        {{.name = STR("crm"), .secret = STR("se")},
         "the credential 'crm' has no client: configure it"},
        {{.name = STR("crm"), .user = STR("cl")},
         "the credential 'crm' has no client secret: configure it"},
        {{.name = STR("crm"), .user = STR("cl"), .grant = IMH_GRANT_PASSWORD},
         "the credential 'crm' has no user name: configure it"},
        {{.name = STR("crm"),
          .user = STR("cl"),
          .grant = IMH_GRANT_PASSWORD,
          .username = STR("me")},
         "the credential 'crm' has no password: configure it"},
        {{.name = STR("crm"),
          .user = STR("cl"),
          .secret = STR("not a key"),
          .grant = IMH_GRANT_JWT},
         "the credential 'crm': needs an RSA private key of 2048 bits or more, as PEM "
         "without a password"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct oauth2_question question;
        struct error error;
        ask(&cases[i].auth, STR_OF(""), &question, &error);
        assert_int_equal(error.status, IMH_DENIED);
        assert_string_equal(error.text, cases[i].problem);
        oauth2_question_done(&question);
    }
}

/* ---- an assertion ---- */

static struct str pem_of(EVP_PKEY *key, BIO *bio)
{
    char *bytes;
    assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    long length = BIO_get_mem_data(bio, &bytes);
    return (struct str){bytes, (size_t)length};
}

/* base64url without its =, into `out`. */
static size_t decode(struct str code, unsigned char *out, size_t most)
{
    char padded[4096] = {0};
    assert_true(code.len + 4 < sizeof padded && code.len < most);
    size_t length = code.len;
    for (size_t i = 0; i < code.len; i++) {
        char c = code.ptr[i];
        padded[i] = (char)(c == '-' ? '+' : c == '_' ? '/' : c);
    }
    while (length % 4 != 0) {
        padded[length++] = '=';
    }
    int bytes = EVP_DecodeBlock(out, (const unsigned char *)padded, (int)length);
    assert_true(bytes >= 0);
    return (size_t)bytes - (length - code.len);
}

static void expect_part(struct str part, const char *wanted)
{
    unsigned char plain[2048];
    size_t length = decode(part, plain, sizeof plain);
    assert_int_equal(length, strlen(wanted));
    assert_memory_equal(plain, wanted, length);
}

static void verify(EVP_PKEY *key, struct str message, struct str code)
{
    unsigned char signature[1024];
    size_t length = decode(code, signature, sizeof signature);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestVerify(context, signature, length,
                                      (const unsigned char *)message.ptr, message.len),
                     1);
    EVP_MD_CTX_free(context);
}

static void an_assertion_is_signed_by_the_private_key(void **state)
{
    (void)state;
    EVP_PKEY *key = EVP_RSA_gen(2048);
    BIO *bio = BIO_new(BIO_s_mem());
    struct remote_auth auth = {.grant = IMH_GRANT_JWT,
                               .user = STR_OF("client-1"),
                               .username = STR_OF("me@example.com"),
                               .scope = STR_OF("api"),
                               .secret = pem_of(key, bio)};
    struct oauth2_question question;
    struct error error;
    ask(&auth, STR_OF(""), &question, &error);
    assert_string_equal(error.text, "");
    assert_string_equal(text_cstr(&question.headers), FORM); /* the assertion is enough */
    struct str before = STR_OF("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3A"
                               "jwt-bearer&assertion=");
    struct str form = text_str(&question.body);
    assert_true(str_starts(form, before));
    assert_true(str_ends(form, STR_OF("&scope=api")));
    struct str token = str_after(form, before.len);
    token = str_before(token, str_find_char(token, '&'));
    size_t first = str_find_char(token, '.');
    size_t second = str_find(token, STR_OF("."), first + 1);
    expect_part(str_before(token, first), "{\"alg\":\"RS256\",\"typ\":\"JWT\"}");
    expect_part(str_after(str_before(token, second), first + 1),
                "{\"iss\":\"client-1\",\"sub\":\"me@example.com\","
                "\"aud\":\"https://login.example.com/token\",\"scope\":\"api\","
                "\"iat\":1772352000,\"exp\":1772352180}");
    verify(key, str_before(token, second), str_after(token, second + 1));
    oauth2_question_done(&question);
    (void)BIO_free(bio);
    EVP_PKEY_free(key);
}

/* Too short, of another kind, behind a password: nothing is asked on a terminal. */
static void keys_that_do_not_do_are_refused(void **state)
{
    (void)state;
    EVP_PKEY *const keys[] = {EVP_RSA_gen(1024), EVP_EC_gen("P-256"), EVP_RSA_gen(2048)};
    for (size_t i = 0; i < COUNT(keys); i++) {
        BIO *bio = BIO_new(BIO_s_mem());
        struct oauth2_question question;
        struct error error;
        char *bytes;
        const EVP_CIPHER *cipher = i == 2 ? EVP_aes_128_cbc() : NULL;
        assert_int_equal(PEM_write_bio_PrivateKey(bio, keys[i], cipher,
                                                  (const unsigned char *)"pass",
                                                  cipher ? 4 : 0, NULL, NULL),
                         1);
        long length = BIO_get_mem_data(bio, &bytes);
        const struct remote_auth auth = {.name = STR_OF("crm"),
                                         .grant = IMH_GRANT_JWT,
                                         .user = STR_OF("client"),
                                         .secret = {bytes, (size_t)length}};
        ask(&auth, STR_OF(""), &question, &error);
        assert_int_equal(error.status, IMH_DENIED);
        oauth2_question_done(&question);
        (void)BIO_free(bio);
        EVP_PKEY_free(keys[i]);
    }
}

/* ---- answers ---- */

/* "access|refresh|base|life", or "! status sentence". */
static const char *answer_of(uint32_t code, const char *body, struct text *out)
{
    static const struct remote_auth plain = {.name = STR("crm")};
    static const struct remote_auth with_base = {.name = STR("crm"),
                                                 .base = STR("/instance_url")};
    struct oauth2_answer answer;
    struct error error;
    struct arena arena;
    const struct remote_auth *auth = strstr(body, "instance") ? &with_base : &plain;
    arena_init(&arena, 4096, 0);
    text_clear(out);
    if (oauth2_read(auth, code, str_from(body), &arena, &answer, &error)) {
        text_print(out, "%.*s|%.*s|%.*s|%" PRId64, STR_ARGS(answer.access),
                   STR_ARGS(answer.refresh), STR_ARGS(answer.base), answer.life_s);
    } else {
        text_print(out, "! %s %s", error_status_name(error.status), error.text);
    }
    arena_done(&arena);
    return text_cstr(out);
}

struct answer_case {
    uint32_t code;
    const char *body, *read;
};

static void expect_answers(const struct answer_case *cases, size_t count)
{
    struct text out;
    text_init(&out, 64 << 10);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(answer_of(cases[i].code, cases[i].body, &out), cases[i].read);
    }
    text_done(&out);
}

static void answers_are_read(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {200,
         "{\"access_token\":\"2YotnFZFEjr1zCsicMWpAA\",\"token_type\":\"bearer\","
         "\"expires_in\":3600,\"refresh_token\":\"tGzv3J\",\"example\":[1,{}]}",
         "2YotnFZFEjr1zCsicMWpAA|tGzv3J||3600"},
        {201, "{\"access_token\":\"a\"}", "a|||-1"},
        {200, "{\"access_token\":\"a\\/b\",\"token_type\":\"Bearer\"}", "a/b|||-1"},
        {200, "{\"access_token\":\"a\",\"expires_in\":\"7200\"}", "a|||7200"},
        {200, "{\"access_token\":\"a\",\"expires_in\":59.9}", "a|||59"},
        {200, "{\"access_token\":\"a\",\"expires_in\":0}", "a|||1"},
        {200, "{\"access_token\":\"a\",\"expires_in\":-5}", "a|||1"},
        {200, "{\"access_token\":\"a\",\"expires_in\":9223372036854775807}",
         "a|||31622400"},
        {200, "{\"access_token\":\"a\",\"expires_in\":99999999999999999999}", "a|||-1"},
        {200, "{\"access_token\":\"a\",\"expires_in\":null}", "a|||-1"},
        {200, "{\"access_token\":\"a\",\"expires_in\":[1]}", "a|||-1"},
        {200, "{\"access_token\":\"a\",\"expires_in\":\"soon\"}", "a|||-1"},
        {200, "{\"access_token\":\"a\",\"refresh_token\":7}", "a|||-1"},
        {200, "{\"access_token\":\"a\",\"instance_url\":\"https://x/\"}",
         "a||https://x/|-1"},
    };
    expect_answers(cases, COUNT(cases));
}

static void hostile_answers_are_no_tokens(void **state)
{
    (void)state;
    static const char none[] = "! rejected its answer has no token that can be used";
    static const char no_json[] = "! rejected its answer is not the JSON of a token";
    static const struct answer_case cases[] = {
        {200, "", no_json},
        {200, "<html>sign in</html>", no_json},
        {200, "access_token=a", no_json},
        {200, "{\"access_token\":\"a\"", no_json},
        {200, "[]", none},
        {200, "{}", none},
        {200, "\"a\"", none},
        {200, "{\"access_token\":\"\"}", none},
        {200, "{\"access_token\":7}", none},
        {200, "{\"access_token\":[\"a\"]}", none},
        {200, "{\"access_token\":\"a b\"}", none},
        {200, "{\"access_token\":\"a\\r\\nX-Evil: 1\"}", none},
        {200, "{\"access_token\":\"a\\u0000\"}", none},
        {200, "{\"access_token\":\"\\u00e9\"}", none},
        {200, "{\"access_token\":\"a\",\"token_type\":\"mac\"}",
         "! rejected its token is no bearer token"},
        {200, "{\"access_token\":\"a\",\"refresh_token\":\"r\\n\"}",
         "! rejected its refresh token cannot be used"},
        {200, "{\"access_token\":\"a\",\"instance\":1}",
         "! rejected its answer has no address at '/instance_url'"},
        {200, "{\"access_token\":\"a\",\"instance_url\":{}}",
         "! rejected its answer has no address at '/instance_url'"},
        {302, "", "! rejected it answers 302: is 'token_url' where tokens come from?"},
        {404, "{}", "! rejected it answers 404: is 'token_url' where tokens come from?"},
    };
    expect_answers(cases, COUNT(cases));
}

static void refusals_say_what_to_do(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {401, "{\"error\":\"invalid_client\"}",
         "! denied it refuses (401 invalid_client): check client and secret"},
        {400, "{\"error\":\"invalid_grant\",\"error_description\":\"Token is revoked.\"}",
         "! denied it refuses (400 invalid_grant, Token is revoked.): what it was given "
         "does not count any more: link it again"},
        {403, "<html>", "! denied it refuses (403): check the credential"},
        {400, "{\"error\":\"bad\\nword\"}",
         "! denied it refuses (400): check the credential"},
        {400, "{\"error\":\"temporarily_unavailable\"}",
         "! retry it is busy (temporarily_unavailable)"},
    };
    expect_answers(cases, COUNT(cases));
}

static void an_answer_has_an_end(void **state)
{
    (void)state;
    struct text body;
    struct text out;
    text_init(&body, 1 << 20);
    text_init(&out, 1000);
    text_add_cstr(&body, "{\"access_token\":\"");
    for (int i = 0; i <= OAUTH2_TOKEN_BYTES; i++) {
        text_add_char(&body, 'a');
    }
    text_add_cstr(&body, "\"}");
    assert_string_equal(answer_of(200, text_cstr(&body), &out),
                        "! rejected its answer has no token that can be used");
    text_clear(&body);
    text_add_cstr(&body, "{\"access_token\":\"a\",\"x\":\"");
    for (int i = 0; i <= OAUTH2_BODY_BYTES; i++) {
        text_add_char(&body, 'a');
    }
    text_add_cstr(&body, "\"}");
    assert_string_equal(answer_of(200, text_cstr(&body), &out),
                        "! rejected its answer is not the JSON of a token");
    text_done(&out);
    text_done(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_is_a_form_by_its_grant),
        cmocka_unit_test(what_is_not_configured_is_named),
        cmocka_unit_test(an_assertion_is_signed_by_the_private_key),
        cmocka_unit_test(keys_that_do_not_do_are_refused),
        cmocka_unit_test(answers_are_read),
        cmocka_unit_test(hostile_answers_are_no_tokens),
        cmocka_unit_test(refusals_say_what_to_do),
        cmocka_unit_test(an_answer_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
