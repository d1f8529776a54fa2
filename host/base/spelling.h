/* spelling - finds a text in what others wrote, also where they wrote it otherwise:
 *
 *   JSON            `t` as `\u0074`, `/` as `\/`
 *   URLs, forms     `/` as `%2f` or `%2F`, a blank as `+`
 *   HTML, XML       `"` as `&quot;`, `&#34;` or `&#x22;`
 *   base64          also that of URLs, and of a longer text with it, as "user:password"
 *   hexadecimal     in either case
 *
 * Each letter may be written in another of the first three ways, those of the last two as
 * well.
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
