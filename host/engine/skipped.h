/* skipped - records that make their page fail: what people are shown of them, and where
 * they are read again.
 *
 * Each is a job of the queue that has failed from its first moment on: so it stands in the
 * overview, and is retried or discarded as others are. A record has no name that the host
 * knows; it is the first one at a place of a span. As spans overlap, it is met again at
 * another place, with the same words of the plugin: that place is noted with it, as it may
 * be the one of another record. Where all of them are read nothing is left out.
 *
 * Thread: store, unless it says otherwise.
 */
#ifndef HOST_ENGINE_SKIPPED_H
#define HOST_ENGINE_SKIPPED_H

#include "base/arena.h"
#include "base/text.h"
#include "event/source.h"
#include "store/db.h"

enum { SKIPPED_PLACES_MOST = 16 }; /* of a record: the first ones, and the last */

struct skipped {
    int64_t integration;
    struct str source;
    int64_t number; /* of the poll that passed over it: no other one of the source has it */
    struct source_page page; /* with nothing but it */
    struct str why;          /* the plugin's words */
    bool killed;             /* it ended the plugin */
    int64_t now_ms;
};

/* Into the overview; `*fresh` false: it stands there, or people discarded it. */
bool skipped_note(struct db *db, const struct skipped *skipped, struct arena *arena,
                  bool *fresh, struct error *error);

/* The pages to ask for, each of one record. Thread: any. */
bool skipped_pages(struct str args, struct arena *arena,
                   struct source_page pages[SKIPPED_PLACES_MOST], uint32_t *count,
                   struct error *error);

/* What people read of it. Thread: any. */
void skipped_say(struct text *words, struct str source, const struct source_page *page,
                 struct str why);

#endif
