#include "smarty/property.h"

enum property property_find(struct str name)
{
    static const struct str names[] = {
        [PROPERTY_INDEX] = STR("index"), [PROPERTY_ITERATION] = STR("iteration"),
        [PROPERTY_FIRST] = STR("first"), [PROPERTY_LAST] = STR("last"),
        [PROPERTY_TOTAL] = STR("total"), [PROPERTY_KEY] = STR("key"),
        [PROPERTY_SHOW] = STR("show"),
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

struct value property_value(enum property property, const struct loop *loop)
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
