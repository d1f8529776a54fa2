/* escape - text made safe for where it goes: HTML, addresses, scripts.
 *
 * Byte for byte as PHP's htmlspecialchars, htmlentities, rawurlencode and Smarty's escape.
 */
#ifndef HOST_SMARTY_ESCAPE_H
#define HOST_SMARTY_ESCAPE_H

#include "base/text.h"

/* & " ' < > as entities; text that is not UTF-8 adds nothing at all, as in PHP. */
void escape_html(struct text *out, struct str text);

/* Likewise, but entities that are already there stay as they are. */
void escape_html_once(struct text *out, struct str text);

/* All bytes but A-Za-z0-9-_.~ and those in `safe` as %XX. */
void escape_url(struct text *out, struct str text, const char *safe);

#endif
