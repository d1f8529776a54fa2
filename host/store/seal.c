#include "store/seal.h"

#include <stdlib.h>

#include <sodium.h>

_Static_assert(SEAL_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key");
_Static_assert(SEAL_NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce");
_Static_assert(SEAL_MORE_BYTES == crypto_aead_xchacha20poly1305_ietf_ABYTES, "tag");

/* What is hashed or authenticated begins with what it is for, so that no byte of one use
 * ever counts for another. */
#define ID_LABEL "imh vault key 1"
#define PLACE_LABEL "imh vault secret 1"

enum { ID_BYTES = SEAL_KEY_ID_LENGTH / 2, ABOUT_BYTES = 4096 };

struct seal_key {
    struct secret *bytes; /* SEAL_KEY_BYTES */
    char id[SEAL_KEY_ID_LENGTH + 1];
};

static const unsigned char *bytes_of(struct str str)
{
    return (const unsigned char *)str.ptr;
}

/* ---- keys ---- */

static bool start(struct error *error)
{
    return sodium_init() >= 0 ||
           error_set(error, IMH_BROKEN, "libsodium does not start: no random bytes");
}

/* A keyed hash of a fixed text: whoever knows it knows nothing of the key. */
static bool name_key(struct seal_key *key, struct error *error)
{
    unsigned char id[ID_BYTES];
    struct str label = STR_OF(ID_LABEL);
    if (crypto_generichash(id, sizeof id, bytes_of(label), label.len,
                           bytes_of(secret_reveal(key->bytes)), SEAL_KEY_BYTES) != 0) {
        return error_set(error, IMH_BROKEN, "the key cannot be named");
    }
    (void)sodium_bin2hex(key->id, sizeof key->id, id, sizeof id);
    return true;
}

/* Takes the bytes over. */
static struct seal_key *make_key(struct secret *bytes, struct error *error)
{
    struct seal_key *key = calloc(1, sizeof *key);
    if (!key) {
        secret_free(bytes);
        (void)error_set(error, IMH_RETRY, "no memory for a key");
        return NULL;
    }
    key->bytes = bytes;
    if (!name_key(key, error)) {
        seal_key_free(key);
        return NULL;
    }
    return key;
}

void seal_key_free(struct seal_key *key)
{
    if (key) {
        secret_free(key->bytes);
        free(key);
    }
}

/* Exactly 32 bytes, in whatever common way they are written. */
static bool decode(struct str text, unsigned char *bytes)
{
    static const int variants[] = {
        sodium_base64_VARIANT_ORIGINAL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING,
        sodium_base64_VARIANT_URLSAFE, sodium_base64_VARIANT_URLSAFE_NO_PADDING};
    size_t length = 0;
    if (text.len == 2 * (size_t)SEAL_KEY_BYTES) {
        return sodium_hex2bin(bytes, SEAL_KEY_BYTES, text.ptr, text.len, NULL, &length,
                              NULL) == 0 &&
               length == SEAL_KEY_BYTES;
    }
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        if (sodium_base642bin(bytes, SEAL_KEY_BYTES, text.ptr, text.len, NULL, &length,
                              NULL, variants[i]) == 0 &&
            length == SEAL_KEY_BYTES) {
            return true;
        }
    }
    return false;
}

struct seal_key *seal_key_parse(const struct secret *text, struct error *error)
{
    unsigned char bytes[SEAL_KEY_BYTES];
    struct secret *secret = NULL;
    if (!start(error)) {
        return NULL;
    }
    if (decode(str_trim(secret_reveal(text)), bytes)) {
        secret = secret_copy((struct str){(const char *)bytes, sizeof bytes}, error);
    } else {
        (void)error_set(error, IMH_REJECTED,
                        "is no key: 32 random bytes as base64 (44 characters) or "
                        "hexadecimal (64 characters)");
    }
    sodium_memzero(bytes, sizeof bytes);
    return secret ? make_key(secret, error) : NULL;
}

struct seal_key *seal_key_random(struct error *error)
{
    unsigned char bytes[SEAL_KEY_BYTES];
    if (!start(error)) {
        return NULL;
    }
    crypto_aead_xchacha20poly1305_ietf_keygen(bytes);
    struct secret *secret =
        secret_copy((struct str){(const char *)bytes, sizeof bytes}, error);
    sodium_memzero(bytes, sizeof bytes);
    return secret ? make_key(secret, error) : NULL;
}

struct str seal_key_id(const struct seal_key *key)
{
    return (struct str){key->id, SEAL_KEY_ID_LENGTH};
}

struct secret *seal_key_text(const struct seal_key *key, struct error *error)
{
    char text[sodium_base64_ENCODED_LEN(SEAL_KEY_BYTES, sodium_base64_VARIANT_ORIGINAL)];
    struct str bytes = secret_reveal(key->bytes);
    (void)sodium_bin2base64(text, sizeof text, bytes_of(bytes), bytes.len,
                            sodium_base64_VARIANT_ORIGINAL);
    struct secret *secret = secret_copy(str_from(text), error);
    sodium_memzero(text, sizeof text);
    return secret;
}

/* ---- sealing ---- */

/* What is authenticated along with the value: it needs no memory that may be missing. */
struct about {
    char bytes[ABOUT_BYTES];
    size_t len;
};

/* Length in eight bytes, lowest first, then the bytes: no two places give the same. */
static bool add_part(struct about *about, struct str part)
{
    if (part.len > ABOUT_BYTES - 8 || about->len > ABOUT_BYTES - 8 - part.len) {
        return false;
    }
    for (unsigned shift = 0; shift < 64; shift += 8) {
        about->bytes[about->len++] = (char)((uint64_t)part.len >> shift & 0xFF);
    }
    if (part.len > 0) {
        memcpy(about->bytes + about->len, part.ptr, part.len);
        about->len += part.len;
    }
    return true;
}

static bool write_about(const struct seal_place *place, struct str key_id,
                        struct about *about, struct error *error)
{
    const struct str parts[] = {STR(PLACE_LABEL), place->account, place->integration,
                                place->name, key_id};
    bool fits = true;
    about->len = 0;
    for (size_t i = 0; fits && i < sizeof parts / sizeof *parts; i++) {
        fits = add_part(about, parts[i]);
    }
    return fits || error_set(error, IMH_REJECTED, "the name of a secret is too long");
}

bool seal_close(const struct seal_key *key, const struct seal_place *place,
                struct str value, struct text *room, struct sealed *sealed,
                struct error *error)
{
    struct about about;
    size_t box_bytes = value.len + SEAL_MORE_BYTES;
    if (value.len > SECRET_BYTES) {
        return error_set(error, IMH_REJECTED, "a secret has at most %d bytes",
                         SECRET_BYTES);
    }
    text_clear(room);
    if (!text_reserve(room, SEAL_NONCE_BYTES + box_bytes)) {
        return error_set(error, IMH_RETRY, "no memory to seal a secret");
    }
    if (!write_about(place, seal_key_id(key), &about, error)) {
        return false;
    }
    unsigned char *nonce = (unsigned char *)room->ptr;
    randombytes_buf(nonce, SEAL_NONCE_BYTES);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(
        nonce + SEAL_NONCE_BYTES, NULL, bytes_of(value), value.len,
        (const unsigned char *)about.bytes, about.len, NULL, nonce,
        bytes_of(secret_reveal(key->bytes)));
    room->len = SEAL_NONCE_BYTES + box_bytes;
    *sealed = (struct sealed){.key_id = seal_key_id(key),
                              .nonce = str_before(text_str(room), SEAL_NONCE_BYTES),
                              .box = str_after(text_str(room), SEAL_NONCE_BYTES)};
    return true;
}

/* What a sealed value could be; the rest is found by opening it. */
static bool is_sealed(const struct sealed *sealed)
{
    return sealed->nonce.len == SEAL_NONCE_BYTES && sealed->box.len >= SEAL_MORE_BYTES &&
           sealed->box.len <= SECRET_BYTES + SEAL_MORE_BYTES;
}

struct secret *seal_open(const struct seal_key *key, const struct seal_place *place,
                         const struct sealed *sealed, struct error *error)
{
    struct about about;
    if (!str_eq(sealed->key_id, seal_key_id(key)) || !is_sealed(sealed)) {
        (void)error_set(error, IMH_REJECTED, "it was not sealed by this key");
        return NULL;
    }
    size_t length = sealed->box.len - SEAL_MORE_BYTES;
    OWN(secret) secret = write_about(place, sealed->key_id, &about, error)
                             ? secret_make(length, error)
                             : NULL;
    if (!secret) {
        return NULL;
    }
    /* Straight into the secret's own pages. */
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            (unsigned char *)secret_extend(secret, length), NULL, NULL,
            bytes_of(sealed->box), sealed->box.len, (const unsigned char *)about.bytes,
            about.len, bytes_of(sealed->nonce), bytes_of(secret_reveal(key->bytes))) != 0) {
        (void)error_set(error, IMH_REJECTED, "it was changed, or sealed for another place");
        return NULL;
    }
    return GIVE(secret);
}
