/* posting - a mail from its order to what the mail server said, as the supervisor sees it.
 *
 * Private to the supervisor. When imh-net ends meanwhile, a mail that it had begun to hand
 * over may have arrived: nobody knows.
 */
#ifndef HOST_ENGINE_POSTING_H
#define HOST_ENGINE_POSTING_H

#include "engine/crew.h"

/* What imh-net says: it is about to begin; it has ended. */
void posting_unsafe(struct supervisor *supervisor, uint64_t id);
bool posting_mailed(struct supervisor *supervisor, const struct frame *frame);

/* imh-net is gone, and why. */
void posting_end_all(struct supervisor *supervisor, imh_status status, const char *why);

/* Tells the watchers of those that ended. */
void posting_tell_ended(struct supervisor *supervisor);

/* Without a word. */
void posting_free_all(struct supervisor *supervisor);

#endif
