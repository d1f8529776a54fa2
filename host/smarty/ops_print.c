#include "smarty/ops.h"

#include "smarty/data.h"
#include "smarty/escape.h"

const struct op *vm_print_failed(struct vm *vm, const struct op *op)
{
    if (!vm->out->failed) {
        return vm_go_on(vm, op);
    }
    if (vm->failed) {
        return NULL; /* the first error is the one to tell */
    }
    vm->call.limit =
        vm->render->output_is_limited && !vm->out->no_memory ? LIMIT_OUTPUT : LIMIT_NONE;
    (void)text_ok(vm->out, "the message", vm->call.error);
    return vm_fail_call(vm, op);
}

const struct op *op_text(struct vm *vm, const struct op *op)
{
    const struct value *text = &vm->frame[op->a];
    text_add_short(vm->out, text->text, text->len);
    return vm_printed(vm, op);
}

const struct op *op_print(struct vm *vm, const struct op *op)
{
    struct value *value = &vm->frame[op->a];
    if (value->type == VALUE_TEXT) {
        text_add_short(vm->out, value->text, value->len);
    } else if (vm_lacks(vm, op, value)) {
        vm->pending = true;
    } else {
        struct number_text room;
        text_add(vm->out, value_to_str(value, &room));
    }
    return vm_printed(vm, op);
}

const struct op *op_print_escaped(struct vm *vm, const struct op *op)
{
    struct value *value = &vm->frame[op->a];
    if (value->type == VALUE_TEXT) {
        vm_spend(vm, value);
        escape_html(vm->out, value_str(value));
    } else if (vm_lacks(vm, op, value)) {
        vm->pending = true;
    } else {
        struct number_text room;
        vm_spend(vm, value);
        escape_html(vm->out, value_to_str(value, &room));
    }
    return vm_printed(vm, op);
}

const struct op *op_print_json(struct vm *vm, const struct op *op)
{
    struct value *value = &vm->frame[op->a];
    if (vm_lacks(vm, op, value)) {
        vm->pending = true;
    } else {
        vm_spend(vm, value);
        data_write_plain(vm->out, value);
    }
    return vm_printed(vm, op);
}

/* Captured text is written where all text goes, and taken back from there. Whether any of
 * it was pending is noted apart. */
const struct op *op_capture(struct vm *vm, const struct op *op)
{
    struct value *start = &vm->frame[op->a];
    *start = value_int((int64_t)vm->out->len);
    start->flags = vm->pending;
    vm->pending = false;
    return op + 1;
}

const struct op *op_captured(struct vm *vm, const struct op *op)
{
    const struct value *start = &vm->frame[op->b];
    size_t from = (size_t)start->integer;
    struct str text = {vm->out->ptr + from, vm->out->len - from};
    struct str copy = {"", 0};
    if (text.len > 0) {
        copy = arena_copy(vm->call.arena, text);
        if (!copy.ptr) {
            return vm_fail_memory(vm, op);
        }
    }
    struct value captured = vm->pending ? value_pending() : value_text(copy);
    vm->out->len = from;
    vm->pending = vm->pending || start->flags;
    vm->frame[op->a] = captured;
    return op + 1;
}
