#include "smarty/program.h"

#include <stdarg.h>
#include <stdio.h>

const struct op *vm_fail(struct vm *vm, const struct op *op, const char *format, ...)
{
    va_list arguments;
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

void vm_run(struct vm *vm)
{
    const struct op *op = vm->program->ops;
    while (op) {
        op = op->run(vm, op);
    }
}
