/* recording - events that were recorded, one after the other: of the store, or of a file
 * with lines of JSON.
 *
 *     {"integration": "shop", "type": "order-create", "key": "order/17/create",
 *      "at": "2026-11-28T10:00:00Z", "data": {...}}
 *
 * A line is as `imh event show --json` prints an event: also "id", "seen_at", "subject"
 * and "origin". It may come from anybody.
 */
#ifndef HOST_APP_RECORDING_H
#define HOST_APP_RECORDING_H

#include "followup/rehearsal.h"

struct asking;

enum { RECORDING_LINE_BYTES = 1 << 20 };

/* Which of them: when they happened; 0: ever. */
struct recording_span {
    const char *account;
    int64_t since_ms, before_ms;
    int64_t only; /* the one of that number; 0: all */
};

/* Its own struct begins with this. */
struct recording {
    /* `*over`: there was none left. */
    bool (*next)(struct recording *recording, struct rehearsed *event, bool *over,
                 struct error *error);
    /* Of a place that an event had; in the arena. */
    bool (*load)(struct recording *recording, int64_t place, struct arena *arena,
                 struct rehearsed *event, struct error *error);
    void (*free)(struct recording *recording);
    int status; /* not EXIT_DONE: why it failed was said already */
};

static inline void recording_free(struct recording *recording)
{
    if (recording) {
        recording->free(recording);
    }
}
OWN_BY(recording);

/* NULL: no memory. `asking` and `span` are lent for its life. */
struct recording *recording_of_store(const struct asking *asking,
                                     const struct recording_span *span);

/* What `next` says of events is lent until the one behind it. Errors: IMH_REJECTED, with
 * the line. */
struct recording *recording_of_file(const char *path, const struct recording_span *span,
                                    struct error *error);

#endif
