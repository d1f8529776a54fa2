#include "smarty/base64.h"

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct text *out, struct str text)
{
    for (size_t at = 0; at < text.len; at += 3) {
        size_t bytes = text.len - at < 3 ? text.len - at : 3;
        uint32_t bits = 0;
        for (size_t i = 0; i < 3; i++) {
            bits = bits << 8 | (i < bytes ? (unsigned char)text.ptr[at + i] : 0U);
        }
        for (size_t i = 0; i < 4; i++) {
            char digit = digits[bits >> (18 - 6 * i) & 63];
            text_add_char(out, (char)(i <= bytes ? digit : '='));
        }
    }
}

void base64_decode(struct text *out, struct str text)
{
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *digit = text.ptr[i] ? strchr(digits, text.ptr[i]) : NULL;
        if (!digit) {
            continue;
        }
        bits = bits << 6 | (uint32_t)(digit - digits);
        count += 6;
        if (count >= 8) {
            count -= 8;
            text_add_char(out, (char)(bits >> count & 0xFF));
        }
    }
}
