/* http_intake - an answer while it comes in: kept, counted, and cut off where it lies.
 *
 * A remote is limited in everything it sends: all headers together, interim answers and
 * trailers included, and the body after it was decompressed. What can be read in two ways
 * is not read at all: two lengths, a length beside chunks. One compression at most, gzip or
 * deflate: each further one multiplies what a byte can cost. Pure; fed by libcurl.
 */
#ifndef HOST_NET_HTTP_INTAKE_H
#define HOST_NET_HTTP_INTAKE_H

#include "base/text.h"

enum {
    HTTP_BODY_BYTES = 8 << 20,    /* decoded */
    HTTP_HEADERS_BYTES = 64 << 10 /* all together */
};

struct http_intake {
    struct text headers; /* of the last answer, as they came */
    struct text body;    /* decoded */
    size_t head_bytes;   /* of all answers */
    bool begun;          /* a status line has come */
    bool interim;        /* the answer is none yet: 100 to 199 */
    bool headers_whole;  /* their end was seen */
    bool has_no_body;    /* HEAD: its length is that of another answer */
    bool has_length, has_coding, has_transfer;
    int64_t length;
    const char *problem; /* why it was cut off; NULL while all is well */
    imh_status status;   /* and what that means */
};

void http_intake_init(struct http_intake *intake, bool has_no_body);
void http_intake_done(struct http_intake *intake);

/* A line of a head, with its end; a trailer too. false: enough, see `problem`. */
bool http_intake_line(struct http_intake *intake, struct str line);

/* Some of the body, decoded. */
bool http_intake_body(struct http_intake *intake, struct str bytes);

#endif
