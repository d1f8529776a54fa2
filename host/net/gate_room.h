/* gate_room - how much of imh-net a query may take: memory, turns, and nobody's all.
 *
 * Private to the gate. Requests that wait and answers that wait to be read have limits, for
 * all together and for each worker or remote a share of them, so that one account's flood,
 * or remotes that are dead, leave room for the others.
 */
#ifndef HOST_NET_GATE_ROOM_H
#define HOST_NET_GATE_ROOM_H

#include "net/gate_query.h"

enum {
    GATE_RUNNING_MOST = 128,        /* exchanges at once */
    GATE_REQUEST_BYTES = 96 << 20,  /* of requests that are waiting or under way */
    GATE_ANSWER_BYTES = 64 << 20,   /* of answers coming in, or not yet read by workers */
    WORKER_ANSWER_BYTES = 16 << 20, /* of answers that one worker has not yet read */
    TICKET_REQUESTS_MOST = 100000,  /* of one call */
    PUT_OFF_MS = 1000               /* who would wait longer is told to come again */
};

/* Room for a request of `bytes` that has arrived; false and IMH_WAIT when there is none. */
bool room_take(struct query *query, size_t bytes, struct error *error);

/* It is over. */
void room_give_back(const struct query *query);

/* Is there room for one more exchange, now? */
bool room_may_start(const struct query *query);

/* Must the query be put off? Then `error` says for how long. Only a call that has not begun
 * is put off, or one whose turn would come too late: who has begun keeps his place. */
bool room_puts_off(const struct query *query, int64_t now_ms, struct error *error);

#endif
