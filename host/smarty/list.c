#include "smarty/list.h"

#include <stdlib.h>

#include "base/utf8.h"

enum { CONTAINS_BYTES = 1 << 20 }; /* so much of a text is looked at */

static bool fail_memory(const struct arena *arena, struct error *error)
{
    return error_set(error, IMH_REJECTED, "a list takes more than %zu MiB of memory",
                     arena->most >> 20);
}

/* ---- what people write ---- */

static const struct {
    const char *name;
    enum list_relation relation;
} relations[] = {
    {"==", LIST_EQUAL},
    {"=", LIST_EQUAL},
    {"eq", LIST_EQUAL},
    {"!=", LIST_NOT_EQUAL},
    {"<>", LIST_NOT_EQUAL},
    {"ne", LIST_NOT_EQUAL},
    {"neq", LIST_NOT_EQUAL},
    {"<", LIST_LESS},
    {"lt", LIST_LESS},
    {"<=", LIST_LESS_OR_EQUAL},
    {"le", LIST_LESS_OR_EQUAL},
    {"lte", LIST_LESS_OR_EQUAL},
    {">", LIST_GREATER},
    {"gt", LIST_GREATER},
    {">=", LIST_GREATER_OR_EQUAL},
    {"ge", LIST_GREATER_OR_EQUAL},
    {"gte", LIST_GREATER_OR_EQUAL},
    {"contains", LIST_CONTAINS},
    {"given", LIST_GIVEN},
};

/* The first name of a relation is the one that queries have. */
const char *list_relation_name(enum list_relation relation)
{
    for (size_t i = 0; i < sizeof relations / sizeof *relations; i++) {
        if (relations[i].relation == relation) {
            return relations[i].name;
        }
    }
    return "";
}

static bool read_relation(const struct value *value, enum list_relation *relation,
                          struct error *error)
{
    struct number_text room;
    struct str name = value_to_str(value, &room);
    for (size_t i = 0; i < sizeof relations / sizeof *relations; i++) {
        if (str_is(name, relations[i].name)) {
            *relation = relations[i].relation;
            return true;
        }
    }
    return error_set(error, IMH_REJECTED,
                     "filter does not know the operator '%.*s': it is one of == != < <= > "
                     ">= contains",
                     STR_ARGS(str_before(name, 40)));
}

static bool read_field(const char *modifier, const struct value *value, struct str *field,
                       struct error *error)
{
    if (value->type != VALUE_TEXT || value->len == 0) {
        return error_set(error, IMH_REJECTED, "%s takes the name of a field: |%s:\"price\"",
                         modifier, modifier);
    }
    *field = value_str(value);
    return true;
}

/* filter:field, filter:field:value, filter:field:relation:value */
static bool read_filter(const struct value *arguments, uint32_t count,
                        struct refinement *refinement, struct error *error)
{
    refinement->relation = count == 1 ? LIST_GIVEN : LIST_EQUAL;
    refinement->value = count > 1 ? arguments[count - 1] : value_null();
    return read_field("filter", &arguments[0], &refinement->field, error) &&
           (count < 3 || read_relation(&arguments[1], &refinement->relation, error));
}

/* orderby:field, orderby:field:"desc" */
static bool read_orderby(const struct value *arguments, uint32_t count,
                         struct refinement *refinement, struct error *error)
{
    struct number_text room;
    struct str way = count > 1 ? value_to_str(&arguments[1], &room) : STR_OF("asc");
    refinement->descending = str_eq_nocase(way, STR_OF("desc"));
    if (!refinement->descending && !str_eq_nocase(way, STR_OF("asc"))) {
        return error_set(error, IMH_REJECTED,
                         "orderby sorts \"asc\" or \"desc\", not '%.*s'",
                         STR_ARGS(str_before(way, 40)));
    }
    return read_field("orderby", &arguments[0], &refinement->field, error);
}

static bool read_limit(const struct value *arguments, uint32_t count,
                       struct refinement *refinement, struct error *error)
{
    struct value number;
    (void)count;
    if (!value_to_number(&arguments[0], &number)) {
        return error_set(error, IMH_REJECTED, "limit takes a number: |limit:5");
    }
    int64_t limit = value_to_int(&number);
    refinement->limit = limit > 0 ? limit : 0;
    return true;
}

