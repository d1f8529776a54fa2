#include "smarty/program.h"

#include <stdarg.h>
#include <stdio.h>

#include "smarty/renderer.h"

PRINTF_LIKE(3, 0)
static const struct op *fail(struct vm *vm, const struct op *op, const char *format,
                             va_list arguments)
{
    if (vm->failed) {
        return NULL; /* the first error is the one to tell */
    }
    vm->call.error->status = IMH_REJECTED;
    vm->call.error->after_s = 0;
    (void)vsnprintf(vm->call.error->text, sizeof vm->call.error->text, format, arguments);
    return vm_fail_call(vm, op);
}

const struct op *vm_fail(struct vm *vm, const struct op *op, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)fail(vm, op, format, arguments);
    va_end(arguments);
    return NULL;
}

const struct op *vm_fail_limit(struct vm *vm, const struct op *op, enum limit limit,
                               const char *format, ...)
{
    va_list arguments;
    vm->call.limit = limit;
    va_start(arguments, format);
    (void)fail(vm, op, format, arguments);
    va_end(arguments);
    return NULL;
}

const struct op *vm_fail_call(struct vm *vm, const struct op *op)
{
    (void)error_wrap(vm->call.error, "%s:%u", vm->program->name, op->line);
    if (vm->call.limit == LIMIT_NONE && effort_is_spent(&vm->call.effort)) {
        vm->call.limit = LIMIT_EFFORT;
    }
    limits_tell(&vm->render->renderer->limits, vm->call.limit, vm->call.error);
    vm->failed = true;
    return NULL;
}

const struct op *vm_fail_memory(struct vm *vm, const struct op *op)
{
    size_t most = vm->call.arena->most;
    bool small = most < (1 << 20);
    return vm_fail_limit(vm, op, LIMIT_MEMORY, "rendering takes more than %zu %s of memory",
                         most >> (small ? 10 : 20), small ? "KiB" : "MiB");
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
