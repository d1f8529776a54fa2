/* stripped - template text inside {strip}: newlines go, and blanks between HTML tags.
 *
 * By the regular expressions of the reference, one after the other; what stands in
 * <script>, <textarea> and <pre> stays as it is.
 */
#ifndef HOST_SMARTY_STRIPPED_H
#define HOST_SMARTY_STRIPPED_H

#include "base/text.h"

/* Adds the text; false when that takes too much. */
bool stripped_add(struct text *out, struct str text);

#endif
