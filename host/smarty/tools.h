/* tools - tags that print what a function makes of their attributes: {counter}, {mailto}.
 *
 * One table; one file a family of small functions. A tool gets its attributes by name in
 * the order of the template, never PENDING or LAZY, and writes to the call's scratch. What
 * counters and cycles remember lives for one render.
 */
#ifndef HOST_SMARTY_TOOLS_H
#define HOST_SMARTY_TOOLS_H

#include "smarty/modifiers.h"

struct tool_call {
    struct modifier_call *call;
    const struct str *names;
    const struct value *values;
    uint32_t count;
    const struct value *content; /* of a block; NULL for a tag alone */
    struct array **memory;       /* what tools remember, by their names; NULL for nothing */

    /* What a tool may fill. */
    struct value printed; /* instead of the scratch; undefined: the scratch is it */
    struct value target;  /* name of a variable that is set; undefined: none */
    struct value assigned;
};

struct tool {
    const char *name;
    bool is_block;
    bool remembers; /* every call counts: none may be skipped */
    bool (*run)(struct tool_call *call);
};

/* NULL when there is none of this name. */
const struct tool *tool_find(struct str name);
const struct tool *tool_at(size_t index); /* of all; NULL behind the last */

/* ---- for the families ---- */

extern const struct tool tools_count[];
extern const struct tool tools_choice[];
extern const struct tool tools_date[];
extern const struct tool tools_table[];
extern const struct tool tools_text[];

/* The attribute, the last one of that name; NULL when it is not there. */
const struct value *tool_value(const struct tool_call *call, const char *name);

/* As PHP's isset() and !empty(): NULL when it is null, or counts as nothing. */
const struct value *tool_set(const struct tool_call *call, const char *name);
const struct value *tool_filled(const struct tool_call *call, const char *name);

/* As text, or `otherwise` when it is not there. */
struct str tool_str(const struct tool_call *call, const char *name, const char *otherwise,
                    struct number_text *room);
int64_t tool_int(const struct tool_call *call, const char *name, int64_t otherwise);
bool tool_bool(const struct tool_call *call, const char *name, bool otherwise);

/* Attributes that a tool does not know: ` name="value"` each, in order. `known` are words.
 */
void tool_extra(const struct tool_call *call, const char *known, struct text *out);

/* What was remembered for `name` under `kind`: a value that may be changed, undefined at
 * first. NULL when memory is out. */
struct value *tool_memory(struct tool_call *call, const char *kind, struct str name);

#endif
