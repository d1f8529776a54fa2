#include "engine/deliver.h"

#include "engine/deliver_inside.h"

enum { JUMP_MS = 1000 /* back: less is no harm */ };

/* How far it went back since the last look; usually 0. */
static int64_t jump_ms(struct deliver *deliver)
{
    const struct clock *clock = deliver->settings.clock;
    int64_t ahead_ms = clock_now_ms(clock) - clock_mono_ms(clock);
    int64_t back_ms = deliver->ahead_ms - ahead_ms;
    if (back_ms >= 0 && back_ms < JUMP_MS) {
        return 0; /* until it adds up */
    }
    deliver->ahead_ms = ahead_ms;
    return back_ms > 0 ? back_ms : 0;
}

static void after_jump(struct deliver *deliver, struct step *step)
{
    if (step->work.done) {
        turns_ready(deliver->turns, step->integration,
                    ((struct jumping *)(void *)step)->next_ms);
    } else {
        (void)deliver_note_failure(deliver, &step->work.error);
    }
    step_free(step);
}

void deliver_look_at_calendar(struct deliver *deliver)
{
    int64_t back_ms = jump_ms(deliver);
    for (struct served *at = deliver->served; back_ms > 0 && at; at = at->next) {
        struct jumping *jumping = jumping_make(deliver->settings.clock, at->id, back_ms);
        if (jumping) {
            deliver_put(deliver, &jumping->step, after_jump);
        }
    }
}

int64_t deliver_wait_ms(const struct deliver *deliver, int64_t wait_ms)
{
    int64_t now = clock_mono_ms(deliver->settings.clock);
    int64_t wake_ms = deliver->stopped ? INT64_MAX : turns_wake_ms(deliver->turns);
    for (const struct step *at = deliver->again; at; at = at->next) {
        int64_t again_ms = ((const struct telling *)(const void *)at)->again_ms;
        wake_ms = again_ms < wake_ms ? again_ms : wake_ms;
    }
    int64_t left = wake_ms - now;
    left = chores_wait_ms(deliver->chores, left < wait_ms ? left : wait_ms);
    return left > 0 && !deliver->staged.first ? left : 0;
}
