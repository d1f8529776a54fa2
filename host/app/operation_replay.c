#include "app/operation_replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/answer.h"
#include "engine/followup_again.h"
#include "engine/followups.h"
#include "event/event_list.h"
#include "followup/followup_run.h"
#include "store/audit.h"

/* A page holds up nobody for long; so many later events are looked through for one. */
enum { BLOCK_BYTES = 64 << 10, PAGE_DRY = 200, PAGE_DONE = 20, LEARNED_ONCE = 1000 };

/* A page of them. */
struct replaying {
    struct store_work work; /* first */
    const struct operation *operation;
    struct arena arena;
    struct event_shown shown[PAGE_DRY];
    struct followup_page *pages[PAGE_DRY];
    uint32_t count, most;
    bool dry, short_of_memory;
    bool learns; /* nothing was done yet: it is to be asked again */
    json_t *items, *errors;
};

static struct replaying *replaying_of(struct store_work *work)
{
    return (struct replaying *)(void *)work;
}

static const json_t *asked(const struct replaying *replaying, const char *name)
{
    return json_object_get(replaying->operation->arguments, name);
}

static struct str asked_text(const struct replaying *replaying, const char *name)
{
    const json_t *value = asked(replaying, name);
    const char *text = json_string_value(value);
    return text ? (struct str){text, json_string_length(value)} : STR_OF("");
}

/* ---- which ---- */

static void keep(void *self, const struct event_shown *shown)
{
    struct replaying *replaying = self;
    struct event_shown *kept = &replaying->shown[replaying->count++];
    *kept = *shown;
    struct str *const texts[] = {
        &kept->account,    &kept->identifier,   &kept->event.type,   &kept->event.key,
        &kept->event.data, &kept->event.origin, &kept->event.subject};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        *texts[i] = arena_copy(&replaying->arena, *texts[i]);
        replaying->short_of_memory = replaying->short_of_memory || !texts[i]->ptr;
    }
}

static bool load_ids(struct replaying *replaying, struct db *db, struct error *error)
{
    const json_t *id;
    size_t i;
    json_array_foreach(asked(replaying, "ids"), i, id)
    {
        struct event_shown *shown = &replaying->shown[replaying->count];
        struct error missing;
        if (replaying->count == replaying->most) {
            return error_set(error, IMH_REJECTED, "at most %u events at once",
                             replaying->most);
        }
        if (event_load(db, json_integer_value(id), &replaying->arena, shown, &missing)) {
            replaying->count++;
        } else if (missing.status == IMH_MISSING) {
            (void)json_array_append_new(replaying->errors, json_string(missing.text));
        } else {
            *error = missing;
            return false;
        }
    }
    return true;
}

static bool load(struct store_work *work, struct db *db, struct error *error)
{
    struct replaying *replaying = replaying_of(work);
    const struct event_filter filter = {
        .account = asked_text(replaying, "account"),
        .integration = asked_text(replaying, "integration"),
        .type = asked_text(replaying, "type"),
        .after = json_integer_value(asked(replaying, "after")),
        .since_ms = json_integer_value(asked(replaying, "since_ms")),
        .most = replaying->most};
    if (json_is_array(asked(replaying, "ids"))) {
        return load_ids(replaying, db, error);
    }
    return event_replayed(db, &filter, keep, replaying, error) &&
           (!replaying->short_of_memory ||
            error_set(error, IMH_RETRY, "no memory for events"));
}

/* ---- what they start ---- */

static json_t *item_of(const struct replaying *replaying, struct str name)
{
    json_t *item;
    size_t i;
    json_array_foreach(replaying->items, i, item)
    {
        if (str_is(name, json_string_value(json_object_get(item, "followup")))) {
            return item;
        }
    }
    item = json_pack("{s:o,s:i,s:i}", "followup", answer_text(name), "starts", 0,
                     "unwanted", 0);
    (void)json_array_append_new(replaying->items, item);
    return item;
}

static bool ran(struct db *db, int64_t event, struct str name, bool *has,
                struct error *error)
{
    static const char sql[] = "select 1 from followup_run where event = $1 and name = $2";
    OWN(query) query = db_query(db, sql, error);
    query_put_int(query, event);
    query_put_text(query, name);
    enum query_step step = query_next(query, error);
    *has = step == QUERY_ROW;
    return step != QUERY_FAILED;
}

/* Those of the event that did not run for it; `*fresh`: there are some. */
static bool count(struct replaying *replaying, struct db *db, uint32_t number, bool *fresh,
                  struct error *error)
{
    const struct candidates *found = followup_page_found(replaying->pages[number]);
    for (uint32_t i = 0; found && i < found->count; i++) {
        const struct candidate *candidate = &found->items[i];
        bool has = false;
        if (!ran(db, replaying->shown[number].event.id, candidate->followup->name, &has,
                 error)) {
            return false;
        }
        if (!has) {
            json_t *item = item_of(replaying, candidate->followup->name);
            const char *what = candidate->answer == ANSWERS_NO ? "unwanted" : "starts";
            json_int_t before = json_integer_value(json_object_get(item, what));
            (void)json_object_set_new(item, what, json_integer(before + 1));
            *fresh = true;
        }
    }
    return true;
}

