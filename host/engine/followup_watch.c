#include "engine/followup_watch.h"

#include <inttypes.h>
#include <stdio.h>

#include "followup/followup_met.h"
#include "followup/followup_note.h"
#include "queue/book_sql.h"

enum { REASON_BYTES = 400 };

bool followup_give_back(struct db *db, const struct followup_run *run, struct error *error)
{
    return run->step > 1 || run_unuse(db, run->id, error);
}

/* Its job goes in this transaction; one that runs finds out before it does anything. */
static bool end_run(const struct queue *queue, struct db *db, int64_t id, struct str reason,
                    struct error *error)
{
    struct followup_run run;
    bool running = false;
    return run_load(db, id, queue->arena, &run, error) &&
           run_end(db, &run, RUN_ENDED, reason, queue->now_ms, error) &&
           (run.job == 0 || queue_drop(queue, run.job, reason, &running, error)) &&
           (running || followup_give_back(db, &run, error));
}

/* An event that is taken. */
struct meeting {
    const struct followup_start *start;
    const struct queue *queue;
    struct db *db;
    const struct event *event;
    struct restarted *restarted;
};

static bool end_found(const struct meeting *meeting, const struct run_found *found,
                      struct error *error)
{
    const struct event *event = meeting->event;
    char reason[REASON_BYTES];
    (void)snprintf(reason, sizeof reason, "until: event %" PRId64 ", %.*s", event->id,
                   STR_ARGS(event->type));
    for (uint32_t i = 0; i < found->count; i++) {
        if (!end_run(meeting->queue, meeting->db, found->ids[i], str_from(reason), error)) {
            return false;
        }
    }
    return true;
}

static void add_name(struct restarted *restarted, struct str name)
{
    for (uint32_t i = 0; i < restarted->count; i++) {
        if (str_eq(restarted->names[i], name)) {
            return;
        }
    }
    restarted->names[restarted->count++] = name;
}

/* The job finds out when it is due. */
static bool restart_run(const struct meeting *meeting, int64_t id, struct error *error)
{
    const struct queue *queue = meeting->queue;
    const struct event *event = meeting->event;
    struct followup_run run;
    if (!run_load(meeting->db, id, queue->arena, &run, error)) {
        return false;
    }
    if (run.state != RUN_WAITING || run.step > 1) {
        return true; /* too late: another one may start */
    }
    add_name(meeting->restarted, run.name);
    int64_t since_ms = event->at_ms < queue->now_ms ? event->at_ms : queue->now_ms;
    /* What waits since the future began when the calendar was ahead. */
    if (since_ms < run.since_ms && run.since_ms <= queue->now_ms) {
        return true; /* it waits for something newer already */
    }
    run.since_ms = since_ms;
    const struct run_note anew = {.run = run.id,
                                  .at_ms = queue->now_ms,
                                  .step = run.step,
                                  .what = NOTE_RESTART,
                                  .other = event->id,
                                  .words = STR("")};
    return run_update(meeting->db, &run, error) && note_add(meeting->db, &anew, error);
}

static bool restart_found(const struct meeting *meeting, const struct run_found *found,
                          struct error *error)
{
    struct restarted *restarted = meeting->restarted;
    uint32_t room = restarted->count + found->count;
    struct str *names = arena_zero(meeting->queue->arena, room + 1, sizeof *names);
    if (!names) {
        return error_set(error, IMH_RETRY, "no memory for follow-ups");
    }
    for (uint32_t i = 0; i < restarted->count; i++) {
        names[i] = restarted->names[i];
    }
    restarted->names = names;
    for (uint32_t i = 0; i < found->count; i++) {
        if (!restart_run(meeting, found->ids[i], error)) {
            return false;
        }
    }
    return true;
}

/* All of them, however many wait for it. */
static bool take_all(const struct meeting *meeting, const struct run_watch *watch,
                     bool (*take)(const struct meeting *meeting,
                                  const struct run_found *found, struct error *error),
                     struct error *error)
{
    struct run_found found;
    int64_t after = 0;
    do {
        if (!run_find(meeting->db, watch, after, meeting->queue->arena, &found, error) ||
            !take(meeting, &found, error)) {
            return false;
        }
        after = found.count > 0 ? found.ids[found.count - 1] : after;
    } while (found.count == RUN_FOUND_MOST);
    return true;
}

