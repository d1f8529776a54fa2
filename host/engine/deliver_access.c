#include "engine/deliver.h"

#include "engine/deliver_inside.h"

/* A part of it was denied. That may be one right that is missing; when its check is denied
 * as well, nothing of it is served until somebody changes something. */
static void after_hold(struct deliver *deliver, struct step *step)
{
    const struct served *served = deliver_find_id(deliver, step->integration);
    if (!step->work.done) {
        (void)deliver_note_failure(deliver, &step->work.error);
    } else if (served) {
        turns_hold(deliver->turns, step->integration, true);
        log_error(deliver->settings.log, "integration held: its credentials are refused",
                  "account", served->account, "integration", served->identifier, NULL);
    }
    step_free(step);
}

static void after_check(void *self, const struct outcome *outcome,
                        const struct spent *spent)
{
    struct served *served = self;
    struct deliver *deliver = served->deliver;
    (void)spent;
    served->checking = false;
    if (outcome->status != IMH_DENIED || served->checked != served->changes) {
        return; /* what was refused then may be right by now */
    }
    struct holding *holding =
        holding_make(deliver->settings.clock, served->id, &served->policies, outcome->text);
    if (holding) {
        deliver_put(deliver, &holding->step, after_hold);
    }
}

void deliver_check_access(struct deliver *deliver, int64_t id)
{
    struct served *served = deliver_find_id(deliver, id);
    struct call_order order = {.kind = CALL_CHECK};
    const struct call_watcher watcher = {.self = served, .end = after_check};
    if (!served || !served->supervisor || served->checking) {
        return;
    }
    log_warning(deliver->settings.log, "denied: held until something is changed", "account",
                served->account, "integration", served->identifier, NULL);
    if (served->descriptor->can_check) {
        served->checking = true;
        served->checked = served->changes;
        supervisor_call(served->supervisor, served->integration, &order, DELIVER_TIME_MS,
                        &watcher);
    }
}
