/* fake - an HTTP server for tests that answers as badly as it is told.
 *
 * Serves 127.0.0.1 on a free port, in a thread of its own, until it is freed. What it sends
 * is bytes, so that it can also send what is no HTTP.
 *
 * Thread: `answer` runs in the server's, one at a time; the rest may be called by any.
 */
#ifndef TESTS_FAKES_HTTP_FAKE_H
#define TESTS_FAKES_HTTP_FAKE_H

#include "base/own.h"
#include "base/text.h"

enum { FAKE_URL_BYTES = 40, FAKE_REPLY_BYTES = 32 << 20 };

struct fake;

struct fake_request {
    struct str method, target;
    struct str headers; /* lines as they came, without the request line */
    struct str body;
};

/* What happens when the bytes are sent. */
enum fake_then { FAKE_KEEP, FAKE_CLOSE, FAKE_HANG };

struct fake_reply {
    struct text bytes;
    size_t at_once;   /* with pace_ms: so many bytes come without a pause */
    unsigned pace_ms; /* before each of the others; 0: no pauses */
    enum fake_then then;
};

typedef void fake_answer(void *self, const struct fake_request *request,
                         struct fake_reply *reply);

/* NULL when the machine has no port, no thread or no memory for it. */
struct fake *fake_make(fake_answer *answer, void *self);
void fake_free(struct fake *fake);
OWN_BY(fake);

unsigned fake_port(const struct fake *fake);

/* "http://127.0.0.1:40123/". */
const char *fake_url(const struct fake *fake);

/* A whole answer with its length; `headers` are lines that end in CR LF. */
void fake_say(struct fake_reply *reply, unsigned code, const char *headers,
              struct str body);

/* Adds all that came so far, requests one after the other. */
void fake_seen(struct fake *fake, struct text *all);
unsigned fake_requests(struct fake *fake);
unsigned fake_connections(struct fake *fake);

#endif
