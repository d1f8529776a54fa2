#include "smarty/tools.h"

/* {counter} and {cycle}: what they remember is an array each, its members by number. */

/* A new array of so many nulls at `place`; NULL when memory is out. */
static struct array *remember(struct tool_call *call, struct value *place, uint32_t count)
{
    static const struct value null = {.type = VALUE_NULL};
    if (!place) {
        return NULL;
    }
    if (place->type == VALUE_UNDEFINED) {
        struct array *array = array_make(call->call->arena, count);
        for (uint32_t i = 0; array && i < count; i++) {
            if (!array_append(call->call->arena, array, &null)) {
                return NULL;
            }
        }
        *place = array ? value_array(array) : value_null();
    }
    return place->type == VALUE_ARRAY ? place->array : NULL;
}

enum { COUNTER_COUNT, COUNTER_SKIP, COUNTER_DOWN, COUNTER_ASSIGN, COUNTER_MEMBERS };

/* What this call says of the counter. */
static void set_counter(struct tool_call *call, struct value *counter)
{
    const struct value *start = tool_set(call, "start");
    const struct value *assign = tool_filled(call, "assign");
    if (value_is_nothing(&counter[COUNTER_COUNT])) {
        counter[COUNTER_COUNT] = counter[COUNTER_SKIP] = value_int(1);
    }
    if (start) {
        counter[COUNTER_COUNT] = value_int(value_to_int(start));
    }
    if (assign) {
        counter[COUNTER_ASSIGN] = *assign;
    }
}

static bool move_counter(struct tool_call *call, struct value *counter)
{
    struct number_text room;
    const struct value *skip = tool_set(call, "skip");
    const struct value *direction = tool_set(call, "direction");
    const char *problem;
    if (skip) {
        counter[COUNTER_SKIP] = *skip;
    }
    if (direction) {
        counter[COUNTER_DOWN] = value_bool(str_is(value_to_str(direction, &room), "down"));
    }
    bool down = value_truth(&counter[COUNTER_DOWN]);
    struct value moved;
    if (!value_compute(down ? OPERATION_SUBTRACT : OPERATION_ADD, &counter[COUNTER_COUNT],
                       &counter[COUNTER_SKIP], &moved, &problem)) {
        return modifier_fail(call->call, "{counter}: %s", problem);
    }
    counter[COUNTER_COUNT] = moved;
    return true;
}

/* {counter name start skip direction print assign}: prints, then moves. */
static bool run_counter(struct tool_call *call)
{
    struct number_text room;
    const struct value *print = tool_set(call, "print");
    struct str name =
        tool_set(call, "name") ? tool_str(call, "name", "", &room) : STR_OF("default");
    struct array *memory =
        remember(call, tool_memory(call, "counter ", name), COUNTER_MEMBERS);
    if (!memory) {
        return modifier_memory(call->call);
    }
    struct value *counter = memory->list;
    set_counter(call, counter);
    bool assigns = !value_is_nothing(&counter[COUNTER_ASSIGN]);
    if (assigns) {
        call->target = counter[COUNTER_ASSIGN];
        call->assigned = counter[COUNTER_COUNT];
    }
    if (print ? value_truth(print) : !assigns) {
        call->printed = counter[COUNTER_COUNT];
    }
    return move_counter(call, counter);
}

enum { CYCLE_VALUES, CYCLE_DELIMITER, CYCLE_INDEX, CYCLE_MEMBERS };

/* Value number `index` of a list or of a text with delimiters, and how many there are. */
static struct value cycle_at(const struct value *cycle, int64_t index, int64_t *count)
{
    struct number_text room;
    const struct value *values = &cycle[CYCLE_VALUES];
    struct value found = value_null();
    if (values->type == VALUE_ARRAY) {
        struct key key = {.number = index};
        const struct value *value = array_get(values->array, &key);
        *count = values->array->count;
        return value ? *value : found;
    }
    struct str delimiter = value_to_str(&cycle[CYCLE_DELIMITER], &room);
    struct str rest = value_str(values);
    *count = 0;
    for (bool more = true; more; ++*count) {
        size_t at = delimiter.len > 0 ? str_find(rest, delimiter, 0) : rest.len;
        more = at < rest.len;
        if (*count == index) {
            found = value_text(str_before(rest, at));
        }
        rest = str_after(rest, at + delimiter.len);
    }
    return found;
}

/* The values of this call; when they are other ones the cycle begins anew. */
static bool set_cycle(struct tool_call *call, struct value *cycle)
{
    struct number_text room;
    const struct value *values = tool_set(call, "values");
    const struct value *delimiter = tool_set(call, "delimiter");
    if (values) {
        struct value kept = *values;
        if (kept.type != VALUE_ARRAY &&
            !modifier_copy(call->call, value_to_str(values, &room), &kept)) {
            return false;
        }
        if (!value_is_nothing(&cycle[CYCLE_VALUES]) &&
            !value_identical(&cycle[CYCLE_VALUES], &kept, &call->call->effort)) {
            cycle[CYCLE_INDEX] = value_int(0);
        }
        cycle[CYCLE_VALUES] = kept;
    }
    if (delimiter || value_is_nothing(&cycle[CYCLE_DELIMITER])) {
        cycle[CYCLE_DELIMITER] = delimiter ? *delimiter : value_text(STR_OF(","));
    }
    return value_to_str(&cycle[CYCLE_DELIMITER], &room).len > 0 ||
           cycle[CYCLE_VALUES].type == VALUE_ARRAY ||
           modifier_fail(call->call, "{cycle}: the delimiter is empty");
}

static bool tool_set_bool(const struct tool_call *call, const char *name, bool otherwise)
{
    const struct value *value = tool_set(call, name);
    return value ? value_truth(value) : otherwise;
}

/* {cycle name values print advance delimiter assign reset} */
static bool run_cycle(struct tool_call *call)
{
    struct number_text room;
    const struct value *assign = tool_set(call, "assign");
    struct str name =
        tool_filled(call, "name") ? tool_str(call, "name", "", &room) : STR_OF("default");
    struct array *memory = remember(call, tool_memory(call, "cycle ", name), CYCLE_MEMBERS);
    if (!memory) {
        return modifier_memory(call->call);
    }
    struct value *cycle = memory->list;
    if (!set_cycle(call, cycle)) {
        return false;
    }
    if (value_is_nothing(&cycle[CYCLE_VALUES])) {
        return true; /* nothing to go round */
    }
    if (value_is_nothing(&cycle[CYCLE_INDEX]) || tool_set_bool(call, "reset", false)) {
        cycle[CYCLE_INDEX] = value_int(0);
    }
    int64_t count = 0;
    struct value found = cycle_at(cycle, cycle[CYCLE_INDEX].integer, &count);
    if (assign) {
        call->target = *assign;
        call->assigned = found;
    } else if (tool_set_bool(call, "print", true)) {
        call->printed = found;
    }
    if (tool_set_bool(call, "advance", true)) {
        int64_t index = cycle[CYCLE_INDEX].integer;
        cycle[CYCLE_INDEX] = value_int(index >= count - 1 ? 0 : index + 1);
    }
    return true;
}

const struct tool tools_count[] = {
    {.name = "counter", .remembers = true, .run = run_counter},
    {.name = "cycle", .remembers = true, .run = run_cycle},
    {.name = NULL},
};
