#include "engine/keeper.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/event.h"
#include "followup/followup_era.h"
#include "followup/followup_met.h"
#include "queue/book_sql.h"

#define DAY_MS (86400 * (int64_t)1000)

/* Kinds of jobs, then events, runs of follow-ups, what limits count, how follow-ups were,
 * which events came that end runs. */
enum {
    KIND_EVENTS = JOB_KINDS,
    KIND_RUNS,
    KIND_USES,
    KIND_ERAS,
    KIND_MET,
    FORGOTTEN_KINDS
};

/* What is forgotten in one transaction. */
struct forgetting {
    struct store_work work; /* first */
    const struct clock *clock;
    int64_t now_ms;    /* of a calendar that is trusted */
    int64_t newest_ms; /* found: when the newest of what is kept was made; 0: nothing is */
    unsigned kind;     /* it begins with; afterwards, that has more, or FORGOTTEN_KINDS */
    uint32_t gone;     /* jobs */
};

struct keeper {
    struct keeper_settings settings;
    struct inbox *answers;
    struct forgetting step;
    bool under_way;
    int64_t step_ms; /* monotonic: when the next one is due ... */
    int64_t look_ms; /* ... and the next look at the disk */
    uint32_t sweep;  /* jobs that went since the last rest */
    uint64_t forgotten;
    int64_t swept_at_ms;
    bool knows;         /* how far the calendar should be ahead ... */
    int64_t ahead_ms;   /* ... of the monotonic clock */
    int64_t doubted_ms; /* monotonic: since when it is too far ahead; 0: it is not */
    struct room room;
};

/* ---- in the store's thread ---- */

static bool has_time(const struct forgetting *step, int64_t began_ms)
{
    return step->gone < KEEPER_STEP_JOBS &&
           clock_mono_ms(step->clock) - began_ms < KEEPER_STEP_MS;
}

static bool forget_some(const struct forgetting *step, struct db *db, uint32_t *gone,
                        struct error *error)
{
    int64_t events_ms = step->now_ms - EVENT_KEPT_DAYS * DAY_MS;
    if (step->kind == KIND_EVENTS) {
        return event_forget(db, events_ms, KEEPER_ONCE_JOBS, gone, error);
    }
    if (step->kind == KIND_RUNS) {
        return run_forget(db, events_ms, KEEPER_ONCE_JOBS, gone, error);
    }
    if (step->kind == KIND_USES) {
        return run_forget_uses(db, step->now_ms, KEEPER_ONCE_JOBS, gone, error);
    }
    if (step->kind == KIND_ERAS) {
        return era_forget(db, events_ms, KEEPER_ONCE_JOBS, gone, error);
    }
    if (step->kind == KIND_MET) {
        return met_forget(db, events_ms, KEEPER_ONCE_JOBS, gone, error);
    }
    enum job_kind kind = (enum job_kind)step->kind;
    return book_sql_forget(db, kind, step->now_ms - job_kept_days(kind) * DAY_MS,
                           KEEPER_ONCE_JOBS, gone, error);
}

/* One may be large: they go few at a time, until the time is over. */
static bool forget(struct store_work *work, struct db *db, struct error *error)
{
    struct forgetting *step = (struct forgetting *)(void *)work;
    int64_t began_ms = clock_mono_ms(step->clock);
    while (step->kind < FORGOTTEN_KINDS && has_time(step, began_ms)) {
        uint32_t gone = 0;
        if (!forget_some(step, db, &gone, error)) {
            return false;
        }
        step->gone += step->kind < JOB_KINDS ? gone : 0;
        step->kind += gone < KEEPER_ONCE_JOBS;
    }
    return true;
}

static bool look_back(struct store_work *work, struct db *db, struct error *error)
{
    static const char sql[] =
        "select coalesce(max(at_ms), 0) from"
        " (select (select created_at_ms from job order by id desc limit 1) as at_ms"
        " union all select (select seen_at_ms from event order by id desc limit 1))"
        " as newest";
    struct forgetting *step = (struct forgetting *)(void *)work;
    OWN(query) query = db_query(db, sql, error);
    if (query_next(query, error) != QUERY_ROW) {
        return false;
    }
    step->newest_ms = query_int(query, 0);
    return true;
}

/* ---- beside it ---- */

struct keeper *keeper_make(const struct keeper_settings *settings, struct error *error)
{
    struct keeper *keeper = calloc(1, sizeof *keeper);
    if (keeper) {
        keeper->settings = *settings;
        keeper->answers = inbox_make();
        keeper->step = (struct forgetting){.clock = settings->clock, .kind = JOB_ACTION};
        keeper->room.asked_bytes = settings->free_bytes;
    }
    if (!keeper || !keeper->answers) {
        keeper_free(keeper);
        (void)error_set(error, IMH_RETRY, "no memory to keep the store in order");
        return NULL;
    }
    return keeper;
}

void keeper_free(struct keeper *keeper)
{
    if (!keeper) {
        return;
    }
    while (keeper->under_way) {
        keeper->under_way = inbox_wait(keeper->answers, KEEPER_REST_MS) == NULL;
    }
    inbox_free(keeper->answers);
    free(keeper);
}

int keeper_fd(const struct keeper *keeper)
{
    return inbox_fd(keeper->answers);
}

