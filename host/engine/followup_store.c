#include "engine/followup_store.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "engine/followup_watch.h"
#include "followup/followup_met.h"
#include "followup/followup_note.h"
#include "queue/book_sql.h"

enum { STEP_ARGS_BYTES = 64, REASON_BYTES = 400 };

/* That there is no such run is no failure. */
static bool is_gone(const struct error *why, struct error *error)
{
    if (why->status != IMH_MISSING) {
        *error = *why;
    }
    return why->status == IMH_MISSING;
}

/* ---- what people are told ---- */

static bool note(struct db *db, const struct followup_run *run, int64_t now_ms,
                 const struct run_note *what, struct error *error)
{
    struct run_note whole = *what;
    whole.run = run->id;
    whole.step = run->step;
    whole.at_ms = now_ms;
    whole.words = whole.words.ptr ? whole.words : STR_OF("");
    return note_add(db, &whole, error);
}

static bool note_answer(struct db *db, const struct followup_run *run, int64_t now_ms,
                        enum note_kind what, const struct followup_answer *answer,
                        struct error *error)
{
    const struct run_note said = {
        .what = what, .yes = answer->yes, .words = answer->values};
    return !answer->asked || note(db, run, now_ms, &said, error);
}

static bool note_answers(const struct followup_end *end, const struct followup_run *run,
                         int64_t now_ms, struct db *db, struct error *error)
{
    return note_answer(db, run, now_ms, NOTE_IF, &end->condition, error) &&
           note_answer(db, run, now_ms, NOTE_RECHECK, &end->recheck, error);
}

static bool note_limit(const struct followup_end *end, const struct followup_run *run,
                       const struct queue *queue, struct db *db, int64_t before,
                       struct error *error)
{
    struct text words;
    text_init(&words, 4 * RUN_REASON_BYTES);
    text_add_cstr(&words, "{\"whom\":");
    json_add_string(&words, str_before(end->whom, REASON_BYTES));
    text_print(&words, ",\"most\":%" PRIu32 ",\"period_s\":%" PRId64 "}", end->limit.most,
               end->limit.period_s);
    const struct run_note said = {.what = NOTE_LIMIT,
                                  .yes = before < end->limit.most,
                                  .other = before,
                                  .words = text_str(&words)};
    bool good = note(db, run, queue->now_ms, &said, error);
    text_done(&words);
    return good;
}

bool followup_confirmed(const struct followup_end *end, const struct followup_run *run,
                        int64_t now_ms, struct db *db, struct error *error)
{
    return note_answers(end, run, now_ms, db, error);
}

/* ---- jobs of steps ---- */

/* What comes at once keeps the order of its record; a wait is a stream of its own, so that
 * it holds up nobody. */
static void write_stream(const struct followup_run *run, bool waits, struct text *stream)
{
    if (waits || run->record.len == 0) {
        text_print(stream, "#%" PRId64, run->id);
    } else {
        text_print(stream, "%.*s=%.*s", STR_ARGS(run->name), STR_ARGS(run->record));
    }
}

/* The run waits in a new job. */
static bool add_step(const struct queue *queue, struct db *db, struct followup_run *run,
                     int64_t due_ms, struct error *error)
{
    char args[STEP_ARGS_BYTES];
    struct queue_added added;
    struct text stream;
    text_init(&stream, JOB_STREAM_BYTES);
    write_stream(run, due_ms > queue->now_ms || run->step > 1, &stream);
    (void)snprintf(args, sizeof args, "{\"run\":%" PRId64 ",\"step\":%" PRIu32 "}", run->id,
                   run->step);
    const struct job job = {.integration = run->place,
                            .kind = JOB_STEP,
                            .flags = JOB_REPEATABLE | JOB_FOLLOWS,
                            .part = run->name,
                            .stream = text_str(&stream),
                            .not_before_ms = due_ms};
    const struct job_text text = {.args = str_from(args)};
    const struct run_note waits = {.what = NOTE_WAIT, .other = due_ms};
    bool good = queue_add(queue, &job, &text, &added, error) &&
                (due_ms <= queue->now_ms || note(db, run, queue->now_ms, &waits, error));
    text_done(&stream);
    if (!good) {
        return false;
    }
    run->state = RUN_WAITING;
    run->ended_ms = 0;
    run->reason = STR_OF("");
    run->job = added.job;
    return run_update(db, run, error);
}

