#include "smarty/ops.h"

#include "base/path.h"
#include "smarty/property.h"

const struct op *op_end(struct vm *vm, const struct op *op)
{
    (void)op;
    vm->done = true;
    return NULL;
}

const struct op *op_move(struct vm *vm, const struct op *op)
{
    vm->frame[op->a] = vm->frame[op->b];
    return op + 1;
}

/* ---- members ---- */

/* Where PHP looks in a text: `1`, `null` and "1x" are places, `1.5` too, "1.5" and "x" are
 * none. isset() is stricter: "1x" is none. */
static bool read_offset(const struct value *index, bool strict, int64_t *offset)
{
    struct value number = *index;
    if (index->type > VALUE_TEXT) {
        return false;
    }
    if (index->type == VALUE_TEXT) {
        enum numeric numeric = text_to_number(value_str(index), &number);
        if (numeric == NUMERIC_NOT || number.type != VALUE_INT ||
            (strict && numeric == NUMERIC_LEADING)) {
            return false;
        }
    }
    *offset = value_to_int(&number);
    return true;
}

/* A byte of a text; "" beyond its ends, and nothing for what isset() asks about and for
 * what is no place in a text. */
static struct value byte_at(const struct value *text, const struct value *index, bool asked)
{
    int64_t at;
    if (!read_offset(index, asked, &at)) {
        return value_null();
    }
    at += at < 0 ? text->len : 0;
    if (at < 0 || at >= text->len) {
        return asked ? value_null() : value_text(STR_OF(""));
    }
    return value_text((struct str){text->text + at, 1});
}

/* The member `key` of a value that is neither array nor text. */
static const struct op *other_member(struct vm *vm, const struct op *op,
                                     const struct value *object, const struct key *key)
{
    struct value result = value_null();
    if (object->type == VALUE_LAZY) {
        if (!object->lazy->type->member(object->lazy, key, vm->call.arena, &result,
                                        vm->call.error)) {
            return vm_fail_call(vm, op);
        }
        vm->pending = vm->pending || result.type == VALUE_PENDING;
    } else if (object->type == VALUE_PENDING) {
        result = value_pending();
    }
    vm->frame[op->a] = result;
    return op + 1;
}

static const struct op *member(struct vm *vm, const struct op *op,
                               const struct value *object, const struct key *key)
{
    if (object->type != VALUE_ARRAY) {
        return other_member(vm, op, object, key);
    }
    const struct value *found = array_get(object->array, key);
    vm->frame[op->a] = found ? *found : value_null();
    return op + 1;
}

const struct op *op_member(struct vm *vm, const struct op *op)
{
    const struct value *object = &vm->frame[op->b];
    const struct key *key = &vm->program->keys[op->c];
    if (object->type == VALUE_TEXT) {
        struct value index = key_value(key);
        vm->frame[op->a] = byte_at(object, &index, op->d);
        return op + 1;
    }
    return member(vm, op, object, key);
}

/* A key as it is printed: 1.5 is "1.5", true "1", false and null are "". */
static bool key_from_print(const struct value *value, struct number_text *room,
                           struct key *key)
{
    const struct value *plain = value_plain(value);
    *key =
        key_from_text(plain->type < VALUE_ARRAY ? value_to_str(plain, room) : STR_OF(""));
    return plain->type < VALUE_ARRAY;
}

static bool read_key(const struct value *object, const struct value *index,
                     struct number_text *room, struct key *key)
{
    return object->type == VALUE_LAZY && object->lazy->type->has_text_keys
               ? key_from_print(index, room, key)
               : key_from_value(index, key);
}

const struct op *op_index(struct vm *vm, const struct op *op)
{
    const struct value *object = &vm->frame[op->b];
    struct value *index = &vm->frame[op->c];
    struct number_text room;
    struct key key;
    if (vm_lacks(vm, op, index) || object->type == VALUE_PENDING) {
        vm->frame[op->a] = value_pending();
        return op + 1;
    }
    vm_spend(vm, index);
    if (object->type == VALUE_TEXT) {
        vm->frame[op->a] = byte_at(object, index, op->d);
        return vm_go_on(vm, op);
    }
    if (!read_key(object, index, &room, &key)) {
        vm->frame[op->a] = value_null();
        return op + 1;
    }
    return member(vm, op, object, &key) ? vm_go_on(vm, op) : NULL;
}

