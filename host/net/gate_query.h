/* gate_query - a worker's request from its arrival at the gate to its reply.
 *
 * Private to the gate. A query waits until the budget of its remote lets it start, is then
 * an exchange of libcurl, and ends with one reply, or with none when its call is over.
 */
#ifndef HOST_NET_GATE_QUERY_H
#define HOST_NET_GATE_QUERY_H

#include "base/channel.h"
#include "base/message.h"
#include "base/secret.h"
#include "net/breaker.h"
#include "net/budget.h"
#include "net/gate_form.h"
#include "net/gate_token.h"
#include "net/http.h"
#include "net/redact.h"

enum {
    TRACE_BYTES = 40,
    WORKER_QUERIES_MOST = 1000, /* requests of one worker under way or waiting ... */
    WORKER_STRAYS_MOST = 1000,  /* requests in a row that belong to no call */
    GATE_ARENA_BYTES = 4096,
    GATE_MEMORY_BYTES = WIRE_FRAME_BYTES + (1 << 20) /* of one query or remote */
};

struct gate_remote {
    struct gate_remote *next;
    uint64_t instance;
    struct secret *kept; /* the message it came with: what `remote` points into */
    struct arena arena;  /* its lists */
    struct remote remote;
    struct gate_remote *leader; /* whose budget it has: its own, or that of another one of
                                   its account with the same server */
    struct budget budget;       /* of all that it leads */
    struct breaker breaker;
    struct error rest_why; /* of the breaker's last rest */
    uint32_t waiting;      /* queries that wait for the budget, at this turn of the gate */
    struct gate_token *tokens; /* of its OAuth 2 credentials */
    struct gate_form *forms;   /* of its OAuth 1.0a credentials */
};

struct gate_worker {
    struct gate_worker *next;
    uint64_t id;
    struct channel *channel;
    unsigned queries;
    size_t request_bytes; /* of these */
    unsigned strays;
    bool more; /* frames that came are not read yet */
};

struct gate_ticket {
    struct gate_ticket *next;
    uint64_t call;
    char secret[TICKET_BYTES];
    char trace[TRACE_BYTES];
    uint64_t worker;
    struct gate_remote *remote;
    int64_t deadline_ms;
    struct spent spent; /* so far */
    bool unsafe_told;   /* the supervisor knows that something may be done over there */
};

/* A request from its arrival to its reply. */
struct query {
    struct query *next;
    struct gate *gate;
    uint64_t id; /* the worker's */
    struct gate_worker *worker;
    struct gate_ticket *ticket;
    struct arena arena;
    struct request request;
    size_t bytes;                   /* that it counts for */
    struct http_exchange *exchange; /* NULL: it waits for its turn */
    int64_t deadline_ms;
    uint32_t time_ms; /* that the remote has for it */
    bool repeatable;
    bool tries;           /* it is the one that tries a remote that was left alone */
    bool held_up;         /* by what all share, not by its remote's budget */
    bool wants_token;     /* it waits for one, not for its turn */
    bool again;           /* it was refused once, and goes out with another token or form */
    uint64_t token;       /* number of the token it went out with */
    uint32_t variant;     /* form of OAuth 1.0a it was signed in */
    struct redact redact; /* what must not come back */
};

struct gate_mail;
struct inbox;

struct gate {
    struct http *http;
    struct channel *supervisor;
    struct gate_remote *remotes;
    struct gate_worker *workers;
    struct gate_ticket *tickets;
    struct query *queries;   /* in order of arrival */
    size_t request_bytes;    /* of them */
    uint32_t running;        /* exchanges of them */
    struct gate_mail *mails; /* in order of arrival */
    struct inbox *mailed;    /* those whose threads are over */
    bool over;
};

/* What a worker sent: a query, or a reply at once that says why not. NULL, or why no more
 * may be taken from it. */
const char *query_take(struct gate *gate, struct gate_worker *worker,
                       const struct frame *frame);

/* Starts what may start now, in order of arrival; ends what waited too long. */
void query_start_waiting(struct gate *gate);

/* When query_start_waiting() has something to do again, monotonic; `most_ms` if never. */
int64_t query_next_ms(const struct gate *gate, int64_t most_ms);

/* Ends the queries of a ticket or of a worker without a reply. Those that may have had an
 * effect are counted in their tickets. */
void query_drop(struct gate *gate, const struct gate_ticket *ticket,
                const struct gate_worker *worker);

#endif
