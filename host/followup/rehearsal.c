#include "followup/rehearsal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "followup/rehearsal_inside.h"

enum {
    BLOCK_BYTES = 64 << 10,
    ARGS_BYTES = 8 << 20,
    UNASKED_BYTES = 16 << 10,
    VALUE_BYTES = 1 << 20
};

/* ---- made and freed ---- */

static bool add_field(struct rehearsal *rehearsal, const struct followup_event *event)
{
    struct look_at **at = &rehearsal->fields;
    while (*at && !(str_eq((*at)->event.type, event->type) &&
                    str_eq((*at)->event.integration, event->integration) &&
                    str_eq((*at)->event.field, event->field))) {
        at = &(*at)->next;
    }
    if (!*at) {
        *at = arena_zero(&rehearsal->fields_arena, 1, sizeof **at);
    }
    if (*at) {
        (*at)->event = *event;
    }
    return *at;
}

static bool add_fields(struct rehearsal *rehearsal)
{
    bool good = true;
    const struct followup *at = followup_set_first(rehearsal->settings.set);
    for (; at; at = at->next) {
        for (uint32_t i = 0; i < at->until.count; i++) {
            good = good && add_field(rehearsal, &at->until.items[i]);
        }
        for (uint32_t i = 0; i < at->restart.count; i++) {
            good = good && add_field(rehearsal, &at->restart.items[i]);
        }
    }
    return good;
}

struct rehearsal *rehearsal_make(const struct rehearsal_settings *settings)
{
    struct rehearsal *rehearsal = calloc(1, sizeof *rehearsal);
    if (!rehearsal) {
        return NULL;
    }
    rehearsal->settings = *settings;
    rehearsal->judge = judge_make();
    rehearsal->waiting = waiting_make();
    rehearsal->seen = seen_make();
    rehearsal->uses = uses_make();
    arena_init(&rehearsal->fields_arena, 1024, 0);
    arena_init(&rehearsal->arena, BLOCK_BYTES, 0);
    text_init(&rehearsal->args, ARGS_BYTES);
    text_init(&rehearsal->unasked, UNASKED_BYTES);
    text_init(&rehearsal->value, VALUE_BYTES);
    if (!rehearsal->judge || !rehearsal->waiting || !rehearsal->seen || !rehearsal->uses ||
        !add_fields(rehearsal)) {
        rehearsal_free(rehearsal);
        return NULL;
    }
    judge_forget_values(rehearsal->judge);
    return rehearsal;
}

void rehearsal_free(struct rehearsal *rehearsal)
{
    if (rehearsal) {
        judge_free(rehearsal->judge);
        waiting_free(rehearsal->waiting);
        seen_free(rehearsal->seen);
        uses_free(rehearsal->uses);
        arena_done(&rehearsal->fields_arena);
        arena_done(&rehearsal->arena);
        text_done(&rehearsal->args);
        text_done(&rehearsal->unasked);
        text_done(&rehearsal->value);
        free(rehearsal);
    }
}

static bool no_memory(struct error *error)
{
    return error_set(error, IMH_RETRY, "no memory for a rehearsal");
}

/* What would have been asked before the wait is told behind it. */
static bool keep(struct going *going, struct error *error)
{
    struct rehearsal *rehearsal = going->rehearsal;
    going->run.asked = rehearsal->unasked.len > 0;
    text_clear(&rehearsal->unasked);
    return waiting_add(rehearsal->waiting, &going->run, &going->event->trigger) ||
           no_memory(error);
}

/* ---- the clock ---- */

/* The first one that waits goes on. */
static bool take_due(struct rehearsal *rehearsal, struct waiting_run *run,
                     struct error *error)
{
    struct rehearsed event;
    struct value value;
    bool read = false;
    struct going going = {.rehearsal = rehearsal,
                          .event = &event,
                          .value = &value,
                          .read = &read,
                          .run = *run,
                          .wanted = true};
    rehearsal->now_ms = run->due_ms > rehearsal->now_ms ? run->due_ms : rehearsal->now_ms;
    waiting_remove(rehearsal->waiting, run);
    free(run);
    if (!rehearsal->settings.load(rehearsal->settings.self, going.run.place,
                                  &rehearsal->arena, &event, error)) {
        return false;
    }
    if (going.run.asked) {
        going_note(&going, "if", STR_OF(""));
    }
    bool good = !going_on(&going) || keep(&going, error);
    arena_clear(&rehearsal->arena);
    return good;
}

bool rehearsal_advance(struct rehearsal *rehearsal, int64_t until_ms, struct error *error)
{
    struct waiting_run *first;
    while ((first = waiting_first(rehearsal->waiting)) && first->due_ms <= until_ms) {
        if (!take_due(rehearsal, first, error)) {
            return false;
        }
    }
    rehearsal->now_ms = until_ms > rehearsal->now_ms ? until_ms : rehearsal->now_ms;
    return true;
}