/* ---- operators ---- */

/* Both are asked for, so that one pass finds all that is missing. */
static bool lacks_any(struct vm *vm, const struct op *op, int32_t a, int32_t b)
{
    bool lacks = vm_lacks(vm, op, &vm->frame[a]);
    return vm_lacks(vm, op, &vm->frame[b]) || lacks;
}

/* Two texts, bit by bit: as long as the shorter one. */
static const struct op *compute_texts(struct vm *vm, const struct op *op, struct str left,
                                      struct str right)
{
    size_t len = left.len < right.len ? left.len : right.len;
    char *bytes = arena_alloc(vm->call.arena, len);
    if (!bytes) {
        return vm_fail_memory(vm, op);
    }
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (char)(op->d == OPERATION_BIT_AND ? left.ptr[i] & right.ptr[i]
                                                     : left.ptr[i] ^ right.ptr[i]);
    }
    vm->frame[op->a] = value_text((struct str){bytes, len});
    return op + 1;
}

static bool is_bitwise(int32_t operation)
{
    return operation == OPERATION_BIT_AND || operation == OPERATION_BIT_XOR;
}

const struct op *op_compute(struct vm *vm, const struct op *op)
{
    static const char *const signs[OPERATION_COUNT] = {"+",  "-",  "*",  "/", "%",
                                                       "**", "<<", ">>", "&", "^"};
    const struct value *left = &vm->frame[op->b];
    const struct value *right = &vm->frame[op->c];
    const char *problem;
    struct value result = value_pending();
    bool lacks = lacks_any(vm, op, op->b, op->c);
    vm_spend(vm, left);
    vm_spend(vm, right);
    if (is_bitwise(op->d) && left->type == VALUE_TEXT && right->type == VALUE_TEXT) {
        return compute_texts(vm, op, value_str(left), value_str(right));
    }
    if (!lacks && !value_compute((enum operation)op->d, left, right, &result, &problem)) {
        return vm_fail(vm, op, "cannot compute with %s: %s", signs[op->d], problem);
    }
    vm->frame[op->a] = result;
    return vm_go_on(vm, op);
}

const struct op *op_compare(struct vm *vm, const struct op *op)
{
    const struct value *left = &vm->frame[op->b];
    const struct value *right = &vm->frame[op->c];
    vm->frame[op->a] = lacks_any(vm, op, op->b, op->c)
                           ? value_pending()
                           : value_bool(value_holds((enum comparison)op->d, left, right,
                                                    &vm->call.effort));
    return vm_go_on(vm, op);
}

/* b in c: equal to an element; a scalar is a list of one, null an empty one. */
static bool is_in(const struct value *value, const struct value *list,
                  struct effort *effort)
{
    if (list->type != VALUE_ARRAY) {
        return !value_is_nothing(list) && value_equal(value, list, effort);
    }
    for (uint32_t i = 0; i < list->array->count; i++) {
        if (value_equal(value, array_value_at(list->array, i), effort)) {
            return true;
        }
    }
    return false;
}

/* even, odd [by n], div by n: the lowest bit of the number or of its quotient; the rest. */
static bool compute_rest(enum test test, bool by, const struct value *number,
                         const struct value *divisor, struct value *rest,
                         const char **problem)
{
    static const struct value one = {.type = VALUE_INT, .integer = 1};
    struct value quotient = *number;
    if (test == TEST_DIVISIBLE) {
        return value_compute(OPERATION_MODULO, number, divisor, rest, problem);
    }
    return (!by || value_compute(OPERATION_DIVIDE, number, divisor, &quotient, problem)) &&
           value_compute(OPERATION_BIT_AND, &one, &quotient, rest, problem);
}

/* As in Smarty, what asks for a rest gives that number: `5 is odd` is 1, `4 is odd` is 0,
 * `10 is not div by 4` is 2. What asks for none gives a boolean. */
