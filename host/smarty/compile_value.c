#include "smarty/compile.h"

#include "smarty/property.h"

/* ---- members ---- */

static int32_t add_key(struct compiler *compiler, const struct value *value)
{
    struct key *key = list_add(compiler, &compiler->keys, sizeof *key);
    if (!key || !key_from_value(value, key)) {
        return 0;
    }
    if (key->name) {
        struct str copy = arena_copy(compiler->arena, (struct str){key->name, key->len});
        compiler->too_large = compiler->too_large || !copy.ptr;
        key->name = copy.ptr;
    }
    return (int32_t)compiler->keys.count - 1;
}

/* Others, as true and null, are places in a text that a key does not tell. */
static bool is_key(const struct value *value)
{
    return value->type == VALUE_INT || value->type == VALUE_TEXT;
}

static void compile_member(struct compiler *compiler, const struct expression *expression,
                           int32_t target)
{
    int32_t object = compile_operand(compiler, expression->first);
    const struct expression *key = expression->second;
    if (key && key->kind == EXPRESSION_CONSTANT && is_key(&key->constant)) {
        emit(compiler, op_member, target, object, add_key(compiler, &key->constant), 0);
        return;
    }
    int32_t index = key ? compile_operand(compiler, key) : target;
    emit(compiler, op_index, target, object, index, 0);
}

/* ---- operators ---- */

static void compile_two(struct compiler *compiler, op_run *run,
                        const struct expression *expression, int32_t target, int32_t which)
{
    int32_t left = compile_operand(compiler, expression->first);
    int32_t right = compile_operand(compiler, expression->second);
    emit(compiler, run, target, left, right, which);
}

static void compile_compute(struct compiler *compiler, const struct expression *expression,
                            int32_t target)
{
    compile_two(compiler, op_compute, expression, target, (int32_t)expression->operation);
}

static void compile_compare(struct compiler *compiler, const struct expression *expression,
                            int32_t target)
{
    compile_two(compiler, op_compare, expression, target, (int32_t)expression->comparison);
}

static void compile_xor(struct compiler *compiler, const struct expression *expression,
                        int32_t target)
{
    compile_two(compiler, op_xor, expression, target, 0);
}

static void compile_not(struct compiler *compiler, const struct expression *expression,
                        int32_t target)
{
    emit(compiler, op_not, target, compile_operand(compiler, expression->first), 0, 0);
}

static void compile_negate(struct compiler *compiler, const struct expression *expression,
                           int32_t target)
{
    struct value minus = value_int(-1);
    int32_t value = compile_operand(compiler, expression->first);
    emit(compiler, op_compute, target, value, constant(compiler, &minus),
         OPERATION_MULTIPLY);
}

static void compile_cast(struct compiler *compiler, const struct expression *expression,
                         int32_t target)
{
    int32_t value = compile_operand(compiler, expression->first);
    emit(compiler, op_cast, target, value, (int32_t)expression->cast, 0);
}

static void compile_test(struct compiler *compiler, const struct expression *expression,
                         int32_t target)
{
    int32_t flags = expression->negated ? TEST_NOT : 0;
    int32_t value = compile_operand(compiler, expression->first);
    int32_t other = value;
    if (expression->second) {
        other = compile_operand(compiler, expression->second);
        flags |= TEST_BY;
    }
    emit(compiler, op_test, target, value, other, (int32_t)expression->test | flags);
}

/* ---- what evaluates only one side ---- */

/* `first`, and the truth of `second` unless `run` jumps over it. */
static void compile_lazy(struct compiler *compiler, op_run *run,
                         const struct expression *expression, int32_t target)
{
    compile_value(compiler, expression->first, target);
    int32_t jump = emit(compiler, run, target, 0, 0, 0);
    compile_value(compiler, expression->second, target);
    emit(compiler, op_truth, target, target, 0, 0);
    op_at(compiler, jump)->d = here(compiler);
}

static void compile_and(struct compiler *compiler, const struct expression *expression,
                        int32_t target)
{
    compile_lazy(compiler, op_and, expression, target);
}

static void compile_or(struct compiler *compiler, const struct expression *expression,
                       int32_t target)
{
    compile_lazy(compiler, op_or, expression, target);
}

/* For a question whether it exists: what is not there is null then, not "". */
static void compile_asked(struct compiler *compiler, const struct expression *expression,
                          int32_t target)
{
    compile_value(compiler, expression, target);
    if (expression->kind == EXPRESSION_MEMBER) {
        op_at(compiler, here(compiler) - 1)->d = MEMBER_ASKED;
    }
}

static void compile_coalesce(struct compiler *compiler, const struct expression *expression,
                             int32_t target)
{
    compile_asked(compiler, expression->first, target);
    int32_t jump = emit(compiler, op_if_set, target, 0, 0, 0);
    compile_value(compiler, expression->second, target);
    op_at(compiler, jump)->d = here(compiler);
}

