/* alarm_book - alarms that outlive the process: of whom people were told, and when, so that
 * nothing is told twice and its end is told.
 *
 * Moments in the store are of the calendar, those of an alarm monotonic. Thread: store.
 */
#ifndef HOST_ENGINE_ALARM_BOOK_H
#define HOST_ENGINE_ALARM_BOOK_H

#include "base/clock.h"
#include "engine/alarm.h"
#include "store/db.h"

struct alarm_row {
    struct str account, identifier; /* both empty: the host */
    struct alarm alarm;
    int64_t since_ms; /* calendar */
    struct str error; /* the last one */
};

bool alarm_book_put(struct db *db, const struct alarm_row *row, const struct clock *clock,
                    struct error *error);
bool alarm_book_drop(struct db *db, struct str account, struct str identifier,
                     struct error *error);

/* All there are, as if their last trouble were now; what is passed is lent for the call. */
bool alarm_book_each(struct db *db, const struct clock *clock,
                     void (*each)(void *self, const struct alarm_row *row), void *self,
                     struct error *error);

#endif
