/* veil - takes an integration's secrets out of what its plugin says.
 *
 * A remote may show what it was sent. imh-net takes that out of answers, but not what a
 * plugin puts together out of pieces of them.
 *
 * Thread: that of the supervisor.
 */
#ifndef HOST_ENGINE_VEIL_H
#define HOST_ENGINE_VEIL_H

#include "base/text.h"
#include "engine/integration.h"

/* The payload, of the same length, with a `*` for each byte of a secret. Lent from
 * `payload` or from `room`, which the caller frees; false when there is no memory. */
bool veil_payload(const struct integration *integration, struct str *payload,
                  struct text *room);

#endif
