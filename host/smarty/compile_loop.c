#include "smarty/compile.h"

/* The turns of a loop are being compiled: {break} and {continue} find it. */
static void enter_loop(struct compiler *compiler, struct open_loop *loop)
{
    loop->outer = compiler->loop;
    loop->capture = compiler->capture;
    loop->first_break = loop->first_continue = -1;
    compiler->loop = loop;
}

/* The turns are compiled; what comes instead of them may follow. */
static void end_turns(struct compiler *compiler, struct open_loop *loop)
{
    loop->is_over = true;
    patch_chain(compiler, loop->first_continue, here(compiler));
}

static void leave_loop(struct compiler *compiler, const struct open_loop *loop)
{
    compiler->loop = loop->outer;
}

/* ---- loops that are counted: foreach, for, section ---- */

/* The properties that the template asks of the loop in this slot. */
static int64_t asked_of(const struct compiler *compiler, uint32_t slot)
{
    struct key key;
    if (slot == SLOT_NONE || !compiler->asked) {
        return 0;
    }
    (void)array_at(compiler->program->loop_slots, slot, &key);
    const struct value *bits = array_get(compiler->asked, &key);
    return bits ? bits->integer : 0;
}

/* How one kind of them runs. */
struct loop_ops {
    op_run *first, *next;
    bool restores;
    int32_t option; /* d of the first operation */
};

/* `operands` are where its values are; c of the first operation is how many. */
static void compile_counted(struct compiler *compiler, const struct statement *statement,
                            const struct loop_ops *ops, int32_t operands, int32_t count)
{
    int32_t number = (int32_t)compiler->foreachs.count;
    struct open_loop loop = {.foreach = number, .restores = ops->restores};
    if (!list_add(compiler, &compiler->foreachs, sizeof(struct foreach))) {
        return;
    }
    emit(compiler, ops->first, operands, number, count, ops->option);
    struct foreach foreach = {
        .item = statement->item == SLOT_NONE ? -1 : (int32_t)statement->item,
        .key = statement->item_key == SLOT_NONE ? -1 : (int32_t)statement->item_key,
        .item_loop = (int32_t)statement->item_loop,
        .name_loop = statement->name_loop == SLOT_NONE ? -1 : (int32_t)statement->name_loop,
        .depth = compiler->depth,
        .asked = {asked_of(compiler, statement->item_loop),
                  asked_of(compiler, statement->name_loop)},
        .body = here(compiler),
    };
    enter_loop(compiler, &loop);
    compiler->depth++;
    compile_body(compiler, statement->body);
    end_turns(compiler, &loop);
    emit(compiler, ops->next, 0, number, 0, 0);
    int32_t end = emit(compiler, op_jump, 0, 0, 0, 0);
    foreach
        .otherwise = here(compiler);
    compile_body(compiler, statement->otherwise);
    leave_loop(compiler, &loop);
    compiler->depth--;
    op_at(compiler, end)->d = here(compiler);
    patch_chain(compiler, loop.first_break, here(compiler));
    foreach
        .over = here(compiler);
    if (ops->restores) {
        emit(compiler, op_foreach_end, 0, number, 0, 0);
    }
    foreach
        .pending = compile_pending_target(compiler, statement, true);
    ((struct foreach *)compiler->foreachs.items)[number] = foreach;
    if (compiler->depth + 1 > (int32_t)compiler->program->depth_count) {
        compiler->program->depth_count = (uint32_t)compiler->depth + 1;
    }
}

void compile_foreach(struct compiler *compiler, const struct statement *statement)
{
    static const struct loop_ops ops = {op_foreach, op_next, true, 0};
    compile_counted(compiler, statement, &ops, compile_operand(compiler, statement->value),
                    0);
}

/* Values side by side: `first`, `second` if there is one, and a list. */
static int32_t compile_values(struct compiler *compiler, const struct expression *first,
                              const struct expression *second,
                              const struct expression *list, int32_t *count)
{
    int32_t at = new_temporary(compiler);
    int32_t ignored;
    compile_value(compiler, first, at);
    if (second) {
        compile_value(compiler, second, new_temporary(compiler));
    }
    *count = 1 + (second != NULL) + compile_list(compiler, list, &ignored);
    return at;
}

