#include "net/sign_digest.h"

#include <limits.h>
#include <sys/random.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

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
