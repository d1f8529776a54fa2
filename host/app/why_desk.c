#include "app/why_desk.h"

#include <string.h>

#include "app/answer.h"
#include "app/followup_desk.h"
#include "event/event_list.h"
#include "followup/about.h"
#include "followup/followup_era.h"
#include "followup/followup_note.h"
#include "followup/followup_run.h"

enum { BLOCK_BYTES = 16 << 10, SCAN_EVENTS = 500 };

static struct str text_at(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);
    return text ? (struct str){text, json_string_length(value)} : STR_OF("");
}

/* ---- eras ---- */

static json_t *on_of(struct str name, struct str text)
{
    struct error ignored;
    OWN(followup) followup = text.len > 0 ? followup_read(name, text, &ignored) : NULL;
    return followup ? followup_desk_on(followup) : json_array();
}

static void add_era(void *self, const struct era *era)
{
    (void)json_array_append_new(
        self, json_pack("{s:o,s:I,s:s,s:o,s:o}", "from", answer_time(era->at_ms), "from_ms",
                        (json_int_t)era->at_ms, "state", era_name(era->state), "text",
                        answer_text(era->text), "on", on_of(era->name, era->text)));
}

json_t *why_desk_eras(const json_t *arguments, struct db *db, struct error *error)
{
    json_t *items = json_array();
    if (!era_each(db, text_at(arguments, "account"), text_at(arguments, "followup"),
                  add_era, items, error)) {
        json_decref(items);
        return NULL;
    }
    return json_pack("{s:o,s:n}", "items", items, "next");
}

/* ---- what was seen ---- */

struct seeing {
    struct db *db;
    const json_t *arguments;
    const json_t *eras;
    struct followup *followup; /* of the newest era; NULL: none */
    struct arena arena;
    struct error *error;
    bool good;
    json_t *items;
    int64_t last;
    uint32_t looked;
};

/* What a note's number is called. */
static void set_other(json_t *item, const struct run_note *note)
{
    json_int_t other = note->other;
    switch (note->what) {
    case NOTE_WAIT:
        (void)json_object_set_new(item, "until", answer_time(other));
        break;
    case NOTE_RESTART:
        (void)json_object_set_new(item, "event", json_integer(other));
        break;
    case NOTE_ACTION:
        (void)json_object_set_new(item, "job", json_integer(other));
        break;
    case NOTE_LIMIT:
        (void)json_object_set_new(item, "before", json_integer(other));
        break;
    default:
        break;
    }
}

static void add_note(void *self, const struct run_note *note)
{
    json_t *item = json_pack("{s:o,s:i,s:s,s:i}", "at", answer_time(note->at_ms), "step",
                             (int)note->step, "what", note_name(note->what), "times",
                             (int)note->times);
    bool says = note->what == NOTE_IF || note->what == NOTE_RECHECK;
    if (says || note->what == NOTE_LIMIT) {
        (void)json_object_set_new(item, "yes", json_boolean(note->yes));
    }
    if (says) {
        (void)json_object_set_new(item, "values", answer_kept(note->words));
    } else if (note->words.len > 0) {
        json_auto_t *words = json_loadb(note->words.ptr, note->words.len, 0, NULL);
        (void)json_object_update(item, words);
    }
    set_other(item, note);
    (void)json_array_append_new(self, item);
}

static json_t *run_of(const struct seeing *seeing, const struct followup_run *run)
{
    json_t *notes = json_array();
    json_t *item = json_pack(
        "{s:s,s:i,s:i,s:o,s:o,s:o,s:o,s:b,s:o}", "state", run_state_name(run->state),
        "step", (int)run->step, "steps", (int)run->steps, "reason",
        run->reason.len > 0 ? answer_text(run->reason) : json_null(), "since",
        answer_time(run->since_ms), "made_at", answer_time(run->made_ms), "ended_at",
        answer_time(run->ended_ms), "asks", run->asks, "job",
        run->job > 0 ? json_integer(run->job) : json_null());
    if (!note_each(seeing->db, run->id, add_note, notes, seeing->error)) {
        json_decref(notes);
        json_decref(item);
        return NULL;
    }
    (void)json_object_set_new(item, "notes", notes);
    return item;
}

static json_t *era_at(const json_t *eras, int64_t at_ms)
{
    json_t *era;
    size_t i;
    json_array_foreach(eras, i, era)
    {
        if (json_integer_value(json_object_get(era, "from_ms")) <= at_ms) {
            return era;
        }
    }
    return NULL;
}

/* "enabled", "disabled", "gone", "other": it named other events; null: before all that is
 * known. */
static json_t *then_of(const struct seeing *seeing, const struct event_shown *shown)
{
    char name[256];
    const json_t *era = era_at(seeing->eras, shown->event.seen_at_ms);
    const json_t *on;
    size_t i;
    (void)snprintf(name, sizeof name, "%.*s.%.*s", STR_ARGS(shown->identifier),
                   STR_ARGS(shown->event.type));
    if (!era || strcmp(json_string_value(json_object_get(era, "state")), "gone") == 0) {
        return era ? json_string("gone") : json_null();
    }
    json_array_foreach(json_object_get(era, "on"), i, on)
    {
        if (strcmp(json_string_value(on), name) == 0) {
            return json_copy(json_object_get(era, "state"));
        }
    }
    return json_string("other");
}

