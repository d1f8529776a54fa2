#include "smarty/compile.h"

/* ---- lists ---- */

void *list_add(struct compiler *compiler, struct list *list, size_t bytes)
{
    if (list->count == list->capacity) {
        uint32_t capacity = list->capacity ? list->capacity * 2 : 16;
        void *items = arena_alloc(compiler->arena, capacity * bytes);
        if (!items || list->count > INT32_MAX / 4) {
            compiler->too_large = true;
            return NULL;
        }
        if (list->count > 0) {
            memcpy(items, list->items, list->count * bytes);
        }
        list->items = items;
        list->capacity = capacity;
    }
    void *item = (char *)list->items + list->count * bytes;
    list->count++;
    return memset(item, 0, bytes);
}

int32_t emit(struct compiler *compiler, op_run *run, int32_t a, int32_t b, int32_t c,
             int32_t d)
{
    struct op *op = list_add(compiler, &compiler->ops, sizeof *op);
    if (op) {
        *op = (struct op){run, a, b, c, d, compiler->line};
    }
    return (int32_t)compiler->ops.count - 1;
}

/* Jumps that all go to one place are chained by their d until it is known. */
void patch_chain(struct compiler *compiler, int32_t first, int32_t target)
{
    while (first >= 0 && !compiler->too_large) {
        struct op *op = op_at(compiler, first);
        first = op->d;
        op->d = target;
    }
}

struct op *op_at(struct compiler *compiler, int32_t number)
{
    return (struct op *)compiler->ops.items + number;
}

int32_t here(const struct compiler *compiler)
{
    return (int32_t)compiler->ops.count;
}

int32_t new_temporary(struct compiler *compiler)
{
    int32_t number = compiler->variables + compiler->used++;
    if (compiler->used > compiler->most) {
        compiler->most = compiler->used;
    }
    return number;
}

int32_t constant(struct compiler *compiler, const struct value *value)
{
    struct value *place = list_add(compiler, &compiler->constants, sizeof *place);
    if (!place) {
        return 0;
    }
    *place = *value;
    if (value->type == VALUE_TEXT) {
        struct str copy = arena_copy(compiler->arena, value_str(value));
        compiler->too_large = compiler->too_large || !copy.ptr;
        place->text = copy.ptr;
    }
    return -(int32_t)compiler->constants.count;
}

/* ---- text and printing ---- */

static void compile_text(struct compiler *compiler, const struct statement *statement)
{
    struct value text = value_text(statement->text);
    emit(compiler, op_text, constant(compiler, &text), 0, 0, 0);
}

static void compile_print(struct compiler *compiler, const struct statement *statement)
{
    int32_t value = compile_operand(compiler, statement->value);
    emit(compiler, statement->escape ? op_print_escaped : op_print, value, 0, 0, 0);
}

void compile_captured(struct compiler *compiler, const struct statement *body,
                      int32_t target)
{
    int32_t mark = new_temporary(compiler);
    struct open_capture capture = {.outer = compiler->capture, .mark = mark};
    emit(compiler, op_capture, mark, 0, 0, 0);
    compiler->capture = &capture;
    compile_body(compiler, body);
    compiler->capture = capture.outer;
    emit(compiler, op_captured, target, mark, 0, 0);
}

/* ---- skipping what cannot be decided ---- */

/* Behind a part that may be skipped: where to go on when it is. */
static int32_t compile_pending_target(struct compiler *compiler,
                                      const struct statement *statement, bool loop)
{
    const struct statement *body = statement->body;
    const struct statement *otherwise = statement->otherwise;
    if (!can_taint(body) || !can_taint(otherwise)) {
        return JUMP_NOWHERE;
    }
    if (!loop && !sets_anything(body) && !sets_anything(otherwise)) {
        return here(compiler);
    }
    int32_t over = emit(compiler, op_jump, 0, 0, 0, 0);
    int32_t target = here(compiler);
    if (loop) {
        emit(compiler, op_taint, (int32_t)statement->item, 0, 0, 0);
        if (statement->item_key != SLOT_NONE) {
            emit(compiler, op_taint, (int32_t)statement->item_key, 0, 0, 0);
        }
    }
    compile_taint(compiler, body);
    compile_taint(compiler, otherwise);
    op_at(compiler, over)->d = here(compiler);
    return target;
}

