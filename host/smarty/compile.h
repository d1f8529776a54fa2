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
    bool restores;          /* a {foreach}, which has variables to restore */
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
    struct arena *arena;       /* the program's */
    const struct array *asked; /* properties of loops, see struct parser */
    struct list ops, constants, keys, functions, foreachs, named_calls, block_kinds;
    int32_t variables;  /* slots; temporaries come behind */
    int32_t used, most; /* temporaries */
    int32_t depth;      /* loops inside each other here */
    struct open_loop *loop;
    const struct open_capture *capture;
    uint32_t line;  /* of what is being compiled */
    bool too_large; /* memory is out: nothing of this is used */
};

/* The template and all its parts, in the arena of `program`, whose name is set; false when
 * memory is out. */
bool compile_template(struct program *program, struct part *whole,
                      const struct array *asked);

/* One of them; program, arena and `asked` are set. */
bool compile_part(struct compiler *compiler, struct part *part);

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

/* `value` to the variable `target`, or to the end of the array there. */
void compile_set(struct compiler *compiler, const struct expression *target, int32_t value,
                 bool append);

/* The keys of a target, from its root on, side by side; how many. */
int32_t compile_keys(struct compiler *compiler, const struct expression *target);

/* Loops: compile_loop.c. */
void compile_foreach(struct compiler *compiler, const struct statement *statement);
void compile_for(struct compiler *compiler, const struct statement *statement);
void compile_while(struct compiler *compiler, const struct statement *statement);
void compile_section(struct compiler *compiler, const struct statement *statement);
void compile_break(struct compiler *compiler, const struct statement *statement);
void compile_continue(struct compiler *compiler, const struct statement *statement);

/* Calls of other parts, and tools: compile_part.c. */
void compile_tool(struct compiler *compiler, const struct statement *statement);
void compile_include(struct compiler *compiler, const struct statement *statement);
void compile_call_part(struct compiler *compiler, const struct statement *statement);
void compile_eval(struct compiler *compiler, const struct statement *statement);
void compile_block(struct compiler *compiler, const struct statement *statement);
void compile_block_parent(struct compiler *compiler, const struct statement *statement);
void compile_block_child(struct compiler *compiler, const struct statement *statement);

/* What comes before and behind the tree of a part. */
void compile_prologue(struct compiler *compiler, const struct part *part);
void compile_epilogue(struct compiler *compiler, const struct part *part);

/* Where things go on behind a part that was skipped because data is missing. */
int32_t compile_pending_target(struct compiler *compiler, const struct statement *statement,
                               bool loop);

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
