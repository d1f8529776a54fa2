/* json_digest - one number for all texts that say the same in JSON.
 *
 * Blanks, the order of an object's members and the escapes of a string make no difference;
 * numbers are what is written. Made to tell a repeated request from another one, not
 * against somebody who looks for two texts with one number.
 */
#ifndef HOST_BASE_JSON_DIGEST_H
#define HOST_BASE_JSON_DIGEST_H

#include "base/json.h"

/* false: the text is no JSON, or memory is out. The arena has the strings with escapes. */
bool json_digest(struct str text, struct arena *arena, uint64_t *digest);

#endif
