#include "smarty/ops.h"
#include "smarty/scope.h"
#include "smarty/tools.h"

/* Attributes and content are there, and not lazy. */
static bool lacks_value(struct vm *vm, const struct op *op, struct value *values,
                        uint32_t count)
{
    bool lacks = false;
    for (uint32_t i = 0; i < count; i++) {
        lacks = vm_lacks(vm, op, &values[i]) || lacks;
        values[i] = values[i].type == VALUE_LAZY ? value_null() : values[i];
        vm_spend(vm, &values[i]);
    }
    return lacks;
}

static const struct op *fail(struct vm *vm, const struct op *op)
{
    return effort_is_spent(&vm->call.effort)
               ? vm_fail_limit(vm, op, LIMIT_EFFORT, EFFORT_SPENT)
               : vm_fail_call(vm, op);
}

/* What the tool made: printed, or in a variable. */
static bool give(struct vm *vm, const struct op *op, const struct tool_call *call)
{
    struct number_text room;
    if (call->printed.type != VALUE_UNDEFINED) {
        text_add(vm->out, value_to_str(&call->printed, &room));
    } else {
        struct str text = {vm->call.scratch->ptr, vm->call.scratch->len};
        text_add(vm->out, call->assigned.type == VALUE_UNDEFINED ? text : STR_OF(""));
    }
    if (call->target.type == VALUE_UNDEFINED) {
        return true;
    }
    struct key key = key_named(value_to_str(&call->target, &room));
    struct value *place = scope_place(vm, &key);
    if (place) {
        value_share(&call->assigned);
        *place = call->assigned;
    }
    return place || (vm_fail_memory(vm, op), false);
}

const struct op *op_tool(struct vm *vm, const struct op *op)
{
    const struct named_call *named = &vm->program->named_calls[op->b];
    struct value *values = &vm->frame[op->a];
    uint32_t count = named->count + named->tool->is_block;
    if (lacks_value(vm, op, values, count)) {
        vm->pending = true;
        return named->tool->remembers ? NULL : op + 1;
    }
    struct tool_call call = {.call = &vm->call,
                             .names = named->names,
                             .values = values,
                             .count = named->count,
                             .content =
                                 named->tool->is_block ? &values[named->count] : NULL,
                             .memory = &vm->render->memory};
    text_clear(vm->call.scratch);
    if (!named->tool->run(&call)) {
        return fail(vm, op);
    }
    if (vm->call.scratch->failed) {
        struct value ignored;
        (void)modifier_text(&vm->call, &ignored);
        return vm_fail_call(vm, op);
    }
    return give(vm, op, &call) ? vm_printed(vm, op) : NULL;
}
