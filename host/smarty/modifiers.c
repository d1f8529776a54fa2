#include "smarty/modifiers.h"

#include <stdarg.h>
#include <stdio.h>

static const struct family *const families[] = {
    &family_array,  &family_date,    &family_escape, &family_list,
    &family_number, &family_special, &family_text};
enum { FAMILY_COUNT = sizeof families / sizeof *families };

const struct function *function_find(struct str name, unsigned use)
{
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        for (size_t j = 0; j < families[i]->count; j++) {
            const struct function *function = &families[i]->functions[j];
            if ((function->use & use) && str_is(name, function->name)) {
                return function;
            }
        }
    }
    return NULL;
}

struct str function_nearest(struct str name, unsigned use)
{
    enum { NEAR = 2 };
    struct str nearest = {"", 0};
    unsigned least = NEAR + 1;
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        for (size_t j = 0; j < families[i]->count; j++) {
            const struct function *function = &families[i]->functions[j];
            unsigned distance = str_distance(name, str_from(function->name));
            if ((function->use & use) && distance < least && name.len > NEAR) {
                nearest = str_from(function->name);
                least = distance;
            }
        }
    }
    return nearest;
}

bool modifier_copy(struct modifier_call *call, struct str str, struct value *result)
{
    struct str copy = arena_copy(call->arena, str);
    *result = value_text(copy);
    return copy.ptr || modifier_fail(call, "rendering takes more than %zu MiB of memory",
                                     call->arena->most >> 20);
}

bool modifier_text(struct modifier_call *call, struct value *result)
{
    if (call->scratch->no_memory) {
        return error_set(call->error, IMH_RETRY, "out of memory for a text");
    }
    if (call->scratch->failed) {
        return modifier_fail(call, "a text grows larger than %zu MiB",
                             call->scratch->most >> 20);
    }
    return modifier_copy(call, text_str(call->scratch), result);
}

bool modifier_fail(struct modifier_call *call, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    call->error->status = IMH_REJECTED;
    call->error->after_s = 0;
    (void)vsnprintf(call->error->text, sizeof call->error->text, format, arguments);
    va_end(arguments);
    return false;
}

struct str modifier_str(const struct value *arguments, uint32_t count, uint32_t index,
                        const char *otherwise, struct number_text *room)
{
    return index < count ? value_to_str(&arguments[index], room) : str_from(otherwise);
}

int64_t modifier_int(const struct value *arguments, uint32_t count, uint32_t index,
                     int64_t otherwise)
{
    return index < count ? value_to_int(&arguments[index]) : otherwise;
}

bool modifier_bool(const struct value *arguments, uint32_t count, uint32_t index,
                   bool otherwise)
{
    return index < count ? value_truth(&arguments[index]) : otherwise;
}
