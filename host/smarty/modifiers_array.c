#include "smarty/modifiers.h"

static bool fail_memory(struct modifier_call *call)
{
    return modifier_fail(call, "rendering takes more than %zu MiB of memory",
                         call->arena->most >> 20);
}

static int64_t count_elements(const struct array *array, bool nested)
{
    int64_t sum = array->count;
    for (uint32_t i = 0; nested && i < array->count; i++) {
        const struct value *value = array_value_at(array, i);
        sum += value->type == VALUE_ARRAY ? count_elements(value->array, true) : 0;
    }
    return sum;
}

/* count:mode=0 */
static bool run_count(struct modifier_call *call, const struct value *arguments,
                      uint32_t count, struct value *result)
{
    (void)call;
    bool nested = modifier_int(arguments, count, 1, 0) == 1;
    int64_t sum = value_is_nothing(&arguments[0]) ? 0 : 1;
    if (arguments[0].type == VALUE_ARRAY) {
        sum = count_elements(arguments[0].array, nested);
    }
    *result = value_int(sum);
    return true;
}

/* count(): as the modifier, but only of arrays. What is not there has no elements, too. */
static bool run_count_function(struct modifier_call *call, const struct value *arguments,
                               uint32_t count, struct value *result)
{
    if (arguments[0].type != VALUE_ARRAY && arguments[0].type != VALUE_UNDEFINED &&
        arguments[0].type != VALUE_NULL) {
        return modifier_fail(call, "count() takes an array");
    }
    return run_count(call, arguments, count, result);
}

/* join:separator="" */
static bool run_join(struct modifier_call *call, const struct value *arguments,
                     uint32_t count, struct value *result)
{
    struct number_text room;
    struct str separator = modifier_str(arguments, count, 1, "", &room);
    if (arguments[0].type != VALUE_ARRAY) {
        return modifier_fail(call, "join takes an array");
    }
    const struct array *array = arguments[0].array;
    for (uint32_t i = 0; i < array->count; i++) {
        struct number_text part;
        text_add(call->scratch, i > 0 ? separator : STR_OF(""));
        text_add(call->scratch, value_to_str(array_value_at(array, i), &part));
    }
    return modifier_text(call, result);
}

static bool run_in_array(struct modifier_call *call, const struct value *arguments,
                         uint32_t count, struct value *result)
{
    bool strict = modifier_bool(arguments, count, 2, false);
    if (arguments[1].type != VALUE_ARRAY) {
        return modifier_fail(call, "in_array takes an array as its second value");
    }
    const struct array *array = arguments[1].array;
    bool found = false;
    for (uint32_t i = 0; i < array->count && !found; i++) {
        const struct value *value = array_value_at(array, i);
        found = strict ? value_identical(&arguments[0], value)
                       : value_equal(&arguments[0], value);
    }
    *result = value_bool(found);
    return true;
}

static bool run_is_array(struct modifier_call *call, const struct value *arguments,
                         uint32_t count, struct value *result)
{
    (void)call;
    (void)count;
    *result = value_bool(arguments[0].type == VALUE_ARRAY);
    return true;
}

static bool run_array_reverse(struct modifier_call *call, const struct value *arguments,
                              uint32_t count, struct value *result)
{
    bool keep_keys = modifier_bool(arguments, count, 1, false);
    if (arguments[0].type != VALUE_ARRAY) {
        return modifier_fail(call, "array_reverse takes an array");
    }
    const struct array *array = arguments[0].array;
    struct array *reversed = array_make(call->arena, array->count);
    bool good = reversed != NULL;
    for (uint32_t i = array->count; good && i > 0; i--) {
        struct key key;
        const struct value *value = array_at(array, i - 1, &key);
        good = key.name || keep_keys ? array_set(call->arena, reversed, &key, value)
                                     : array_append(call->arena, reversed, value);
    }
    *result = value_array(reversed);
    return good || fail_memory(call);
}

/* Elements from `from` to before `to` of a list of `size`: negative numbers count from the
 * end, as in PHP. */
struct span {
    int64_t from, to;
};

static int64_t clamp(int64_t number, int64_t least, int64_t most)
{
    return number < least ? least : number > most ? most : number;
}

static struct span slice_span(int64_t size, int64_t offset, bool has_length, int64_t length)
{
    int64_t from = clamp(offset < 0 ? size + offset : offset, 0, size);
    int64_t to = size;
    if (has_length && length < 0) {
        to = size + clamp(length, -size, 0);
    } else if (has_length) {
        to = from + clamp(length, 0, size - from);
    }
    return (struct span){from, to};
}