/* ---- what it starts ---- */

/* A run that may begin. */
struct beginning_run {
    const struct followup_start *start;
    const struct queue *queue;
    struct db *db;
    const struct candidate *candidate;
    struct trigger trigger;
    struct followup_run run;
};

/* Of the event that is looked for: it may have come already. */
static bool watch_one(struct beginning_run *begun, const struct followup_event *event,
                      bool restarts, struct met *newest, struct error *error)
{
    struct text value;
    bool good = true;
    text_init(&value, EVENT_DATA_BYTES);
    if (trigger_field(&begun->trigger, event->field, &value)) {
        const struct run_watch watch = {.account = begun->start->account,
                                        .integration = event->integration,
                                        .type = event->type,
                                        .field = event->field,
                                        .value = text_str(&value),
                                        .restarts = restarts};
        const struct met than = {begun->trigger.id, begun->run.since_ms};
        struct met met;
        good = run_watch(begun->db, &watch, begun->run.id, error) &&
               met_find(begun->db, &watch, &than, &met, error);
        if (good && met.event != 0 && met.at_ms >= newest->at_ms) {
            *newest = met;
        }
    }
    text_done(&value);
    return good;
}

static bool watch_all(struct beginning_run *begun, const struct followup_events *events,
                      bool restarts, struct met *newest, struct error *error)
{
    bool good = true;
    *newest = (struct met){0, 0};
    for (uint32_t i = 0; good && i < events->count; i++) {
        good = watch_one(begun, &events->items[i], restarts, newest, error);
    }
    return good;
}

static bool end_met(struct beginning_run *begun, int64_t met, struct error *error)
{
    char reason[REASON_BYTES];
    (void)snprintf(reason, sizeof reason, "until: event %" PRId64 ", which came before",
                   met);
    return run_end(begun->db, &begun->run, RUN_ENDED, str_from(reason),
                   begun->queue->now_ms, error);
}

/* Its wait counts from what came before it, and is newer. */
static bool restart_met(struct beginning_run *begun, const struct met *met,
                        struct error *error)
{
    struct followup_run *run = &begun->run;
    const struct run_note anew = {.what = NOTE_RESTART, .other = met->event};
    if (met->event == 0 || met->at_ms <= run->since_ms) {
        return true;
    }
    run->since_ms = met->at_ms;
    return note(begun->db, run, begun->queue->now_ms, &anew, error);
}

/* The state it begins in, and why. */
static void judge_run(const struct candidate *candidate, const struct trigger *trigger,
                      struct followup_run *run, struct error *why)
{
    struct text causes;
    text_init(&causes, JOB_ORIGIN_BYTES);
    run->state = RUN_WAITING;
    run->asks = candidate->answer == ANSWERS_LIVE;
    if (candidate->answer == ANSWERS_NO) {
        run->state = RUN_UNWANTED;
        run->reason = STR_OF("'if' said no");
    } else if (!trigger_causes(trigger, run->name, &causes, why)) {
        run->state = RUN_LOOP;
        run->reason = str_from(why->text);
    }
    text_done(&causes);
}

static bool is_restarted(const struct restarted *restarted, struct str name)
{
    for (uint32_t i = 0; i < restarted->count; i++) {
        if (str_eq(restarted->names[i], name)) {
            return true;
        }
    }
    return false;
}

/* A run under way is watched for, and has a job. */
static bool begin_run(struct beginning_run *begun, struct error *error)
{
    const struct followup *followup = begun->candidate->followup;
    struct followup_run *run = &begun->run;
    int64_t due_ms = begun->queue->now_ms;
    struct met met;
    if (!watch_all(begun, &followup->until, false, &met, error)) {
        return false;
    }
    if (met.event != 0) {
        return end_met(begun, met.event, error);
    }
    if (!watch_all(begun, &followup->restart, true, &met, error) ||
        !restart_met(begun, &met, error)) {
        return false;
    }
    if (!run->asks) {
        due_ms = followup_wait_end(&followup->steps[0].wait,
                                   followup_set_zone(begun->start->set), run->since_ms);
    }
    return add_step(begun->queue, begun->db, run, due_ms, error);
}

