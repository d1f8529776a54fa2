#include "smarty/compile.h"
#include "smarty/tools.h"

/* ---- calls with named values ---- */

/* Copies of the names; number of the call. */
static int32_t add_named_call(struct compiler *compiler, const struct str *names,
                              uint32_t count, const struct tool *tool)
{
    struct named_call *call = list_add(compiler, &compiler->named_calls, sizeof *call);
    struct str *kept = arena_alloc(compiler->arena, count * sizeof *kept);
    if (!call || !kept) {
        compiler->too_large = true;
        return 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        kept[i] = arena_copy(compiler->arena, names[i]);
        compiler->too_large = compiler->too_large || !kept[i].ptr;
    }
    *call = (struct named_call){kept, count, tool};
    return (int32_t)compiler->named_calls.count - 1;
}

/* The values of the statement side by side; `first` is where. */
static int32_t compile_named(struct compiler *compiler, const struct statement *statement,
                             int32_t *first)
{
    (void)compile_list(compiler, statement->list, first);
    return add_named_call(compiler, statement->names, statement->name_count,
                          statement->tool);
}

/* What runs between open_target() and close_target() prints to `target`, if there is one.
 */
struct caught {
    struct open_capture capture;
    bool active;
};

static void open_target(struct compiler *compiler, const struct statement *statement,
                        struct caught *caught)
{
    caught->active = statement->target != NULL;
    if (caught->active) {
        caught->capture = (struct open_capture){.outer = compiler->capture,
                                                .mark = new_temporary(compiler)};
        emit(compiler, op_capture, caught->capture.mark, 0, 0, 0);
        compiler->capture = &caught->capture;
    }
}

static void close_target(struct compiler *compiler, const struct statement *statement,
                         const struct caught *caught)
{
    if (caught->active) {
        int32_t text = new_temporary(compiler);
        compiler->capture = caught->capture.outer;
        emit(compiler, op_captured, text, caught->capture.mark, 0, 0);
        compile_set(compiler, statement->target, text, false);
    }
}

void compile_tool(struct compiler *compiler, const struct statement *statement)
{
    int32_t first;
    int32_t call = compile_named(compiler, statement, &first);
    if (statement->tool->is_block) {
        compile_captured(compiler, statement->body, new_temporary(compiler));
    }
    emit(compiler, op_tool, first, call, 0, 0);
}

/* ---- other parts ---- */

static void compile_run(struct compiler *compiler, const struct statement *statement,
                        op_run *run)
{
    int32_t first;
    struct caught caught;
    int32_t name = compile_operand(compiler, statement->value);
    int32_t call = compile_named(compiler, statement, &first);
    open_target(compiler, statement, &caught);
    emit(compiler, run, name, call, first, (int32_t)statement->scope);
    close_target(compiler, statement, &caught);
}

void compile_include(struct compiler *compiler, const struct statement *statement)
{
    compile_run(compiler, statement, op_include);
}

void compile_call_part(struct compiler *compiler, const struct statement *statement)
{
    compile_run(compiler, statement, op_call_part);
}

void compile_eval(struct compiler *compiler, const struct statement *statement)
{
    struct caught caught;
    int32_t source = compile_operand(compiler, statement->value);
    open_target(compiler, statement, &caught);
    emit(compiler, op_eval, source, 0, 0, 0);
    close_target(compiler, statement, &caught);
}

void compile_block(struct compiler *compiler, const struct statement *statement)
{
    struct caught caught;
    const struct part *part = statement->part;
    struct block_kind *kind = list_add(compiler, &compiler->block_kinds, sizeof *kind);
    int32_t number = (int32_t)compiler->block_kinds.count - 1;
    int32_t name = compile_operand(compiler, statement->value);
    if (!kind) {
        return;
    }
    *kind = (struct block_kind){part->program, part->hides, part->appends, part->prepends,
                                part->calls_child};
    open_target(compiler, statement, &caught);
    emit(compiler, op_block, name, number, 0, 0);
    close_target(compiler, statement, &caught);
}

static void compile_relative(struct compiler *compiler, const struct statement *statement,
                             op_run *run)
{
    struct caught caught;
    open_target(compiler, statement, &caught);
    emit(compiler, run, 0, 0, 0, 0);
    close_target(compiler, statement, &caught);
}

void compile_block_parent(struct compiler *compiler, const struct statement *statement)
{
    compile_relative(compiler, statement, op_block_parent);
}

void compile_block_child(struct compiler *compiler, const struct statement *statement)
{
    compile_relative(compiler, statement, op_block_child);
}

/* ---- around a part ---- */

/* Values that a function has when it is called without them: computed from what is outside.
 */
static void compile_defaults(struct compiler *compiler, const struct part *part)
{
    int32_t first;
    int32_t count = compile_list(compiler, part->defaults, &first);
    int32_t call = add_named_call(compiler, part->default_names, part->default_count, NULL);
    compiler->program->has_defaults = true;
    emit(compiler, op_defaults, first, count, call, 0);
    compiler->used = 0;
}

void compile_prologue(struct compiler *compiler, const struct part *part)
{
    if (part->default_count > 0) {
        compile_defaults(compiler, part);
    }
    if (part->extends || part->has_blocks) {
        emit(compiler, op_inherit, part->extends != NULL, 0, 0, 0);
    }
}

void compile_epilogue(struct compiler *compiler, const struct part *part)
{
    if (part->extends) {
        int32_t name = compile_operand(compiler, part->extends);
        emit(compiler, op_inherit_end, name, 0, 0, 0);
    }
}

/* ---- the template ---- */

/* An empty program for the part, in the template's arena. */
static bool make_program(struct program *whole, struct part *part)
{
    part->program = arena_zero(&whole->arena, 1, sizeof *part->program);
    if (part->program) {
        part->program->name = whole->name;
        part->program->escape_html = whole->escape_html;
    }
    return part->program;
}

/* The functions of the template, as it makes them known when it starts. */
static bool define_functions(struct program *program, const struct part *parts)
{
    struct defined *defined;
    uint32_t count = 0;
    for (const struct part *part = parts; part; part = part->next) {
        count += part->is_function;
    }
    defined = arena_zero(&program->arena, count, sizeof *defined);
    program->defined = defined;
    program->defined_count = count;
    for (const struct part *part = parts; part && defined; part = part->next) {
        if (part->is_function) {
            defined->name = arena_copy(&program->arena, part->name);
            defined->program = part->program;
            defined++;
        }
    }
    return program->defined;
}

bool compile_template(struct program *program, struct part *whole,
                      const struct array *asked)
{
    for (struct part *part = whole->next; part; part = part->next) {
        if (!make_program(program, part)) {
            return false;
        }
    }
    whole->program = program;
    for (struct part *part = whole; part; part = part->next) {
        struct compiler compiler = {
            .program = part->program, .arena = &program->arena, .asked = asked};
        if (!compile_part(&compiler, part)) {
            return false;
        }
    }
    return define_functions(program, whole->next);
}
