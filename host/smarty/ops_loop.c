#include "smarty/ops.h"

#include <math.h>

/* {for}, {section} and {while}. */

/* Counts a turn; NULL when that was one too many. */
static const struct op *count_turn(struct vm *vm, const struct op *op)
{
    if (vm->steps_left == 0) {
        return vm_fail_limit(vm, op, LIMIT_STEPS, STEPS_SPENT);
    }
    vm->steps_left--;
    return op + 1;
}

const struct op *op_turn(struct vm *vm, const struct op *op)
{
    return count_turn(vm, op);
}

static struct loop *enter(struct vm *vm, const struct op *op, enum loop_kind kind)
{
    const struct foreach *foreach = &vm->program->foreachs[op->b];
    struct loop *loop = arena_zero(vm->call.arena, 1, sizeof *loop);
    if (loop) {
        loop->kind = kind;
        loop->asked[0] = foreach->asked[0];
        vm->depths[foreach->depth] = loop;
        vm->loops[foreach->item_loop] = loop;
    }
    return loop;
}

/* The operands from a on, c of them, are there. */
static bool lacks_operand(struct vm *vm, const struct op *op)
{
    bool lacks = false;
    for (int32_t i = 0; i < op->c; i++) {
        lacks = vm_lacks(vm, op, &vm->frame[op->a + i]) || lacks;
    }
    return lacks;
}

static const struct op *go_to(struct vm *vm, int32_t target, bool pending)
{
    vm->pending = vm->pending || pending;
    return target == JUMP_NOWHERE ? NULL : &vm->program->ops[target];
}

/* How many turns: the distance between both ends by the step, rounded up. */
static bool count_turns(const struct value *values, int32_t count, struct loop *loop,
                        const char **problem)
{
    static const struct value one = {.type = VALUE_INT, .integer = 1};
    struct value step;
    struct value distance;
    struct value quotient;
    bool up;
    if (!value_to_number(&values[2], &step)) {
        *problem = "the step is no number";
        return false;
    }
    up = value_to_float(&step) > 0;
    struct value size = step;
    if (!up && !value_compute(OPERATION_SUBTRACT, &(struct value){.type = VALUE_INT}, &step,
                              &size, problem)) {
        return false;
    }
    if (!value_compute(OPERATION_SUBTRACT, &values[up ? 1 : 0], &values[up ? 0 : 1],
                       &distance, problem) ||
        !value_compute(OPERATION_ADD, &distance, &one, &distance, problem) ||
        !value_compute(OPERATION_DIVIDE, &distance, &size, &quotient, problem)) {
        return false;
    }
    double total = ceil(value_to_float(&quotient));
    if (count > 3) {
        total = fmin(total, value_to_float(&values[3]));
    }
    loop->total = total < -9e18 ? INT64_MIN : total > 9e18 ? INT64_MAX : (int64_t)total;
    loop->step = step;
    return true;
}

const struct op *op_for(struct vm *vm, const struct op *op)
{
    const struct foreach *foreach = &vm->program->foreachs[op->b];
    const struct value *values = &vm->frame[op->a];
    const char *problem;
    if (lacks_operand(vm, op)) {
        return go_to(vm, foreach->pending, true);
    }
    struct loop *loop = enter(vm, op, LOOP_COUNT);
    if (!loop) {
        return vm_fail_memory(vm, op);
    }
    if (!count_turns(values, op->c, loop, &problem)) {
        return vm_fail(vm, op, "cannot count with {for}: %s", problem);
    }
    vm->frame[foreach->item] = value_null();
    if (loop->total <= 0) {
        return go_to(vm, foreach->otherwise, false);
    }
    loop->iteration = 1;
    value_share(values);
    vm->frame[foreach->item] = *values;
    return op + 1;
}

/* A loop inside over the same item took the place of this one, as in the reference: its
 * turns count on, and what counts no turns ends this loop, too. */
const struct op *op_for_next(struct vm *vm, const struct op *op)
{
    const struct foreach *foreach = &vm->program->foreachs[op->b];
    struct loop *loop = vm->loops[foreach->item_loop];
    struct value *item = &vm->frame[foreach->item];
    const char *problem;
    if (!count_turn(vm, op)) {
        return NULL;
    }
    if (!loop || loop->kind != LOOP_COUNT) {
        return op + 1;
    }
    if (item->type == VALUE_PENDING) {
        vm->pending = true;
        return NULL;
    }
    if (!value_compute(OPERATION_ADD, item, &loop->step, item, &problem)) {
        return vm_fail(vm, op, "cannot count with {for}: %s", problem);
    }
    loop->iteration++;
    return loop->iteration <= loop->total ? go_to(vm, foreach->body, false) : op + 1;
}

