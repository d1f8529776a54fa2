#include "app/event_desk.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "event/event_list.h"

enum { PAGE_USUAL = 50 };

/* A question in the store's thread, while the asker waits. */
struct desk {
    struct store_work work; /* first */
    const json_t *arguments;
    bool (*tell)(struct desk *desk, struct db *db, struct error *error);
    json_t *answer;
};

/* ---- parts of answers ---- */

static json_t *text_of(struct str str)
{
    return json_stringn(str.ptr, str.len);
}

/* JSON stays a text here: its numbers keep their digits. */
static json_t *kept_of(struct str text)
{
    return text.len > 0 ? text_of(text) : json_null();
}

static json_t *time_of(int64_t at_ms)
{
    char written[40];
    time_t seconds = (time_t)(at_ms / 1000);
    struct tm utc = {0};
    if (at_ms <= 0 || !gmtime_r(&seconds, &utc)) {
        return json_null();
    }
    (void)snprintf(written, sizeof written, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                   utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                   utc.tm_sec, (int)(at_ms % 1000));
    return json_string(written);
}

static json_t *event_of(const struct event_shown *shown)
{
    const struct event *event = &shown->event;
    return json_pack("{s:I,s:o,s:o,s:o,s:o,s:o,s:o}", "id", (json_int_t)event->id,
                     "account", text_of(shown->account), "integration",
                     text_of(shown->identifier), "type", text_of(event->type), "key",
                     text_of(event->key), "at", time_of(event->at_ms), "seen_at",
                     time_of(event->seen_at_ms));
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
        self, json_pack("{s:o,s:o,s:o,s:s,s:o,s:o,s:i,s:i,s:o}", "account",
                        text_of(shown->account), "integration", text_of(shown->identifier),
                        "source", text_of(shown->source), "state", state, "read_to",
                        time_of(place->done_ms), "answered_at", time_of(place->good_at_ms),
                        "failures", (int)place->failures, "skipped", (int)place->parked,
                        "error", kept_of(place->trouble)));
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

static bool show(struct desk *desk, struct db *db, struct error *error)
{
    struct event_shown shown;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    bool good = event_load(db, asked_number(desk, "id"), &arena, &shown, error);
    if (good) {
        desk->answer = event_of(&shown);
        (void)json_object_set_new(desk->answer, "subject", kept_of(shown.event.subject));
        (void)json_object_set_new(desk->answer, "data", kept_of(shown.event.data));
        (void)json_object_set_new(desk->answer, "origin", kept_of(shown.event.origin));
    }
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
    } desks[] = {{"list", list}, {"show", show}, {"sources", sources}};
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
