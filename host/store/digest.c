#include "store/digest.h"

#include <stdlib.h>

#include <sodium.h>

void digest_of(const struct str *parts, unsigned count, unsigned char digest[DIGEST_BYTES])
{
    crypto_generichash_state state;
    bool good = crypto_generichash_init(&state, NULL, 0, DIGEST_BYTES) == 0;
    for (unsigned i = 0; i < count; i++) {
        uint64_t length = parts[i].len;
        good = good &&
               crypto_generichash_update(&state, (const unsigned char *)&length,
                                         sizeof length) == 0 &&
               crypto_generichash_update(&state, (const unsigned char *)parts[i].ptr,
                                         parts[i].len) == 0;
    }
    if (!good || crypto_generichash_final(&state, digest, DIGEST_BYTES) != 0) {
        abort(); /* libsodium fails for wrong lengths only */
    }
}
