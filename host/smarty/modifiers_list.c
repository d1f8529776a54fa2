#include "smarty/modifiers.h"

/* A modifier of list.h on what is here already. */
static bool refine(struct modifier_call *call, enum refine kind,
                   const struct value *arguments, uint32_t count, struct value *result)
{
    struct refinement refinement;
    return refinement_read(kind, arguments + 1, count - 1, &refinement, call->error) &&
           refinement_apply(&refinement, &arguments[0], call->arena, &call->effort, result,
                            call->error);
}

/* filter:field, filter:field:value, filter:field:operator:value */
static bool run_filter(struct modifier_call *call, const struct value *arguments,
                       uint32_t count, struct value *result)
{
    return refine(call, REFINE_FILTER, arguments, count, result);
}

/* orderby:field:way="asc" */
static bool run_orderby(struct modifier_call *call, const struct value *arguments,
                        uint32_t count, struct value *result)
{
    return refine(call, REFINE_ORDERBY, arguments, count, result);
}

/* limit:most */
static bool run_limit(struct modifier_call *call, const struct value *arguments,
                      uint32_t count, struct value *result)
{
    return refine(call, REFINE_LIMIT, arguments, count, result);
}

static const struct function functions[] = {
    FUNCTION_RUN("filter", 2, 4, AS_MODIFIER | REFINES(REFINE_FILTER), NULL, run_filter),
    FUNCTION_RUN("limit", 2, 2, AS_MODIFIER | REFINES(REFINE_LIMIT), NULL, run_limit),
    FUNCTION_RUN("orderby", 2, 3, AS_MODIFIER | REFINES(REFINE_ORDERBY), NULL, run_orderby),
};

const struct family family_list = {functions, sizeof functions / sizeof *functions};
