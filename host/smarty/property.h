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
    PROPERTY_ROWNUM, /* from here on of {section} */
    PROPERTY_LOOP,
    PROPERTY_STEP,
    PROPERTY_PREVIOUS,
    PROPERTY_NEXT,
    PROPERTY_NONE /* any other name: null */
};

enum property property_find(struct str name);

/* A loop keeps those properties that its template asks for: as bits, with what it needs to
 * tell them. An included template sees no others. */
int64_t property_bits(enum property property);

/* `by_name`: asked by the name of the loop, not by its item. */
struct value property_value(enum property property, const struct loop *loop, bool by_name);

#endif
