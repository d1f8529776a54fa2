#include "net/gate_room.h"

#include "net/share.h"

enum { SECOND_MS = 1000 };

bool room_take(struct query *query, size_t bytes, struct error *error)
{
    struct gate *gate = query->gate;
    if (!share_allows(GATE_REQUEST_BYTES, gate->request_bytes, query->worker->request_bytes,
                      bytes)) {
        (void)error_set(error, IMH_WAIT, "imh-net has no room for more requests now");
        error->after_s = 1;
        return false;
    }
    query->bytes = bytes;
    query->worker->request_bytes += bytes;
    gate->request_bytes += bytes;
    return true;
}

void room_give_back(const struct query *query)
{
    query->worker->request_bytes -= query->bytes;
    query->gate->request_bytes -= query->bytes;
}

/* Answers that are coming in, and those that workers have not read. */
static size_t answer_bytes(const struct gate *gate)
{
    size_t bytes = http_held(gate->http);
    for (const struct gate_worker *at = gate->workers; at; at = at->next) {
        bytes += channel_waiting(at->channel);
    }
    return bytes;
}

bool room_may_start(const struct query *query)
{
    const struct gate *gate = query->gate;
    return share_allows(GATE_RUNNING_MOST, gate->running,
                        query->ticket->remote->leader->budget.running, 1) &&
           channel_waiting(query->worker->channel) <= WORKER_ANSWER_BYTES &&
           answer_bytes(gate) <= GATE_ANSWER_BYTES;
}

bool room_puts_off(const struct query *query, int64_t now_ms, struct error *error)
{
    const struct gate_remote *remote = query->ticket->remote;
    const struct gate_remote *leader = remote->leader;
    int64_t turn_ms = budget_turn_ms(&leader->budget, leader->waiting);
    int64_t wait_ms = turn_ms - now_ms;
    bool has_begun = query->ticket->spent.requests > 0;
    if (wait_ms <= PUT_OFF_MS || (has_begun && turn_ms < query->deadline_ms)) {
        return false;
    }
    (void)error_set(error, IMH_WAIT, "'%.*s' is asked %u times a minute at most",
                    STR_ARGS(remote->remote.identifier), leader->budget.rate_a_minute);
    error->after_s = (uint32_t)((wait_ms + SECOND_MS - 1) / SECOND_MS);
    return true;
}
