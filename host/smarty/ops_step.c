#include "smarty/ops.h"

#include "smarty/lexer.h"
#include "smarty/scope.h"

/* ---- text that is no number, counted up: "az" becomes "ba" ---- */

/* Raises a letter or digit; true when it was the last of its kind and begins anew. */
static bool raise_char(char *c)
{
    static const char last[] = "zZ9";
    static const char anew[] = "aA0";
    for (size_t i = 0; i < sizeof last - 1; i++) {
        if (*c == last[i]) {
            *c = anew[i];
            return true;
        }
    }
    bool counts = (is_name_char(*c) && *c != '_');
    *c = (char)(*c + (counts ? 1 : 0));
    return false;
}

/* From the right, as long as it carries; "Zz" becomes "AAa". */
static bool raise_text(struct arena *arena, struct str text, struct value *after)
{
    char *copy = arena_alloc(arena, text.len + 1);
    if (!copy) {
        return false;
    }
    memcpy(copy + 1, text.ptr, text.len);
    size_t at = text.len;
    while (at > 0 && raise_char(&copy[at])) {
        at--;
    }
    bool longer = at == 0;
    copy[0] = (char)(copy[1] == '0' ? '1' : copy[1]);
    *after = value_text((struct str){copy + !longer, text.len + longer});
    return true;
}

/* Text that is all number counts as that number; other text only counts up. */
static bool step_text(struct arena *arena, const struct value *before, int by,
                      struct value *after)
{
    struct str text = value_str(before);
    if (text.len > 0) {
        *after = *before;
        return by < 0 || raise_text(arena, text, after);
    }
    *after = by > 0 ? value_text(STR_OF("1")) : value_int(-1);
    return true;
}

/* ---- the rest ---- */

/* As PHP: null counts up to 1 and down to null, booleans stay. */
static bool step_number(const struct value *before, int by, struct value *after)
{
    static const struct value one = {.type = VALUE_INT, .integer = 1};
    const char *problem;
    if (before->type == VALUE_BOOL || (value_is_nothing(before) && by < 0)) {
        *after = *before;
        return true;
    }
    return value_compute(by > 0 ? OPERATION_ADD : OPERATION_SUBTRACT, before, &one, after,
                         &problem);
}

static bool is_word(const struct value *value)
{
    struct value number;
    return value->type == VALUE_TEXT &&
           text_to_number(value_str(value), &number) != NUMERIC_WHOLE;
}

bool step_value(struct vm *vm, const struct op *op, const struct value *before, int by,
                struct value *after)
{
    if (is_word(before)) {
        return step_text(vm->call.arena, before, by, after) || vm_fail_memory(vm, op);
    }
    return step_number(before, by, after) ||
           vm_fail(vm, op, "only a number or text can be counted up or down");
}

const struct op *op_step(struct vm *vm, const struct op *op)
{
    bool lacks = vm_lacks(vm, op, &vm->frame[op->b]);
    struct value before = lacks ? value_pending() : vm->frame[op->b];
    struct value after = value_pending();
    if (!lacks && !step_value(vm, op, &before, op->c, &after)) {
        return NULL;
    }
    uint8_t own = vm->frame[op->b].flags & VALUE_IS_OWN;
    if (vm->outer && !own) {
        struct key key;
        (void)array_at(vm->program->slots, (uint32_t)op->b, &key);
        scope_step(vm, &key, &before, &after);
    }
    vm->frame[op->b] = after;
    vm->frame[op->b].flags |= own;
    vm->frame[op->a] = op->d ? after : before;
    return op + 1;
}