struct rehearsal_rest rehearsal_rest(const struct rehearsal *rehearsal)
{
    const struct waiting_run *first = waiting_first(rehearsal->waiting);
    return (struct rehearsal_rest){waiting_count(rehearsal->waiting),
                                   first ? first->due_ms : 0};
}

/* ---- an event ---- */

/* Follow-ups of which the event made a run wait anew: it starts no other of them. */
struct restarted {
    const struct followup **items; /* in the arena */
    uint32_t count, room;
};

static bool add_restarted(struct rehearsal *rehearsal, struct restarted *restarted,
                          const struct followup *followup)
{
    if (restarted->count == restarted->room) {
        uint32_t room = 2 * restarted->room + 8;
        const struct followup **items =
            arena_alloc(&rehearsal->arena, room * sizeof(struct followup *));
        if (!items) {
            return false;
        }
        for (uint32_t i = 0; i < restarted->count; i++) {
            items[i] = restarted->items[i];
        }
        restarted->items = items;
        restarted->room = room;
    }
    restarted->items[restarted->count++] = followup;
    return true;
}

static bool is_restarted(const struct restarted *restarted, const struct followup *followup)
{
    for (uint32_t i = 0; i < restarted->count; i++) {
        if (restarted->items[i] == followup) {
            return true;
        }
    }
    return false;
}

/* What becomes of one that waits: it does not any more. */
static void tell_waiting(struct rehearsal *rehearsal, struct waiting_run *run,
                         enum run_state state, int64_t at_ms, struct str reason)
{
    const struct rehearsal_told told = {.followup = run->followup,
                                        .event = run->event,
                                        .key = run->key,
                                        .state = state,
                                        .at_ms = at_ms,
                                        .step = run->step,
                                        .reason = reason,
                                        .args = STR(""),
                                        .unasked = str_from(run->asked ? "if" : "")};
    rehearsal->settings.tell(rehearsal->settings.self, &told);
    waiting_remove(rehearsal->waiting, run);
    free(run);
}

static void end_found(struct rehearsal *rehearsal, struct waiting_run *run,
                      const struct rehearsed *event)
{
    char reason[160];
    (void)snprintf(reason, sizeof reason, "until: event %" PRId64 ", %.*s",
                   event->trigger.id, STR_ARGS(event->trigger.type));
    tell_waiting(rehearsal, run, RUN_ENDED, rehearsal->now_ms, str_from(reason));
}

void rehearsal_stop(struct rehearsal *rehearsal)
{
    struct waiting_run *first;
    while ((first = waiting_first(rehearsal->waiting))) {
        tell_waiting(rehearsal, first, RUN_WAITING, first->due_ms, STR_OF(""));
    }
}

/* What comes of the future comes now. */
static int64_t happened_ms(const struct rehearsal *rehearsal, const struct rehearsed *event)
{
    int64_t at_ms = event->trigger.at_ms;
    return at_ms < rehearsal->now_ms ? at_ms : rehearsal->now_ms;
}

static bool restart_found(struct rehearsal *rehearsal, struct waiting_run *run,
                          const struct rehearsed *event, struct restarted *restarted)
{
    const struct zone *zone = followup_set_zone(rehearsal->settings.set);
    int64_t at_ms = happened_ms(rehearsal, event);
    if (run->step > 1) {
        return true; /* too late: another one may start */
    }
    if (at_ms > run->since_ms) {
        run->since_ms = at_ms;
        waiting_move(rehearsal->waiting, run,
                     followup_wait_end(&run->followup->steps[0].wait, zone, at_ms));
    }
    return add_restarted(rehearsal, restarted, run->followup);
}

/* Those that look for this value of the field. */
static bool look_at_field(struct rehearsal *rehearsal, const struct rehearsed *event,
                          const struct followup_event *field, struct restarted *restarted)
{
    struct sought *after = NULL;
    struct waiting_run *run;
    text_clear(&rehearsal->value);
    if (!trigger_field(&event->trigger, field->field, &rehearsal->value)) {
        return true;
    }
    struct str value = text_str(&rehearsal->value);
    const struct seen_event came = {event->trigger.id, happened_ms(rehearsal, event)};
    if (!seen_add(rehearsal->seen, seen_hash(field, value), &came)) {
        return false;
    }
    while ((run = waiting_find(rehearsal->waiting, false, field, value, &after))) {
        end_found(rehearsal, run, event);
        after = NULL;
    }
    while ((run = waiting_find(rehearsal->waiting, true, field, value, &after))) {
        if (!restart_found(rehearsal, run, event, restarted)) {
            return false;
        }
    }
    return true;
}

