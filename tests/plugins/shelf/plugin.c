/* shelf - books and their authors, who refer to each other: for tests of lists and
 * references.
 *
 *     book.N       {"id": N, "title": "Book N", "price": N * 7 % 100, "author": reference,
 *                  "printed": a time}
 *     author.M     {"name": "Author M", "books": the list of those with N % 10 == M}
 *     books        all of them, of `size`, in pages of `page`; `can` says what the plugin
 *                  does of what is asked
 *     asked        how often books were asked for, and the last query
 */
#include <stdlib.h>

#include <imh/json.h>

enum { AUTHORS = 10, SIZE_MOST = 200000, FILTERS_MOST = 8 };

static const imh_option options[] = {
    {.name = "size", .type = IMH_INTEGER, .fallback = "250", .min = 0, .max = SIZE_MOST},
    {.name = "page", .type = IMH_INTEGER, .fallback = "100", .min = 1, .max = 1000},
    {.name = "can", .type = IMH_CHOICE, .choices = "nothing|filter|all", .fallback = "all"},
};

enum { BOOK, AUTHOR, BOOKS, ASKED };

static const imh_variable variables[] = {
    [BOOK] = {.name = "book", .type = IMH_OBJECT, .flags = IMH_KEYED, .ttl_s = 60},
    [AUTHOR] = {.name = "author", .type = IMH_OBJECT, .flags = IMH_KEYED, .ttl_s = 60},
    [BOOKS] = {.name = "books", .type = IMH_ARRAY, .ttl_s = 60},
    [ASKED] = {.name = "asked", .type = IMH_OBJECT},
};

/* Of an instance, which has one thread: tests only. */
static _Thread_local long asked;
static _Thread_local char last_query[2000];

static long number(imh_str text)
{
    return strtol(text.ptr, NULL, 10);
}

static long price(long id)
{
    return id * 7 % 100;
}

static void write_book(imh_json *json, long id)
{
    imh_call *call = json->call;
    imh_json_raw(json,
                 imh_print(call,
                           "{\"id\":%ld,\"title\":\"Book %ld\",\"price\":{\"$value\":"
                           "%ld,\"currency\":\"EUR\"},\"author\":{\"$ref\":[\"author\","
                           "\"%ld\"]},\"printed\":{\"$time\":\"2026-07-01 22:30:00\"},"
                           "\"attributes\":{\"author\":{\"$ref\":[\"author\","
                           "\"1\"]}}}",
                           id, id, price(id), id % AUTHORS));
}

static imh_status answer_book(imh_call *call, const imh_lookup *lookup)
{
    imh_json json = imh_json_begin(call);
    if (strcmp(lookup->path[0].ptr, "circle") == 0) {
        return imh_answer(call, lookup, imh_text("{\"$ref\":[\"book\",\"circle\"]}"));
    }
    if (strcmp(lookup->path[0].ptr, "first") == 0) {
        return imh_answer(call, lookup, imh_text("{\"$ref\":[\"book\",1]}"));
    }
    if (strcmp(lookup->path[0].ptr, "endless") == 0) {
        return imh_answer(
            call, lookup,
            imh_print(call, "{\"next\":{\"$ref\":[\"book\",\"%01025d\"]}}", 1));
    }
    long id = number(lookup->path[0]);
    if (id < 0 || id >= number(call->host->option(call, "size"))) {
        return IMH_MISSING;
    }
    write_book(&json, id);
    return imh_answer(call, lookup, imh_json_str(&json));
}

static imh_status answer_author(imh_call *call, const imh_lookup *lookup)
{
    long id = number(lookup->path[0]);
    return imh_answer(
        call, lookup,
        imh_print(call,
                  "{\"name\":\"Author %ld\",\"books\":{\"$ref\":[\"books\"],"
                  "\"$filter\":[[\"author\",\"==\",\"%ld\"]]},\"next\":{"
                  "\"$ref\":[\"book\",11,\"author\",\"name\"]},\"nobody\":{"
                  "\"$ref\":[\"critic\",\"1\"]},\"half\":{\"$ref\":[\"book\"]}}",
                  id, id));
}

/* ---- books ---- */

/* One condition of the query. */
struct condition {
    imh_str field, relation, value;
};

struct wish {
    struct condition filters[FILTERS_MOST];
    unsigned filter_count;
    int by_price; /* 1 rising, -1 falling, 0 not */
    long limit, after, page;
    int does_filter, does_order;
};

static int passes(const struct condition *condition, long id)
{
    long wanted = number(condition->value);
    if (strcmp(condition->field.ptr, "author") == 0) {
        return id % AUTHORS == wanted;
    }
    long field = strcmp(condition->field.ptr, "price") == 0 ? price(id) : id;
    return strcmp(condition->relation.ptr, "<") == 0   ? field < wanted
           : strcmp(condition->relation.ptr, ">") == 0 ? field > wanted
                                                       : field == wanted;
}

/* The author's books are always filtered: what a reference says is no wish. */
static int is_wanted(const struct wish *wish, long id)
{
    for (unsigned i = 0; i < wish->filter_count; i++) {
        const struct condition *condition = &wish->filters[i];
        int must = wish->does_filter || strcmp(condition->field.ptr, "author") == 0;
        if (must && !passes(condition, id)) {
            return 0;
        }
    }
    return 1;
}

