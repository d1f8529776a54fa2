#include "engine/schedule_step.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "engine/aftermath.h"
#include "engine/consents.h"
#include "queue/book_sql.h"

enum {
    PAGE_BYTES = 16 << 10,
    PLACE_BYTES = 1 << 10, /* all sources look for their place at once */
    FIRST_ROOM = 64
};

/* ---- in the store's thread ---- */

static bool run_place(struct store_work *work, struct db *db, struct error *error)
{
    struct poll_place *step = (struct poll_place *)(void *)work;
    return book_sql_integration(db, step->account, step->identifier, &step->integration,
                                error) &&
           event_place(db, step->integration, step->source, &step->step.arena, &step->place,
                       error);
}

static bool run_state(struct store_work *work, struct db *db, struct error *error)
{
    struct poll_state *step = (struct poll_state *)(void *)work;
    return event_state(db, step->integration, step->key, &step->step.arena, &step->value,
                       error);
}

/* One that was met before is not counted again. */
static bool note_skipped(struct poll_page *got, struct db *db, struct error *error)
{
    bool fresh = true;
    bool good = got->skipped.number == 0 ||
                skipped_note(db, &got->skipped, &got->step.arena, &fresh, error);
    got->place.parked -= fresh ? 0 : 1;
    return good;
}

static bool trace(void *self, struct db *db, struct event *event, struct error *error)
{
    struct poll_page *got = self;
    return aftermath_find(db, event, got->since_ms, got->page.now_ms, &got->step.arena,
                          error);
}

static bool run_page(struct store_work *work, struct db *db, struct error *error)
{
    struct poll_page *got = (struct poll_page *)(void *)work;
    return note_skipped(got, db, error) && event_take_page(db, &got->page, error) &&
           consents_take(db, &got->page, &got->step.arena, error);
}

/* ---- making them ---- */

static void init(struct poll_step *step, struct polled *polled,
                 bool (*run)(struct store_work *work, struct db *db, struct error *error),
                 size_t block_bytes)
{
    step->polled = polled;
    step->work.run = run;
    arena_init(&step->arena, block_bytes, 0);
}

void poll_step_free(struct poll_step *step)
{
    if (step) {
        followup_page_free(step->looked);
        arena_done(&step->arena);
        free(step);
    }
}

static struct str keep(struct poll_step *step, struct str str)
{
    return arena_copy(&step->arena, str);
}

struct poll_place *poll_place_make(struct polled *polled, struct str account,
                                   struct str identifier, struct str source)
{
    struct poll_place *made = calloc(1, sizeof *made);
    if (!made) {
        return NULL;
    }
    init(&made->step, polled, run_place, PLACE_BYTES);
    made->account = keep(&made->step, account);
    made->identifier = keep(&made->step, identifier);
    made->source = keep(&made->step, source);
    if (!made->account.ptr || !made->identifier.ptr || !made->source.ptr) {
        poll_step_free(&made->step);
        return NULL;
    }
    return made;
}

struct poll_state *poll_state_make(struct polled *polled, int64_t integration,
                                   uint64_t call, const struct state_question *question)
{
    struct poll_state *made = calloc(1, sizeof *made);
    if (!made) {
        return NULL;
    }
    init(&made->step, polled, run_state, PAGE_BYTES);
    made->integration = integration;
    made->call = call;
    made->number = question->number;
    made->key = keep(&made->step, question->key);
    if (!made->key.ptr) {
        poll_step_free(&made->step);
        return NULL;
    }
    return made;
}

struct poll_page *poll_page_make(struct polled *polled, int64_t integration,
                                 struct str source)
{
    struct poll_page *made = calloc(1, sizeof *made);
    if (!made) {
        return NULL;
    }
    init(&made->step, polled, run_page, PAGE_BYTES);
    made->page.integration = integration;
    made->page.source = keep(&made->step, source);
    made->page.place = &made->place;
    made->cursor = STR_OF("");
    if (!made->page.source.ptr) {
        poll_step_free(&made->step);
        return NULL;
    }
    return made;
}

/* ---- what a poll brings ---- */

