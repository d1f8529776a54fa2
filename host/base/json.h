/* json - reads JSON from strangers: one pass, no allocation, every limit checked.
 *
 * The design asks for a scan of every foreign document before anything else sees it (size,
 * depth, number of values, UTF-8). That pass meets every token anyway, so it hands them
 * on: values are built from it without a tree in between, numbers keep their digits (19.99
 * stays 19.99, 2^63 is no error), and pieces can be cut out untouched. Documents that we
 * make ourselves are made and read with jansson.
 *
 * RFC 8259, strictly; a byte order mark in front is skipped. A lone surrogate is an error.
 * Two members of one name are an error of a whole document: of json_check() and
 * json_rewrite().
 */
#ifndef HOST_BASE_JSON_H
#define HOST_BASE_JSON_H

#include "base/arena.h"
#include "base/text.h"

enum { JSON_DEPTH_MOST = 64 };

struct json_limits {
    size_t bytes;
    uint32_t values; /* scalars, objects and arrays together */
};

extern const struct json_limits json_limits_input; /* what people and webhooks send */
extern const struct json_limits json_limits_reply; /* what a remote answers */

enum json_event {
    JSON_PROBLEM, /* reader.problem says what, reader.at where */
    JSON_END,     /* the document is complete */
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_INTEGER, /* token: digits, maybe a minus */
    JSON_DECIMAL, /* token: with a point or an exponent */
    JSON_STRING,  /* token: between the quotes; escaped: has backslashes */
    JSON_KEY,     /* as JSON_STRING; the member's value follows */
    JSON_OBJECT,
    JSON_OBJECT_END,
    JSON_ARRAY,
    JSON_ARRAY_END
};

struct json_reader {
    const char *start, *at, *end;
    struct json_limits limits;
    uint64_t objects; /* bit per level: 1 object, 0 array */
    uint32_t depth;
    uint32_t values;
    unsigned char expect; /* private: what may come next */
    bool escaped;
    struct str token;
    const char *problem;
};

void json_open(struct json_reader *reader, struct str text,
               const struct json_limits *limits);
enum json_event json_next(struct json_reader *reader);

/* After an event that begins a value: reads to its end and gives all its bytes. */
bool json_whole(struct json_reader *reader, enum json_event event, struct str *whole);

/* The decoded text of a JSON_STRING or JSON_KEY token: the token itself when it has no
 * escapes, else a copy in the arena. ptr is NULL when memory is out. */
struct str json_decode(struct str token, bool escaped, struct arena *arena);

/* The value at an RFC 6901 pointer: its bytes, and its event. JSON_PROBLEM: not there, or
 * the text is not JSON up to there. The first of members with the same name counts. */
enum json_event json_find(struct str text, struct str pointer, struct arena *arena,
                          struct str *whole);

/* Checks a whole document; false with the byte and the reason. Both take some memory for a
 * while, to find a name that comes twice. */
bool json_check(struct str text, const struct json_limits *limits, struct error *error);

/* Checks, and writes anew without blanks between the tokens. */
bool json_rewrite(struct str text, const struct json_limits *limits, struct text *out,
                  struct error *error);

/* Adds a JSON string with its quotes; bytes that are no UTF-8 become U+FFFD. */
void json_add_string(struct text *text, struct str str);

#endif