int64_t keeper_wait_ms(const struct keeper *keeper, int64_t wait_ms)
{
    int64_t due_ms = keeper->look_ms;
    due_ms = !keeper->under_way && keeper->step_ms < due_ms ? keeper->step_ms : due_ms;
    int64_t left = due_ms - clock_mono_ms(keeper->settings.clock);
    left = left < wait_ms ? left : wait_ms;
    return left > 0 ? left : 0;
}

/* ---- the calendar ---- */

/* What it says at a start is compared with the newest of what is kept. */
static void take_look_back(struct keeper *keeper)
{
    const struct forgetting *step = &keeper->step;
    int64_t from_ms = step->newest_ms > 0 ? step->newest_ms : clock_now_ms(step->clock);
    keeper->knows = step->work.done;
    keeper->ahead_ms = from_ms - clock_mono_ms(step->clock);
    keeper->step_ms =
        clock_mono_ms(step->clock) + (step->work.done ? KEEPER_PAUSE_MS : KEEPER_REST_MS);
}

/* One that went far ahead, as by a mistake of a clock, would have everything forgotten: it
 * is trusted after it stayed so for a while. */
static bool is_trusted(struct keeper *keeper)
{
    const struct clock *clock = keeper->settings.clock;
    int64_t mono_ms = clock_mono_ms(clock);
    int64_t ahead_ms = clock_now_ms(clock) - mono_ms;
    bool far = ahead_ms - keeper->ahead_ms > KEEPER_JUMP_MS;
    bool lasts = keeper->doubted_ms > 0 && mono_ms - keeper->doubted_ms >= KEEPER_TRUST_MS;
    if (far && !lasts) {
        if (keeper->doubted_ms == 0) {
            keeper->doubted_ms = mono_ms > 0 ? mono_ms : 1;
            log_warning(keeper->settings.log,
                        "the calendar is far ahead of what was: nothing is forgotten",
                        "until", "it stayed so for a day", NULL);
        }
        return false;
    }
    keeper->ahead_ms = ahead_ms;
    keeper->doubted_ms = 0;
    return true;
}

/* ---- forgetting ---- */

static void put_step(struct keeper *keeper)
{
    const struct clock *clock = keeper->settings.clock;
    if (keeper->knows && !is_trusted(keeper)) {
        keeper->step_ms = clock_mono_ms(clock) + KEEPER_LOOK_MS;
        return;
    }
    keeper->under_way = true;
    keeper->step.gone = 0;
    keeper->step.now_ms = clock_now_ms(clock);
    keeper->step.work.run = keeper->knows ? forget : look_back;
    keeper->step.work.answer_to = keeper->answers;
    store_put(keeper->settings.store, &keeper->step.work);
}

static void say_forgotten(struct keeper *keeper)
{
    char jobs[16];
    (void)snprintf(jobs, sizeof jobs, "%" PRIu32, keeper->sweep);
    if (keeper->sweep > 0) {
        log_info(keeper->settings.log, "old jobs forgotten", "jobs", jobs, NULL);
    }
    keeper->sweep = 0;
}

/* A store that cannot do it now may be able to in an hour. */
static void take_step(struct keeper *keeper)
{
    struct forgetting *step = &keeper->step;
    bool over = !step->work.done || step->kind == FORGOTTEN_KINDS;
    if (step->work.done) {
        keeper->sweep += step->gone;
        keeper->forgotten += step->gone;
    } else {
        log_warning(keeper->settings.log, "old jobs are not forgotten", "why",
                    step->work.error.text, NULL);
    }
    if (step->work.done && over) {
        keeper->swept_at_ms = clock_now_ms(keeper->settings.clock);
    }
    if (over) {
        say_forgotten(keeper);
        step->kind = JOB_ACTION;
    }
    keeper->step_ms =
        clock_mono_ms(keeper->settings.clock) + (over ? KEEPER_REST_MS : KEEPER_PAUSE_MS);
}

/* ---- the disk ---- */

static void say_room(const struct keeper *keeper)
{
    struct error error;
    if (keeper->room.is_short) {
        room_say(&keeper->room, &error);
        log_error(keeper->settings.log, "disk nearly full", "why", error.text, NULL);
    } else {
        log_notice(keeper->settings.log, "disk has room again", NULL);
    }
}

static void look(struct keeper *keeper)
{
    const struct keeper_settings *settings = &keeper->settings;
    struct store_disk disk;
    bool seen = settings->disk ? settings->disk(settings->self, &disk)
                               : store_disk(settings->store, &disk);
    if (seen && room_look(&keeper->room, &disk)) {
        say_room(keeper);
    }
}

/* ---- the loop ---- */

void keeper_turn(struct keeper *keeper)
{
    int64_t now_ms = clock_mono_ms(keeper->settings.clock);
    if (keeper->under_way && inbox_take(keeper->answers)) {
        keeper->under_way = false;
        if (keeper->knows) {
            take_step(keeper);
        } else {
            take_look_back(keeper);
        }
    }
    if (!keeper->under_way && now_ms >= keeper->step_ms) {
        put_step(keeper);
    }
    if (now_ms >= keeper->look_ms) {
        keeper->look_ms = now_ms + KEEPER_LOOK_MS;
        look(keeper);
    }
}

const struct room *keeper_room(const struct keeper *keeper)
{
    return &keeper->room;
}

uint64_t keeper_forgotten(const struct keeper *keeper)
{
    return keeper->forgotten;
}

int64_t keeper_swept_at_ms(const struct keeper *keeper)
{
    return keeper->swept_at_ms;
}
