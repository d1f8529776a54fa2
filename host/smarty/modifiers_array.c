#include "smarty/modifiers.h"

#include <math.h>

/* With those of arrays inside arrays. */
static int64_t count_all(const struct array *array, struct effort *effort)
{
    int64_t sum = array->count;
    if (!effort_spend(effort, array->count) || !effort_enter(effort)) {
        return 0;
    }
    for (uint32_t i = 0; i < array->count; i++) {
        const struct value *value = array_value_at(array, i);
        sum += value->type == VALUE_ARRAY ? count_all(value->array, effort) : 0;
    }
    effort_leave(effort);
    return sum;
}

/* count:mode=0 */
static bool run_count(struct modifier_call *call, const struct value *arguments,
                      uint32_t count, struct value *result)
{
    bool nested = modifier_int(arguments, count, 1, 0) == 1;
    int64_t sum = value_is_nothing(&arguments[0]) ? 0 : 1;
    if (arguments[0].type == VALUE_ARRAY) {
        const struct array *array = arguments[0].array;
        sum = nested ? count_all(array, &call->effort) : array->count;
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

/* The elements as texts, with the separator between them. */
static bool join(struct modifier_call *call, const struct value *list, struct str separator,
                 struct value *result)
{
    const struct array *array = list->array;
    (void)effort_spend(&call->effort, array->count);
    for (uint32_t i = 0; i < array->count; i++) {
        struct number_text part;
        text_add(call->scratch, i > 0 ? separator : STR_OF(""));
        text_add(call->scratch, value_to_str(array_value_at(array, i), &part));
    }
    return modifier_text(call, result);
}

/* implode(separator, list), implode(list), and list|join:separator. */
static bool run_implode(struct modifier_call *call, const struct value *arguments,
                        uint32_t count, struct value *result)
{
    struct number_text room;
    bool list_first = arguments[0].type == VALUE_ARRAY;
    const struct value *list = &arguments[list_first ? 0 : count - 1];
    if (list->type != VALUE_ARRAY) {
        return modifier_fail(call, "implode takes an array");
    }
    struct str separator = list_first ? modifier_str(arguments, count, 1, "", &room)
                                      : value_to_str(&arguments[0], &room);
    return join(call, list, separator, result);
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
        found = strict ? value_identical(&arguments[0], value, &call->effort)
                       : value_equal(&arguments[0], value, &call->effort);
    }
    *result = value_bool(found);
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
    return good || modifier_memory(call);
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
    struct span span = modifier_span(array->count, modifier_int(arguments, count, 1, 0),
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
    return good || modifier_memory(call);
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
    bool limited = count > 2 && !value_is_nothing(&arguments[2]);
    int64_t limit = limited ? value_to_int(&arguments[2]) : INT64_MAX;
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
    return good || modifier_memory(call);
}

/* text|split:separator:limit */
static bool run_split(struct modifier_call *call, const struct value *arguments,
                      uint32_t count, struct value *result)
{
    const struct value turned[] = {arguments[1], arguments[0],
                                   count > 2 ? arguments[2] : value_null()};
    return run_explode(call, turned, 3, result);
}

/* ---- range ---- */

enum { RANGE_MOST = 100000 };

enum range_kind { RANGE_INTS, RANGE_FLOATS, RANGE_LETTERS };

/* As PHP 8.2: two texts that are no numbers are a range of letters. */
static enum range_kind range_kind(const struct value *from, const struct value *to,
                                  bool float_step)
{
    struct value first = value_null();
    struct value last = value_null();
    if (from->type != VALUE_TEXT || to->type != VALUE_TEXT || !from->len || !to->len) {
        bool floats = from->type == VALUE_FLOAT || to->type == VALUE_FLOAT || float_step;
        return floats ? RANGE_FLOATS : RANGE_INTS;
    }
    bool number = text_to_number(value_str(from), &first) == NUMERIC_WHOLE;
    bool other = text_to_number(value_str(to), &last) == NUMERIC_WHOLE;
    if (float_step || (number && first.type == VALUE_FLOAT) ||
        (other && last.type == VALUE_FLOAT)) {
        return RANGE_FLOATS;
    }
    return number || other ? RANGE_INTS : RANGE_LETTERS;
}

/* The array for so many elements; NULL when these are too many or the step is none. */
static struct array *make_range(struct modifier_call *call, bool good_step, double count)
{
    struct array *range = NULL;
    if (!good_step) {
        (void)modifier_fail(call, "range() with a step of 0 or beyond its end");
    } else if (!(count <= RANGE_MOST)) {
        (void)modifier_fail(call, "range() of more than %d elements", RANGE_MOST);
    } else {
        range = array_make(call->arena, (uint32_t)count);
        (void)(range || modifier_memory(call));
    }
    return range;
}

static bool range_of_floats(struct modifier_call *call, double from, double to, double step,
                            struct value *result)
{
    double distance = fabs(to - from);
    double by = from <= to ? step : -step;
    double count = distance > 0 ? floor(distance / step + 1.5) : 1;
    bool good_step = !(distance > 0) || (step > 0 && step <= distance);
    struct array *range = make_range(call, good_step, count);
    for (uint32_t i = 0; range && i < (uint32_t)count; i++) {
        struct value element = value_float(from + i * by);
        if (fabs(element.real - from) <= distance &&
            !array_append(call->arena, range, &element)) {
            return modifier_memory(call);
        }
    }
    *result = value_array(range);
    return range != NULL;
}

static bool range_of_ints(struct modifier_call *call, int64_t from, int64_t to, double step,
                          struct value *result)
{
    uint64_t span =
        from <= to ? (uint64_t)to - (uint64_t)from : (uint64_t)from - (uint64_t)to;
    uint64_t by = step < 9e18 ? (uint64_t)step : UINT64_MAX;
    bool good_step = by > 0 && (by <= span || span == 0);
    uint64_t last = good_step ? span / by : 0;
    struct array *range = make_range(call, good_step, (double)last + 1);
    for (uint64_t i = 0; range && i <= last; i++) {
        int64_t offset = (int64_t)(i * by);
        struct value element = value_int(from <= to ? from + offset : from - offset);
        if (!array_append(call->arena, range, &element)) {
            return modifier_memory(call);
        }
    }
    *result = value_array(range);
    return range != NULL;
}

/* Letters are the numbers of their bytes on the way. */
static bool range_of_letters(struct modifier_call *call, const struct value *ends,
                             double step, struct value *result)
{
    if (!range_of_ints(call, (unsigned char)ends[0].text[0], (unsigned char)ends[1].text[0],
                       step, result)) {
        return false;
    }
    for (uint32_t i = 0; i < result->array->count; i++) {
        struct value *element = &result->array->list[i];
        char letter = (char)element->integer;
        if (!modifier_copy(call, (struct str){&letter, 1}, element)) {
            return false;
        }
    }
    return true;
}

/* range(from, to, step) */
static bool run_range(struct modifier_call *call, const struct value *arguments,
                      uint32_t count, struct value *result)
{
    struct value by = value_int(1);
    if (count > 2 && !value_to_number(&arguments[2], &by)) {
        return modifier_fail(call, "the step of range() is a number");
    }
    double step = fabs(value_to_float(&by));
    switch (range_kind(&arguments[0], &arguments[1], by.type == VALUE_FLOAT)) {
    case RANGE_LETTERS:
        return range_of_letters(call, arguments, step, result);
    case RANGE_FLOATS:
        return range_of_floats(call, value_to_float(&arguments[0]),
                               value_to_float(&arguments[1]), step, result);
    default:
        return range_of_ints(call, value_to_int(&arguments[0]), value_to_int(&arguments[1]),
                             step, result);
    }
}

/* list|range:count and list|range:start:end: as the mailing platform has it. */
static bool run_slice(struct modifier_call *call, const struct value *arguments,
                      uint32_t count, struct value *result)
{
    int64_t from = count > 2 ? value_to_int(&arguments[1]) : 0;
    int64_t to = value_to_int(&arguments[count - 1]);
    const struct value slice[] = {arguments[0], value_int(from),
                                  value_int(to > from ? to - from : 0)};
    if (value_is_nothing(&arguments[0])) {
        *result = arguments[0];
        return true;
    }
    return run_array_slice(call, slice, 3, result);
}

static const struct function functions[] = {
    FUNCTION_RUN("array_reverse", 1, 2, AS_BOTH, NULL, run_array_reverse),
    FUNCTION_RUN("array_slice", 2, 4, AS_BOTH, NULL, run_array_slice),
    FUNCTION_RUN("count", 1, 2, AS_MODIFIER | REFINES(REFINE_COUNT), NULL, run_count),
    FUNCTION_RUN("count", 1, 2, AS_FUNCTION | REFINES(REFINE_COUNT), NULL,
                 run_count_function),
    FUNCTION_RUN("explode", 2, 3, AS_BOTH, "tti", run_explode),
    FUNCTION_RUN("implode", 1, 2, AS_BOTH, NULL, run_implode),
    FUNCTION_RUN("in_array", 2, 3, AS_BOTH, NULL, run_in_array),
    FUNCTION_RUN("join", 1, 2, AS_BOTH, NULL, run_implode),
    FUNCTION_RUN("range", 2, 3, AS_FUNCTION, NULL, run_range),
    FUNCTION_RUN("range", 2, 3, AS_MODIFIER, NULL, run_slice),
    FUNCTION_RUN("sizeof", 1, 2, AS_BOTH | REFINES(REFINE_COUNT), NULL, run_count_function),
    FUNCTION_RUN("split", 2, 3, AS_MODIFIER, "tti", run_split),
};

const struct family family_array = {functions, sizeof functions / sizeof *functions};
