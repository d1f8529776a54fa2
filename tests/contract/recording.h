/* recording - tests/contract.json of a plugin: what it is asked, and what its remote
 * answers.
 *
 *     {"options": {"store_view": "default"},
 *      "lookups": [{"variable": "product", "key": "24-MB01", "subject": {"email": "a@b"}}],
 *      "fickle": ["visits"], "deadly": ["kill"],
 *      "runs": [{"action": "request", "args": {"path": "hook"}, "keyed": true},
 *               {"action": "request", "args": {"path": 7}, "refused": true}],
 *      "writes": [{"entity": "contact", "key": "42", "fields": {"city": "Delft"}},
 *                 {"entity": "contact", "key": "43", "fields": {"city": 7}, "refused":
 * true}], "exchanges": [{"request": "GET rest/default/V1/products", "status": 200,
 *                     "headers": {"retry-after": "5"}, "body": {"items": []}}]}
 *
 *      "states": [{"key": "prices/0", "blanks": "12000", "at": "84", "value": "35"}],
 *
 * All of it may be absent, and so may the file. `request` is a method and the beginning of
 * a path below the address; the longest that fits counts. `@instance@` in a body stands for
 * the integration that asks: two of them must get different answers.
 *
 * The lookups are of what the remote has: each is answered, and no two of one variable have
 * the same answer. Variables that none of them
 * names are asked with keys that we make up, but for the fickle ones: these never answer
 * twice the same.
 *
 * Polls find the states kept: a value, in the midst of so many blanks or alone. What a
 * source tells of differences only has to differ from them.
 *
 * Every action is run: as the remote likes it, and gives a result, or `refused`, before the
 * remote hears of it. A `keyed` one gives the remote the idempotency key. Not run are
 * deadly ones, which end the worker.
 *
 * Of every entity that can be written, records are: as the remote likes it, or `refused`,
 * before the remote hears of it. Their keys are not to be found in anything else that is
 * sent. The remote's answers are those of a remote that did it all.
 */
#ifndef TESTS_CONTRACT_RECORDING_H
#define TESTS_CONTRACT_RECORDING_H

#include "base/json.h"

struct exchange {
    struct str request; /* "GET rest/default" */
    struct str headers; /* lines that end in CR LF */
    struct str body;
    unsigned status;
};

struct asked {
    struct str variable, key, subject;
    bool has_key;
    bool made_up; /* by us: the remote may not have it */
};

struct run {
    struct str action, args;
    struct str key; /* empty for one of the stand's */
    bool keyed, refused;
};

struct write {
    struct str entity, key, fields;
    bool refused;
};

struct kept_state {
    struct str key, value;
};

struct recording {
    struct arena arena;
    struct text file;
    struct exchange *exchanges;
    uint32_t exchange_count;
    struct asked *lookups;
    uint32_t lookup_count;
    struct run *runs;
    uint32_t run_count;
    struct write *writes;
    uint32_t write_count;
    struct kept_state *states;
    uint32_t state_count;
};

/* Of an absent file: nothing is recorded. A bad one ends the test. */
void recording_read(struct recording *recording, const char *path);
void recording_done(struct recording *recording);

/* The value it gives to an option; empty when it gives none. */
struct str recording_option(struct recording *recording, const char *name);

/* Is the variable one of "fickle"? */
bool recording_is_fickle(struct recording *recording, const char *variable);

/* Is the action one of "deadly"? */
bool recording_is_deadly(struct recording *recording, const char *action);

/* The value kept under the key; NULL: there is none. */
struct str recording_state(const struct recording *recording, struct str key);

/* The exchange that answers "GET rest/default/V1/products?x=1"; NULL for none. */
const struct exchange *recording_find(const struct recording *recording,
                                      struct str request);

#endif
