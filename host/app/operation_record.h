/* operation_record - the daemon's operation that makes jobs of records.
 *
 * Thread: the daemon's.
 */
#ifndef HOST_APP_OPERATION_RECORD_H
#define HOST_APP_OPERATION_RECORD_H

#include "app/operation.h"

/* {"account","integration","entity","lines": text of record_lines.h,"first": number of the
 * first line, or absent: it is the only one}; all are kept or none. Gives {"records":
 * count, "merged": so many became part of jobs that wait, "job": of the last}. */
json_t *operation_record_put(const struct operation *operation, struct error *error);

#endif
