/* json_names - notices when two members of one JSON object have the same name.
 *
 * Of such an object one reader sees the first and another the last, so that what was
 * checked is not what is used: it is refused. Fed with the events of a json_reader;
 * remembers eight bytes for each member, a fingerprint of object and name. Two names share
 * theirs once in a billion billions; the document is refused then, too.
 */
#ifndef HOST_BASE_JSON_NAMES_H
#define HOST_BASE_JSON_NAMES_H

#include "base/json.h"

struct json_names {
    uint64_t *seen;
    size_t slots, count;
    bool no_memory; /* so nobody knows whether a name came twice */
    uint64_t last_object;
    uint64_t objects[JSON_DEPTH_MOST + 1]; /* that are open, by depth */
    struct arena arena;                    /* for a name with escapes */
};

void json_names_init(struct json_names *names);
void json_names_done(struct json_names *names);

/* After each event; true while no name came twice. false too when `no_memory`. */
bool json_names_note(struct json_names *names, const struct json_reader *reader,
                     enum json_event event);

#endif