static struct followup_run new_run(const struct beginning_run *begun,
                                   const struct event *event)
{
    const struct followup *followup = begun->candidate->followup;
    int64_t now_ms = begun->queue->now_ms;
    return (struct followup_run){.integration = event->integration,
                                 .event = event->id,
                                 .name = followup->name,
                                 .record = trigger_record(&begun->trigger),
                                 .step = 1,
                                 .steps = followup->step_count,
                                 .since_ms = event->at_ms < now_ms ? event->at_ms : now_ms,
                                 .reason = STR(""),
                                 .made_ms = now_ms};
}

/* What its event alone said. */
static bool note_judged(const struct beginning_run *begun, struct error *error)
{
    const struct candidate *candidate = begun->candidate;
    const struct followup_run *run = &begun->run;
    struct text values;
    text_init(&values, 2 * VALUES_BYTES);
    if (candidate->values) {
        values_join(&candidate->followup->steps[0].condition_values, candidate->values,
                    &values);
    }
    const struct followup_answer said = {.asked = candidate->values,
                                         .yes = candidate->answer == ANSWERS_YES,
                                         .values = text_str(&values)};
    bool good = note_answer(begun->db, run, run->made_ms, NOTE_IF, &said, error);
    text_done(&values);
    return good;
}

static void tell_loop(const struct followup_start *start, const struct followup_run *run)
{
    struct loops *loops = start->loops;
    if (loops && run->state == RUN_LOOP && loops->count++ == 0) {
        (void)snprintf(loops->first, sizeof loops->first, "%.*s", STR_ARGS(run->reason));
    }
}

static bool start_one(struct beginning_run *begun, const struct event *event,
                      const struct restarted *restarted, struct error *error)
{
    struct followup_run *run = &begun->run;
    struct db *db = begun->db;
    struct error why;
    begun->run = new_run(begun, event);
    judge_run(begun->candidate, &begun->trigger, run, &why);
    if (is_restarted(restarted, run->name)) {
        run->state = RUN_RESTARTER;
        run->reason = STR_OF("a run that waits begins its wait anew");
    }
    run->ended_ms = run->state == RUN_WAITING ? 0 : begun->queue->now_ms;
    bool good = book_sql_integration(db, begun->start->account, STR_OF(FOLLOWUP_PLACE),
                                     &run->place, error) &&
                run_version(db, begun->candidate->followup, &run->version, error) &&
                run_insert(db, run, error);
    if (good && run->id != 0) {
        tell_loop(begun->start, run);
        good = note_judged(begun, error) &&
               (run->state != RUN_WAITING || begin_run(begun, error));
    }
    return good;
}

bool followup_start(const struct followup_start *start, const struct queue *queue,
                    struct db *db, const struct event *event, struct error *error)
{
    struct restarted restarted = {NULL, 0};
    if (!followup_meet(start, queue, db, event, &restarted, error)) {
        return false;
    }
    for (uint32_t i = 0; start->candidates && i < start->candidates->count; i++) {
        struct beginning_run begun = {.start = start,
                                      .queue = queue,
                                      .db = db,
                                      .candidate = &start->candidates->items[i],
                                      .trigger = followup_trigger(start, event)};
        if (!start_one(&begun, event, &restarted, error)) {
            return false;
        }
    }
    return true;
}

/* ---- steps that came to an end ---- */

static bool is_over_limit(const struct followup_end *end, const struct followup_run *run,
                          const struct queue *queue, struct db *db, bool *over,
                          struct error *error)
{
    int64_t before = 0;
    const struct run_use use = {.account = end->account,
                                .name = run->name,
                                .whom = end->whom,
                                .run = run->id,
                                .now_ms = queue->now_ms,
                                .period_ms = end->limit.period_s * 1000,
                                .most = end->limit.most};
    *over = false;
    return end->limit.most == 0 || run->step > 1 ||
           (run_use(db, &use, over, &before, error) &&
            note_limit(end, run, queue, db, before, error));
}

