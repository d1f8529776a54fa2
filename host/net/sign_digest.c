#include "net/sign_digest.h"

#include <limits.h>
#include <sys/random.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

size_t sign_hmac(enum sign_hash hash, struct str key, struct str message,
                 unsigned char digest[SIGN_DIGEST_MOST])
{
    const EVP_MD *const kind = hash == SIGN_SHA1 ? EVP_sha1() : EVP_sha256();
    unsigned length = 0;
    if (key.len > INT_MAX ||
        !HMAC(kind, key.ptr, (int)key.len, (const unsigned char *)message.ptr, message.len,
              digest, &length)) {
        return 0;
    }
    return length;
}

void sign_add_base64(struct text *out, struct str bytes)
{
    enum { IN = 48, OUT = 65 };
    unsigned char piece[OUT];
    while (bytes.len > 0) {
        struct str part = str_before(bytes, IN);
        int length = EVP_EncodeBlock(piece, (const unsigned char *)part.ptr, (int)part.len);
        text_add_bytes(out, (const char *)piece, (size_t)length);
        bytes = str_after(bytes, IN);
    }
    explicit_bzero(piece, sizeof piece);
}

void sign_add_base64url(struct text *out, struct str bytes)
{
    size_t from = out->len;
    sign_add_base64(out, bytes);
    while (out->len > from && out->ptr[out->len - 1] == '=') {
        out->len--;
    }
    for (size_t i = from; i < out->len; i++) {
        char c = out->ptr[i];
        out->ptr[i] = (char)(c == '+' ? '-' : c == '/' ? '_' : c);
    }
}

/* A key with a password: libcrypto would ask for it on the terminal. */
/* NOLINTNEXTLINE(readability-non-const-parameter): libcrypto's type */
static int no_password(char *buffer, int size, int writing, void *self)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)self;
    return -1;
}

static EVP_PKEY *read_key(struct str pem)
{
    enum { BITS_LEAST = 2048 };
    BIO *bio = pem.len <= INT_MAX ? BIO_new_mem_buf(pem.ptr, (int)pem.len) : NULL;
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
    (void)BIO_free(bio);
    if (key && (EVP_PKEY_base_id(key) != EVP_PKEY_RSA || EVP_PKEY_bits(key) < BITS_LEAST)) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return key;
}

static bool add_rsa(EVP_PKEY *key, struct str message, struct text *out)
{
    const unsigned char *bytes = (const unsigned char *)message.ptr;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t length = 0;
    bool good = context &&
                EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestSign(context, NULL, &length, bytes, message.len) == 1 &&
                text_reserve(out, length) &&
                EVP_DigestSign(context, (unsigned char *)out->ptr + out->len, &length,
                               bytes, message.len) == 1;
    out->len += good ? length : 0;
    EVP_MD_CTX_free(context);
    return good;
}

bool sign_rs256(struct str pem, struct str message, struct text *out, struct error *error)
{
    EVP_PKEY *key = read_key(pem);
    bool is_key = key != NULL;
    bool good = is_key && add_rsa(key, message, out);
    EVP_PKEY_free(key);
    ERR_clear_error(); /* TLS in this thread reads the same list */
    if (!is_key) {
        return error_set(error, IMH_DENIED,
                         "needs an RSA private key of 2048 bits or more, as PEM without a "
                         "password");
    }
    return good || error_set(error, IMH_RETRY, "a signature could not be made");
}

static int base64_digit(char c)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

bool sign_read_base64(struct str code, struct text *bytes)
{
    uint32_t bits = 0;
    while (code.len > 0 && code.len % 4 == 0 && str_ends(code, STR_OF("="))) {
        code.len -= str_ends(code, STR_OF("==")) ? 2 : 1;
    }
    for (size_t i = 0; i < code.len; i++) {
        int digit = base64_digit(code.ptr[i]);
        if (digit < 0) {
            return false;
        }
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4 > 0) {
            text_add_char(bytes, (char)(bits >> (6 - 2 * (i % 4)) & 0xFF));
        }
    }
    return code.len % 4 != 1 && !bytes->failed;
}

void sign_add_hex(struct text *out, struct str bytes)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char c = (unsigned char)bytes.ptr[i];
        text_add_char(out, digits[c >> 4]);
        text_add_char(out, digits[c & 15]);
    }
}

bool sign_nonce(char nonce[SIGN_NONCE_BYTES], struct error *error)
{
    char random[(SIGN_NONCE_BYTES - 1) / 2];
    struct text text;
    if (getrandom(random, sizeof random, 0) != sizeof random) {
        return error_set(error, IMH_RETRY, "the system has no random bytes");
    }
    text_init(&text, SIGN_NONCE_BYTES);
    sign_add_hex(&text, (struct str){random, sizeof random});
    bool good = text_ok(&text, "a nonce", error);
    if (good) {
        memcpy(nonce, text_cstr(&text), SIGN_NONCE_BYTES);
    }
    text_done(&text);
    return good;
}
