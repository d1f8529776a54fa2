/* The lists of a collection: collection_list(). */
#include "collection.h"

#include <stdlib.h>

#include "letters.h"
#include "object.h"
#include "pages.h"

enum { PAGE_MOST = 100, DOUBTFUL_PAGE = 20 /* at least: some are for nothing */ };

/* A filter of which the shop finds more than templates would. */
struct doubt {
    const struct column *column;
    imh_str value;
};

/* What a template asks of a list, as far as the shop can do it. */
struct wish {
    imh_call *call;
    const struct collection *collection;
    const struct shop_view *view;
    struct pages pages;
    int filters, sorts;   /* the shop does all of them */
    struct doubt *doubts; /* none: the shop's filters are exact */
    unsigned doubt_count;
    struct doubt told;  /* what all items are found by, though none of them tells it */
    struct doubt owner; /* whose items are shown */
    int counts;
    unsigned long limit;
};

static const struct column *find_column(const struct wish *wish, imh_str name)
{
    for (unsigned i = 0; i < wish->collection->column_count; i++) {
        if (strcmp(wish->collection->columns[i].name, name.ptr) == 0) {
            return &wish->collection->columns[i];
        }
    }
    return NULL;
}

/* [field, relation, value]; 0 when the shop cannot do it. */
static int take_filter(struct wish *wish, imh_str filter)
{
    imh_call *call = wish->call;
    const struct column *column = find_column(wish, imh_at(call, filter, "/0"));
    const struct asked asked = {.relation = imh_at(call, filter, "/1"),
                                .value = imh_at(call, filter, "/2"),
                                .type = call->host->json_type(call, filter, imh_text("/2")),
                                .view = wish->view};
    if (!column || !column->ask || criteria_is_full(&wish->pages.criteria) ||
        !column->ask(&wish->pages.criteria, column, &asked)) {
        return 0;
    }
    if (column->doubts) {
        wish->doubts[wish->doubt_count++] = (struct doubt){column, asked.value};
    }
    if (column->told) {
        wish->told = (struct doubt){column, asked.value};
    }
    if (column->owns) {
        wish->owner = (struct doubt){column, asked.value};
    }
    return 1;
}

static void take_filters(struct wish *wish, imh_str query)
{
    imh_call *call = wish->call;
    const imh_item *filters;
    uint32_t count = call->host->json_items(call, imh_at(call, query, "/filter"), &filters);
    wish->filters = 1;
    wish->doubts = call->host->alloc(call, (count + 1) * sizeof *wish->doubts);
    for (uint32_t i = 0; i < count; i++) {
        wish->filters = take_filter(wish, filters[i].json) && wish->filters;
    }
}

/* All or none: an order is no help without what decides before it. */
static void take_orders(struct wish *wish, imh_str query)
{
    imh_call *call = wish->call;
    const imh_item *orders;
    uint32_t count = call->host->json_items(call, imh_at(call, query, "/orderby"), &orders);
    wish->sorts = 1;
    for (uint32_t i = 0; i < count; i++) {
        const struct column *column = find_column(wish, imh_at(call, orders[i].json, "/0"));
        wish->sorts = wish->sorts && column && column->sorts;
    }
    for (uint32_t i = 0; wish->sorts && i < count; i++) {
        imh_str way = imh_at(call, orders[i].json, "/1");
        criteria_sort(&wish->pages.criteria,
                      find_column(wish, imh_at(call, orders[i].json, "/0"))->field,
                      strcmp(way.ptr, "desc") == 0);
    }
}

static unsigned long number_at(imh_call *call, imh_str query, const char *pointer,
                               unsigned long otherwise)
{
    imh_str text = imh_at(call, query, pointer);
    return criteria_is_number(text) ? strtoul(text.ptr, NULL, 10) : otherwise;
}

/* "2", or "2/20" for pages of a shop that allows no larger ones. */
static void read_place(struct wish *wish, imh_str after)
{
    const char *slash = strchr(after.ptr, '/');
    struct pages *pages = &wish->pages;
    pages->number = imh_is_empty(after) ? 1 : strtoul(after.ptr, NULL, 10);
    pages->size = slash ? (unsigned)strtoul(slash + 1, NULL, 10) : PAGE_MOST;
    if (pages->number == 0 || pages->size == 0 || pages->size > PAGE_MOST) {
        pages->number = 1;
        pages->size = PAGE_MOST;
    }
}

/* Few when few are wanted and the shop finds them by itself. */
static unsigned page_size(const struct wish *wish)
{
    unsigned most = wish->pages.size;
    if (wish->counts) {
        return 1;
    }
    if (!wish->filters || !wish->sorts || wish->limit == 0 || wish->limit >= most) {
        return most;
    }
    unsigned size = (unsigned)wish->limit;
    unsigned least = most < DOUBTFUL_PAGE ? most : DOUBTFUL_PAGE;
    return wish->doubt_count > 0 && size < least ? least : size;
}

static struct wish read_wish(imh_call *call, const struct collection *collection,
                             const struct shop_view *view, int scoped, imh_str query)
{
    struct wish wish = {.call = call,
                        .collection = collection,
                        .view = view,
                        .pages = {.call = call,
                                  .criteria = criteria_begin(call, collection->path),
                                  .id = collection->id},
                        .counts = !imh_is_empty(imh_at(call, query, "/count")),
                        .limit = number_at(call, query, "/limit", PAGE_MOST)};
    read_place(&wish, imh_at(call, query, "/after"));
    if (scoped && collection->scope) {
        collection->scope(&wish.pages.criteria, view);
    }
    take_filters(&wish, query);
    take_orders(&wish, query);
    wish.pages.size = page_size(&wish);
    return wish;
}

