#include "smarty/modifiers.h"

/* PHP's functions that make arrays of arrays. */

/* Adds an entry as array_merge() and others do: names stay, numbers begin anew. */
static bool add_anew(struct arena *arena, struct array *array, const struct key *key,
                     const struct value *value)
{
    return key->name ? array_set(arena, array, key, value)
                     : array_append(arena, array, value);
}

/* The result, or an error when memory was out on the way. */
static bool give(struct modifier_call *call, struct array *array, bool good,
                 struct value *result)
{
    *result = value_array(array);
    return (array && good) || modifier_memory(call);
}

/* array_keys(array), array_keys(array, value, strict=false) */
static bool run_array_keys(struct modifier_call *call, const struct value *arguments,
                           uint32_t count, struct value *result)
{
    const struct array *array = arguments[0].array;
    bool strict = modifier_bool(arguments, count, 2, false);
    struct array *keys = array_make(call->arena, array->count);
    bool good = keys != NULL;
    for (uint32_t i = 0; good && i < array->count; i++) {
        struct key key;
        const struct value *value = array_at(array, i, &key);
        struct value name = key_value(&key);
        if (count < 2 || (strict ? value_identical(value, &arguments[1], &call->effort)
                                 : value_equal(value, &arguments[1], &call->effort))) {
            good = array_append(call->arena, keys, &name);
        }
    }
    return give(call, keys, good, result);
}

static bool run_array_values(struct modifier_call *call, const struct value *arguments,
                             uint32_t count, struct value *result)
{
    const struct array *array = arguments[0].array;
    struct array *values = array_make(call->arena, array->count);
    bool good = values != NULL;
    (void)count;
    for (uint32_t i = 0; good && i < array->count; i++) {
        good = array_append(call->arena, values, array_value_at(array, i));
    }
    return give(call, values, good, result);
}

static bool run_array_merge(struct modifier_call *call, const struct value *arguments,
                            uint32_t count, struct value *result)
{
    struct array *merged = array_make(call->arena, 0);
    bool good = merged != NULL;
    for (uint32_t i = 0; i < count; i++) {
        const struct array *array = arguments[i].array;
        (void)effort_spend(&call->effort, array->count);
        for (uint32_t j = 0; good && j < array->count; j++) {
            struct key key;
            const struct value *value = array_at(array, j, &key);
            good = add_anew(call->arena, merged, &key, value);
        }
    }
    return give(call, merged, good, result);
}

/* The first of each value, by ==, as texts. */
static bool run_array_unique(struct modifier_call *call, const struct value *arguments,
                             uint32_t count, struct value *result)
{
    const struct array *array = arguments[0].array;
    struct array *unique = array_make(call->arena, 0);
    struct array *seen = array_make(call->arena, 0);
    bool good = unique && seen;
    (void)count;
    (void)effort_spend(&call->effort, array->count);
    for (uint32_t i = 0; good && i < array->count; i++) {
        struct number_text room;
        struct key key;
        const struct value *value = array_at(array, i, &key);
        struct value text;
        struct value *place = NULL;
        good = modifier_copy(call, value_to_str(value, &room), &text);
        if (good) {
            struct key name = key_named(value_str(&text));
            place = array_place(call->arena, seen, &name);
        }
        if (place && place->type == VALUE_UNDEFINED) {
            *place = value_bool(true);
            good = array_set(call->arena, unique, &key, value);
        }
        good = good && place;
    }
    return give(call, unique, good, result);
}

/* ---- sums ---- */

static bool combine(struct modifier_call *call, const struct value *arguments,
                    struct value *result, enum operation operation, int64_t start)
{
    const struct array *array = arguments[0].array;
    const char *problem;
    *result = value_int(start);
    (void)effort_spend(&call->effort, array->count);
    for (uint32_t i = 0; i < array->count; i++) {
        const struct value *value = array_value_at(array, i);
        struct value number = value_int(0);
        if (value_plain(value)->type == VALUE_ARRAY) {
            continue;
        }
        (void)value_to_number(value, &number);
        if (!value_compute(operation, result, &number, result, &problem)) {
            return modifier_fail(call, "%s", problem);
        }
    }
    return true;
}

