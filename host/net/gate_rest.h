/* gate_rest - leaves a remote alone that fails or asks for rest, and says so.
 *
 * Private to the gate. What a query or a mail met goes into the breaker of its remote;
 * later ones end at once with one sentence that says until when. The supervisor is told
 * when a remote that fails is left alone, and when it answers again.
 */
#ifndef HOST_NET_GATE_REST_H
#define HOST_NET_GATE_REST_H

#include "net/gate_query.h"

/* What is to be done with what could leave for `call`; with BREAKER_STOP `error` is
 * IMH_WAIT. */
enum breaker_word rest_asks(const struct gate_remote *remote, uint64_t call, int64_t now_ms,
                            struct error *error);

/* What came of one that left. */
struct rest_met {
    bool tried; /* breaker_start() said so */
    enum breaker_result result;
    bool asked;       /* for rest, for so long */
    uint32_t after_s; /* 0: it did not say how long */
    const char *sentence;
};

void rest_take(struct gate *gate, struct gate_remote *remote, const struct rest_met *met,
               int64_t now_ms);

/* A query leaves. */
void rest_start(struct query *query);

/* It came back, with a sentence for people when it failed. */
void rest_end(struct query *query, const struct http_reply *got, const char *sentence,
              int64_t now_ms);

/* Nobody waits for it any more. */
void rest_drop(struct query *query, int64_t now_ms);

/* New settings: what the old ones led to says nothing any more. */
void rest_settle(struct gate_remote *remote);

#endif
