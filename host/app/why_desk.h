/* why_desk - what the store knows of why a follow-up did something, or did not: JSON out.
 *
 *   eras   {"account","followup"}            {"items": [{"from","state","text","on"}]}:
 *                                            newest first
 *   seen   {"account","followup","integration","key","before"}
 *                                            {"items": [event with "run" and "then"],
 *                                            "next": id or null}: a page, of which few or
 *                                            none may be about the key
 *   known  {"account","integration","key","types"}
 *                                            {"items": [{"type","known"}]}
 *
 * "run" is null when nothing ran; "then" is how the follow-up was when the event was seen.
 * Thread: store.
 */
#ifndef HOST_APP_WHY_DESK_H
#define HOST_APP_WHY_DESK_H

#include <jansson.h>

#include "store/db.h"

json_t *why_desk_eras(const json_t *arguments, struct db *db, struct error *error);
json_t *why_desk_seen(const json_t *arguments, struct db *db, struct error *error);
json_t *why_desk_known(const json_t *arguments, struct db *db, struct error *error);

#endif
