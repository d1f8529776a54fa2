#include "app/event_desk.h"

#include <string.h>

#include "app/answer.h"
#include "event/event_list.h"
#include "followup/followup_run.h"

enum { PAGE_USUAL = 50, READ_BYTES = 1 << 20 /* of a page, and one event more */ };

/* A question in the store's thread, while the asker waits. */
struct desk {
    struct store_work work; /* first */
    const json_t *arguments;
    bool (*tell)(struct desk *desk, struct db *db, struct error *error);
    json_t *answer;
};

/* ---- parts of answers ---- */

static json_t *event_of(const struct event_shown *shown)
{
    const struct event *event = &shown->event;
    return json_pack("{s:I,s:o,s:o,s:o,s:o,s:o,s:o}", "id", (json_int_t)event->id,
                     "account", answer_text(shown->account), "integration",
                     answer_text(shown->identifier), "type", answer_text(event->type),
                     "key", answer_text(event->key), "at", answer_time(event->at_ms),
                     "seen_at", answer_time(event->seen_at_ms));
}

static void add_event(void *self, const struct event_shown *shown)
{
    (void)json_array_append_new(self, event_of(shown));
}

static void add_source(void *self, const struct source_shown *shown)
{
    const struct source_place *place = &shown->place;
    const char *state = place->failures > 0 ? "failing" : place->learned ? "good" : "new";
    (void)json_array_append_new(
        self,
        json_pack("{s:o,s:o,s:o,s:s,s:o,s:o,s:i,s:i,s:o}", "account",
                  answer_text(shown->account), "integration",
                  answer_text(shown->identifier), "source", answer_text(shown->source),
                  "state", state, "read_to", answer_time(place->done_ms), "answered_at",
                  answer_time(place->good_at_ms), "failures", (int)place->failures,
                  "skipped", (int)place->parked, "error", answer_kept(place->trouble)));
}

/* ---- what is asked ---- */

static struct str asked_text(const struct desk *desk, const char *name)
{
    const json_t *value = json_object_get(desk->arguments, name);
    const char *text = json_string_value(value);
    return text ? (struct str){text, json_string_length(value)} : STR_OF("");
}

static int64_t asked_number(const struct desk *desk, const char *name)
{
    return json_integer_value(json_object_get(desk->arguments, name));
}

static struct event_filter filter_of(const struct desk *desk)
{
    int64_t limit = asked_number(desk, "limit");
    limit = limit < 1 ? PAGE_USUAL : limit > EVENT_PAGE_MOST ? EVENT_PAGE_MOST : limit;
    return (struct event_filter){.account = asked_text(desk, "account"),
                                 .integration = asked_text(desk, "integration"),
                                 .type = asked_text(desk, "type"),
                                 .before = asked_number(desk, "before"),
                                 .most = (uint32_t)limit};
}

/* A full page may have another behind it. */
static json_t *next_of(const json_t *items, uint32_t most)
{
    size_t count = json_array_size(items);
    const json_t *last = count == most ? json_array_get(items, count - 1) : NULL;
    return last ? json_copy(json_object_get(last, "id")) : json_null();
}

static bool list(struct desk *desk, struct db *db, struct error *error)
{
    const struct event_filter filter = filter_of(desk);
    json_t *items = json_array();
    bool good = event_list(db, &filter, add_event, items, error);
    desk->answer =
        json_pack("{s:o,s:o}", "items", items, "next", next_of(items, filter.most));
    return good;
}

/* What came of the event. */
static void add_run(void *self, const struct followup_run *run)
{
    (void)json_array_append_new(
        self, json_pack("{s:o,s:s,s:i,s:i,s:o,s:o,s:o}", "followup", answer_text(run->name),
                        "state", run_state_name(run->state), "step", (int)run->step,
                        "steps", (int)run->steps, "reason",
                        run->reason.len > 0 ? answer_text(run->reason) : json_null(), "job",
                        run->job > 0 ? json_integer(run->job) : json_null(), "ended_at",
                        answer_time(run->ended_ms)));
}

static bool show(struct desk *desk, struct db *db, struct error *error)
{
    struct event_shown shown;
    struct arena arena;
    json_t *runs = json_array();
    arena_init(&arena, 4096, 0);
    bool good =
        event_load(db, asked_number(desk, "id"), &arena, &shown, error) &&
        run_each_of_event(db, asked_number(desk, "id"), &arena, add_run, runs, error);
    if (good) {
        desk->answer = event_of(&shown);
        (void)json_object_set_new(desk->answer, "subject",
                                  answer_kept(shown.event.subject));
        (void)json_object_set_new(desk->answer, "data", answer_kept(shown.event.data));
        (void)json_object_set_new(desk->answer, "origin", answer_kept(shown.event.origin));
        (void)json_object_set(desk->answer, "followups", runs);
    }
    json_decref(runs);
    arena_done(&arena);
    return good;
}

static bool sources(struct desk *desk, struct db *db, struct error *error)
{
    const struct event_filter filter = filter_of(desk);
    json_t *items = json_array();
    bool good = source_list(db, &filter, add_source, items, error);
    desk->answer = json_pack("{s:o,s:n}", "items", items, "next");
    return good;
}

/* A page of events that is being read. */
struct reading {
    json_t *items;
    size_t bytes;
};

static bool add_whole(void *self, const struct event_shown *shown)
{
    struct reading *reading = self;
    const struct event *event = &shown->event;
    (void)json_array_append_new(
        reading->items, json_pack("[I,I,I,o,o,o,o,o,o]", (json_int_t)event->id,
                                  (json_int_t)event->at_ms, (json_int_t)event->seen_at_ms,
                                  answer_text(shown->identifier), answer_text(event->type),
                                  answer_text(event->key), answer_text(event->data),
                                  answer_text(event->subject), answer_text(event->origin)));
    reading->bytes += event->data.len + event->subject.len + event->origin.len;
    return reading->bytes < READ_BYTES;
}

static bool read_whole(struct desk *desk, struct db *db, struct error *error)
{
    struct reading reading = {.items = json_array()};
    const struct event_span span = {.account = asked_text(desk, "account"),
                                    .after = asked_number(desk, "after"),
                                    .since_ms = asked_number(desk, "since_ms"),
                                    .before_ms = asked_number(desk, "before_ms"),
                                    .most = (uint32_t)asked_number(desk, "limit")};
    bool good = event_read(db, &span, add_whole, &reading, error);
    desk->answer = json_pack("{s:o,s:n}", "items", reading.items, "next");
    return good;
}

/* ---- asking ---- */

static bool run(struct store_work *work, struct db *db, struct error *error)
{
    struct desk *desk = (struct desk *)(void *)work;
    return desk->tell(desk, db, error);
}

json_t *event_desk_ask(struct store *store, const char *what, const json_t *arguments,
                       struct error *error)
{
    static const struct {
        const char *what;
        bool (*tell)(struct desk *desk, struct db *db, struct error *error);
    } desks[] = {
        {"list", list}, {"show", show}, {"sources", sources}, {"read", read_whole}};
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
