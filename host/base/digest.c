#include "base/digest.h"

#include <openssl/evp.h>

/* The byte shifted out bit by bit: slow, and needs no table. */
uint32_t digest_crc32(struct str bytes)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < bytes.len; i++) {
        crc ^= (unsigned char)bytes.ptr[i];
        for (unsigned bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (0xEDB88320U & (0U - (crc & 1)));
        }
    }
    return ~crc;
}

static const EVP_MD *find(struct str kind)
{
    static const struct {
        struct str name;
        const EVP_MD *(*digest)(void);
    } digests[] = {{STR("md5"), EVP_md5},       {STR("sha1"), EVP_sha1},
                   {STR("sha224"), EVP_sha224}, {STR("sha256"), EVP_sha256},
                   {STR("sha384"), EVP_sha384}, {STR("sha512"), EVP_sha512}};
    for (size_t i = 0; i < sizeof digests / sizeof *digests; i++) {
        if (str_eq_nocase(kind, digests[i].name)) {
            return digests[i].digest();
        }
    }
    return NULL;
}

static void add(struct text *out, const unsigned char *bytes, size_t count, bool raw)
{
    for (size_t i = 0; i < count; i++) {
        if (raw) {
            text_add_char(out, (char)bytes[i]);
        } else {
            text_print(out, "%02x", (unsigned)bytes[i]);
        }
    }
}

bool digest_add(struct text *out, struct str kind, struct str bytes, bool raw)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned count = 0;
    if (str_eq_nocase(kind, STR_OF("crc32b"))) {
        uint32_t crc = digest_crc32(bytes);
        for (; count < 4; count++) {
            digest[count] = (unsigned char)(crc >> (24 - 8 * count));
        }
    } else {
        const EVP_MD *method = find(kind);
        if (!method || !EVP_Digest(bytes.ptr, bytes.len, digest, &count, method, NULL)) {
            return false;
        }
    }
    add(out, digest, count, raw);
    return true;
}
