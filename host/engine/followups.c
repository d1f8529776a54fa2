#include "engine/followups.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/followup_look.h"

enum { BLOCK_BYTES = 16 << 10, NAP_MS = 1000, WORDS_BYTES = 400 };

/* ---- made and freed ---- */

struct followups *followups_make(const struct followups_settings *settings,
                                 struct error *error)
{
    struct followups *followups = calloc(1, sizeof *followups);
    if (followups) {
        followups->settings = *settings;
        followups->answers = inbox_make();
        followups->judge = judge_make();
        followups->renderer = smarty_renderer_make();
        text_init(&followups->out, SMARTY_OUTPUT_MOST);
    }
    if (!followups || !followups->answers || !followups->judge || !followups->renderer) {
        followups_free(followups);
        (void)error_set(error, IMH_RETRY, "no memory for follow-ups");
        return NULL;
    }
    return followups;
}

static struct look *look_of(struct inbox_item *item)
{
    char *work = (char *)item; /* the item is first in the work */
    return item ? (struct look *)(void *)(work - offsetof(struct look, work)) : NULL;
}

void look_free(struct look *look)
{
    if (look) {
        followup_free(look->own);
        followup_set_release(look->set);
        arena_done(&look->arena);
        free(look);
    }
}

static void free_following(struct following *following)
{
    while (following->waiting) {
        struct look *look = following->waiting;
        following->waiting = look->next;
        look_free(look);
    }
    free(following->account);
    free(following);
}

void followups_free(struct followups *followups)
{
    if (!followups) {
        return;
    }
    while (followups->steps > 0) { /* the store has them */
        struct inbox_item *item = inbox_wait(followups->answers, NAP_MS);
        followups->steps -= item ? 1 : 0;
        look_free(look_of(item));
    }
    rounds_free(followups);
    while (followups->following) {
        struct following *following = followups->following;
        followups->following = following->next;
        free_following(following);
    }
    inbox_free(followups->answers);
    judge_free(followups->judge);
    smarty_renderer_free(followups->renderer);
    text_done(&followups->out);
    free(followups);
}

/* ---- who is served ---- */

static struct following *find(const struct followups *followups, struct str account)
{
    struct following *following = followups->following;
    while (following && !str_is(account, following->account)) {
        following = following->next;
    }
    return following;
}

static struct following *add(struct followups *followups, const char *account)
{
    struct following *following = calloc(1, sizeof *following);
    if (following && (following->account = strdup(account)) != NULL) {
        following->last = &following->waiting;
        following->next = followups->following;
        followups->following = following;
        return following;
    }
    free(following);
    return NULL;
}

bool followups_serve(struct followups *followups, const struct followups_account *account,
                     struct error *error)
{
    struct following *following = find(followups, str_from(account->account));
    following = following ? following : add(followups, account->account);
    if (!following) {
        return error_set(error, IMH_RETRY, "no memory for follow-ups");
    }
    following->served = *account;
    return true;
}

void followups_release(struct followups *followups, const struct supervisor *supervisor)
{
    for (struct following *at = followups->following; at; at = at->next) {
        if (at->served.supervisor == supervisor) {
            at->served = (struct followups_account){.supervisor = NULL};
        }
    }
}

bool followups_is_using(const struct followups *followups,
                        const struct supervisor *supervisor)
{
    return rounds_use(followups, supervisor);
}

/* ---- how looks end ---- */

static bool run_effect(struct deliver_effect *effect, const struct queue *queue,
                       struct db *db, struct error *error)
{
    const struct look *look = (const struct look *)(const void *)effect;
    return followup_end(&look->end, queue, db, error);
}

static void free_effect(struct deliver_effect *effect)
{
    look_free((struct look *)(void *)effect);
}

/* The job is answered, and the run goes on in the same transaction. */
static void end_with_effect(struct look *look, const struct deliver_end *end)
{
    struct deliver_end whole = *end;
    look->effect = (struct deliver_effect){run_effect, free_effect};
    look->end.run = look->run.id;
    look->end.job = look->job;
    look->end.step = look->run.step;
    look->end.since_ms = look->run.since_ms;
    whole.effect = &look->effect;
    deliver_end_inside(look->turn, &whole);
}

static void end_alone(struct look *look, const struct deliver_end *end)
{
    deliver_end_inside(look->turn, end);
    look_free(look);
}

void look_fail(struct look *look, const struct error *why)
{
    const struct deliver_end end = {
        .status = why->status, .after_s = why->after_s, .words = str_from(why->text)};
    end_alone(look, &end);
}

void look_stop(struct look *look, enum run_state state, struct str reason)
{
    struct str copy = arena_copy(&look->arena, reason);
    const struct deliver_end end = {.status = IMH_OK,
                                    .words = look->is_action ? reason : STR_OF(""),
                                    .needless = look->is_action};
    look->end.fate = FATE_IS_OVER;
    look->end.state = state;
    look->end.reason = copy.ptr ? copy : STR_OF("");
    end_with_effect(look, &end);
}

void look_wait(struct look *look, int64_t due_ms)
{
    const struct deliver_end end = {.status = IMH_OK, .words = STR("")};
    look->end.fate = FATE_WAITS;
    look->end.due_ms = due_ms;
    end_with_effect(look, &end);
}

void look_act(struct look *look)
{
    const struct deliver_end end = {.status = IMH_OK, .words = STR("")};
    look->end.fate = FATE_ACTS;
    end_with_effect(look, &end);
}

static void go_on(struct look *look)
{
    deliver_go_on(look->turn);
    look_free(look);
}

