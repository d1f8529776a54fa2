/* percent - escapes as they stand in addresses and forms (RFC 3986): "a b" is "a%20b".
 *
 * Pure.
 */
#ifndef HOST_BASE_PERCENT_H
#define HOST_BASE_PERCENT_H

#include "base/text.h"

/* A-Z a-z 0-9 - . _ ~, which are never escaped. */
bool percent_is_plain(char c);

/* Everything else escaped, in upper case. */
void percent_encode(struct text *out, struct str plain);

/* What is no escape stays as it is. `plus_is_blank`: as forms are read. */
void percent_decode(struct text *out, struct str escaped, bool plus_is_blank);

/* The byte of the escape at `at`; -1 when there is none. */
int percent_byte(struct str text, size_t at);

#endif
