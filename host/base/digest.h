/* digest - fingerprints of bytes by name: md5, sha1, sha256 and so on (OpenSSL).
 *
 * For templates, which call them by name, and to tell keys apart; nothing secret rests on
 * them. Pure.
 */
#ifndef HOST_BASE_DIGEST_H
#define HOST_BASE_DIGEST_H

#include "base/text.h"

/* Adds it in hexadecimal, or as bytes; false when there is no such kind. */
bool digest_add(struct text *out, struct str kind, struct str bytes, bool raw);

/* As crc32(), of the usual kind. */
uint32_t digest_crc32(struct str bytes);

#endif
