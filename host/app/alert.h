/* alert - tells people that calls of an integration begin to fail, and that they do not any
 * more: by a job for an action that the configuration names, so that it is tried again and
 * keeps nobody waiting; by its command; and in the log in any case.
 *
 * Of whom people were told is kept in the store: after a restart it is not told again, and
 * its end is told.
 *
 * Thread: the daemon's.
 */
#ifndef HOST_APP_ALERT_H
#define HOST_APP_ALERT_H

#include "engine/alarm.h"
#include "engine/integration.h"
#include "queue/queue.h"

struct daemon;
struct watched;

/* Whoever is in trouble, and those of whom people were told lately. */
struct alerts {
    struct watched *first;
};

void alert_free(struct alerts *alerts);

/* What an earlier process told; at a start. */
void alert_recall(struct daemon *daemon);

/* A call for jobs ended; `self` is the daemon, as in deliver.h. */
void alert_ended(void *self, const struct integration *integration,
                 const struct queue_effect *effect, struct str words);

/* A poll skipped a record, which stands with the failed jobs now; as in schedule.h. */
void alert_skipped(void *self, const struct integration *integration, struct str why);

/* A remote is left alone (IMH_WAIT), or answers again (IMH_OK); as in supervisor.h. */
void alert_rested(void *self, const struct integration *integration,
                  const struct error *why);

/* Looks at what nobody tells, and tells what is to be told. */
void alert_turn(struct daemon *daemon);

#endif
