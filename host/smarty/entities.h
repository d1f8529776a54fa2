/* entities - the names that HTML 4 gives to characters beyond ASCII.
 *
 * Source: the entity sets of HTML 4.01, which PHP's htmlentities uses.
 */
#ifndef HOST_SMARTY_ENTITIES_H
#define HOST_SMARTY_ENTITIES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* "eacute" of 233; empty when the character has no name. */
struct str entity_name(int32_t character);

/* Also knows amp, quot, lt and gt; 0 when there is no such name. */
int32_t entity_character(struct str name);

#endif
