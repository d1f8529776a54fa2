#include "engine/schedule.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/schedule_inside.h"

static int64_t mono_ms(const struct schedule *schedule)
{
    return clock_mono_ms(schedule->settings.clock);
}

static int64_t calendar_ms(const struct schedule *schedule)
{
    return clock_now_ms(schedule->settings.clock);
}

struct schedule *schedule_make(const struct schedule_settings *settings,
                               struct error *error)
{
    struct schedule *schedule = calloc(1, sizeof *schedule);
    if (schedule) {
        schedule->settings = *settings;
        schedule->answers = inbox_make();
    }
    if (!schedule || !schedule->answers) {
        free(schedule);
        (void)error_set(error, IMH_RETRY, "no memory for polls");
        return NULL;
    }
    return schedule;
}

static void free_polled(struct polled *polled)
{
    schedule_free_again(polled);
    if (polled->got && polled->state == POLLED_RUNNING) {
        poll_step_free(&polled->got->step);
    }
    text_done(&polled->cursor);
    text_done(&polled->trouble);
    free(polled->account);
    free(polled->identifier);
    free(polled->source);
    free(polled);
}

void schedule_free(struct schedule *schedule)
{
    if (!schedule) {
        return;
    }
    while (schedule->steps > 0) { /* the store has them */
        struct inbox_item *item = inbox_wait(schedule->answers, SCHEDULE_NAP_MS);
        schedule->steps -= item ? 1 : 0;
        poll_step_free((struct poll_step *)(void *)item);
    }
    while (schedule->polled) {
        struct polled *polled = schedule->polled;
        schedule->polled = polled->next;
        free_polled(polled);
    }
    inbox_free(schedule->answers);
    free(schedule);
}

/* ---- steps ---- */

void schedule_put(struct schedule *schedule, struct poll_step *step,
                  void (*after)(struct schedule *schedule, struct poll_step *step))
{
    step->after = after;
    step->work.answer_to = schedule->answers;
    schedule->steps++;
    store_put(schedule->settings.store, &step->work);
}

/* Says what the store cannot do; after some failures nothing may be relied on any more. */
static void note_failure(struct schedule *schedule, const struct error *error)
{
    bool suspect = error->status == IMH_UNKNOWN || error->status == IMH_CANCELED;
    log_warning(schedule->settings.log, "the store could not take a poll", "why",
                error->text, NULL);
    schedule->failed = schedule->failed || suspect;
}

static void rest(struct polled *polled, int64_t rest_ms)
{
    polled->state = POLLED_RESTING;
    polled->due_ms = mono_ms(polled->schedule) + rest_ms;
}

static void rest_till_next(struct polled *polled)
{
    int64_t now_ms = calendar_ms(polled->schedule);
    rest(polled, source_due_ms(now_ms, polled->pace.every_ms, polled->dice) - now_ms);
}

/* ---- how far it was read ---- */

/* What cannot be kept for want of memory is asked of the store again. */
static void adopt(struct polled *polled, const struct source_place *place)
{
    struct text *const texts[] = {&polled->cursor, &polled->trouble};
    const struct str from[] = {place->cursor, place->trouble};
    polled->state = POLLED_RESTING;
    for (unsigned i = 0; i < 2; i++) {
        text_clear(texts[i]);
        text_add(texts[i], from[i]);
        polled->state = texts[i]->failed ? POLLED_UNKNOWN : polled->state;
    }
    polled->place = *place;
    polled->place.cursor = text_str(&polled->cursor);
    polled->place.trouble = text_str(&polled->trouble);
}

static void after_place(struct schedule *schedule, struct poll_step *step)
{
    struct poll_place *placed = (struct poll_place *)(void *)step;
    struct polled *polled = step->polled;
    if (!step->work.done) {
        note_failure(schedule, &step->work.error);
        polled->state = POLLED_UNKNOWN;
        polled->due_ms = mono_ms(schedule) + SCHEDULE_NAP_MS;
    } else {
        polled->integration = placed->integration;
        adopt(polled, &placed->place);
        rest_till_next(polled);
    }
    poll_step_free(step);
}