static bool note(const struct replaying *replaying, struct db *db,
                 const struct event_shown *shown, struct error *error)
{
    char who[40];
    char subject[40];
    (void)snprintf(who, sizeof who, "uid %u", (unsigned)replaying->operation->asker);
    (void)snprintf(subject, sizeof subject, "event %" PRId64, shown->event.id);
    const struct audit audit = {.at_ms = clock_now_ms(&clock_real),
                                .actor = str_from(who),
                                .action = STR("event replay"),
                                .account = shown->account,
                                .subject = str_from(subject)};
    return audit_add(db, &audit, error);
}

/* What happened meanwhile that nobody looked for. */
static bool learn(struct replaying *replaying, struct db *db, struct error *error)
{
    uint32_t left = LEARNED_ONCE;
    for (uint32_t i = 0; i < replaying->count; i++) {
        const struct event_shown *shown = &replaying->shown[i];
        const struct candidates *found = followup_page_found(replaying->pages[i]);
        for (uint32_t at = 0; found && at < found->count && left > 0; at++) {
            const struct learning learning = {shown->account, found->items[at].followup,
                                              shown->event.id};
            if (found->items[at].answer != ANSWERS_NO &&
                !followup_learn(&learning, db, &left, error)) {
                return false;
            }
        }
    }
    replaying->learns = left == 0;
    return true;
}

static bool take(struct store_work *work, struct db *db, struct error *error)
{
    struct replaying *replaying = replaying_of(work);
    if (!replaying->dry && !learn(replaying, db, error)) {
        return false;
    }
    for (uint32_t i = 0; i < replaying->count && !replaying->learns; i++) {
        const struct event_shown *shown = &replaying->shown[i];
        bool fresh = false;
        if (!count(replaying, db, i, &fresh, error)) {
            return false;
        }
        if (fresh && !replaying->dry &&
            (!followup_page_take(replaying->pages[i], db, &shown->event, error) ||
             !note(replaying, db, shown, error))) {
            return false;
        }
    }
    return true;
}

/* ---- replay ---- */

static bool look(struct replaying *replaying, struct error *error)
{
    struct followups *followups = replaying->operation->daemon->followups;
    for (uint32_t i = 0; i < replaying->count; i++) {
        const struct event_shown *shown = &replaying->shown[i];
        struct followup_page *page =
            followups_look(followups, shown->account, shown->identifier, &shown->event, 1);
        if (!page) {
            return error_set(error, IMH_RETRY, "no memory for events");
        }
        followup_page_again(page, asked_text(replaying, "followup"));
        replaying->pages[i] = page;
    }
    return true;
}

static bool has_room(const struct replaying *replaying, struct error *error)
{
    const struct room *room = keeper_room(replaying->operation->daemon->keeper);
    if (room->is_short && !replaying->dry) {
        room_say(room, error);
    }
    return !room->is_short || replaying->dry;
}

static bool replay(struct replaying *replaying, struct error *error)
{
    struct daemon *daemon = replaying->operation->daemon;
    struct store *store = safe_store(daemon->context->safe);
    replaying->work.run = load;
    if (!has_room(replaying, error) || !store_do(store, &replaying->work, error) ||
        !look(replaying, error)) {
        return false;
    }
    replaying->work.run = take;
    if (!store_do(store, &replaying->work, error)) {
        return false;
    }
    for (uint32_t i = 0; i < replaying->count && !replaying->dry; i++) {
        followup_page_stored(replaying->pages[i], daemon->deliver);
    }
    return true;
}

static json_t *answer_of(const struct replaying *replaying)
{
    if (replaying->learns) {
        return json_pack("{s:i,s:O,s:O,s:I}", "events", 0, "items", replaying->items,
                         "errors", replaying->errors, "next",
                         json_integer_value(asked(replaying, "after")));
    }
    bool full =
        replaying->count == replaying->most && !json_is_array(asked(replaying, "ids"));
    int64_t last = full ? replaying->shown[replaying->count - 1].event.id : 0;
    return json_pack("{s:i,s:O,s:O,s:o}", "events", (int)replaying->count, "items",
                     replaying->items, "errors", replaying->errors, "next",
                     full ? json_integer(last) : json_null());
}

json_t *operation_event_replay(const struct operation *operation, struct error *error)
{
    bool dry = json_is_true(json_object_get(operation->arguments, "dry"));
    struct replaying *replaying = calloc(1, sizeof *replaying);
    json_t *answer = NULL;
    if (!replaying) {
        (void)error_set(error, IMH_RETRY, "no memory for events");
        return NULL;
    }
    replaying->operation = operation;
    replaying->dry = dry;
    replaying->most = dry ? PAGE_DRY : PAGE_DONE;
    replaying->items = json_array();
    replaying->errors = json_array();
    arena_init(&replaying->arena, BLOCK_BYTES, 0);
    if (replay(replaying, error)) {
        answer = answer_of(replaying);
    }
    for (uint32_t i = 0; i < replaying->count; i++) {
        followup_page_free(replaying->pages[i]);
    }
    json_decref(replaying->items);
    json_decref(replaying->errors);
    arena_done(&replaying->arena);
    free(replaying);
    return answer;
}
