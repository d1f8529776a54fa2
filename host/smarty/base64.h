/* base64 - bytes as text of 64 letters, as PHP writes and reads it. Pure.
 */
#ifndef HOST_SMARTY_BASE64_H
#define HOST_SMARTY_BASE64_H

#include "base/text.h"

void base64_encode(struct text *out, struct str text);

/* What is no digit is passed over, `=` too. */
void base64_decode(struct text *out, struct str text);

#endif