static bool look_at_fields(struct rehearsal *rehearsal, const struct rehearsed *event,
                           struct restarted *restarted)
{
    const struct trigger *trigger = &event->trigger;
    bool good = true;
    for (const struct look_at *at = rehearsal->fields; good && at; at = at->next) {
        if (str_eq(at->event.type, trigger->type) &&
            str_eq(at->event.integration, trigger->integration)) {
            good = look_at_field(rehearsal, event, &at->event, restarted);
        }
    }
    return good;
}

/* Would it cause itself? */
static bool is_loop(struct going *going)
{
    struct text causes;
    if (going->event->trigger.origin.len == 0) {
        return false;
    }
    text_init(&causes, UNASKED_BYTES);
    bool good = trigger_causes(&going->event->trigger, going->run.followup->name, &causes,
                               &going->why);
    text_done(&causes);
    return !good;
}

/* The newest of these events that came before the run begins, and is newer than what it is
 * about; 0: none. */
static struct seen_event look_back(const struct going *going,
                                   const struct followup_events *events)
{
    struct rehearsal *rehearsal = going->rehearsal;
    const struct seen_event than = {going->run.event, going->run.since_ms};
    struct seen_event newest = {0, 0};
    for (uint32_t i = 0; i < events->count; i++) {
        text_clear(&rehearsal->value);
        if (trigger_field(&going->event->trigger, events->items[i].field,
                          &rehearsal->value)) {
            uint64_t hash = seen_hash(&events->items[i], text_str(&rehearsal->value));
            struct seen_event found = seen_find(rehearsal->seen, hash, &than);
            newest = found.at_ms >= newest.at_ms && found.event != 0 ? found : newest;
        }
    }
    return newest;
}

/* Has it ended before it began? Else its wait may count from a later moment. */
static bool is_met(struct going *going)
{
    char reason[80];
    const struct followup *followup = going->run.followup;
    struct seen_event ended = look_back(going, &followup->until);
    if (ended.event == 0) {
        struct seen_event anew = look_back(going, &followup->restart);
        going->run.since_ms = anew.event != 0 ? anew.at_ms : going->run.since_ms;
        return false;
    }
    (void)snprintf(reason, sizeof reason, "until: event %" PRId64 ", which came before",
                   ended.event);
    going_tell(going, RUN_ENDED, str_from(reason), STR_OF(""));
    return true;
}

static bool start_one(struct going *going, const struct candidate *candidate,
                      const struct restarted *restarted, struct error *error)
{
    going->wanted = candidate->answer == ANSWERS_YES;
    if (is_restarted(restarted, candidate->followup)) {
        going_tell(going, RUN_RESTARTER, STR_OF("a run that waits begins its wait anew"),
                   STR_OF(""));
        return true;
    }
    if (candidate->answer == ANSWERS_NO) {
        going_tell(going, RUN_UNWANTED, STR_OF("'if' said no"), STR_OF(""));
        return true;
    }
    if (is_loop(going)) {
        going_tell(going, RUN_LOOP, str_from(going->why.text), STR_OF(""));
        return true;
    }
    return is_met(going) || !going_on(going) || keep(going, error);
}

static bool start_all(struct rehearsal *rehearsal, const struct rehearsed *event,
                      const struct candidates *candidates,
                      const struct restarted *restarted, struct error *error)
{
    struct value value;
    bool read = false;
    bool good = true;
    for (uint32_t i = 0; good && i < candidates->count; i++) {
        struct going going = {.rehearsal = rehearsal,
                              .event = event,
                              .value = &value,
                              .read = &read,
                              .run = {.followup = candidates->items[i].followup,
                                      .event = event->trigger.id,
                                      .place = event->place,
                                      .step = 1,
                                      .since_ms = happened_ms(rehearsal, event)}};
        good = start_one(&going, &candidates->items[i], restarted, error);
    }
    return good;
}

bool rehearsal_event(struct rehearsal *rehearsal, const struct rehearsed *event,
                     struct error *error)
{
    struct restarted restarted = {NULL, 0, 0};
    struct candidates candidates;
    if (!rehearsal_advance(rehearsal, event->seen_ms, error)) {
        return false;
    }
    if (!look_at_fields(rehearsal, event, &restarted) ||
        !judge_event(rehearsal->judge, rehearsal->settings.set, &event->trigger,
                     rehearsal->now_ms, &rehearsal->arena, &candidates)) {
        return no_memory(error);
    }
    bool good = start_all(rehearsal, event, &candidates, &restarted, error);
    arena_clear(&rehearsal->arena);
    return good;
}
