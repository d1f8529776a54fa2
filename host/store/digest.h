/* digest - tells texts apart by few bytes.
 *
 * BLAKE2b without a key: two texts with one digest are not met by chance, nor made by
 * somebody who tries. Thread: any.
 */
#ifndef HOST_STORE_DIGEST_H
#define HOST_STORE_DIGEST_H

#include "base/str.h"

enum { DIGEST_BYTES = 16 };

/* Of the parts, each with its length, so that ("ab", "c") is another than ("a", "bc"). */
void digest_of(const struct str *parts, unsigned count, unsigned char digest[DIGEST_BYTES]);

#endif
