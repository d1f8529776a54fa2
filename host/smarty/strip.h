/* strip - HTML tags taken out of a text. */
#ifndef HOST_SMARTY_STRIP_H
#define HOST_SMARTY_STRIP_H

#include "base/text.h"

/* Each <...> becomes a space. */
void strip_tags_to_spaces(struct text *out, struct str text);

/* As PHP's strip_tags: tags, comments and <?...?> go; `<` before white space stays. */
void strip_tags(struct text *out, struct str text);

#endif