static bool run_array_sum(struct modifier_call *call, const struct value *arguments,
                          uint32_t count, struct value *result)
{
    (void)count;
    return combine(call, arguments, result, OPERATION_ADD, 0);
}

static bool run_array_product(struct modifier_call *call, const struct value *arguments,
                              uint32_t count, struct value *result)
{
    (void)count;
    return combine(call, arguments, result, OPERATION_MULTIPLY, 1);
}

/* ---- looking for something ---- */

static bool run_array_key_exists(struct modifier_call *call, const struct value *arguments,
                                 uint32_t count, struct value *result)
{
    struct key key;
    (void)count;
    if (!key_from_value(&arguments[0], &key)) {
        return modifier_fail(call, "array_key_exists takes a key, and an array");
    }
    *result = value_bool(array_get(arguments[1].array, &key) != NULL);
    return true;
}

/* array_search(value, array, strict=false) */
static bool run_array_search(struct modifier_call *call, const struct value *arguments,
                             uint32_t count, struct value *result)
{
    const struct array *array = arguments[1].array;
    bool strict = modifier_bool(arguments, count, 2, false);
    *result = value_bool(false);
    for (uint32_t i = 0; i < array->count; i++) {
        struct key key;
        const struct value *value = array_at(array, i, &key);
        if (strict ? value_identical(&arguments[0], value, &call->effort)
                   : value_equal(&arguments[0], value, &call->effort)) {
            *result = key_value(&key);
            return true;
        }
    }
    return true;
}

static struct value key_number(const struct array *array, uint32_t i)
{
    struct key key;
    (void)array_at(array, i, &key);
    return key_value(&key);
}

static bool run_array_key_first(struct modifier_call *call, const struct value *arguments,
                                uint32_t count, struct value *result)
{
    const struct array *array = arguments[0].array;
    (void)call;
    (void)count;
    *result = array->count > 0 ? key_number(array, 0) : value_null();
    return true;
}

static bool run_array_key_last(struct modifier_call *call, const struct value *arguments,
                               uint32_t count, struct value *result)
{
    const struct array *array = arguments[0].array;
    (void)call;
    (void)count;
    *result = array->count > 0 ? key_number(array, array->count - 1) : value_null();
    return true;
}

/* ---- other shapes ---- */

static const struct value *member(const struct value *row, const struct value *name)
{
    struct key key;
    return row->type == VALUE_ARRAY && key_from_value(name, &key)
               ? array_get(row->array, &key)
               : NULL;
}

/* array_column(rows, column, index): of each row one member; null is the row itself. */
static bool run_array_column(struct modifier_call *call, const struct value *arguments,
                             uint32_t count, struct value *result)
{
    const struct array *rows = arguments[0].array;
    bool whole = value_is_nothing(&arguments[1]);
    struct array *column = array_make(call->arena, 0);
    bool good = column != NULL;
    for (uint32_t i = 0; good && i < rows->count; i++) {
        const struct value *row = array_value_at(rows, i);
        const struct value *value = whole ? row : member(row, &arguments[1]);
        const struct value *index = count > 2 ? member(row, &arguments[2]) : NULL;
        struct key key;
        if (value && index && key_from_value(index, &key)) {
            good = array_set(call->arena, column, &key, value);
        } else if (value) {
            good = array_append(call->arena, column, value);
        }
    }
    return give(call, column, good, result);
}

