#include "smarty/ops.h"
#include "smarty/renderer.h"
#include "smarty/scope.h"

/* The name is not there yet: what would have run could do anything. */
static bool lacks_name(struct vm *vm, const struct op *op)
{
    struct value *name = &vm->frame[op->a];
    if (vm_lacks(vm, op, name)) {
        vm->pending = true;
        return true;
    }
    vm_spend(vm, name);
    return false;
}

const struct op *op_include(struct vm *vm, const struct op *op)
{
    const struct named_call *call = &vm->program->named_calls[op->b];
    const struct given given = {call->names, &vm->frame[op->c], call->count};
    struct number_text room;
    if (lacks_name(vm, op)) {
        return NULL;
    }
    struct run run = {.given = &given,
                      .is_template = true,
                      .returns = op->d != SCOPE_OWN,
                      .scope = (enum scope)op->d};
    run.program = renderer_include(vm, op, value_to_str(&vm->frame[op->a], &room));
    return run.program ? renderer_run(vm, op, &run) : NULL;
}

const struct op *op_eval(struct vm *vm, const struct op *op)
{
    struct number_text room;
    struct run run = {.is_template = true};
    if (lacks_name(vm, op)) {
        return NULL;
    }
    struct str source = value_to_str(&vm->frame[op->a], &room);
    if (source.len == 0) {
        return op + 1;
    }
    run.program = renderer_evaluate(vm, op, source);
    return run.program ? renderer_run(vm, op, &run) : NULL;
}

/* ---- functions ---- */

/* That of the template itself first, the first of two; then the newest one of that name. */
static const struct program *find_function(const struct vm *vm, struct str name)
{
    for (const struct vm *at = vm; at; at = at->outer) {
        for (uint32_t i = at->program->defined_count; i > 0; i--) {
            if (str_eq(at->program->defined[i - 1].name, name)) {
                return at->program->defined[i - 1].program;
            }
        }
    }
    for (const struct known_function *at = vm->render->functions; at; at = at->next) {
        if (str_eq(at->defined.name, name)) {
            return at->defined.program;
        }
    }
    return NULL;
}

const struct op *op_call_part(struct vm *vm, const struct op *op)
{
    const struct named_call *call = &vm->program->named_calls[op->b];
    const struct given given = {call->names, &vm->frame[op->c], call->count};
    struct number_text room;
    if (lacks_name(vm, op)) {
        return NULL;
    }
    struct str name = value_to_str(&vm->frame[op->a], &room);
    struct run run = {.given = &given};
    run.program = find_function(vm, name);
    if (!run.program) {
        return vm_fail(vm, op, "there is no template function '%.*s'", STR_ARGS(name));
    }
    return renderer_run(vm, op, &run);
}

const struct op *op_defaults(struct vm *vm, const struct op *op)
{
    const struct named_call *call = &vm->program->named_calls[op->c];
    struct given *defaults = arena_alloc(vm->call.arena, sizeof *defaults);
    bool good = defaults != NULL;
    if (good) {
        *defaults = (struct given){call->names, &vm->frame[op->a], (uint32_t)op->b};
        vm->defaults = defaults;
        good = scope_give(vm, defaults) && (!vm->given || scope_give(vm, vm->given));
    }
    return good ? op + 1 : vm_fail_memory(vm, op);
}

/* ---- scopes ---- */

const struct op *op_export(struct vm *vm, const struct op *op)
{
    struct number_text room;
    struct key key;
    if (op->d) {
        if (lacks_name(vm, op)) {
            return NULL;
        }
        key = key_named(value_to_str(&vm->frame[op->a], &room));
    } else {
        (void)array_at(vm->program->slots, (uint32_t)op->a, &key);
    }
    const struct value *value = scope_find(vm, &key);
    return !value || scope_export(vm, &key, value, (enum scope)op->c)
               ? op + 1
               : vm_fail_memory(vm, op);
}
