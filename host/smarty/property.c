#include "smarty/property.h"

enum property property_find(struct str name)
{
    static const struct str names[] = {
        [PROPERTY_INDEX] = STR("index"),         [PROPERTY_ITERATION] = STR("iteration"),
        [PROPERTY_FIRST] = STR("first"),         [PROPERTY_LAST] = STR("last"),
        [PROPERTY_TOTAL] = STR("total"),         [PROPERTY_KEY] = STR("key"),
        [PROPERTY_SHOW] = STR("show"),           [PROPERTY_ROWNUM] = STR("rownum"),
        [PROPERTY_LOOP] = STR("loop"),           [PROPERTY_STEP] = STR("step"),
        [PROPERTY_PREVIOUS] = STR("index_prev"), [PROPERTY_NEXT] = STR("index_next"),
    };
    for (unsigned i = 0; i < PROPERTY_NONE; i++) {
        if (str_eq(names[i], name)) {
            return (enum property)i;
        }
    }
    return PROPERTY_NONE;
}

static uint32_t total(const struct loop *loop)
{
    return loop->array ? loop->array->count : loop->single.type == VALUE_UNDEFINED ? 0 : 1;
}

static struct value key_at(const struct loop *loop)
{
    struct key key = {.number = 0};
    if (loop->array && loop->index < loop->array->count) {
        (void)array_at(loop->array, loop->index, &key);
    }
    return key_value(&key);
}

static struct value list_value(enum property property, const struct loop *loop)
{
    int64_t index = loop->index;
    int64_t count = total(loop);
    switch (property) {
    case PROPERTY_INDEX:
        return count > 0 ? value_int(index) : value_int(-1);
    case PROPERTY_ITERATION:
        return value_int(count > 0 ? index + 1 : 0);
    case PROPERTY_FIRST:
        return value_bool(count > 0 && index == 0);
    case PROPERTY_LAST:
        return value_bool(count > 0 && index + 1 == count);
    case PROPERTY_TOTAL:
        return value_int(count);
    case PROPERTY_KEY:
        return count > 0 ? key_at(loop) : value_null();
    case PROPERTY_SHOW:
        return value_bool(count > 0);
    default:
        return value_null();
    }
}

/* Of {for}: without a turn there are no places. */
static struct value count_value(enum property property, const struct loop *loop)
{
    int64_t iteration = loop->iteration;
    bool ran = iteration > 0;
    int64_t turn = iteration > loop->total ? loop->total : iteration;
    switch (property) {
    case PROPERTY_TOTAL:
        return value_int(loop->total);
    case PROPERTY_ITERATION:
        return ran ? value_int(iteration) : value_null();
    case PROPERTY_FIRST:
        return ran ? value_bool(turn == 1) : value_null();
    case PROPERTY_LAST:
        return ran ? value_bool(turn == loop->total) : value_null();
    case PROPERTY_STEP:
        return loop->step;
    default:
        return value_null();
    }
}

/* Of a place in {section}: there is none before the first turn. */
static struct value section_place(enum property property, const struct loop *loop)
{
    int64_t step = loop->step.integer;
    bool over = loop->iteration > loop->total;
    if (loop->total <= 0) {
        return property == PROPERTY_INDEX       ? value_int(loop->place)
               : property == PROPERTY_ITERATION ? value_int(1)
                                                : value_null();
    }
    int64_t shown = over ? loop->place - step : loop->place;
    switch (property) {
    case PROPERTY_INDEX:
        return value_int(loop->place);
    case PROPERTY_PREVIOUS:
        return value_int(shown - step);
    case PROPERTY_NEXT:
        return value_int(shown + step);
    case PROPERTY_ITERATION:
        return value_int(loop->iteration);
    case PROPERTY_ROWNUM:
        return value_int(over ? loop->total : loop->iteration);
    case PROPERTY_FIRST:
        return value_bool((over ? loop->total : loop->iteration) == 1);
    case PROPERTY_LAST:
        return value_bool(!loop->is_float && (over || loop->iteration == loop->total));
    default:
        return value_null();
    }
}

static struct value section_value(enum property property, const struct loop *loop)
{
    switch (property) {
    case PROPERTY_TOTAL:
        return value_int(loop->total);
    case PROPERTY_LOOP:
        return value_int(loop->size);
    case PROPERTY_SHOW: /* the reference forgets to set it */
        return value_null();
    default:
        return loop->iteration > 0 ? section_place(property, loop) : value_null();
    }
}

int64_t property_bits(enum property property)
{
    int64_t bits = 1 << property;
    bits |= property == PROPERTY_FIRST ? 1 << PROPERTY_INDEX : 0;
    bits |= property == PROPERTY_LAST ? 1 << PROPERTY_ITERATION | 1 << PROPERTY_TOTAL : 0;
    bits |= property == PROPERTY_SHOW ? 1 << PROPERTY_TOTAL : 0;
    return bits;
}

struct value property_value(enum property property, const struct loop *loop, bool by_name)
{
    if (loop->kind == LOOP_COUNT) {
        return count_value(property, loop);
    }
    if (!(loop->asked[by_name] & (1 << property))) {
        return value_null();
    }
    return loop->kind == LOOP_SECTION ? section_value(property, loop)
                                      : list_value(property, loop);
}
