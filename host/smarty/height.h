/* height - refuses a tree that is too high.
 *
 * Nesting is limited while parsing, but `1+1+1...` and {elseif} chains grow high without
 * it. Whoever walks a tree recurs into it; this looks at it first, without recursion.
 */
#ifndef HOST_SMARTY_HEIGHT_H
#define HOST_SMARTY_HEIGHT_H

#include "smarty/parser.h"

enum { HEIGHT_MOST = 1000 }; /* statements and expressions inside each other */

/* false after lexer_fail(). */
bool height_check(struct parser *parser, const struct statement *tree);

#endif