/* Room for one more at the end of a list of `count`; NULL when memory is out. */
static void *room_for(struct arena *arena, void *list, uint32_t count, uint32_t *room,
                      size_t size)
{
    if (count < *room) {
        return list;
    }
    uint32_t grown = *room > 0 ? 2 * *room : FIRST_ROOM;
    void *bigger = arena_zero(arena, grown, size);
    if (bigger && count > 0) {
        memcpy(bigger, list, count * size);
    }
    *room = bigger ? grown : *room;
    return bigger;
}

static void fail_memory(struct poll_page *got)
{
    (void)error_set(&got->failure, IMH_RETRY, "no memory for a page of events");
}

/* A worker is not believed: what it says is checked here. */
void poll_page_event(struct poll_page *got, const struct call_event *event,
                     const imh_event_type *type)
{
    struct event_page *page = &got->page;
    struct event kept = {.type = keep(&got->step, str_from(type->name)),
                         .key = keep(&got->step, event->key),
                         .at_ms = event->at_ms,
                         .subject = keep(&got->step, event->subject),
                         .data = keep(&got->step, event->data),
                         .origin = STR_OF(""),
                         .flags = type->flags};
    struct event *events = room_for(&got->step.arena, page->events, page->count,
                                    &got->event_room, sizeof *events);
    if (!kept.type.ptr || !kept.key.ptr || !kept.subject.ptr || !kept.data.ptr || !events) {
        fail_memory(got);
        return;
    }
    kept.subject = kept.subject.len > 0 ? kept.subject : STR_OF("{}");
    kept.data = kept.data.len > 0 ? kept.data : STR_OF("{}");
    if (got->failure.status == IMH_OK) {
        (void)event_check(&kept, &got->failure);
    }
    page->events = events;
    page->events[page->count++] = kept;
}

void poll_page_state(struct poll_page *got, const struct state_item *item)
{
    struct event_page *page = &got->page;
    struct state_item kept = {.key = keep(&got->step, item->key),
                              .value = keep(&got->step, item->value)};
    struct state_item *states = room_for(&got->step.arena, got->states, page->state_count,
                                         &got->state_room, sizeof *states);
    if (!kept.key.ptr || !kept.value.ptr || !states) {
        fail_memory(got);
        return;
    }
    got->states = states;
    page->states = states;
    got->states[page->state_count++] = kept;
}

void poll_page_cursor(struct poll_page *got, const struct cursor *cursor)
{
    got->cursor = keep(&got->step, cursor->text);
    got->more = cursor->more;
    if (!got->cursor.ptr) {
        fail_memory(got);
    } else if (cursor->text.len > SOURCE_CURSOR_BYTES) {
        (void)error_set(&got->failure, IMH_BROKEN, "a cursor of more than %d bytes",
                        SOURCE_CURSOR_BYTES);
    } else if (!utf8_is_valid(got->cursor) ||
               str_find_char(got->cursor, '\0') < got->cursor.len) {
        (void)error_set(&got->failure, IMH_BROKEN, "a cursor that is no text");
    }
}

bool poll_page_skip(struct poll_page *got, const struct source_page *asked,
                    struct error *error)
{
    const struct source_place *before = &got->place;
    if (!asked->skip) {
        return true;
    }
    got->skipped = (struct skipped){.integration = got->page.integration,
                                    .source = got->page.source,
                                    .number = before->polls,
                                    .page = {.first = asked->first,
                                             .from_ms = asked->from_ms,
                                             .to_ms = asked->to_ms,
                                             .cursor = keep(&got->step, asked->cursor)},
                                    .why = keep(&got->step, before->trouble),
                                    .killed = before->creeps,
                                    .now_ms = got->page.now_ms};
    return (got->skipped.page.cursor.ptr && got->skipped.why.ptr) ||
           error_set(error, IMH_RETRY, "no memory for a skipped record");
}

bool poll_page_look(struct poll_page *got, struct followups *followups, struct str account,
                    struct str identifier)
{
    struct event_page *page = &got->page;
    if (!followups || page->learn || page->count == 0) {
        return true;
    }
    got->step.looked =
        followups_look(followups, account, identifier, page->events, page->count);
    page->trace = trace;
    page->tracer = got;
    page->fresh = followup_page_take;
    page->self = got->step.looked;
    return got->step.looked;
}