static void compile_choice(struct compiler *compiler, const struct expression *expression,
                           int32_t target)
{
    int32_t condition = new_temporary(compiler);
    compile_value(compiler, expression->first, condition);
    int32_t choice = emit(compiler, op_choice, condition, target, 0, 0);
    if (expression->second) {
        compile_value(compiler, expression->second, target);
    } else {
        emit(compiler, op_move, target, condition, 0, 0);
    }
    int32_t end = emit(compiler, op_jump, 0, 0, 0, 0);
    op_at(compiler, choice)->d = here(compiler);
    compile_value(compiler, expression->third, target);
    op_at(compiler, end)->d = here(compiler);
    op_at(compiler, choice)->c = here(compiler);
}

/* Each value is only looked at when the ones before it are nothing. */
static void compile_default(struct compiler *compiler, const struct expression *expression,
                            int32_t target)
{
    int32_t jumps = -1;
    for (const struct expression *at = expression->first; at; at = at->next) {
        compile_value(compiler, at, target);
        jumps = emit(compiler, op_if_given, target, 0, 0, jumps);
    }
    struct value empty = value_text(STR_OF(""));
    emit(compiler, op_move, target, constant(compiler, &empty), 0, 0);
    patch_chain(compiler, jumps, here(compiler));
}

static void compile_noprint(struct compiler *compiler, const struct expression *expression,
                            int32_t target)
{
    struct value empty = value_text(STR_OF(""));
    (void)expression;
    emit(compiler, op_move, target, constant(compiler, &empty), 0, 0);
}

static void compile_isset(struct compiler *compiler, const struct expression *expression,
                          int32_t target)
{
    int32_t jumps = -1;
    for (const struct expression *at = expression->first; at; at = at->next) {
        compile_asked(compiler, at, target);
        jumps = emit(compiler, op_isset, target, 0, 0, jumps);
    }
    patch_chain(compiler, jumps, here(compiler));
}

static void compile_empty(struct compiler *compiler, const struct expression *expression,
                          int32_t target)
{
    compile_asked(compiler, expression->first, target);
    emit(compiler, op_not, target, target, 0, 0);
}

/* ---- values made of others ---- */

static void compile_call(struct compiler *compiler, const struct expression *expression,
                         int32_t target)
{
    int32_t first;
    int32_t count = compile_list(compiler, expression->first, &first);
    const struct function **function =
        list_add(compiler, &compiler->functions, sizeof *function);
    if (function) {
        *function = expression->function;
    }
    emit(compiler, op_call, target, first, count, (int32_t)compiler->functions.count - 1);
}

static void compile_concat(struct compiler *compiler, const struct expression *expression,
                           int32_t target)
{
    int32_t first;
    int32_t count = compile_list(compiler, expression->first, &first);
    emit(compiler, op_concat, target, first, count, 0);
}

static void compile_array(struct compiler *compiler, const struct expression *expression,
                          int32_t target)
{
    int32_t array = new_temporary(compiler);
    emit(compiler, op_array, array, expression->first != NULL, 0, 0);
    for (const struct expression *at = expression->first; at; at = at->next) {
        int32_t used = compiler->used;
        int32_t key = at->key ? compile_operand(compiler, at->key) : array;
        int32_t value = compile_operand(compiler, at);
        emit(compiler, op_element, array, value, key, 0);
        compiler->used = used;
    }
    emit(compiler, op_move, target, array, 0, 0);
}

static void compile_string_body(struct compiler *compiler,
                                const struct expression *expression, int32_t target)
{
    note_effects(expression->body);
    compile_captured(compiler, expression->body, target);
}

/* ---- variables and $smarty ---- */

static void compile_constant(struct compiler *compiler, const struct expression *expression,
                             int32_t target)
{
    emit(compiler, op_move, target, constant(compiler, &expression->constant), 0, 0);
}

static void compile_variable(struct compiler *compiler, const struct expression *expression,
                             int32_t target)
{
    emit(compiler, op_move, target, (int32_t)expression->slot, 0, 0);
}

static void compile_dynamic(struct compiler *compiler, const struct expression *expression,
                            int32_t target)
{
    emit(compiler, op_dynamic, target, compile_operand(compiler, expression->first), 0, 0);
}

static void compile_property(struct compiler *compiler, const struct expression *expression,
                             int32_t target)
{
    enum property property = property_find(value_str(&expression->first->constant));
    struct key key;
    (void)array_at(compiler->program->loop_slots, expression->slot, &key);
    bool by_name = key.len > 0 && key.name[0] != '@' && key.name[0] != '#';
    emit(compiler, op_property, target, (int32_t)expression->slot, (int32_t)property,
         by_name);
}

