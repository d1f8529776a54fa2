/* utf8 - characters: the one room that knows Unicode's tables (utf8proc).
 *
 * A character is a Unicode code point unless a comment says otherwise. Pure functions.
 */
#ifndef HOST_BASE_UTF8_H
#define HOST_BASE_UTF8_H

#include "base/text.h"

/* Bytes of the character at `ptr` and its code point, or 0 when it is no valid UTF-8. */
size_t utf8_decode(const char *ptr, size_t len, int32_t *character);

/* Adds the character to the text; `character` must be a valid code point. */
void utf8_add(struct text *text, int32_t character);

bool utf8_is_valid(struct str str);

/* The same, never 0 for a text that is not empty: a character that is broken off, or a byte
 * that begins none, is one `?`, as PHP's mbstring sees it. */
size_t utf8_read(const char *ptr, size_t len, int32_t *character);

/* Number of characters; where the text is no valid UTF-8, PHP's number: each byte tells by
 * itself how many belong to it. */
size_t utf8_count(struct str str);

/* Offset of the character number `index`, or str.len when there are fewer. */
size_t utf8_offset(struct str str, size_t index);

bool utf8_is_letter(int32_t character);     /* \p{L} */
bool utf8_is_lower(int32_t character);      /* \p{Ll} */
bool utf8_is_mark(int32_t character);       /* \p{M}: combining */
bool utf8_is_number(int32_t character);     /* \p{N} */
bool utf8_is_nonspacing(int32_t character); /* \p{Mn}: combining, of no width */
bool utf8_is_dash(int32_t character);       /* \p{Pd} */
bool utf8_is_space(int32_t character);      /* \s of a Unicode regular expression */

/* Full case mapping as PHP 8.2's mb_strtoupper and mb_strtolower do it: `ß` becomes `SS`,
 * a sigma at a word's end stays `σ`. Invalid bytes become `?`. */
void utf8_add_upper(struct text *text, struct str str);
void utf8_add_lower(struct text *text, struct str str);

/* The text with `instead` for what is broken. */
void utf8_add_valid(struct text *text, struct str str, int32_t instead);

/* The text as people may see it, on one line of a terminal: characters that steer the
 * terminal, break the line or turn its direction are written as \u001B, and bytes that are
 * no UTF-8 as \x9B. */
void utf8_add_shown(struct text *text, struct str str);

/* JSON likewise, and it stays that: what is below U+0020 stands between its values. */
void utf8_add_shown_json(struct text *text, struct str json);

/* The character in title case: what starts a capitalized word. */
void utf8_add_title(struct text *text, int32_t character);

#endif
