#include "smarty/ops.h"

static const struct op *jump(struct vm *vm, int32_t target)
{
    return &vm->program->ops[target];
}

/* The place behind what cannot be decided, where what it would have set is tainted; if
 * there is no such place the render stops: it will run again with the data. */
static const struct op *jump_pending(struct vm *vm, int32_t target)
{
    vm->pending = true;
    return target == JUMP_NOWHERE ? NULL : jump(vm, target);
}

const struct op *op_jump(struct vm *vm, const struct op *op)
{
    return jump(vm, op->d);
}

const struct op *op_if_not(struct vm *vm, const struct op *op)
{
    struct value *condition = &vm->frame[op->a];
    if (vm_lacks(vm, op, condition)) {
        return jump_pending(vm, op->c);
    }
    return value_truth(condition) ? op + 1 : jump(vm, op->d);
}

/* ---- inside expressions ---- */

const struct op *op_and(struct vm *vm, const struct op *op)
{
    struct value *value = &vm->frame[op->a];
    if (vm_lacks(vm, op, value)) {
        return jump(vm, op->d);
    }
    *value = value_bool(value_truth(value));
    return value->truth ? op + 1 : jump(vm, op->d);
}

const struct op *op_or(struct vm *vm, const struct op *op)
{
    struct value *value = &vm->frame[op->a];
    if (vm_lacks(vm, op, value)) {
        return jump(vm, op->d);
    }
    *value = value_bool(value_truth(value));
    return value->truth ? jump(vm, op->d) : op + 1;
}

const struct op *op_if_given(struct vm *vm, const struct op *op)
{
    if (vm_lacks(vm, op, &vm->frame[op->a])) {
        return jump(vm, op->d);
    }
    const struct value *value = value_plain(&vm->frame[op->a]);
    bool nothing = value_is_nothing(value) || value->type == VALUE_LAZY ||
                   (value->type == VALUE_TEXT && value->len == 0);
    return nothing ? op + 1 : jump(vm, op->d);
}

const struct op *op_if_set(struct vm *vm, const struct op *op)
{
    struct value *value = &vm->frame[op->a];
    bool nothing = !vm_lacks(vm, op, value) && value_is_nothing(value);
    return nothing ? op + 1 : jump(vm, op->d);
}

const struct op *op_choice(struct vm *vm, const struct op *op)
{
    struct value *condition = &vm->frame[op->a];
    if (vm_lacks(vm, op, condition)) {
        vm->frame[op->b] = value_pending();
        return jump(vm, op->c);
    }
    return value_truth(condition) ? op + 1 : jump(vm, op->d);
}

const struct op *op_isset(struct vm *vm, const struct op *op)
{
    struct value *value = &vm->frame[op->a];
    if (vm_lacks(vm, op, value)) {
        return jump(vm, op->d);
    }
    *value = value_bool(!value_is_nothing(value));
    return value->truth ? op + 1 : jump(vm, op->d);
}

/* ---- loops ---- */

static void set_item(struct vm *vm, const struct foreach *foreach, const struct loop *loop)
{
    vm->frame[foreach->item] =
        loop->array ? *array_value_at(loop->array, loop->index) : loop->single;
    if (foreach->key >= 0) {
        struct key key = {.number = 0};
        if (loop->array) {
            (void)array_at(loop->array, loop->index, &key);
        }
        vm->frame[foreach->key] = key_value(&key);
    }
}

/* A list, or a scalar as a list of one; null is an empty list. The loop goes over the list
 * as it is now: whoever changes the variable meanwhile must copy it. */
static struct loop *loop_over(struct vm *vm, const struct value *list)
{
    struct loop *loop = arena_zero(vm->call.arena, 1, sizeof *loop);
    if (!loop) {
        return NULL;
    }
    if (list->type == VALUE_ARRAY) {
        value_share(list);
        loop->array = list->array;
    } else if (!value_is_nothing(list) && list->type != VALUE_LAZY) {
        loop->single = *list;
    }
    return loop;
}

/* The loops whose properties go by this one's names. */
static void enter_loop(struct vm *vm, const struct foreach *foreach, struct loop *loop)
{
    loop->asked[0] = foreach->asked[0];
    loop->asked[1] = foreach->asked[1];
    vm->depths[foreach->depth] = loop;
    vm->loops[foreach->item_loop] = loop;
    if (foreach->name_loop >= 0) {
        loop->outer_named = vm->loops[foreach->name_loop];
        vm->loops[foreach->name_loop] = loop;
    }
}

const struct op *op_foreach(struct vm *vm, const struct op *op)
{
    const struct foreach *foreach = &vm->program->foreachs[op->b];
    struct value *list = &vm->frame[op->a];
    if (vm_lacks(vm, op, list)) {
        return jump_pending(vm, foreach->pending);
    }
    struct loop *loop = loop_over(vm, list);
    if (!loop) {
        return vm_fail_memory(vm, op);
    }
    enter_loop(vm, foreach, loop);
    loop->outer_item = vm->frame[foreach->item];
    if (loop->array ? loop->array->count == 0 : loop->single.type == VALUE_UNDEFINED) {
        vm->frame[foreach->item] = value_null();
        return jump(vm, foreach->otherwise);
    }
    if (foreach->key >= 0) {
        loop->outer_key = vm->frame[foreach->key];
    }
    set_item(vm, foreach, loop);
    return op + 1;
}

const struct op *op_next(struct vm *vm, const struct op *op)
{
    const struct foreach *foreach = &vm->program->foreachs[op->b];
    struct loop *loop = vm->depths[foreach->depth];
    if (vm->steps_left == 0) {
        return vm_fail_limit(vm, op, LIMIT_STEPS, STEPS_SPENT);
    }
    vm->steps_left--;
    vm->loops[foreach->item_loop] = loop; /* a loop inside may have the same item */
    if (!loop->array || loop->index + 1 >= loop->array->count) {
        return op + 1;
    }
    loop->index++;
    set_item(vm, foreach, loop);
    return jump(vm, foreach->body);
}

/* A variable that existed before the loop is again what it was; a new one keeps the last
 * item. Properties by item stay, those by name are again those of the loop before. */
const struct op *op_foreach_end(struct vm *vm, const struct op *op)
{
    const struct foreach *foreach = &vm->program->foreachs[op->b];
    const struct loop *loop = vm->depths[foreach->depth];
    if (loop->outer_item.type != VALUE_UNDEFINED) {
        vm->frame[foreach->item] = loop->outer_item;
    }
    if (foreach->name_loop >= 0 && loop->outer_named) {
        vm->loops[foreach->name_loop] = loop->outer_named;
    }
    if (foreach->key >= 0 && loop->outer_key.type != VALUE_UNDEFINED) {
        vm->frame[foreach->key] = loop->outer_key;
    }
    return op + 1;
}
