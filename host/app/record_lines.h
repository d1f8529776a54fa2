/* record_lines - records to be written or removed as lines of JSON:
 *
 *     {"key": "42", "fields": {"email": "a@b.nl", "points": 19.90}}
 *     {"key": "43", "remove": true}
 *
 * Fields stay text: what came in goes out, digit by digit. Lines may come from anybody.
 */
#ifndef HOST_APP_RECORD_LINES_H
#define HOST_APP_RECORD_LINES_H

#include "engine/deliver.h"

enum {
    RECORD_LINE_BYTES = JOB_ARGS_BYTES + 4096,
    RECORD_LINES_MOST = 1000,    /* of one question to the daemon ... */
    RECORD_PART_BYTES = 1 << 20, /* ... and when it is full; a line more is in it */
};

/* One line, without its end. `fields` NULL: it is to be removed. Errors: IMH_REJECTED when
 * the fields are no JSON. */
bool record_line_write(struct str key, const struct str *fields, struct text *line,
                       struct error *error);

/* Each line that is not empty; what they say is in the arena. `lines`, of count, is where
 * each of them stands, the first of all being `first`. Errors name the line, unless `first`
 * is 0. */
struct record_lines {
    struct record_wanted *items;
    uint32_t *lines;
    uint32_t count;
};
bool record_lines_read(struct str text, uint32_t first, struct arena *arena,
                       struct record_lines *lines, struct error *error);

#endif
