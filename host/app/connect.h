/* connect - asks the remote of an integration whether it can be used: its plugin's check.
 *
 * Thread: that of the supervisor; waits until the answer is there.
 */
#ifndef HOST_APP_CONNECT_H
#define HOST_APP_CONNECT_H

#include "engine/supervisor.h"

enum { CONNECT_MS = 15000 };

struct connection {
    bool over;
    struct error error; /* IMH_OK: it can */
    uint32_t requests;
    int64_t took_ms;
};

void connect_test(struct supervisor *supervisor, const struct integration *integration,
                  struct connection *connection);

#endif
