#include "smarty/scope.h"

#include "smarty/smarty.h"

/* The slot of this part; NULL for none. */
static struct value *slot_of(const struct vm *vm, const struct key *key)
{
    const struct value *slot = array_get(vm->program->slots, key);
    return slot ? &vm->frame[slot->integer] : NULL;
}

/* A new place among the variables whose names are not in the template. */
static struct value *make_place(struct vm *vm, const struct key *key)
{
    struct arena *arena = vm->call.arena;
    if (!vm->dynamic) {
        vm->dynamic = array_make(arena, 0);
    }
    struct str copy = arena_copy(arena, (struct str){key->name, key->len});
    if (!vm->dynamic || !copy.ptr) {
        return NULL;
    }
    struct key kept = *key;
    kept.name = copy.ptr;
    return array_place(arena, vm->dynamic, &kept);
}

/* The caller's data is asked once for each name. */
static struct value *ask_data(struct vm *vm, const struct key *key)
{
    struct value *place = make_place(vm, key);
    if (place) {
        (void)vm->data->root(vm->data->self, key, place);
    }
    return place;
}

const struct value *scope_find(struct vm *vm, const struct key *key)
{
    for (;; vm = vm->outer) {
        const struct value *found = slot_of(vm, key);
        bool known = found != NULL;
        if (!found && vm->dynamic) {
            found = array_get(vm->dynamic, key);
            known = found != NULL;
        }
        if (!known && !vm->outer) {
            found = ask_data(vm, key);
        }
        if (found && found->type != VALUE_UNDEFINED) {
            return found;
        }
        if (!vm->outer) {
            return NULL;
        }
    }
}

struct value *scope_place(struct vm *vm, const struct key *key)
{
    struct value *slot = slot_of(vm, key);
    if (slot) {
        return slot;
    }
    if (vm->dynamic && array_get(vm->dynamic, key)) {
        return array_place(vm->call.arena, vm->dynamic, key);
    }
    const struct value *seen = scope_find(vm, key);
    struct value *place = make_place(vm, key);
    if (place && seen && place != seen) {
        value_share(seen);
        *place = *seen;
        place->flags &= VALUE_IS_NUMBER;
    }
    return place;
}

struct loop *scope_loop(const struct vm *vm, const struct key *key)
{
    for (; vm; vm = vm->outer) {
        const struct value *slot = array_get(vm->program->loop_slots, key);
        if (slot && vm->loops[slot->integer]) {
            return vm->loops[slot->integer];
        }
    }
    return NULL;
}

static bool set_in(struct vm *vm, const struct key *key, const struct value *value)
{
    struct value *place = scope_place(vm, key);
    if (place) {
        value_share(value);
        *place = *value;
    }
    return place;
}

/* In all parts around this one up to its template, that itself included. */
static struct vm *set_up_to_template(struct vm *vm, const struct key *key,
                                     const struct value *value, bool *good)
{
    while (!vm->is_template && vm->outer) {
        vm = vm->outer;
        *good = set_in(vm, key, value) && *good;
    }
    return vm;
}

/* In what included the template of `vm`, and on to `scope`. What runs the {include} has it
 * then, a function for as long as it runs; what called that function has not. */
static bool export_from(struct vm *vm, const struct key *key, const struct value *value,
                        enum scope scope)
{
    bool good = true;
    while (good && scope != SCOPE_LOCAL) {
        while (!vm->is_template && vm->outer) {
            vm = vm->outer;
        }
        if (!vm->outer) {
            break;
        }
        vm = vm->outer;
        good = set_in(vm, key, value);
        scope = scope == SCOPE_PARENT ? SCOPE_LOCAL : scope;
    }
    return good;
}

bool scope_export(struct vm *vm, const struct key *key, const struct value *value,
                  enum scope scope)
{
    bool good = true;
    struct value copy = *value;
    vm = set_up_to_template(vm, key, &copy, &good);
    return export_from(vm, key, &copy, scope) && good;
}

