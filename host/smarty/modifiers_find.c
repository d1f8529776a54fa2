#include "smarty/modifiers.h"

/* PHP's functions that look for one text in another, byte by byte. */

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* A search byte by byte: what it compares is spent, or long texts that are almost the same
 * everywhere would take hours. */
struct search {
    struct effort *effort;
    struct str text, part;
    bool any_case;
    size_t compared; /* and not yet spent */
};

enum { COMPARED_EACH = 8, COMPARED_MOST = 4096 };

static bool same(struct search *search, size_t at)
{
    size_t i = 0;
    const char *text = search->text.ptr + at;
    const char *part = search->part.ptr;
    while (i < search->part.len &&
           (text[i] == part[i] || (search->any_case && lower(text[i]) == lower(part[i])))) {
        i++;
    }
    search->compared += i;
    if (search->compared > COMPARED_MOST) {
        (void)effort_spend(search->effort, search->compared / COMPARED_EACH);
        search->compared = 0;
    }
    return i == search->part.len;
}

/* Where `part` is, at or behind `from`; text.len + 1 when it is nowhere. */
static size_t find(struct effort *effort, struct str text, struct str part, size_t from,
                   bool any_case)
{
    if (!any_case && part.len > 0) {
        size_t found = str_find(text, part, from);
        return found < text.len ? found : text.len + 1;
    }
    struct search search = {effort, text, part, any_case, 0};
    for (size_t at = from; at + part.len <= text.len && !effort_is_spent(effort); at++) {
        if (same(&search, at)) {
            return at;
        }
    }
    return text.len + 1;
}

/* The two texts that most of these functions begin with. */
struct pair {
    struct number_text rooms[2];
    struct str text, part;
};

static void read_pair(struct modifier_call *call, const struct value *arguments,
                      struct pair *pair)
{
    pair->text = value_to_str(&arguments[0], &pair->rooms[0]);
    pair->part = value_to_str(&arguments[1], &pair->rooms[1]);
    (void)effort_spend_text(&call->effort, pair->text.len);
}

static bool position(struct modifier_call *call, const struct value *arguments,
                     uint32_t count, struct value *result, bool any_case)
{
    struct pair pair;
    read_pair(call, arguments, &pair);
    int64_t from = modifier_int(arguments, count, 2, 0);
    int64_t length = (int64_t)pair.text.len;
    from += from < 0 ? length : 0;
    if (from < 0 || from > length) {
        return modifier_fail(call, "strpos: the offset lies outside of the text");
    }
    size_t found = find(&call->effort, pair.text, pair.part, (size_t)from, any_case);
    *result = found > pair.text.len ? value_bool(false) : value_int((int64_t)found);
    return true;
}

static bool run_strpos(struct modifier_call *call, const struct value *arguments,
                       uint32_t count, struct value *result)
{
    return position(call, arguments, count, result, false);
}

static bool run_stripos(struct modifier_call *call, const struct value *arguments,
                        uint32_t count, struct value *result)
{
    return position(call, arguments, count, result, true);
}

/* The last place between `from` and `to`; text.len + 1 for none. */
static size_t find_last(struct effort *effort, struct str text, struct str part,
                        size_t from, size_t to)
{
    struct search search = {effort, text, part, false, 0};
    for (size_t at = to + 1; at > from && !effort_is_spent(effort); at--) {
        if (at - 1 + part.len <= text.len && same(&search, at - 1)) {
            return at - 1;
        }
    }
    return text.len + 1;
}

/* strrpos(text, part, offset): a negative offset says how far from the end a place may
 * begin. */
static bool run_strrpos(struct modifier_call *call, const struct value *arguments,
                        uint32_t count, struct value *result)
{
    struct pair pair;
    read_pair(call, arguments, &pair);
    int64_t offset = modifier_int(arguments, count, 2, 0);
    int64_t length = (int64_t)pair.text.len;
    if (offset > length || offset < -length) {
        return modifier_fail(call, "strrpos: the offset lies outside of the text");
    }
    size_t from = offset > 0 ? (size_t)offset : 0;
    size_t to = offset < 0 ? (size_t)(length + offset) : pair.text.len;
    size_t found = find_last(&call->effort, pair.text, pair.part, from, to);
    *result = found > pair.text.len ? value_bool(false) : value_int((int64_t)found);
    return true;
}

