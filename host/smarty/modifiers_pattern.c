#include "smarty/modifiers.h"

#include "base/match.h"
#include "smarty/pattern.h"

/* Regular expressions. A broken pattern gives nothing, as in PHP; one that takes too much
 * work ends the render. */

enum { WORK_EACH = 10 }; /* steps of the matcher that make one unit of effort */

/* What may be spent: the render's effort, or less. */
static uint64_t take_work(const struct modifier_call *call)
{
    return call->regex_left;
}

static bool too_much(struct modifier_call *call)
{
    call->limit = LIMIT_REGEX_STEPS;
    return modifier_fail(call, "a regular expression takes too much work");
}

static void spend_work(struct modifier_call *call, uint64_t left)
{
    uint64_t spent = call->regex_left - left;
    call->regex_left = left;
    (void)effort_spend(&call->effort, spent / WORK_EACH);
}

/* Smarty drops the flag `e` and white space among the flags, and what is behind a zero
 * byte. */
static bool clean_pattern(struct modifier_call *call, struct str pattern, struct str *out)
{
    struct value clean;
    pattern = str_before(pattern, str_find_char(pattern, '\0'));
    size_t flags = pattern.len;
    while (flags > 0 &&
           ((pattern.ptr[flags - 1] | 0x20) >= 'a' || /* a letter or blank */
            pattern.ptr[flags - 1] <= ' ') &&
           (pattern.ptr[flags - 1] | 0x20) <= 'z') {
        flags--;
    }
    bool has_e = str_find_char(str_after(pattern, flags), 'e') < pattern.len - flags;
    text_clear(call->scratch);
    text_add(call->scratch, str_before(pattern, flags));
    for (size_t i = flags; i < pattern.len; i++) {
        char c = pattern.ptr[i];
        if (!has_e || (c != 'e' && c > ' ')) {
            text_add_char(call->scratch, c);
        }
    }
    if (!modifier_text(call, &clean)) {
        return false;
    }
    text_clear(call->scratch);
    *out = value_str(&clean);
    return true;
}

struct rule {
    struct str pattern, by;
    int64_t limit;
};

/* `subject` through one rule; null when the pattern is broken. */
static bool apply(struct modifier_call *call, const struct rule *rule,
                  struct value *subject)
{
    const char *problem;
    OWN(match) match = match_make(rule->pattern, &problem);
    if (!match) {
        *subject = value_null();
        return true;
    }
    uint64_t work = take_work(call);
    text_clear(call->scratch);
    enum match_result found = match_replace(match, value_str(subject), rule->by,
                                            rule->limit, &work, call->scratch);
    spend_work(call, work);
    if (found == MATCH_TOO_MUCH) {
        return too_much(call);
    }
    if (found == MATCH_NOT_UTF8) {
        *subject = value_null();
        return true;
    }
    return modifier_text(call, subject);
}

/* Element `i` of a list, or the value itself for all; "" behind the list's end. */
static struct str element(const struct value *list, uint32_t i, struct number_text *room)
{
    list = value_plain(list);
    if (list->type != VALUE_ARRAY) {
        return value_to_str(list, room);
    }
    return i < list->array->count ? value_to_str(array_value_at(list->array, i), room)
                                  : STR_OF("");
}

/* One subject through all patterns: arguments are the patterns and what replaces them. */
static bool replace(struct modifier_call *call, const struct value *rules, int64_t limit,
                    bool clean, struct value *subject)
{
    const struct value *patterns = value_plain(&rules[0]);
    uint32_t count = patterns->type == VALUE_ARRAY ? patterns->array->count : 1;
    for (uint32_t i = 0; i < count && subject->type == VALUE_TEXT; i++) {
        struct number_text pattern_room;
        struct number_text by_room;
        struct rule rule = {element(patterns, i, &pattern_room),
                            element(&rules[1], i, &by_room), limit};
        if ((clean && !clean_pattern(call, rule.pattern, &rule.pattern)) ||
            !apply(call, &rule, subject)) {
            return false;
        }
    }
    return true;
}

