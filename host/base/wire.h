/* wire - what travels inside a frame between our processes: integers, text and lists.
 *
 * A frame is a header and a payload of tagged fields in an order that message.h fixes per
 * kind. The reader trusts nothing: a field of another kind, a length or count beyond what
 * is there, or anything left over makes the whole frame bad, and reading goes on with zeros
 * and empty texts, so that a caller checks once, at the end.
 */
#ifndef HOST_BASE_WIRE_H
#define HOST_BASE_WIRE_H

#include "base/text.h"

enum {
    WIRE_FRAME_BYTES =
        9 << 20,            /* largest payload: a reply of 8 MiB and what goes with it */
    WIRE_LIST_MOST = 100000 /* most elements of one list */
};

struct frame {
    uint32_t kind;      /* of message.h */
    uint64_t id;        /* what the kind says: a call, a request */
    struct str payload; /* lent */
};

/* Writing: fields are added to a text; see wire_frame() for the header. */
void wire_put_int(struct text *payload, int64_t number);
void wire_put_str(struct text *payload, struct str str);
void wire_put_list(struct text *payload, uint32_t count); /* that many elements follow */

struct wire_reader {
    const char *at, *end;
    bool bad;
};

void wire_open(struct wire_reader *reader, struct str payload);
int64_t wire_int(struct wire_reader *reader);
struct str wire_str(struct wire_reader *reader); /* lent from the payload */
uint32_t wire_list(struct wire_reader *reader);  /* how many elements follow */

/* Nothing bad, and nothing left over. */
bool wire_close(const struct wire_reader *reader);

/* The header's bytes, in the machine's own order: both ends are this machine. */
enum { WIRE_HEADER_BYTES = 16 };
void wire_put_header(char header[WIRE_HEADER_BYTES], const struct frame *frame);

/* false when the header promises more than WIRE_FRAME_BYTES. */
bool wire_header(const char header[WIRE_HEADER_BYTES], struct frame *frame);

#endif
