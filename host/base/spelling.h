/* spelling - finds a text in what others wrote, also where they wrote it with JSON's
 * escapes: `t` may be `\u0074`, `/` may be `\/`, each by itself; or with those of URLs and
 * forms: `/` may be `%2f` or `%2F`, a blank may be `+`.
 *
 * Pure.
 */
#ifndef HOST_BASE_SPELLING_H
#define HOST_BASE_SPELLING_H

#include "base/str.h"

enum { SPELLING_SECRET_BYTES = 8 /* a shorter secret could be any word of an answer */ };

/* The first place from `from` on where `what`, which is not empty, stands: its offset and,
 * in `*len`, how many bytes it takes there; words.len when it is nowhere. */
size_t spelling_find(struct str words, struct str what, size_t from, size_t *len);

#endif
