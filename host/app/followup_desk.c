#include "app/followup_desk.h"

#include <string.h>

#include "app/answer.h"
#include "followup/followup_run.h"

/* A question in the store's thread, while the asker waits. */
struct desk {
    struct store_work work; /* first */
    const json_t *arguments;
    json_t *items;
};

json_t *followup_desk_blank(const char *account, struct str name)
{
    json_t *item = json_pack("{s:s,s:o,s:s,s:n}", "account", account, "followup",
                             answer_text(name), "state", "gone", "on");
    for (unsigned state = RUN_WAITING; state < RUN_STATES; state++) {
        (void)json_object_set_new(item, run_state_name((enum run_state)state),
                                  json_integer(0));
    }
    return item;
}

static bool is_of(const json_t *item, const char *account, struct str name)
{
    return item &&
           strcmp(json_string_value(json_object_get(item, "account")), account) == 0 &&
           str_is(name, json_string_value(json_object_get(item, "followup")));
}

static void add_count(struct desk *desk, const struct run_count *count)
{
    char account[128];
    size_t last = json_array_size(desk->items);
    json_t *item = last > 0 ? json_array_get(desk->items, last - 1) : NULL;
    (void)snprintf(account, sizeof account, "%.*s", STR_ARGS(count->account));
    if (!is_of(item, account, count->name)) {
        item = followup_desk_blank(account, count->name);
        (void)json_array_append_new(desk->items, item);
    }
    (void)json_object_set_new(item, run_state_name(count->state),
                              json_integer(count->runs));
}

static void take_count(void *self, const struct run_count *count)
{
    add_count(self, count);
}

static bool list(struct store_work *work, struct db *db, struct error *error)
{
    struct desk *desk = (struct desk *)(void *)work;
    const char *account = json_string_value(json_object_get(desk->arguments, "account"));
    return run_counts(db, str_from(account), take_count, desk, error);
}

json_t *followup_desk_ask(struct store *store, const char *what, const json_t *arguments,
                          struct error *error)
{
    struct desk desk = {
        .work = {.run = list}, .arguments = arguments, .items = json_array()};
    if (strcmp(what, "list") != 0) {
        json_decref(desk.items);
        (void)error_set(error, IMH_REJECTED, "nobody knows the question '%s'", what);
        return NULL;
    }
    if (!store_do(store, &desk.work, error)) {
        json_decref(desk.items);
        return NULL;
    }
    return json_pack("{s:o,s:n}", "items", desk.items, "next");
}
