/* list - demands on a list: keep what compares, sort, cut.
 *
 * The modifiers filter, orderby and limit, apart from where the list comes from: an array
 * is refined at once, a list of the host hands its demands on to the remote first. Pure;
 * what is made lies in the arena.
 *
 *     products|filter:"price":"<":15|orderby:"price":"desc"|limit:5
 */
#ifndef HOST_SMARTY_LIST_H
#define HOST_SMARTY_LIST_H

#include "smarty/juggle.h"

/* Order matters: what comes first here, a remote can do before what follows. */
enum refine { REFINE_NONE, REFINE_FILTER, REFINE_ORDERBY, REFINE_LIMIT, REFINE_COUNT };

enum list_relation {
    LIST_EQUAL,
    LIST_NOT_EQUAL,
    LIST_LESS,
    LIST_LESS_OR_EQUAL,
    LIST_GREATER,
    LIST_GREATER_OR_EQUAL,
    LIST_CONTAINS, /* the field's text has it, whatever its case; or an element equals it */
    LIST_GIVEN,    /* the field has some value */
    LIST_RELATION_COUNT
};

struct refinement {
    enum refine kind;
    struct str field; /* "price", "customer.email" */
    enum list_relation relation;
    struct value value; /* FILTER: what the field is compared with */
    bool descending;    /* ORDERBY */
    int64_t limit;      /* LIMIT: 0 or more */
};

/* As it stands in queries to plugins: "<=", "given". */
const char *list_relation_name(enum list_relation relation);

/* What the modifier's arguments mean; `arguments` begin behind the list. Errors name the
 * remedy: IMH_REJECTED. */
bool refinement_read(enum refine kind, const struct value *arguments, uint32_t count,
                     struct refinement *refinement, struct error *error);

/* The list with FILTER, ORDERBY or LIMIT done; null stays null, a scalar is a list of one.
 * Keys of objects are kept, lists are numbered anew. VALUE_PENDING when a field is data of
 * the host that is still to be fetched: all such fields were asked for. */
bool refinement_apply(const struct refinement *refinement, const struct value *list,
                      struct arena *arena, struct effort *effort, struct value *result,
                      struct error *error);

#endif