bool refinement_read(enum refine kind, const struct value *arguments, uint32_t count,
                     struct refinement *refinement, struct error *error)
{
    *refinement = (struct refinement){.kind = kind, .value = value_null()};
    switch (kind) {
    case REFINE_FILTER:
        return read_filter(arguments, count, refinement, error);
    case REFINE_ORDERBY:
        return read_orderby(arguments, count, refinement, error);
    case REFINE_LIMIT:
        return read_limit(arguments, count, refinement, error);
    default:
        return true;
    }
}

/* ---- fields of elements ---- */

/* A list while it is refined. */
struct work {
    const struct refinement *refinement;
    const struct array *from;
    struct array *to;
    struct arena *arena;
    struct effort *effort;
    bool pending; /* a field is data of another object that is not there yet */
    struct error *error;
};

/* One step of a path, into what is here or into data of the host. */
static bool step_into(struct work *work, struct str step, struct value *at)
{
    struct key key = key_from_text(step);
    if (at->type == VALUE_LAZY) {
        return at->lazy->type->member(at->lazy, &key, work->arena, at, work->error);
    }
    const struct value *found = at->type == VALUE_ARRAY ? array_get(at->array, &key) : NULL;
    *at = found ? *found : (struct value){.type = VALUE_UNDEFINED};
    return true;
}

/* The field of an element, in its plain form; undefined when it has none. */
static bool field_of(struct work *work, uint32_t number, struct value *found)
{
    struct str rest = work->refinement->field;
    struct str step;
    struct value at = *array_value_at(work->from, number);
    while (at.type >= VALUE_ARRAY && at.type != VALUE_PENDING &&
           str_split(&rest, '.', &step)) {
        if (!step_into(work, step, &at)) {
            return false;
        }
    }
    if (at.type == VALUE_LAZY && at.lazy->type->whole &&
        !at.lazy->type->whole(at.lazy, work->arena, &at, work->error)) {
        return false;
    }
    bool there = rest.len == 0 || at.type == VALUE_PENDING;
    work->pending = work->pending || at.type == VALUE_PENDING;
    *found = there ? *value_plain(&at) : (struct value){.type = VALUE_UNDEFINED};
    return true;
}

static bool has_element(const struct array *array, const struct value *wanted,
                        struct effort *effort)
{
    for (uint32_t i = 0; i < array->count; i++) {
        if (value_equal(array_value_at(array, i), wanted, effort)) {
            return true;
        }
    }
    return false;
}

static bool contains(const struct value *value, const struct value *wanted,
                     struct effort *effort)
{
    struct number_text room;
    struct text text;
    struct text part;
    if (value->type == VALUE_ARRAY) {
        return has_element(value->array, wanted, effort);
    }
    text_init(&text, CONTAINS_BYTES);
    text_init(&part, CONTAINS_BYTES);
    utf8_add_lower(&text, value_to_str(value, &room));
    utf8_add_lower(&part, value_to_str(wanted, &room));
    (void)effort_spend_text(effort, text.len + part.len);
    bool found = str_find(text_str(&text), text_str(&part), 0) < text.len || part.len == 0;
    text_done(&text);
    text_done(&part);
    return found;
}

static bool is_given(const struct value *value)
{
    return !value_is_nothing(value) && !(value->type == VALUE_TEXT && value->len == 0);
}