const struct op *op_test(struct vm *vm, const struct op *op)
{
    const struct value *value = &vm->frame[op->b];
    const struct value *other = &vm->frame[op->c];
    enum test test = (enum test)(op->d & (TEST_BY - 1));
    bool negated = op->d & TEST_NOT;
    const char *problem;
    struct value rest;
    if (lacks_any(vm, op, op->b, op->c)) {
        vm->frame[op->a] = value_pending();
    } else if (test == TEST_IN) {
        vm->frame[op->a] = value_bool(is_in(value, other, &vm->call.effort) != negated);
    } else if (!compute_rest(test, op->d & TEST_BY, value, other, &rest, &problem)) {
        return vm_fail(vm, op, "cannot compute with 'is': %s", problem);
    } else {
        bool wants_rest = (test == TEST_ODD) != negated;
        vm->frame[op->a] = wants_rest ? rest : value_bool(!value_truth(&rest));
    }
    return vm_go_on(vm, op);
}

const struct op *op_not(struct vm *vm, const struct op *op)
{
    struct value *value = &vm->frame[op->b];
    vm->frame[op->a] =
        vm_lacks(vm, op, value) ? value_pending() : value_bool(!value_truth(value));
    return op + 1;
}

const struct op *op_truth(struct vm *vm, const struct op *op)
{
    struct value *value = &vm->frame[op->b];
    vm->frame[op->a] =
        vm_lacks(vm, op, value) ? value_pending() : value_bool(value_truth(value));
    return op + 1;
}

const struct op *op_xor(struct vm *vm, const struct op *op)
{
    const struct value *left = &vm->frame[op->b];
    const struct value *right = &vm->frame[op->c];
    vm->frame[op->a] = lacks_any(vm, op, op->b, op->c)
                           ? value_pending()
                           : value_bool(value_truth(left) != value_truth(right));
    return op + 1;
}

/* ---- making values ---- */

static bool to_array(struct vm *vm, const struct value *value, struct value *result)
{
    if (value->type == VALUE_ARRAY) {
        *result = *value;
        return true;
    }
    struct array *array = array_make(vm->call.arena, 1);
    *result = value_array(array);
    return array && (value_is_nothing(value) || array_append(vm->call.arena, array, value));
}

static bool to_text(struct vm *vm, const struct value *value, struct value *result)
{
    struct number_text room;
    struct str text = value_to_str(value, &room);
    bool is_lent = value->type == VALUE_INT || value->type == VALUE_FLOAT ||
                   value->type == VALUE_ARRAY;
    struct str copy = is_lent ? arena_copy(vm->call.arena, text) : text;
    *result = value_text(copy);
    return copy.ptr != NULL;
}

const struct op *op_cast(struct vm *vm, const struct op *op)
{
    struct value *value = &vm->frame[op->b];
    struct value result = value_pending();
    bool good = true;
    if (vm_lacks(vm, op, value)) {
        vm->frame[op->a] = result;
        return op + 1;
    }
    switch ((enum cast)op->c) {
    case CAST_INT:
        result = value_int(value_to_int(value));
        break;
    case CAST_FLOAT:
        result = value_float(value_to_float(value));
        break;
    case CAST_BOOL:
        result = value_bool(value_truth(value));
        break;
    case CAST_TEXT:
        good = to_text(vm, value, &result);
        break;
    default:
        good = to_array(vm, value, &result);
    }
    vm->frame[op->a] = result;
    return good ? op + 1 : vm_fail_memory(vm, op);
}

const struct op *op_concat(struct vm *vm, const struct op *op)
{
    struct text *scratch = vm->call.scratch;
    bool pending = false;
    text_clear(scratch);
    for (int32_t i = 0; i < op->c; i++) {
        struct value *part = &vm->frame[op->b + i];
        struct number_text room;
        pending = vm_lacks(vm, op, part) || pending;
        text_add(scratch, value_to_str(part, &room));
    }
    struct value result = value_pending();
    if (!pending && !modifier_text(&vm->call, &result)) {
        return vm_fail_call(vm, op);
    }
    vm->frame[op->a] = result;
    return op + 1;
}

const struct op *op_array(struct vm *vm, const struct op *op)
{
    struct array *array = array_make(vm->call.arena, 0);
    vm->frame[op->a] = value_array(array);
    if (!array) {
        return vm_fail_memory(vm, op);
    }
    array->next = op->b ? KEY_ANY : 0;
    return op + 1;
}

