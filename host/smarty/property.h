/* property - what a template can ask of a loop: $item@first, $smarty.foreach.name.total. */
#ifndef HOST_SMARTY_PROPERTY_H
#define HOST_SMARTY_PROPERTY_H

#include "smarty/program.h"

enum property {
    PROPERTY_INDEX,
    PROPERTY_ITERATION,
    PROPERTY_FIRST,
    PROPERTY_LAST,
    PROPERTY_TOTAL,
    PROPERTY_KEY,
    PROPERTY_SHOW,
    PROPERTY_NONE /* any other name: null */
};

enum property property_find(struct str name);
struct value property_value(enum property property, const struct loop *loop);

#endif
