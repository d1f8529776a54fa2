/* sign_digest - the cryptography that signatures are made of, by libcrypto.
 *
 * The only room that includes it. Pure, but for sign_nonce().
 */
#ifndef HOST_NET_SIGN_DIGEST_H
#define HOST_NET_SIGN_DIGEST_H

#include "base/text.h"

enum sign_hash { SIGN_SHA1, SIGN_SHA256 };

enum { SIGN_DIGEST_MOST = 32, SIGN_NONCE_BYTES = 33 /* with its zero */ };

/* HMAC of `message`; gives the digest's length, 0 when it could not be made. */
size_t sign_hmac(enum sign_hash hash, struct str key, struct str message,
                 unsigned char digest[SIGN_DIGEST_MOST]);

void sign_add_base64(struct text *out, struct str bytes);
void sign_add_base64url(struct text *out, struct str bytes); /* for JWT: without its = */

/* Adds the bytes that `code` stands for, padded or not; false for what is no base64. */
bool sign_read_base64(struct str code, struct text *bytes);

void sign_add_hex(struct text *out, struct str bytes);

/* Adds the RSA signature of SHA-256 over `message`, as bytes; `pem` is the private key.
 * Errors: IMH_DENIED for what is no RSA key of 2048 bits or more, or wants a password. */
bool sign_rs256(struct str pem, struct str message, struct text *out, struct error *error);

/* 32 letters and digits that never came before. */
bool sign_nonce(char nonce[SIGN_NONCE_BYTES], struct error *error);

#endif
