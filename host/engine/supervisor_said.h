/* supervisor_said - what imh-net says of remotes: they gave a new secret, want a rest,
 * answer again.
 *
 * Private to the supervisor. false: that is no such message.
 */
#ifndef HOST_ENGINE_SUPERVISOR_SAID_H
#define HOST_ENGINE_SUPERVISOR_SAID_H

#include "engine/crew.h"

bool supervisor_take_secret(struct supervisor *supervisor, const struct frame *frame);
bool supervisor_take_rest(struct supervisor *supervisor, const struct frame *frame);

#endif
