#include "app/halted.h"

#include <stdio.h>

#include "app/safe.h"
#include "base/clock.h"

static void take(void *self, const struct halt *halt)
{
    const struct config *config = self;
    struct account *account = halt->paused ? config_account(config, halt->account) : NULL;
    struct configured *configured =
        account ? config_integration(account, halt->integration) : NULL;
    if (configured) {
        struct pause *pause = &configured->integration.pause;
        pause->since_ms = halt->since_ms;
        (void)snprintf(pause->who, sizeof pause->who, "%.*s", STR_ARGS(halt->why));
    }
}

bool halted_read(struct config *config, struct safe *safe, struct error *error)
{
    return !safe || safe_halts(safe, take, config, error) ||
           error_wrap(error, "which integrations are disabled");
}

void halted_write(const struct pause *pause, char text[HALTED_BYTES])
{
    char since[CLOCK_TEXT_BYTES];
    clock_write(pause->since_ms, since);
    (void)snprintf(text, HALTED_BYTES, "since %s by %s", since, pause->who);
}
