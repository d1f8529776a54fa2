/* variables - live data for templates: a cache of answers, and what is missing in it.
 *
 * A template that goes to `{$shop.product.123}` meets a lazy value, which looks here. What
 * is known is given at once; what is not is noted, and the template gets PENDING. When a
 * pass over the messages is over, variables_fetch() asks for everything that was noted,
 * merged, one question per key; then the messages that missed something are rendered again.
 *
 * A window is a set of messages rendered together: an answer that came for it stays good
 * until it ends, whatever its time to live, so that rendering again always gets further.
 *
 * Thread: one. Values it hands out are valid until the next variables_window().
 */
#ifndef HOST_ENGINE_VARIABLES_H
#define HOST_ENGINE_VARIABLES_H

#include "engine/supervisor.h"
#include "smarty/value.h"

enum {
    VARIABLES_BATCH = 500,           /* most lookups of one question to a plugin */
    VARIABLES_BATCH_BYTES = 4 << 20, /* about the most bytes of it */
    VARIABLES_BYTES = 32 << 20,      /* what the cache may hold beyond the present window */
    VARIABLES_MOST_BYTES = 512 << 20,   /* what it may hold with the present window */
    VARIABLES_WINDOW_BYTES = 64 << 20,  /* what a window's first answers should take */
    VARIABLES_ANSWER_BYTES = 128 << 10, /* what one is taken for before any has come */
    VARIABLES_KEY_BYTES = 1024,         /* longest key of a template */
    VARIABLES_FAILURE_TTL_S = 5,        /* how long a remote that failed is left alone */
    VARIABLES_LOOK_MS = 200,
    VARIABLES_REST_S = 10 /* rests of remotes that a window waits for, in all */
};

struct variables;

struct variables_counts {
    uint64_t lookups;      /* how often finished messages asked */
    uint64_t questions;    /* keys that plugins were asked for */
    uint64_t remote_calls; /* requests that went out for that */
};

struct variables *variables_make(struct supervisor *supervisor, const struct clock *clock);
void variables_free(struct variables *variables);
OWN_BY(variables);

/* The value of an identifier: lazy; its members are the plugin's variables. Loads the
 * plugin the first time; where that fails, so does each of its members. Errors: no memory.
 */
bool variables_root(struct variables *variables, const struct integration *integration,
                    struct value *value, struct error *error);

/* What makes lazy values of the references in data of the integration. Errors: its plugin
 * cannot be used. */
struct data_linker;
bool variables_linker(struct variables *variables, const struct integration *integration,
                      struct data_linker *linker, struct error *error);

/* A new window begins: answers are dropped when they are too old or too many. */
void variables_window(struct variables *variables);

/* Is so much wanted that the answers, as large as those so far, fill a window? Then no more
 * messages should be taken into it. */
bool variables_is_full(const struct variables *variables);

/* A message is rendered now; `recipient` is whom it is for: an array, lent until the next.
 */
void variables_begin(struct variables *variables, const struct value *recipient);

/* What the message met. Its lookups are counted when it is done. */
enum variables_state {
    VARIABLES_COMPLETE, /* nothing pending */
    VARIABLES_MISSING,  /* fetch, and render again */
    VARIABLES_FAILED    /* an integration failed that lets messages wait: see the failure */
};
enum variables_state variables_end(struct variables *variables, bool done);

/* Did an integration fail whose failures stop the mailing? Then the error said so. */
bool variables_stopped(const struct variables *variables);

/* The first failure of the window that makes messages wait; lent. */
const struct error *variables_failure(const struct variables *variables);

/* Asks for all that is missing, and waits until it is answered or failed. true: that was
 * only further pages of lists, which end by themselves. */
bool variables_fetch(struct variables *variables);

/* The same for who cannot wait, with a supervisor_turn() between: asks for what is missing
 * as far as it may be asked now. true: answers are outstanding, come again within
 * VARIABLES_LOOK_MS. */
bool variables_turn(struct variables *variables);

/* Whatever fails makes the message wait, whatever the integration says of failures. */
void variables_be_strict(struct variables *variables);

struct variables_counts variables_counts(const struct variables *variables);

#endif