/* What has no value is smaller and greater than nothing: it is only unequal. */
static bool passes(const struct refinement *filter, const struct value *value,
                   struct effort *effort)
{
    static const enum comparison comparisons[LIST_RELATION_COUNT] = {
        [LIST_EQUAL] = COMPARISON_EQUAL,
        [LIST_NOT_EQUAL] = COMPARISON_NOT_EQUAL,
        [LIST_LESS] = COMPARISON_LESS,
        [LIST_LESS_OR_EQUAL] = COMPARISON_LESS_OR_EQUAL,
        [LIST_GREATER] = COMPARISON_GREATER,
        [LIST_GREATER_OR_EQUAL] = COMPARISON_GREATER_OR_EQUAL,
    };
    bool given = is_given(value);
    switch (filter->relation) {
    case LIST_GIVEN:
        return given;
    case LIST_CONTAINS:
        return given && contains(value, &filter->value, effort);
    case LIST_EQUAL:
    case LIST_NOT_EQUAL:
        return value_holds(comparisons[filter->relation], value, &filter->value, effort);
    default:
        return given &&
               value_holds(comparisons[filter->relation], value, &filter->value, effort);
    }
}

/* ---- doing it ---- */

static bool add(struct work *work, uint32_t number)
{
    struct key key;
    const struct value *value = array_at(work->from, number, &key);
    value_share(value);
    bool good = work->from->is_list ? array_append(work->arena, work->to, value)
                                    : array_set(work->arena, work->to, &key, value);
    return good || fail_memory(work->arena, work->error);
}

static bool filter(struct work *work)
{
    for (uint32_t i = 0; i < work->from->count; i++) {
        struct value found;
        if (!field_of(work, i, &found)) {
            return false;
        }
        if (!work->pending && passes(work->refinement, &found, work->effort) &&
            !add(work, i)) {
            return false;
        }
    }
    return true;
}

/* An element on its way to its place; equal ones stay in the order they came in. */
struct sorted {
    struct value field;
    struct effort *effort;
    uint32_t number;
    bool descending;
};

static int compare_sorted(const void *a, const void *b)
{
    const struct sorted *left = a;
    const struct sorted *right = b;
    int order = left->descending ? value_compare(&right->field, &left->field, left->effort)
                                 : value_compare(&left->field, &right->field, left->effort);
    return order ? order : left->number < right->number ? -1 : 1;
}

static bool orderby(struct work *work)
{
    uint32_t count = work->from->count;
    struct sorted *sorted = arena_alloc(work->arena, count * sizeof *sorted);
    if (!sorted) {
        return fail_memory(work->arena, work->error);
    }
    for (uint32_t i = 0; i < count; i++) {
        sorted[i].number = i;
        sorted[i].effort = work->effort;
        sorted[i].descending = work->refinement->descending;
        if (!field_of(work, i, &sorted[i].field)) {
            return false;
        }
    }
    if (work->pending) {
        return true;
    }
    qsort(sorted, count, sizeof *sorted, compare_sorted);
    for (uint32_t i = 0; i < count; i++) {
        if (!add(work, sorted[i].number)) {
            return false;
        }
    }
    return true;
}

static bool limit(struct work *work)
{
    for (uint32_t i = 0; i < work->from->count && i < work->refinement->limit; i++) {
        if (!add(work, i)) {
            return false;
        }
    }
    return true;
}

/* A scalar is a list of one. */
static struct array *array_of(const struct value *list, struct arena *arena)
{
    if (list->type == VALUE_ARRAY) {
        return list->array;
    }
    struct array *one = array_make(arena, 1);
    return one && array_append(arena, one, list) ? one : NULL;
}

bool refinement_apply(const struct refinement *refinement, const struct value *list,
                      struct arena *arena, struct effort *effort, struct value *result,
                      struct error *error)
{
    static bool (*const doers[])(struct work * work) = {
        [REFINE_FILTER] = filter, [REFINE_ORDERBY] = orderby, [REFINE_LIMIT] = limit};
    if (value_is_nothing(list) || list->type >= VALUE_LAZY) {
        *result = list->type == VALUE_PENDING ? *list : value_null();
        return true;
    }
    struct work work = {.refinement = refinement,
                        .from = array_of(list, arena),
                        .to = array_make(arena, 0),
                        .arena = arena,
                        .effort = effort,
                        .error = error};
    if (!work.from || !work.to) {
        return fail_memory(arena, error);
    }
    bool good = doers[refinement->kind](&work);
    *result = work.pending ? value_pending() : value_array(work.to);
    return good &&
           (!effort_is_spent(effort) || error_set(error, IMH_REJECTED, EFFORT_SPENT));
}