/* strstr(text, part, before=false): what is found and all behind it, or all before it. */
static bool part_from(struct modifier_call *call, const struct value *arguments,
                      uint32_t count, struct value *result, bool any_case)
{
    struct pair pair;
    read_pair(call, arguments, &pair);
    size_t found = find(&call->effort, pair.text, pair.part, 0, any_case);
    if (found > pair.text.len) {
        *result = value_bool(false);
        return true;
    }
    bool before = modifier_bool(arguments, count, 2, false);
    return modifier_copy(
        call, before ? str_before(pair.text, found) : str_after(pair.text, found), result);
}

static bool run_strstr(struct modifier_call *call, const struct value *arguments,
                       uint32_t count, struct value *result)
{
    return part_from(call, arguments, count, result, false);
}

static bool run_stristr(struct modifier_call *call, const struct value *arguments,
                        uint32_t count, struct value *result)
{
    return part_from(call, arguments, count, result, true);
}

/* strrchr(text, byte): from the last one on. */
static bool run_strrchr(struct modifier_call *call, const struct value *arguments,
                        uint32_t count, struct value *result)
{
    struct pair pair;
    (void)count;
    read_pair(call, arguments, &pair);
    struct str byte = pair.part.len > 0 ? str_before(pair.part, 1) : (struct str){"\0", 1};
    size_t found = find_last(&call->effort, pair.text, byte, 0, pair.text.len);
    if (found > pair.text.len) {
        *result = value_bool(false);
        return true;
    }
    return modifier_copy(call, str_after(pair.text, found), result);
}

/* substr_count(text, part, offset, length) */
static bool run_substr_count(struct modifier_call *call, const struct value *arguments,
                             uint32_t count, struct value *result)
{
    struct pair pair;
    read_pair(call, arguments, &pair);
    int64_t size = (int64_t)pair.text.len;
    bool has_length = count > 3 && !value_is_nothing(&arguments[3]);
    struct span span = modifier_span(size, modifier_int(arguments, count, 2, 0), has_length,
                                     modifier_int(arguments, count, 3, 0));
    if (pair.part.len == 0) {
        return modifier_fail(call, "substr_count needs something to count");
    }
    struct str text = str_before(pair.text, span.to > 0 ? (size_t)span.to : 0);
    int64_t times = 0;
    for (size_t at = (size_t)span.from;; times++) {
        at = find(&call->effort, text, pair.part, at, false);
        if (at > text.len) {
            break;
        }
        at += pair.part.len;
    }
    *result = value_int(times);
    return true;
}

static bool run_str_contains(struct modifier_call *call, const struct value *arguments,
                             uint32_t count, struct value *result)
{
    struct pair pair;
    (void)count;
    read_pair(call, arguments, &pair);
    *result =
        value_bool(find(&call->effort, pair.text, pair.part, 0, false) <= pair.text.len);
    return true;
}

static bool run_str_starts_with(struct modifier_call *call, const struct value *arguments,
                                uint32_t count, struct value *result)
{
    struct pair pair;
    (void)count;
    read_pair(call, arguments, &pair);
    *result = value_bool(str_starts(pair.text, pair.part));
    return true;
}

static bool run_str_ends_with(struct modifier_call *call, const struct value *arguments,
                              uint32_t count, struct value *result)
{
    struct pair pair;
    (void)count;
    read_pair(call, arguments, &pair);
    *result = value_bool(str_ends(pair.text, pair.part));
    return true;
}

/* ---- order ---- */

/* The difference of the first bytes that differ; of texts where one begins the other, -1
 * or 1. */
static int64_t order(struct str left, struct str right, bool any_case)
{
    for (size_t i = 0; i < left.len && i < right.len; i++) {
        int a = (unsigned char)(any_case ? lower(left.ptr[i]) : left.ptr[i]);
        int b = (unsigned char)(any_case ? lower(right.ptr[i]) : right.ptr[i]);
        if (a != b) {
            return a - b;
        }
    }
    return (left.len > right.len) - (left.len < right.len);
}

