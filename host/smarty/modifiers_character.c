#include "smarty/modifiers.h"

#include "base/utf8.h"

/* PHP's functions that see characters: mb_ in front of their names. */

static bool run_mb_strlen(struct modifier_call *call, const struct value *arguments,
                          uint32_t count, struct value *result)
{
    struct number_text room;
    struct str text = value_to_str(&arguments[0], &room);
    (void)count;
    (void)effort_spend_text(&call->effort, text.len * COUNTED_TIMES);
    *result = value_int((int64_t)utf8_count(text));
    return true;
}

/* mb_substr(text, start, length) */
static bool run_mb_substr(struct modifier_call *call, const struct value *arguments,
                          uint32_t count, struct value *result)
{
    struct number_text room;
    struct str text = value_to_str(&arguments[0], &room);
    (void)effort_spend_text(&call->effort, text.len * COUNTED_TIMES);
    bool has_length = count > 2 && !value_is_nothing(&arguments[2]);
    struct span span = modifier_span((int64_t)utf8_count(text), value_to_int(&arguments[1]),
                                     has_length, modifier_int(arguments, count, 2, 0));
    if (span.to <= span.from) {
        return modifier_copy(call, STR_OF(""), result);
    }
    struct str rest = str_after(text, utf8_offset(text, (size_t)span.from));
    size_t bytes = utf8_offset(rest, (size_t)(span.to - span.from));
    return modifier_copy(call, str_before(rest, bytes), result);
}

/* mb_strpos(text, part, offset) */
static bool run_mb_strpos(struct modifier_call *call, const struct value *arguments,
                          uint32_t count, struct value *result)
{
    struct number_text rooms[2];
    struct str text = value_to_str(&arguments[0], &rooms[0]);
    struct str part = value_to_str(&arguments[1], &rooms[1]);
    (void)effort_spend_text(&call->effort, text.len * COUNTED_TIMES);
    int64_t length = (int64_t)utf8_count(text);
    int64_t from = modifier_int(arguments, count, 2, 0);
    from += from < 0 ? length : 0;
    if (from < 0 || from > length) {
        return modifier_fail(call, "mb_strpos: the offset lies outside of the text");
    }
    size_t start = utf8_offset(text, (size_t)from);
    size_t found = part.len > 0 ? str_find(text, part, start) : start;
    bool none = part.len > 0 && found >= text.len;
    *result =
        none ? value_bool(false) : value_int((int64_t)utf8_count(str_before(text, found)));
    return true;
}

static const struct function functions[] = {
    FUNCTION_MAP("mb_strtolower", AS_BOTH, utf8_add_lower),
    FUNCTION_MAP("mb_strtoupper", AS_BOTH, utf8_add_upper),
    FUNCTION_MAP("tolower", AS_MODIFIER, utf8_add_lower),
    FUNCTION_MAP("toupper", AS_MODIFIER, utf8_add_upper),
    FUNCTION_RUN("mb_strlen", 1, 2, AS_BOTH, "t", run_mb_strlen),
    FUNCTION_RUN("mb_strpos", 2, 3, AS_BOTH, "tti", run_mb_strpos),
    FUNCTION_RUN("mb_substr", 2, 3, AS_BOTH, "tii", run_mb_substr),
};

const struct family family_character = {functions, sizeof functions / sizeof *functions};
