#include "engine/lists.h"

#include "smarty/list.h"

/* One modifier of a list; the newest first. */
struct demand {
    const struct demand *before;
    struct refinement refinement;
};

struct list {
    struct lazy lazy; /* first */
    const struct root *root;
    uint32_t variable;
    struct str filter; /* of its reference: always the plugin's to do */
    const struct demand *newest;
    uint32_t count;
};

/* What a list comes to: what the remote can be asked for at once, and what must wait until
 * that is done. */
struct plan {
    const struct list *list;
    const struct refinement *demands[LIST_DEMANDS_MOST];
    uint32_t count;
    uint32_t remote; /* so many of them go along in the query */
    int64_t limit;   /* the least limit among these; -1: none */
};

static const struct lazy_type list_type;

static bool fail_memory(struct error *error)
{
    return error_set(error, IMH_REJECTED, "no memory left for a list");
}

static const char *name_of(const struct list *list)
{
    return list->root->descriptor->variables[list->variable].name;
}

/* ---- planning ---- */

/* Filters and orders commute; a limit ends what a remote can do in one query, but for a
 * second limit. */
static struct plan make_plan(const struct list *list)
{
    struct plan plan = {.list = list, .count = list->count, .limit = -1};
    uint32_t at = list->count;
    for (const struct demand *demand = list->newest; demand; demand = demand->before) {
        plan.demands[--at] = &demand->refinement;
    }
    for (; plan.remote < plan.count; plan.remote++) {
        const struct refinement *demand = plan.demands[plan.remote];
        bool is_limit = demand->kind == REFINE_LIMIT;
        if (plan.limit >= 0 && !is_limit) {
            break;
        }
        if (is_limit && (plan.limit < 0 || demand->limit < plan.limit)) {
            plan.limit = demand->limit;
        }
    }
    return plan;
}

static bool has(const struct plan *plan, enum refine kind)
{
    for (uint32_t i = 0; i < plan->remote; i++) {
        if (plan->demands[i]->kind == kind) {
            return true;
        }
    }
    return false;
}

/* ---- the query ---- */

/* Behind `,` when it is not the first of its list. */
static void add_comma(struct text *query)
{
    char last = query->len > 0 ? query->ptr[query->len - 1] : '[';
    text_add_cstr(query, last == '[' || last == '{' ? "" : ",");
}

/* Values as their text, as a remote's address has them; nothing is null, truth is none of
 * them: it is compared otherwise than "1". */
static void add_value(struct text *query, const struct value *value)
{
    struct number_text room;
    if (value_is_nothing(value)) {
        text_add_cstr(query, "null");
    } else if (value->type == VALUE_BOOL) {
        text_add_cstr(query, value->truth ? "true" : "false");
    } else {
        json_add_string(query, value_to_str(value, &room));
    }
}

static void add_filter(struct text *query, const struct refinement *filter)
{
    add_comma(query);
    text_add_char(query, '[');
    json_add_string(query, filter->field);
    text_add_char(query, ',');
    json_add_string(query, str_from(list_relation_name(filter->relation)));
    text_add_char(query, ',');
    add_value(query, &filter->value);
    text_add_char(query, ']');
}

/* The reference's filter, without its brackets, then the template's. */
static void add_filters(struct text *query, const struct plan *plan)
{
    struct str own = plan->list->filter;
    struct str inner =
        own.len > 2 ? str_before(str_after(own, 1), own.len - 2) : STR_OF("");
    if (inner.len == 0 && !has(plan, REFINE_FILTER)) {
        return;
    }
    add_comma(query);
    text_add_cstr(query, "\"filter\":[");
    text_add(query, inner);
    for (uint32_t i = 0; i < plan->remote; i++) {
        if (plan->demands[i]->kind == REFINE_FILTER) {
            add_filter(query, plan->demands[i]);
        }
    }
    text_add_char(query, ']');
}

/* The last one written decides first: sorting is stable. */
static void add_orders(struct text *query, const struct plan *plan)
{
    if (!has(plan, REFINE_ORDERBY)) {
        return;
    }
    add_comma(query);
    text_add_cstr(query, "\"orderby\":[");
    for (uint32_t i = plan->remote; i > 0; i--) {
        const struct refinement *order = plan->demands[i - 1];
        if (order->kind == REFINE_ORDERBY) {
            add_comma(query);
            text_add_char(query, '[');
            json_add_string(query, order->field);
            text_add_cstr(query, order->descending ? ",\"desc\"]" : ",\"asc\"]");
        }
    }
    text_add_char(query, ']');
}