static struct wish read_wish(imh_call *call, imh_str query)
{
    imh_str can = call->host->option(call, "can");
    imh_str limit = imh_at(call, query, "/limit");
    imh_str way = imh_at(call, query, "/orderby/0/1");
    struct wish wish = {.limit = imh_is_empty(limit) ? SIZE_MOST : number(limit),
                        .after = number(imh_at(call, query, "/after")),
                        .page = number(call->host->option(call, "page")),
                        .does_filter = strcmp(can.ptr, "nothing") != 0,
                        .does_order = strcmp(can.ptr, "all") == 0};
    for (; wish.filter_count < FILTERS_MOST; wish.filter_count++) {
        imh_str one =
            imh_at(call, query, imh_print(call, "/filter/%u", wish.filter_count).ptr);
        if (imh_is_empty(one)) {
            break;
        }
        wish.filters[wish.filter_count] = (struct condition){
            imh_at(call, one, "/0"), imh_at(call, one, "/1"), imh_at(call, one, "/2")};
    }
    if (wish.does_order && !imh_is_empty(way)) {
        wish.by_price = strcmp(way.ptr, "desc") == 0 ? -1 : 1;
    }
    return wish;
}

static int compare_prices(const void *a, const void *b)
{
    const long *left = a;
    const long *right = b;
    long order = price(*left) - price(*right);
    return order ? (int)order : *left < *right ? -1 : 1;
}

static int compare_falling(const void *a, const void *b)
{
    const long *left = a;
    const long *right = b;
    long order = price(*right) - price(*left);
    return order ? (int)order : *left < *right ? -1 : 1;
}

/* The ids that are wanted, in order; how many. */
static long select_books(imh_call *call, const struct wish *wish, long **ids)
{
    long size = number(call->host->option(call, "size"));
    long count = 0;
    *ids = call->host->alloc(call, ((size_t)size + 1) * sizeof **ids);
    for (long id = 0; id < size; id++) {
        if (is_wanted(wish, id)) {
            (*ids)[count++] = id;
        }
    }
    if (wish->by_price != 0) {
        qsort(*ids, (size_t)count, sizeof **ids,
              wish->by_price > 0 ? compare_prices : compare_falling);
    }
    return count;
}

static void write_done(imh_json *json, const struct wish *wish)
{
    imh_json_key(json, "$done");
    imh_json_open(json, '[');
    if (wish->does_filter) {
        imh_json_text(json, imh_text("filter"));
    }
    if (wish->does_order) {
        imh_json_text(json, imh_text("orderby"));
    }
    imh_json_close(json, ']');
}

static imh_status answer_books(imh_call *call, const imh_lookup *lookup)
{
    struct wish wish = read_wish(call, lookup->query);
    long *ids;
    long count = select_books(call, &wish, &ids);
    long end = wish.after + wish.page < count ? wish.after + wish.page : count;
    int counts = !imh_is_empty(imh_at(call, lookup->query, "/count"));
    imh_json json = imh_json_begin(call);
    asked++;
    (void)snprintf(last_query, sizeof last_query, "%s", lookup->query.ptr);
    end = end < wish.limit || !wish.does_order ? end : wish.limit;
    imh_json_open(&json, '{');
    imh_json_key(&json, "$total");
    imh_json_raw(&json, imh_print(call, "%ld", count));
    imh_json_key(&json, "$items");
    imh_json_open(&json, '[');
    for (long i = wish.after; !counts && i < end; i++) {
        write_book(&json, ids[i]);
    }
    imh_json_close(&json, ']');
    if (!counts && end < count) {
        imh_json_key(&json, "$next");
        imh_json_text(&json, imh_print(call, "%ld", end));
    }
    write_done(&json, &wish);
    imh_json_close(&json, '}');
    return imh_answer(call, lookup, imh_json_str(&json));
}

static imh_status answer_asked(imh_call *call, const imh_lookup *lookup)
{
    imh_json json = imh_json_begin(call);
    imh_json_open(&json, '{');
    imh_json_key(&json, "times");
    imh_json_raw(&json, imh_print(call, "%ld", asked));
    imh_json_key(&json, "query");
    imh_json_text(&json, imh_text(last_query));
    imh_json_close(&json, '}');
    return imh_answer(call, lookup, imh_json_str(&json));
}

static imh_status resolve(void *self, imh_call *call, const imh_lookup *lookup)
{
    static imh_status (*const answers[])(imh_call * call, const imh_lookup *lookup) = {
        [BOOK] = answer_book,
        [AUTHOR] = answer_author,
        [BOOKS] = answer_books,
        [ASKED] = answer_asked};
    (void)self;
    return answers[lookup->variable](call, lookup);
}

const imh_plugin imh_plugin_entry = {
    .abi = IMH_ABI,
    .name = "shelf",
    .version = "1.0.0",
    .options = IMH_LIST(options),
    .variables = IMH_LIST(variables),
    .resolve = resolve,
};
