/* distant - a supervisor without processes of its own: a daemon makes its calls.
 *
 * Private to the supervisor. What it is asked for goes to the daemon as an errand, with the
 * daemon's configuration, credentials and budgets.
 */
#ifndef HOST_ENGINE_DISTANT_H
#define HOST_ENGINE_DISTANT_H

#include "engine/supervisor.h"

struct distant;

/* Takes the connection over. NULL when memory is out. */
struct distant *distant_make(int fd);

/* Calls under way are dropped without a word. */
void distant_free(struct distant *distant);

/* These as those of the supervisor. */
const struct descriptor *distant_plugin(struct distant *distant, const char *plugin,
                                        struct text *refusal);
void distant_call(struct distant *distant, const struct integration *integration,
                  struct call_order *order, int64_t time_ms,
                  const struct call_watcher *watcher);
void distant_turn(struct distant *distant, int64_t wait_ms);
bool distant_is_busy(const struct distant *distant);
bool distant_is_lost(const struct distant *distant);

#endif