/* ---- what the store says ---- */

/* Thread: store. */
static bool load(struct store_work *work, struct db *db, struct error *error)
{
    struct look *look = look_of(&work->item);
    struct error missing;
    look->found = run_of_job(db, look->job, &look->arena, &look->run, &missing);
    if (!look->found) {
        if (missing.status != IMH_MISSING) {
            *error = missing;
        }
        return missing.status == IMH_MISSING;
    }
    if (look->confirms) {
        int64_t now_ms = clock_now_ms(look->followups->settings.clock);
        return look->run.state == RUN_ENDED ||
               followup_confirmed(&look->end, &look->run, now_ms, db, error);
    }
    return event_load(db, look->run.event, &look->arena, &look->event, error) &&
           run_text(db, look->run.version, &look->arena, &look->text, error);
}

static void ask_store(struct look *look)
{
    look->work = (struct store_work){.run = load, .answer_to = look->followups->answers};
    look->followups->steps++;
    store_put(look->followups->settings.store, &look->work);
}

/* In the meantime an event may have ended the run. */
void look_confirm(struct look *look)
{
    look->confirms = true;
    ask_store(look);
}

/* The follow-up as it was when the run began: that of today, when nobody changed it. */
static bool find_followup(struct look *look, struct error *error)
{
    struct followup_set *set = look->following->served.set;
    if (!set) {
        return error_set(error, IMH_CANCELED, "the account is not served any more");
    }
    look->set = followup_set_hold(set);
    for (const struct followup *at = followup_set_first(set); at; at = at->next) {
        if (str_eq(at->name, look->run.name) && str_eq(at->text, look->text)) {
            look->followup = at;
            return true;
        }
    }
    look->own = followup_read(look->run.name, look->text, error);
    look->followup = look->own;
    if (look->own && look->run.step > look->own->step_count) {
        return error_set(error, IMH_BROKEN, "the follow-up has no step %" PRIu32,
                         look->run.step);
    }
    return look->own;
}

static const struct followup_step *step_of(const struct look *look)
{
    return &look->followup->steps[look->run.step - 1];
}

static int64_t due_of(const struct look *look)
{
    return followup_wait_end(&step_of(look)->wait, followup_set_zone(look->set),
                             look->run.since_ms);
}

static void enqueue(struct look *look)
{
    struct following *following = look->following;
    look->next = NULL;
    *following->last = look;
    following->last = &look->next;
}

static void look_at_action(struct look *look)
{
    struct error error;
    if (look->run.state == RUN_ENDED) {
        look_stop(look, RUN_ENDED, look->run.reason);
    } else if (!find_followup(look, &error)) {
        look_fail(look, &error);
    } else if (step_of(look)->recheck) {
        enqueue(look);
    } else {
        go_on(look);
    }
}

static void look_at_step(struct look *look)
{
    struct error error;
    const struct deliver_end over = {.status = IMH_OK, .words = STR("")};
    int64_t now_ms = clock_now_ms(look->followups->settings.clock);
    if (!run_is_open(&look->run) && look->run.state != RUN_FAILED) {
        end_alone(look, &over);
        return;
    }
    if (!find_followup(look, &error)) {
        look_fail(look, &error);
        return;
    }
    look->run.asks = look->run.asks && step_of(look)->condition;
    if (!look->run.asks && due_of(look) > now_ms) {
        look_wait(look, due_of(look));
    } else {
        enqueue(look);
    }
}

static void take_loaded(struct look *look)
{
    const struct deliver_end gone = {.status = IMH_OK, .words = STR("")};
    if (!look->work.done) {
        look_fail(look, &look->work.error);
    } else if (look->confirms && look->found && look->run.state == RUN_ENDED) {
        look_stop(look, RUN_ENDED, look->run.reason);
    } else if (look->confirms || (look->is_action && !look->found)) {
        go_on(look);
    } else if (!look->found) {
        end_alone(look, &gone);
    } else if (look->is_action) {
        look_at_action(look);
    } else {
        look_at_step(look);
    }
}

/* ---- jobs ---- */

static void drop(struct run *turn, imh_status status, const char *why)
{
    const struct deliver_end end = {.status = status, .words = str_from(why)};
    deliver_end_inside(turn, &end);
}

void followups_follow(struct followups *followups, struct deliver *deliver, struct run *run)
{
    const struct job *job = deliver_job(run);
    struct following *following = find(followups, deliver_account(run));
    if (!following) {
        drop(run, IMH_CANCELED, "the account is not served any more");
        return;
    }
    struct look *look = calloc(1, sizeof *look);
    if (!look) {
        drop(run, IMH_RETRY, "no memory for a follow-up");
        return;
    }
    look->followups = followups;
    look->deliver = deliver;
    look->following = following;
    look->turn = run;
    look->job = job->id;
    look->is_action = job->kind != JOB_STEP;
    arena_init(&look->arena, BLOCK_BYTES, 0);
    ask_store(look);
}

/* ---- the loop ---- */

int followups_fd(const struct followups *followups)
{
    return inbox_fd(followups->answers);
}

int64_t followups_wait_ms(const struct followups *followups, int64_t wait_ms)
{
    return rounds_wait(followups) && wait_ms > VARIABLES_LOOK_MS ? VARIABLES_LOOK_MS
                                                                 : wait_ms;
}

void followups_turn(struct followups *followups)
{
    struct inbox_item *item;
    while ((item = inbox_take(followups->answers)) != NULL) {
        followups->steps--;
        take_loaded(look_of(item));
    }
    rounds_turn(followups);
}
