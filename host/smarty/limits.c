#include "smarty/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LEAST_BYTES = 64 << 10 };

const struct smarty_limits smarty_limits_usual = {.steps = SMARTY_STEPS,
                                                  .effort = SMARTY_EFFORT,
                                                  .regex_steps = SMARTY_REGEX_STEPS,
                                                  .memory_bytes = SMARTY_MEMORY_BYTES,
                                                  .output_bytes = SMARTY_OUTPUT_BYTES,
                                                  .depth = SMARTY_DEPTH,
                                                  .include_depth = SMARTY_INCLUDE_DEPTH};

/* What people may set, by enum limit. */
static const struct {
    const char *name;
    int64_t least, most;
    bool is_size; /* "16m" */
} ranges[] = {
    [LIMIT_STEPS] = {"steps", 1, SMARTY_COUNT_MOST, false},
    [LIMIT_EFFORT] = {"effort", 1, SMARTY_COUNT_MOST, false},
    [LIMIT_REGEX_STEPS] = {"regex_steps", 1, SMARTY_COUNT_MOST, false},
    [LIMIT_MEMORY] = {"memory", LEAST_BYTES, SMARTY_MEMORY_MOST, true},
    [LIMIT_OUTPUT] = {"output", LEAST_BYTES, SMARTY_OUTPUT_MOST, true},
    [LIMIT_DEPTH] = {"depth", 1, SMARTY_DEPTH, false},
    [LIMIT_INCLUDE_DEPTH] = {"include_depth", 1, SMARTY_DEPTH, false},
};
enum { LIMITS = sizeof ranges / sizeof *ranges };

static uint64_t value_of(const struct smarty_limits *limits, enum limit limit)
{
    const uint64_t values[LIMITS] = {
        [LIMIT_STEPS] = limits->steps,
        [LIMIT_EFFORT] = limits->effort,
        [LIMIT_REGEX_STEPS] = limits->regex_steps,
        [LIMIT_MEMORY] = limits->memory_bytes,
        [LIMIT_OUTPUT] = limits->output_bytes,
        [LIMIT_DEPTH] = limits->depth,
        [LIMIT_INCLUDE_DEPTH] = limits->include_depth,
    };
    return values[limit];
}

static void set_value(struct smarty_limits *limits, enum limit limit, uint64_t value)
{
    uint64_t *const counts[LIMITS] = {[LIMIT_STEPS] = &limits->steps,
                                      [LIMIT_EFFORT] = &limits->effort,
                                      [LIMIT_REGEX_STEPS] = &limits->regex_steps};
    size_t *const sizes[LIMITS] = {
        [LIMIT_MEMORY] = &limits->memory_bytes, [LIMIT_OUTPUT] = &limits->output_bytes};
    if (counts[limit]) {
        *counts[limit] = value;
    } else if (sizes[limit]) {
        *sizes[limit] = (size_t)value;
    } else {
        *(limit == LIMIT_DEPTH ? &limits->depth : &limits->include_depth) = (uint32_t)value;
    }
}

static enum limit find(struct str name)
{
    enum limit limit = LIMITS - 1;
    while (limit != LIMIT_NONE && !str_is(name, ranges[limit].name)) {
        limit--;
    }
    return limit;
}

bool smarty_limit_is(struct str name)
{
    return find(name) != LIMIT_NONE;
}

bool smarty_limit_set(struct smarty_limits *limits, struct str name, struct str value,
                      struct error *error)
{
    enum limit limit = find(name);
    int64_t number = 0;
    if (limit == LIMIT_NONE) {
        return error_set(error, IMH_REJECTED, "must be one of " SMARTY_LIMIT_NAMES);
    }
    int64_t least = ranges[limit].least;
    int64_t most = ranges[limit].most;
    if (!ranges[limit].is_size) {
        if (!str_to_int64(value, least, most, &number)) {
            return error_set(error, IMH_REJECTED,
                             "must be a number from %" PRId64 " to %" PRId64, least, most);
        }
    } else if (!str_to_bytes(value, &number) || number < least || number > most) {
        return error_set(error, IMH_REJECTED,
                         "must be a size from %" PRId64 "k to %" PRId64 "m, such as 16m",
                         least >> 10, most >> 20);
    }
    set_value(limits, limit, (uint64_t)number);
    return true;
}

void limits_tell(const struct smarty_limits *limits, enum limit limit, struct error *error)
{
    size_t used = strlen(error->text);
    if (limit != LIMIT_NONE) {
        (void)snprintf(error->text + used, sizeof error->text - used,
                       ": limit '%s' is %" PRIu64 "%s%s", ranges[limit].name,
                       value_of(limits, limit), limits->set_by ? ": raise it " : "",
                       limits->set_by ? limits->set_by : "");
    }
}
