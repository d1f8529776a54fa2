#include "engine/followup_watch.h"

#include <inttypes.h>
#include <stdio.h>

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

/* The job finds out when it is due. */
static bool restart_run(struct db *db, int64_t id, const struct event *event,
                        const struct queue *queue, struct str *name, struct error *error)
{
    struct followup_run run;
    if (!run_load(db, id, queue->arena, &run, error)) {
        return false;
    }
    if (run.state != RUN_WAITING || run.step > 1) {
        return true; /* too late: another one may start */
    }
    *name = run.name;
    run.since_ms = event->at_ms < queue->now_ms ? event->at_ms : queue->now_ms;
    const struct run_note anew = {.run = run.id,
                                  .at_ms = queue->now_ms,
                                  .step = run.step,
                                  .what = NOTE_RESTART,
                                  .other = event->id,
                                  .words = STR("")};
    return run_update(db, &run, error) && note_add(db, &anew, error);
}

static bool take_found(const struct queue *queue, struct db *db, const struct event *event,
                       const struct run_found *found, struct restarted *restarted,
                       struct error *error)
{
    uint32_t room = restarted->count + found->count;
    struct str *names = arena_zero(queue->arena, room + 1, sizeof *names);
    if (!names) {
        return error_set(error, IMH_RETRY, "no memory for follow-ups");
    }
    for (uint32_t i = 0; i < restarted->count; i++) {
        names[i] = restarted->names[i];
    }
    restarted->names = names;
    for (uint32_t i = 0; i < found->count; i++) {
        if (!restart_run(db, found->ids[i], event, queue, &names[restarted->count++],
                         error)) {
            return false;
        }
    }
    return true;
}

static bool end_found(const struct queue *queue, struct db *db, const struct event *event,
                      const struct run_found *found, struct error *error)
{
    char reason[REASON_BYTES];
    (void)snprintf(reason, sizeof reason, "until: event %" PRId64 ", %.*s", event->id,
                   STR_ARGS(event->type));
    for (uint32_t i = 0; i < found->count; i++) {
        if (!end_run(queue, db, found->ids[i], str_from(reason), error)) {
            return false;
        }
    }
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

/* Those that look for this value of the field. */
static bool look_at_field(const struct queue *queue, struct db *db,
                          const struct event *event, struct run_watch *watch,
                          struct restarted *restarted, struct error *error)
{
    struct run_found found;
    watch->restarts = false;
    if (!run_find(db, watch, queue->arena, &found, error) ||
        !end_found(queue, db, event, &found, error)) {
        return false;
    }
    watch->restarts = true;
    return run_find(db, watch, queue->arena, &found, error) &&
           take_found(queue, db, event, &found, restarted, error);
}

bool followup_look_at_runs(const struct followup_start *start, const struct queue *queue,
                           struct db *db, const struct event *event,
                           struct restarted *restarted, struct error *error)
{
    const struct trigger trigger = followup_trigger(start, event);
    struct run_watch watch = {
        .account = start->account, .integration = start->identifier, .type = event->type};
    struct str *fields;
    uint32_t count;
    bool good = run_watched(db, &watch, queue->arena, &fields, &count, error);
    for (uint32_t i = 0; good && i < count; i++) {
        struct text value;
        text_init(&value, EVENT_DATA_BYTES);
        watch.field = fields[i];
        if (trigger_field(&trigger, fields[i], &value)) {
            watch.value = text_str(&value);
            good = look_at_field(queue, db, event, &watch, restarted, error);
        }
        text_done(&value);
    }
    return good;
}

/* What comes of the future must not end what begins until then. */
static bool meet_one(const struct followup_start *start, const struct queue *queue,
                     struct db *db, const struct trigger *trigger,
                     const struct followup_event *until, struct error *error)
{
    struct text value;
    bool good = true;
    if (!str_eq(until->integration, trigger->integration) ||
        !str_eq(until->type, trigger->type)) {
        return true;
    }
    text_init(&value, EVENT_DATA_BYTES);
    if (trigger_field(trigger, until->field, &value)) {
        const struct run_watch watch = {.account = start->account,
                                        .integration = until->integration,
                                        .type = until->type,
                                        .field = until->field,
                                        .value = text_str(&value)};
        int64_t at_ms = trigger->at_ms < queue->now_ms ? trigger->at_ms : queue->now_ms;
        good = run_meet(db, &watch, trigger->id, at_ms, error);
    }
    text_done(&value);
    return good;
}

bool followup_meet(const struct followup_start *start, const struct queue *queue,
                   struct db *db, const struct event *event, struct error *error)
{
    const struct trigger trigger = followup_trigger(start, event);
    const struct followup *at = start->set ? followup_set_first(start->set) : NULL;
    bool good = true;
    for (; good && at; at = at->next) {
        for (uint32_t i = 0; good && i < at->until.count; i++) {
            good = meet_one(start, queue, db, &trigger, &at->until.items[i], error);
        }
    }
    return good;
}
