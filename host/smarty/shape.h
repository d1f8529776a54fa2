/* shape - lines of a text no wider than they may be, as Smarty's wordwrap. */
#ifndef HOST_SMARTY_SHAPE_H
#define HOST_SMARTY_SHAPE_H

#include "base/text.h"

struct shape {
    int64_t width; /* characters */
    struct str line_end;
    bool cut; /* words that are longer are cut in pieces */
};

void shape_wrap(struct text *out, struct str text, const struct shape *shape);

#endif
