/* csv - one record of CSV (RFC 4180), cut into fields. Pure, but for the fields' memory.
 *
 * Strict where a guess would put somebody's data in the wrong place: a quote stands around
 * a whole field, doubled inside it, or nowhere.
 */
#ifndef HOST_APP_CSV_H
#define HOST_APP_CSV_H

#include "base/arena.h"
#include "base/str.h"

/* Where reading stands after a byte: a record ends at a newline unless CSV_QUOTED. */
enum csv_state { CSV_START, CSV_PLAIN, CSV_QUOTED, CSV_CLOSED };

/* `separator` 0: any of those csv_separator() knows. */
enum csv_state csv_step(enum csv_state state, char c, char separator);

/* What separates the header's fields: a comma, else a semicolon, as spreadsheets write in
 * countries with decimal commas, else a tab. */
char csv_separator(struct str header);

/* Takes the field at the front of `*rest`, whose ptr is NULL behind the last one. NULL, or
 * what is wrong with it. */
const char *csv_field(struct str *rest, char separator, struct arena *arena,
                      struct str *field);

#endif
