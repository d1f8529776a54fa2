/* gate - imh-net's work: every request to the outside passes here.
 *
 * The supervisor says which remotes there are and who may speak for them (tickets); workers
 * hand in requests with a ticket. The gate finds address, credential and budget by the
 * ticket alone, so a worker that serves many accounts cannot name another one's.
 *
 * Thread: one; it owns everything in this process.
 */
#ifndef HOST_NET_GATE_H
#define HOST_NET_GATE_H

#include "base/channel.h"

/* Serves until the supervisor is gone. Takes the descriptor of the supervisor's channel. */
bool gate_serve(int supervisor, struct error *error);

#endif