/* ---- section ---- */

enum { SECTION_LOOP, SECTION_START, SECTION_STEP, SECTION_MAX, SECTION_SHOW };

/* An attribute that is not there is `false`, which means nothing as any of them; null is
 * one that is there. */
static bool is_absent(const struct value *value)
{
    return value->type == VALUE_BOOL && !value->truth;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Where it begins: a negative start counts from the end. */
static int64_t section_start(const struct value *start, int64_t step, int64_t size)
{
    if (is_absent(start)) {
        return step > 0 ? 0 : size - 1;
    }
    int64_t place = value_to_int(start);
    if (place < 0) {
        return most(step > 0 ? 0 : -1, place + size);
    }
    return least(place, step > 0 ? size : size - 1);
}

/* How many turns; `rounded` when that is no integer in the reference. */
static int64_t section_total(const struct value *values, const struct loop *loop,
                             int32_t counting, bool *rounded)
{
    bool plain = is_absent(&values[SECTION_START]) && is_absent(&values[SECTION_STEP]) &&
                 is_absent(&values[SECTION_MAX]);
    int64_t step = loop->step.integer;
    int64_t by = step > 0 ? step : -step;
    int64_t span = step > 0 ? loop->size - loop->place : loop->place + 1;
    int64_t limit =
        is_absent(&values[SECTION_MAX]) ? -1 : value_to_int(&values[SECTION_MAX]);
    *rounded = false;
    if (plain) {
        return loop->size;
    }
    int64_t total = span > 0 ? span / by + (span % by != 0) : 0;
    limit = limit < 0 ? loop->size : limit;
    *rounded = counting != SECTION_INTEGER && total <= limit;
    return least(total, limit);
}

static void set_section(const struct value *values, int32_t counting, struct loop *loop)
{
    const struct value *list = &values[SECTION_LOOP];
    const struct value *show = &values[SECTION_SHOW];
    int64_t step =
        is_absent(&values[SECTION_STEP]) ? 1 : value_to_int(&values[SECTION_STEP]);
    bool rounded;
    enum { STEP_MOST = INT32_MAX };
    step = step == 0 ? 1 : most(-STEP_MOST, least(step, STEP_MOST));
    /* A number below zero that stands in the template is shown without a turn. */
    int64_t least_size = counting == SECTION_KNOWN ? INT32_MIN : 0;
    loop->size = list->type == VALUE_ARRAY
                     ? list->array->count
                     : most(least_size, least(value_to_int(list), INT32_MAX));
    loop->step = value_int(step);
    loop->place = section_start(&values[SECTION_START], step, loop->size);
    loop->total = section_total(values, loop, counting, &rounded);
    loop->is_float = rounded && counting == SECTION_FLOAT;
    loop->shown = value_truth(show) && (loop->total != 0 || rounded);
}

const struct op *op_section(struct vm *vm, const struct op *op)
{
    const struct foreach *foreach = &vm->program->foreachs[op->b];
    if (lacks_operand(vm, op)) {
        return go_to(vm, foreach->pending, true);
    }
    struct loop *loop = enter(vm, op, LOOP_SECTION);
    if (!loop) {
        return vm_fail_memory(vm, op);
    }
    set_section(&vm->frame[op->a], op->d, loop);
    if (!loop->shown) {
        return go_to(vm, foreach->otherwise, false);
    }
    loop->iteration = 1;
    return loop->total > 0 ? op + 1 : go_to(vm, foreach->over, false);
}

const struct op *op_section_next(struct vm *vm, const struct op *op)
{
    const struct foreach *foreach = &vm->program->foreachs[op->b];
    struct loop *loop = vm->depths[foreach->depth];
    vm->loops[foreach->item_loop] = loop;
    if (!count_turn(vm, op)) {
        return NULL;
    }
    loop->place += loop->step.integer;
    loop->iteration++;
    return loop->iteration <= loop->total ? go_to(vm, foreach->body, false) : op + 1;
}

const struct op *op_forget_loop(struct vm *vm, const struct op *op)
{
    vm->loops[op->b] = NULL;
    return op + 1;
}