static void write_query(struct text *query, const struct plan *plan, struct str after,
                        bool count)
{
    text_clear(query);
    text_add_char(query, '{');
    add_filters(query, plan);
    if (!count) {
        add_orders(query, plan);
    }
    if (plan->limit >= 0 && !count) {
        add_comma(query);
        text_print(query, "\"limit\":%" PRId64, plan->limit);
    }
    if (count) {
        add_comma(query);
        text_add_cstr(query, "\"count\":true");
    }
    if (after.len > 0) {
        add_comma(query);
        text_add_cstr(query, "\"after\":");
        json_add_string(query, after);
    }
    text_add_char(query, '}');
    if (text_str(query).len == 2) {
        text_clear(query); /* all of it, from the start */
    }
}

static bool ask_for(const struct plan *plan, struct str after, bool count,
                    struct text *query, struct value *value, struct error *error)
{
    const struct list *list = plan->list;
    write_query(query, plan, after, count);
    struct ask ask = {.root = list->root,
                      .variable = list->variable,
                      .key = STR(""),
                      .query = text_str(query),
                      .is_page = after.len > 0};
    return text_ok(query, "what is asked of a list", error) &&
           variables_ask(list->root->variables, &ask, value, error);
}

/* ---- collecting ---- */

/* A list while its pages are put together. */
struct gathering {
    const struct plan *plan;
    struct arena *arena;
    struct array *items; /* those that pass the filters */
    struct effort effort;
    uint64_t seen;
    bool ordered; /* by the remote, in every page so far */
    bool pending; /* what the filters look at is not all there */
};

/* A page's items behind those before, without the ones that the filters do not let pass. */
static bool add_page(struct gathering *gathering, const struct array *page,
                     struct error *error)
{
    const struct plan *plan = gathering->plan;
    struct value items = {.type = VALUE_ARRAY, .array = (struct array *)page};
    bool filtered = page->page && page->page->filtered;
    bool good = true;
    gathering->ordered = gathering->ordered && page->page && page->page->ordered;
    gathering->seen += page->count;
    for (uint32_t i = 0; good && !filtered && i < plan->remote; i++) {
        if (plan->demands[i]->kind == REFINE_FILTER) {
            good = refinement_apply(plan->demands[i], &items, gathering->arena,
                                    &gathering->effort, &items, error);
        }
    }
    gathering->pending = gathering->pending || items.type == VALUE_PENDING;
    for (uint32_t i = 0; good && !gathering->pending && i < items.array->count; i++) {
        good = array_append(gathering->arena, gathering->items,
                            array_value_at(items.array, i)) ||
               fail_memory(error);
    }
    return good;
}

/* Enough for the limit, when the order of what came is the final one. */
static bool is_enough(const struct gathering *gathering)
{
    const struct plan *plan = gathering->plan;
    return plan->limit >= 0 && gathering->items->count >= plan->limit &&
           (gathering->ordered || !has(plan, REFINE_ORDERBY));
}

static bool fail_many(const struct list *list, struct error *error)
{
    return error_set(error, IMH_REJECTED,
                     "'%s.%s' has more than %d elements to look through: filter by a field "
                     "that the remote can search, or put |limit before what it cannot do",
                     list->root->integration->identifier, name_of(list), LIST_ITEMS_MOST);
}

/* Asks for what is behind `after` and adds it. `page` is no array when it is pending, or
 * when there is no such list. */
static bool add_next(struct gathering *gathering, struct str after, struct text *query,
                     struct value *page, struct error *error)
{
    return ask_for(gathering->plan, after, false, query, page, error) &&
           (page->type != VALUE_ARRAY || add_page(gathering, page->array, error));
}

/* All pages that are needed, as far as they are there: `value` is an array, or pending, or
 * null when there is no such list. A page without items is the last. */
static bool gather(struct gathering *gathering, struct text *query, struct value *value,
                   struct error *error)
{
    struct str after = STR_OF("");
    struct value page;
    do {
        if (gathering->seen >= LIST_ITEMS_MOST) {
            return fail_many(gathering->plan->list, error);
        }
        if (!add_next(gathering, after, query, &page, error)) {
            return false;
        }
        if (page.type != VALUE_ARRAY) {
            *value = page.type == VALUE_PENDING ? page : value_null();
            return true;
        }
        after = page.array->page ? page.array->page->next : STR_OF("");
    } while (after.len > 0 && page.array->count > 0 && !gathering->pending &&
             !is_enough(gathering));
    *value = gathering->pending ? value_pending() : value_array(gathering->items);
    return true;
}

/* What the remote could not be asked for, and what it did not do. */
static bool finish(struct gathering *gathering, struct value *value, struct error *error)
{
    const struct plan *plan = gathering->plan;
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct refinement *demand = plan->demands[i];
        bool done =
            i < plan->remote && (demand->kind == REFINE_FILTER ||
                                 (demand->kind == REFINE_ORDERBY && gathering->ordered));
        if (!done && !refinement_apply(demand, value, gathering->arena, &gathering->effort,
                                       value, error)) {
            return false;
        }
    }
    return true;
}

