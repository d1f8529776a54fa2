/* modifiers - what a template can call: `value|name:argument` and `name(value, argument)`.
 *
 * One table; one file a family of small functions. A function gets its arguments by value,
 * never PENDING or LAZY, as many as its row allows, and makes its result in the call's
 * arena. What it builds as text it builds in `call->scratch` and hands over with
 * modifier_text().
 */
#ifndef HOST_SMARTY_MODIFIERS_H
#define HOST_SMARTY_MODIFIERS_H

#include "base/text.h"
#include "smarty/limits.h"
#include "smarty/list.h"

struct zone;

struct modifier_call {
    struct arena *arena;
    struct text *scratch; /* empty when a function starts */
    struct error *error;
    struct effort effort;    /* whoever lets it run out need not fail: op_call looks */
    uint64_t regex_left;     /* steps of regular expressions */
    const struct zone *zone; /* NULL: UTC */
    int64_t now_s;
    enum limit limit; /* that was passed, when a function failed by one */
};

enum { ARGUMENTS_MANY = 255 };

enum { AS_FUNCTION = 1, AS_MODIFIER = 2, AS_BOTH = AS_FUNCTION | AS_MODIFIER, AS_BITS = 2 };

/* What a function asks of a list that is still to be fetched. */
#define REFINES(kind) ((kind) << AS_BITS)

static inline enum refine use_refines(unsigned use)
{
    return (enum refine)(use >> AS_BITS);
}

struct function {
    const char *name;
    uint8_t least, most; /* arguments, the value included */
    uint8_t use;         /* AS_*, and REFINES() */

    /* What the arguments must be, a letter each, the last one for all that follow: text,
     * int, number, array, or '.' for anything. NULL: anything. What is null passes. */
    const char *takes;

    /* One of these; the last three are for functions of one value. */
    bool (*run)(struct modifier_call *call, const struct value *arguments, uint32_t count,
                struct value *result);
    void (*map)(struct text *out, struct str text);
    bool (*ask)(const struct value *value);
    double (*calculate)(double number);
};

#define FUNCTION_RUN(NAME, LEAST, MOST, USE, TAKES, RUN)                                  \
    {                                                                                     \
        .name = (NAME), .least = (LEAST), .most = (MOST), .use = (USE), .takes = (TAKES), \
        .run = (RUN)                                                                      \
    }
#define FUNCTION_MAP(NAME, USE, MAP)                                                    \
    {                                                                                   \
        .name = (NAME), .least = 1, .most = 1, .use = (USE), .takes = "t", .map = (MAP) \
    }
#define FUNCTION_ASK(NAME, ASK)                                             \
    {                                                                       \
        .name = (NAME), .least = 1, .most = 1, .use = AS_BOTH, .ask = (ASK) \
    }
#define FUNCTION_CALCULATE(NAME, CALCULATE)                                  \
    {                                                                        \
        .name = (NAME), .least = 1, .most = 1, .use = AS_BOTH, .takes = "n", \
        .calculate = (CALCULATE)                                             \
    }

/* Calls it with arguments whose number fits; false after modifier_fail(). */
bool function_call(const struct function *function, struct modifier_call *call,
                   const struct value *arguments, uint32_t count, struct value *result);

/* NULL when there is no such function, or not for this use. */
const struct function *function_find(struct str name, unsigned use);

/* The known name nearest to a wrong one; empty when none is near. */
struct str function_nearest(struct str name, unsigned use);

/* ---- for the families ---- */

struct family {
    const struct function *functions;
    size_t count;
};

extern const struct family family_array;
extern const struct family family_bytes;
extern const struct family family_character;
extern const struct family family_code;
extern const struct family family_date;
extern const struct family family_escape;
extern const struct family family_find;
extern const struct family family_hash;
extern const struct family family_json;
extern const struct family family_list;
extern const struct family family_math;
extern const struct family family_number;
extern const struct family family_pattern;
extern const struct family family_sets;
extern const struct family family_shape;
extern const struct family family_special; /* without `run`: the parser makes them */
extern const struct family family_spelling;
extern const struct family family_text;
extern const struct family family_type;

enum { COUNTED_TIMES = 2 }; /* a text whose characters are counted is read so often more */

/* For what looks up each character, `units` of effort a byte: much slower than reading
 * text. false: nothing is left, and the call need not go on. */
static inline bool modifier_spend_characters(struct modifier_call *call, struct str text,
                                             unsigned units)
{
    return effort_spend(&call->effort, text.len * units);
}

/* The scratch as the result. */
bool modifier_text(struct modifier_call *call, struct value *result);

/* A copy of `str` as the result. */
bool modifier_copy(struct modifier_call *call, struct str str, struct value *result);

/* "cannot ...": a run-time error of the template. */
PRINTF_LIKE(2, 3) bool modifier_fail(struct modifier_call *call, const char *format, ...);

/* The arena is full; always false. */
bool modifier_memory(struct modifier_call *call);
/* A text is too large; false. */
bool modifier_large(struct modifier_call *call);

/* Argument number `index` as text, or `otherwise` when it was not given. */
struct str modifier_str(const struct value *arguments, uint32_t count, uint32_t index,
                        const char *otherwise, struct number_text *room);
int64_t modifier_int(const struct value *arguments, uint32_t count, uint32_t index,
                     int64_t otherwise);
bool modifier_bool(const struct value *arguments, uint32_t count, uint32_t index,
                   bool otherwise);

/* Elements from `from` to before `to` of a list of `size`: negative numbers count from the
 * end, as in PHP. `to` may be before `from`. */
struct span {
    int64_t from, to;
};

/* The moment that a value means, as |date_format reads it; what it cannot read is now. */
int64_t date_seconds(struct modifier_call *call, const struct value *value);

struct span modifier_span(int64_t size, int64_t offset, bool has_length, int64_t length);

#endif