/* text|regex_replace:pattern:by:limit=-1 */
static bool run_regex_replace(struct modifier_call *call, const struct value *arguments,
                              uint32_t count, struct value *result)
{
    struct number_text room;
    bool list = value_plain(&arguments[1])->type == VALUE_ARRAY;
    if (!list && value_plain(&arguments[2])->type == VALUE_ARRAY) {
        return modifier_fail(call, "regex_replace: one pattern needs one replacement");
    }
    return modifier_copy(call, value_to_str(&arguments[0], &room), result) &&
           replace(call, arguments + 1, modifier_int(arguments, count, 3, -1), true,
                   result);
}

/* preg_replace(pattern, by, text, limit=-1) */
static bool run_preg_replace(struct modifier_call *call, const struct value *arguments,
                             uint32_t count, struct value *result)
{
    struct number_text room;
    bool list = value_plain(&arguments[0])->type == VALUE_ARRAY;
    if (!list && value_plain(&arguments[1])->type == VALUE_ARRAY) {
        return modifier_fail(call, "preg_replace: one pattern needs one replacement");
    }
    return modifier_copy(call, value_to_str(&arguments[2], &room), result) &&
           replace(call, arguments, modifier_int(arguments, count, 3, -1), false, result);
}

bool pattern_replace(struct modifier_call *call, struct str pattern, struct str by,
                     struct value *subject)
{
    const struct rule rule = {pattern, by, -1};
    return apply(call, &rule, subject);
}

bool pattern_matches(struct modifier_call *call, struct str pattern, struct str text,
                     struct value *result)
{
    const char *problem;
    OWN(match) match = match_make(pattern, &problem);
    if (!match) {
        *result = value_bool(false);
        return true;
    }
    uint64_t work = take_work(call);
    enum match_result found = match_find(match, text, 0, &work);
    spend_work(call, work);
    if (found == MATCH_TOO_MUCH) {
        return too_much(call);
    }
    *result = found == MATCH_NOT_UTF8 ? value_bool(false) : value_int(found == MATCH_FOUND);
    return true;
}

/* preg_match(pattern, text): 1, 0, or false when the pattern is broken. */
static bool run_preg_match(struct modifier_call *call, const struct value *arguments,
                           uint32_t count, struct value *result)
{
    struct number_text rooms[2];
    (void)count;
    return pattern_matches(call, value_to_str(&arguments[0], &rooms[0]),
                           value_to_str(&arguments[1], &rooms[1]), result);
}

/* preg_quote(text, delimiter) */
static bool run_preg_quote(struct modifier_call *call, const struct value *arguments,
                           uint32_t count, struct value *result)
{
    static const char special[] = ".\\+*?[^]$(){}=!<>|:-#/";
    struct number_text rooms[2];
    struct str text = value_to_str(&arguments[0], &rooms[0]);
    struct str delimiter = modifier_str(arguments, count, 1, "", &rooms[1]);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool quoted = (c != '\0' && c != '/' && strchr(special, c)) ||
                      (delimiter.len > 0 && c == delimiter.ptr[0]);
        text_add(call->scratch, c == '\0' ? STR_OF("\\000")
                                : quoted  ? STR_OF("\\")
                                          : STR_OF(""));
        if (c != '\0') {
            text_add_char(call->scratch, c);
        }
    }
    return modifier_text(call, result);
}

static const struct function functions[] = {
    FUNCTION_RUN("preg_match", 2, 2, AS_BOTH, "t", run_preg_match),
    FUNCTION_RUN("preg_quote", 1, 2, AS_BOTH, "t", run_preg_quote),
    FUNCTION_RUN("preg_replace", 3, 4, AS_BOTH, "..ti", run_preg_replace),
    FUNCTION_RUN("regex_replace", 3, 4, AS_MODIFIER, "...i", run_regex_replace),
};

const struct family family_pattern = {functions, sizeof functions / sizeof *functions};