/* An array with a pending element is pending: functions never meet one inside. */
const struct op *op_element(struct vm *vm, const struct op *op)
{
    struct value *array = &vm->frame[op->a];
    struct value *value = &vm->frame[op->b];
    struct value *index = &vm->frame[op->c];
    bool keyed = op->c != op->a;
    struct key key;
    bool lacks = vm_lacks(vm, op, value);
    if ((keyed && vm_lacks(vm, op, index)) || lacks || array->type == VALUE_PENDING) {
        *array = value_pending();
        return op + 1;
    }
    if (keyed && !key_from_value(index, &key)) {
        return vm_fail(vm, op, "an array cannot be a key");
    }
    if (keyed) {
        vm_spend(vm, index);
    }
    bool good = keyed ? array_set(vm->call.arena, array->array, &key, value)
                      : array_append(vm->call.arena, array->array, value);
    return good ? vm_go_on(vm, op) : vm_fail_memory(vm, op);
}

/* Arguments are there and not lazy, from number `first` on. */
static bool lacks_argument(struct vm *vm, const struct op *op, struct value *arguments,
                           uint32_t count, uint32_t first)
{
    bool lacks = false;
    for (uint32_t i = first; i < count; i++) {
        lacks = vm_lacks(vm, op, &arguments[i]) || lacks;
        if (arguments[i].type == VALUE_LAZY) {
            arguments[i] = value_null();
        }
    }
    return lacks;
}

/* A demand on a list that is not here: the list takes it along to where it comes from. */
static bool refines(const struct function *function, const struct value *list)
{
    return use_refines(function->use) != REFINE_NONE && list->type == VALUE_LAZY &&
           list->lazy->type->refine;
}

static bool refine_lazy(struct vm *vm, const struct function *function,
                        const struct value *arguments, uint32_t count, struct value *result)
{
    struct refinement refinement;
    const struct lazy *list = arguments[0].lazy;
    return refinement_read(use_refines(function->use), arguments + 1, count - 1,
                           &refinement, vm->call.error) &&
           list->type->refine(list, &refinement, vm->call.arena, result, vm->call.error);
}

static void spend_arguments(struct vm *vm, const struct value *arguments, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        vm_spend(vm, &arguments[i]);
    }
}

const struct op *op_call(struct vm *vm, const struct op *op)
{
    const struct function *function = vm->program->functions[op->d];
    struct value *arguments = &vm->frame[op->b];
    uint32_t count = (uint32_t)op->c;
    bool remote = refines(function, arguments);
    struct value result = value_pending();
    if (!lacks_argument(vm, op, arguments, count, remote ? 1 : 0)) {
        spend_arguments(vm, arguments, count);
        text_clear(vm->call.scratch);
        bool good = remote ? refine_lazy(vm, function, arguments, count, &result)
                           : function_call(function, &vm->call, arguments, count, &result);
        if (!good) {
            return vm_fail_call(vm, op);
        }
    }
    vm->pending = vm->pending || result.type == VALUE_PENDING;
    vm->frame[op->a] = result;
    return vm_go_on(vm, op);
}

/* ---- $smarty ---- */

const struct op *op_now(struct vm *vm, const struct op *op)
{
    vm->frame[op->a] = value_int(vm->call.now_s);
    return op + 1;
}

const struct op *op_template(struct vm *vm, const struct op *op)
{
    vm->frame[op->a] = value_text(path_name(str_from(vm->program->name)));
    return op + 1;
}

/* As they are now. */
static const struct op *all_captured(struct vm *vm, const struct op *op)
{
    const struct array *captured = vm->render->captured;
    struct array *copy =
        captured ? array_copy(vm->call.arena, captured) : array_make(vm->call.arena, 0);
    if (!copy) {
        return vm_fail_memory(vm, op);
    }
    vm->frame[op->a] = value_array(copy);
    return op + 1;
}

const struct op *op_captured_named(struct vm *vm, const struct op *op)
{
    struct value *name = &vm->frame[op->b];
    const struct value *found = NULL;
    struct key key;
    if (op->c) {
        return all_captured(vm, op);
    }
    bool lacks = vm_lacks(vm, op, name);
    if (vm->render->captured && key_from_value(name, &key)) {
        found = array_get(vm->render->captured, &key);
    }
    vm->frame[op->a] = lacks ? value_pending() : found ? *found : value_null();
    return op + 1;
}

const struct op *op_property(struct vm *vm, const struct op *op)
{
    const struct loop *loop = vm->loops[op->b];
    vm->frame[op->a] =
        loop ? property_value((enum property)op->c, loop, op->d) : value_null();
    return op + 1;
}
