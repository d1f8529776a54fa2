/* lists - a list of a remote, on its way through a template.
 *
 * It takes along what is asked of it (filter, orderby, limit, in the order written) until
 * it is looped over or counted; then it becomes one query to the plugin, continued page by
 * page as long as more is needed. What the plugin did not do is done here.
 *
 * Private to roots. Lies in the arena of a render or answer.
 *
 * Thread: that of the variables.
 */
#ifndef HOST_ENGINE_LISTS_H
#define HOST_ENGINE_LISTS_H

#include "engine/roots.h"

enum {
    LIST_ITEMS_MOST = 10000,     /* looked through for one list */
    LIST_QUERY_BYTES = 16 << 10, /* of one query to a plugin */
    LIST_DEMANDS_MOST = 32       /* modifiers of one list */
};

/* The list of the variable; `filter` is the one of its reference, a JSON array or empty.
 * false: memory is out. */
bool list_make(const struct root *root, uint32_t variable, struct str filter,
               struct arena *arena, struct value *value);

#endif