static bool run_array_combine(struct modifier_call *call, const struct value *arguments,
                              uint32_t count, struct value *result)
{
    const struct array *keys = arguments[0].array;
    const struct array *values = arguments[1].array;
    struct array *combined = array_make(call->arena, 0);
    bool good = combined != NULL;
    (void)count;
    if (keys->count != values->count) {
        return modifier_fail(call, "array_combine takes as many keys as values");
    }
    for (uint32_t i = 0; good && i < keys->count; i++) {
        struct key key;
        good = !key_from_value(array_value_at(keys, i), &key) ||
               array_set(call->arena, combined, &key, array_value_at(values, i));
    }
    return give(call, combined, good, result);
}

static bool run_array_flip(struct modifier_call *call, const struct value *arguments,
                           uint32_t count, struct value *result)
{
    const struct array *array = arguments[0].array;
    struct array *flipped = array_make(call->arena, 0);
    bool good = flipped != NULL;
    (void)count;
    for (uint32_t i = 0; good && i < array->count; i++) {
        const struct value *value = array_value_at(array, i);
        struct value name = key_number(array, i);
        struct key key;
        if ((value->type == VALUE_INT || value->type == VALUE_TEXT) &&
            key_from_value(value, &key)) {
            good = array_set(call->arena, flipped, &key, &name);
        }
    }
    return give(call, flipped, good, result);
}

enum { FILL_MOST = 100000 };

/* array_fill(from, count, value) */
static bool run_array_fill(struct modifier_call *call, const struct value *arguments,
                           uint32_t count, struct value *result)
{
    struct key key = {.number = value_to_int(&arguments[0])};
    int64_t size = value_to_int(&arguments[1]);
    struct array *filled = array_make(call->arena, 0);
    bool good = filled != NULL;
    (void)count;
    if (size < 0 || size > FILL_MOST) {
        return modifier_fail(call, "array_fill makes 0 to %d elements", FILL_MOST);
    }
    for (int64_t i = 0; good && i < size; i++) {
        good = array_set(call->arena, filled, &key, &arguments[2]);
        key = array_next_key(filled);
    }
    return give(call, filled, good, result);
}

/* array_chunk(array, size, keep_keys=false) */
static bool run_array_chunk(struct modifier_call *call, const struct value *arguments,
                            uint32_t count, struct value *result)
{
    const struct array *array = arguments[0].array;
    int64_t size = value_to_int(&arguments[1]);
    bool keep = modifier_bool(arguments, count, 2, false);
    struct array *chunks = array_make(call->arena, 0);
    struct array *chunk = NULL;
    bool good = chunks != NULL;
    if (size < 1) {
        return modifier_fail(call, "array_chunk takes a size of 1 or more");
    }
    for (uint32_t i = 0; good && i < array->count; i++) {
        struct key key;
        const struct value *value = array_at(array, i, &key);
        if (i % size == 0) {
            chunk = array_make(call->arena, 0);
            struct value part = value_array(chunk);
            good = chunk && array_append(call->arena, chunks, &part);
        }
        good = good && (keep ? array_set(call->arena, chunk, &key, value)
                             : array_append(call->arena, chunk, value));
    }
    return give(call, chunks, good, result);
}

/* array_pad(array, size, value): a negative size pads in front. */
static bool run_array_pad(struct modifier_call *call, const struct value *arguments,
                          uint32_t count, struct value *result)
{
    const struct array *array = arguments[0].array;
    int64_t size = value_to_int(&arguments[1]);
    struct array *padded = array_make(call->arena, 0);
    bool good = padded != NULL;
    (void)count;
    if (size < -FILL_MOST || size > FILL_MOST) {
        return modifier_fail(call, "array_pad makes %d elements at most", FILL_MOST);
    }
    int64_t missing = (size < 0 ? -size : size) - array->count;
    for (int64_t i = 0; good && size < 0 && i < missing; i++) {
        good = array_append(call->arena, padded, &arguments[2]);
    }
    for (uint32_t i = 0; good && i < array->count; i++) {
        struct key key;
        const struct value *value = array_at(array, i, &key);
        good = missing > 0 ? add_anew(call->arena, padded, &key, value)
                           : array_set(call->arena, padded, &key, value);
    }
    for (int64_t i = 0; good && size > 0 && i < missing; i++) {
        good = array_append(call->arena, padded, &arguments[2]);
    }
    return give(call, padded, good, result);
}

