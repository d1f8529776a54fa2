/* compose - the parts of one mail, rendered from one set of live values.
 *
 * Rendered until dry, as a mailing is; but nobody waits: what is missing is asked for, and
 * compose_go_on() is called again when the supervisor had a turn.
 *
 * Thread: the supervisor's.
 */
#ifndef HOST_ENGINE_COMPOSE_H
#define HOST_ENGINE_COMPOSE_H

#include "engine/variables.h"
#include "smarty/smarty.h"

enum compose_part { COMPOSE_SUBJECT, COMPOSE_TEXT, COMPOSE_HTML, COMPOSE_PARTS };

/* All lent for the life of it. */
struct compose_settings {
    struct supervisor *supervisor;
    const struct clock *clock;
    /* The integrations of the account, by identifier; NULL: there is none. */
    const struct integration *(*find)(void *self, struct str identifier);
    void *self;
    const struct zone *zone;
    const struct smarty_limits *limits; /* of each part; NULL: the usual ones */
    const char *folder;                 /* of templates; empty: there is none */
    const struct value *data;           /* an array: variables besides; or NULL */
    struct str trigger; /* JSON: the event, whose references lead to its `source`; empty:
                           `data` may have one */
    /* Templates, or "file:NAME", one of the folder; empty: there is no such part. */
    struct str sources[COMPOSE_PARTS];
};

struct compose;

/* NULL: a template cannot be used: IMH_REJECTED, and which; or memory is out. */
struct compose *compose_make(const struct compose_settings *settings, struct error *error);
void compose_free(struct compose *compose);
OWN_BY(compose);

enum compose_state {
    COMPOSE_DONE,
    COMPOSE_WAITS, /* for live data, `wait_ms` cut to when at the latest */
    COMPOSE_FAILED /* IMH_REJECTED: it never works; IMH_RETRY, IMH_WAIT: a remote failed */
};

enum compose_state compose_go_on(struct compose *compose, int64_t *wait_ms,
                                 struct error *error);

/* The part, when it is done; lent. */
struct str compose_part(struct compose *compose, enum compose_part part);

#endif
