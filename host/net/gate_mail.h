/* gate_mail - mails at the gate: from the supervisor's order to its answer.
 *
 * Private to the gate. A server that fails again and again is left alone, and its mails
 * come back at once (gate_rest.h). A mail waits until the budget of its server lets it
 * start; then a thread of its own hands it over (smtp.h), and puts itself into the gate's
 * inbox when it knows what became of it. Before that the supervisor is told that from now
 * on the mail may arrive, should this process die.
 */
#ifndef HOST_NET_GATE_MAIL_H
#define HOST_NET_GATE_MAIL_H

#include "net/gate_query.h"

enum {
    GATE_MAILS_MOST = 32,     /* under way at once */
    GATE_MAILS_WAITING = 1000 /* behind them */
};

/* The supervisor's order; `remote` NULL: it was not told of that one. false: it is none. */
bool mail_take(struct gate *gate, struct gate_remote *remote, uint64_t id,
               const struct mail *mail);

/* Answers those that ended, starts what may start now, ends what waited too long. */
void mail_turn(struct gate *gate);

/* When mail_turn() has something to do again, monotonic; `most_ms` if never. */
int64_t mail_next_ms(const struct gate *gate, int64_t most_ms);

/* Waits until all threads are over. */
void mail_free_all(struct gate *gate);

#endif