/* ---- differences ---- */

/* Is there an element that reads the same? */
static bool has_text(struct modifier_call *call, const struct array *array, struct str text)
{
    for (uint32_t i = 0; i < array->count; i++) {
        struct number_text room;
        if (!effort_spend_text(&call->effort, text.len) ||
            str_eq(value_to_str(array_value_at(array, i), &room), text)) {
            return true;
        }
    }
    return false;
}

/* The elements of the first array that are in each of the others, or in none. */
static bool select(struct modifier_call *call, const struct value *arguments,
                   uint32_t count, struct value *result, bool wanted)
{
    const struct array *array = arguments[0].array;
    struct array *selected = array_make(call->arena, 0);
    bool good = selected != NULL;
    for (uint32_t i = 0; good && i < array->count; i++) {
        struct number_text room;
        struct key key;
        const struct value *value = array_at(array, i, &key);
        struct str text = value_to_str(value, &room);
        bool fits = true;
        for (uint32_t j = 1; j < count && fits; j++) {
            fits = has_text(call, arguments[j].array, text) == wanted;
        }
        good = !fits || array_set(call->arena, selected, &key, value);
    }
    return give(call, selected, good, result);
}

static bool run_array_diff(struct modifier_call *call, const struct value *arguments,
                           uint32_t count, struct value *result)
{
    return select(call, arguments, count, result, false);
}

static bool run_array_intersect(struct modifier_call *call, const struct value *arguments,
                                uint32_t count, struct value *result)
{
    return select(call, arguments, count, result, true);
}

static const struct function functions[] = {
    FUNCTION_RUN("array_chunk", 2, 3, AS_BOTH, "ai.", run_array_chunk),
    FUNCTION_RUN("array_column", 2, 3, AS_BOTH, "a.", run_array_column),
    FUNCTION_RUN("array_combine", 2, 2, AS_BOTH, "a", run_array_combine),
    FUNCTION_RUN("array_diff", 1, ARGUMENTS_MANY, AS_BOTH, "a", run_array_diff),
    FUNCTION_RUN("array_fill", 3, 3, AS_BOTH, "ii.", run_array_fill),
    FUNCTION_RUN("array_flip", 1, 1, AS_BOTH, "a", run_array_flip),
    FUNCTION_RUN("array_intersect", 1, ARGUMENTS_MANY, AS_BOTH, "a", run_array_intersect),
    FUNCTION_RUN("array_key_exists", 2, 2, AS_BOTH, ".a", run_array_key_exists),
    FUNCTION_RUN("array_key_first", 1, 1, AS_BOTH, "a", run_array_key_first),
    FUNCTION_RUN("array_key_last", 1, 1, AS_BOTH, "a", run_array_key_last),
    FUNCTION_RUN("array_keys", 1, 3, AS_BOTH, "a.", run_array_keys),
    FUNCTION_RUN("array_merge", 0, ARGUMENTS_MANY, AS_BOTH, "a", run_array_merge),
    FUNCTION_RUN("array_pad", 3, 3, AS_BOTH, "ai.", run_array_pad),
    FUNCTION_RUN("array_product", 1, 1, AS_BOTH, "a", run_array_product),
    FUNCTION_RUN("array_search", 2, 3, AS_BOTH, ".a.", run_array_search),
    FUNCTION_RUN("array_sum", 1, 1, AS_BOTH, "a", run_array_sum),
    FUNCTION_RUN("array_unique", 1, 2, AS_BOTH, "a.", run_array_unique),
    FUNCTION_RUN("array_values", 1, 1, AS_BOTH, "a", run_array_values),
};

const struct family family_sets = {functions, sizeof functions / sizeof *functions};
