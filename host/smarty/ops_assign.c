#include "smarty/ops.h"

#include "smarty/scope.h"

const struct op *op_assign(struct vm *vm, const struct op *op)
{
    value_share(&vm->frame[op->b]);
    vm->frame[op->a] = vm->frame[op->b];
    if (vm->outer) {
        vm->frame[op->a].flags |= VALUE_IS_OWN;
    }
    return op + 1;
}

const struct op *op_taint(struct vm *vm, const struct op *op)
{
    vm->frame[op->a] = value_pending();
    return op + 1;
}

/* ---- paths ---- */

/* The array at `place`, which may be changed. What is no array is replaced by one, that
 * with `keep` has it as its first element. NULL when memory is out. */
static struct array *array_at_place(struct vm *vm, struct value *place, const void *owner,
                                    bool keep)
{
    struct arena *arena = vm->call.arena;
    if (place->type == VALUE_ARRAY) {
        return array_own(arena, place, owner);
    }
    struct array *fresh = array_make(arena, 0);
    bool first = keep && !value_is_nothing(place);
    if (!fresh || (first && !array_append(arena, fresh, place))) {
        return NULL;
    }
    fresh->owner = owner;
    fresh->next = fresh->next == KEY_ANY ? 0 : fresh->next;
    *place = value_array(fresh);
    return fresh;
}

/* The place below `place` that the keys lead to; what is missing is made, what is in the
 * way becomes an array. With `append`, an empty place at its end. A scalar in the variable
 * itself, or where something is appended, becomes the first element. NULL when memory is
 * out or a key is none. */
static struct value *walk(struct vm *vm, struct value *place, const struct value *keys,
                          int32_t count, bool append)
{
    const void *owner = place;
    for (int32_t i = 0; i < count + (append ? 1 : 0); i++) {
        struct key key;
        struct array *array = array_at_place(vm, place, owner, i == 0 || i == count);
        if (!array) {
            return NULL;
        }
        if (i == count) {
            key = array_next_key(array);
        } else if (!key_from_value(&keys[i], &key)) {
            return NULL;
        }
        owner = array;
        place = array_place(vm->call.arena, array, &key);
        if (!place) {
            return NULL;
        }
    }
    return place;
}

static const struct op *walk_failed(struct vm *vm, const struct op *op,
                                    const struct value *keys)
{
    for (int32_t i = 0; i < op->c; i++) {
        struct key key;
        if (!key_from_value(&keys[i], &key)) {
            return vm_fail(vm, op, "cannot assign: a key is an array");
        }
    }
    return vm_fail_memory(vm, op);
}

static bool lacks_key(struct vm *vm, const struct op *op, struct value *keys)
{
    bool lacks = false;
    for (int32_t i = 0; i < op->c; i++) {
        lacks = vm_lacks(vm, op, &keys[i]) || lacks;
        vm_spend(vm, &keys[i]);
    }
    return lacks;
}

/* A variable that holds anything pending is pending as a whole. */
static const struct op *set_path(struct vm *vm, const struct op *op, struct value *variable,
                                 bool append)
{
    struct value *keys = &vm->frame[op->b];
    const struct value *value = &vm->frame[op->d];
    if (lacks_key(vm, op, keys) || value->type == VALUE_PENDING ||
        vm_lacks(vm, op, variable)) {
        *variable = value_pending();
        return op + 1;
    }
    value_share(value);
    struct value copy = *value;
    struct value *place = walk(vm, variable, keys, op->c, append);
    if (!place) {
        return walk_failed(vm, op, keys);
    }
    *place = copy;
    return vm_go_on(vm, op);
}

const struct op *op_assign_path(struct vm *vm, const struct op *op)
{
    return set_path(vm, op, &vm->frame[op->a], false);
}

const struct op *op_append_path(struct vm *vm, const struct op *op)
{
    return set_path(vm, op, &vm->frame[op->a], true);
}

