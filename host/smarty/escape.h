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

/* Likewise, and a single quote stays as it is: for attributes in double quotes. */
void escape_html_attribute(struct text *out, struct str text);

/* All bytes but A-Za-z0-9-_.~ and those in `safe` as %XX. */
void escape_url(struct text *out, struct str text, const char *safe);

/* As escape_html(), and every character that has a name in HTML 4 by that name; without
 * `twice`, entities that are there stay as they are. What is broken is one `?`. */
void escape_html_all(struct text *out, struct str text, bool twice);

enum unescape {
    UNESCAPE_SPECIAL, /* & " ' < > only: htmlspecialchars_decode() */
    UNESCAPE_ALL      /* all names of HTML 4, and numbers: html_entity_decode() */
};

void unescape_html(struct text *out, struct str text, enum unescape what);

#endif