static void compile_captured_name(struct compiler *compiler,
                                  const struct expression *expression, int32_t target)
{
    int32_t name =
        expression->first ? compile_operand(compiler, expression->first) : target;
    emit(compiler, op_captured_named, target, name, expression->first == NULL, 0);
}

static void compile_now(struct compiler *compiler, const struct expression *expression,
                        int32_t target)
{
    (void)expression;
    emit(compiler, op_now, target, 0, 0, 0);
}

static void compile_template_name(struct compiler *compiler,
                                  const struct expression *expression, int32_t target)
{
    (void)expression;
    emit(compiler, op_template, target, 0, 0, 0);
}

static void compile_step(struct compiler *compiler, const struct expression *expression,
                         int32_t target)
{
    const struct expression *member = expression->first;
    const struct step *step = &expression->step;
    if (!member) {
        emit(compiler, op_step, target, (int32_t)expression->slot, step->by, step->before);
        return;
    }
    int32_t first = compiler->variables + compiler->used;
    int32_t count = compile_keys(compiler, member);
    int32_t result = new_temporary(compiler);
    while (member->kind == EXPRESSION_MEMBER) {
        member = member->first;
    }
    emit(compiler, op_step_path, (int32_t)member->slot, first, count,
         (step->by < 0 ? STEP_DOWN : 0) | (step->before ? STEP_BEFORE : 0));
    emit(compiler, op_move, target, result, 0, 0);
}

/* As a condition: {if $x = value}. */
static void compile_assigned(struct compiler *compiler, const struct expression *expression,
                             int32_t target)
{
    int32_t skip = -1;
    compile_value(compiler, expression->second, target);
    if (expression->negated) {
        skip = emit(compiler, op_if_not, target, 0, 0, 0);
    }
    compile_set(compiler, expression->first, target, false);
    if (skip >= 0) {
        op_at(compiler, skip)->c = skip + 1; /* what is not there yet is set, too */
        op_at(compiler, skip)->d = here(compiler);
    }
}

/* ---- the table ---- */

static void (*const compilers[])(struct compiler *compiler,
                                 const struct expression *expression, int32_t target) = {
    [EXPRESSION_CONSTANT] = compile_constant,
    [EXPRESSION_VARIABLE] = compile_variable,
    [EXPRESSION_DYNAMIC] = compile_dynamic,
    [EXPRESSION_MEMBER] = compile_member,
    [EXPRESSION_PROPERTY] = compile_property,
    [EXPRESSION_LOOP] = compile_property,
    [EXPRESSION_CAPTURED] = compile_captured_name,
    [EXPRESSION_NOW] = compile_now,
    [EXPRESSION_TEMPLATE] = compile_template_name,
    [EXPRESSION_NOT] = compile_not,
    [EXPRESSION_NEGATE] = compile_negate,
    [EXPRESSION_COMPUTE] = compile_compute,
    [EXPRESSION_COMPARE] = compile_compare,
    [EXPRESSION_AND] = compile_and,
    [EXPRESSION_OR] = compile_or,
    [EXPRESSION_XOR] = compile_xor,
    [EXPRESSION_COALESCE] = compile_coalesce,
    [EXPRESSION_CHOICE] = compile_choice,
    [EXPRESSION_TEST] = compile_test,
    [EXPRESSION_CAST] = compile_cast,
    [EXPRESSION_CALL] = compile_call,
    [EXPRESSION_DEFAULT] = compile_default,
    [EXPRESSION_ISSET] = compile_isset,
    [EXPRESSION_EMPTY] = compile_empty,
    [EXPRESSION_NOPRINT] = compile_noprint,
    [EXPRESSION_ARRAY] = compile_array,
    [EXPRESSION_CONCAT] = compile_concat,
    [EXPRESSION_BODY] = compile_string_body,
    [EXPRESSION_ASSIGN] = compile_assigned,
    [EXPRESSION_STEP] = compile_step,
};

void compile_value(struct compiler *compiler, const struct expression *expression,
                   int32_t target)
{
    int32_t used = compiler->used;
    uint32_t line = compiler->line;
    compiler->line = expression->line;
    compilers[expression->kind](compiler, expression, target);
    compiler->line = line;
    compiler->used = used;
}

int32_t compile_operand(struct compiler *compiler, const struct expression *expression)
{
    if (expression->kind == EXPRESSION_CONSTANT) {
        return constant(compiler, &expression->constant);
    }
    if (expression->kind == EXPRESSION_VARIABLE) {
        return (int32_t)expression->slot;
    }
    int32_t target = new_temporary(compiler);
    compile_value(compiler, expression, target);
    return target;
}

int32_t compile_list(struct compiler *compiler, const struct expression *list,
                     int32_t *first)
{
    int32_t count = 0;
    *first = compiler->variables + compiler->used;
    for (; list; list = list->next) {
        compile_value(compiler, list, new_temporary(compiler));
        count++;
    }
    return count;
}
