/* gate_rig - imh-net's work in a thread, with the test as supervisor and as workers. */
#ifndef TESTS_UNIT_NET_GATE_RIG_H
#define TESTS_UNIT_NET_GATE_RIG_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/channel.h"
#include "base/message.h"

#include "fake.h"

enum {
    GATE_PATIENCE_MS = 20000,
    GATE_INSTANCE = 7,
    GATE_WORKER = 3,
    GATE_ANY = 0,
    GATE_LARGE_BYTES = 4 << 20
};

struct gate_rig {
    struct fake *fake;
    pthread_t thread;
    bool running, ended_well;
    int fd; /* the gate's end */
    struct channel *supervisor;
    struct channel *worker; /* GATE_WORKER */
    struct arena arena;     /* of replies */
    /* In place of the server's own; NULL for none. */
    void (*_Atomic answer)(void *self, const struct fake_request *request,
                           struct fake_reply *reply);
};

/* For cmocka: *state is the rig, which knows GATE_WORKER. The server answers /PATH with
 * "you asked PATH", /hang never, /echo with all it got, /503 with that, /large with
 * GATE_LARGE_BYTES. */
int gate_setup(void **state);
int gate_teardown(void **state);

/* Waits for the gate's end; did it end well? */
bool gate_join(struct gate_rig *rig);

/* A remote at the server, private addresses allowed, with the secret "s3cret-of-shop" as
 * token. */
struct remote gate_remote(const struct gate_rig *rig);
void gate_tell(struct gate_rig *rig, uint64_t instance, const struct remote *remote);

/* A worker of its own; yours. */
struct channel *gate_add_worker(struct gate_rig *rig, uint64_t id);

/* A ticket of 16 times `letter` for a call of GATE_INSTANCE by GATE_WORKER. */
struct ticket gate_ticket_of(char letter);
void gate_open(struct gate_rig *rig, uint64_t call, const struct ticket *ticket);
struct spent gate_close(struct gate_rig *rig, uint64_t call);

/* GET of `url` by the ticket of 16 times `letter`. */
struct request gate_request(char letter, const char *url);
void gate_send(struct channel *worker, uint64_t id, const struct request *request);

/* The reply to `id`, which must be the next (GATE_ANY: any); lent until the teardown. */
struct reply gate_reply(struct gate_rig *rig, struct channel *worker, uint64_t id);

/* Both at once, by GATE_WORKER. */
struct reply gate_ask(struct gate_rig *rig, const struct request *request);

/* The next frame for the supervisor, waited for; lent until the next. */
struct frame gate_frame(struct gate_rig *rig);

/* Sends any frame to the gate. */
void gate_send_frame(struct channel *channel, uint32_t kind, uint64_t id,
                     struct str payload);

/* Waits until the server got so many requests. */
void gate_wait_for_requests(const struct gate_rig *rig, unsigned count);

#endif
