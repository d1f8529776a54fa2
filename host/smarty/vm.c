#include "smarty/program.h"

#include <stdarg.h>
#include <stdio.h>

const struct op *vm_fail(struct vm *vm, const struct op *op, const char *format, ...)
{
    va_list arguments;
    if (vm->failed) {
        return NULL; /* the first error is the one to tell */
    }
    va_start(arguments, format);
    vm->call.error->status = IMH_REJECTED;
    vm->call.error->after_s = 0;
    (void)vsnprintf(vm->call.error->text, sizeof vm->call.error->text, format, arguments);
    va_end(arguments);
    return vm_fail_call(vm, op);
}

const struct op *vm_fail_call(struct vm *vm, const struct op *op)
{
    (void)error_wrap(vm->call.error, "%s:%u", vm->program->name, op->line);
    vm->failed = true;
    return NULL;
}

const struct op *vm_fail_memory(struct vm *vm, const struct op *op)
{
    return vm_fail(vm, op, "rendering takes more than %zu MiB of memory",
                   vm->call.arena->most >> 20);
}

/* An error ends the render, but not here: what asked goes on with something pending. */
bool vm_fetch(struct vm *vm, const struct op *op, struct value *value)
{
    struct value whole = value_pending();
    if (value->type == VALUE_LAZY && !value->lazy->type->whole) {
        return false;
    }
    if (value->type == VALUE_LAZY && !vm->failed &&
        !value->lazy->type->whole(value->lazy, vm->call.arena, &whole, vm->call.error)) {
        (void)vm_fail_call(vm, op);
        whole = value_pending();
    }
    if (whole.type == VALUE_PENDING) {
        vm->pending = true;
        return true;
    }
    *value = whole;
    return false;
}

void vm_run(struct vm *vm)
{
    const struct op *op = vm->program->ops;
    while (op) {
        op = op->run(vm, op);
    }
}
