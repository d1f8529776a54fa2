/* zones - all time zones of the system, read at once.
 *
 * For a program that will not open files later, and learns only then which zone it needs:
 * a name is looked up among those of the tz database, it is never part of a path. Never
 * changes once it is read, so threads may share it. About 600 KiB.
 */
#ifndef HOST_BASE_ZONES_H
#define HOST_BASE_ZONES_H

#include "base/zone.h"

enum {
    ZONES_MOST = 2048,              /* names; tzdata has 598 */
    ZONES_BYTES = 16 * 1024 * 1024, /* of all files */
    ZONES_INDEX_BYTES = 1024 * 1024 /* of the file that names them; tzdata's has 107 KiB */
};

struct zones;

/* What cannot be read is left out, even all of it: zones_open() then says so. NULL only
 * without memory. */
struct zones *zones_read(void);

void zones_free(struct zones *zones);
OWN_BY(zones);

/* The zone of exactly that name; yours. IMH_REJECTED: there is none, or its file is bad. */
struct zone *zones_open(const struct zones *zones, struct str name, struct error *error);

#endif