static void compile_if(struct compiler *compiler, const struct statement *statement)
{
    int32_t condition = compile_operand(compiler, statement->value);
    int32_t branch = emit(compiler, op_if_not, condition, 0, JUMP_NOWHERE, 0);
    compile_body(compiler, statement->body);
    if (statement->otherwise) {
        int32_t end = emit(compiler, op_jump, 0, 0, 0, 0);
        op_at(compiler, branch)->d = here(compiler);
        compile_body(compiler, statement->otherwise);
        op_at(compiler, end)->d = here(compiler);
    } else {
        op_at(compiler, branch)->d = here(compiler);
    }
    int32_t pending = compile_pending_target(compiler, statement, false);
    op_at(compiler, branch)->c = pending;
}

/* ---- loops ---- */

static void compile_foreach(struct compiler *compiler, const struct statement *statement)
{
    int32_t number = (int32_t)compiler->foreachs.count;
    struct open_loop loop = {.outer = compiler->loop,
                             .foreach = number,
                             .first_break = -1,
                             .first_continue = -1,
                             .capture = compiler->capture};
    if (!list_add(compiler, &compiler->foreachs, sizeof(struct foreach))) {
        return;
    }
    int32_t list = compile_operand(compiler, statement->value);
    emit(compiler, op_foreach, list, number, 0, 0);
    struct foreach foreach = {
        .item = (int32_t)statement->item,
        .key = statement->item_key == SLOT_NONE ? -1 : (int32_t)statement->item_key,
        .item_loop = (int32_t)statement->item_loop,
        .name_loop = statement->name_loop == SLOT_NONE ? -1 : (int32_t)statement->name_loop,
        .depth = compiler->depth,
        .body = here(compiler),
    };
    compiler->loop = &loop;
    compiler->depth++;
    compile_body(compiler, statement->body);
    loop.is_over = true;
    patch_chain(compiler, loop.first_continue, here(compiler));
    emit(compiler, op_next, 0, number, 0, 0);
    int32_t end = emit(compiler, op_jump, 0, 0, 0, 0);
    foreach
        .otherwise = here(compiler);
    compile_body(compiler, statement->otherwise);
    compiler->loop = loop.outer;
    compiler->depth--;
    op_at(compiler, end)->d = here(compiler);
    patch_chain(compiler, loop.first_break, here(compiler));
    emit(compiler, op_foreach_end, 0, number, 0, 0);
    foreach
        .pending = compile_pending_target(compiler, statement, true);
    ((struct foreach *)compiler->foreachs.items)[number] = foreach;
    if (compiler->depth + 1 > (int32_t)compiler->program->depth_count) {
        compiler->program->depth_count = (uint32_t)compiler->depth + 1;
    }
}

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
        emit(compiler, op_foreach_end, 0, loop->foreach, 0, 0);
    }
}

static void compile_break(struct compiler *compiler, const struct statement *statement)
{
    struct open_loop *loop = leave_loops(compiler, statement->levels);
    loop->first_break = emit(compiler, op_jump, 0, 0, 0, loop->first_break);
}

static void compile_continue(struct compiler *compiler, const struct statement *statement)
{
    struct open_loop *loop = leave_loops(compiler, statement->levels);
    loop->first_continue = emit(compiler, op_jump, 0, 0, 0, loop->first_continue);
}

/* ---- assignments ---- */

/* The keys of a target, from its root on, side by side. */
static int32_t compile_keys(struct compiler *compiler, const struct expression *target)
{
    if (target->kind != EXPRESSION_MEMBER) {
        return 0;
    }
    int32_t count = compile_keys(compiler, target->first);
    if (target->second) {
        compile_value(compiler, target->second, new_temporary(compiler));
        count++;
    }
    return count;
}