static void ask_place(struct polled *polled)
{
    struct poll_place *step =
        poll_place_make(polled, str_from(polled->account), str_from(polled->identifier),
                        str_from(polled->source));
    polled->due_ms = step ? INT64_MAX : mono_ms(polled->schedule) + SCHEDULE_NAP_MS;
    if (step) {
        schedule_put(polled->schedule, &step->step, after_place);
    }
}

/* ---- who is polled ---- */

static struct polled *find(const struct schedule *schedule,
                           const struct integration *integration, const char *source)
{
    struct polled *polled = schedule->polled;
    while (polled && (strcmp(polled->account, integration->account) != 0 ||
                      strcmp(polled->identifier, integration->identifier) != 0 ||
                      strcmp(polled->source, source) != 0)) {
        polled = polled->next;
    }
    return polled;
}

static struct polled *add(struct schedule *schedule, const struct integration *integration,
                          const char *source)
{
    struct polled *polled = calloc(1, sizeof *polled);
    if (!polled) {
        return NULL;
    }
    text_init(&polled->cursor, SOURCE_CURSOR_BYTES);
    text_init(&polled->trouble, ERROR_TEXT_BYTES);
    polled->schedule = schedule;
    polled->account = strdup(integration->account);
    polled->identifier = strdup(integration->identifier);
    polled->source = strdup(source);
    if (!polled->account || !polled->identifier || !polled->source) {
        free_polled(polled);
        return NULL;
    }
    polled->dice = source_dice(polled->account, polled->identifier, polled->source);
    polled->next = schedule->polled;
    schedule->polled = polled;
    ask_place(polled);
    return polled;
}

bool schedule_serve(struct schedule *schedule, struct supervisor *supervisor,
                    const struct integration *integration,
                    const struct descriptor *descriptor, struct error *error)
{
    for (uint32_t i = 0; i < descriptor->source_count; i++) {
        const imh_source *source = &descriptor->sources[i];
        struct polled *polled = find(schedule, integration, source->name);
        polled = polled ? polled : add(schedule, integration, source->name);
        if (!polled) {
            return error_set(error, IMH_RETRY, "no memory to poll an integration");
        }
        polled->supervisor = supervisor;
        polled->served = integration;
        polled->descriptor = descriptor;
        polled->number = i;
        polled->pace = schedule_pace(integration, source);
        if (polled->state == POLLED_RESTING && !polled->place.trouble.len) {
            rest_till_next(polled);
        }
    }
    return true;
}

void schedule_release(struct schedule *schedule, const struct supervisor *supervisor)
{
    for (struct polled *at = schedule->polled; at; at = at->next) {
        at->supervisor = at->supervisor == supervisor ? NULL : at->supervisor;
    }
}

void schedule_resume(struct schedule *schedule, struct str account, struct str identifier)
{
    for (struct polled *at = schedule->polled; at; at = at->next) {
        if (str_is(account, at->account) && str_is(identifier, at->identifier) &&
            at->state == POLLED_RESTING && at->denied) {
            at->due_ms = 0;
        }
    }
}

/* ---- what came of a poll ---- */

static void say(const struct polled *polled, uint32_t level, const char *what,
                const char *why)
{
    log_write(polled->schedule->settings.log, level, what, "account", polled->account,
              "integration", polled->identifier, "source", polled->source, "why", why,
              NULL);
}

static void tell_skipped(const struct polled *polled, struct str why)
{
    const struct schedule_settings *settings = &polled->schedule->settings;
    if (settings->skipped && polled->supervisor) {
        settings->skipped(settings->self, polled->served, why);
    }
}