/* ---- as a lazy value ---- */

static bool list_whole(const struct lazy *lazy, struct arena *arena, struct value *value,
                       struct error *error)
{
    struct plan plan = make_plan((const struct list *)lazy);
    struct gathering gathering = {.plan = &plan,
                                  .arena = arena,
                                  .items = array_make(arena, 0),
                                  .effort = effort_full(),
                                  .ordered = true};
    struct text query;
    text_init(&query, LIST_QUERY_BYTES);
    bool good = gathering.items != NULL || fail_memory(error);
    *value = value_array(gathering.items);
    good = good && (plan.limit == 0 || gather(&gathering, &query, value, error));
    text_done(&query);
    return good && (value->type != VALUE_ARRAY || finish(&gathering, value, error));
}

static bool list_member(const struct lazy *lazy, const struct key *key, struct arena *arena,
                        struct value *value, struct error *error)
{
    struct value whole;
    if (!list_whole(lazy, arena, &whole, error)) {
        return false;
    }
    const struct value *found =
        whole.type == VALUE_ARRAY ? array_get(whole.array, key) : NULL;
    *value = whole.type == VALUE_PENDING ? whole : found ? *found : value_null();
    return true;
}

/* How many it has, as the remote tells; -1: it does not. */
static bool ask_total(const struct plan *plan, int64_t *total, bool *pending,
                      struct error *error)
{
    struct value value;
    struct text query;
    text_init(&query, LIST_QUERY_BYTES);
    bool good = ask_for(plan, STR_OF(""), true, &query, &value, error);
    text_done(&query);
    const struct page *page = good && value.type == VALUE_ARRAY ? value.array->page : NULL;
    bool told = page && (page->filtered || !has(plan, REFINE_FILTER));
    *total = told ? page->total : -1;
    *pending = good && value.type == VALUE_PENDING;
    return good;
}

/* By the total the remote tells; without one, by fetching all of it. */
static bool list_count(const struct list *list, struct arena *arena, struct value *value,
                       struct error *error)
{
    struct plan plan = make_plan(list);
    int64_t total = -1;
    bool pending = false;
    if (plan.remote == plan.count && !ask_total(&plan, &total, &pending, error)) {
        return false;
    }
    if (pending || total >= 0) {
        bool cut = plan.limit >= 0 && plan.limit < total;
        *value = pending ? value_pending() : value_int(cut ? plan.limit : total);
        return true;
    }
    if (!list_whole(&list->lazy, arena, value, error)) {
        return false;
    }
    if (value->type != VALUE_PENDING) {
        *value = value_int(value->type == VALUE_ARRAY ? value->array->count : 0);
    }
    return true;
}

static bool list_refine(const struct lazy *lazy, const struct refinement *refinement,
                        struct arena *arena, struct value *value, struct error *error)
{
    const struct list *list = (const struct list *)lazy;
    if (refinement->kind == REFINE_COUNT) {
        return list_count(list, arena, value, error);
    }
    if (list->count == LIST_DEMANDS_MOST) {
        return error_set(error, IMH_REJECTED, "a list takes at most %d modifiers",
                         LIST_DEMANDS_MOST);
    }
    struct list *refined = arena_alloc(arena, sizeof *refined);
    struct demand *demand = arena_alloc(arena, sizeof *demand);
    if (!refined || !demand) {
        return fail_memory(error);
    }
    *demand = (struct demand){.before = list->newest, .refinement = *refinement};
    *refined = *list;
    refined->newest = demand;
    refined->count++;
    *value = (struct value){.type = VALUE_LAZY, .lazy = &refined->lazy};
    return true;
}

static void list_write(const struct lazy *lazy, struct text *out)
{
    const struct list *list = (const struct list *)lazy;
    text_add_cstr(out, "{\"$ref\":[");
    json_add_string(out, str_from(name_of(list)));
    text_add_char(out, ']');
    if (list->filter.len > 0) {
        text_add_cstr(out, ",\"$filter\":");
        text_add(out, list->filter);
    }
    text_add_char(out, '}');
}

static const struct lazy_type list_type = {
    .member = list_member, .whole = list_whole, .refine = list_refine, .write = list_write};

bool list_make(const struct root *root, uint32_t variable, struct str filter,
               struct arena *arena, struct value *value)
{
    struct list *list = arena_alloc(arena, sizeof *list);
    if (!list) {
        return false;
    }
    *list = (struct list){
        .lazy = {&list_type}, .root = root, .variable = variable, .filter = filter};
    *value = (struct value){.type = VALUE_LAZY, .lazy = &list->lazy};
    return true;
}
