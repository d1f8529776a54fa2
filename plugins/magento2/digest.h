/* digest - what a thing was, in eight bytes: enough to see that it is another one. FNV-1a.
 */
#ifndef PLUGINS_MAGENTO2_DIGEST_H
#define PLUGINS_MAGENTO2_DIGEST_H

#include <imh/imh.h>

#define DIGEST_NONE 0xcbf29ce484222325U

/* Of what came before and of another part, and where that ends. */
static inline uint64_t digest_of(uint64_t before, imh_str part)
{
    uint64_t digest = before;
    for (size_t i = 0; i < part.len; i++) {
        digest = (digest ^ (unsigned char)part.ptr[i]) * 0x100000001b3U;
    }
    return (digest ^ ',') * 0x100000001b3U;
}

#endif