/* Once when it begins to fail, when it goes on, and for each record that is left out. */
static void report(const struct polled *polled, const struct source_place *after)
{
    const struct source_place *before = &polled->place;
    char why[ERROR_TEXT_BYTES];
    (void)snprintf(why, sizeof why, "%.*s",
                   STR_ARGS(after->trouble.len > 0 ? after->trouble : before->trouble));
    if (after->parked > before->parked) {
        say(polled, IMH_ERROR, "a record was skipped: no event comes of it", why);
        tell_skipped(polled, str_from(why));
    } else if (after->failures == 1) {
        say(polled, IMH_WARNING, "a source of events fails", why);
    } else if (before->failures > 0 && after->failures == 0) {
        say(polled, IMH_NOTICE, "a source of events answers again", why);
    }
    if (after->learned && !before->learned) {
        say(polled, IMH_NOTICE, "a source of events was linked", "what was there is known");
    }
}

/* source_failed() said when a page that failed is asked for again. */
static void after_page(struct schedule *schedule, struct poll_step *step)
{
    struct poll_page *got = (struct poll_page *)(void *)step;
    struct polled *polled = step->polled;
    bool good = got->place.failures == 0;
    polled->got = NULL;
    if (!step->work.done && step->work.error.status == IMH_MISSING) {
        polled->state = POLLED_UNKNOWN; /* another took the page: how far is it now? */
        polled->due_ms = 0;
    } else if (!step->work.done) {
        note_failure(schedule, &step->work.error);
        rest(polled, SCHEDULE_NAP_MS); /* the page is asked for again */
    } else {
        if (step->looked) {
            followup_page_stored(step->looked, schedule->settings.deliver);
        }
        report(polled, &got->place);
        adopt(polled, &got->place);
        if (good && !got->more) {
            rest_till_next(polled);
        } else if (good) {
            polled->due_ms = 0;
        }
    }
    poll_step_free(step);
}

/* The store keeps the failure too: how often, and which half is next. */
static void fail_page(struct polled *polled, const struct error *why, bool killed)
{
    struct poll_page *got = polled->got;
    struct error told = *why;
    int64_t rest_ms = 0;
    polled->denied = why->status == IMH_DENIED;
    told.after_s = polled->denied ? SCHEDULE_DENIED_S : why->after_s;
    got->page.count = got->page.state_count = 0;
    source_failed(&got->place, &polled->asked, &told, killed, calendar_ms(polled->schedule),
                  &rest_ms);
    struct str trouble = arena_copy(&got->step.arena, got->place.trouble);
    got->place.trouble = trouble.ptr ? trouble : STR_OF("no memory to say why");
    polled->due_ms = mono_ms(polled->schedule) + rest_ms;
}

/* What a failure costs while the host ends or changes its configuration is nothing. */
static bool is_our_doing(const struct polled *polled, const struct outcome *outcome)
{
    return outcome->status == IMH_CANCELED &&
           (!polled->supervisor || polled->schedule->stopped);
}

static void take_end(void *self, const struct outcome *outcome, const struct spent *spent)
{
    struct polled *polled = self;
    struct poll_page *got = polled->got;
    struct error why;
    int64_t now_ms = calendar_ms(polled->schedule);
    polled->schedule->running--;
    if (is_our_doing(polled, outcome)) {
        poll_step_free(&got->step);
        polled->got = NULL;
        rest(polled, SCHEDULE_NAP_MS);
        return;
    }
    got->page.now_ms = now_ms;
    if (outcome->status != IMH_OK) {
        (void)error_set(&why, outcome->status, "%.*s", STR_ARGS(outcome->text));
        why.after_s = outcome->after_s;
        fail_page(polled, &why, spent->died);
    } else if (!schedule_look(polled, &why) || !poll_page_skip(got, &polled->asked, &why)) {
        fail_page(polled, &why, false);
    } else {
        polled->denied = false;
        source_took(&got->place, &polled->asked, got->cursor, got->more, now_ms);
    }
    polled->state = POLLED_STORING;
    schedule_put(polled->schedule, &got->step, after_page);
}

/* ---- starting polls ---- */