void compile_for(struct compiler *compiler, const struct statement *statement)
{
    static const struct loop_ops ops = {op_for, op_for_next, false, 0};
    struct statement loop = *statement;
    int32_t count;
    int32_t values =
        compile_values(compiler, statement->value, statement->key, statement->list, &count);
    loop.item_key = SLOT_NONE;
    compile_counted(compiler, &loop, &ops, values, count);
}

/* A number in the template itself; a missing one counts, too. */
static bool is_literal(const struct expression *value)
{
    value = value->kind == EXPRESSION_NEGATE ? value->first : value;
    return value->kind == EXPRESSION_CONSTANT && value->constant.type != VALUE_TEXT;
}

/* How the reference counts the turns: see SECTION_FLOAT. */
static int32_t section_counting(const struct statement *statement)
{
    const struct expression *start = statement->list;
    const struct expression *step = start->next;
    const struct expression *at = step->kind == EXPRESSION_NEGATE ? step->first : step;
    bool one = is_literal(step) &&
               (value_is_nothing(&at->constant) || value_to_int(&at->constant) == 1 ||
                value_to_int(&at->constant) == 0);
    if (is_literal(statement->value) && is_literal(start) && is_literal(step) &&
        is_literal(step->next)) {
        return SECTION_KNOWN;
    }
    return one ? SECTION_INTEGER : SECTION_FLOAT;
}

void compile_section(struct compiler *compiler, const struct statement *statement)
{
    const struct loop_ops ops = {op_section, op_section_next, false,
                                 section_counting(statement)};
    struct statement loop = *statement;
    int32_t count;
    int32_t values =
        compile_values(compiler, statement->value, NULL, statement->list, &count);
    loop.item_key = loop.name_loop = SLOT_NONE;
    compile_counted(compiler, &loop, &ops, values, count);
}

/* ---- while, and a for with a condition ---- */

void compile_while(struct compiler *compiler, const struct statement *statement)
{
    struct open_loop loop = {.foreach = -1};
    int32_t skip = -1;
    if (statement->otherwise) {
        int32_t condition = compile_operand(compiler, statement->value);
        skip = emit(compiler, op_if_not, condition, 0, JUMP_NOWHERE, 0);
    }
    int32_t start = here(compiler);
    int32_t condition = compile_operand(compiler, statement->value);
    int32_t branch = emit(compiler, op_if_not, condition, 0, JUMP_NOWHERE, 0);
    emit(compiler, op_turn, 0, 0, 0, 0);
    enter_loop(compiler, &loop);
    compile_body(compiler, statement->body);
    end_turns(compiler, &loop);
    leave_loop(compiler, &loop);
    compile_body(compiler, statement->after);
    emit(compiler, op_jump, 0, 0, 0, start);
    if (statement->otherwise) {
        op_at(compiler, skip)->d = here(compiler);
        compile_body(compiler, statement->otherwise);
    }
    op_at(compiler, branch)->d = here(compiler);
    patch_chain(compiler, loop.first_break, here(compiler));
    int32_t pending = compile_pending_target(compiler, statement, false);
    op_at(compiler, branch)->c = pending;
    if (skip >= 0) {
        op_at(compiler, skip)->c = pending;
    }
}

/* ---- break, continue ---- */

/* Leaves all loops but the last of `levels`, and every capture begun in them. A loop whose
 * {foreachelse} this is counts for none, but is left too. */
static struct open_loop *leave_loops(struct compiler *compiler, uint32_t levels)
{
    struct open_loop *loop = compiler->loop;
    const struct open_capture *capture = compiler->capture;
    for (;; loop = loop->outer) {
        for (; capture != loop->capture; capture = capture->outer) {
            emit(compiler, op_captured, new_temporary(compiler), capture->mark, 0, 0);
        }
        levels -= !loop->is_over;
        if (levels == 0) {
            return loop;
        }
        if (loop->restores) {
            emit(compiler, op_foreach_end, 0, loop->foreach, 0, 0);
        }
    }
}

void compile_break(struct compiler *compiler, const struct statement *statement)
{
    struct open_loop *loop = leave_loops(compiler, statement->levels);
    loop->first_break = emit(compiler, op_jump, 0, 0, 0, loop->first_break);
}

void compile_continue(struct compiler *compiler, const struct statement *statement)
{
    struct open_loop *loop = leave_loops(compiler, statement->levels);
    loop->first_continue = emit(compiler, op_jump, 0, 0, 0, loop->first_continue);
}