struct searching {
    struct seeing *seeing;
    json_t *run;
};

static void take_run(void *self, const struct followup_run *run)
{
    struct searching *searching = self;
    if (str_eq(run->name, text_at(searching->seeing->arguments, "followup"))) {
        searching->run = run_of(searching->seeing, run);
        searching->seeing->good = searching->seeing->good && searching->run;
    }
}

static void add_event(struct seeing *seeing, const struct event_shown *shown)
{
    const struct event *event = &shown->event;
    struct searching searching = {.seeing = seeing};
    seeing->good = run_each_of_event(seeing->db, event->id, &seeing->arena, take_run,
                                     &searching, seeing->error) &&
                   seeing->good;
    json_t *item = json_pack(
        "{s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "id", (json_int_t)event->id, "integration",
        answer_text(shown->identifier), "type", answer_text(event->type), "key",
        answer_text(event->key), "at", answer_time(event->at_ms), "seen_at",
        answer_time(event->seen_at_ms), "then", then_of(seeing, shown), "run",
        searching.run ? searching.run : json_null());
    (void)json_array_append_new(seeing->items, item);
}

static void look_at(void *self, const struct event_shown *shown)
{
    struct seeing *seeing = self;
    const struct event *event = &shown->event;
    const struct trigger trigger = {event->id,     shown->identifier, event->type,
                                    event->key,    event->at_ms,      event->data,
                                    event->origin, event->subject};
    seeing->looked++;
    seeing->last = event->id;
    if (seeing->good &&
        about_key(&trigger, seeing->followup, text_at(seeing->arguments, "key"))) {
        add_event(seeing, shown);
    }
}

static struct followup *read_newest(const json_t *eras, struct str name)
{
    struct error ignored;
    const json_t *era;
    size_t i;
    json_array_foreach(eras, i, era)
    {
        struct str text = text_at(era, "text");
        if (text.len > 0) {
            return followup_read(name, text, &ignored);
        }
    }
    return NULL;
}

json_t *why_desk_seen(const json_t *arguments, struct db *db, struct error *error)
{
    json_auto_t *eras = why_desk_eras(arguments, db, error);
    const json_int_t before = json_integer_value(json_object_get(arguments, "before"));
    const struct event_filter filter = {.account = text_at(arguments, "account"),
                                        .integration = text_at(arguments, "integration"),
                                        .before = before,
                                        .most = SCAN_EVENTS};
    struct seeing seeing = {.db = db,
                            .arguments = arguments,
                            .eras = json_object_get(eras, "items"),
                            .error = error,
                            .good = eras != NULL};
    if (!eras) {
        return NULL;
    }
    arena_init(&seeing.arena, BLOCK_BYTES, 0);
    seeing.items = json_array();
    seeing.followup = read_newest(seeing.eras, text_at(arguments, "followup"));
    bool good = event_scan(db, &filter, look_at, &seeing, error) && seeing.good;
    bool more = seeing.looked == SCAN_EVENTS;
    json_t *answer = good ? json_pack("{s:O,s:o}", "items", seeing.items, "next",
                                      more ? json_integer(seeing.last) : json_null())
                          : NULL;
    followup_free(seeing.followup);
    arena_done(&seeing.arena);
    json_decref(seeing.items);
    return answer;
}

/* ---- what came before ---- */

static bool find_integration(struct db *db, const json_t *arguments, int64_t *id,
                             struct error *error)
{
    static const char sql[] = "select id from integration where account = $1 and name = $2";
    OWN(query) query = db_query(db, sql, error);
    query_put_text(query, text_at(arguments, "account"));
    query_put_text(query, text_at(arguments, "integration"));
    enum query_step step = query_next(query, error);
    *id = step == QUERY_ROW ? query_int(query, 0) : 0;
    return step != QUERY_FAILED;
}

json_t *why_desk_known(const json_t *arguments, struct db *db, struct error *error)
{
    static const char *const words[] = {
        [EVENT_NEW] = "new", [EVENT_TOLD] = "told", [EVENT_LEARNED] = "learned"};
    struct event event = {.key = text_at(arguments, "key")};
    json_t *items = json_array();
    const json_t *type;
    size_t i;
    bool good = find_integration(db, arguments, &event.integration, error);
    json_array_foreach(json_object_get(arguments, "types"), i, type)
    {
        enum event_known known = EVENT_NEW;
        event.type = str_from(json_is_string(type) ? json_string_value(type) : "");
        good = good && event_knows(db, &event, &known, error);
        (void)json_array_append_new(
            items, json_pack("{s:O,s:s}", "type", type, "known", words[known]));
    }
    if (!good) {
        json_decref(items);
        return NULL;
    }
    return json_pack("{s:o,s:n}", "items", items, "next");
}
