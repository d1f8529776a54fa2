/* aftermath - what of ours led to an event that a poll brings.
 *
 * A remote tells what was changed, not by whom. What it tells of a record about which a
 * follow-up has just acted there is taken for a consequence of that: the event gets the
 * causes of the job, so that loops end. Anything else has no causes.
 *
 * The job is of the event's own integration, and its stream is the record: the value that
 * the action's `stream` points at is the second part of the event's key. By the times it
 * can be so: the event is no older than the one that led to the job, nor than the job
 * itself by more than clocks differ, nor much later than its end.
 *
 * Thread: store.
 */
#ifndef HOST_ENGINE_AFTERMATH_H
#define HOST_ENGINE_AFTERMATH_H

#include "event/event.h"

enum {
    AFTERMATH_EARLY_MS = 60 * 1000,   /* so much may a remote's clock be behind ours */
    AFTERMATH_LATE_MS = 2 * 60 * 1000 /* or be ahead, or what is set off there take */
};

/* Fills the event's `origin`, which lies in the arena; it has none when nothing of ours led
 * to it. `since_ms`: an event without a moment of its own happened after that. */
bool aftermath_find(struct db *db, struct event *event, int64_t since_ms, int64_t now_ms,
                    struct arena *arena, struct error *error);

#endif