struct trigger followup_trigger(const struct followup_start *start,
                                const struct event *event)
{
    return (struct trigger){.id = event->id,
                            .integration = start->identifier,
                            .type = event->type,
                            .key = event->key,
                            .at_ms = event->at_ms,
                            .data = event->data,
                            .origin = event->origin,
                            .subject = event->subject};
}

/* It is kept, and ends runs that look for this value of the field. */
static bool meet_value(const struct meeting *meeting, struct run_watch *watch,
                       struct error *error)
{
    /* What comes of the future must not end what begins until then. */
    const struct event *event = meeting->event;
    int64_t now_ms = meeting->queue->now_ms;
    const struct met met = {event->id, event->at_ms < now_ms ? event->at_ms : now_ms};
    watch->restarts = false;
    return met_add(meeting->db, watch, &met, error) &&
           take_all(meeting, watch, end_found, error);
}

/* One that was taken before did all that then; but it starts no second run now. */
static bool look_at_value(const struct meeting *meeting, struct run_watch *watch,
                          struct error *error)
{
    if (!meeting->start->again && !meet_value(meeting, watch, error)) {
        return false;
    }
    watch->restarts = true;
    return take_all(meeting, watch, restart_found, error);
}

/* ---- fields that are looked at ---- */

struct met_list {
    struct met_field *items; /* in the arena */
    uint32_t count;
};

static void add_field(struct met_list *fields, const struct met_field *field)
{
    uint32_t at = 0;
    while (at < fields->count && !str_eq(fields->items[at].name, field->name)) {
        at++;
    }
    if (at < fields->count) {
        fields->items[at].is_kept = fields->items[at].is_kept || field->is_kept;
    } else if (at < MET_FIELDS_MOST) {
        fields->items[fields->count++] = *field;
    }
}

static void add_fields(const struct followup_events *events, const struct run_watch *place,
                       struct met_list *fields)
{
    for (uint32_t i = 0; i < events->count; i++) {
        const struct followup_event *event = &events->items[i];
        const struct met_field field = {event->field, false};
        if (str_eq(event->type, place->type) &&
            str_eq(event->integration, place->integration)) {
            add_field(fields, &field);
        }
    }
}

/* Those that runs of the account's follow-ups would look at, and then, as far as there is
 * room, those that others did. */
static bool find_fields(const struct meeting *meeting, const struct run_watch *place,
                        struct met_list *fields, struct error *error)
{
    const struct followup_set *set = meeting->start->set;
    const struct followup *at = set ? followup_set_first(set) : NULL;
    struct arena *arena = meeting->queue->arena;
    struct met_list stored;
    *fields =
        (struct met_list){arena_zero(arena, MET_FIELDS_MOST, sizeof *fields->items), 0};
    if (!fields->items) {
        return error_set(error, IMH_RETRY, "no memory for a follow-up");
    }
    if (!met_fields(meeting->db, place, arena, &stored.items, &stored.count, error)) {
        return false;
    }
    for (; at; at = at->next) {
        add_fields(&at->until, place, fields);
        add_fields(&at->restart, place, fields);
    }
    for (uint32_t i = 0; i < stored.count; i++) {
        add_field(fields, &stored.items[i]);
    }
    return true;
}

static bool look_at_field(const struct meeting *meeting, const struct met_field *field,
                          struct run_watch *watch, struct error *error)
{
    const struct trigger trigger = followup_trigger(meeting->start, meeting->event);
    struct text value;
    watch->field = field->name;
    if (!meeting->start->again && !field->is_kept &&
        !met_keep(meeting->db, watch, meeting->event->id, error)) {
        return false;
    }
    bool good = true;
    text_init(&value, EVENT_DATA_BYTES);
    if (trigger_field(&trigger, field->name, &value)) {
        watch->value = text_str(&value);
        good = look_at_value(meeting, watch, error);
    }
    text_done(&value);
    return good;
}

bool followup_meet(const struct followup_start *start, const struct queue *queue,
                   struct db *db, const struct event *event, struct restarted *restarted,
                   struct error *error)
{
    const struct meeting meeting = {start, queue, db, event, restarted};
    struct run_watch watch = {
        .account = start->account, .integration = start->identifier, .type = event->type};
    struct met_list fields;
    bool good = find_fields(&meeting, &watch, &fields, error);
    for (uint32_t i = 0; good && i < fields.count; i++) {
        good = look_at_field(&meeting, &fields.items[i], &watch, error);
    }
    return good;
}