static bool run_strcmp(struct modifier_call *call, const struct value *arguments,
                       uint32_t count, struct value *result)
{
    struct pair pair;
    (void)count;
    read_pair(call, arguments, &pair);
    *result = value_int(order(pair.text, pair.part, false));
    return true;
}

static bool run_strcasecmp(struct modifier_call *call, const struct value *arguments,
                           uint32_t count, struct value *result)
{
    struct pair pair;
    (void)count;
    read_pair(call, arguments, &pair);
    *result = value_int(order(pair.text, pair.part, true));
    return true;
}

static bool run_strncmp(struct modifier_call *call, const struct value *arguments,
                        uint32_t count, struct value *result)
{
    struct pair pair;
    (void)count;
    read_pair(call, arguments, &pair);
    int64_t most = value_to_int(&arguments[2]);
    if (most < 0) {
        return modifier_fail(call, "strncmp takes a length of 0 or more");
    }
    *result = value_int(order(str_before(pair.text, (size_t)most),
                              str_before(pair.part, (size_t)most), false));
    return true;
}

/* ---- replacing ---- */

static void replace_all(struct effort *effort, struct text *out, struct str text,
                        struct str from, struct str to, bool any_case)
{
    for (size_t at = 0;;) {
        size_t found = from.len > 0 ? find(effort, text, from, at, any_case) : text.len + 1;
        size_t until = found > text.len ? text.len : found;
        text_add_bytes(out, text.ptr + at, until - at);
        if (found > text.len) {
            return;
        }
        text_add(out, to);
        at = found + from.len;
    }
}

/* Element `i` of a list, else the value itself; "" behind the list's end. */
static struct str element(const struct value *list, uint32_t i, struct number_text *room)
{
    list = value_plain(list);
    if (list->type != VALUE_ARRAY) {
        return value_to_str(list, room);
    }
    return i < list->array->count ? value_to_str(array_value_at(list->array, i), room)
                                  : STR_OF("");
}

/* One text through all rules. */
static bool replace_in(struct modifier_call *call, const struct value *rules,
                       const struct value *subject, bool any_case, struct value *result)
{
    struct number_text room;
    const struct value *from = value_plain(&rules[0]);
    uint32_t most = from->type == VALUE_ARRAY ? from->array->count : 1;
    if (!modifier_copy(call, value_to_str(subject, &room), result)) {
        return false;
    }
    for (uint32_t i = 0; i < most && !effort_is_spent(&call->effort); i++) {
        struct number_text from_room;
        struct number_text to_room;
        text_clear(call->scratch);
        (void)effort_spend_text(&call->effort, result->len);
        replace_all(&call->effort, call->scratch, value_str(result),
                    element(from, i, &from_room), element(&rules[1], i, &to_room),
                    any_case);
        if (!modifier_text(call, result)) {
            return false;
        }
    }
    return true;
}

/* str_replace(from, to, text): each of them may be a list. */
static bool replace(struct modifier_call *call, const struct value *arguments,
                    struct value *result, bool any_case)
{
    const struct value *subject = value_plain(&arguments[2]);
    bool list = value_plain(&arguments[0])->type == VALUE_ARRAY;
    if (!list && value_plain(&arguments[1])->type == VALUE_ARRAY) {
        return modifier_fail(call, "str_replace: one text cannot be replaced by a list");
    }
    if (subject->type != VALUE_ARRAY) {
        return replace_in(call, arguments, subject, any_case, result);
    }
    struct array *replaced = array_make(call->arena, 0);
    bool good = replaced != NULL;
    for (uint32_t i = 0; good && i < subject->array->count; i++) {
        struct key key;
        struct value value = *array_at(subject->array, i, &key);
        if (value.type != VALUE_ARRAY &&
            !replace_in(call, arguments, &value, any_case, &value)) {
            return false;
        }
        good = array_set(call->arena, replaced, &key, &value);
    }
    *result = value_array(replaced);
    return good || modifier_memory(call);
}

static bool run_str_replace(struct modifier_call *call, const struct value *arguments,
                            uint32_t count, struct value *result)
{
    (void)count;
    return replace(call, arguments, result, false);
}

static bool run_str_ireplace(struct modifier_call *call, const struct value *arguments,
                             uint32_t count, struct value *result)
{
    (void)count;
    return replace(call, arguments, result, true);
}

/* ---- strtr ---- */

