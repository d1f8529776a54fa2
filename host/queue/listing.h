/* listing - what the queue does next: jobs that run or wait.
 *
 * Thread: store.
 */
#ifndef HOST_QUEUE_LISTING_H
#define HOST_QUEUE_LISTING_H

#include "queue/overview.h"

/* Open jobs, at most `rows->most`: those that run, then the first of their streams by when
 * they are due and how old they are, then, by age, those behind others. From page to page
 * each comes once that stays as it is. `before` of the filter is not looked at. */
bool listing_due(struct db *db, const struct overview_filter *filter, struct arena *arena,
                 struct book_rows *rows, struct error *error);

/* Who has jobs that wait, run, or are shown to people; what is passed is lent. */
bool listing_owners(struct db *db,
                    void (*each)(void *self, struct str account, struct str name),
                    void *self, struct error *error);

/* Whose jobs those of the number are; copied into the arena. */
bool listing_names(struct db *db, int64_t integration, struct arena *arena,
                   struct str *account, struct str *name, struct error *error);

#endif
