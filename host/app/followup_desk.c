#include "app/followup_desk.h"

#include <string.h>

#include "app/answer.h"
#include "app/why_desk.h"
#include "engine/followup_store.h"
#include "followup/followup_era.h"
#include "queue/book_sql.h"

/* A question in the store's thread, while the asker waits. */
struct desk {
    struct store_work work; /* first */
    const json_t *arguments;
    json_t *(*tell)(const json_t *arguments, struct db *db, struct error *error);
    json_t *answer;
};

json_t *followup_desk_on(const struct followup *followup)
{
    json_t *on = json_array();
    for (uint32_t i = 0; i < followup->on.count; i++) {
        const struct followup_event *event = &followup->on.items[i];
        (void)json_array_append_new(
            on,
            json_sprintf("%.*s.%.*s", STR_ARGS(event->integration), STR_ARGS(event->type)));
    }
    return on;
}

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

static void add_count(void *self, const struct run_count *count)
{
    json_t *items = self;
    char account[128];
    size_t last = json_array_size(items);
    json_t *item = last > 0 ? json_array_get(items, last - 1) : NULL;
    (void)snprintf(account, sizeof account, "%.*s", STR_ARGS(count->account));
    if (!is_of(item, account, count->name)) {
        item = followup_desk_blank(account, count->name);
        (void)json_array_append_new(items, item);
    }
    (void)json_object_set_new(item, run_state_name(count->state),
                              json_integer(count->runs));
}

static json_t *list(const json_t *arguments, struct db *db, struct error *error)
{
    const char *account = json_string_value(json_object_get(arguments, "account"));
    json_t *items = json_array();
    if (!run_counts(db, str_from(account), add_count, items, error)) {
        json_decref(items);
        return NULL;
    }
    return json_pack("{s:o,s:n}", "items", items, "next");
}

static bool run(struct store_work *work, struct db *db, struct error *error)
{
    struct desk *desk = (struct desk *)(void *)work;
    desk->answer = desk->tell(desk->arguments, db, error);
    return desk->answer != NULL;
}

json_t *followup_desk_ask(struct store *store, const char *what, const json_t *arguments,
                          struct error *error)
{
    static const struct {
        const char *what;
        json_t *(*tell)(const json_t *arguments, struct db *db, struct error *error);
    } desks[] = {{"list", list},
                 {"eras", why_desk_eras},
                 {"seen", why_desk_seen},
                 {"known", why_desk_known}};
    struct desk desk = {.work = {.run = run}, .arguments = arguments};
    for (size_t i = 0; i < sizeof desks / sizeof *desks; i++) {
        desk.tell = strcmp(what, desks[i].what) == 0 ? desks[i].tell : desk.tell;
    }
    if (!desk.tell) {
        (void)error_set(error, IMH_REJECTED, "nobody knows the question '%s'", what);
        return NULL;
    }
    if (!store_do(store, &desk.work, error)) {
        json_decref(desk.answer);
        return NULL;
    }
    return desk.answer;
}

/* ---- how they are from now on ---- */

struct era_step {
    struct store_work work; /* first */
    struct config *config;
    int64_t now_ms;
};

static const struct followup *followups_of(const struct account *account)
{
    return account->followup_set ? followup_set_first(account->followup_set)
                                 : account->followups;
}

static bool is_there(void *self, struct str account_name, struct str name)
{
    const struct account *account = config_account(self, account_name);
    const struct followup *at = account ? followups_of(account) : NULL;
    while (at && !str_eq(at->name, name)) {
        at = at->next;
    }
    return at != NULL;
}

static bool keep_eras(struct store_work *work, struct db *db, struct error *error)
{
    const struct era_step *step = (const struct era_step *)(void *)work;
    struct config *config = step->config;
    for (const struct account *at = config->accounts; at; at = at->next) {
        int64_t place = 0;
        const struct followup *one = followups_of(at);
        bool good = !one || book_sql_integration(db, str_from(at->name),
                                                 STR_OF(FOLLOWUP_PLACE), &place, error);
        for (; good && one; one = one->next) {
            good = era_add(db, place, one, step->now_ms, error);
        }
        if (!good) {
            return false;
        }
    }
    return era_end_others(db, is_there, config, step->now_ms, error);
}

bool followup_desk_loaded(struct store *store, struct config *config, struct error *error)
{
    struct era_step step = {
        .work = {.run = keep_eras}, .config = config, .now_ms = clock_now_ms(&clock_real)};
    return store_do(store, &step.work, error);
}
