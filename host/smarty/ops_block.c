#include "smarty/ops.h"
#include "smarty/renderer.h"

/* {extends} and {block}, as the reference does it: a child keeps its blocks, what it prints
 * around them goes; then its parent runs, whose blocks are replaced by those of children.
 */

struct block {
    const struct block_kind *kind;
    uint32_t level; /* of the template that it stands in */
    struct block *child, *parent;
};

struct inheritance {
    struct array *names; /* of blocks: to their numbers */
    struct block **blocks;
    uint32_t room;
    unsigned state; /* 1: a child runs, 2: the last child is done, 3: the root runs */
    unsigned children;
    uint32_t level; /* templates that began */
    size_t start;   /* of the output that goes */
};

enum { NOBODY, CHILD, CHILD_DONE, ROOT };

static struct inheritance *make(struct vm *vm)
{
    struct inheritance *inheritance = arena_zero(vm->call.arena, 1, sizeof *inheritance);
    if (inheritance) {
        inheritance->names = array_make(vm->call.arena, 0);
    }
    vm->inheritance = inheritance;
    return inheritance && inheritance->names ? inheritance : NULL;
}

const struct op *op_inherit(struct vm *vm, const struct op *op)
{
    struct inheritance *inheritance = vm->inheritance;
    bool anew = inheritance && op->a && inheritance->state == ROOT;
    if ((!inheritance || anew) && !(inheritance = make(vm))) {
        return vm_fail_memory(vm, op);
    }
    inheritance->level++;
    if (op->a) {
        inheritance->state = CHILD;
        inheritance->start = inheritance->children ? inheritance->start : vm->out->len;
        inheritance->children++;
    }
    if (inheritance->state == CHILD_DONE) {
        inheritance->state = ROOT;
    }
    return op + 1;
}

const struct op *op_inherit_end(struct vm *vm, const struct op *op)
{
    struct inheritance *inheritance = vm->inheritance;
    struct value *name = &vm->frame[op->a];
    struct number_text room;
    if (vm_lacks(vm, op, name)) {
        vm->pending = true;
        return NULL;
    }
    if (--inheritance->children == 0) {
        vm->out->len = inheritance->start;
        inheritance->state = CHILD_DONE;
    }
    struct run run = {.is_template = true, .returns = true, .scope = SCOPE_PARENT};
    run.program = renderer_include(vm, op, value_to_str(name, &room));
    return run.program ? renderer_run(vm, op, &run) : NULL;
}

/* ---- blocks by name ---- */

/* The place of the newest child's block of this name; NULL when memory is out. */
static struct block **block_place(struct vm *vm, const struct value *name)
{
    struct inheritance *inheritance = vm->inheritance;
    struct arena *arena = vm->call.arena;
    struct key key;
    struct value *number = NULL;
    if (key_from_value(name, &key)) {
        number = array_place(arena, inheritance->names, &key);
    }
    if (!number) {
        return NULL;
    }
    if (number->type == VALUE_UNDEFINED) {
        *number = value_int(inheritance->names->count - 1);
        if (inheritance->names->count > inheritance->room) {
            uint32_t room = inheritance->room * 2 + 8;
            struct block **blocks = arena_zero(arena, room, sizeof(struct block *));
            if (!blocks) {
                return NULL;
            }
            if (inheritance->room > 0) {
                memcpy(blocks, inheritance->blocks,
                       inheritance->room * sizeof(struct block *));
            }
            inheritance->blocks = blocks;
            inheritance->room = room;
        }
    }
    return &inheritance->blocks[number->integer];
}

/* ---- running them ---- */

static bool call_block(struct vm *vm, const struct op *op, struct block *block)
{
    struct run run = {.program = block->kind->program, .block = block, .returns = true};
    return renderer_run(vm, op, &run) != NULL;
}

static bool process(struct vm *vm, const struct op *op, struct block *block,
                    struct block *parent);

static bool is_hidden(const struct block *block)
{
    return block->kind->hides && !block->child;
}

/* The block itself, or the child that replaces it. */
static bool call_or_child(struct vm *vm, const struct op *op, struct block *block)
{
    bool own = block->kind->calls_child || !block->child || is_hidden(block->child);
    return own ? call_block(vm, op, block) : process(vm, op, block->child, block);
}

static bool call_parent(struct vm *vm, const struct op *op, struct block *block)
{
    if (!block->parent) {
        (void)vm_fail(vm, op, "this block has no parent");
        return false;
    }
    return call_block(vm, op, block->parent);
}

static bool process(struct vm *vm, const struct op *op, struct block *block,
                    struct block *parent)
{
    const struct block_kind *kind = block->kind;
    if (is_hidden(block)) {
        return true;
    }
    if (block->child && is_hidden(block->child)) {
        block->child = NULL;
    }
    block->parent = parent;
    bool good = !(kind->appends && !kind->prepends && parent) || call_parent(vm, op, block);
    good = good && call_or_child(vm, op, block);
    if (good && kind->prepends && parent) {
        good =
            call_parent(vm, op, block) && (!kind->appends || call_or_child(vm, op, block));
    }
    block->parent = NULL;
    return good;
}

const struct op *op_block(struct vm *vm, const struct op *op)
{
    struct inheritance *inheritance = vm->inheritance;
    struct value *name = &vm->frame[op->a];
    if (vm_lacks(vm, op, name)) {
        vm->pending = true;
        return NULL;
    }
    struct block **place = block_place(vm, name);
    struct block *block = arena_zero(vm->call.arena, 1, sizeof *block);
    if (!place || !block) {
        return vm_fail(vm, op, "the name of a block is text, or memory is full");
    }
    bool inside = vm->block != NULL;
    *block = (struct block){.kind = &vm->program->block_kinds[op->b],
                            .level = inside ? vm->block->level : inheritance->level,
                            .child = *place};
    if (inheritance->state == CHILD) {
        *place = block;
        return op + 1;
    }
    while (block->child && block->child->child && block->level <= block->child->level) {
        block->child = block->child->child;
    }
    return process(vm, op, block, NULL) ? op + 1 : NULL;
}

const struct op *op_block_parent(struct vm *vm, const struct op *op)
{
    return call_parent(vm, op, vm->block) ? op + 1 : NULL;
}

const struct op *op_block_child(struct vm *vm, const struct op *op)
{
    struct block *block = vm->block;
    return !block->child || process(vm, op, block->child, block) ? op + 1 : NULL;
}
