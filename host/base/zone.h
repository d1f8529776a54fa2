/* zone - time zones from the system's files in /usr/share/zoneinfo.
 *
 * A zone never changes after it is opened, so threads may share it; no globals, no tzset().
 * The file is read as if an enemy wrote it: sizes, counts and indexes are checked. Years
 * behind the file's last change follow the rule in its footer. NULL is UTC everywhere.
 */
#ifndef HOST_BASE_ZONE_H
#define HOST_BASE_ZONE_H

#include "base/error.h"
#include "base/own.h"
#include "base/str.h"

/* Where they are; names are below it. */
#define ZONE_FOLDER "/usr/share/zoneinfo/"

enum {
    ZONE_NAME_BYTES = 64,         /* of a name, zero included */
    ZONE_FILE_BYTES = 64 * 1024,  /* the largest file in tzdata has 4 KiB */
    ZONE_CHANGES = 4096,          /* changes of the clock in a file; tzdata has 242 */
    ZONE_KINDS = 64,              /* different kinds of time in a file; tzdata has 18 */
    ZONE_ABBREVIATION_BYTES = 256 /* of all abbreviations of a file; tzdata has 40 */
};

struct zone;

struct zone_offset {
    int32_t seconds;          /* to add to UTC; at most 26 hours */
    bool summer;              /* daylight saving time */
    const char *abbreviation; /* "CET", "+0530"; lent by the zone */
};

/* "Europe/Amsterdam"; in another case too, zone_name() then says how it is written. Errors
 * are IMH_MISSING (no such zone) and IMH_REJECTED (name or file unusable). */
struct zone *zone_open(const char *name, struct error *error);

/* The same from a file's bytes, for tests and fuzzing. */
struct zone *zone_parse(const char *name, struct str file, struct error *error);

void zone_free(struct zone *zone);
OWN_BY(zone);

struct zone_offset zone_at(const struct zone *zone, int64_t utc_s);

/* The wall clock at a moment, in seconds as if the wall were UTC. Stays at the end of the
 * range instead of passing it. */
int64_t zone_to_local(const struct zone *zone, int64_t utc_s);

/* The moment at which the wall clock shows `local_s`. As PHP does it: an hour that the
 * clock skips is read by the offset before, an hour it shows twice is mostly the later one
 * east of Greenwich and the earlier one west of it. */
int64_t zone_to_utc(const struct zone *zone, int64_t local_s);

/* The same for a date that names its zone itself ("02:30 Europe/Amsterdam"): PHP then takes
 * the first of an hour shown twice when `summer`, else the second. */
int64_t zone_to_utc_named(const struct zone *zone, int64_t local_s, bool summer);

const char *zone_name(const struct zone *zone);

#endif