/* array_slice(array, offset, length, keep_keys) */
static bool run_array_slice(struct modifier_call *call, const struct value *arguments,
                            uint32_t count, struct value *result)
{
    bool keep_keys = modifier_bool(arguments, count, 3, false);
    if (arguments[0].type != VALUE_ARRAY) {
        return modifier_fail(call, "array_slice takes an array");
    }
    const struct array *array = arguments[0].array;
    bool has_length = count > 2 && !value_is_nothing(&arguments[2]);
    struct span span = slice_span(array->count, modifier_int(arguments, count, 1, 0),
                                  has_length, modifier_int(arguments, count, 2, 0));
    struct array *slice = array_make(call->arena, 0);
    bool good = slice != NULL;
    for (int64_t i = span.from; good && i < span.to; i++) {
        struct key key;
        const struct value *value = array_at(array, (uint32_t)i, &key);
        good = key.name || keep_keys ? array_set(call->arena, slice, &key, value)
                                     : array_append(call->arena, slice, value);
    }
    *result = value_array(slice);
    return good || fail_memory(call);
}

/* explode(separator, text, limit) */
static bool run_explode(struct modifier_call *call, const struct value *arguments,
                        uint32_t count, struct value *result)
{
    struct number_text separator_room;
    struct number_text text_room;
    struct str separator = value_to_str(&arguments[0], &separator_room);
    struct value copy;
    if (separator.len == 0) {
        return modifier_fail(call, "explode needs a separator");
    }
    if (!modifier_copy(call, value_to_str(&arguments[1], &text_room), &copy)) {
        return false;
    }
    int64_t limit = modifier_int(arguments, count, 2, INT64_MAX);
    struct str rest = value_str(&copy);
    struct array *parts = array_make(call->arena, 0);
    bool good = parts != NULL;
    for (bool more = true; good && more;) {
        size_t at = str_find(rest, separator, 0);
        more = at < rest.len && (limit < 0 || parts->count + 1 < limit);
        struct value part = value_text(more ? str_before(rest, at) : rest);
        good = array_append(call->arena, parts, &part);
        rest = str_after(rest, at + separator.len);
    }
    if (good && limit < 0) { /* without the last ones */
        parts->count = -limit < parts->count ? parts->count - (uint32_t)-limit : 0;
    }
    *result = value_array(parts);
    return good || fail_memory(call);
}

/* range(from, to, step) of numbers. */
static bool run_range(struct modifier_call *call, const struct value *arguments,
                      uint32_t count, struct value *result)
{
    enum { RANGE_MOST = 100000 };
    int64_t from = modifier_int(arguments, count, 0, 0);
    int64_t to = modifier_int(arguments, count, 1, 0);
    int64_t step = modifier_int(arguments, count, 2, 1);
    uint64_t by = step < 0 ? 0 - (uint64_t)step : (uint64_t)step;
    uint64_t span =
        from <= to ? (uint64_t)to - (uint64_t)from : (uint64_t)from - (uint64_t)to;
    if (by == 0 || span / by >= RANGE_MOST) {
        return modifier_fail(call, "range() of more than %d numbers, or with step 0",
                             RANGE_MOST);
    }
    struct array *range = array_make(call->arena, (uint32_t)(span / by) + 1);
    bool good = range != NULL;
    for (uint64_t i = 0; good && i <= span / by; i++) {
        int64_t offset = (int64_t)(i * by);
        struct value number = value_int(from <= to ? from + offset : from - offset);
        good = array_append(call->arena, range, &number);
    }
    *result = value_array(range);
    return good || fail_memory(call);
}

static const struct function functions[] = {
    {"array_reverse", 1, 2, AS_BOTH, run_array_reverse},
    {"array_slice", 2, 4, AS_BOTH, run_array_slice},
    {"count", 1, 2, AS_MODIFIER, run_count},
    {"count", 1, 2, AS_FUNCTION, run_count_function},
    {"explode", 2, 3, AS_FUNCTION, run_explode},
    {"in_array", 2, 3, AS_BOTH, run_in_array},
    {"is_array", 1, 1, AS_BOTH, run_is_array},
    {"join", 1, 2, AS_MODIFIER, run_join},
    {"range", 2, 3, AS_FUNCTION, run_range},
};

const struct family family_array = {functions, sizeof functions / sizeof *functions};
