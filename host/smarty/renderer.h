/* renderer - what renders need and keep: memory, frames, included templates.
 *
 * Private to this floor. One render at a time.
 */
#ifndef HOST_SMARTY_RENDERER_H
#define HOST_SMARTY_RENDERER_H

#include "smarty/program.h"
#include "smarty/scope.h"
#include "smarty/smarty.h"

struct smarty_template {
    struct program program;
};

/* A template that was compiled while rendering: included, or evaluated. */
struct kept_template {
    struct str name; /* or the source, of {eval} */
    bool escape_html;
    struct smarty_template *template;
    struct kept_template *next;
};

/* Values of one part that runs; parts inside it have others. */
struct frame {
    struct value *values;
    size_t count;
    struct loop **loops; /* of properties, then those under way */
    size_t loop_count;
};

struct smarty_renderer {
    struct arena arena;
    struct text scratch;
    struct smarty_limits limits;
    struct frame frames[SMARTY_DEPTH + 1];
    struct kept_template *included;  /* as long as the renderer */
    struct kept_template *evaluated; /* as long as the render */
    uint32_t evaluated_count;
    size_t evaluated_bytes;
};

/* smarty_compile() of a template that is rendered together with others, whose functions it
 * may call. */
struct functions_known;
struct smarty_template *template_make(const char *name, struct str source,
                                      const struct smarty_options *options,
                                      const struct functions_known *known,
                                      struct error *error);

/* The frame of a vm whose program and depth are set, its constants in place. */
bool renderer_frame(struct smarty_renderer *renderer, struct vm *vm);

/* Runs another program inside this one: with values of its own, and what it set handed
 * back as far as asked. NULL or the next operation. */
struct run {
    const struct program *program;
    const struct given *given; /* NULL: none */
    struct block *block;
    bool is_template;
    bool returns; /* what it sets goes back, to `scope` */
    enum scope scope;
};

const struct op *renderer_run(struct vm *vm, const struct op *op, const struct run *run);

/* The template of that name from the store, compiled; NULL after vm_fail(). */
const struct program *renderer_include(struct vm *vm, const struct op *op, struct str name);

/* The text as a template; likewise. */
const struct program *renderer_evaluate(struct vm *vm, const struct op *op,
                                        struct str source);

void renderer_forget_evaluated(struct smarty_renderer *renderer);

#endif
