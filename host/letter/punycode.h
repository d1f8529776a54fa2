/* punycode - a part of an international domain as ASCII: "bücher" is "xn--bcher-kva" (RFC
 * 3492). Pure.
 */
#ifndef HOST_LETTER_PUNYCODE_H
#define HOST_LETTER_PUNYCODE_H

#include "base/text.h"

enum { PUNYCODE_CHARACTERS_MOST = 63 };

/* In lower case. false: too long, no UTF-8, or it has something that no name has. */
bool punycode_add(struct text *out, struct str label);

#endif
