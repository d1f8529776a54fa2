/* words - small things about text that a plugin needs and C does not have. Pure. */
#ifndef PLUGINS_HTTP_WORDS_H
#define PLUGINS_HTTP_WORDS_H

#include <imh/imh.h>

/* Equal, whatever the case of ASCII letters. */
int words_same(imh_str text, const char *word);

/* Is the word in it, whatever the case? */
int words_contain(imh_str text, const char *word);

/* At most so many bytes, no character of UTF-8 broken. */
imh_str words_cut(imh_str text, size_t most);

#endif
