/* recipients - whom a mailing is for: one record a line of JSON, or of CSV with a header.
 *
 * Read one at a time: a file may hold millions. After an error the next may be good again.
 */
#ifndef HOST_APP_RECIPIENTS_H
#define HOST_APP_RECIPIENTS_H

#include "base/own.h"
#include "smarty/value.h"

enum {
    RECIPIENT_BYTES = 1 << 20, /* longest record */
    RECIPIENT_FIELDS = 1000    /* most columns of CSV */
};

struct recipients;

/* By the file's name: .csv is CSV, anything else JSON lines; "-" is standard input. */
struct recipients *recipients_open(const char *path, struct error *error);
void recipients_free(struct recipients *recipients);
OWN_BY(recipients);

/* The next record as an array in the arena. false at the end, error->status IMH_OK, or with
 * an error that names file and line. */
bool recipients_next(struct recipients *recipients, struct arena *arena,
                     struct value *recipient, struct error *error);

/* Back to the first one; false when that cannot be: a pipe is read once. */
bool recipients_rewind(struct recipients *recipients);

#endif
