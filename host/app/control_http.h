/* control_http - what the control socket speaks of HTTP: GET /metrics, for whoever collects
 * figures. One request, one answer, and the end of the connection.
 *
 * Never blocks. Thread: the control server's.
 */
#ifndef HOST_APP_CONTROL_HTTP_H
#define HOST_APP_CONTROL_HTTP_H

#include "base/own.h"
#include "base/text.h"

enum {
    CONTROL_HTTP_BYTES = 8 << 10, /* of a request */
    CONTROL_METRICS_BYTES = 8 << 20
};

struct control_http;

/* What whoever connected begins with: "GET ", or a frame, of which that would be a length.
 */
enum control_speech { CONTROL_SILENT, CONTROL_FRAMES, CONTROL_HTTP };

/* Looks at it, and leaves it there. */
enum control_speech control_http_begins(int fd);

/* The descriptor is lent. NULL when memory is out. */
struct control_http *control_http_make(int fd);
void control_http_free(struct control_http *http);
OWN_BY(control_http);

short control_http_events(const struct control_http *http);

/* Reads, answers with what `metrics` writes, sends. false: it is over. */
bool control_http_serve(struct control_http *http,
                        bool (*metrics)(void *self, struct text *out, struct error *error),
                        void *self);

#endif