static void start(struct polled *polled)
{
    polled->got = poll_page_make(polled, polled->integration, str_from(polled->source));
    if (!polled->got) {
        rest(polled, SCHEDULE_NAP_MS);
        return;
    }
    polled->got->place = polled->place;
    polled->got->since_ms = polled->place.done_ms;
    polled->got->page.learn = polled->asked.first;
    schedule_call(polled, &polled->asked, take_end);
}

static void begin(struct polled *polled)
{
    if (source_next(&polled->place, &polled->pace, calendar_ms(polled->schedule),
                    &polled->asked)) {
        start(polled);
    } else {
        rest_till_next(polled);
    }
}

/* A paused one keeps its place. */
bool schedule_is_served(const struct polled *polled)
{
    return polled->supervisor && integration_is_on(polled->served) &&
           !polled->schedule->stopped && !polled->schedule->failed;
}

static bool is_ready(const struct polled *polled)
{
    return polled->state <= POLLED_RESTING && schedule_is_served(polled);
}

/* Is something to be done about it now, and is there room for that? */
static bool is_due(const struct polled *polled, int64_t now_ms)
{
    const struct schedule *schedule = polled->schedule;
    bool has_room =
        polled->state == POLLED_UNKNOWN || schedule->running < SCHEDULE_POLLS_MOST;
    return is_ready(polled) && polled->due_ms <= now_ms && has_room;
}

/* Those that were served go to the end of the list: all have their turn. */
static void start_due(struct schedule *schedule)
{
    struct polled **at = &schedule->polled;
    struct polled *served = NULL;
    struct polled **last = &served;
    int64_t now_ms = mono_ms(schedule);
    while (*at) {
        struct polled *polled = *at;
        if (!is_due(polled, now_ms)) {
            at = &polled->next;
            continue;
        }
        *at = polled->next;
        polled->next = NULL;
        *last = polled;
        last = &polled->next;
        if (polled->state == POLLED_UNKNOWN) {
            ask_place(polled);
        } else {
            begin(polled);
        }
    }
    *at = served;
}

/* ---- what was skipped ---- */

void schedule_read(struct schedule *schedule, struct run *run)
{
    struct polled *polled = schedule->polled;
    while (polled && (!str_is(deliver_account(run), polled->account) ||
                      !str_is(deliver_identifier(run), polled->identifier) ||
                      !str_is(deliver_job(run)->part, polled->source))) {
        polled = polled->next;
    }
    schedule_add_again(polled, run);
}

/* ---- the loop ---- */

int schedule_fd(const struct schedule *schedule)
{
    return inbox_fd(schedule->answers);
}

int64_t schedule_wait_ms(const struct schedule *schedule, int64_t wait_ms)
{
    int64_t now_ms = mono_ms(schedule);
    bool full = schedule->running >= SCHEDULE_POLLS_MOST;
    for (const struct polled *at = schedule->polled; at && !full; at = at->next) {
        int64_t due_ms = at->again && at->state == POLLED_RESTING ? now_ms : at->due_ms;
        int64_t left = is_ready(at) ? due_ms - now_ms : wait_ms;
        wait_ms = left < wait_ms ? left : wait_ms;
    }
    return wait_ms > 0 ? wait_ms : 0;
}

void schedule_turn(struct schedule *schedule)
{
    struct inbox_item *item;
    while ((item = inbox_take(schedule->answers)) != NULL) {
        struct poll_step *step = (struct poll_step *)(void *)item;
        schedule->steps--;
        step->after(schedule, step);
    }
    for (struct polled *at = schedule->polled; at; at = at->next) {
        schedule_turn_again(at);
    }
    start_due(schedule);
}

void schedule_stop(struct schedule *schedule)
{
    schedule->stopped = true;
}

bool schedule_is_busy(const struct schedule *schedule)
{
    return schedule->running > 0 || schedule->steps > 0;
}

bool schedule_has_failed(const struct schedule *schedule)
{
    return schedule->failed;
}