/* The longest key of the table that stands here. */
static const struct value *longest(const struct array *table, struct str rest, size_t *len)
{
    const struct value *found = NULL;
    *len = 0;
    for (uint32_t i = 0; i < table->count; i++) {
        struct number_text room;
        struct key key;
        const struct value *value = array_at(table, i, &key);
        struct value name = key_value(&key);
        struct str text = value_to_str(&name, &room);
        if (text.len > *len && str_starts(rest, text)) {
            *len = text.len;
            found = value;
        }
    }
    return found;
}

static bool translate_by_table(struct modifier_call *call, struct str text,
                               const struct array *table, struct value *result)
{
    struct number_text room;
    size_t bytes = 0;
    for (uint32_t i = 0; i < table->count; i++) {
        struct key key;
        (void)array_at(table, i, &key);
        bytes += key.name ? key.len : 1;
    }
    uint64_t each = 1 + table->count + bytes / EFFORT_TEXT_BYTES;
    while (text.len > 0 && effort_spend(&call->effort, each)) {
        size_t len;
        const struct value *to = longest(table, text, &len);
        text_add(call->scratch, to ? value_to_str(to, &room) : str_before(text, 1));
        text = str_after(text, to ? len : 1);
    }
    return modifier_text(call, result);
}

/* strtr(text, from, to) byte by byte, or strtr(text, table). */
static bool run_strtr(struct modifier_call *call, const struct value *arguments,
                      uint32_t count, struct value *result)
{
    struct number_text rooms[3];
    struct str text = value_to_str(&arguments[0], &rooms[0]);
    if (arguments[1].type == VALUE_ARRAY) {
        return translate_by_table(call, text, arguments[1].array, result);
    }
    if (count < 3) {
        return modifier_fail(call, "strtr takes a table, or two texts");
    }
    struct str from = value_to_str(&arguments[1], &rooms[1]);
    struct str to = value_to_str(&arguments[2], &rooms[2]);
    char map[256];
    for (unsigned c = 0; c < 256; c++) {
        map[c] = (char)c;
    }
    for (size_t i = 0; i < from.len && i < to.len; i++) {
        map[(unsigned char)from.ptr[i]] = to.ptr[i];
    }
    for (size_t i = 0; i < text.len; i++) {
        text_add_char(call->scratch, map[(unsigned char)text.ptr[i]]);
    }
    return modifier_text(call, result);
}

static const struct function functions[] = {
    FUNCTION_RUN("str_contains", 2, 2, AS_BOTH, "t", run_str_contains),
    FUNCTION_RUN("str_ends_with", 2, 2, AS_BOTH, "t", run_str_ends_with),
    FUNCTION_RUN("str_ireplace", 3, 3, AS_BOTH, NULL, run_str_ireplace),
    FUNCTION_RUN("str_replace", 3, 3, AS_BOTH, NULL, run_str_replace),
    FUNCTION_RUN("str_starts_with", 2, 2, AS_BOTH, "t", run_str_starts_with),
    FUNCTION_RUN("strcasecmp", 2, 2, AS_BOTH, "t", run_strcasecmp),
    FUNCTION_RUN("strcmp", 2, 2, AS_BOTH, "t", run_strcmp),
    FUNCTION_RUN("stripos", 2, 3, AS_BOTH, "tti", run_stripos),
    FUNCTION_RUN("stristr", 2, 3, AS_BOTH, "tt.", run_stristr),
    FUNCTION_RUN("strncmp", 3, 3, AS_BOTH, "tti", run_strncmp),
    FUNCTION_RUN("strpos", 2, 3, AS_BOTH, "tti", run_strpos),
    FUNCTION_RUN("strrchr", 2, 2, AS_BOTH, "t", run_strrchr),
    FUNCTION_RUN("strrpos", 2, 3, AS_BOTH, "tti", run_strrpos),
    FUNCTION_RUN("strstr", 2, 3, AS_BOTH, "tt.", run_strstr),
    FUNCTION_RUN("strtr", 2, 3, AS_BOTH, "t.t", run_strtr),
    FUNCTION_RUN("substr_count", 2, 4, AS_BOTH, "ttii", run_substr_count),
};

const struct family family_find = {functions, sizeof functions / sizeof *functions};