static int is_doubted(const struct wish *wish, imh_str item)
{
    for (unsigned i = 0; i < wish->doubt_count; i++) {
        const struct doubt *doubt = &wish->doubts[i];
        if (doubt->column->doubts(wish->call, doubt->column, item, doubt->value)) {
            return 1;
        }
    }
    return 0;
}

/* What the shop let pass is what templates would. A count shows nothing to look at. */
static int is_filtered(const struct wish *wish, const imh_item *items, uint32_t count)
{
    int exact = wish->filters && !(wish->doubt_count > 0 && wish->counts);
    for (uint32_t i = 0; exact && i < count; i++) {
        exact = !is_doubted(wish, items[i].json);
    }
    return exact;
}

static int has_attribute(imh_call *call, imh_str item, const char *code)
{
    struct object object = object_read(call, item);
    return object_find(&object, code) || !imh_is_empty(object_attribute(&object, code));
}

/* With what it was found by, as one member more: the host may have to filter once more. */
static void write_item(imh_json *json, const struct wish *wish, imh_str item)
{
    const char *told = wish->told.column ? wish->told.column->name : NULL;
    wish->collection->write(json, item, wish->view);
    if (told && !has_attribute(wish->call, item, told)) {
        json->len--; /* the brace at its end */
        imh_json_key(json, told);
        imh_json_text(json, wish->told.value);
        imh_json_close(json, '}');
    }
}

static void write_done(imh_json *json, const struct wish *wish, int filtered)
{
    imh_json_key(json, "$done");
    imh_json_open(json, '[');
    if (filtered) {
        imh_json_text(json, imh_text("filter"));
    }
    if (wish->sorts) {
        imh_json_text(json, imh_text("orderby"));
    }
    imh_json_close(json, ']');
}

static int is_owned(const struct wish *wish, imh_str item)
{
    const struct doubt *owner = &wish->owner;
    return !owner->column ||
           letters_same(imh_at(wish->call, item, owner->column->at), owner->value);
}

/* Past the last page old shops give the last one again: the total says where to stop. When
 * it is not told, a page that is not full is the last one. */
static void write_end(imh_json *json, const struct wish *wish, imh_str total,
                      uint32_t count)
{
    imh_call *call = wish->call;
    const struct pages *pages = &wish->pages;
    int told = criteria_is_number(total);
    if (told) {
        imh_json_key(json, "$total");
        imh_json_raw(json, total);
    }
    int more = told ? pages->number * pages->size < strtoul(total.ptr, NULL, 10)
                    : count >= pages->size;
    if (!wish->counts && more) {
        imh_json_key(json, "$next");
        imh_json_text(json, imh_print(call, "%lu/%u", pages->number + 1, pages->size));
    }
}

static imh_str page_json(const struct wish *wish, imh_str body)
{
    imh_call *call = wish->call;
    imh_json json = imh_json_begin(call);
    const imh_item *items;
    uint32_t count = call->host->json_items(call, imh_at(call, body, "/items"), &items);
    imh_json_reserve(&json, wish->counts ? 0 : OBJECT_COPIES * body.len);
    imh_json_open(&json, '{');
    imh_json_key(&json, "$items");
    imh_json_open(&json, '[');
    for (uint32_t i = 0; !wish->counts && i < count; i++) {
        if (is_owned(wish, items[i].json)) {
            write_item(&json, wish, items[i].json);
        }
    }
    imh_json_close(&json, ']');
    write_end(&json, wish, imh_at(call, body, "/total_count"), count);
    void *mark = call->host->mark(call);
    int filtered = is_filtered(wish, items, count);
    call->host->release(call, mark);
    write_done(&json, wish, filtered);
    imh_json_close(&json, '}');
    return imh_json_str(&json);
}

/* Written for templates a page is larger than the shop's: too large for the host, it is
 * asked for in parts, too. When the call has said all it may, the rest waits. */
static imh_status answer_page(struct wish *wish, const imh_lookup *lookup)
{
    imh_call *call = wish->call;
    for (;;) {
        imh_str body;
        void *mark = call->host->mark(call);
        imh_status status = pages_read(&wish->pages, &body);
        int is_read = status == IMH_OK;
        if (is_read) {
            status = imh_answer(call, lookup, page_json(wish, body));
        }
        call->host->release(call, mark);
        if (!is_read || status == IMH_OK || status == IMH_WAIT ||
            !pages_shrink(&wish->pages)) {
            return status;
        }
    }
}

imh_status collection_list(struct shop *shop, imh_call *call,
                           const struct collection *collection, int scoped,
                           const imh_lookup *const *lookups, uint32_t count)
{
    struct shop_view view;
    imh_status status = shop_view(shop, call, &view);
    for (uint32_t i = 0; status == IMH_OK && i < count; i++) {
        struct wish wish = read_wish(call, collection, &view, scoped, lookups[i]->query);
        imh_status one = answer_page(&wish, lookups[i]);
        if (one != IMH_OK) {
            (void)imh_unanswered(call, lookups[i], one);
        }
    }
    return status;
}