/* Is it the same to the bit? */
static bool is_same(const struct value *a, const struct value *b)
{
    return a && a->type == b->type && a->len == b->len && a->integer == b->integer;
}

static const struct value *given_value(const struct given *given, const struct key *key)
{
    for (uint32_t i = 0; given && i < given->count; i++) {
        if (str_eq(given->names[i], (struct str){key->name, key->len})) {
            return &given->values[i];
        }
    }
    return NULL;
}

void scope_step(struct vm *vm, const struct key *key, const struct value *before,
                const struct value *after)
{
    while (vm->outer && !given_value(vm->given, key) && !given_value(vm->defaults, key)) {
        vm = vm->outer;
        struct value *place = slot_of(vm, key);
        if (!place && vm->dynamic && array_get(vm->dynamic, key)) {
            place = array_place(vm->call.arena, vm->dynamic, key);
        }
        if (place && !is_same(place, before)) {
            return; /* set anew on the way: another variable */
        }
        bool own = place && (place->flags & VALUE_IS_OWN);
        if (place) {
            *place = *after;
        }
        if (own) {
            place->flags |= VALUE_IS_OWN;
            return;
        }
    }
}

/* What was only given to the part stays there. */
static bool return_one(struct vm *vm, const struct vm *inner, const struct key *key,
                       const struct value *value, enum scope scope)
{
    if (value->type == VALUE_UNDEFINED || is_same(scope_find(vm, key), value) ||
        is_same(given_value(inner->given, key), value)) {
        return true;
    }
    return set_in(vm, key, value) &&
           (scope != SCOPE_ALL || export_from(vm, key, value, scope));
}

bool scope_return(struct vm *vm, const struct vm *inner, enum scope scope)
{
    bool good = true;
    const struct array *names = inner->program->slots;
    for (uint32_t i = 0; good && i < names->count; i++) {
        struct key key;
        (void)array_at(names, i, &key);
        good = return_one(vm, inner, &key, &inner->frame[i], scope);
    }
    for (uint32_t i = 0; good && inner->dynamic && i < inner->dynamic->count; i++) {
        struct key key;
        const struct value *value = array_at(inner->dynamic, i, &key);
        good = return_one(vm, inner, &key, value, scope);
    }
    const struct array *loops = inner->program->loop_slots;
    for (uint32_t i = 0; i < loops->count; i++) {
        struct key key;
        (void)array_at(loops, i, &key);
        const struct value *slot = array_get(vm->program->loop_slots, &key);
        if (slot && inner->loops[i]) {
            vm->loops[slot->integer] = inner->loops[i];
        }
    }
    return good;
}

void scope_enter(struct vm *vm)
{
    const struct program *program = vm->program;
    for (uint32_t i = 0; i < program->variable_count; i++) {
        struct key key;
        (void)array_at(program->slots, i, &key);
        vm->frame[i] = (struct value){.type = VALUE_UNDEFINED};
        if (!vm->outer) {
            (void)vm->data->root(vm->data->self, &key, &vm->frame[i]);
            continue;
        }
        const struct value *seen = scope_find(vm->outer, &key);
        if (seen) {
            value_share(seen);
            vm->frame[i] = *seen;
            vm->frame[i].flags &= VALUE_IS_NUMBER;
        }
    }
    for (uint32_t i = 0; vm->outer && i < program->loop_count; i++) {
        struct key key;
        (void)array_at(program->loop_slots, i, &key);
        vm->loops[i] = scope_loop(vm->outer, &key);
    }
}

bool scope_give(struct vm *vm, const struct given *given)
{
    bool good = true;
    for (uint32_t i = 0; good && i < given->count; i++) {
        struct key key = key_named(given->names[i]);
        struct value *place = slot_of(vm, &key);
        place = place ? place : make_place(vm, &key);
        if (place) {
            value_share(&given->values[i]);
            *place = given->values[i];
        }
        good = place != NULL;
    }
    return good;
}
