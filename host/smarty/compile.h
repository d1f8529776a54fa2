/* compile - a tree into a program.
 *
 * The parts share this header: compile.c has the emitting of operations and statements,
 * compile_value.c expressions, compile_taint.c what a part of a template may assign.
 */
#ifndef HOST_SMARTY_COMPILE_H
#define HOST_SMARTY_COMPILE_H

#include "smarty/ops.h"
#include "smarty/tree.h"

/* A loop being compiled: where break and continue go. */
struct open_loop {
    struct open_loop *outer;
    int32_t foreach;        /* number of its struct foreach */
    int32_t first_break;    /* operations to patch, chained by their d; -1 ends */
    int32_t first_continue; /* likewise */
    bool is_over;           /* its {foreachelse} is being compiled */
    const struct open_capture *capture; /* innermost one when the loop began */
};

/* A capture being compiled: {break} out of it must throw its text away. */
struct open_capture {
    const struct open_capture *outer;
    int32_t mark;
};

/* Growing lists in the program's arena. */
struct list {
    void *items;
    uint32_t count, capacity;
};

struct compiler {
    struct program *program;
    struct arena *arena; /* the program's */
    struct list ops, constants, keys, functions, foreachs;
    int32_t variables;  /* slots; temporaries come behind */
    int32_t used, most; /* temporaries */
    int32_t depth;      /* loops inside each other here */
    struct open_loop *loop;
    const struct open_capture *capture;
    uint32_t line;  /* of what is being compiled */
    bool too_large; /* memory is out: nothing of this is used */
};

/* The tree into `program`, whose arena and name are set; false when memory is out. */
bool compile_program(struct compiler *compiler, struct statement *tree);

/* ---- for the parts ---- */

/* Room for one more of `bytes`; NULL when memory is out. */
void *list_add(struct compiler *compiler, struct list *list, size_t bytes);

/* Number of the operation. */
int32_t emit(struct compiler *compiler, op_run *run, int32_t a, int32_t b, int32_t c,
             int32_t d);
struct op *op_at(struct compiler *compiler, int32_t number);
void patch_chain(struct compiler *compiler, int32_t first, int32_t target);
int32_t here(const struct compiler *compiler); /* number of the next operation */

int32_t new_temporary(struct compiler *compiler);
int32_t constant(struct compiler *compiler, const struct value *value);

/* Operations that leave the value in `target`. */
void compile_value(struct compiler *compiler, const struct expression *expression,
                   int32_t target);

/* Where the value is: a constant or variable as it is, else a new temporary. */
int32_t compile_operand(struct compiler *compiler, const struct expression *expression);

/* Values of a list side by side; `first` is where. The number of them. */
int32_t compile_list(struct compiler *compiler, const struct expression *list,
                     int32_t *first);

void compile_body(struct compiler *compiler, const struct statement *body);

/* What `body` prints, as a value in `target`. */
void compile_captured(struct compiler *compiler, const struct statement *body,
                      int32_t target);

/* Of statements that may be skipped: do they nothing but print and set variables known by
 * name; do they set any; operations that mark those as pending. The questions are answered
 * once for all statements of a body, which keeps deep nesting cheap. */
void note_effects(struct statement *body);
bool can_taint(const struct statement *body);
bool sets_anything(const struct statement *body);
void compile_taint(struct compiler *compiler, const struct statement *body);

#endif