static bool has_empty_key(const struct expression *target)
{
    return target->kind == EXPRESSION_MEMBER && !target->second;
}

static void compile_set(struct compiler *compiler, const struct expression *target,
                        int32_t value, bool append)
{
    const struct expression *root = target;
    while (root->kind == EXPRESSION_MEMBER) {
        root = root->first;
    }
    append = append || has_empty_key(target);
    if (target->kind == EXPRESSION_VARIABLE && !append) {
        emit(compiler, op_assign, (int32_t)target->slot, value, 0, 0);
        return;
    }
    int32_t name = root->kind == EXPRESSION_DYNAMIC ? compile_operand(compiler, root->first)
                                                    : (int32_t)root->slot;
    int32_t first = compiler->variables + compiler->used;
    int32_t count = compile_keys(compiler, target);
    op_run *known = append ? op_append_path : op_assign_path;
    op_run *dynamic = append ? op_append_dynamic : op_assign_dynamic;
    emit(compiler, root->kind == EXPRESSION_DYNAMIC ? dynamic : known, name, first, count,
         value);
}

static void compile_assign(struct compiler *compiler, const struct statement *statement)
{
    int32_t value = compile_operand(compiler, statement->value);
    compile_set(compiler, statement->target, value, false);
}

static void compile_append(struct compiler *compiler, const struct statement *statement)
{
    int32_t value = compile_operand(compiler, statement->value);
    if (!statement->key) {
        compile_set(compiler, statement->target, value, true);
        return;
    }
    struct expression member = {.kind = EXPRESSION_MEMBER,
                                .line = statement->line,
                                .first = statement->target,
                                .second = statement->key};
    compile_set(compiler, &member, value, false);
}

static void compile_capture(struct compiler *compiler, const struct statement *statement)
{
    int32_t text = new_temporary(compiler);
    compile_captured(compiler, statement->body, text);
    if (statement->target) {
        compile_set(compiler, statement->target, text, statement->append);
    }
    int32_t name = compile_operand(compiler, statement->key);
    emit(compiler, op_capture_named, name, text, 0, 0);
}

/* ---- the table ---- */

static void (*const compilers[STATEMENT_COUNT])(struct compiler *compiler,
                                                const struct statement *statement) = {
    [STATEMENT_TEXT] = compile_text,
    [STATEMENT_PRINT] = compile_print,
    [STATEMENT_IF] = compile_if,
    [STATEMENT_FOREACH] = compile_foreach,
    [STATEMENT_ASSIGN] = compile_assign,
    [STATEMENT_APPEND] = compile_append,
    [STATEMENT_CAPTURE] = compile_capture,
    [STATEMENT_BREAK] = compile_break,
    [STATEMENT_CONTINUE] = compile_continue,
};

void compile_body(struct compiler *compiler, const struct statement *body)
{
    for (; body && !compiler->too_large; body = body->next) {
        int32_t used = compiler->used;
        uint32_t line = compiler->line;
        compiler->line = body->line;
        compilers[body->kind](compiler, body);
        compiler->line = line;
        compiler->used = used;
    }
}

/* Constants lie below zero in the frame, the first one nearest to it. */
static void finish(struct compiler *compiler)
{
    struct program *program = compiler->program;
    program->ops = compiler->ops.items;
    program->op_count = compiler->ops.count;
    program->constants = compiler->constants.items;
    program->constant_count = compiler->constants.count;
    program->keys = compiler->keys.items;
    program->functions = compiler->functions.items;
    program->foreachs = compiler->foreachs.items;
    program->temporary_count = (uint32_t)compiler->most;
}

bool compile_program(struct compiler *compiler, struct statement *tree)
{
    note_effects(tree);
    compile_body(compiler, tree);
    emit(compiler, op_end, 0, 0, 0, 0);
    finish(compiler);
    return !compiler->too_large;
}
