/* pattern - regular expressions, as PHP's preg_match() and preg_replace() have them. */
#ifndef HOST_SMARTY_PATTERN_H
#define HOST_SMARTY_PATTERN_H

#include "smarty/modifiers.h"

/* 1 or 0, false for a pattern that is broken. Fails when it takes too much work. */
bool pattern_matches(struct modifier_call *call, struct str pattern, struct str text,
                     struct value *result);

/* What matches in the text `subject`, replaced as preg_replace() does; null when the
 * pattern is broken or the text is no UTF-8. Likewise. */
bool pattern_replace(struct modifier_call *call, struct str pattern, struct str by,
                     struct value *subject);

#endif
