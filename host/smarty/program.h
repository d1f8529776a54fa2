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

/* One {foreach}, {for} or {section}: slots and targets. */
struct foreach {
    int32_t item, key;             /* variables; -1: none */
    int32_t item_loop, name_loop;  /* slots of loops; name_loop -1: it has no name */
    int32_t depth;                 /* how many loops are around it */
    int64_t asked[2];              /* properties, by item (or section) and by name */
    int32_t body, otherwise, over; /* targets */
    int32_t pending;               /* target when the list is pending, or JUMP_NOWHERE */
};

/* A call with named values: {include}, {call}, a tool. */
struct named_call {
    const struct str *names;
    uint32_t count;
    const struct tool *tool; /* NULL for the others */
};

struct program;

/* A {function} that a template defines. */
struct defined {
    struct str name;
    const struct program *program;
};

struct block_kind {
    const struct program *program;
    bool hides, appends, prepends, calls_child;
};

/* A program of its own for the template, each {function} and each {block}: all in the
 * template's arena. */
struct program {
    struct arena arena; /* of a template */
    const char *name;   /* of the template */
    struct op *ops;
    uint32_t op_count;
    const struct value *constants; /* frame[-1 - i] */
    uint32_t constant_count;
    const struct key *keys; /* of member operations */
    const struct function *const *functions;
    const struct foreach *foreachs;
    const struct named_call *named_calls;
    const struct block_kind *block_kinds;
    const struct defined *defined;
    uint32_t defined_count;
    struct array *slots;      /* variable name to slot */
    struct array *loop_slots; /* likewise: "@item", "name", "#section" */
    bool escape_html;         /* how it was compiled */
    bool prints_json;         /* it is a single {expression} that keeps its type */
    bool has_defaults;        /* a function that sets its own values: op_defaults */
    uint32_t variable_count;
    uint32_t loop_count; /* loops whose properties are read */
    uint32_t temporary_count;
    uint32_t depth_count; /* loops inside each other */
};

enum loop_kind { LOOP_LIST, LOOP_COUNT, LOOP_SECTION };

/* A loop under way, or over: its properties outlive it. */
struct loop {
    enum loop_kind kind;
    const struct array *array; /* LIST */
    uint32_t index;            /* LIST */
    int64_t iteration, total;  /* COUNT, SECTION */
    struct value step;         /* COUNT, SECTION */
    int64_t place, size;       /* SECTION: its index, and what `loop` is */
    bool shown, is_float;      /* SECTION: see ops_loop.c */
    int64_t asked[2];          /* LIST, SECTION: as in struct foreach */
    struct value single;       /* a scalar is a list of one */
    struct value outer_item, outer_key;
    struct loop *outer_named; /* what had the same name before; NULL for nothing */
};

/* What all parts of one render share. */
struct render {
    struct smarty_renderer *renderer;
    uint32_t depth;         /* parts inside each other */
    uint32_t include_depth; /* templates among them */
    bool output_is_limited; /* by the limit, not by who has the text */
    struct array *captured; /* {capture name=...} */
    struct array *memory;   /* of tools */
    struct known_function *functions;
};

/* Template functions met so far, the newest first. */
struct known_function {
    struct defined defined;
    struct known_function *next;
};

struct given;

struct vm {
    const struct program *program;
    struct value *frame;
    struct text *out;
    struct modifier_call call; /* arena, scratch, error, time: what functions get */
    const struct smarty_data *data;
    struct loop **loops;   /* by slot: for properties */
    struct loop **depths;  /* by nesting: those under way */
    struct array *dynamic; /* variables whose names are not in the template */
    struct render *render;
    struct vm *outer;             /* whose variables are seen here, too; NULL: none */
    const struct given *given;    /* values that the part was called with */
    const struct given *defaults; /* and its own ones */
    struct block *block;          /* that is running */
    struct inheritance *inheritance;
    uint64_t steps_left;
    bool is_template; /* no function or block */
    bool done;        /* it came to its end */
    bool pending;     /* something was asked for that is not there yet */
    bool failed;
};

/* A run-time error of the template, on the line of `op`; always NULL. */
PRINTF_LIKE(3, 4)
const struct op *vm_fail(struct vm *vm, const struct op *op, const char *format, ...);

/* Likewise: the template passed a limit. */
PRINTF_LIKE(4, 5)
const struct op *vm_fail_limit(struct vm *vm, const struct op *op, enum limit limit,
                               const char *format, ...);

/* Turns call.error, which has no place yet, into the error of this line; always NULL. */
const struct op *vm_fail_call(struct vm *vm, const struct op *op);

/* The arena is full. */
const struct op *vm_fail_memory(struct vm *vm, const struct op *op);

#define STEPS_SPENT "the loops of this template take too many turns"

/* Behind an operation that spent effort: the next one, or NULL when that was the last. */
static inline const struct op *vm_go_on(struct vm *vm, const struct op *op)
{
    return effort_is_spent(&vm->call.effort)
               ? vm_fail_limit(vm, op, LIMIT_EFFORT, EFFORT_SPENT)
               : op + 1;
}

/* The message is full, or effort is spent; NULL. */
const struct op *vm_print_failed(struct vm *vm, const struct op *op);

/* Behind what printed: likewise, and the message may be full. */
static inline const struct op *vm_printed(struct vm *vm, const struct op *op)
{
    return !vm->out->failed && !effort_is_spent(&vm->call.effort) ? op + 1
                                                                  : vm_print_failed(vm, op);
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
