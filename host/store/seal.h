/* seal - values that only the holder of a key can read or make: XChaCha20-Poly1305.
 *
 * A sealed value belongs to its place (account, integration, name) and to its key: changed
 * in any bit, or moved to another place, it does not open. Values and keys are secrets, see
 * base/secret.h; what is sealed is none. The only room of the store that knows libsodium.
 *
 * Thread: any; a key may be used by one at a time.
 */
#ifndef HOST_STORE_SEAL_H
#define HOST_STORE_SEAL_H

#include "base/secret.h"
#include "base/text.h"

enum {
    SEAL_KEY_BYTES = 32,
    SEAL_KEY_ID_LENGTH = 32, /* hexadecimal */
    SEAL_NONCE_BYTES = 24,
    SEAL_MORE_BYTES = 16, /* a box is longer than its value by that */
    SEAL_KEY_TEXT_MOST = 128
};

struct seal_key;

/* Of 32 bytes written as base64 or hexadecimal, white space around it ignored. Errors:
 * IMH_REJECTED with a clause that fits behind "the key file:x ". */
struct seal_key *seal_key_parse(const struct secret *text, struct error *error);
struct seal_key *seal_key_random(struct error *error);
void seal_key_free(struct seal_key *key);
OWN_BY(seal_key);

/* Tells keys apart without telling anything of them; SEAL_KEY_ID_LENGTH characters. */
struct str seal_key_id(const struct seal_key *key);

/* As seal_key_parse() reads it: base64, without a newline. */
struct secret *seal_key_text(const struct seal_key *key, struct error *error);

struct seal_place {
    struct str account, integration, name;
};

/* As it is stored; all lent. */
struct sealed {
    struct str key_id, nonce, box;
};

/* Seals the value; what it comes to lies in `room`, which is cleared. */
bool seal_close(const struct seal_key *key, const struct seal_place *place,
                struct str value, struct text *room, struct sealed *sealed,
                struct error *error);

/* Errors: IMH_REJECTED when it was not sealed like this, for this place, by this key. */
struct secret *seal_open(const struct seal_key *key, const struct seal_place *place,
                         const struct sealed *sealed, struct error *error);

#endif
