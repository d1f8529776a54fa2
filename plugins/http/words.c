#include "words.h"

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static int begins(imh_str text, const char *word)
{
    size_t i = 0;
    while (i < text.len && word[i] && lower(text.ptr[i]) == lower(word[i])) {
        i++;
    }
    return !word[i];
}

int words_same(imh_str text, const char *word)
{
    return text.len == strlen(word) && begins(text, word);
}

int words_contain(imh_str text, const char *word)
{
    int found = 0;
    for (size_t i = 0; !found && i < text.len; i++) {
        imh_str rest = {text.ptr + i, text.len - i};
        found = begins(rest, word);
    }
    return found;
}

imh_str words_cut(imh_str text, size_t most)
{
    imh_str cut = {text.ptr, most < text.len ? most : text.len};
    while (cut.len > 0 && cut.len < text.len &&
           ((unsigned char)text.ptr[cut.len] & 0xC0) == 0x80) {
        cut.len--;
    }
    return cut;
}
