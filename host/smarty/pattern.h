/* pattern - does a text match a regular expression, as PHP's preg_match() says. */
#ifndef HOST_SMARTY_PATTERN_H
#define HOST_SMARTY_PATTERN_H

#include "smarty/modifiers.h"

/* 1 or 0, false for a pattern that is broken. Fails when it takes too much work. */
bool pattern_matches(struct modifier_call *call, struct str pattern, struct str text,
                     struct value *result);

#endif
