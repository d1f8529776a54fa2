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

/* {value|escape}, for HTML: what the last modifier makes is only printed. */
static bool is_escaped(const struct expression *value)
{
    return value->kind == EXPRESSION_CALL && value->first && !value->first->next &&
           str_is(STR_OF("escape"), value->function->name);
}

static void compile_print(struct compiler *compiler, const struct statement *statement)
{
    const struct expression *expression = statement->value;
    bool escaped = !statement->as_json && !statement->escape && is_escaped(expression);
    int32_t value = compile_operand(compiler, escaped ? expression->first : expression);
    op_run *print = statement->as_json             ? op_print_json
                    : statement->escape || escaped ? op_print_escaped
                                                   : op_print;
    emit(compiler, print, value, 0, 0, 0);
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
int32_t compile_pending_target(struct compiler *compiler, const struct statement *statement,
                               bool loop)
{
    const struct statement *body = statement->body;
    const struct statement *otherwise = statement->otherwise;
    if (!can_taint(body) || !can_taint(otherwise) || statement->after) {
        return JUMP_NOWHERE;
    }
    if (!loop && !sets_anything(body) && !sets_anything(otherwise)) {
        return here(compiler);
    }
    int32_t over = emit(compiler, op_jump, 0, 0, 0, 0);
    int32_t target = here(compiler);
    if (loop) {
        if (statement->item != SLOT_NONE) {
            emit(compiler, op_taint, (int32_t)statement->item, 0, 0, 0);
        }
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

/* ---- assignments ---- */

int32_t compile_keys(struct compiler *compiler, const struct expression *target)
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

void compile_set(struct compiler *compiler, const struct expression *target, int32_t value,
                 bool append)
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

/* To the templates that include this one, too. */
static void compile_scope(struct compiler *compiler, const struct statement *statement)
{
    const struct expression *root = statement->target;
    bool dynamic = root->kind == EXPRESSION_DYNAMIC;
    if (statement->scope != SCOPE_OWN) {
        emit(compiler, op_export,
             dynamic ? compile_operand(compiler, root->first) : (int32_t)root->slot, 0,
             (int32_t)statement->scope, dynamic);
    }
}

static void compile_assign(struct compiler *compiler, const struct statement *statement)
{
    int32_t value = compile_operand(compiler, statement->value);
    compile_set(compiler, statement->target, value, false);
    compile_scope(compiler, statement);
}

static void compile_append(struct compiler *compiler, const struct statement *statement)
{
    int32_t value = compile_operand(compiler, statement->value);
    if (!statement->key) {
        compile_set(compiler, statement->target, value, true);
        compile_scope(compiler, statement);
        return;
    }
    struct expression member = {.kind = EXPRESSION_MEMBER,
                                .line = statement->line,
                                .first = statement->target,
                                .second = statement->key};
    compile_set(compiler, &member, value, false);
    compile_scope(compiler, statement);
}

static void compile_capture(struct compiler *compiler, const struct statement *statement)
{
    int32_t text = new_temporary(compiler);
    compile_captured(compiler, statement->body, text);
    bool shared = statement->append && statement->target->kind == EXPRESSION_VARIABLE;
    if (shared) {
        emit(compiler, op_append_shared, (int32_t)statement->target->slot, 0, 0, text);
    } else if (statement->target) {
        compile_set(compiler, statement->target, text, statement->append);
    }
    int32_t name = compile_operand(compiler, statement->key);
    emit(compiler, op_capture_named, name, text, 0, 0);
}

static void compile_group(struct compiler *compiler, const struct statement *statement)
{
    if (statement->value) {
        compile_value(compiler, statement->value, new_temporary(compiler));
    }
    if (statement->item_loop != SLOT_NONE) {
        emit(compiler, op_forget_loop, 0, (int32_t)statement->item_loop, 0, 0);
    }
    compile_body(compiler, statement->body);
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
    [STATEMENT_FOR] = compile_for,
    [STATEMENT_WHILE] = compile_while,
    [STATEMENT_SECTION] = compile_section,
    [STATEMENT_GROUP] = compile_group,
    [STATEMENT_TOOL] = compile_tool,
    [STATEMENT_INCLUDE] = compile_include,
    [STATEMENT_CALL] = compile_call_part,
    [STATEMENT_EVAL] = compile_eval,
    [STATEMENT_BLOCK] = compile_block,
    [STATEMENT_BLOCK_PARENT] = compile_block_parent,
    [STATEMENT_BLOCK_CHILD] = compile_block_child,
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
    program->named_calls = compiler->named_calls.items;
    program->block_kinds = compiler->block_kinds.items;
    program->temporary_count = (uint32_t)compiler->most;
}

/* Names found by the parser, in their own memory: the tree's goes. */
static struct array *keep_names(const struct array *names, struct arena *arena)
{
    struct array *kept = array_make(arena, 0);
    for (uint32_t i = 0; kept && names && i < names->count; i++) {
        struct key key;
        const struct value *number = array_at(names, i, &key);
        struct str name = arena_copy(arena, (struct str){key.name, key.len});
        key.name = name.ptr;
        if (!name.ptr || !array_set(arena, kept, &key, number)) {
            return NULL;
        }
    }
    return kept;
}

bool compile_part(struct compiler *compiler, struct part *part)
{
    struct program *program = compiler->program;
    program->slots = keep_names(part->variables.numbers, compiler->arena);
    program->loop_slots = keep_names(part->loops.numbers, compiler->arena);
    if (!program->slots || !program->loop_slots) {
        return false;
    }
    program->variable_count = program->slots->count;
    program->loop_count = program->loop_slots->count;
    compiler->variables = (int32_t)program->slots->count;
    compiler->line = part->line;
    note_effects(part->tree);
    compile_prologue(compiler, part);
    compile_body(compiler, part->tree);
    compile_epilogue(compiler, part);
    emit(compiler, op_end, 0, 0, 0, 0);
    finish(compiler);
    return !compiler->too_large;
}
