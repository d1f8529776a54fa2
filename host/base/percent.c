#include "base/percent.h"

bool percent_is_plain(char c)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

void percent_encode(struct text *out, struct str plain)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < plain.len; i++) {
        unsigned char c = (unsigned char)plain.ptr[i];
        if (percent_is_plain(plain.ptr[i])) {
            text_add_char(out, plain.ptr[i]);
        } else {
            char code[3] = {'%', hex[c >> 4], hex[c & 15]};
            text_add_bytes(out, code, sizeof code);
        }
    }
}

int percent_byte(struct str text, size_t at)
{
    if (text.len < 3 || at > text.len - 3 || text.ptr[at] != '%') {
        return -1;
    }
    int high = str_hex_digit(text.ptr[at + 1]);
    int low = str_hex_digit(text.ptr[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

void percent_decode(struct text *out, struct str escaped, bool plus_is_blank)
{
    for (size_t i = 0; i < escaped.len; i++) {
        char c = escaped.ptr[i];
        int byte = percent_byte(escaped, i);
        if (byte >= 0) {
            text_add_char(out, (char)byte);
            i += 2;
        } else {
            text_add_char(out, (char)(c == '+' && plus_is_blank ? ' ' : c));
        }
    }
}
