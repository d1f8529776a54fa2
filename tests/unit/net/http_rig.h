/* http_rig - a client and a server that lies, for the tests of net/http. */
#ifndef TESTS_UNIT_NET_HTTP_RIG_H
#define TESTS_UNIT_NET_HTTP_RIG_H

#include <pthread.h>

#include "net/http.h"

#include "fake.h"

enum { RIG_PATIENCE_MS = 20000, RIG_BODY_BYTES = 9 << 20 };

/* A copy of what `done` was called with. */
struct rig_reply {
    unsigned count; /* how often it was called */
    imh_status status;
    uint32_t after_s, code;
    struct text text, headers, body;
};

struct rig {
    struct http *http;
    struct fake *fake;
    const char *bytes; /* what the server says; set before the request */
    struct str raw;    /* instead of it, when it may hold zeros */
    enum fake_then then;
    size_t at_once; /* with pace_ms: so many bytes come without a pause */
    unsigned pace_ms;
    struct rig_reply reply;
    pthread_mutex_t mutex;    /* over what is below, which the server's thread reads */
    struct fake_reply script; /* a copy of the above, made when a request starts: the server
                                 may still read one that the test has given up */
};

/* For cmocka: *state is the rig. */
int rig_setup(void **state);
int rig_teardown(void **state);

/* A GET of the server's "/", allowed there, that may take RIG_PATIENCE_MS. */
struct http_request rig_request(const struct rig *rig);

/* Starts the request; NULL fails the test. */
struct http_exchange *rig_start(struct rig *rig, const struct http_request *request,
                                struct rig_reply *reply);

/* Moves on until all `count` replies have come. */
void rig_wait(struct rig *rig, struct rig_reply *const *replies, unsigned count);

/* Both for the rig's own reply. */
const struct rig_reply *rig_ask(struct rig *rig, const struct http_request *request);

void rig_reply_init(struct rig_reply *reply);
void rig_reply_done(struct rig_reply *reply);

#endif
