#include "smarty/modifiers.h"

#include <stdarg.h>
#include <stdio.h>

static const struct family *const families[] = {
    &family_array,   &family_bytes,    &family_character, &family_code, &family_date,
    &family_escape,  &family_find,     &family_hash,      &family_json, &family_list,
    &family_math,    &family_number,   &family_pattern,   &family_sets, &family_shape,
    &family_special, &family_spelling, &family_text,      &family_type};
enum { FAMILY_COUNT = sizeof families / sizeof *families };

const struct function *function_find(struct str name, unsigned use)
{
    char first = (char)(name.len > 0 ? name.ptr[0] : '\0');
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        for (size_t j = 0; j < families[i]->count; j++) {
            const struct function *function = &families[i]->functions[j];
            if ((function->use & use) && function->name[0] == first &&
                str_is(name, function->name)) {
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

/* ---- calls ---- */

static const char *type_name(const struct value *value)
{
    return value->type == VALUE_ARRAY ? "an array" : "text that is no number";
}

static bool is_number(const struct value *value, struct value *number)
{
    *number = *value;
    return value->type != VALUE_ARRAY &&
           (value->type != VALUE_TEXT ||
            text_to_number(value_str(value), number) == NUMERIC_WHOLE);
}

/* A float is cut, one that is too large is none. */
static bool is_int(const struct value *value)
{
    struct value number;
    return is_number(value, &number) &&
           (number.type != VALUE_FLOAT ||
            (number.real >= -9223372036854775808.0 && number.real < 9223372036854775808.0));
}

/* Does a value do for this letter of `takes`? */
static bool suits(char letter, const struct value *value)
{
    const struct value *plain = value_plain(value);
    struct value number;
    switch (letter) {
    case 't':
        return plain->type != VALUE_ARRAY;
    case 'a':
        return value->type == VALUE_ARRAY;
    case 'i':
        return is_int(plain);
    case 'n':
        return is_number(plain, &number);
    default:
        return true;
    }
}

static bool check_types(const struct function *function, struct modifier_call *call,
                        const struct value *arguments, uint32_t count)
{
    const char *letter = function->takes;
    for (uint32_t i = 0; letter && i < count; i++) {
        bool null = value_is_nothing(&arguments[i]) && *letter != 'a';
        if (!null && !suits(*letter, &arguments[i])) {
            static const char *const wanted[128] = {
                ['t'] = "text", ['a'] = "an array", ['i'] = "a number", ['n'] = "a number"};
            return modifier_fail(call, "%s: value %u must be %s, this is %s",
                                 function->name, i + 1,
                                 wanted[(unsigned char)*letter & 127],
                                 *letter == 'a' ? "none" : type_name(&arguments[i]));
        }
        letter += letter[1] != '\0';
    }
    return true;
}

bool function_call(const struct function *function, struct modifier_call *call,
                   const struct value *arguments, uint32_t count, struct value *result)
{
    if (!check_types(function, call, arguments, count)) {
        return false;
    }
    if (function->run) {
        return function->run(call, arguments, count, result);
    }
    if (function->map) {
        struct number_text room;
        struct str text = value_to_str(&arguments[0], &room);
        if (modifier_spend_characters(call, text, 1)) {
            function->map(call->scratch, text);
        }
        return modifier_text(call, result);
    }
    *result = function->ask
                  ? value_bool(function->ask(value_plain(&arguments[0])))
                  : value_float(function->calculate(value_to_float(&arguments[0])));
    return true;
}

/* ---- for the families ---- */

bool modifier_memory(struct modifier_call *call)
{
    call->limit = LIMIT_MEMORY;
    return modifier_fail(call, "rendering takes more than %zu MiB of memory",
                         call->arena->most >> 20);
}

bool modifier_large(struct modifier_call *call)
{
    size_t most = call->scratch->most;
    bool mega = most >= 1 << 20;
    call->limit = LIMIT_OUTPUT;
    return modifier_fail(call, "a text grows larger than %zu %s", most >> (mega ? 20 : 10),
                         mega ? "MiB" : "KiB");
}

bool modifier_copy(struct modifier_call *call, struct str str, struct value *result)
{
    struct str copy = arena_copy(call->arena, str);
    *result = value_text(copy);
    return copy.ptr || modifier_memory(call);
}

bool modifier_text(struct modifier_call *call, struct value *result)
{
    if (call->scratch->no_memory) {
        return error_set(call->error, IMH_RETRY, "out of memory for a text");
    }
    if (call->scratch->failed) {
        return modifier_large(call);
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

static int64_t clamp(int64_t number, int64_t least, int64_t most)
{
    return number < least ? least : number > most ? most : number;
}

struct span modifier_span(int64_t size, int64_t offset, bool has_length, int64_t length)
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
