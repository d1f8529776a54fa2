/* program - a compiled template: a flat list of operations over one frame of values.
 *
 * The frame holds constants (below zero), variables (from zero on) and temporaries. Each
 * operation is a function and up to four operands; what an operand means stands beside the
 * function in ops.h. Jumps are numbers of operations.
 *
 * A program is never changed: any number of renders may run it, each with a vm of its own.
 */
#ifndef HOST_SMARTY_PROGRAM_H
#define HOST_SMARTY_PROGRAM_H

#include "smarty/modifiers.h"

struct vm;

/* Runs one operation and gives the next one; NULL ends the render. */
typedef const struct op *op_run(struct vm *vm, const struct op *op);

struct op {
    op_run *run;
    int32_t a, b, c, d;
    uint32_t line;
};

/* One {foreach}: slots and targets. */
struct foreach {
    int32_t item, key;            /* variables; key -1: none */
    int32_t item_loop, name_loop; /* slots of loops; name_loop -1: it has no name */
    int32_t depth;                /* how many loops are around it */
    int32_t body, otherwise;      /* targets */
    int32_t pending;              /* target when the list is pending, or JUMP_NOWHERE */
};

struct program {
    struct arena arena; /* all of it */
    const char *name;   /* of the template */
    struct op *ops;
    uint32_t op_count;
    const struct value *constants; /* frame[-1 - i] */
    uint32_t constant_count;
    const struct key *keys; /* of member operations */
    const struct function *const *functions;
    const struct foreach *foreachs;
    struct array *slots; /* variable name to slot */
    uint32_t variable_count;
    uint32_t loop_count; /* loops whose properties are read */
    uint32_t temporary_count;
    uint32_t depth_count; /* loops inside each other */
};

/* A loop under way, or over: its properties outlive it. */
struct loop {
    const struct array *array;
    uint32_t index;
    struct value single; /* a scalar is a list of one */
    struct value outer_item, outer_key;
    struct loop *outer_named; /* what had the same name before; NULL for nothing */
};

struct vm {
    const struct program *program;
    struct value *frame;
    struct text *out;
    struct modifier_call call; /* arena, scratch, error, time: what functions get */
    const struct smarty_data *data;
    struct loop **loops;    /* by slot: for properties */
    struct loop **depths;   /* by nesting: those under way */
    struct array *captured; /* {capture name=...} */
    struct array *dynamic;  /* variables whose names are not in the template */
    uint64_t steps_left;
    bool pending; /* something was asked for that is not there yet */
    bool failed;
};

/* A run-time error of the template, on the line of `op`; always NULL. */
PRINTF_LIKE(3, 4)
const struct op *vm_fail(struct vm *vm, const struct op *op, const char *format, ...);

/* Turns call.error, which has no place yet, into the error of this line; always NULL. */
const struct op *vm_fail_call(struct vm *vm, const struct op *op);

/* The arena is full. */
const struct op *vm_fail_memory(struct vm *vm, const struct op *op);

/* Behind an operation that spent effort: the next one, or NULL when that was the last. */
static inline const struct op *vm_go_on(struct vm *vm, const struct op *op)
{
    return effort_is_spent(&vm->call.effort) ? vm_fail(vm, op, EFFORT_SPENT) : op + 1;
}

/* What reads all of a value: nothing much unless it is text. */
static inline void vm_spend(struct vm *vm, const struct value *value)
{
    (void)effort_spend_text(&vm->call.effort, value->type == VALUE_TEXT ? value->len : 0);
}

bool vm_fetch(struct vm *vm, const struct op *op, struct value *value);

/* Is the operand not there yet? What is lazy is asked for, and the answer takes its place.
 */
static inline bool vm_lacks(struct vm *vm, const struct op *op, struct value *value)
{
    return value->type >= VALUE_LAZY && vm_fetch(vm, op, value);
}

/* Runs until the end, an error, or a place from which pending data lets nobody go on. */
void vm_run(struct vm *vm);

#endif
