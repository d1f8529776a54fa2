#include "smarty/modifiers.h"

#include "smarty/format.h"
#include "smarty/round.h"

/* number_format:decimals=0:point=".":thousands="," */
static bool run_number_format(struct modifier_call *call, const struct value *arguments,
                              uint32_t count, struct value *result)
{
    struct number_text point_room;
    struct number_text group_room;
    int64_t places = modifier_int(arguments, count, 1, 0);
    bool has_point = count > 2 && !value_is_nothing(&arguments[2]);
    bool has_group = count > 3 && !value_is_nothing(&arguments[3]);
    struct str point = has_point ? value_to_str(&arguments[2], &point_room) : STR_OF(".");
    struct str group = has_group ? value_to_str(&arguments[3], &group_room) : STR_OF(",");
    places = places < 0 ? 0 : places > 100 ? 100 : places;
    format_number(call->scratch, value_to_float(&arguments[0]), (int)places, point, group);
    return modifier_text(call, result);
}

/* string_format:format */
static bool run_string_format(struct modifier_call *call, const struct value *arguments,
                              uint32_t count, struct value *result)
{
    struct number_text room;
    const char *problem;
    (void)count;
    if (!format_print(call->scratch, value_to_str(&arguments[1], &room), arguments, 1,
                      &problem)) {
        return modifier_fail(call, "string_format: %s", problem);
    }
    return modifier_text(call, result);
}

/* sprintf(format, value, ...) */
static bool run_sprintf(struct modifier_call *call, const struct value *arguments,
                        uint32_t count, struct value *result)
{
    struct number_text room;
    const char *problem;
    return format_print(call->scratch, value_to_str(&arguments[0], &room), arguments + 1,
                        count - 1, &problem)
               ? modifier_text(call, result)
               : modifier_fail(call, "sprintf: %s", problem);
}

/* vsprintf(format, values) */
static bool run_vsprintf(struct modifier_call *call, const struct value *arguments,
                         uint32_t count, struct value *result)
{
    const struct array *array = arguments[1].array;
    struct value *values = arena_alloc(call->arena, (array->count + 1) * sizeof *values);
    (void)count;
    if (!values) {
        return modifier_memory(call);
    }
    values[0] = arguments[0];
    for (uint32_t i = 0; i < array->count; i++) {
        values[i + 1] = *array_value_at(array, i);
    }
    return run_sprintf(call, values, array->count + 1, result);
}

static const struct function functions[] = {
    FUNCTION_RUN("number_format", 1, 4, AS_BOTH, "nitt", run_number_format),
    FUNCTION_RUN("string_format", 2, 2, AS_MODIFIER, NULL, run_string_format),
    FUNCTION_RUN("sprintf", 1, ARGUMENTS_MANY, AS_BOTH, "t.", run_sprintf),
    FUNCTION_RUN("vsprintf", 2, 2, AS_BOTH, "ta", run_vsprintf),
};

const struct family family_number = {functions, sizeof functions / sizeof *functions};
