/* limits - what one render may take, and which limit a template passed. */
#ifndef HOST_SMARTY_LIMITS_H
#define HOST_SMARTY_LIMITS_H

#include "base/error.h"
#include "base/str.h"
#include "smarty/effort.h"

/* The usual ones; SMARTY_EFFORT is in effort.h. */
enum {
    SMARTY_OUTPUT_BYTES = 16 << 20, /* largest message */
    SMARTY_MEMORY_BYTES = 64 << 20, /* for values made while rendering */
    SMARTY_DEPTH = 100,             /* templates, functions and blocks inside each other */
    SMARTY_INCLUDE_DEPTH = 100,     /* templates alone */
    SMARTY_STEPS = 10000000,        /* turns of all loops together */
    SMARTY_REGEX_STEPS = 20000000   /* of the matcher, all patterns together */
};

/* What people may raise limits to; no depth is more than SMARTY_DEPTH. */
enum {
    SMARTY_COUNT_MOST = 1000000000, /* steps, effort, steps of the matcher */
    SMARTY_MEMORY_MOST = 1 << 30,
    SMARTY_OUTPUT_MOST = 256 << 20
};

/* What one render may take: less for a template that is trusted less; 0 is the usual one,
 * the constant of the same name. `effort` is what effort.h counts. */
struct smarty_limits {
    uint64_t steps;
    uint64_t effort;
    uint64_t regex_steps;
    size_t memory_bytes;
    size_t output_bytes;
    uint32_t depth;         /* of all parts: templates, functions, blocks */
    uint32_t include_depth; /* of templates alone */
    const char *set_by;     /* "with --limit": told whose template passes one; or NULL */
};

/* Sets one by its name, from a text: "1000000", "16m". The error says what it has to be. */
#define SMARTY_LIMIT_NAMES "steps effort regex_steps memory output depth include_depth"
bool smarty_limit_is(struct str name);
bool smarty_limit_set(struct smarty_limits *limits, struct str name, struct str value,
                      struct error *error);

/* The constants. */
extern const struct smarty_limits smarty_limits_usual;

/* ---- private to this floor ---- */

enum limit {
    LIMIT_NONE,
    LIMIT_STEPS,
    LIMIT_EFFORT,
    LIMIT_REGEX_STEPS,
    LIMIT_MEMORY,
    LIMIT_OUTPUT,
    LIMIT_DEPTH,
    LIMIT_INCLUDE_DEPTH
};

/* Adds to the error which limit that was, and where it is raised. */
void limits_tell(const struct smarty_limits *limits, enum limit limit, struct error *error);

#endif