/* What a capture is appended to, or is counted in, is one variable here and where it was
 * set, as in $i++. */
static void tell_outer(struct vm *vm, int32_t slot, const struct value *before)
{
    struct value *variable = &vm->frame[slot];
    if (vm->outer && before->type != VALUE_UNDEFINED && !(before->flags & VALUE_IS_OWN)) {
        struct key key;
        (void)array_at(vm->program->slots, (uint32_t)slot, &key);
        value_share(variable);
        scope_step(vm, &key, before, variable);
    }
}

const struct op *op_append_shared(struct vm *vm, const struct op *op)
{
    struct value before = vm->frame[op->a];
    const struct op *next = set_path(vm, op, &vm->frame[op->a], true);
    tell_outer(vm, op->a, &before);
    return next;
}

const struct op *op_step_path(struct vm *vm, const struct op *op)
{
    struct value *variable = &vm->frame[op->a];
    struct value *keys = &vm->frame[op->b];
    struct value *result = &keys[op->c];
    struct value shared = *variable;
    if (lacks_key(vm, op, keys) || vm_lacks(vm, op, variable)) {
        *variable = *result = value_pending();
        return op + 1;
    }
    struct value *place = walk(vm, variable, keys, op->c, false);
    if (!place) {
        return walk_failed(vm, op, keys);
    }
    struct value before = value_is_nothing(place) ? value_null() : *place;
    struct value after;
    if (!step_value(vm, op, &before, op->d & STEP_DOWN ? -1 : 1, &after)) {
        return NULL;
    }
    *place = after;
    *result = op->d & STEP_BEFORE ? after : before;
    tell_outer(vm, op->a, &shared);
    return vm_go_on(vm, op);
}

/* ---- variables by name ---- */

static struct value *variable_named(struct vm *vm, const struct value *name)
{
    struct number_text room;
    struct key key = key_named(value_to_str(name, &room));
    vm_spend(vm, name);
    return scope_place(vm, &key);
}

/* A name that is not known yet could be any variable: nothing behind it is certain. */
static const struct op *set_named(struct vm *vm, const struct op *op, bool append)
{
    struct value *name = &vm->frame[op->a];
    if (vm_lacks(vm, op, name)) {
        vm->pending = true;
        return NULL;
    }
    struct value *variable = variable_named(vm, name);
    return variable ? set_path(vm, op, variable, append) : vm_fail_memory(vm, op);
}

const struct op *op_assign_dynamic(struct vm *vm, const struct op *op)
{
    return set_named(vm, op, false);
}

const struct op *op_append_dynamic(struct vm *vm, const struct op *op)
{
    return set_named(vm, op, true);
}

const struct op *op_dynamic(struct vm *vm, const struct op *op)
{
    struct value *name = &vm->frame[op->b];
    if (vm_lacks(vm, op, name)) {
        vm->frame[op->a] = value_pending();
        return op + 1;
    }
    struct value *variable = variable_named(vm, name);
    if (!variable) {
        return vm_fail_memory(vm, op);
    }
    if (variable->type == VALUE_UNDEFINED) {
        *variable = value_null();
    }
    vm->frame[op->a] = *variable;
    return vm_go_on(vm, op);
}

/* ---- captured text and counting ---- */

const struct op *op_capture_named(struct vm *vm, const struct op *op)
{
    struct value *name = &vm->frame[op->a];
    struct key key;
    if (vm_lacks(vm, op, name)) {
        vm->pending = true;
        return NULL;
    }
    if (!vm->render->captured) {
        vm->render->captured = array_make(vm->call.arena, 0);
    }
    if (!key_from_value(name, &key)) {
        return vm_fail(vm, op, "the name of a capture must be text");
    }
    if (!vm->render->captured ||
        !array_set(vm->call.arena, vm->render->captured, &key, &vm->frame[op->b])) {
        return vm_fail_memory(vm, op);
    }
    return op + 1;
}
