#include "app/connect.h"

#include "base/clock.h"

enum { TURN_MS = 1000 };

static void take_end(void *self, const struct outcome *outcome, const struct spent *spent)
{
    struct connection *connection = self;
    (void)error_set(&connection->error, outcome->status, "%.*s", STR_ARGS(outcome->text));
    connection->error.after_s = outcome->after_s;
    connection->requests = spent->requests;
    connection->over = true;
}

void connect_test(struct supervisor *supervisor, const struct integration *integration,
                  struct connection *connection)
{
    struct call_order order = {.kind = CALL_CHECK};
    const struct call_watcher watcher = {.self = connection, .end = take_end};
    int64_t start_ms = clock_mono_ms(&clock_real);
    *connection = (struct connection){.over = false};
    supervisor_call(supervisor, integration, &order, CONNECT_MS, &watcher);
    while (!connection->over) {
        supervisor_turn(supervisor, TURN_MS);
    }
    connection->took_ms = clock_mono_ms(&clock_real) - start_ms;
}