/* The remote knows the command by it, too: no other queue has the same. */
static bool write_key(const struct followup_run *run, const struct queue *queue,
                      struct db *db, struct str *key, struct error *error)
{
    char whole[JOB_COMMAND_KEY_BYTES];
    struct str name;
    if (!book_sql_name(db, 0, queue->arena, &name, error)) {
        return false;
    }
    (void)snprintf(whole, sizeof whole, "%.*s-run-%" PRId64 "-%" PRIu32,
                   STR_ARGS(str_before(name, JOB_COMMAND_KEY_BYTES / 2)), run->id,
                   run->step);
    *key = arena_copy(queue->arena, str_from(whole));
    return key->ptr || error_set(error, IMH_RETRY, "no memory for a follow-up");
}

static bool act(const struct followup_end *end, struct followup_run *run,
                const struct queue *queue, struct db *db, struct error *error)
{
    struct queue_added added;
    bool over;
    if (!is_over_limit(end, run, queue, db, &over, error)) {
        return false;
    }
    if (over) {
        return run_end(db, run, RUN_LIMITED, STR_OF("'limit': there were enough of them"),
                       queue->now_ms, error);
    }
    struct job action = end->action;
    if (!write_key(run, queue, db, &action.once_key, error) ||
        !queue_add(queue, &action, &end->action_text, &added, error)) {
        return false;
    }
    const struct run_note acts = {.what = NOTE_ACTION, .other = added.job};
    run->state = RUN_ACTING;
    run->asks = false;
    run->ended_ms = 0;
    run->reason = STR_OF("");
    run->job = added.job;
    return run_update(db, run, error) && note(db, run, queue->now_ms, &acts, error);
}

bool followup_end(const struct followup_end *end, const struct queue *queue, struct db *db,
                  struct error *error)
{
    struct followup_run run;
    struct error missing;
    if (!run_load(db, end->run, queue->arena, &run, &missing)) {
        return is_gone(&missing, error); /* nobody asks for it any more */
    }
    if (run.job != end->job || run.step != end->step) {
        return true;
    }
    if (end->fate == FATE_IS_OVER && !followup_give_back(db, &run, error)) {
        return false;
    }
    if (!run_is_open(&run) && run.state != RUN_FAILED) {
        return true;
    }
    if (!note_answers(end, &run, queue->now_ms, db, error)) {
        return false;
    }
    if (run.since_ms != end->since_ms && end->fate != FATE_IS_OVER) {
        run.asks = end->asks;
        return add_step(queue, db, &run, queue->now_ms, error);
    }
    switch (end->fate) {
    case FATE_WAITS:
        run.asks = end->asks;
        return add_step(queue, db, &run, end->due_ms, error);
    case FATE_ACTS:
        return act(end, &run, queue, db, error);
    default:
        return run_end(db, &run, end->state, end->reason, queue->now_ms, error);
    }
}

/* ---- actions that came to an end ---- */

static bool go_on(const struct queue *queue, struct db *db, struct followup_run *run,
                  struct error *error)
{
    if (run->step >= run->steps) {
        return run_end(db, run, RUN_DONE, STR_OF(""), queue->now_ms, error);
    }
    run->step++;
    run->asks = true;
    run->since_ms = queue->now_ms;
    return add_step(queue, db, run, queue->now_ms, error);
}

static bool stop(const struct queue *queue, struct db *db, struct followup_run *run,
                 const struct job *job, struct error *error)
{
    char reason[REASON_BYTES];
    bool discarded = job->state == JOB_DISCARDED;
    (void)snprintf(reason, sizeof reason, "job %" PRId64 " %s", job->id,
                   discarded ? "was discarded" : "failed");
    return run_end(db, run, discarded ? RUN_DISCARDED : RUN_FAILED, str_from(reason),
                   queue->now_ms, error);
}

bool followup_ended(const struct queue *queue, const struct job *job, struct error *error)
{
    struct db *db = queue->book->self;
    struct followup_run run;
    struct error missing;
    if (!run_of_job(db, job->id, queue->arena, &run, &missing)) {
        return is_gone(&missing, error);
    }
    if (!run_is_open(&run) && run.state != RUN_FAILED) {
        return true; /* why, was said before */
    }
    if (job->state != JOB_DONE) {
        return stop(queue, db, &run, job, error);
    }
    return job->kind == JOB_STEP || go_on(queue, db, &run, error);
}
